#include "platform/publish/sensorthings/write/whereabouts.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/time/iso8601.h"

namespace bypuls::sensorthings {

std::string no_feature_at(Instant time) {
    return fmt::format(
        "an Observation needs a 'FeatureOfInterest', since its Thing had no Location at {} to make one from",
        format_instant(time));
}

Result<Interval> observed_within(const observations::Store& store,
                                 std::span<const observations::DatastreamId> datastreams, Interval within) {
    Interval observed{within.to, within.from};
    for (const auto id : datastreams) {
        // From memory: nothing has been observed since most moves.
        const auto latest = store.latest(id);
        if (!latest || latest->time < within.from) {
            continue;
        }
        TRY(const auto first, store.range(id, within, {.order = observations::Order::oldest_first, .limit = 1}));
        TRY(const auto last, store.range(id, within, {.order = observations::Order::newest_first, .limit = 1}));
        if (!first.columns.empty() && !last.columns.empty()) {
            observed.from = std::min(observed.from, first.columns.times.front());
            observed.to = std::max(observed.to, last.columns.times.front() + Duration{1});
        }
    }
    return observed;
}

Result<bool> was_somewhere(const registry::View& registry, registry::ThingId thing, Instant time) {
    TRY(const auto feature, registry.feature_at(thing, time));
    if (feature) {
        return true;
    }
    TRY(const auto then, registry.historical_locations(thing, time + Duration{1}, 1));
    if (!then.empty()) {
        return !then.front().locations.empty();
    }
    // Before it was known to be anywhere it is taken to have been where it was first.
    const registry::Related of{registry::Kind::thing, thing.value};
    TRY(const auto first,
        registry.historical_locations().select({.of = of, .order = {{.by = query::path({"time"})}}, .limit = 1}));
    if (!first.items.empty()) {
        return !first.items.front().locations.empty();
    }
    TRY(const auto known, registry.things().get(thing));
    return !known.locations.empty();
}

}  // namespace bypuls::sensorthings
