#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>

#include "core/clock.h"
#include "core/result.h"
#include "platform/http/message.h"
#include "platform/http/router.h"

namespace bypuls::http {

/// Bounds of what a stranger may make the server hold. Each says what happens at the limit.
struct Limits {
    /// 431 beyond. Request line and fields together.
    std::size_t header_bytes_max = 16 * 1024;
    /// 431 beyond.
    std::size_t header_fields_max = 100;
    /// From a request's first byte to the end of its header; 408 beyond.
    std::chrono::milliseconds header_time_max{10'000};
    /// 413 beyond. Counted on the wire and again after unpacking; a route may have its own.
    std::size_t body_bytes_max = 8 * 1024 * 1024;
    /// A body, and a reader of ours, gets this long plus a second for each `bytes_per_second_min` moved; 408 beyond.
    std::chrono::milliseconds transfer_grace{15'000};
    std::size_t bytes_per_second_min = 4 * 1024;
    /// An open connection without a request is closed after this.
    std::chrono::milliseconds idle_time_max{60'000};
    /// When full, the connection that has waited longest without a whole request makes room for the newcomer; when all
    /// are being served, the newcomer is answered 503. Lowered at start to what the file descriptors allow.
    std::size_t connections_max = 16'384;
    /// All bodies being received or handled, together; 503 with Retry-After beyond.
    std::size_t bodies_bytes_max = 256ULL * 1024 * 1024;
    /// Handler's time; then 504, and the handler is cancelled where it waits.
    std::chrono::milliseconds handler_time_max{30'000};
    /// A compressed body may grow to body_bytes_max, and beyond 1 MiB to at most this many times its size; 413 beyond.
    std::size_t unpack_ratio_max = 100;
};

struct TlsFiles {
    std::string certificate_chain;  ///< PEM file
    std::string private_key;        ///< PEM file
};

/// Looks at a request after its header and before its body: a Response refuses it. May set `request.who`.
using Guard = std::function<Task<std::optional<Response>>(Request&, const Route&)>;

struct ServerOptions {
    std::string address = "127.0.0.1";
    /// 0: any free port; `Server::port` tells which.
    std::uint16_t port = 0;
    /// Loops, each with a thread; a connection stays on its own. With more than one, handlers must be thread-safe.
    std::size_t threads = 1;
    Limits limits = {};
    /// Addresses and networks (networks.h) whose X-Forwarded-For and X-Forwarded-Proto count. Nobody else's do.
    std::vector<std::string> trusted_proxies = {};
    std::optional<TlsFiles> tls = {};
    /// Every request passes it; absent: all routes are open.
    Guard guard = {};
    /// Content-Security-Policy of everything that does not set its own.
    std::string content_security_policy =
        "default-src 'self'; img-src 'self' data: blob:; worker-src 'self' blob:; object-src 'none'; base-uri 'none'; "
        "form-action 'self'; frame-ancestors 'none'";
    /// Deadlines are measured on it; must outlive the server. Null: the system's.
    const Clock* clock = nullptr;
    /// How often deadlines are looked at.
    std::chrono::milliseconds tick{100};
};

/// Why a connection or a request was turned away.
enum class Rejection : std::uint8_t {
    malformed,
    header_too_large,
    header_too_slow,
    body_too_large,
    transfer_too_slow,
    bodies_full,
    connections_full,
    made_room,  ///< closed while idle, for a newcomer
    handler_too_slow,
    count_,
};
std::string_view name_of(Rejection rejection);

/// A moment's reading of the counters. All but the first group only grow.
struct Counters {
    std::uint64_t connections_open = 0;
    std::uint64_t requests_in_flight = 0;
    std::uint64_t streams_open = 0;
    std::uint64_t bodies_bytes = 0;

    std::uint64_t connections_accepted = 0;
    /// By the first digit of the status, 1 to 5; [0] is not used.
    std::array<std::uint64_t, 6> requests_by_class{};
    std::uint64_t bytes_received = 0;
    std::uint64_t bytes_sent = 0;
    std::array<std::uint64_t, static_cast<std::size_t>(Rejection::count_)> rejected{};
    /// Requests by time from whole header to response made; bounds in `latency_bounds_us`, the last is the rest.
    std::array<std::uint64_t, 12> latency{};
    std::uint64_t latency_sum_us = 0;
};
inline constexpr std::array<std::uint64_t, 11> latency_bounds_us = {100,    250,    500,     1'000,     2'500,    5'000,
                                                                    10'000, 50'000, 250'000, 1'000'000, 5'000'000};
/// Prometheus text format 0.0.4; `plane` becomes a label.
void append_metrics(std::string& out, const Counters& counters, std::string_view plane);

/// HTTP/1.1 (RFC 9110, 9112) over TCP, with TLS when asked. Listens from construction to stop().
class Server {
public:
    virtual ~Server() = default;

    virtual std::uint16_t port() const = 0;
    /// "http://127.0.0.1:49152"
    virtual std::string origin() const = 0;
    /// The first loop, for timers and coroutines that belong beside the handlers.
    virtual boost::asio::any_io_executor executor() = 0;
    /// Thread-safe.
    virtual Counters counters() const = 0;
    /// Stops accepting, ends event streams, lets requests in flight finish until `grace` has passed, then cancels them.
    /// Returns when every handler has ended and the threads are joined. Idempotent; the destructor calls it with 5 s.
    /// Not to be called from a handler.
    virtual void stop(std::chrono::milliseconds grace) = 0;
};

/// Errc::unavailable when the address cannot be listened on, Errc::malformed for a bad address or certificate.
/// The router must outlive the server.
Result<std::unique_ptr<Server>> start_server(const Router& router, ServerOptions options = {});

}  // namespace bypuls::http
