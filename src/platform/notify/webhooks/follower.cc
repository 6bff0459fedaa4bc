#include "platform/notify/webhooks/follower.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "core/log.h"
#include "core/text.h"
#include "core/time/iso8601.h"
#include "platform/notify/webhooks/cloud_event.h"

namespace bypuls::webhooks {
namespace {

std::string result_json(const observations::Value& value) {
    struct AsJson {
        std::string operator()(double number) const { return fmt::format("{}", number); }
        std::string operator()(std::int64_t number) const { return fmt::format("{}", number); }
        std::string operator()(bool truth) const { return truth ? "true" : "false"; }
        std::string operator()(const observations::Category& category) const {
            std::string out;
            append_json_string(out, category.value);
            return out;
        }
        std::string operator()(const observations::Json& json) const { return json.text; }
    };
    return std::visit(AsJson{}, value);
}

void append_member(std::string& out, std::string_view name, std::string_view text) {
    out += fmt::format(",\"{}\":", name);
    append_json_string(out, text);
}

std::string data_of(const observations::Arrival& arrival, const PublishedAs& as) {
    const auto& [time, value, quality] = arrival.observation;
    std::string out = fmt::format(R"({{"datastream":{})", arrival.datastream.value);
    append_member(out, "place", as.place);
    append_member(out, "property", as.property);
    append_member(out, "unit", as.unit);
    append_member(out, "time", format_instant(time));
    out += fmt::format(R"(,"result":{},"usable":{})", result_json(value), quality.usable());
    append_member(out, "quality", observations::to_string(quality));
    return out + '}';
}

CloudEvent event_of(const observations::Arrival& arrival, const PublishedAs& as, journal::Position position,
                    const std::string& source) {
    return {.id = fmt::format("{}-{}-{}", position.value, arrival.datastream.value,
                              arrival.observation.time.time_since_epoch().count()),
            .source = source,
            .type = "no.bypuls.observation",
            .subject = fmt::format("Datastreams({})", arrival.datastream.value),
            .time = arrival.observation.time,
            .data = data_of(arrival, as)};
}

}  // namespace

Result<std::unique_ptr<Follower>> Follower::open(Outbox& outbox, Published published, FollowerOptions options) {
    TRY(const auto put, outbox.position());
    std::unique_ptr<Follower> follower(new Follower(outbox, std::move(published), std::move(options), put));
    TRY_DO(follower->refresh());
    return follower;
}

Result<void> Follower::refresh() {
    TRY(auto subscriptions, outbox_.subscriptions());
    auto shared = std::make_shared<const std::vector<Subscription>>(std::move(subscriptions));
    const std::lock_guard lock(mutex_);
    subscriptions_ = std::move(shared);
    return {};
}

void Follower::applied(std::span<const observations::Arrival> arrivals, journal::Position position, Instant received) {
    const auto subscriptions = [&]() -> std::shared_ptr<const std::vector<Subscription>> {
        const std::lock_guard lock(mutex_);
        return position <= put_ ? nullptr : subscriptions_;
    }();
    if (subscriptions == nullptr || subscriptions->empty()) {
        return;
    }
    std::vector<NewMessage> made;
    for (const observations::Arrival& arrival : arrivals) {
        const auto as = published_(arrival.datastream);
        if (as && arrival.observation.time >= received - options_.news_age_max) {
            gather(arrival, *as, position, made, *subscriptions);
        }
    }
    if (made.empty()) {
        return;
    }
    bool full = false;
    {
        const std::lock_guard lock(mutex_);
        std::ranges::move(made, std::back_inserter(gathered_));
        gathered_upto_ = position;
        full = gathered_.size() >= gathered_max;
    }
    if (full) {
        if (const auto put = flush(); !put) {
            log::warning("webhooks", "events wait in memory", {{"fault", put.error().what}});
        }
    }
}

void Follower::gather(const observations::Arrival& arrival, const PublishedAs& as, journal::Position position,
                      std::vector<NewMessage>& into, const std::vector<Subscription>& subscriptions) const {
    std::string id;
    std::string body;
    for (const Subscription& subscription : subscriptions) {
        if (!subscription.active || !subscription.wanted.covers(arrival.datastream, as.place)) {
            continue;
        }
        if (body.empty()) {
            const CloudEvent event = event_of(arrival, as, position, options_.source);
            id = event.id;
            body = to_json(event);
        }
        into.push_back({subscription.id, id, body, arrival.datastream, arrival.observation.time});
    }
}

Result<void> Follower::before_settle(journal::Position) {
    return flush();
}

Result<void> Follower::removed(DatastreamId id, std::span<const Interval> intervals) {
    const std::lock_guard no_put_under_way(putting_);
    {
        const std::lock_guard lock(mutex_);
        std::erase_if(gathered_, [&](const NewMessage& message) {
            return message.datastream == id && std::ranges::any_of(intervals, [&](const Interval& interval) {
                       return interval.contains(message.time);
                   });
        });
    }
    TRY_DO(outbox_.forget(id, intervals));
    return {};
}

Result<void> Follower::flush() {
    const std::lock_guard one_after_another(putting_);
    std::vector<NewMessage> taken;
    journal::Position upto;
    {
        const std::lock_guard lock(mutex_);
        taken = std::exchange(gathered_, {});
        upto = gathered_upto_;
    }
    if (taken.empty()) {
        return {};
    }
    auto put = outbox_.put(taken, upto);
    const std::lock_guard lock(mutex_);
    if (put) {
        put_ = upto;
    } else {
        std::ranges::move(gathered_, std::back_inserter(taken));
        gathered_ = std::move(taken);
    }
    return put;
}

}  // namespace bypuls::webhooks
