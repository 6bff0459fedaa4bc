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
    for (Feed* feed : parts_.feeds) {
        auto view = feed->look(principal, subscription.filter);
        if (!view) {
            continue;
        }
        if (!*view) {
            return std::unexpected(view->error());
        }
        subscription.filter = std::move((*view)->route);
        subscription.wanted = std::move((*view)->wanted);
        return subscription;
    }
    if (!is_subscribable(request.filter)) {
        return std::unexpected(Fault{Reason::topic_filter_invalid, "this is no topic filter"});
    }
    if (!may_subscribe(principal, request.filter)) {
        return std::unexpected(Fault{Reason::not_authorized, "the key may not subscribe to this"});
    }
    return subscription;
}

std::expected<QoS, Fault> Broker::subscribe(Session& session, const Principal& principal,
                                            const SubscriptionRequest& request, std::uint32_t id) {
    auto judged = judge(session, principal, request, id);
    if (!judged) {
        return std::unexpected(std::move(judged).error());
    }
    const auto found = session.subscriptions.find(request.filter);
    const bool is_new = found == session.subscriptions.end();
    if (is_new && session.subscriptions.size() >= limits_.subscriptions_per_session_max) {
        return std::unexpected(Fault{Reason::quota_exceeded, "the session has as many subscriptions as it may have"});
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
    return request.qos;
}

/// What the key may see can be other than when it subscribed.
void Broker::judge_again(Session& session, const Principal& principal) {
    std::vector<std::string> not_any_more;
    for (auto& [filter, subscription] : session.subscriptions) {
        auto judged = judge(session, principal, subscription.request, subscription.id);
        if (!judged) {
            not_any_more.push_back(filter);
        } else if (judged->filter != subscription.filter) {
            delist(subscription);
            subscription = std::move(*judged);
            enlist(subscription);
        }
    }
    for (const std::string& filter : not_any_more) {
        std::ignore = unsubscribe(session, filter);
    }
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
}

}  // namespace bypuls::mqtt
