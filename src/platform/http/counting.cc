#include "platform/http/counting.h"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

namespace bypuls::http {
namespace {

template <std::size_t size>
std::array<std::uint64_t, size> values_of(const std::array<std::atomic<std::uint64_t>, size>& counters) {
    std::array<std::uint64_t, size> values{};
    std::ranges::transform(counters, values.begin(), [](const auto& counter) { return counter.load(); });
    return values;
}

void append_line(std::string& out, std::string_view name, std::string_view labels, auto value) {
    fmt::format_to(std::back_inserter(out), "{}{{{}}} {}\n", name, labels, value);
}

void append_kind(std::string& out, std::string_view name, std::string_view kind, std::string_view help) {
    fmt::format_to(std::back_inserter(out), "# HELP {} {}\n# TYPE {} {}\n", name, help, name, kind);
}

void append_latency(std::string& out, const Counters& counters, std::string_view label) {
    constexpr std::string_view name = "bypuls_http_request_seconds";
    append_kind(out, name, "histogram", "From the whole header to the response made.");
    std::uint64_t up_to_here = 0;
    for (std::size_t i = 0; i < latency_bounds_us.size(); ++i) {
        up_to_here += counters.latency[i];
        const double bound_s = static_cast<double>(latency_bounds_us[i]) / 1e6;
        fmt::format_to(std::back_inserter(out), "{}_bucket{{{},le=\"{}\"}} {}\n", name, label, bound_s, up_to_here);
    }
    up_to_here += counters.latency.back();
    fmt::format_to(std::back_inserter(out), "{}_bucket{{{},le=\"+Inf\"}} {}\n", name, label, up_to_here);
    fmt::format_to(std::back_inserter(out), "{}_sum{{{}}} {}\n", name, label,
                   static_cast<double>(counters.latency_sum_us) / 1e6);
    fmt::format_to(std::back_inserter(out), "{}_count{{{}}} {}\n", name, label, up_to_here);
}

}  // namespace

void Counting::count_response(int status, std::chrono::steady_clock::duration taken) {
    const auto us = static_cast<std::uint64_t>(
        std::max<std::int64_t>(std::chrono::duration_cast<std::chrono::microseconds>(taken).count(), 0));
    ++requests_by_class[static_cast<std::size_t>(status / 100)];
    const auto bound = std::ranges::lower_bound(latency_bounds_us, us);
    ++latency[static_cast<std::size_t>(bound - latency_bounds_us.begin())];
    latency_sum_us += us;
}

Counters Counting::read() const {
    return {.connections_open = connections_open,
            .requests_in_flight = requests_in_flight,
            .streams_open = streams_open,
            .bodies_bytes = bodies_bytes,
            .connections_accepted = connections_accepted,
            .requests_by_class = values_of(requests_by_class),
            .bytes_received = bytes_received,
            .bytes_sent = bytes_sent,
            .rejected = values_of(rejected),
            .latency = values_of(latency),
            .latency_sum_us = latency_sum_us};
}

std::string_view name_of(Rejection rejection) {
    switch (rejection) {
        case Rejection::malformed: return "malformed";
        case Rejection::header_too_large: return "header_too_large";
        case Rejection::header_too_slow: return "header_too_slow";
        case Rejection::body_too_large: return "body_too_large";
        case Rejection::transfer_too_slow: return "transfer_too_slow";
        case Rejection::bodies_full: return "bodies_full";
        case Rejection::connections_full: return "connections_full";
        case Rejection::made_room: return "made_room";
        case Rejection::handler_too_slow: return "handler_too_slow";
        case Rejection::count_: break;
    }
    return "unknown";
}

void append_metrics(std::string& out, const Counters& counters, std::string_view plane) {
    const std::string label = fmt::format("plane=\"{}\"", plane);
    const auto one = [&](std::string_view name, std::string_view kind, std::string_view help, std::uint64_t value) {
        append_kind(out, name, kind, help);
        append_line(out, name, label, value);
    };
    one("bypuls_http_connections", "gauge", "Open connections.", counters.connections_open);
    one("bypuls_http_requests_in_flight", "gauge", "Requests being served.", counters.requests_in_flight);
    one("bypuls_http_event_streams", "gauge", "Open event streams.", counters.streams_open);
    one("bypuls_http_bodies_bytes", "gauge", "Memory held by request bodies.", counters.bodies_bytes);
    one("bypuls_http_connections_total", "counter", "Connections accepted.", counters.connections_accepted);
    one("bypuls_http_received_bytes_total", "counter", "Bytes received.", counters.bytes_received);
    one("bypuls_http_sent_bytes_total", "counter", "Bytes sent.", counters.bytes_sent);
    append_kind(out, "bypuls_http_requests_total", "counter", "Responses by class of status.");
    for (std::size_t i = 1; i < counters.requests_by_class.size(); ++i) {
        append_line(out, "bypuls_http_requests_total", fmt::format("{},class=\"{}xx\"", label, i),
                    counters.requests_by_class[i]);
    }
    append_kind(out, "bypuls_http_rejected_total", "counter", "Requests and connections turned away.");
    for (std::size_t i = 0; i < counters.rejected.size(); ++i) {
        append_line(out, "bypuls_http_rejected_total",
                    fmt::format("{},reason=\"{}\"", label, name_of(static_cast<Rejection>(i))), counters.rejected[i]);
    }
    append_latency(out, counters, label);
}

}  // namespace bypuls::http
