#include "platform/mqtt/server.h"

#include <array>
#include <cstring>
#include <future>
#include <thread>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "platform/mqtt/bridge.h"
#include "platform/mqtt/fixture_test.h"

namespace bypuls::mqtt {
namespace {

/// A plain blocking socket that speaks MQTT, as any client's.
class Socket {
public:
    explicit Socket(std::uint16_t port, Version version = Version::v5)
        : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)), version_(version) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        connected_ = ::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
        const timeval patience{.tv_sec = 30, .tv_usec = 0};
        setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    }
    ~Socket() { ::close(socket_); }
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;

    bool connected() const { return connected_; }
    void say(const Packet& packet) {
        Bytes bytes;
        encode(packet, version_, bytes);
        say_bytes(bytes);
    }
    void say_bytes(ByteView bytes) {
        while (!bytes.empty()) {
            const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent <= 0) {
                return;
            }
            bytes = bytes.subspan(static_cast<std::size_t>(sent));
        }
    }
    /// Nothing when the other side has closed.
    std::optional<Packet> hear() {
        for (;;) {
            const auto length = packet_length(in_);
            if (length && *length && **length <= in_.size()) {
                auto packet = decode(ByteView(in_).first(**length), version_);
                in_.erase(in_.begin(), in_.begin() + static_cast<std::ptrdiff_t>(**length));
                return packet ? std::optional(std::move(*packet)) : std::nullopt;
            }
            std::array<std::byte, 65'536> piece{};
            const auto got = ::recv(socket_, piece.data(), piece.size(), 0);
            if (got <= 0) {
                return std::nullopt;
            }
            in_.insert(in_.end(), piece.begin(), piece.begin() + got);
        }
    }
    template <typename T>
    T hear_a() {
        const auto packet = hear();
        const T* it = packet ? std::get_if<T>(&*packet) : nullptr;
        EXPECT_NE(it, nullptr);
        return it == nullptr ? T{} : *it;
    }

private:
    int socket_;
    Version version_;
    bool connected_ = false;
    Bytes in_;
};

class ServerTest : public testing::Test {
protected:
    void start(Limits limits = {}) {
        auto started = start_server({.gatekeeper = gatekeeper_, .sinks = {&sink_}, .clock = clock_, .random = random_},
                                    {}, {.listen = {{}}, .limits = limits, .tick = 20ms});
        ASSERT_TRUE(started.has_value()) << started.error();
        server_ = std::move(*started);
        port_ = server_->ports().front();
    }
    std::unique_ptr<Socket> join(const std::string& client_id) {
        auto socket = std::make_unique<Socket>(port_);
        socket->say(Bench::connect_as(client_id));
        EXPECT_EQ(socket->hear_a<Connack>().reason, Reason::success);
        return socket;
    }

    SystemClock clock_;
    SystemRandom random_;
    TestGatekeeper gatekeeper_;
    TestSink sink_;
    std::unique_ptr<Server> server_;
    std::uint16_t port_ = 0;
};

TEST_F(ServerTest, TakesPublishesInAnySlicesAndDeliversThem) {
    start();
    auto reader = join("reader");
    reader->say(subscribe_to("news/#", QoS::at_least_once));
    EXPECT_EQ(reader->hear_a<Suback>().reasons.size(), 1U);
    auto writer = join("writer");
    Bytes bytes;
    for (std::uint16_t id = 1; id <= 50; ++id) {
        encode(publish_of("news/1", std::string(3000, 'x'), QoS::at_least_once, id), Version::v5, bytes);
    }
    for (ByteView rest(bytes); !rest.empty();) {
        const std::size_t slice = std::min<std::size_t>(rest.size(), 777);
        writer->say_bytes(rest.first(slice));
        rest = rest.subspan(slice);
    }
    for (std::uint16_t id = 1; id <= 50; ++id) {
        EXPECT_EQ(writer->hear_a<Acknowledgement>().packet_id, id);
        const auto got = reader->hear_a<Publish>();
        EXPECT_EQ(got.payload.size(), 3000U);
        reader->say(ack(PacketType::puback, got.packet_id));
    }
}

TEST_F(ServerTest, WhatSpeaksAnotherProtocolIsHungUpOn) {
    start();
    Socket socket(port_);
    socket.say_bytes(as_bytes("GET / HTTP/1.1\r\n\r\n"));
    EXPECT_FALSE(socket.hear().has_value());
}

TEST_F(ServerTest, WhenFullTheSilentMakeRoom) {
    start({.connections_max = 3});
    auto first = join("first");
    Socket silent(port_);
    Socket silent_too(port_);
    auto second = join("second");
    EXPECT_FALSE(silent.hear().has_value()) << "the one that waited longest went";
    first->say(Pingreq{});
    EXPECT_EQ(type_of(*first->hear()), PacketType::pingresp);
}

TEST_F(ServerTest, StoppingAcknowledgesWhatIsUnderWayAndSaysFarewell) {
    start();
    auto client = join("client");
    client->say(publish_of("ingest/lines", "x", QoS::at_least_once, 1));
    EXPECT_EQ(client->hear_a<Acknowledgement>().packet_id, 1);
    server_->stop(5s);
    EXPECT_EQ(client->hear_a<Disconnect>().reason, Reason::server_shutting_down);
    EXPECT_FALSE(client->hear().has_value());
    EXPECT_FALSE(Socket(port_).connected());
}

TEST_F(ServerTest, PublishesOfTheProgramComeFromAnyThread) {
    start();
    auto reader = join("reader");
    reader->say(subscribe_to("own"));
    reader->hear();
    std::thread other([&] { server_->broker().publish({.topic = "own", .payload = "x"}); });
    other.join();
    EXPECT_EQ(reader->hear_a<Publish>().payload, "x");
}

TEST_F(ServerTest, ABridgeFetchesFromABrokerAndComesBackWhenItDoes) {
    start();
    std::promise<void> first;
    std::promise<void> second;
    class Counting final : public Sink {
    public:
        Counting(std::promise<void>& a, std::promise<void>& b) : a_(a), b_(b) {}
        bool takes(std::string_view) const override { return true; }
        void take(const Arrival&, Done done) override {
            (count_++ == 0 ? a_ : b_).set_value();
            done({});
        }

    private:
        std::promise<void>& a_;
        std::promise<void>& b_;
        int count_ = 0;
    } counting(first, second);
    BridgeOptions options{.host = "127.0.0.1", .port = port_};
    options.subscriber = {.client_id = "bridge", .password = "key", .subscriptions = {{"far/#", QoS::at_least_once}}};
    options.pause_min = 1ms;
    options.pause_max = 20ms;
    options.tick = 5ms;
    auto bridge = start_bridge(std::move(options), counting, clock_, random_);
    ASSERT_TRUE(bridge.has_value());
    const auto publish_until = [&](std::promise<void>& arrived) {
        auto future = arrived.get_future();
        auto writer = join("writer");
        std::uint16_t id = 0;
        // Until it has subscribed, nobody hears: so only one of these is waited for.
        while (future.wait_for(5ms) != std::future_status::ready && !(*bridge)->status().subscribed) {
        }
        writer->say(publish_of("far/1", "x", QoS::at_least_once, ++id));
        EXPECT_EQ(writer->hear_a<Acknowledgement>().reason, Reason::success);
        EXPECT_EQ(future.wait_for(30s), std::future_status::ready);
    };
    publish_until(first);
    server_->stop(1s);
    server_.reset();
    auto started = start_server({.gatekeeper = gatekeeper_, .clock = clock_, .random = random_}, {},
                                {.listen = {{.port = port_}}, .tick = 20ms});
    ASSERT_TRUE(started.has_value()) << started.error();
    server_ = std::move(*started);
    while ((*bridge)->status().connections < 2) {
        std::this_thread::yield();
    }
    publish_until(second);
    (*bridge)->stop();
}

}  // namespace
}  // namespace bypuls::mqtt
