#include <algorithm>

#include "platform/registry/relational/writing.h"

namespace bypuls::registry::rows {
namespace {

long long micros(Instant time) {
    return time.time_since_epoch().count();
}

}  // namespace

/// When a stay that begins then, or begins no longer, can make a difference.
void Writing::add_stay(ThingId thing, long long at, Touched& touched) {
    Interval around{observations::earliest_time, observations::latest_time};
    auto bound = values(thing.value);
    bound.emplace_back("at", at);
    if (!column<long long>(sql_, "SELECT 1 FROM registry_historical_locations WHERE thing = :id AND at < :at LIMIT 1",
                           bound)
             .empty()) {
        around.from = Instant{Duration{at}};
    }
    const auto next = column<long long>(
        sql_, "SELECT at FROM registry_historical_locations WHERE thing = :id AND at > :at ORDER BY at LIMIT 1", bound);
    if (!next.empty()) {
        around.to = std::min(around.to, Instant{Duration{next.front()}});
    }
    registry::touch(touched, thing, around);
}

void Writing::add_things_at(LocationId location, Instant since, Touched& touched) {
    for (const auto thing :
         column<long long>(sql_,
                           "SELECT h.thing FROM registry_historical_location_locations l "
                           "JOIN registry_historical_locations h ON h.id = l.historical WHERE l.location = :id "
                           "UNION SELECT thing FROM registry_thing_locations WHERE location = :id",
                           values(location.value))) {
        registry::touch(touched, ThingId{thing}, {since, observations::latest_time});
    }
}

void Writing::add_touched(const HistoricalLocation& location, Touched& touched) {
    add_stay(location.thing, micros(location.time), touched);
    add_touched(location.id, touched);
}

void Writing::add_touched(HistoricalLocationId id, Touched& touched) {
    for (const auto& known : select<HistoricalLocation>(sql_, {.text = "id = :id", .values = values(id.value)})) {
        add_stay(known.thing, micros(known.time), touched);
    }
}

void Writing::add_touched(const Location& location, Touched& touched) {
    const auto known = select<Location>(sql_, {.text = "id = :id", .values = values(location.id.value)});
    if (known.empty() || known.front().geometry == location.geometry) {
        return;
    }
    const auto last = column<long long>(
        sql_, "SELECT since FROM registry_location_features WHERE location = :id ORDER BY since DESC LIMIT 1",
        values(location.id.value));
    const Instant since = last.empty() ? observations::earliest_time : Instant{Duration{last.front()}};
    add_things_at(location.id, std::min(now_, since), touched);
}

void Writing::add_touched(LocationId id, Touched& touched) {
    add_things_at(id, observations::earliest_time, touched);
}

Result<std::vector<ObservedStays>> Writing::observed_in(const Touched& touched) {
    std::vector<ObservedStays> found;
    for (const auto& [thing, during] : touched) {
        std::vector<DatastreamId> datastreams;
        for (const auto id : column<long long>(sql_,
                                               "SELECT id FROM registry_datastreams WHERE thing = :id "
                                               "UNION ALL SELECT id FROM registry_multi_datastreams WHERE thing = :id",
                                               values(thing.value))) {
            datastreams.push_back(DatastreamId{id});
        }
        if (datastreams.empty() || during.empty()) {
            continue;
        }
        TRY(const Interval then, (*observed_)(datastreams, during));
        if (!then.empty()) {
            found.push_back({thing, then, read_features_during(sql_, thing, then)});
        }
    }
    return found;
}

void Writing::keep(const std::vector<ObservedStays>& before) {
    for (const auto& [thing, during, features] : before) {
        for (const FeatureStay& part : lost(features, read_features_during(sql_, thing, during))) {
            keep(part);
        }
    }
}

/// Joins it with the neighbours that have the same feature.
void Writing::keep(const FeatureStay& stay) {
    std::vector<std::pair<std::string, Value>> bound{{"thing", static_cast<long long>(stay.thing.value)},
                                                     {"feature", static_cast<long long>(stay.feature.value)},
                                                     {"since", micros(stay.during.from)},
                                                     {"until", micros(stay.during.to)}};
    const std::string beside = "thing = :thing AND feature = :feature AND (until = :since OR since = :until)";
    Interval whole = stay.during;
    for (const auto since :
         column<long long>(sql_, "SELECT since FROM registry_kept_features WHERE " + beside, bound)) {
        whole.from = std::min(whole.from, Instant{Duration{since}});
    }
    for (const auto until :
         column<long long>(sql_, "SELECT until FROM registry_kept_features WHERE " + beside, bound)) {
        whole.to = std::max(whole.to, Instant{Duration{until}});
    }
    execute(sql_, "DELETE FROM registry_kept_features WHERE " + beside, bound);
    bound[2].second = micros(whole.from);
    bound[3].second = micros(whole.to);
    execute(sql_,
            "INSERT INTO registry_kept_features (thing, since, until, feature) "
            "VALUES (:thing, :since, :until, :feature)",
            bound);
}

}  // namespace bypuls::registry::rows
