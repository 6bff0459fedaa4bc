#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "core/clock.h"
#include "platform/identity/identity.h"
#include "platform/mqtt/ports.h"

namespace bypuls::ingest {

/// What the operator grants a key beside or in place of what its scopes give. `{client}` and `{key}` in a filter stand
/// for the client identifier and the key's name, so that one rule serves many devices.
struct TopicRule {
    std::string key;  ///< name of the API key
    std::vector<std::string> publish;
    std::vector<std::string> subscribe;
};

struct GatekeeperOptions {
    std::vector<TopicRule> rules{};
    /// What a client without a key may subscribe to; empty: nobody gets in without one. It may never publish.
    std::vector<std::string> anonymous{};
    /// Clients whose key is being looked up; server_busy beyond.
    std::size_t waiting_max = 4'096;
};

/// What a key may do: pure, for tests and the documentation.
///  - a rule for its name: what the rule says. Publishing still needs the scope ingest or admin
///  - any: subscribe to SensorThings' topics, and be told what a GET with the key would tell
///  - ingest: publish readings, and subscribe to the downlink commands of LoRaWAN servers
///  - read: subscribe to everything
///  - admin: both, everywhere
mqtt::Principal principal_of(const identity::Principal& who, const mqtt::Credentials& credentials,
                             const GatekeeperOptions& options);

/// API keys as MQTT passwords; the user name is free. Keys are looked up on a thread of its own.
class KeyGatekeeper final : public mqtt::Gatekeeper {
public:
    /// `identity` and `clock` outlive it.
    KeyGatekeeper(identity::Identity& identity, const Clock& clock, GatekeeperOptions options);
    ~KeyGatekeeper() override;
    KeyGatekeeper(const KeyGatekeeper&) = delete;
    KeyGatekeeper& operator=(const KeyGatekeeper&) = delete;

    void authenticate(mqtt::Credentials credentials, Answer answer) override;
    bool still_admits(const mqtt::Principal& principal) const override;
    /// Looks at which keys have been revoked or have expired. Blocks; every few seconds.
    Result<void> refresh();

private:
    struct Asked {
        mqtt::Credentials credentials;
        Answer answer;
    };
    void run();
    std::expected<mqtt::Principal, mqtt::Fault> judge(const mqtt::Credentials& credentials);

    identity::Identity& identity_;
    const Clock& clock_;
    const GatekeeperOptions options_;
    mutable std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<Asked> asked_;
    std::set<std::string, std::less<>> ended_;  // owners whose key is no longer valid
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace bypuls::ingest
