#include "platform/http/wire.h"

#include <tuple>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>

namespace bypuls::http {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
constexpr auto quietly = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t write_bytes_max = 1U << 20U;

}  // namespace

Wire::Wire(Socket socket, asio::ssl::context* tls) {
    error_code ignored;
    socket.non_blocking(true, ignored);
    socket.set_option(asio::ip::tcp::no_delay(true), ignored);
    if (tls == nullptr) {
        plain_.emplace(std::move(socket));
    } else {
        tls_.emplace(std::move(socket), *tls);
    }
}

Task<void> Wire::handshake() {
    if (tls_) {
        co_await tls_->async_handshake(asio::ssl::stream_base::server, asio::use_awaitable);
    }
}

Task<std::size_t> Wire::read(std::span<char> into) {
    const auto buffer = asio::buffer(into.data(), into.size());
    // A peer that leaves is the ordinary end of a connection, not worth an exception.
    const auto [error, count] =
        tls_ ? co_await tls_->async_read_some(buffer, quietly) : co_await plain_->async_read_some(buffer, quietly);
    co_return error ? 0 : count;
}

Task<void> Wire::write(std::string_view first, std::string_view second) {
    std::array<asio::const_buffer, 2> buffers = {asio::buffer(first), asio::buffer(second)};
    if (tls_) {
        co_await asio::async_write(*tls_, buffers, asio::use_awaitable);
        co_return;
    }
    // Nearly every response fits the socket's buffer; then it is gone without a turn of the loop.
    error_code error;
    const std::size_t sent = plain_->write_some(buffers, error);
    if (error && error != asio::error::would_block) {
        throw boost::system::system_error(error);
    }
    if (sent == first.size() + second.size()) {
        co_return;
    }
    const std::size_t of_first = std::min(sent, first.size());
    buffers[0] += of_first;
    buffers[1] += sent - of_first;
    // As much at once as the socket takes: what stays behind of a large answer is megabytes.
    const auto all_of_it = [](const error_code& failed, std::size_t) { return failed ? 0 : write_bytes_max; };
    co_await asio::async_write(*plain_, buffers, all_of_it, asio::use_awaitable);
}

void Wire::write_now(std::string_view bytes) noexcept {
    error_code ignored;
    if (tls_) {
        std::ignore = tls_->write_some(asio::buffer(bytes), ignored);
    } else {
        std::ignore = plain_->write_some(asio::buffer(bytes), ignored);
    }
}

Task<void> Wire::wait_for_leaving() {
    std::array<char, 1> byte{};
    while (true) {
        const auto [waited] = co_await socket().async_wait(Socket::wait_read, quietly);
        if (waited) {
            co_return;
        }
        error_code error;
        const std::size_t seen = socket().receive(asio::buffer(byte), asio::socket_base::message_peek, error);
        if ((error && error != asio::error::would_block) || (!error && seen == 0)) {
            co_return;
        }
        if (seen > 0) {
            co_return;  // it speaks again before the answer has ended: nothing a reader of a stream has to say
        }
    }
}

void Wire::shutdown_send() noexcept {
    error_code ignored;
    socket().shutdown(Socket::shutdown_send, ignored);
}

void Wire::close() noexcept {
    error_code ignored;
    socket().close(ignored);
}

std::string Wire::remote_address() const {
    error_code error;
    const auto endpoint = socket().remote_endpoint(error);
    if (error) {
        return {};
    }
    auto address = endpoint.address();
    if (address.is_v6() && address.to_v6().is_v4_mapped()) {
        address = asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
    }
    return address.to_string();
}

}  // namespace bypuls::http
