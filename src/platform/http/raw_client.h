#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "platform/http/message.h"

namespace bypuls::http {

/// What came back on the wire, taken apart as little as a test needs.
struct RawResponse {
    int status = 0;
    Headers headers;
    std::string body;    ///< without chunk framing
    bool whole = false;  ///< its framing came to its end
};

/// A client for tests that says exactly what it is told, right or wrong. Blocks; a read gives up after 20 s.
class RawClient {
public:
    explicit RawClient(std::uint16_t port);
    ~RawClient();
    RawClient(RawClient&& other) noexcept;
    RawClient& operator=(RawClient&&) = delete;

    /// False when the peer has closed.
    bool send(std::string_view bytes);
    /// The next response; status 0 when the peer closed before one came. `head_only` for answers to HEAD.
    RawResponse receive(bool head_only = false);
    /// Sends a request with Host and gets its response.
    RawResponse exchange(std::string_view request_line, std::string_view fields = {}, std::string_view body = {});
    /// Reads until `text` has come (all of it is given back) or the peer closed.
    std::string receive_until(std::string_view text);
    /// Everything until the peer closes; nothing if it has not after 20 s.
    std::optional<std::string> receive_until_closed();
    void shutdown_send();
    bool connected() const { return socket_ >= 0; }

private:
    bool fill();
    std::optional<std::string> take_line();
    bool take_bytes(std::string& out, std::size_t count);

    int socket_ = -1;
    std::string buffer_;
};

}  // namespace bypuls::http
