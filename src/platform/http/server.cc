#include "platform/http/server.h"

#include <algorithm>
#include <thread>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <fmt/format.h>
#include <sys/resource.h>

#include "core/check.h"
#include "core/log.h"
#include "platform/http/loop.h"

namespace bypuls::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::size_t descriptors_for_others = 1024;  // databases, journals, logs
constexpr int backlog = 4096;
constexpr std::chrono::milliseconds pause_without_descriptors{20};

/// As many connections as asked for, but never so many that the rest of the program cannot open a file.
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
    const std::size_t spared = std::min(descriptors_for_others, descriptors / 2);
    const std::size_t allowed = std::clamp<std::size_t>(wanted, 1, descriptors - spared);
    if (allowed < wanted) {
        log::warning("platform/http", "the limit of open files allows fewer connections",
                     {{"wanted", fmt::to_string(wanted)}, {"allowed", fmt::to_string(allowed)}});
    }
    return allowed;
}

Result<std::unique_ptr<asio::ssl::context>> open_tls(const TlsFiles& files) {
    auto context = std::make_unique<asio::ssl::context>(asio::ssl::context::tls_server);
    error_code error;
    SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
    SSL_CTX_set_options(context->native_handle(), SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
    context->use_certificate_chain_file(files.certificate_chain, error);
    if (error) {
        return fail(Errc::malformed, fmt::format("{}: {}", files.certificate_chain, error.message()));
    }
    context->use_private_key_file(files.private_key, asio::ssl::context::pem, error);
    if (error) {
        return fail(Errc::malformed, fmt::format("{}: {}", files.private_key, error.message()));
    }
    return context;
}

class BeastServer final : public Server {
public:
    BeastServer(const Router& router, ServerOptions options, std::unique_ptr<asio::ssl::context> tls, Networks proxies)
        : router_(router), options_(std::move(options)), tls_(std::move(tls)), proxies_(std::move(proxies)) {
        options_.threads = std::max<std::size_t>(options_.threads, 1);
        const std::size_t allowed = connections_allowed(options_.limits.connections_max);
        const ServerParts parts{.router = router_,
                                .options = options_,
                                .clock = options_.clock != nullptr ? *options_.clock : system_clock_,
                                .tls = tls_.get(),
                                .proxies = proxies_,
                                .counting = counting_,
                                .connections_per_loop_max = std::max<std::size_t>(allowed / options_.threads, 1)};
        for (std::size_t i = 0; i < options_.threads; ++i) {
            loops_.push_back(std::make_unique<Loop>(parts));
        }
        acceptor_.emplace(loops_.front()->context());
    }

    ~BeastServer() override { stop(std::chrono::seconds{5}); }

    Result<void> start() {
        TRY_DO(listen());
        asio::co_spawn(loops_.front()->context(), accept_all(), asio::detached);
        for (const auto& loop : loops_) {
            threads_.emplace_back([&loop = *loop] { loop.run(); });
        }
        return {};
    }

    std::uint16_t port() const override { return endpoint_.port(); }

    std::string origin() const override {
        const std::string address = endpoint_.address().to_string();
        return fmt::format("{}://{}:{}", tls_ ? "https" : "http",
                           endpoint_.address().is_v6() ? '[' + address + ']' : address, port());
    }

    asio::any_io_executor executor() override { return loops_.front()->context().get_executor(); }
    Counters counters() const override { return counting_.read(); }
    void stop(std::chrono::milliseconds grace) override;

private:
    Result<void> listen();
    Task<void> accept_all();
    void each_loop(const std::function<void(Loop&)>& act);
    bool wait_until_over(std::chrono::steady_clock::time_point until);

    const Router& router_;
    ServerOptions options_;
    SystemClock system_clock_;
    std::unique_ptr<asio::ssl::context> tls_;
    Networks proxies_;
    Counting counting_;
    std::vector<std::unique_ptr<Loop>> loops_;
    std::optional<tcp::acceptor> acceptor_;
    tcp::endpoint endpoint_;
    std::vector<std::thread> threads_;
};

Result<void> BeastServer::listen() {
    error_code error;
    const auto address = asio::ip::make_address(options_.address, error);
    if (error) {
        return fail(Errc::malformed,
                    fmt::format("listen address {}: not an IP address such as 127.0.0.1", options_.address));
    }
    const tcp::endpoint wanted(address, options_.port);
    acceptor_->open(wanted.protocol(), error);
    if (!error) {
        acceptor_->set_option(tcp::acceptor::reuse_address(true), error);
        acceptor_->bind(wanted, error);
    }
    if (!error) {
        acceptor_->listen(backlog, error);
    }
    if (error) {
        return fail(Errc::unavailable,
                    fmt::format("listen on {} port {}: {}", options_.address, options_.port, error.message()));
    }
    endpoint_ = acceptor_->local_endpoint();
    return {};
}

Task<void> BeastServer::accept_all() {
    std::size_t next = 0;
    asio::steady_timer pause(loops_.front()->context());
    while (acceptor_->is_open()) {
        Loop& loop = *loops_[next++ % loops_.size()];
        auto [error, socket] = co_await acceptor_->async_accept(loop.context(), asio::as_tuple(asio::use_awaitable));
        if (error == asio::error::operation_aborted || error == asio::error::bad_descriptor) {
            co_return;
        }
        if (error == asio::error::no_descriptors || error == boost::system::errc::too_many_files_open_in_system ||
            error == asio::error::no_buffer_space || error == asio::error::no_memory) {
            each_loop([](Loop& each) { std::ignore = each.make_room(); });
            pause.expires_after(pause_without_descriptors);
            co_await pause.async_wait(asio::use_awaitable);
            continue;
        }
        if (error) {
            continue;  // that one left before it was accepted
        }
        if (&loop == loops_.front().get()) {
            loop.welcome(std::move(socket));
        } else {
            asio::post(loop.context(),
                       [&loop, accepted = std::move(socket)]() mutable { loop.welcome(std::move(accepted)); });
        }
    }
}

void BeastServer::each_loop(const std::function<void(Loop&)>& act) {
    for (const auto& loop : loops_) {
        asio::post(loop->context(), [&loop = *loop, act] { act(loop); });
    }
}

bool BeastServer::wait_until_over(std::chrono::steady_clock::time_point until) {
    return std::ranges::all_of(loops_, [&](const auto& loop) { return loop->wait_until_over(until); });
}

void BeastServer::stop(std::chrono::milliseconds grace) {
    if (threads_.empty()) {
        return;
    }
    // Real time, whatever clock the deadlines of requests follow: the caller waits here.
    const auto until = std::chrono::steady_clock::now() + grace;
    asio::post(loops_.front()->context(), [this] {
        error_code ignored;
        acceptor_->close(ignored);
    });
    each_loop([](Loop& loop) { loop.stop_gently(); });
    while (!wait_until_over(until)) {
        each_loop([](Loop& loop) { loop.stop_now(); });
        if (wait_until_over(std::chrono::steady_clock::now() + std::chrono::seconds{5})) {
            break;
        }
        // A handler that neither waits nor returns cannot be taken out of our own memory.
        log::warning("platform/http", "waiting for a handler to end before stopping");
    }
    for (const auto& loop : loops_) {
        loop->finish();
    }
    for (std::thread& thread : threads_) {
        thread.join();
    }
    threads_.clear();
}

}  // namespace

Result<std::unique_ptr<Server>> start_server(const Router& router, ServerOptions options) {
    std::unique_ptr<asio::ssl::context> tls;
    if (options.tls) {
        TRY(tls, open_tls(*options.tls));
    }
    auto proxies = Networks::parse(options.trusted_proxies);
    if (!proxies) {
        return fail(proxies.error().code, "trusted proxies: " + proxies.error().what);
    }
    auto server = std::make_unique<BeastServer>(router, std::move(options), std::move(tls), std::move(*proxies));
    TRY_DO(server->start());
    return server;
}

}  // namespace bypuls::http
