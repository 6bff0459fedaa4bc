// Puts the load of SensorThings clients on a program that serves with --anonymous-writes: what bench/sensorthings.sh
// measures. Prints rows of a Markdown table.
//
//   sensorthings_load PORT [SECONDS]

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include "core/check.h"
#include "core/time/iso8601.h"
#include "platform/http/raw_client.h"

namespace bypuls {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr std::size_t streams = 64;
constexpr int hours_of_a_year = 8760;

double ms_since(Clock::time_point start) {
    return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

double quantile(std::vector<double>& values, double part) {
    check(!values.empty(), "something was measured");
    std::ranges::sort(values);
    return values[static_cast<std::size_t>(part * static_cast<double>(values.size() - 1))];
}

void print_row(const std::string& what, const std::string& goal, const std::string& measured) {
    fmt::print("| {} | {} | {} |\n", what, goal, measured);
    std::fflush(stdout);
}

/// A POST as it goes on the wire.
std::string post(std::string_view path, std::string_view body) {
    return fmt::format(
        "POST /sta/v1.1/{} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{}",
        path, body.size(), body);
}

/// A datastream with its thing, place, sensor and property: gives its number.
std::string make_stream(http::RawClient& client, std::size_t number) {
    const std::string body = fmt::format(
        R"({{"name":"Meter {}","description":"litres","observationType":"http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement",)"
        R"("unitOfMeasurement":{{"name":"litre","symbol":"l","definition":"L"}},)"
        R"("Thing":{{"name":"House {}","description":"a house","Locations":[{{"name":"House","description":"a place",)"
        R"("encodingType":"application/geo+json","location":{{"type":"Point","coordinates":[10.2,59.7]}}}}]}},)"
        R"("Sensor":{{"name":"Ultrasonic","description":"s","encodingType":"text/html","metadata":"m"}},)"
        R"("ObservedProperty":{{"name":"Volume","definition":"http://example.no/v","description":"d"}}}})",
        number, number);
    check(client.send(post("Datastreams", body)), "the server takes it");
    const auto answer = client.receive();
    check(answer.status == 201, answer.body);
    const std::string location(answer.headers.get("location").value_or(""));
    const auto open = location.rfind('(');
    return location.substr(open + 1, location.rfind(')') - open - 1);
}

/// What came of requests on several connections at once.
struct Load {
    double seconds = 0;
    std::vector<double> ms;  ///< of each request, sorted by quantile()
};

/// `send_all(i, exchange)` is connection number i's life, in a thread of its own: `exchange` sends a request, checks
/// the answer and notes how long it took.
template <typename SendAll>
Load on_connections(std::uint16_t port, std::size_t connections, SendAll send_all) {
    std::vector<std::vector<double>> ms(connections);
    const auto start = Clock::now();
    {
        std::vector<std::jthread> senders;
        for (std::size_t i = 0; i < connections; ++i) {
            senders.emplace_back([&, i] {
                http::RawClient client(port);
                send_all(i, [&](const std::string& request) {
                    const auto sent = Clock::now();
                    check(client.send(request), "the connection stays open");
                    const auto answer = client.receive();
                    check(answer.status == 201 && answer.body.find("error") == std::string::npos,
                          answer.body.substr(0, 400));
                    ms[i].push_back(ms_since(sent));
                });
            });
        }
    }
    Load load{.seconds = ms_since(start) / 1000, .ms = {}};
    for (const auto& own : ms) {
        load.ms.insert(load.ms.end(), own.begin(), own.end());
    }
    return load;
}

/// Each connection sends what its sensor measures now, one by one, the next when the last is answered, which it is when
/// it is on disk.
void single_posts(std::uint16_t port, const std::vector<std::string>& ids, std::chrono::seconds span) {
    const auto end = Clock::now() + span;
    Load load = on_connections(port, 64, [&](std::size_t i, const auto& exchange) {
        std::chrono::sys_time<std::chrono::milliseconds> last{};
        for (int n = 0; Clock::now() < end; ++n) {
            const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
            last = std::max(now, last + 1ms);
            exchange(post(fmt::format("Datastreams({})/Observations", ids[i % ids.size()]),
                          fmt::format(R"({{"result":{},"phenomenonTime":"{}"}})", n % 97, format_instant(last))));
        }
    });
    const double p50 = quantile(load.ms, 0.5);
    print_row(
        "single POSTs of an observation, on disk when answered, 64 connections", "≥ 10 000/s, p99 < 20 ms",
        fmt::format("{:.0f}/s, p50 {:.1f} ms, p99 {:.1f} ms, max {:.0f} ms",
                    static_cast<double>(load.ms.size()) / load.seconds, p50, quantile(load.ms, 0.99), load.ms.back()));
}

/// A body of CreateObservations: `rows` readings, a second apart.
std::string array_of(const std::string& id, std::chrono::sys_seconds begin, std::size_t rows) {
    std::string body =
        fmt::format(R"([{{"Datastream":{{"@iot.id":{}}},"components":["phenomenonTime","result"],"dataArray":[)", id);
    for (std::size_t row = 0; row < rows; ++row) {
        fmt::format_to(std::back_inserter(body), R"({}["{}",{}.{}])", row == 0 ? "" : ",",
                       format_instant(begin + std::chrono::seconds{row}), row % 91, row % 10);
    }
    return body + "]}]";
}

/// Waits until what was acknowledged can be read: that is part of the promise of CreateObservations.
void create_observations(std::uint16_t port, const std::vector<std::string>& ids, std::size_t requests,
                         std::chrono::sys_seconds begin) {
    constexpr std::size_t rows = 10'000;
    std::vector<std::string> bodies;
    for (std::size_t i = 0; i < requests; ++i) {
        bodies.push_back(
            post("CreateObservations",
                 array_of(ids[i % ids.size()], begin + std::chrono::seconds{i / ids.size() * rows}, rows)));
    }
    std::atomic<std::size_t> next{0};
    Load load = on_connections(port, 4, [&](std::size_t, const auto& exchange) {
        for (std::size_t at = next++; at < bodies.size(); at = next++) {
            exchange(bodies[at]);
        }
    });
    print_row("CreateObservations, 10 000 rows a request, 4 connections, on disk and readable when answered",
              "≥ 100 000 observations/s",
              fmt::format("{:.0f}/s, a request p50 {:.0f} ms, p99 {:.0f} ms",
                          static_cast<double>(requests * rows) / load.seconds, quantile(load.ms, 0.5),
                          quantile(load.ms, 0.99)));
}

/// A datastream's year of hours, whole, to the last byte.
void a_year(std::uint16_t port, http::RawClient& client, const std::string& id) {
    std::string body =
        fmt::format(R"([{{"Datastream":{{"@iot.id":{}}},"components":["phenomenonTime","result"],"dataArray":[)", id);
    const auto begin = parse_instant("2025-01-01T00:00:00Z").value();
    for (int hour = 0; hour < hours_of_a_year; ++hour) {
        fmt::format_to(std::back_inserter(body), R"({}["{}",{}.5])", hour == 0 ? "" : ",",
                       format_instant(begin + std::chrono::hours{hour}), hour % 37);
    }
    check(client.send(post("CreateObservations", body + "]}]")), "the server takes it");
    check(client.receive().status == 201, "the year is there");
    http::RawClient reader(port);
    for (const auto& [what, query] :
         {std::pair{"as entities", "$top=10000"},
          std::pair{"as a data array", "$top=10000&$resultFormat=dataArray&$select=phenomenonTime,result"}}) {
        std::vector<double> ms;
        std::size_t bytes = 0;
        for (int i = 0; i < 500; ++i) {
            const auto start = Clock::now();
            const auto answer =
                reader.exchange(fmt::format("GET /sta/v1.1/Datastreams({})/Observations?{}", id, query));
            ms.push_back(ms_since(start));
            check(answer.status == 200 && answer.whole, answer.body.substr(0, 400));
            bytes = answer.body.size();
        }
        print_row(
            fmt::format("a datastream's year of hours over HTTP, {}", what), "< 15 ms to the last byte",
            fmt::format("p50 {:.1f} ms, p99 {:.1f} ms, {} KiB", quantile(ms, 0.5), quantile(ms, 0.99), bytes / 1024));
    }
}

int run(std::uint16_t port, std::chrono::seconds span) {
    http::RawClient client(port);
    check(client.connected(), "there is a server");
    std::vector<std::string> ids;
    for (std::size_t i = 0; i < streams; ++i) {
        ids.push_back(make_stream(client, i));
    }
    const std::chrono::sys_seconds begin{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}};
    print_row("what", "goal", "measured");
    print_row("---", "---", "---");
    a_year(port, client, ids.front());
    single_posts(port, ids, 2s);  // whatever is done once is done
    single_posts(port, ids, span);
    create_observations(port, ids, 16, begin + 24h * 30);
    create_observations(port, ids, static_cast<std::size_t>(span.count()) * 30, begin + 24h * 60);
    return 0;
}

}  // namespace
}  // namespace bypuls

int main(int argc, char** argv) {
    if (argc < 2) {
        fmt::print(stderr, "usage: sensorthings_load PORT [SECONDS]\n");
        return 2;
    }
    return bypuls::run(static_cast<std::uint16_t>(std::stoi(argv[1])),
                       std::chrono::seconds{argc > 2 ? std::stoi(argv[2]) : 15});
}
