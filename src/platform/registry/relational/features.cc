#include <algorithm>

#include "platform/registry/relational/writing.h"

namespace bypuls::registry::rows {
namespace {

long long micros(Instant time) {
    return time.time_since_epoch().count();
}

Instant instant(long long micros) {
    return Instant{Duration{micros}};
}

/// The first location of the list in which a thing was at a time, 0 for none.
long long first_location(soci::session& sql, ThingId thing, Instant time) {
    const auto first = [&](const char* text, const std::vector<std::pair<std::string, Value>>& bound) {
        const auto found = column<long long>(sql, text, bound);
        return found.empty() ? 0 : found.front();
    };
    auto then = values(thing.value);
    then.emplace_back("at", micros(time));
    long long stay = first(
        "SELECT id FROM registry_historical_locations WHERE thing = :id AND at <= :at ORDER BY at DESC, id DESC LIMIT "
        "1",
        then);
    if (stay == 0) {
        // Before it was known to be anywhere it is taken to have been where it was first.
        stay = first("SELECT id FROM registry_historical_locations WHERE thing = :id ORDER BY at, id LIMIT 1",
                     values(thing.value));
    }
    if (stay == 0) {
        return first("SELECT location FROM registry_thing_locations WHERE thing = :id ORDER BY position LIMIT 1",
                     values(thing.value));
    }
    return first(
        "SELECT location FROM registry_historical_location_locations WHERE historical = :id ORDER BY position LIMIT 1",
        values(stay));
}

/// When things were at a location first of all.
std::vector<Featured> read_stays(soci::session& sql, LocationId location) {
    const long long at = location.value;
    const long long earliest = micros(observations::earliest_time);
    const long long latest = micros(observations::latest_time);
    long long thing = 0;
    long long from = 0;
    long long to = 0;
    std::vector<Featured> stays;
    soci::statement with_history =
        (sql.prepare << "SELECT h.thing, "
                        "CASE WHEN EXISTS (SELECT 1 FROM registry_historical_locations e WHERE e.thing = h.thing AND "
                        "(e.at < h.at OR (e.at = h.at AND e.id < h.id))) THEN h.at ELSE CAST(:earliest AS BIGINT) END, "
                        "coalesce((SELECT n.at FROM registry_historical_locations n WHERE n.thing = h.thing AND "
                        "(n.at > h.at OR (n.at = h.at AND n.id > h.id)) ORDER BY n.at, n.id LIMIT 1), "
                        "CAST(:latest AS BIGINT)) "
                        "FROM registry_historical_location_locations l "
                        "JOIN registry_historical_locations h ON h.id = l.historical "
                        "WHERE l.location = :location AND l.position = 0",
         soci::use(earliest, "earliest"), soci::use(latest, "latest"), soci::use(at, "location"), soci::into(thing),
         soci::into(from), soci::into(to));
    with_history.execute();
    while (with_history.fetch()) {
        stays.push_back({ThingId{thing}, {instant(from), instant(to)}});
    }
    for (const auto id : column<long long>(
             sql,
             "SELECT t.thing FROM registry_thing_locations t WHERE t.location = :id AND t.position = "
             "(SELECT min(m.position) FROM registry_thing_locations m WHERE m.thing = t.thing) AND NOT EXISTS "
             "(SELECT 1 FROM registry_historical_locations h WHERE h.thing = t.thing)",
             values(location.value))) {
        stays.push_back({ThingId{id}, {observations::earliest_time, observations::latest_time}});
    }
    return stays;
}

}  // namespace

std::vector<FeatureThen> read_location_features(soci::session& sql, LocationId location) {
    const long long where = location.value;
    long long since = 0;
    long long feature = 0;
    soci::statement statement =
        (sql.prepare
             << "SELECT since, feature FROM registry_location_features WHERE location = :location ORDER BY since",
         soci::use(where, "location"), soci::into(since), soci::into(feature));
    std::vector<FeatureThen> found;
    statement.execute();
    while (statement.fetch()) {
        found.push_back({location, instant(since), FeatureId{feature}});
    }
    return found;
}

std::optional<FeatureThen> read_feature_at(soci::session& sql, ThingId thing, Instant time) {
    const long long location = first_location(sql, thing, time);
    if (location == 0) {
        return std::nullopt;
    }
    const long long at = micros(std::max(time, observations::earliest_time));
    long long since = 0;
    long long feature = 0;
    sql << "SELECT since, feature FROM registry_location_features WHERE location = :location AND since <= :at "
           "ORDER BY since DESC LIMIT 1",
        soci::use(location, "location"), soci::use(at, "at"), soci::into(since), soci::into(feature);
    return FeatureThen{LocationId{location}, instant(since), FeatureId{feature}};
}

std::vector<Featured> read_featured(soci::session& sql, FeatureId feature) {
    const long long wanted = feature.value;
    const long long latest = micros(observations::latest_time);
    long long location = 0;
    long long since = 0;
    long long until = 0;
    soci::statement spans =
        (sql.prepare << "SELECT f.location, f.since, coalesce((SELECT min(n.since) FROM registry_location_features n "
                        "WHERE n.location = f.location AND n.since > f.since), CAST(:latest AS BIGINT)) "
                        "FROM registry_location_features f WHERE f.feature = :feature",
         soci::use(latest, "latest"), soci::use(wanted, "feature"), soci::into(location), soci::into(since),
         soci::into(until));
    std::vector<std::pair<LocationId, Interval>> shown;
    spans.execute();
    while (spans.fetch()) {
        shown.push_back({LocationId{location}, {instant(since), instant(until)}});
    }
    std::vector<Featured> found;
    for (const auto& [where, during] : shown) {
        for (const Featured& stay : read_stays(sql, where)) {
            const Interval both{std::max(stay.during.from, during.from), std::min(stay.during.to, during.to)};
            if (!both.empty()) {
                found.push_back({stay.thing, both});
            }
        }
    }
    std::ranges::sort(found, {}, [](const Featured& one) { return std::pair(one.thing, one.during.from); });
    found.resize(std::min(found.size(), page_max));
    return found;
}

Result<FeatureId> Writing::feature_of(ThingId thing, Instant time) {
    const auto then = read_feature_at(sql_, thing, time);
    if (!then) {
        TRY_DO(must_exist<Thing>({thing}));
        return fail(Errc::not_found,
                    fmt::format("thing {} has no location to make a feature of interest from", thing.value));
    }
    if (then->feature) {
        return then->feature;
    }
    const auto location = select<Location>(sql_, {.text = "id = :id", .values = values(then->location.value)}).at(0);
    TRY(const FeatureId feature, add(FeatureOfInterest{.id = {},
                                                       .name = location.name,
                                                       .description = location.description,
                                                       .encoding_type = location.encoding_type,
                                                       .feature = location.geometry,
                                                       .properties = "{}"}));
    auto bound = values(location.id.value);
    bound.emplace_back("since", micros(then->since));
    bound.emplace_back("feature", static_cast<long long>(feature.value));
    execute(sql_, "UPDATE registry_location_features SET feature = :feature WHERE location = :id AND since = :since",
            bound);
    return feature;
}

}  // namespace bypuls::registry::rows
