#include <algorithm>

#include "platform/mqtt/broker.h"
#include "platform/mqtt/message.h"

namespace bypuls::mqtt {

bool may_subscribe(const Principal& principal, std::string_view filter) {
    const auto shared = shared_filter(filter);
    const std::string_view asked = shared ? shared->filter : filter;
    return std::ranges::any_of(principal.subscribe, [&](const std::string& wide) { return covers(wide, asked); });
}

std::expected<Subscription, Fault> Broker::judge(Session& session, const Principal& principal,
                                                 const SubscriptionRequest& request, std::uint32_t id) {
    Subscription subscription{.session = &session, .request = request, .id = id, .filter = request.filter};
    if (const auto shared = shared_filter(request.filter)) {
        subscription.group = shared->group;
        subscription.filter = shared->filter;
    }
    const std::string asked = subscription.filter;
    if (!may_subscribe(principal, request.filter)) {
        return std::unexpected(Fault{Reason::not_authorized, "the key may not subscribe to this"});
    }
    for (Feed* feed : parts_.feeds) {
        auto view = feed->look(principal, subscription.filter);
        if (!view) {
            continue;
        }
        if (!*view) {
            return std::unexpected(view->error());
        }
        subscription.filter = (*view)->filter;
        subscription.view = std::move((*view)->payload);
        break;
    }
    if (!is_topic_filter(subscription.filter) ||
        (request.filter.starts_with("$share/") && subscription.group.empty())) {
        return std::unexpected(Fault{Reason::topic_filter_invalid, "this is no topic filter"});
    }
    return subscription;
}

Reason Broker::subscribe(Session& session, const Principal& principal, const SubscriptionRequest& request,
                         std::uint32_t id) {
    auto judged = judge(session, principal, request, id);
    if (!judged) {
        return judged.error().reason;
    }
    const auto found = session.subscriptions.find(request.filter);
    const bool is_new = found == session.subscriptions.end();
    if (is_new && session.subscriptions.size() >= limits_.subscriptions_per_session_max) {
        return Reason::quota_exceeded;
    }
    if (!is_new) {
        delist(found->second);
    }
    Subscription& subscription =
        session.subscriptions.insert_or_assign(request.filter, std::move(*judged)).first->second;
    enlist(subscription);
    if (keeps(session)) {
        changes_->subscriptions[{session.client_id(), request.filter}] = KeptSubscription{request, id};
        ++changes_made_;
    }
    const bool wants_retained = request.retain_handling == RetainHandling::send ||
                                (request.retain_handling == RetainHandling::send_if_new && is_new);
    if (wants_retained && subscription.group.empty()) {
        send_retained(subscription);
    }
    return static_cast<Reason>(request.qos);
}

Reason Broker::unsubscribe(Session& session, const std::string& filter) {
    const auto found = session.subscriptions.find(filter);
    if (found == session.subscriptions.end()) {
        return Reason::no_subscription_existed;
    }
    delist(found->second);
    session.subscriptions.erase(found);
    if (keeps(session)) {
        changes_->subscriptions[{session.client_id(), filter}] = std::nullopt;
        ++changes_made_;
    }
    return Reason::success;
}

void Broker::enlist(Subscription& subscription) {
    if (subscription.group.empty()) {
        filters_.add(subscription.filter, {.subscription = &subscription});
    } else {
        const auto [at, is_new] = groups_.try_emplace(subscription.group + "/" + subscription.filter);
        at->second.members.push_back(&subscription);
        if (is_new) {
            filters_.add(subscription.filter, {.group = &at->second});
        }
    }
    note_wanted(subscription.request.filter, 1);
}

void Broker::delist(Subscription& subscription) {
    if (subscription.group.empty()) {
        filters_.remove(subscription.filter, {.subscription = &subscription});
    } else if (const auto at = groups_.find(subscription.group + "/" + subscription.filter); at != groups_.end()) {
        std::erase(at->second.members, &subscription);
        if (at->second.members.empty()) {
            filters_.remove(subscription.filter, {.group = &at->second});
            groups_.erase(at);
        }
    }
    note_wanted(subscription.request.filter, -1);
}

void Broker::note_wanted(const std::string& filter, int change) {
    int& subscriptions = wanted_[filter];
    subscriptions += change;
    const bool first = change > 0 && subscriptions == 1;
    const bool last = subscriptions == 0;
    if (last) {
        wanted_.erase(filter);
    }
    if (first || last) {
        for (Feed* feed : parts_.feeds) {
            feed->wanted(filter, first);
        }
    }
}

}  // namespace bypuls::mqtt
