#include "platform/mqtt/server.h"

#include <algorithm>
#include <list>
#include <thread>
#include <utility>

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <fmt/format.h>
#include <sys/resource.h>

#include "core/log.h"
#include "platform/mqtt/channel.h"

namespace bypuls::mqtt {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr int backlog = 4096;
constexpr std::size_t descriptors_for_others = 1024;
constexpr std::chrono::milliseconds pause_without_descriptors{50};
constexpr std::chrono::milliseconds stop_poll{10};
constexpr std::chrono::seconds farewell_max{1};

std::size_t connections_allowed(std::size_t wanted) {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return std::min<std::size_t>(wanted, 512);
    }
    if (limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
        getrlimit(RLIMIT_NOFILE, &limit);
    }
    const auto descriptors = static_cast<std::size_t>(limit.rlim_cur);
    return std::clamp<std::size_t>(wanted, 1, descriptors - std::min(descriptors_for_others, descriptors / 2));
}

Result<std::unique_ptr<asio::ssl::context>> open_tls(const ListenOn& listen) {
    auto context = std::make_unique<asio::ssl::context>(asio::ssl::context::tls_server);
    error_code error;
    SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
    SSL_CTX_set_options(context->native_handle(), SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_mode(context->native_handle(), SSL_MODE_RELEASE_BUFFERS);
    context->use_certificate_chain_file(listen.certificate_chain, error);
    if (error) {
        return fail(Errc::malformed, fmt::format("{}: {}", listen.certificate_chain, error.message()));
    }
    context->use_private_key_file(listen.private_key, asio::ssl::context::pem, error);
    if (error) {
        return fail(Errc::malformed, fmt::format("{}: {}", listen.private_key, error.message()));
    }
    return context;
}

/// One accepted connection: the channel and the protocol on it.
struct Guest final : Listener {
    std::shared_ptr<Channel> channel;
    std::unique_ptr<Connection> connection;
    std::function<void(Guest&)> gone;

    void received(ByteView bytes) override { connection->received(bytes); }
    void drained() override { connection->drained(); }
    void lost() override {
        connection->lost();
        const auto leave = std::move(gone);  // it takes this guest away, and itself with it
        leave(*this);
    }
};

struct Door {
    explicit Door(asio::io_context& context) : acceptor(context), pause(context) {}
    tcp::acceptor acceptor;
    asio::steady_timer pause;
    std::unique_ptr<asio::ssl::context> tls;
    tcp::endpoint endpoint;
};

class AsioServer final : public Server {
public:
    AsioServer(Broker::Parts parts, ServerOptions options)
        : options_(std::move(options)),
          work_(asio::make_work_guard(loop_.context())),
          timer_(loop_.context()),
          stop_timer_(loop_.context()) {
        options_.limits.connections_max = connections_allowed(options_.limits.connections_max);
        parts.wake = [this] {
            asio::post(loop_.context(), [this] {
                broker_->run_posted();
                end_turn();
            });
        };
        broker_ = std::make_unique<Broker>(std::move(parts), options_.limits);
    }

    ~AsioServer() override {
        stop(std::chrono::seconds{5});
        guests_.clear();
    }

    Result<void> start(Kept kept) {
        broker_->restore(std::move(kept));
        for (const ListenOn& listen : options_.listen) {
            TRY_DO(open_door(listen));
        }
        for (const auto& door : doors_) {
            accept(*door);
        }
        schedule_tick();
        thread_ = std::thread([this] { loop_.context().run(); });
        return {};
    }

    std::vector<std::uint16_t> ports() const override {
        std::vector<std::uint16_t> ports;
        for (const auto& door : doors_) {
            ports.push_back(door->endpoint.port());
        }
        return ports;
    }
    Broker& broker() override { return *broker_; }
    void stop(std::chrono::milliseconds grace) override;

private:
    Result<void> open_door(const ListenOn& listen);
    void accept(Door& door);
    void welcome(Door& door, tcp::socket socket);
    bool make_room();
    void schedule_tick();
    void sweep();
    void end_turn();
    void wind_down(std::chrono::steady_clock::time_point until, bool told);

    ServerOptions options_;
    ChannelLoop loop_;
    asio::executor_work_guard<asio::io_context::executor_type> work_;
    asio::steady_timer timer_;
    asio::steady_timer stop_timer_;
    std::unique_ptr<Broker> broker_;
    std::vector<std::unique_ptr<Door>> doors_;
    std::list<Guest> guests_;  // oldest first
    std::thread thread_;
};

Result<void> AsioServer::open_door(const ListenOn& listen) {
    error_code error;
    const auto address = asio::ip::make_address(listen.address, error);
    if (error) {
        return fail(Errc::malformed, fmt::format("mqtt listen address {}: not an IP address", listen.address));
    }
    auto door = std::make_unique<Door>(loop_.context());
    if (!listen.certificate_chain.empty()) {
        TRY(door->tls, open_tls(listen));
    }
    const tcp::endpoint wanted(address, listen.port);
    door->acceptor.open(wanted.protocol(), error);
    if (!error) {
        door->acceptor.set_option(tcp::acceptor::reuse_address(true), error);
        door->acceptor.bind(wanted, error);
    }
    if (!error) {
        door->acceptor.listen(backlog, error);
    }
    if (error) {
        return fail(Errc::unavailable,
                    fmt::format("listen on {} port {}: {}", listen.address, listen.port, error.message()));
    }
    door->endpoint = door->acceptor.local_endpoint();
    doors_.push_back(std::move(door));
    return {};
}

void AsioServer::accept(Door& door) {
    door.acceptor.async_accept([this, &door](const error_code& error, tcp::socket socket) {
        if (error == asio::error::operation_aborted || error == asio::error::bad_descriptor) {
            return;
        }
        if (error == asio::error::no_descriptors || error == boost::system::errc::too_many_files_open_in_system ||
            error == asio::error::no_buffer_space || error == asio::error::no_memory) {
            std::ignore = make_room();
            door.pause.expires_after(pause_without_descriptors);
            door.pause.async_wait([this, &door](const error_code& stopped) {
                if (!stopped) {
                    accept(door);
                }
            });
            return end_turn();
        }
        if (!error) {
            welcome(door, std::move(socket));
        }
        accept(door);
        end_turn();
    });
}

void AsioServer::welcome(Door& door, tcp::socket socket) {
    if (guests_.size() >= options_.limits.connections_max && !make_room()) {
        return;  // closed by its destructor
    }
    Guest& guest = guests_.emplace_back();
    const auto place = std::prev(guests_.end());
    guest.gone = [this, place](Guest&) { guests_.erase(place); };
    guest.channel = std::make_shared<Channel>(loop_, std::move(socket), door.tls.get(), [this] { end_turn(); });
    guest.connection = broker_->accept(*guest.channel, {guest.channel->remote_address(), door.tls != nullptr});
    if (door.tls) {
        guest.channel->start_after_handshake(guest, asio::ssl::stream_base::server, {});
    } else {
        guest.channel->start(guest);
    }
}

/// The one that has waited longest without a CONNECT goes.
bool AsioServer::make_room() {
    const auto silent = std::ranges::find_if(guests_, [](const Guest& guest) {
        return guest.connection->session() == nullptr && !guest.channel->is_closing();
    });
    if (silent == guests_.end()) {
        return false;
    }
    silent->channel->abandon();
    return true;
}

void AsioServer::schedule_tick() {
    timer_.expires_after(options_.tick);
    timer_.async_wait([this](const error_code& error) {
        if (error) {
            return;
        }
        broker_->tick();
        sweep();
        schedule_tick();
        end_turn();
    });
}

void AsioServer::sweep() {
    const auto now = std::chrono::steady_clock::now();
    for (const Guest& guest : guests_) {
        const auto stuck = guest.channel->stuck_since();
        if (stuck && now - *stuck > options_.limits.send_time_max) {
            guest.channel->abandon();
        }
    }
}

void AsioServer::end_turn() {
    broker_->flush();
    loop_.send_all();
}

void AsioServer::stop(std::chrono::milliseconds grace) {
    if (!thread_.joinable()) {
        return;
    }
    const auto until = std::chrono::steady_clock::now() + grace;
    asio::post(loop_.context(), [this, until] {
        for (const auto& door : doors_) {
            error_code ignored;
            door->acceptor.close(ignored);
            door->pause.cancel();
        }
        wind_down(until, false);
    });
    thread_.join();
}

void AsioServer::wind_down(std::chrono::steady_clock::time_point until, bool told) {
    const auto now = std::chrono::steady_clock::now();
    const bool quiet = broker_->wind_down();
    if (!told && (quiet || now >= until)) {
        broker_->end_all();
        end_turn();
        return wind_down(now + farewell_max, true);
    }
    if (told && ((quiet && guests_.empty()) || now >= until)) {
        return loop_.context().stop();
    }
    end_turn();
    stop_timer_.expires_after(stop_poll);
    stop_timer_.async_wait([this, until, told](const error_code& error) {
        if (!error) {
            wind_down(until, told);
        }
    });
}

}  // namespace

Result<std::unique_ptr<Server>> start_server(Broker::Parts parts, Kept kept, ServerOptions options) {
    auto server = std::make_unique<AsioServer>(std::move(parts), std::move(options));
    TRY_DO(server->start(std::move(kept)));
    return server;
}

}  // namespace bypuls::mqtt
