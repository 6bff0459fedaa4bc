#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "core/log.h"
#include "platform/mqtt/broker.h"
#include "platform/mqtt/message.h"

namespace bypuls::mqtt {
namespace {

/// Of what a client may publish, a will included.
bool may_publish(const Principal& principal, std::string_view topic) {
    return std::ranges::any_of(principal.publish, [&](const std::string& filter) { return matches(filter, topic); });
}

std::uint32_t expiry_wanted(const Connect& connect) {
    if (connect.version == Version::v5) {
        return connect.properties.number(PropertyId::session_expiry).value_or(0);
    }
    return connect.clean_start ? 0 : session_never_expires;
}

Properties forwarded(const Properties& all) {
    Properties kept;
    for (const Property& property : all.all()) {
        switch (property.id) {
            case PropertyId::payload_format:
            case PropertyId::content_type:
            case PropertyId::response_topic:
            case PropertyId::correlation_data:
            case PropertyId::user_property: kept.add(property); break;
            default: break;
        }
    }
    return kept;
}

}  // namespace

Message message_from(Publish publish, std::string publisher, Instant now) {
    Message message{.topic = std::move(publish.topic),
                    .payload = std::move(publish.payload),
                    .qos = publish.qos,
                    .retain = publish.retain,
                    .properties = forwarded(publish.properties),
                    .publisher = std::move(publisher)};
    if (const auto expiry = publish.properties.number(PropertyId::message_expiry)) {
        message.expires = now + std::chrono::seconds{*expiry};
    }
    return message;
}

void Broker::authenticate(Connection& connection, Credentials credentials) {
    parts_.gatekeeper.authenticate(std::move(credentials), [this, mailbox = mailbox_, id = connection.id()](
                                                               std::expected<Principal, Fault> answer) {
        mailbox->post([this, id, answer = std::move(answer)]() mutable {
            if (Connection* waiting = this->connection(id)) {
                waiting->admitted(std::move(answer));
            }
        });
    });
}

/// Another's session is not to be had by guessing its name.
std::expected<void, Fault> Broker::take_over(Session& session, const Principal& principal) {
    if (session.owner() != principal.owner) {
        return std::unexpected(
            Fault{Reason::client_identifier_not_valid, "this client identifier belongs to another key"});
    }
    if (session.connection != nullptr) {
        session.connection->end({Reason::session_taken_over, "the same client has connected anew"});
    }
    return {};
}

std::expected<std::pair<Session*, bool>, Fault> Broker::open_session(Connection& connection, const Connect& connect) {
    const Principal& principal = connection.principal();
    if (connect.will && !may_publish(principal, connect.will->topic)) {
        return std::unexpected(Fault{Reason::not_authorized, "the key may not publish to the will's topic"});
    }
    const std::string client_id =
        connect.client_id.empty() ? fmt::format("auto-{:016x}", parts_.random.next()) : connect.client_id;
    if (const auto found = sessions_.find(client_id); found != sessions_.end()) {
        // Taking over may end it, when it was not to be kept.
        const auto alive = found->second;
        TRY_DO(take_over(*alive, principal));
    }
    auto found = sessions_.find(client_id);
    // What waits may be what the key could see then and may not see now.
    const bool sees_less = found != sessions_.end() && found->second->grants.read && !principal.grants.read;
    if (found != sessions_.end() && (connect.clean_start || sees_less)) {
        end_session(*found->second);
        found = sessions_.end();
    }
    const bool present = found != sessions_.end();
    if (!present) {
        if (sessions_.size() >= limits_.sessions_max) {
            return std::unexpected(Fault{Reason::quota_exceeded, "there are as many sessions as may be"});
        }
        found = sessions_.emplace(client_id, std::make_shared<Session>(client_id, principal.owner)).first;
    }
    Session& session = *found->second;
    session.grants = principal.grants;
    judge_again(session, principal);
    session.connection = &connection;
    session.disconnected.reset();
    session.will_due.reset();
    session.will = nullptr;
    if (connect.will) {
        Publish will{.qos = connect.will->qos,
                     .retain = connect.will->retain,
                     .topic = connect.will->topic,
                     .payload = connect.will->payload,
                     .properties = connect.will->properties};
        session.will = std::make_shared<const Message>(message_from(std::move(will), client_id, parts_.clock.now()));
        session.will_delay = connect.will->properties.number(PropertyId::will_delay).value_or(0);
    }
    set_expiry(session, principal, expiry_wanted(connect));
    return std::pair{&session, present};
}

void Broker::set_expiry(Session& session, const Principal& principal, std::uint32_t seconds) {
    const bool was_kept = keeps(session);
    const auto most = static_cast<std::uint32_t>(limits_.session_expiry_max.count());
    session.expiry = principal.may_keep_session ? std::min(seconds, most) : 0;
    if (keeps(session)) {
        keep_session(session);
    } else if (was_kept) {
        changes_->remove_session(session.client_id());
        ++changes_made_;
    }
}

void Broker::leave(Connection& connection) {
    Session* left = connection.release_session();
    if (left == nullptr) {
        return;
    }
    const auto alive = left->shared_from_this();
    Session& session = *left;
    session.connection = nullptr;
    const Instant now = parts_.clock.now();
    session.disconnected = now;
    if (session.will != nullptr) {
        // §3.1.3.2.2: the will is published when its delay or the session ends, whichever is first.
        session.will_due = now + std::chrono::seconds{std::min(session.will_delay, session.expiry)};
    }
    if (session.expiry == 0) {
        return end_session(session);
    }
    if (session.will_due && *session.will_due <= now) {
        publish_will(session);
    }
    keep_session(session);
}

void Broker::publish_will(Session& session) {
    session.will_due.reset();
    const MessagePtr will = std::exchange(session.will, nullptr);
    if (will == nullptr) {
        return;
    }
    Sink* sink = sink_for(will->topic);
    if (sink != nullptr) {
        const Arrival arrival{.message = will,
                              .sender = session.owner(),
                              .grants = session.grants,
                              .received = stamps_.next(parts_.clock.now())};
        // Nobody waits for it any more, so it is tried once.
        sink->take(arrival, [this, mailbox = mailbox_](const Result<void>& result) {
            if (!result) {
                mailbox->post([this] { count(Drop::not_taken); });
            }
        });
    }
    if (sink != nullptr && !sink->passes_on()) {
        return;
    }
    if (will->retain && !retain(will)) {
        count(Drop::queue_full);
    }
    route(will);
}

void Broker::end_session(Session& session) {
    const auto alive = session.shared_from_this();
    if (session.will_due) {
        publish_will(session);
    }
    for (auto& [filter, subscription] : session.subscriptions) {
        delist(subscription);
    }
    queued_bytes_ -= session.bytes();
    if (keeps(session)) {
        changes_->remove_session(session.client_id());
        ++changes_made_;
    }
    sessions_.erase(session.client_id());
}

void Broker::tend_sessions() {
    const Instant now = parts_.clock.now();
    std::vector<std::shared_ptr<Session>> over;
    for (const auto& [client_id, session] : sessions_) {
        if (session->connection != nullptr || !session->disconnected) {
            continue;
        }
        if (*session->disconnected + std::chrono::seconds{session->expiry} <= now) {
            over.push_back(session);
        } else if (session->will_due && *session->will_due <= now) {
            publish_will(*session);
            keep_session(*session);
        }
    }
    for (const auto& session : over) {
        end_session(*session);
    }
    std::vector<std::string> stale;
    for (const auto& [topic, message] : retained_) {
        if (message->expires <= now) {
            stale.push_back(topic);
        }
    }
    for (const std::string& topic : stale) {
        drop_retained(topic);
    }
}

void Broker::tend_connections() {
    const auto now = parts_.clock.steady();
    const bool asks = now >= next_tending_;
    std::vector<std::uint64_t> expired;
    std::vector<std::uint64_t> revoked;
    for (const auto& [id, each] : connections_) {
        if (each->deadline() <= now) {
            expired.push_back(id);
        } else if (asks && each->is_open() && !parts_.gatekeeper.still_admits(each->principal())) {
            revoked.push_back(id);
        }
    }
    // Ending one may end another: each is looked up anew.
    for (const std::uint64_t id : expired) {
        if (Connection* each = connection(id)) {
            each->expire();
        }
    }
    for (const std::uint64_t id : revoked) {
        if (Connection* each = connection(id)) {
            each->end({Reason::administrative_action, "the key is no longer valid"});
        }
    }
}

}  // namespace bypuls::mqtt
