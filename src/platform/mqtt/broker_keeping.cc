#include <algorithm>
#include <iterator>
#include <utility>

#include "core/log.h"
#include "platform/mqtt/broker.h"

namespace bypuls::mqtt {

constexpr std::chrono::seconds commit_pause{1};

void Broker::keep_session(const Session& session) {
    if (!keeps(session)) {
        return;
    }
    changes_->sessions[session.client_id()] = {.client_id = session.client_id(),
                                               .owner = session.owner(),
                                               .grants = session.grants,
                                               .expiry = session.expiry,
                                               .disconnected = session.disconnected,
                                               .will = session.will,
                                               .will_delay = session.will_delay};
    ++changes_made_;
}

void Broker::keep_message(Session& session, std::uint64_t number) {
    if (!keeps(session)) {
        return;
    }
    const Outgoing& outgoing = *session.find(number);
    // Of QoS 1 the packet id may be another after a restart; of QoS 2 it may not.
    changes_->messages[{session.client_id(), number}] = KeptMessage{
        .message = outgoing.message,
        .qos = outgoing.qos,
        .retain = outgoing.retain,
        .subscription_ids = outgoing.subscription_ids,
        .packet_id = outgoing.qos == QoS::exactly_once ? outgoing.packet_id : std::uint16_t{0},
        .released = outgoing.state == Outgoing::State::received || outgoing.state == Outgoing::State::released};
    ++changes_made_;
}

void Broker::message_ended(Session& session, std::uint64_t number) {
    const Outgoing* outgoing = session.find(number);
    if (outgoing == nullptr) {
        return;
    }
    if (keeps(session)) {
        const std::pair key{session.client_id(), number};
        if (outgoing->batch == batch_) {
            changes_->messages.erase(key);  // the store has not heard of it
        } else {
            changes_->messages[key] = std::nullopt;
            ++changes_made_;
        }
    }
    queued_bytes_ -= cost_of(*outgoing->message);
    session.remove(number);
}

void Broker::keep_received(const Session& session, std::uint16_t packet_id, bool received) {
    if (keeps(session)) {
        changes_->received[{session.client_id(), packet_id}] = received;
        ++changes_made_;
    }
}

void Broker::after_commit(Work then) {
    if (parts_.keeper == nullptr || (changes_->empty() && committing_ == nullptr)) {
        return then();
    }
    (changes_->empty() ? after_committing_ : after_changes_).push_back(std::move(then));
}

void Broker::after_commit_of(Session& session, std::move_only_function<void(Session&)> then) {
    if (!keeps(session)) {
        return then(session);
    }
    after_commit([weak = session.weak_from_this(), then = std::move(then)]() mutable {
        if (const auto alive = weak.lock()) {
            then(*alive);
        }
    });
}

void Broker::flush() {
    if (parts_.keeper == nullptr || committing_ != nullptr) {
        return;
    }
    if (changes_->empty()) {
        for (Work& then : std::exchange(after_changes_, {})) {
            then();
        }
    }
    if (changes_->empty() || parts_.clock.steady() < commit_again_) {
        return;
    }
    committing_ = std::exchange(changes_, std::make_shared<Changes>());
    after_committing_ = std::exchange(after_changes_, {});
    ++batch_;
    parts_.keeper->commit(committing_, [this, mailbox = mailbox_](Result<void> result) {
        mailbox->post([this, result = std::move(result)] { commit_ended(result); });
    });
}

void Broker::commit_ended(const Result<void>& result) {
    auto done = std::exchange(after_committing_, {});
    const auto written = std::exchange(committing_, nullptr);
    if (result) {
        for (Work& then : done) {
            then();
        }
        return flush();
    }
    // Who waits for it goes on waiting: no acknowledgement without the disk.
    ++live_.commit_failures;
    log::warning("mqtt", "sessions could not be written and will be tried again", {{"why", result.error().what}});
    written->merge(std::move(*changes_));
    changes_ = written;
    ++batch_;  // nothing in it is fresh any more: a removal must reach the store
    std::ranges::move(after_changes_, std::back_inserter(done));
    after_changes_ = std::move(done);
    commit_again_ = parts_.clock.steady() + commit_pause;
}

void Broker::restore(Kept kept) {
    for (auto& [client_id, session] : kept.sessions) {
        auto made = std::make_shared<Session>(client_id, session.owner);
        made->grants = session.grants;
        made->expiry = session.expiry;
        // Who was connected when the program ended is counted from now on.
        made->disconnected = session.disconnected.value_or(parts_.clock.now());
        made->will = session.will;
        made->will_delay = session.will_delay;
        if (made->will != nullptr) {
            made->will_due = *made->disconnected + std::chrono::seconds{made->will_delay};
        }
        sessions_.emplace(client_id, std::move(made));
    }
    const auto session_of = [&](const std::string& client_id) -> Session* {
        const auto found = sessions_.find(client_id);
        return found == sessions_.end() ? nullptr : found->second.get();
    };
    for (auto& [key, message] : kept.messages) {
        if (Session* session = session_of(key.first)) {
            queued_bytes_ += cost_of(*message.message);
            session->restore(key.second,
                             {.message = message.message,
                              .qos = message.qos,
                              .retain = message.retain,
                              .subscription_ids = message.subscription_ids,
                              .packet_id = message.packet_id,
                              .state = message.released ? Outgoing::State::released : Outgoing::State::waiting,
                              .is_repeat = true});
        }
    }
    for (const auto& [client_id, packet_id] : kept.received) {
        if (Session* session = session_of(client_id)) {
            session->set_inward(packet_id, Session::Inward::received);
        }
    }
    for (auto& [topic, message] : kept.retained) {
        retained_bytes_ += cost_of(*message);
        retained_.emplace(topic, std::move(message));
    }
    for (const auto& [key, subscription] : kept.subscriptions) {
        if (Session* session = session_of(key.first)) {
            // What the key may subscribe to is looked at when it connects; a feed may have changed its mind by now.
            const Principal whoever{.owner = session->owner(), .subscribe = {"#", "$SYS/#"}, .grants = session->grants};
            auto judged = judge(*session, whoever, subscription.request, subscription.id);
            if (!judged) {
                log::info("mqtt", "a kept subscription is no longer served",
                          {{"filter", key.second}, {"why", judged.error().what}});
                continue;
            }
            enlist(session->subscriptions.insert_or_assign(key.second, std::move(*judged)).first->second);
        }
    }
}

}  // namespace bypuls::mqtt
