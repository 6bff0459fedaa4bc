// Puts the load of SensorThings clients on a program that serves with --anonymous-writes: what bench/sensorthings.sh
// measures. Prints rows of a Markdown table.
//
//   sensorthings_load PORT [SECONDS]
//   sensorthings_load PORT town DATASTREAMS      makes so many with a day of readings each, and asks for what is latest
//   sensorthings_load PORT lay DATASTREAMS HOURS makes so many with so many hours each: what bench/start.sh starts on

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <string>
#include <string_view>
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
        "POST /sta/v1.1/{} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: "
        "{}\r\n\r\n{}",
        path, body.size(), body);
}

/// Makes an entity: gives its number.
std::string made(http::RawClient& client, std::string_view set, std::string_view body) {
    check(client.send(post(set, body)), "the server takes it");
    const auto answer = client.receive();
    check(answer.status == 201, answer.body);
    const std::string location(answer.headers.get("location").value_or(""));
    const auto open = location.rfind('(');
    return location.substr(open + 1, location.rfind(')') - open - 1);
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
    return made(client, "Datastreams", body);
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

constexpr std::size_t streams_of_a_house = 5;
constexpr std::size_t hours_of_a_day = 24;

/// Houses, each at its own place and with five meters of one kind.
void make_houses(std::uint16_t port, std::size_t houses) {
    http::RawClient client(port);
    const std::string sensor =
        made(client, "Sensors", R"({"name":"Ultrasonic","description":"s","encodingType":"text/html","metadata":"m"})");
    const std::string property =
        made(client, "ObservedProperties", R"({"name":"Volume","definition":"http://example.no/v","description":"d"})");
    std::atomic<std::size_t> next{0};
    const Load load = on_connections(port, 8, [&](std::size_t, const auto& exchange) {
        for (std::size_t house = next++; house < houses; house = next++) {
            std::string meters;
            for (std::size_t i = 0; i < streams_of_a_house; ++i) {
                fmt::format_to(
                    std::back_inserter(meters),
                    R"({}{{"name":"Meter {}","description":"litres of an hour","observationType":"http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_CountObservation",)"
                    R"("unitOfMeasurement":{{"name":"litre","symbol":"l","definition":"L"}},)"
                    R"("Sensor":{{"@iot.id":{}}},"ObservedProperty":{{"@iot.id":{}}}}})",
                    i == 0 ? "" : ",", house * streams_of_a_house + i, sensor, property);
            }
            exchange(post("Things", fmt::format(R"({{"name":"House {}","description":"a house","Datastreams":[{}],)"
                                                R"("Locations":[{{"name":"House","description":"a place",)"
                                                R"("encodingType":"application/geo+json","location":)"
                                                R"({{"type":"Point","coordinates":[{:.5f},59.74]}}}}]}})",
                                                house, meters, 10.1 + static_cast<double>(house) * 1e-5)));
        }
    });
    print_row("things with five datastreams made inside, on disk when answered, 8 connections", "–",
              fmt::format("{:.0f}/s", static_cast<double>(houses) / load.seconds));
}

/// The bodies of a question's pages, one after the other as their links say.
template <typename Take>
void each_page(http::RawClient& client, std::string path, Take take) {
    while (!path.empty()) {
        const auto answer = client.exchange("GET " + path);
        check(answer.status == 200 && answer.whole, answer.body.substr(0, 400));
        take(answer.body);
        // The link of the answer itself; that of what is inside has the name of the set before the @.
        constexpr std::string_view link = R"("@iot.nextLink":")";
        const auto at = answer.body.find(link);
        path.clear();
        if (at != std::string::npos) {
            const auto begin = answer.body.find("/sta/", at);
            path = answer.body.substr(begin, answer.body.find('"', begin) - begin);
        }
    }
}

std::vector<std::string> all_datastreams(http::RawClient& client) {
    std::vector<std::string> ids;
    each_page(client, "/sta/v1.1/Datastreams?$select=id&$top=10000", [&](const std::string& body) {
        constexpr std::string_view id = R"("@iot.id":)";
        for (auto at = body.find(id); at != std::string::npos; at = body.find(id, at + 1)) {
            const auto begin = at + id.size();
            ids.push_back(body.substr(begin, body.find_first_of(",}", begin) - begin));
        }
    });
    return ids;
}

/// So many hours for each, the hour of the day for a result.
void lay_hours(std::uint16_t port, const std::vector<std::string>& ids, std::size_t hours) {
    constexpr std::size_t rows_of_a_request = 48'000;
    const std::size_t streams_of_a_request = std::max<std::size_t>(1, rows_of_a_request / hours);
    // What is ahead of now would be refused.
    const Instant begin = std::chrono::floor<std::chrono::hours>(std::chrono::system_clock::now()) - hours * 1h;
    std::atomic<std::size_t> next{0};
    on_connections(port, 2, [&](std::size_t, const auto& exchange) {
        for (std::size_t first = next.fetch_add(streams_of_a_request); first < ids.size();
             first = next.fetch_add(streams_of_a_request)) {
            std::string body = "[";
            for (std::size_t i = first; i < std::min(ids.size(), first + streams_of_a_request); ++i) {
                fmt::format_to(
                    std::back_inserter(body),
                    R"({}{{"Datastream":{{"@iot.id":{}}},"components":["phenomenonTime","result"],"dataArray":[)",
                    i == first ? "" : ",", ids[i]);
                for (std::size_t hour = 0; hour < hours; ++hour) {
                    fmt::format_to(std::back_inserter(body), R"({}["{}",{}])", hour == 0 ? "" : ",",
                                   format_instant(begin + std::chrono::hours{hour}), hour % hours_of_a_day);
                }
                body += "]}";
            }
            exchange(post("CreateObservations", body + "]"));
        }
    });
}

std::size_t times_in(std::string_view text, std::string_view part) {
    std::size_t times = 0;
    for (auto at = text.find(part); at != std::string_view::npos; at = text.find(part, at + part.size())) {
        ++times;
    }
    return times;
}

/// What is latest of every datastream, and how many observations there are.
void ask_a_town(std::uint16_t port, std::size_t count) {
    http::RawClient client(port);
    const std::string latest =
        "/sta/v1.1/Datastreams?$top=1000&$expand=Observations($top=1;$orderby=phenomenonTime%20desc)";
    const std::string last_hour = fmt::format(R"("result":{})", hours_of_a_day - 1);
    std::vector<double> pages;
    for (int i = 0; i < 50; ++i) {
        const auto start = Clock::now();
        const auto answer = client.exchange("GET " + latest);
        pages.push_back(ms_since(start));
        check(times_in(answer.body, last_hour) == std::min<std::size_t>(count, 1000), "the latest of each");
    }
    std::vector<double> all;
    for (int i = 0; i < 5; ++i) {
        std::size_t found = 0;
        const auto start = Clock::now();
        each_page(client, latest, [&](const std::string& body) { found += times_in(body, last_hour); });
        all.push_back(ms_since(start));
        check(found == count, fmt::format("the latest of all {}, not of {}", count, found));
    }
    const double half = quantile(all, 0.5);
    print_row(
        fmt::format("latest of {} datastreams by nested $expand over HTTP: a page of 1 000; all, link by link", count),
        "< 100 ms; < 2 s",
        fmt::format("p50 {:.1f} ms, p99 {:.1f} ms; p50 {:.2f} s, max {:.2f} s", quantile(pages, 0.5),
                    quantile(pages, 0.99), half / 1000, all.back() / 1000));
    std::vector<double> counts;
    for (int i = 0; i < 500; ++i) {
        const auto start = Clock::now();
        const auto answer = client.exchange("GET /sta/v1.1/Observations?$count=true&$top=1");
        counts.push_back(ms_since(start));
        check(answer.body.contains(fmt::format(R"("@iot.count":{})", count * hours_of_a_day)), "all are counted");
    }
    print_row(fmt::format("Observations?$count=true&$top=1 over HTTP, {} datastreams, {} readings", count,
                          count * hours_of_a_day),
              "< 5 ms", fmt::format("p50 {:.2f} ms, p99 {:.2f} ms", quantile(counts, 0.5), quantile(counts, 0.99)));
}

/// Houses with their datastreams, and so many hours of readings for each.
void lay_town(std::uint16_t port, std::size_t count, std::size_t hours) {
    make_houses(port, count / streams_of_a_house);
    http::RawClient client(port);
    const auto ids = all_datastreams(client);
    check(ids.size() == count, fmt::format("{} datastreams are there", ids.size()));
    lay_hours(port, ids, hours);
}

int run_town(std::uint16_t port, std::size_t count) {
    print_row("what", "goal", "measured");
    print_row("---", "---", "---");
    lay_town(port, count, hours_of_a_day);
    ask_a_town(port, count);
    return 0;
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
        fmt::print(stderr, "usage: sensorthings_load PORT [SECONDS | town DATASTREAMS | lay DATASTREAMS HOURS]\n");
        return 2;
    }
    const auto port = static_cast<std::uint16_t>(std::stoi(argv[1]));
    const std::string_view what = argc > 3 ? argv[2] : "";
    if (what == "town" || (what == "lay" && argc > 4)) {
        const std::size_t count = std::stoul(argv[3]);
        bypuls::check(count > 0 && count % bypuls::streams_of_a_house == 0, "five to a house");
        if (what == "town") {
            return bypuls::run_town(port, count);
        }
        bypuls::lay_town(port, count, std::max<std::size_t>(1, std::stoul(argv[4])));
        return 0;
    }
    return bypuls::run(port, std::chrono::seconds{argc > 2 ? std::stoi(argv[2]) : 15});
}
