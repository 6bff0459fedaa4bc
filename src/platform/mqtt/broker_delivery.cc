#include <algorithm>

#include "platform/mqtt/broker.h"

namespace bypuls::mqtt {

Subscription* Broker::member_of(Group& group) {
    // One who is connected, in turn; when none is, one whose session waits for it.
    Subscription* waiting = nullptr;
    for (std::size_t i = 0; i < group.members.size(); ++i) {
        Subscription* member = group.members[(group.next + i) % group.members.size()];
        if (member->session->connection != nullptr) {
            group.next = (group.next + i + 1) % group.members.size();
            return member;
        }
        waiting = waiting == nullptr ? member : waiting;
    }
    return waiting;
}

std::size_t Broker::route(const MessagePtr& message, std::string_view by) {
    if (filters_.empty()) {
        return 0;
    }
    std::vector<Subscription*> hits;
    filters_.match(by, [&](const Target& target) {
        Subscription* hit = target.subscription != nullptr ? target.subscription : member_of(*target.group);
        const bool own =
            hit->request.no_local && !message->publisher.empty() && hit->session->client_id() == message->publisher;
        if (!own) {
            hits.push_back(hit);
        }
    });
    return hits.empty() ? 0 : deliver_merged(hits, message);
}

/// One copy for each session, with the highest QoS of its subscriptions and the identifiers of all (§3.3.4).
std::size_t Broker::deliver_merged(std::vector<Subscription*>& hits, const MessagePtr& message) {
    std::ranges::stable_sort(hits, std::less<>{}, [](const Subscription* hit) { return hit->session; });
    std::size_t reached = 0;
    for (std::size_t at = 0; at < hits.size();) {
        Session& session = *hits[at]->session;
        Outgoing merged{.message = message, .qos = QoS::at_most_once};
        for (; at < hits.size() && hits[at]->session == &session; ++at) {
            const Subscription& hit = *hits[at];
            merged.qos = std::max(merged.qos, std::min(hit.request.qos, message->qos));
            merged.retain = merged.retain || (hit.request.retain_as_published && message->retain);
            if (hit.id != 0) {
                merged.subscription_ids.push_back(hit.id);
            }
        }
        ++reached;
        deliver(session, std::move(merged));
    }
    return reached;
}

void Broker::deliver(Session& session, Outgoing outgoing) {
    if (outgoing.qos == QoS::at_most_once) {
        if (session.connection != nullptr) {
            session.connection->send_now(outgoing);
        }
        return;
    }
    const std::size_t cost = cost_of(*outgoing.message);
    make_room(session, cost);
    const bool too_much = cost > limits_.queue_bytes_max || session.size() >= limits_.queue_messages_max ||
                          session.bytes() + cost > limits_.queue_bytes_max ||
                          queued_bytes_ + cost > limits_.queues_bytes_max;
    if (too_much) {
        return count(Drop::queue_full);
    }
    const bool kept = keeps(session);
    outgoing.is_kept = !kept || outgoing.qos != QoS::exactly_once;
    const std::uint64_t number = session.add(std::move(outgoing));
    queued_bytes_ += cost;
    if (kept) {
        session.find(number)->batch = batch_;
        keep_message(session, number);
    }
    if (session.find(number)->is_kept) {
        if (session.connection != nullptr) {
            session.connection->pump();
        }
        return;
    }
    after_commit_of(session, [number](Session& waiting) {
        if (Outgoing* written = waiting.find(number)) {
            written->is_kept = true;
        }
        if (waiting.connection != nullptr) {
            waiting.connection->pump();
        }
    });
}

void Broker::make_room(Session& session, std::size_t cost) {
    const Session::Bounds bounds{limits_.queue_messages_max, limits_.queue_bytes_max};
    while (const auto oldest = session.in_the_way(cost, bounds)) {
        count(Drop::queue_full);
        message_ended(session, *oldest);
    }
}

bool Broker::retain(const MessagePtr& message) {
    drop_retained(message->topic);
    if (message->payload.empty()) {
        return true;  // §3.3.1.3: an empty one takes the last one away
    }
    const std::size_t cost = cost_of(*message);
    if (retained_.size() >= limits_.retained_messages_max || retained_bytes_ + cost > limits_.retained_bytes_max) {
        return false;
    }
    retained_.insert_or_assign(message->topic, message);
    retained_bytes_ += cost;
    if (parts_.keeper != nullptr) {
        changes_->retained[message->topic] = message;
        ++changes_made_;
    }
    return true;
}

void Broker::drop_retained(const std::string& topic) {
    const auto found = retained_.find(topic);
    if (found == retained_.end()) {
        return;
    }
    retained_bytes_ -= cost_of(*found->second);
    if (parts_.keeper != nullptr) {
        changes_->retained[topic] = nullptr;
        ++changes_made_;
    }
    retained_.erase(found);
}

void Broker::send_retained(const Subscription& subscription) {
    const std::string_view filter = subscription.filter;
    const std::string fixed(filter.substr(0, filter.find_first_of("+#")));
    // "sport/#" matches "sport" too, which lies before "sport/" in the order.
    const std::string from = fixed.ends_with('/') ? fixed.substr(0, fixed.size() - 1) : fixed;
    std::vector<MessagePtr> found;
    for (auto at = retained_.lower_bound(from); at != retained_.end() && at->first.starts_with(from); ++at) {
        if (matches(filter, at->first) && at->second->expires > parts_.clock.now()) {
            found.push_back(at->second);
        }
    }
    for (const MessagePtr& message : found) {
        Outgoing outgoing{.message = message, .qos = std::min(subscription.request.qos, message->qos), .retain = true};
        if (subscription.id != 0) {
            outgoing.subscription_ids.push_back(subscription.id);
        }
        deliver(*subscription.session, std::move(outgoing));
    }
}

}  // namespace bypuls::mqtt
