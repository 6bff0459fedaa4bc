#include "platform/http/raw_client.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/text.h"

namespace bypuls::http {
namespace {

/// A process that is halted and goes on (SIGSTOP, SIGCONT) finds what waits with a deadline interrupted.
template <typename Call>
ssize_t again_when_halted(Call call) {
    ssize_t done = call();
    while (done < 0 && errno == EINTR) {
        done = call();
    }
    return done;
}

}  // namespace

RawClient::RawClient(std::uint16_t port) : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const timeval patience{.tv_sec = 20, .tv_usec = 0};
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        close(socket_);
        socket_ = -1;
    }
}

RawClient::~RawClient() {
    if (socket_ >= 0) {
        close(socket_);
    }
}

RawClient::RawClient(RawClient&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)), buffer_(std::move(other.buffer_)) {}

bool RawClient::send(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t sent =
            again_when_halted([&] { return ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL); });
        if (sent <= 0) {
            return false;
        }
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

bool RawClient::fill() {
    std::array<char, 16384> piece{};
    const ssize_t got = again_when_halted([&] { return recv(socket_, piece.data(), piece.size(), 0); });
    if (got <= 0) {
        return false;
    }
    buffer_.append(piece.data(), static_cast<std::size_t>(got));
    return true;
}

std::optional<std::string> RawClient::take_line() {
    while (buffer_.find("\r\n") == std::string::npos) {
        if (!fill()) {
            return std::nullopt;
        }
    }
    const auto end = buffer_.find("\r\n");
    std::string line = buffer_.substr(0, end);
    buffer_.erase(0, end + 2);
    return line;
}

bool RawClient::take_bytes(std::string& out, std::size_t count) {
    const std::size_t held = std::min(count, buffer_.size());
    out.append(buffer_, 0, held);
    buffer_.erase(0, held);
    // The rest goes where it is to be: whoever measures a large answer measures the server, not copies made here.
    const std::size_t whole = out.size() + count - held;
    out.resize_and_overwrite(whole, [&, at = out.size()](char* bytes, std::size_t) mutable {
        while (at < whole) {
            const ssize_t got = again_when_halted([&] { return recv(socket_, bytes + at, whole - at, 0); });
            if (got <= 0) {
                break;
            }
            at += static_cast<std::size_t>(got);
        }
        return at;
    });
    return out.size() == whole;
}

RawResponse RawClient::receive(bool head_only) {
    RawResponse response;
    const auto status_line = take_line();
    if (!status_line || status_line->size() < 12) {
        return response;
    }
    std::from_chars(status_line->data() + 9, status_line->data() + 12, response.status);
    for (auto line = take_line(); line && !line->empty(); line = take_line()) {
        const auto colon = line->find(':');
        response.headers.add(line->substr(0, colon), std::string(trim(std::string_view(*line).substr(colon + 1))));
    }
    if (head_only || response.status < 200 || response.status == 204 || response.status == 304) {
        response.whole = true;
    } else if (const auto length = response.headers.get("Content-Length")) {
        response.whole = take_bytes(response.body, std::stoul(std::string(*length)));
    } else if (response.headers.has("Transfer-Encoding")) {
        for (auto line = take_line(); line; line = take_line()) {
            const std::size_t size = std::stoul(*line, nullptr, 16);
            if (!take_bytes(response.body, size) || !take_line()) {
                break;
            }
            if (size == 0) {
                response.whole = true;
                break;
            }
        }
    } else {
        while (fill()) {
        }
        response.body = std::exchange(buffer_, {});
        response.whole = true;
    }
    return response;
}

RawResponse RawClient::exchange(std::string_view request_line, std::string_view fields, std::string_view body) {
    std::string request = fmt::format("{} HTTP/1.1\r\nHost: localhost\r\n{}", request_line, fields);
    if (!body.empty()) {
        request += fmt::format("Content-Length: {}\r\n", body.size());
    }
    request += "\r\n";
    request += body;
    send(request);
    return receive(request_line.starts_with("HEAD "));
}

std::string RawClient::receive_until(std::string_view text) {
    while (buffer_.find(text) == std::string::npos) {
        if (!fill()) {
            return std::exchange(buffer_, {});
        }
    }
    const auto end = buffer_.find(text) + text.size();
    std::string seen = buffer_.substr(0, end);
    buffer_.erase(0, end);
    return seen;
}

std::optional<std::string> RawClient::receive_until_closed() {
    while (fill()) {
    }
    const bool gave_up = errno == EAGAIN;
    return gave_up ? std::nullopt : std::optional(std::exchange(buffer_, {}));
}

void RawClient::shutdown_send() {
    shutdown(socket_, SHUT_WR);
}

}  // namespace bypuls::http
