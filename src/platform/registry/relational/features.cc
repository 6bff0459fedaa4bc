#include <algorithm>
#include <limits>
#include <map>

#include "platform/registry/relational/writing.h"
#include "platform/registry/stays.h"

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

using StaysOfThings = std::map<long long, std::vector<Stay>>;

/// Where things with a history were first of all, by rising time. More than stays_max are not fetched: a bus has
/// hundreds of thousands.
StaysOfThings read_newest_stays(soci::session& sql, const std::vector<std::int64_t>& things) {
    StaysOfThings stays;
    in_lists(things, [&](const std::string& list) {
        long long thing = 0;
        long long at = 0;
        long long location = 0;
        soci::statement statement =
            (sql.prepare << fmt::format(
                 "SELECT h.thing, h.at, coalesce(l.location, 0) FROM registry_things t "
                 "JOIN registry_historical_locations h ON h.thing = t.id AND h.at >= coalesce((SELECT b.at FROM "
                 "registry_historical_locations b WHERE b.thing = t.id ORDER BY b.at DESC, b.id DESC LIMIT 1 OFFSET "
                 "{}), {}) "
                 "LEFT JOIN registry_historical_location_locations l ON l.historical = h.id AND l.position = 0 "
                 "WHERE t.id IN ({}) ORDER BY h.thing, h.at, h.id",
                 stays_max, std::numeric_limits<long long>::min() + 1, list),
             soci::into(thing), soci::into(at), soci::into(location));
        statement.execute();
        while (statement.fetch()) {
            auto& own = stays[thing];
            if (!own.empty()) {
                own.back().during.to = instant(at);
            }
            own.push_back({LocationId{location},
                           {own.empty() ? observations::earliest_time : instant(at), observations::latest_time}});
        }
    });
    for (auto& [thing, own] : stays) {
        keep_newest(own);
    }
    return stays;
}

/// Where a thing was first of all, by rising time, at least throughout a time; what lies beyond is not all there.
StaysOfThings read_stays_during(soci::session& sql, ThingId thing, Interval during) {
    StaysOfThings stays;
    const auto read = [&](const std::string& condition, const std::vector<std::pair<std::string, Value>>& bound) {
        long long at = 0;
        long long location = 0;
        soci::statement statement(sql);
        bind(statement, bound);
        statement.exchange(soci::into(at));
        statement.exchange(soci::into(location));
        statement.alloc();
        statement.prepare(
            fmt::format("SELECT h.at, coalesce(l.location, 0) FROM registry_historical_locations h "
                        "LEFT JOIN registry_historical_location_locations l ON l.historical = h.id AND l.position = 0 "
                        "WHERE h.thing = :id AND {}",
                        condition));
        statement.define_and_bind();
        statement.execute();
        while (statement.fetch()) {
            auto& own = stays[thing.value];
            if (!own.empty()) {
                own.back().during.to = instant(at);
            }
            own.push_back({LocationId{location},
                           {own.empty() ? observations::earliest_time : instant(at), observations::latest_time}});
        }
    };
    auto bound = values(thing.value);
    bound.emplace_back("from", micros(during.from));
    bound.emplace_back("to", micros(during.to));
    read(fmt::format("h.at < :to AND h.at >= coalesce((SELECT max(e.at) FROM registry_historical_locations e WHERE "
                     "e.thing = :id AND e.at <= :from), {}) ORDER BY h.at, h.id",
                     std::numeric_limits<long long>::min() + 1),
         bound);
    if (stays.empty()) {
        // Before it was known to be anywhere it is taken to have been where it was first.
        read("0 = 0 ORDER BY h.at, h.id LIMIT 1", values(thing.value));
    }
    return stays;
}

/// Where things without a history are: it went with one of their locations.
void read_present_places(soci::session& sql, const std::vector<std::int64_t>& things, StaysOfThings& stays) {
    std::vector<std::int64_t> without;
    std::ranges::copy_if(things, std::back_inserter(without), [&](auto thing) { return !stays.contains(thing); });
    select_links<long long>(sql, thing_locations, without, [&](long long thing, long long location) {
        if (!stays.contains(thing)) {
            stays[thing].push_back({LocationId{location}, {observations::earliest_time, observations::latest_time}});
        }
    });
}

}  // namespace

std::unordered_map<std::int64_t, std::vector<FeatureSince>> read_location_features(
    soci::session& sql, const std::vector<std::int64_t>& locations) {
    std::unordered_map<std::int64_t, std::vector<FeatureSince>> found;
    in_lists(locations, [&](const std::string& list) {
        long long location = 0;
        long long since = 0;
        long long feature = 0;
        soci::statement statement =
            (sql.prepare << fmt::format("SELECT location, since, feature FROM registry_location_features WHERE "
                                        "location IN ({}) ORDER BY location, since",
                                        list),
             soci::into(location), soci::into(since), soci::into(feature));
        statement.execute();
        while (statement.fetch()) {
            found[location].push_back({instant(since), FeatureId{feature}});
        }
    });
    return found;
}

std::vector<FeatureStay> read_kept_where(soci::session& sql, const std::string& condition) {
    long long thing = 0;
    long long since = 0;
    long long until = 0;
    long long feature = 0;
    soci::statement statement =
        (sql.prepare << fmt::format("SELECT thing, since, until, feature FROM registry_kept_features WHERE {} "
                                    "ORDER BY thing, since",
                                    condition),
         soci::into(thing), soci::into(since), soci::into(until), soci::into(feature));
    std::vector<FeatureStay> found;
    statement.execute();
    while (statement.fetch()) {
        found.push_back({ThingId{thing}, {instant(since), instant(until)}, FeatureId{feature}});
    }
    return found;
}

std::vector<FeatureStay> read_kept(soci::session& sql, const std::vector<std::int64_t>& things) {
    std::vector<FeatureStay> found;
    in_lists(things, [&](const std::string& list) {
        std::ranges::move(read_kept_where(sql, fmt::format("thing IN ({})", list)), std::back_inserter(found));
    });
    return found;
}

namespace {

/// The features of these stays, and those that were kept of their things.
std::vector<FeatureStay> features_in(soci::session& sql, const StaysOfThings& stays,
                                     const std::vector<std::int64_t>& things) {
    std::vector<LocationId> locations;
    for (const auto& [thing, own] : stays) {
        for (const Stay& stay : own) {
            locations.push_back(stay.location);
        }
    }
    auto known = read_location_features(sql, sorted(std::span<const LocationId>(locations)));
    std::vector<FeatureStay> found;
    for (const auto& [thing, own] : stays) {
        for (const Stay& stay : own) {
            add_features(ThingId{thing}, stay, known[stay.location.value], found);
        }
    }
    return with_kept(found, read_kept(sql, things));
}

}  // namespace

std::vector<FeatureStay> read_features_of(soci::session& sql, std::span<const ThingId> things) {
    const auto wanted = sorted(things);
    auto stays = read_newest_stays(sql, wanted);
    read_present_places(sql, wanted, stays);
    return features_in(sql, stays, wanted);
}

std::vector<FeatureStay> read_features_during(soci::session& sql, ThingId thing, Interval during) {
    StaysOfThings stays = read_stays_during(sql, thing, during);
    read_present_places(sql, {thing.value}, stays);
    return clipped(features_in(sql, stays, {thing.value}), during);
}

std::optional<FeatureThen> read_feature_at(soci::session& sql, ThingId thing, Instant time) {
    const auto kept = column<long long>(
        sql, "SELECT feature FROM registry_kept_features WHERE thing = :id AND since <= :at AND until > :at",
        {{"id", static_cast<long long>(thing.value)}, {"at", micros(std::max(time, observations::earliest_time))}});
    if (!kept.empty()) {
        return FeatureThen{.feature = FeatureId{kept.front()}};
    }
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
    std::vector<FeatureStay> stays;
    for (const auto& [where, during] : shown) {
        for (const Featured& stay : read_stays(sql, where)) {
            const Interval both{std::max(stay.during.from, during.from), std::min(stay.during.to, during.to)};
            if (!both.empty()) {
                stays.push_back({stay.thing, both, feature});
            }
        }
    }
    // What was kept of the same things may be about others.
    std::vector<ThingId> things;
    std::ranges::transform(stays, std::back_inserter(things), &FeatureStay::thing);
    for (const FeatureStay& kept : read_kept_where(sql, fmt::format("feature = {}", feature.value))) {
        things.push_back(kept.thing);
    }
    std::ranges::sort(stays, {}, [](const FeatureStay& one) { return std::pair(one.thing, one.during.from); });
    std::vector<Featured> found;
    for (const FeatureStay& one : with_kept(stays, read_kept(sql, sorted(std::span<const ThingId>(things))))) {
        if (one.feature == feature && found.size() < page_max) {
            found.push_back({one.thing, one.during});
        }
    }
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
