#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gmock/gmock.h>

#include "core/clock.h"
#include "core/random.h"
#include "platform/mqtt/broker.h"
#include "platform/mqtt/codec.h"

/// A broker without a network: clients are wires whose ends the test holds.
namespace bypuls::mqtt {

using namespace std::chrono_literals;

/// Lets in who brings a password, as the owner "key:<password>".
class TestGatekeeper final : public Gatekeeper {
public:
    void authenticate(Credentials credentials, Answer answer) override {
        if (!credentials.password) {
            return answer(std::unexpected(Fault{Reason::not_authorized, "no key"}));
        }
        if (*credentials.password == "wrong") {
            return answer(std::unexpected(Fault{Reason::bad_user_name_or_password, "no such key"}));
        }
        answer(Principal{.owner = "key:" + *credentials.password,
                         .name = *credentials.password,
                         .publish = publish,
                         .subscribe = subscribe,
                         .grants = grants});
    }
    bool still_admits(const Principal& principal) const override { return principal.owner != revoked; }

    std::vector<std::string> publish{"#"};
    std::vector<std::string> subscribe{"#"};
    std::string revoked;
    Grants grants;
};

/// Takes topics under "ingest/" and answers when the test says.
class TestSink final : public Sink {
public:
    bool takes(std::string_view topic) const override { return topic.starts_with("ingest/"); }
    void take(const Arrival& arrival, Done done) override {
        arrivals.push_back(arrival);
        if (answer) {
            done(*answer);
        } else {
            waiting.push_back(std::move(done));
        }
    }
    void answer_next(Result<void> result) {
        Done done = std::move(waiting.front());
        waiting.pop_front();
        done(std::move(result));
    }
    bool passes_on() const override { return passing_on; }
    bool passing_on = true;
    std::vector<Arrival> arrivals;
    std::deque<Done> waiting;
    std::optional<Result<void>> answer = Result<void>{};  ///< nothing: later
};

/// Keeps in memory what a store would keep; may be told to fail or to wait.
class TestKeeper final : public Keeper {
public:
    void commit(std::shared_ptr<const Changes> changes, Done done) override {
        ++commits;
        if (holding) {
            held = [this, changes, done = std::move(done)]() mutable { finish(*changes, std::move(done)); };
        } else {
            finish(*changes, std::move(done));
        }
    }
    void release() {
        holding = false;
        if (auto work = std::exchange(held, nullptr)) {
            work();
        }
    }

    Kept kept;
    bool failing = false;
    bool holding = false;
    int commits = 0;

private:
    template <typename Map>
    void forget(Map& map, const std::string& client_id) {
        std::erase_if(map, [&](const auto& entry) { return entry.first.first == client_id; });
    }
    void finish(const Changes& changes, Done done) {
        if (failing) {
            return done(fail(Errc::exhausted, "no room"));
        }
        for (const std::string& client_id : changes.removed_sessions) {
            kept.sessions.erase(client_id);
            forget(kept.subscriptions, client_id);
            forget(kept.messages, client_id);
            std::erase_if(kept.received, [&](const auto& entry) { return entry.first == client_id; });
        }
        for (const auto& [id, session] : changes.sessions) {
            kept.sessions.insert_or_assign(id, session);
        }
        for (const auto& [key, subscription] : changes.subscriptions) {
            subscription ? void(kept.subscriptions.insert_or_assign(key, *subscription))
                         : void(kept.subscriptions.erase(key));
        }
        for (const auto& [key, message] : changes.messages) {
            message ? void(kept.messages.insert_or_assign(key, *message)) : void(kept.messages.erase(key));
        }
        for (const auto& [key, received] : changes.received) {
            received ? void(kept.received.insert(key)) : void(kept.received.erase(key));
        }
        for (const auto& [topic, message] : changes.retained) {
            message ? void(kept.retained.insert_or_assign(topic, message)) : void(kept.retained.erase(topic));
        }
        done({});
    }
    std::move_only_function<void()> held;
};

class Bench;

/// The client's end of a connection.
class TestClient final : public Wire {
public:
    TestClient(Bench& bench, Version version);
    ~TestClient() override;

    void send(ByteView bytes) override { in_.insert(in_.end(), bytes.begin(), bytes.end()); }
    std::size_t unsent() const override { return stuck; }
    void set_reading(bool wanted) override { reading = wanted; }
    void close() override { closed = true; }

    /// Says it to the broker, and lets it do what follows.
    void say(const Packet& packet);
    void say_bytes(ByteView bytes);
    /// The next packet that came; a Pingreq, which no server sends, when none has.
    Packet hear();
    template <typename T>
    T hear_a() {
        const Packet packet = hear();
        const T* it = std::get_if<T>(&packet);
        EXPECT_NE(it, nullptr) << "another packet came: type " << static_cast<int>(type_of(packet));
        return it == nullptr ? T{} : *it;
    }
    bool heard_nothing() const { return in_.empty(); }
    /// The network breaks.
    void lose();

    bool closed = false;
    bool reading = true;
    std::size_t stuck = 0;
    Connection& connection() { return *connection_; }

private:
    Bench& bench_;
    Version version_;
    Bytes in_;
    std::unique_ptr<Connection> connection_;
};

class Bench {
public:
    explicit Bench(Limits limits = {}) : limits_(limits) { start(); }

    /// As after a restart: what the keeper has is what there is.
    void start() {
        broker = std::make_unique<Broker>(Broker::Parts{.gatekeeper = gatekeeper,
                                                        .sinks = {&sink},
                                                        .feeds = feeds,
                                                        .keeper = &keeper,
                                                        .clock = clock,
                                                        .random = random},
                                          limits_);
        broker->restore(keeper.kept);
    }
    /// Until nothing more happens.
    void settle() {
        for (int i = 0; i < 10; ++i) {
            broker->run_posted();
            broker->flush();
        }
    }
    void pass(Duration span) {
        clock.advance(span);
        broker->tick();
        settle();
    }
    Counters counters() {
        broker->tick();
        settle();
        return broker->counters();
    }

    std::unique_ptr<TestClient> open(Version version = Version::v5) {
        return std::make_unique<TestClient>(*this, version);
    }
    static Connect connect_as(std::string client_id, Version version = Version::v5) {
        Connect connect{.version = version, .clean_start = false, .client_id = std::move(client_id)};
        connect.username = "any";
        connect.password = "key";
        if (version == Version::v5) {
            connect.properties.set(PropertyId::session_expiry, 3600);
        }
        return connect;
    }
    /// Connected, with the greeting heard.
    std::unique_ptr<TestClient> join(std::string client_id, Version version = Version::v5, bool clean = false) {
        auto client = open(version);
        Connect connect = connect_as(std::move(client_id), version);
        connect.clean_start = clean;
        client->say(connect);
        EXPECT_EQ(client->hear_a<Connack>().reason, Reason::success);
        return client;
    }

    SimulatedClock clock{Instant{1'800'000'000s}};
    SeededRandom random{1};
    TestGatekeeper gatekeeper;
    TestSink sink;
    TestKeeper keeper;
    std::vector<Feed*> feeds;
    std::unique_ptr<Broker> broker;

private:
    Limits limits_;
};

inline TestClient::TestClient(Bench& bench, Version version)
    : bench_(bench), version_(version), connection_(bench.broker->accept(*this, {"192.0.2.1", false})) {}
inline TestClient::~TestClient() = default;

inline void TestClient::say_bytes(ByteView bytes) {
    connection_->received(bytes);
    bench_.settle();
}
inline void TestClient::say(const Packet& packet) {
    Bytes bytes;
    encode(packet, version_, bytes);
    say_bytes(bytes);
}
inline Packet TestClient::hear() {
    const auto length = packet_length(in_);
    if (!length || !*length || **length > in_.size()) {
        return Pingreq{};
    }
    auto packet = decode(ByteView(in_).first(**length), version_);
    in_.erase(in_.begin(), in_.begin() + static_cast<std::ptrdiff_t>(**length));
    EXPECT_TRUE(packet.has_value());
    return packet ? *packet : Packet{Pingreq{}};
}
inline void TestClient::lose() {
    closed = true;
    connection_->lost();
    bench_.settle();
}

inline Publish publish_of(std::string topic, std::string payload, QoS qos = QoS::at_most_once, std::uint16_t id = 0) {
    return {.qos = qos, .topic = std::move(topic), .packet_id = id, .payload = std::move(payload)};
}
inline Subscribe subscribe_to(std::string filter, QoS qos = QoS::exactly_once) {
    return {.packet_id = 9, .requests = {{.filter = std::move(filter), .qos = qos}}};
}
inline Acknowledgement ack(PacketType type, std::uint16_t id, Reason reason = Reason::success) {
    return {.type = type, .packet_id = id, .reason = reason};
}

}  // namespace bypuls::mqtt
