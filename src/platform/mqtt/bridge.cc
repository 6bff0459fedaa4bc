#include "platform/mqtt/bridge.h"

#include <algorithm>
#include <thread>
#include <utility>

#include <boost/asio/connect.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <fmt/format.h>

#include "platform/mqtt/channel.h"

namespace bypuls::mqtt {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::chrono::seconds farewell_max{1};

Result<std::unique_ptr<asio::ssl::context>> open_tls(const BridgeOptions& options) {
    auto context = std::make_unique<asio::ssl::context>(asio::ssl::context::tls_client);
    SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
    context->set_verify_mode(asio::ssl::verify_peer);
    error_code error;
    if (options.ca_file.empty()) {
        context->set_default_verify_paths(error);
    } else {
        context->load_verify_file(options.ca_file, error);
    }
    if (error) {
        return fail(Errc::malformed, fmt::format("{}: {}", options.ca_file, error.message()));
    }
    return context;
}

class AsioBridge final : public Bridge, Listener {
public:
    AsioBridge(BridgeOptions options, std::unique_ptr<asio::ssl::context> tls, Sink& sink, const Clock& clock,
               Random& random)
        : options_(std::move(options)),
          tls_(std::move(tls)),
          random_(random),
          work_(asio::make_work_guard(loop_.context())),
          resolver_(loop_.context()),
          timer_(loop_.context()),
          pause_(loop_.context()),
          socket_(loop_.context()),
          subscriber_(options_.subscriber, sink, clock, [this] {
              asio::post(loop_.context(), [this] {
                  subscriber_.run_posted();
                  loop_.send_all();
              });
          }) {}

    ~AsioBridge() override { stop(); }

    void start() {
        connect();
        schedule_tick();
        thread_ = std::thread([this] { loop_.context().run(); });
    }

    SubscriberStatus status() const override { return subscriber_.status(); }

    void stop() override {
        if (!thread_.joinable()) {
            return;
        }
        asio::post(loop_.context(), [this] {
            stopping_ = true;
            if (channel_ == nullptr) {
                return loop_.context().stop();
            }
            subscriber_.leave();
            loop_.send_all();
            pause_.expires_after(farewell_max);
            pause_.async_wait([this](const error_code&) { loop_.context().stop(); });
        });
        thread_.join();
    }

private:
    void received(ByteView bytes) override {
        if (!subscriber_.is_connected()) {
            return;
        }
        subscriber_.received(bytes);
        if (subscriber_.is_subscribed()) {
            failures_ = 0;
        }
    }
    void drained() override {
        // The first time: the TLS handshake is done, or the socket is ready.
        if (!std::exchange(started_, true)) {
            subscriber_.start(*channel_);
        }
    }
    void lost() override {
        if (!started_) {
            subscriber_.note_trouble("the broker did not let us speak TLS with it");
        }
        subscriber_.lost();
        channel_.reset();
        if (stopping_) {
            return loop_.context().stop();
        }
        connect_later();
    }

    void connect() {
        const std::uint64_t attempt = ++attempt_;
        connect_due_ = std::chrono::steady_clock::now() + options_.connect_time_max;
        resolver_.async_resolve(options_.host, std::to_string(options_.port),
                                [this, attempt](const error_code& error, const tcp::resolver::results_type& found) {
                                    if (attempt != attempt_) {
                                        return;
                                    }
                                    if (error) {
                                        return failed(fmt::format("{}: {}", options_.host, error.message()));
                                    }
                                    connect_to(found, attempt);
                                });
    }

    void connect_to(const tcp::resolver::results_type& found, std::uint64_t attempt) {
        socket_ = tcp::socket(loop_.context());
        asio::async_connect(socket_, found, [this, attempt](const error_code& error, const tcp::endpoint&) {
            if (attempt != attempt_) {
                return;
            }
            if (error) {
                return failed(fmt::format("{} port {}: {}", options_.host, options_.port, error.message()));
            }
            started_ = false;
            channel_ = std::make_shared<Channel>(loop_, std::move(socket_), tls_.get(), [this] { loop_.send_all(); });
            if (tls_) {
                channel_->start_after_handshake(*this, asio::ssl::stream_base::client, options_.host);
            } else {
                connect_due_.reset();
                channel_->start(*this);
                loop_.send_all();
            }
        });
    }

    void failed(std::string why) {
        connect_due_.reset();
        ++attempt_;  // whatever is still under way answers to nobody
        resolver_.cancel();
        error_code ignored;
        socket_.close(ignored);
        subscriber_.note_trouble(std::move(why));
        connect_later();
    }

    void connect_later() {
        connect_due_.reset();
        ++failures_;
        pause_.expires_after(pause_after(failures_, options_, random_));
        pause_.async_wait([this](const error_code& error) {
            if (!error && !stopping_) {
                connect();
            }
        });
    }

    void schedule_tick() {
        timer_.expires_after(options_.tick);
        timer_.async_wait([this](const error_code& error) {
            if (error) {
                return;
            }
            subscriber_.tick();
            if (connect_due_ && std::chrono::steady_clock::now() >= *connect_due_) {
                if (channel_ != nullptr && !started_) {
                    connect_due_.reset();
                    channel_->abandon();
                } else if (channel_ == nullptr) {
                    failed("the broker cannot be reached in time");
                } else {
                    connect_due_.reset();
                }
            }
            schedule_tick();
            loop_.send_all();
        });
    }

    const BridgeOptions options_;
    std::unique_ptr<asio::ssl::context> tls_;
    Random& random_;
    ChannelLoop loop_;
    asio::executor_work_guard<asio::io_context::executor_type> work_;
    tcp::resolver resolver_;
    asio::steady_timer timer_;
    asio::steady_timer pause_;
    tcp::socket socket_;
    Subscriber subscriber_;
    std::shared_ptr<Channel> channel_;
    bool started_ = false;
    bool stopping_ = false;
    std::uint64_t attempt_ = 0;
    std::uint32_t failures_ = 0;
    std::optional<std::chrono::steady_clock::time_point> connect_due_;
    std::thread thread_;
};

}  // namespace

std::chrono::milliseconds pause_after(std::uint32_t failures, const BridgeOptions& options, Random& random) {
    const std::uint32_t doublings = std::min<std::uint32_t>(failures > 0 ? failures - 1 : 0, 20);
    const auto whole = std::min<std::chrono::milliseconds>(options.pause_min * (1LL << doublings), options.pause_max);
    const auto count = static_cast<double>(whole.count());
    return std::chrono::milliseconds{static_cast<std::int64_t>(count * (0.5 + random.unit() / 2))};
}

Result<std::unique_ptr<Bridge>> start_bridge(BridgeOptions options, Sink& sink, const Clock& clock, Random& random) {
    std::unique_ptr<asio::ssl::context> tls;
    if (options.tls) {
        TRY(tls, open_tls(options));
    }
    auto bridge = std::make_unique<AsioBridge>(std::move(options), std::move(tls), sink, clock, random);
    bridge->start();
    return bridge;
}

}  // namespace bypuls::mqtt
