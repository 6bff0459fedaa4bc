// Sends line protocol to a server as fast as it acknowledges it, and asks for single series: what bench/ingest.sh puts
// against Bypuls, VictoriaMetrics and InfluxDB. The same points in the same order to each: SERIES thermometers, one
// reading an hour, sent hour by hour, 10 000 points a request. Prints one line of figures.
//
//   ingest_load send  --port N --path PATH [--token T] [--drained METRIC] [--series 1000] [--hours 8760] [--connections
//   4] ingest_load query --port N --path PATH [--token T] [--series 1000] [--hours 8760] [--span HOURS] [--times 300]
//
// In a query's PATH, {series}, {from} and {to} stand for a series' number and seconds since 1970, {datastream} for the
// number counted from 1, {from_utc} and {to_utc} for the times as ISO 8601. `--drained` names a metric of /metrics that is 0 in all its lines when everything acknowledged can be read.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include "core/check.h"
#include "core/random.h"
#include "core/time/iso8601.h"
#include "platform/http/raw_client.h"

namespace bypuls {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr std::int64_t first_hour = 1'735'686'000;  // 2024-12-31 23:00 UTC, a new year in Oslo
constexpr std::size_t points_a_request = 10'000;

struct Settings {
    std::map<std::string, std::string> given;

    std::string text(const std::string& name, const std::string& otherwise = {}) const {
        const auto found = given.find(name);
        return found == given.end() ? otherwise : found->second;
    }
    std::size_t number(const std::string& name, std::size_t otherwise) const {
        const auto found = given.find(name);
        return found == given.end() ? otherwise : std::stoul(found->second);
    }
    std::uint16_t port() const { return static_cast<std::uint16_t>(number("port", 0)); }
    std::string authorization() const {
        const std::string token = text("token");
        return token.empty() ? "" : fmt::format("Authorization: Token {}\r\n", token);
    }
};

/// All bodies, made before the clock starts: the generator shares the machine with the server.
std::vector<std::string> make_bodies(std::size_t series, std::size_t hours) {
    SeededRandom random{42};
    std::vector<int> hundredths(series, 600);
    std::vector<std::string> out;
    std::size_t in_body = points_a_request;
    for (std::size_t hour = 0; hour < hours; ++hour) {
        for (std::size_t i = 0; i < series; ++i) {
            if (in_body == points_a_request) {
                out.emplace_back();
                out.back().reserve(points_a_request * 48);
                in_body = 0;
            }
            hundredths[i] += static_cast<int>(random.below(81)) - 40;
            fmt::format_to(std::back_inserter(out.back()), "air,sensor=s{},zone=z{} celsius={:.2f} {}\n", i, i % 20,
                           hundredths[i] / 100.0, first_hour + static_cast<std::int64_t>(hour) * 3600);
            ++in_body;
        }
    }
    return out;
}

struct Tally {
    std::atomic<std::size_t> next{0};
    std::atomic<std::size_t> acknowledged{0};
    std::atomic<std::size_t> told_to_wait{0};
    std::atomic<bool> failed{false};
};

void send_bodies(const Settings& settings, const std::vector<std::string>& bodies, Tally& tally,
                 std::vector<double>& ms) {
    http::RawClient client(settings.port());
    const std::string head = fmt::format("POST {} HTTP/1.1\r\nHost: bench\r\n{}Content-Type: text/plain\r\n",
                                         settings.text("path"), settings.authorization());
    for (std::size_t at = tally.next++; at < bodies.size() && !tally.failed; at = tally.next++) {
        const auto start = Clock::now();
        for (;;) {
            const bool sent = client.send(fmt::format("{}Content-Length: {}\r\n\r\n", head, bodies[at].size())) &&
                              client.send(bodies[at]);
            const auto answer = client.receive();
            if (sent && answer.status >= 200 && answer.status < 300) {
                break;
            }
            if (answer.status != 503 && answer.status != 429) {
                fmt::print(stderr, "status {}: {}\n", answer.status, answer.body);
                tally.failed = true;
                return;
            }
            ++tally.told_to_wait;
            std::this_thread::sleep_for(20ms);
        }
        ms.push_back(std::chrono::duration<double, std::milli>(Clock::now() - start).count());
        ++tally.acknowledged;
    }
}

double quantile(std::vector<double>& values, double part) {
    std::ranges::sort(values);
    return values[static_cast<std::size_t>(part * static_cast<double>(values.size() - 1))];
}

/// Is the metric there, and 0 in all of its lines?
bool all_zero(const std::string& metrics, const std::string& name) {
    bool any = false;
    for (std::size_t at = metrics.find("\n" + name); at != std::string::npos; at = metrics.find("\n" + name, at + 1)) {
        const std::size_t end = metrics.find('\n', at + 1);
        const std::string line = metrics.substr(at + 1, end - at - 1);
        any = true;
        if (std::stod(line.substr(line.rfind(' ') + 1)) != 0) {
            return false;
        }
    }
    return any;
}

void await_drained(const Settings& settings) {
    http::RawClient client(settings.port());
    while (!all_zero(client.exchange("GET /metrics", settings.authorization()).body, settings.text("drained"))) {
        std::this_thread::sleep_for(5ms);
    }
}

int send(const Settings& settings) {
    const auto bodies = make_bodies(settings.number("series", 1000), settings.number("hours", 8760));
    const auto points = static_cast<double>(settings.number("series", 1000) * settings.number("hours", 8760));
    const std::size_t connections = settings.number("connections", 4);
    Tally tally;
    std::vector<std::vector<double>> ms(connections);
    const auto start = Clock::now();
    const auto seconds = [&] { return std::chrono::duration<double>(Clock::now() - start).count(); };
    {
        std::vector<std::jthread> senders;
        for (std::size_t i = 0; i < connections; ++i) {
            senders.emplace_back([&, i] { send_bodies(settings, bodies, tally, ms[i]); });
        }
    }
    const double acknowledged_s = seconds();
    if (tally.failed) {
        return 1;
    }
    if (!settings.text("drained").empty()) {
        await_drained(settings);
    }
    const double drained_s = seconds();
    std::vector<double> all;
    for (const auto& own : ms) {
        all.insert(all.end(), own.begin(), own.end());
    }
    fmt::print("{:.0f} {:.0f} {:.1f} {:.1f} {}\n", points / acknowledged_s, points / drained_s, quantile(all, 0.5),
               quantile(all, 0.99), tally.told_to_wait.load());
    return 0;
}

std::string filled(std::string path, const std::map<std::string, std::string>& values) {
    for (const auto& [name, value] : values) {
        for (std::size_t at = path.find(name); at != std::string::npos; at = path.find(name)) {
            path.replace(at, name.size(), value);
        }
    }
    return path;
}

std::string as_utc(std::size_t seconds) {
    return format_instant(Instant{std::chrono::seconds{static_cast<std::int64_t>(seconds)}});
}

int query(const Settings& settings) {
    const std::size_t series = settings.number("series", 1000);
    const std::size_t hours = settings.number("hours", 8760);
    const std::size_t span = std::min(settings.number("span", 24), hours);
    SeededRandom random{7};
    http::RawClient client(settings.port());
    std::vector<double> ms;
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < settings.number("times", 300); ++i) {
        const std::size_t from = first_hour + 3600 * random.below(hours - span + 1);
        const std::size_t to = from + 3600 * span;
        const std::size_t of = random.below(series);
        const std::string path = filled(settings.text("path"), {{"{series}", std::to_string(of)},
                                                                {"{datastream}", std::to_string(of + 1)},
                                                                {"{from}", std::to_string(from)},
                                                                {"{to}", std::to_string(to)},
                                                                {"{from_utc}", as_utc(from)},
                                                                {"{to_utc}", as_utc(to)}});
        const auto start = Clock::now();
        const auto answer = client.exchange("GET " + path, settings.authorization());
        ms.push_back(std::chrono::duration<double, std::milli>(Clock::now() - start).count());
        bytes += answer.body.size();
        if (answer.status != 200) {
            fmt::print(stderr, "status {}: {}\n", answer.status, answer.body);
            return 1;
        }
    }
    fmt::print("{:.2f} {:.2f} {}\n", quantile(ms, 0.5), quantile(ms, 0.99), bytes / ms.size());
    return 0;
}

}  // namespace
}  // namespace bypuls

int main(int argc, char** argv) {
    bypuls::Settings settings;
    for (int i = 2; i + 1 < argc; i += 2) {
        settings.given[std::string(argv[i]).substr(2)] = argv[i + 1];
    }
    const std::string act = argc > 1 ? argv[1] : "";
    if (act != "send" && act != "query") {
        fmt::print(stderr, "usage: ingest_load send|query --port N --path PATH …\n");
        return 2;
    }
    return act == "send" ? bypuls::send(settings) : bypuls::query(settings);
}
