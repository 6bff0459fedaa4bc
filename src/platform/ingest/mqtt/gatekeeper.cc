#include "platform/ingest/mqtt/gatekeeper.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "platform/ingest/mqtt/topics.h"

namespace bypuls::ingest {
namespace {

std::string owner_of(std::int64_t key) {
    return fmt::format("key:{}", key);
}

/// A name that would reach beyond its own level fits no rule.
bool is_one_level(std::string_view name) {
    return !name.empty() && name.find_first_of("/+#") == std::string_view::npos;
}

/// Nothing when the filter asks for a name that cannot stand there.
std::optional<std::string> filled(std::string filter, std::string_view client, std::string_view key) {
    for (const auto& [mark, name] : {std::pair<std::string_view, std::string_view>{"{client}", client},
                                     std::pair<std::string_view, std::string_view>{"{key}", key}}) {
        for (auto at = filter.find(mark); at != std::string::npos; at = filter.find(mark, at + name.size())) {
            if (!is_one_level(name)) {
                return std::nullopt;
            }
            filter.replace(at, mark.size(), name);
        }
    }
    return filter;
}

std::vector<std::string> all_filled(const std::vector<std::string>& filters, std::string_view client,
                                    std::string_view key) {
    std::vector<std::string> out;
    for (const std::string& filter : filters) {
        if (auto made = filled(filter, client, key)) {
            out.push_back(std::move(*made));
        }
    }
    return out;
}

void append(std::vector<std::string>& out, const std::vector<std::string>& more) {
    out.insert(out.end(), more.begin(), more.end());
}

}  // namespace

mqtt::Principal principal_of(const identity::Principal& who, const mqtt::Credentials& credentials,
                             const GatekeeperOptions& options) {
    using identity::Scope;
    mqtt::Principal principal{.owner = owner_of(who.id), .name = who.name, .publish = {}, .subscribe = {}};
    principal.grants = {.read = who.may(Scope::read) || who.may(Scope::admin),
                        .observe = who.may(Scope::ingest) || who.may(Scope::admin),
                        .change = who.may(Scope::admin)};
    const bool sends = who.may(Scope::ingest) || who.may(Scope::admin);
    if (const auto rule = std::ranges::find(options.rules, who.name, &TopicRule::key); rule != options.rules.end()) {
        if (sends) {
            principal.publish = all_filled(rule->publish, credentials.client_id, who.name);
        }
        principal.subscribe = all_filled(rule->subscribe, credentials.client_id, who.name);
        return principal;
    }
    append(principal.subscribe, sensorthings_filters());
    if (who.may(Scope::ingest)) {
        append(principal.publish, ingest_filters());
        append(principal.publish, sensorthings_filters());
        append(principal.subscribe, command_filters());
    }
    if (who.may(Scope::read) || who.may(Scope::admin)) {
        principal.subscribe.emplace_back("#");
    }
    if (who.may(Scope::admin)) {
        principal.publish.emplace_back("#");
    }
    return principal;
}

KeyGatekeeper::KeyGatekeeper(identity::Identity& identity, const Clock& clock, GatekeeperOptions options)
    : identity_(identity), clock_(clock), options_(std::move(options)), thread_([this] { run(); }) {}

KeyGatekeeper::~KeyGatekeeper() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_one();
    thread_.join();
}

void KeyGatekeeper::authenticate(mqtt::Credentials credentials, Answer answer) {
    {
        const std::lock_guard lock(mutex_);
        if (asked_.size() < options_.waiting_max) {
            asked_.push_back({std::move(credentials), std::move(answer)});
            wake_.notify_one();
            return;
        }
    }
    answer(std::unexpected(mqtt::Fault{mqtt::Reason::server_busy, "too many connect at once; try again in a moment"}));
}

void KeyGatekeeper::run() {
    std::unique_lock lock(mutex_);
    for (;;) {
        wake_.wait(lock, [this] { return stopping_ || !asked_.empty(); });
        if (stopping_) {
            return;
        }
        Asked next = std::move(asked_.front());
        asked_.pop_front();
        lock.unlock();
        next.answer(judge(next.credentials));
        lock.lock();
    }
}

std::expected<mqtt::Principal, mqtt::Fault> KeyGatekeeper::judge(const mqtt::Credentials& credentials) {
    const std::string token = credentials.password ? *credentials.password : credentials.username.value_or("");
    if (token.empty()) {
        if (options_.anonymous.empty()) {
            return std::unexpected(
                mqtt::Fault{mqtt::Reason::not_authorized, "sign in with an API key as the password"});
        }
        return mqtt::Principal{.owner = "anonymous:" + credentials.address,
                               .name = "anonymous",
                               .publish = {},
                               .subscribe = options_.anonymous,
                               .may_keep_session = false};
    }
    const std::string header = "Bearer " + token;
    const auto who = identity_.authenticate({.authorization = header});
    if (!who) {
        const bool down = who.error().code == Errc::unavailable || who.error().code == Errc::timed_out;
        return std::unexpected(mqtt::Fault{
            down ? mqtt::Reason::server_unavailable : mqtt::Reason::bad_user_name_or_password, who.error().what});
    }
    return principal_of(*who, credentials, options_);
}

Result<void> KeyGatekeeper::refresh() {
    TRY(const auto keys, identity_.keys());
    std::set<std::string, std::less<>> ended;
    const Instant now = clock_.now();
    for (const identity::ApiKey& key : keys) {
        if (key.revoked || (key.expires && *key.expires <= now)) {
            ended.insert(owner_of(key.id.value));
        }
    }
    const std::lock_guard lock(mutex_);
    ended_ = std::move(ended);
    return {};
}

bool KeyGatekeeper::still_admits(const mqtt::Principal& principal) const {
    const std::lock_guard lock(mutex_);
    return !ended_.contains(principal.owner);
}

}  // namespace bypuls::ingest
