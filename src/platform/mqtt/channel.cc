#include "platform/mqtt/channel.h"

#include <algorithm>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/write.hpp>

namespace bypuls::mqtt {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr std::size_t tls_buffer_bytes = 4U << 10U;
constexpr std::size_t reads_per_turn_max = 4;  // then others get theirs
constexpr std::size_t buffer_worth_keeping = 16U << 10U;

bool would_block(const error_code& error) {
    return error == asio::error::would_block || error == asio::error::try_again;
}

}  // namespace

void ChannelLoop::send_all() {
    // Sending can end a channel, which can make others write.
    while (!dirty_.empty()) {
        for (const auto& channel : std::exchange(dirty_, {})) {
            channel->flush();
        }
    }
}

Channel::Channel(ChannelLoop& loop, Socket socket, asio::ssl::context* tls, TurnEnded turn_ended)
    : loop_(loop), turn_ended_(std::move(turn_ended)), moved_(std::chrono::steady_clock::now()) {
    error_code ignored;
    socket.non_blocking(true, ignored);
    socket.set_option(asio::ip::tcp::no_delay(true), ignored);
    socket.set_option(asio::socket_base::keep_alive(true), ignored);
    if (tls == nullptr) {
        plain_.emplace(std::move(socket));
    } else {
        tls_ = std::make_unique<asio::ssl::stream<Socket>>(std::move(socket), *tls);
    }
}

void Channel::start(Listener& listener) {
    listener_ = &listener;
    ready_ = true;
    flush();
    read();
}

void Channel::start_after_handshake(Listener& listener, asio::ssl::stream_base::handshake_type type,
                                    const std::string& host) {
    listener_ = &listener;
    if (type == asio::ssl::stream_base::client) {
        SSL_set_tlsext_host_name(tls_->native_handle(), host.c_str());
        tls_->set_verify_callback(asio::ssl::host_name_verification(host));
    }
    tls_->async_handshake(type, [self = shared_from_this()](const error_code& error) {
        if (self->finished_) {
            return;
        }
        if (error) {
            self->finish();
            return self->turn_ended_();
        }
        self->tls_in_.resize(tls_buffer_bytes);
        self->start(*self->listener_);
        self->turn_ended_();
    });
}

void Channel::send(ByteView bytes) {
    if (finished_ || closing_) {
        return;
    }
    if (unsent() == 0) {
        moved_ = std::chrono::steady_clock::now();
    }
    out_.insert(out_.end(), bytes.begin(), bytes.end());
    if (!std::exchange(dirty_, true)) {
        loop_.note_dirty(shared_from_this());
    }
}

void Channel::flush() {
    dirty_ = false;
    if (finished_ || !ready_) {
        return;
    }
    if (tls_) {
        return write_tls();
    }
    if (write_waits_) {
        return;
    }
    while (out_begin_ < out_.size()) {
        error_code error;
        const std::size_t count =
            plain_->write_some(asio::buffer(out_.data() + out_begin_, out_.size() - out_begin_), error);
        if (would_block(error)) {
            return wait_to_write();
        }
        if (error) {
            return finish();
        }
        moved_ = std::chrono::steady_clock::now();
        out_begin_ += count;
    }
    sent();
}

void Channel::wait_to_write() {
    write_waits_ = true;
    plain_->async_wait(Socket::wait_write, [self = shared_from_this()](const error_code& error) {
        self->write_waits_ = false;
        if (error || self->finished_) {
            self->finish();
        } else {
            self->flush();
        }
        self->turn_ended_();
    });
}

void Channel::write_tls() {
    if (!sending_.empty()) {
        return;
    }
    if (out_.empty()) {
        return sent();
    }
    sending_ = std::exchange(out_, {});
    asio::async_write(*tls_, asio::buffer(sending_), [self = shared_from_this()](const error_code& error, std::size_t) {
        self->sending_ = {};
        self->moved_ = std::chrono::steady_clock::now();
        if (error || self->finished_) {
            self->finish();
        } else {
            self->write_tls();
        }
        self->turn_ended_();
    });
}

void Channel::sent() {
    out_begin_ = 0;
    if (out_.capacity() > buffer_worth_keeping) {
        out_ = Bytes{};
    } else {
        out_.clear();
    }
    if (closing_) {
        return finish();
    }
    listener_->drained();
}

void Channel::set_reading(bool wanted) {
    if (std::exchange(reading_, wanted) != wanted && wanted) {
        read();
    }
}

void Channel::read() {
    if (!ready_ || !reading_ || read_waits_ || finished_ || closing_) {
        return;
    }
    read_waits_ = true;
    if (plain_) {
        plain_->async_wait(Socket::wait_read, [self = shared_from_this()](const error_code& error) {
            self->read_waits_ = false;
            if (error) {
                self->finish();
            } else {
                self->read_plain();
            }
            self->turn_ended_();
        });
        return;
    }
    tls_->async_read_some(asio::buffer(tls_in_),
                          [self = shared_from_this()](const error_code& error, std::size_t count) {
                              self->read_waits_ = false;
                              if (error || self->finished_) {
                                  self->finish();
                              } else {
                                  self->listener_->received(ByteView(self->tls_in_).first(count));
                                  self->read();
                              }
                              self->turn_ended_();
                          });
}

void Channel::read_plain() {
    for (std::size_t i = 0; i < reads_per_turn_max && reading_ && !finished_ && !closing_; ++i) {
        error_code error;
        auto& buffer = loop_.buffer();
        const std::size_t count = plain_->read_some(asio::buffer(buffer), error);
        if (would_block(error)) {
            break;
        }
        if (error || count == 0) {
            return finish();
        }
        listener_->received(loop_.view(count));
        if (count < buffer.size()) {
            break;
        }
    }
    read();
}

void Channel::close() {
    if (std::exchange(closing_, true) || finished_) {
        return;
    }
    if (unsent() == 0 || !ready_) {
        // Later: who asks for it is in the middle of something.
        asio::post(loop_.context(), [self = shared_from_this()] {
            self->finish();
            self->turn_ended_();
        });
    }
}

void Channel::abandon() {
    closing_ = true;
    asio::post(loop_.context(), [self = shared_from_this()] {
        self->finish();
        self->turn_ended_();
    });
}

void Channel::finish() {
    if (std::exchange(finished_, true)) {
        return;
    }
    error_code ignored;
    if (closing_) {
        socket().shutdown(Socket::shutdown_send, ignored);
    }
    socket().close(ignored);
    out_ = Bytes{};
    out_begin_ = 0;
    if (listener_ != nullptr) {
        // Later: it may be the listener that is speaking.
        asio::post(loop_.context(), [self = shared_from_this()] {
            std::exchange(self->listener_, nullptr)->lost();
            self->turn_ended_();
        });
    }
}

std::string Channel::remote_address() const {
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

}  // namespace bypuls::mqtt
