// What strangers may try, against a server in this process: it says no, keeps its memory, and serves the others.
#include <thread>

#include <gmock/gmock.h>

#include "core/random.h"
#include "platform/http/coding.h"
#include "platform/http/raw_client.h"
#include "platform/http/server.h"

namespace bypuls::http {
namespace {

class HttpLimits : public testing::Test {
protected:
    HttpLimits() {
        router_.get("/", [](Request&) -> Task<Response> { co_return text("served"); });
        router_.post("/echo", [](Request& request) -> Task<Response> { co_return text(std::move(request.body)); });
        router_.get("/endless", [](Request&) -> Task<Response> {
            co_return content("application/octet-stream", Stream{[](std::string& chunk) -> Task<Result<bool>> {
                                  chunk.assign(256 * 1024, 'x');
                                  co_return true;
                              }});
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
    bool others_are_served() { return connect().exchange("GET /").body == "served"; }

    std::uint64_t rejected(Rejection reason) const {
        return server_->counters().rejected[static_cast<std::size_t>(reason)];
    }

    /// Until the server has seen so many bytes, so that a step of the clock comes after them.
    void wait_for_bytes(std::uint64_t count) {
        while (server_->counters().bytes_received < count) {
            std::this_thread::yield();
        }
    }

    SimulatedClock clock_{Instant{}};
    Router router_;
    ServerOptions options_;
    std::unique_ptr<Server> server_;
};

TEST_F(HttpLimits, AHeaderThatDripsIsAnswered408) {
    start();
    RawClient slow = connect();
    slow.send("GET / HTTP/1.1\r\n");
    wait_for_bytes(16);
    for (int second = 0; second < 9; ++second) {
        const auto before = server_->counters().bytes_received;
        clock_.advance(std::chrono::seconds{1});
        slow.send("X");
        wait_for_bytes(before + 1);
        EXPECT_TRUE(others_are_served());
    }
    clock_.advance(std::chrono::seconds{5});
    EXPECT_EQ(slow.receive().status, 408);
    EXPECT_EQ(rejected(Rejection::header_too_slow), 1U);
}

TEST_F(HttpLimits, ABodyThatDripsIsAnswered408) {
    start();
    RawClient slow = connect();
    slow.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n");
    wait_for_bytes(30);
    for (int i = 0; i < 15; ++i) {
        const auto before = server_->counters().bytes_received;
        slow.send("x");
        wait_for_bytes(before + 1);
        clock_.advance(std::chrono::seconds{1});
    }
    clock_.advance(std::chrono::seconds{5});
    EXPECT_EQ(slow.receive().status, 408);
    EXPECT_EQ(rejected(Rejection::transfer_too_slow), 1U);
}

TEST_F(HttpLimits, ABodyThatKeepsItsPaceIsTaken) {
    start();
    RawClient steady = connect();
    std::string body;
    steady.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 400000\r\n\r\n");
    for (int i = 0; i < 40; ++i) {
        const auto before = server_->counters().bytes_received;
        steady.send(std::string(10'000, 'x'));
        wait_for_bytes(before + 10'000);
        clock_.advance(std::chrono::seconds{2});
    }
    EXPECT_EQ(steady.receive().body.size(), 400'000U);
}

TEST_F(HttpLimits, AnIdleConnectionIsClosedWithoutAWord) {
    start();
    RawClient idle = connect();
    for (int i = 0; i < 3; ++i) {
        const std::uint64_t sent = server_->counters().bytes_sent;
        EXPECT_EQ(idle.exchange("GET /").status, 200) << "each request begins the time anew";
        while (server_->counters().bytes_sent == sent) {  // it is idle once the answer counts as sent
            std::this_thread::yield();
        }
        clock_.advance(std::chrono::seconds{50});
    }
    while (server_->counters().connections_open > 0) {
        clock_.advance(std::chrono::seconds{1});
        std::this_thread::yield();
    }
    EXPECT_EQ(idle.receive_until_closed(), "");
}

TEST_F(HttpLimits, AReaderThatDoesNotReadIsLeft) {
    start();
    RawClient stuck = connect();
    stuck.send("GET /endless HTTP/1.1\r\nHost: a\r\n\r\n");
    std::uint64_t sent = 0;
    do {  // until the sockets between us are full
        sent = server_->counters().bytes_sent;
        EXPECT_TRUE(others_are_served());
    } while (server_->counters().bytes_sent > sent + 10'000);
    clock_.advance(std::chrono::seconds{100});
    while (rejected(Rejection::transfer_too_slow) == 0) {
        std::this_thread::yield();
    }
    EXPECT_TRUE(others_are_served());
}

TEST_F(HttpLimits, AGibibyteIsRefusedWhenAnnouncedAndWhenStreamed) {
    start();
    RawClient announced = connect();
    announced.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1073741824\r\n\r\n");
    EXPECT_EQ(announced.receive().status, 413);

    RawClient streamed = connect();
    streamed.send("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    const std::string piece(1U << 20U, 'x');
    std::size_t taken = 0;
    while (taken < 1024 && streamed.send("100000\r\n" + piece + "\r\n")) {
        ++taken;
    }
    EXPECT_LT(taken, 160U) << "MiB until the connection was cut";
    EXPECT_EQ(rejected(Rejection::body_too_large), 2U);
    EXPECT_TRUE(others_are_served());
}

// RFC 9112 §9.6: a reset would take the answer away from a client that reads it only when it has sent all.
TEST_F(HttpLimits, WhoSendsAllBeforeReadingGetsTheAnswerAllTheSame) {
    start();
    const std::string piece(1U << 20U, 'x');
    for (const bool announced : {true, false}) {
        RawClient client = connect();
        client.send(announced ? "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 41943040\r\n\r\n"
                              : "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
        for (int mebibyte = 0; mebibyte < 40; ++mebibyte) {
            ASSERT_TRUE(client.send(announced ? piece : "100000\r\n" + piece + "\r\n")) << mebibyte;
        }
        EXPECT_EQ(client.receive().status, 413);
        EXPECT_EQ(client.receive_until_closed(), "");
    }
    RawClient nowhere = connect();
    nowhere.send("POST /nowhere HTTP/1.1\r\nHost: a\r\nContent-Length: 4194304\r\n\r\n");
    for (int mebibyte = 0; mebibyte < 4; ++mebibyte) {
        ASSERT_TRUE(nowhere.send(piece));
    }
    EXPECT_EQ(nowhere.receive().status, 404);
}

TEST_F(HttpLimits, WhoIsRefusedAndDripsOnIsLeft) {
    start();
    for (const bool drips : {false, true}) {
        RawClient client = connect();
        client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1073741824\r\n\r\n");
        EXPECT_EQ(client.receive().status, 413);
        std::chrono::seconds passed{0};
        while (server_->counters().connections_open > 0) {
            const auto before = server_->counters().bytes_received;
            if (drips) {
                client.send("x");
            }
            while (drips && server_->counters().bytes_received == before && server_->counters().connections_open > 0) {
                std::this_thread::yield();
            }
            clock_.advance(std::chrono::seconds{1});
            passed += std::chrono::seconds{1};
            std::this_thread::yield();
        }
        EXPECT_GE(passed, std::chrono::seconds{drips ? 30 : 3});
    }
    EXPECT_TRUE(others_are_served());
}

TEST_F(HttpLimits, AllBodiesTogetherHaveACap) {
    options_.limits.bodies_bytes_max = 1U << 20U;
    start();
    std::vector<RawClient> clients;
    int refused = 0;
    for (int i = 0; i < 4 && refused == 0; ++i) {
        clients.push_back(connect());
        const auto before = server_->counters().bytes_received;
        clients.back().send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 500000\r\n\r\n" +
                            std::string(400'000, 'x'));
        while (server_->counters().bytes_received < before + 400'000 && rejected(Rejection::bodies_full) == 0) {
            std::this_thread::yield();
        }
        refused = static_cast<int>(rejected(Rejection::bodies_full));
    }
    EXPECT_EQ(clients.size(), 3U);
    const RawResponse response = clients.back().receive();
    EXPECT_EQ(response.status, 503);
    EXPECT_TRUE(response.headers.has("Retry-After"));
    EXPECT_TRUE(others_are_served());
    clients.front().send(std::string(100'000, 'x'));
    EXPECT_EQ(clients.front().receive().body.size(), 500'000U);
}

TEST_F(HttpLimits, ABombIsNotUnpacked) {
    start();
    const std::string bomb = pack_tight(Coding::gzip, std::string(100U << 20U, '\0'));
    EXPECT_EQ(connect().exchange("POST /echo", "Content-Encoding: gzip\r\n", bomb).status, 413);
    EXPECT_TRUE(others_are_served());
}

TEST_F(HttpLimits, WhenFullTheLongestWaiterMakesRoom) {
    options_.limits.connections_max = 20;
    start();
    std::vector<RawClient> crowd;
    for (int i = 0; i < 50; ++i) {
        crowd.push_back(connect());
        crowd.back().send(i % 2 == 0 ? "GET /" : "");
        EXPECT_TRUE(others_are_served()) << i;
    }
    EXPECT_GE(rejected(Rejection::made_room), 30U);
    EXPECT_EQ(rejected(Rejection::connections_full), 0U);
    EXPECT_EQ(crowd.front().receive_until_closed(), "");
}

TEST_F(HttpLimits, WhenAllAreBeingServedTheNewcomerIsTurnedAway) {
    options_.limits.connections_max = 2;
    start();
    RawClient one = connect();
    RawClient two = connect();
    for (RawClient* client : {&one, &two}) {
        client->send("GET /endless HTTP/1.1\r\nHost: a\r\n\r\n");
        client->receive_until("\r\n\r\n");
    }
    const RawResponse response = connect().receive();
    EXPECT_EQ(response.status, 503);
    EXPECT_TRUE(response.headers.has("Retry-After"));
    EXPECT_EQ(rejected(Rejection::connections_full), 1U);
}

TEST_F(HttpLimits, GarbageEndsItsOwnConnectionOnly) {
    start();
    SeededRandom random(1);
    for (int i = 0; i < 200; ++i) {
        std::string garbage(random.below(3000) + 1, '\0');
        random.fill(std::as_writable_bytes(std::span{garbage}));
        RawClient client = connect();
        client.send(garbage);
        client.send("\r\n\r\n");
        client.shutdown_send();
        const RawResponse response = client.receive();
        EXPECT_TRUE(response.status == 400 || response.status == 431 || response.status == 0) << response.status;
    }
    EXPECT_TRUE(others_are_served());
}

TEST_F(HttpLimits, TwoRequestsInOneAreNeverServed) {
    start();
    RawClient client = connect();
    client.send(
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET / "
        "HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(client.receive().status, 400);
    client.shutdown_send();
    EXPECT_EQ(client.receive_until_closed(), "");
}

}  // namespace
}  // namespace bypuls::http
