#include "platform/http/server.h"

#include <atomic>
#include <future>
#include <mutex>
#include <thread>

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "platform/http/client.h"
#include "platform/http/coding.h"
#include "platform/http/problem.h"
#include "platform/http/raw_client.h"

namespace bypuls::http {
namespace {

using namespace std::string_literals;
using testing::HasSubstr;

/// A server with a route of each kind.
class HttpServer : public testing::Test {
protected:
    void SetUp() override {
        router_.get(
            "/hello/{name}",
            [](Request& request) -> Task<Response> {
                co_return text("hei " + std::string(request.path_parameter("name")) + " " +
                               std::string(tag_of(request.language)));
            },
            Sharing::open_data);
        router_.get("/page", [](Request& request) -> Task<Response> {
            co_return with_etag(request, html(std::string(20'000, 'x')));
        });
        router_.post("/echo", [](Request& request) -> Task<Response> {
            co_return content("application/octet-stream", std::move(request.body));
        });
        router_.get("/stream", [](Request&) -> Task<Response> {
            co_return content("text/csv; charset=utf-8",
                              Stream{[row = 0](std::string& chunk) mutable -> Task<Result<bool>> {
                                  chunk = "rad " + std::to_string(row) + "\n";
                                  co_return ++row < 1000;
                              }});
        });
        router_.get("/broken-stream", [](Request&) -> Task<Response> {
            co_return content("application/octet-stream",
                              Stream{[row = 0](std::string& chunk) mutable -> Task<Result<bool>> {
                                  if (row++ == 3) {
                                      co_return fail(Errc::unavailable, "the store went away");
                                  }
                                  chunk = "rad\n";
                                  co_return true;
                              }});
        });
        router_.get("/never", [this](Request&) -> Task<Response> {
            ++waiting_for_ever_;
            boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor);
            timer.expires_after(std::chrono::hours{1});
            co_await timer.async_wait(boost::asio::use_awaitable);
            co_return text("too late");
        });
        router_.get("/throws", [](Request&) -> Task<Response> {
            throw std::runtime_error("secret");
            co_return text("");
        });
        router_.get("/slow-work", [this](Request&) -> Task<Response> {
            co_return text(co_await pool_.run([this] {
                started_.set_value();
                released_.get_future().wait();
                return "done"s;
            }));
        });
        options_.tick = std::chrono::milliseconds{5};
        options_.clock = &clock_;
    }

    void start() {
        auto server = start_server(router_, options_);
        ASSERT_TRUE(server) << server.error().what;
        server_ = std::move(*server);
    }

    RawClient connect() { return RawClient(server_->port()); }

    FetchResponse get(const std::string& path, Headers headers = {}) {
        auto response =
            fetch({.url = server_->origin() + path, .headers = std::move(headers)}, {.reach = Reach::anywhere});
        EXPECT_TRUE(response) << (response ? "" : response.error().what);
        return response.value_or(FetchResponse{});
    }

    std::uint64_t rejected(Rejection reason) const {
        return server_->counters().rejected[static_cast<std::size_t>(reason)];
    }

    SimulatedClock clock_{Instant{}};
    Pool pool_{1};
    std::atomic<int> waiting_for_ever_{0};
    std::promise<void> started_;
    std::promise<void> released_;
    Router router_;
    ServerOptions options_;
    std::unique_ptr<Server> server_;
};

TEST_F(HttpServer, ServesARouteWithItsParameterAndLanguage) {
    start();
    EXPECT_EQ(get("/hello/Ola%20%C3%85s?lang=nn").body, "hei Ola Ås nn");
    EXPECT_EQ(get("/hello/a", {{"Cookie", "lang=en"}, {"Accept-Language", "nn"}}).body, "hei a en");
    EXPECT_EQ(get("/hello/a", {{"Accept-Language", "nn-NO,nn;q=0.9"}}).body, "hei a nn");
    EXPECT_EQ(get("/hello/a", {{"Accept-Language", "de"}}).body, "hei a nb");
}

TEST_F(HttpServer, AnswersAnUnknownPathInTheReadersLanguage) {
    start();
    const FetchResponse response = get("/nowhere", {{"Accept-Language", "nn"}});
    EXPECT_EQ(response.status, 404);
    EXPECT_EQ(response.headers.get("content-type"), "application/problem+json");
    EXPECT_EQ(nlohmann::json::parse(response.body)["title"], "Fann ikkje sida");
}

TEST_F(HttpServer, TellsWhichMethodsAPathHas) {
    start();
    const RawResponse wrong = connect().exchange("DELETE /hello/a");
    EXPECT_EQ(wrong.status, 405);
    EXPECT_EQ(wrong.headers.get("Allow"), "GET, HEAD, OPTIONS");

    const RawResponse options = connect().exchange("OPTIONS /hello/a", "Origin: https://x.example\r\n");
    EXPECT_EQ(options.status, 204);
    EXPECT_EQ(options.headers.get("Access-Control-Allow-Origin"), "*");
    EXPECT_EQ(options.headers.get("Access-Control-Allow-Methods"), "GET, HEAD");
    EXPECT_THAT(options.headers.get("Access-Control-Allow-Headers").value_or(""), HasSubstr("Authorization"));
    EXPECT_EQ(connect().exchange("OPTIONS /page").headers.get("Access-Control-Allow-Origin"), std::nullopt);
    EXPECT_EQ(connect().exchange("OPTIONS *").status, 204);
}

TEST_F(HttpServer, SharesOnlyOpenDataWithOtherSites) {
    start();
    EXPECT_EQ(get("/hello/a").headers.get("Access-Control-Allow-Origin"), "*");
    EXPECT_EQ(get("/page").headers.get("Access-Control-Allow-Origin"), std::nullopt);
}

TEST_F(HttpServer, GuardsEveryAnswerWithHeaders) {
    start();
    for (const std::string path : {"/page", "/nowhere"}) {
        const FetchResponse response = get(path);
        EXPECT_THAT(std::string(*response.headers.get("Content-Security-Policy")), HasSubstr("frame-ancestors 'none'"));
        EXPECT_THAT(std::string(*response.headers.get("Content-Security-Policy")),
                    testing::Not(HasSubstr("unsafe-inline")));
        EXPECT_EQ(response.headers.get("X-Content-Type-Options"), "nosniff");
        EXPECT_TRUE(response.headers.has("Referrer-Policy"));
        EXPECT_TRUE(response.headers.has("Permissions-Policy"));
        EXPECT_TRUE(response.headers.has("Date"));
        EXPECT_FALSE(response.headers.has("Server"));
        EXPECT_FALSE(response.headers.has("Strict-Transport-Security")) << "not over plain HTTP";
    }
}

TEST_F(HttpServer, AnAnswerThatTookLongHasTheDateOfItsFirstByte) {
    std::atomic<bool> go_on{false};
    std::promise<void> asked;
    router_.get("/long", [&](Request&) -> Task<Response> {
        co_return content("text/plain", Stream{[&](std::string& chunk) -> Task<Result<bool>> {
                              asked.set_value();
                              while (!go_on) {
                                  co_await boost::asio::post(co_await boost::asio::this_coro::executor,
                                                             boost::asio::use_awaitable);
                              }
                              chunk = "at last";
                              co_return false;
                          }});
    });
    options_.threads = 1;
    start();
    auto answer = std::async(std::launch::async, [&] { return get("/long"); });
    asked.get_future().wait();
    clock_.jump_to(Instant{std::chrono::days{1}});
    std::string date;
    while (!date.contains("02 Jan 1970")) {
        date = get("/hello/a").headers.get("Date").value_or("");
    }
    go_on = true;
    EXPECT_EQ(answer.get().headers.get("Date"), date);
}

TEST_F(HttpServer, KnowsWhatTheReaderHas) {
    start();
    const FetchResponse first = get("/page", {{"Accept-Encoding", "identity"}});
    const std::string etag(*first.headers.get("ETag"));
    EXPECT_EQ(first.body.size(), 20'000U);
    const RawResponse again = connect().exchange("GET /page", "If-None-Match: " + etag + "\r\n");
    EXPECT_EQ(again.status, 304);
    EXPECT_EQ(again.headers.get("ETag"), etag);
    EXPECT_FALSE(again.headers.has("Content-Length"));
}

TEST_F(HttpServer, AnswersHeadLikeGetWithoutTheBody) {
    start();
    RawClient client = connect();
    const RawResponse head = client.exchange("HEAD /page");
    EXPECT_EQ(head.status, 200);
    EXPECT_EQ(head.headers.get("Content-Length"), "20000");
    EXPECT_EQ(client.exchange("GET /hello/b").body, "hei b nb") << "the connection goes on";
    EXPECT_EQ(connect().exchange("HEAD /stream").status, 200);
}

TEST_F(HttpServer, PacksTextForThoseWhoAcceptIt) {
    start();
    for (const Coding coding : {Coding::gzip, Coding::zstd}) {
        const RawResponse packed =
            connect().exchange("GET /page", "Accept-Encoding: " + std::string(name_of(coding)) + "\r\n");
        EXPECT_EQ(packed.headers.get("Content-Encoding"), name_of(coding));
        EXPECT_EQ(packed.headers.get("Vary"), "Accept-Encoding");
        EXPECT_TRUE(packed.headers.get("ETag")->starts_with("W/"));
        EXPECT_EQ(unpack(coding, packed.body, {.ratio_max = 1000}), std::string(20'000, 'x'));
        const RawResponse again =
            connect().exchange("GET /page", "If-None-Match: " + std::string(*packed.headers.get("ETag")) + "\r\n");
        EXPECT_EQ(again.status, 304);
    }
    EXPECT_FALSE(connect().exchange("GET /hello/a", "Accept-Encoding: gzip\r\n").headers.has("Content-Encoding"));
}

TEST_F(HttpServer, UnpacksWhatComesPacked) {
    start();
    const std::string body(5000, 'y');
    for (const Coding coding : {Coding::gzip, Coding::zstd}) {
        const RawResponse echoed = connect().exchange(
            "POST /echo", "Content-Encoding: " + std::string(name_of(coding)) + "\r\n", pack(coding, body));
        EXPECT_EQ(echoed.status, 200);
        EXPECT_EQ(echoed.body, body);
    }
    EXPECT_EQ(connect().exchange("POST /echo", "Content-Encoding: br\r\n", "x").status, 415);
    EXPECT_EQ(connect().exchange("POST /echo", "Content-Encoding: gzip\r\n", "x").status, 400);
}

TEST_F(HttpServer, StreamsALongBodyInChunks) {
    start();
    const RawResponse plain = connect().exchange("GET /stream");
    EXPECT_TRUE(plain.whole);
    EXPECT_EQ(plain.headers.get("Transfer-Encoding"), "chunked");
    EXPECT_TRUE(plain.body.starts_with("rad 0\nrad 1\n"));
    EXPECT_TRUE(plain.body.ends_with("rad 999\n"));

    const RawResponse packed = connect().exchange("GET /stream", "Accept-Encoding: gzip\r\n");
    EXPECT_EQ(unpack(Coding::gzip, packed.body, {}), plain.body);

    RawClient old = connect();
    old.send("GET /stream HTTP/1.0\r\n\r\n");
    const RawResponse closed = old.receive();
    EXPECT_EQ(closed.body, plain.body);
    EXPECT_FALSE(closed.headers.has("Transfer-Encoding"));
}

TEST_F(HttpServer, LetsTheReaderSeeThatAStreamIsNotWhole) {
    start();
    const RawResponse broken = connect().exchange("GET /broken-stream");
    EXPECT_EQ(broken.status, 200);
    EXPECT_EQ(broken.body, "rad\nrad\nrad\n");
    EXPECT_FALSE(broken.whole);
}

TEST_F(HttpServer, AnswersPipelinedRequestsInOrder) {
    start();
    RawClient client = connect();
    std::string requests = "\r\n";
    for (int i = 0; i < 100; ++i) {
        requests += "GET /hello/" + std::to_string(i) + " HTTP/1.1\r\nHost: a\r\n\r\n";
    }
    client.send(requests);
    for (int i = 0; i < 100; ++i) {
        EXPECT_EQ(client.receive().body, "hei " + std::to_string(i) + " nb");
    }
}

TEST_F(HttpServer, HidesWhatAHandlerThrew) {
    start();
    RawClient client = connect();
    const RawResponse response = client.exchange("GET /throws");
    EXPECT_EQ(response.status, 500);
    EXPECT_THAT(response.body, testing::Not(HasSubstr("secret")));
    EXPECT_EQ(client.exchange("GET /hello/a").status, 200);
}

TEST_F(HttpServer, BelievesOnlyItsOwnProxyAboutTheSender) {
    router_.get("/who", [](Request& request) -> Task<Response> {
        co_return text(request.remote + (request.secure ? " secure" : ""));
    });
    const std::string fields = "X-Forwarded-For: 6.6.6.6, 192.168.0.7\r\nX-Forwarded-Proto: https\r\n";
    start();
    EXPECT_EQ(connect().exchange("GET /who", fields).body, "127.0.0.1");
    server_->stop(std::chrono::seconds{1});

    options_.trusted_proxies = {"10.0.0.0/8"};
    start();
    EXPECT_EQ(connect().exchange("GET /who", fields).body, "127.0.0.1");
    server_->stop(std::chrono::seconds{1});

    options_.trusted_proxies = {"127.0.0.0/8"};
    start();
    const RawResponse response = connect().exchange("GET /who", fields);
    EXPECT_EQ(response.body, "192.168.0.7 secure");
    EXPECT_EQ(connect().exchange("GET /who", "X-Forwarded-For: 6.6.6.6, 127.0.0.1\r\n").body, "6.6.6.6");
    EXPECT_EQ(connect().exchange("GET /who", "X-Forwarded-For: 6.6.6.6, junk\r\n").body, "unknown");
    EXPECT_TRUE(response.headers.has("Strict-Transport-Security"));
}

TEST_F(HttpServer, AsksTheGuardBeforeItReadsTheBody) {
    options_.guard = [](Request& request, const Route& route) -> Task<std::optional<Response>> {
        if (route.pattern == "/echo" && !request.headers.has("Authorization")) {
            co_return problem(request, 401, "unauthorized");
        }
        co_return std::nullopt;
    };
    start();
    RawClient stranger = connect();
    stranger.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_EQ(stranger.receive().status, 401);
    EXPECT_EQ(connect().exchange("POST /echo", "Authorization: Bearer x\r\n", "hei").body, "hei");
}

TEST_F(HttpServer, SaysWhenItIsReadyForABody) {
    start();
    RawClient client = connect();
    client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_EQ(client.receive().status, 100);
    client.send("hei");
    EXPECT_EQ(client.receive().body, "hei");
}

TEST_F(HttpServer, AnswersForAHandlerThatTakesTooLong) {
    start();
    RawClient client = connect();
    client.send("GET /never HTTP/1.1\r\nHost: a\r\nAccept-Language: en\r\n\r\n");
    while (waiting_for_ever_ == 0) {
        std::this_thread::yield();
    }
    clock_.advance(std::chrono::seconds{31});
    const RawResponse response = client.receive();
    EXPECT_EQ(response.status, 504);
    EXPECT_THAT(response.body, HasSubstr("It took too long"));
    EXPECT_EQ(rejected(Rejection::handler_too_slow), 1U);
}

TEST_F(HttpServer, AnswersWhileBlockingWorkThatTookTooLongEndsInItsOwnTime) {
    start();
    RawClient client = connect();
    client.send("GET /slow-work HTTP/1.1\r\nHost: a\r\n\r\n");
    started_.get_future().wait();
    clock_.advance(std::chrono::seconds{31});
    EXPECT_EQ(client.receive().status, 504);
    EXPECT_EQ(client.receive_until_closed(), "");
    EXPECT_EQ(server_->counters().connections_open, 1U) << "it counts until its work has ended";
    released_.set_value();
    while (server_->counters().connections_open > 0) {
        std::this_thread::yield();
    }
}

TEST_F(HttpServer, FinishesWhatItHasBegunBeforeItStops) {
    start();
    RawClient busy = connect();
    RawClient idle = connect();
    EXPECT_EQ(idle.exchange("GET /hello/a").status, 200);
    busy.send("GET /slow-work HTTP/1.1\r\nHost: a\r\n\r\n");
    started_.get_future().wait();

    std::thread stopping([&] { server_->stop(std::chrono::seconds{20}); });
    EXPECT_EQ(idle.receive_until_closed(), "");
    released_.set_value();
    const RawResponse response = busy.receive();
    stopping.join();

    EXPECT_EQ(response.body, "done");
    EXPECT_EQ(response.headers.get("Connection"), "close");
    EXPECT_FALSE(connect().connected());
}

TEST_F(HttpServer, StopsEvenWhenAHandlerWouldWaitForEver) {
    start();
    RawClient client = connect();
    client.send("GET /never HTTP/1.1\r\nHost: a\r\n\r\n");
    while (waiting_for_ever_ == 0) {
        std::this_thread::yield();
    }
    server_->stop(std::chrono::milliseconds{10});
    EXPECT_EQ(client.receive().status, 0);
}

/// Goes on beside the handlers for a while after `begun`, and holds the loop as a thread of a pool does, which lets go
/// of it only after it has handed its answer over.
struct Lingering {
    std::atomic<bool> begun = false;
    int turns_left = 20'000;
    boost::asio::any_io_executor held;

    void go_on() {
        turns_left -= begun ? 1 : 0;
        if (turns_left > 0) {
            boost::asio::post(held, [this] { go_on(); });
        } else {
            held = {};
        }
    }
};

TEST_F(HttpServer, StopsOnlyWhenNobodyHoldsItsLoopAnyMore) {
    start();
    Lingering lingering;
    lingering.held = boost::asio::prefer(server_->executor(), boost::asio::execution::outstanding_work_t::tracked_t{});
    lingering.go_on();
    EXPECT_EQ(get("/hello/a").status, 200);
    lingering.begun = true;
    server_->stop(std::chrono::seconds{20});
    EXPECT_EQ(lingering.turns_left, 0);
}

TEST_F(HttpServer, ServesOnSeveralLoops) {
    options_.threads = 3;
    start();
    std::vector<RawClient> clients;
    for (int i = 0; i < 9; ++i) {
        clients.push_back(connect());
        EXPECT_EQ(clients.back().exchange("GET /hello/a").body, "hei a nb");
    }
    EXPECT_EQ(server_->counters().connections_open, 9U);
}

TEST_F(HttpServer, CountsWhatItDoes) {
    start();
    get("/hello/a");
    get("/nowhere");
    std::string metrics;
    append_metrics(metrics, server_->counters(), "public");
    EXPECT_THAT(metrics, HasSubstr("bypuls_http_requests_total{plane=\"public\",class=\"2xx\"} 1\n"));
    EXPECT_THAT(metrics, HasSubstr("bypuls_http_requests_total{plane=\"public\",class=\"4xx\"} 1\n"));
    EXPECT_THAT(metrics, HasSubstr("bypuls_http_request_seconds_count{plane=\"public\"} 2\n"));
}

TEST(StartServer, SaysWhyItCannotListen) {
    const Router router;
    auto first = start_server(router);
    ASSERT_TRUE(first);
    const auto second = start_server(router, {.port = (*first)->port()});
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, Errc::unavailable);
    EXPECT_THAT(second.error().what, HasSubstr(std::to_string((*first)->port())));
    EXPECT_EQ(start_server(router, {.address = "not an address"}).error().code, Errc::malformed);
    EXPECT_EQ(start_server(router, {.trusted_proxies = {"nope"}}).error().code, Errc::malformed);
    EXPECT_EQ(start_server(router, {.tls = TlsFiles{"missing.pem", "missing.key"}}).error().code, Errc::malformed);
}

TEST_F(HttpServer, TheClientStaysOutsideUnlessToldOtherwise) {
    start();
    const auto inside = fetch({.url = server_->origin() + "/hello/a"});
    ASSERT_FALSE(inside);
    EXPECT_EQ(inside.error().code, Errc::forbidden);
    const auto by_name = fetch({.url = "http://localhost:" + std::to_string(server_->port()) + "/hello/a"});
    ASSERT_FALSE(by_name);
    EXPECT_EQ(by_name.error().code, Errc::forbidden);
    EXPECT_EQ(server_->counters().connections_accepted, 0U);
}

TEST_F(HttpServer, TheClientKeepsItsBounds) {
    start();
    const FetchOptions here{.bytes_max = 100, .reach = Reach::anywhere};
    EXPECT_EQ(fetch({.url = server_->origin() + "/page"}, here).error().code, Errc::exhausted);
    EXPECT_EQ(fetch({.url = "ftp://example.org"}, here).error().code, Errc::malformed);
    EXPECT_EQ(fetch({.url = "http://"}, here).error().code, Errc::malformed);
    EXPECT_EQ(fetch({.url = server_->origin() + "/never"},
                    {.deadline = std::chrono::milliseconds{30}, .reach = Reach::anywhere})
                  .error()
                  .code,
              Errc::timed_out);
    EXPECT_EQ(
        fetch({.url = server_->origin() + "/page"}, {.reach = Reach::anywhere, .hosts = {"example.org"}}).error().code,
        Errc::forbidden);
    const auto posted =
        fetch({.method = Method::post, .url = server_->origin() + "/echo", .body = "hei"}, {.reach = Reach::anywhere});
    EXPECT_EQ(posted->body, "hei");
    server_->stop(std::chrono::milliseconds{10});  // /never still waits for nobody
}

}  // namespace
}  // namespace bypuls::http
