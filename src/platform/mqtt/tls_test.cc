// A certificate made for the test, for 127.0.0.1; the bridge is the client that checks it.
#include <cstdlib>
#include <filesystem>
#include <future>
#include <memory>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "platform/mqtt/bridge.h"
#include "platform/mqtt/fixture_test.h"
#include "platform/mqtt/server.h"

namespace bypuls::mqtt {
namespace {

namespace fs = std::filesystem;

/// Tells when the first message has come.
class FirstHeard final : public Sink {
public:
    bool takes(std::string_view /*topic*/) const override { return true; }
    void take(const Arrival& arrival, Done done) override {
        if (!std::exchange(heard_, true)) {
            first.set_value(arrival.message->payload);
        }
        done({});
    }
    std::promise<std::string> first;

private:
    bool heard_ = false;
};

class MqttOverTls : public testing::Test {
protected:
    void SetUp() override {
        std::string pattern = (fs::temp_directory_path() / "mqtt-tls-XXXXXX").string();
        folder_ = mkdtemp(pattern.data());
        const std::string command = fmt::format(
            "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=127.0.0.1 "
            "-addext subjectAltName=IP:127.0.0.1 -keyout {0}/key.pem -out {0}/cert.pem 2>/dev/null",
            folder_);
        ASSERT_EQ(std::system(command.c_str()), 0) << "openssl makes a certificate";
        auto started =
            start_server({.gatekeeper = gatekeeper_, .clock = clock_, .random = random_}, {},
                         {.listen = {{.certificate_chain = folder_ + "/cert.pem", .private_key = folder_ + "/key.pem"}},
                          .tick = 20ms});
        ASSERT_TRUE(started.has_value()) << started.error();
        server_ = std::move(*started);
        Message last{.topic = "far/1", .payload = std::string(100'000, 'x'), .qos = QoS::at_least_once, .retain = true};
        server_->broker().publish(std::move(last));
    }
    void TearDown() override { fs::remove_all(folder_); }

    BridgeOptions options(std::string ca_file) const {
        BridgeOptions options{.host = "127.0.0.1", .port = server_->ports().front(), .tls = true};
        options.ca_file = std::move(ca_file);
        options.subscriber = {
            .client_id = "bridge", .password = "key", .subscriptions = {{"far/#", QoS::at_least_once}}};
        options.pause_min = 5ms;
        options.pause_max = 20ms;
        options.tick = 5ms;
        return options;
    }

    std::string folder_;
    SystemClock clock_;
    SystemRandom random_;
    TestGatekeeper gatekeeper_;
    std::unique_ptr<Server> server_;
};

TEST_F(MqttOverTls, ATrustedBrokerIsFetchedFrom) {
    FirstHeard sink;
    auto heard = sink.first.get_future();
    auto bridge = start_bridge(options(folder_ + "/cert.pem"), sink, clock_, random_);
    ASSERT_TRUE(bridge.has_value());
    ASSERT_EQ(heard.wait_for(30s), std::future_status::ready) << (*bridge)->status().trouble;
    EXPECT_EQ(heard.get().size(), 100'000U);
    (*bridge)->stop();
}

TEST_F(MqttOverTls, ABrokerWhoseCertificateIsNotTrustedIsNotSpokenTo) {
    FirstHeard sink;
    auto bridge = start_bridge(options(""), sink, clock_, random_);
    ASSERT_TRUE(bridge.has_value());
    while ((*bridge)->status().trouble.empty()) {
        std::this_thread::yield();
    }
    EXPECT_EQ((*bridge)->status().connections, 0U);
    (*bridge)->stop();
    EXPECT_FALSE(start_bridge(options(folder_ + "/absent.pem"), sink, clock_, random_).has_value());
}

}  // namespace
}  // namespace bypuls::mqtt
