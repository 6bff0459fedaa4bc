#pragma once

#include <array>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>

#include "core/async/task.h"

namespace bypuls::http {

/// One accepted connection, plain or TLS. Belongs to its loop's thread. Failures of the peer are exceptions
/// (boost::system::system_error), caught where the connection ends.
class Wire {
public:
    using Socket = boost::asio::ip::tcp::socket;

    /// Null for plain TCP.
    Wire(Socket socket, boost::asio::ssl::context* tls);

    Task<void> handshake();
    /// At least one byte, or 0 at the end.
    Task<std::size_t> read(std::span<char> into);
    /// All of both.
    Task<void> write(std::string_view first, std::string_view second = {});
    /// What the socket takes at once, on the way out; no promise.
    void write_now(std::string_view bytes) noexcept;
    /// Ends when the peer has closed or broken the connection.
    Task<void> wait_for_leaving();
    void shutdown_send() noexcept;
    /// Whatever waits on the socket ends.
    void close() noexcept;

    std::string remote_address() const;
    bool is_tls() const { return tls_.has_value(); }

private:
    Socket& socket() { return tls_ ? tls_->next_layer() : *plain_; }
    const Socket& socket() const { return tls_ ? tls_->next_layer() : *plain_; }

    std::optional<Socket> plain_;
    std::optional<boost::asio::ssl::stream<Socket>> tls_;
};

}  // namespace bypuls::http
