#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "platform/http/message.h"

namespace bypuls::http {

/// Where an outgoing request may go.
enum class Reach : std::uint8_t {
    /// Only addresses of the public internet: what a person or a feed gave us must not lead inside (ASVS 1.3.6).
    public_only,
    /// Private and loopback addresses too: our own configured services, and tests.
    anywhere,
};

struct FetchRequest {
    Method method = Method::get;
    /// http or https.
    std::string url;
    Headers headers = {};
    std::string body = {};
};

struct FetchOptions {
    /// For the whole exchange, name look-up included; Errc::timed_out beyond.
    std::chrono::milliseconds deadline{10'000};
    /// Errc::exhausted beyond. Counted after unpacking.
    std::size_t bytes_max = 16U << 20U;
    Reach reach = Reach::public_only;
    /// When not empty, the host must be one of these; Errc::forbidden otherwise.
    std::vector<std::string> hosts = {};
    /// PEM file with the authorities to trust instead of the system's.
    std::string certificate_authorities = {};
};

struct FetchResponse {
    int status = 0;
    Headers headers;
    std::string body;
};

/// Sends one request and waits; blocks, so call it from a Pool or a test. Follows no redirect, uses no proxy of the
/// environment. The address is checked on the socket that is about to be connected, so a name cannot point elsewhere
/// between check and use. Any status is a success here. Errc::forbidden for an address out of reach, unavailable when
/// nobody answers, timed_out, exhausted, malformed for the URL or the answer. Thread-safe.
Result<FetchResponse> fetch(const FetchRequest& request, const FetchOptions& options = {});

/// Whether an address, as text, belongs to the public internet: not loopback, private, link-local, shared (RFC 6598),
/// unique-local, multicast, documentation, or IPv4 hidden in IPv6 of those. Unreadable text is not public. Pure.
bool is_public_address(std::string_view address);

}  // namespace bypuls::http
