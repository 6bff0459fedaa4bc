#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>

#include "core/bytes.h"
#include "platform/mqtt/connection.h"

namespace bypuls::mqtt {

class Channel;

/// The loop that channels share: one buffer to read into, and one turn at the end of which everything is sent.
class ChannelLoop {
public:
    boost::asio::io_context& context() { return context_; }
    ByteView view(std::size_t count) const { return ByteView(buffer_).first(count); }
    std::vector<std::byte>& buffer() { return buffer_; }
    void note_dirty(std::shared_ptr<Channel> channel) { dirty_.push_back(std::move(channel)); }
    /// Sends what was written during this turn.
    void send_all();

private:
    boost::asio::io_context context_{1};
    std::vector<std::byte> buffer_ = std::vector<std::byte>(64U << 10U);
    std::vector<std::shared_ptr<Channel>> dirty_;
};

/// One TCP connection, plain or TLS, on the loop's thread. A silent plain one holds no buffer.
class Channel final : public Wire, public std::enable_shared_from_this<Channel> {
public:
    using Socket = boost::asio::ip::tcp::socket;
    using TimePoint = std::chrono::steady_clock::time_point;
    /// Called at the end of each turn in which something came.
    using TurnEnded = std::function<void()>;

    /// `tls` null: plain.
    Channel(ChannelLoop& loop, Socket socket, boost::asio::ssl::context* tls, TurnEnded turn_ended);

    /// Hears from now on. `listener` lives until lost() has been called.
    void start(Listener& listener);
    /// The same after a TLS handshake as server or client; a client checks that the certificate is for `host`.
    void start_after_handshake(Listener& listener, boost::asio::ssl::stream_base::handshake_type type,
                               const std::string& host);

    void send(ByteView bytes) override;
    std::size_t unsent() const override { return out_.size() - out_begin_ + sending_.size(); }
    void set_reading(bool wanted) override;
    void close() override;
    /// At once; lost() follows.
    void abandon();
    /// Since when unsent bytes have not moved; nothing when there are none.
    std::optional<TimePoint> stuck_since() const { return unsent() > 0 ? std::optional(moved_) : std::nullopt; }
    bool is_closing() const { return closing_; }
    std::string remote_address() const;

    // For the loop.
    void flush();

private:
    Socket& socket() { return tls_ ? tls_->next_layer() : *plain_; }
    const Socket& socket() const { return tls_ ? tls_->next_layer() : *plain_; }
    void read();
    void read_plain();
    void hear(std::size_t count);
    void wait_to_write();
    void write_tls();
    void sent();
    void finish();

    ChannelLoop& loop_;
    std::optional<Socket> plain_;
    std::unique_ptr<boost::asio::ssl::stream<Socket>> tls_;
    std::vector<std::byte> tls_in_;
    TurnEnded turn_ended_;
    Listener* listener_ = nullptr;
    Bytes out_;
    std::size_t out_begin_ = 0;
    Bytes sending_;  // TLS: being written
    TimePoint moved_;
    bool reading_ = true;
    bool read_waits_ = false;
    bool write_waits_ = false;
    bool dirty_ = false;
    bool ready_ = false;  // the handshake is done
    bool closing_ = false;
    bool finished_ = false;
};

}  // namespace bypuls::mqtt
