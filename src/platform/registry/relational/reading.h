#pragma once

#include <algorithm>
#include <iterator>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "platform/registry/relational/tables.h"

/// Entities with their links. Part of the room's inside; throws as SOCI does.
namespace bypuls::registry::rows {

inline void read_links(soci::session& /*sql*/, std::vector<Location>& /*found*/) {}
inline void read_links(soci::session& /*sql*/, std::vector<Sensor>& /*found*/) {}
inline void read_links(soci::session& /*sql*/, std::vector<ObservedProperty>& /*found*/) {}
inline void read_links(soci::session& /*sql*/, std::vector<FeatureOfInterest>& /*found*/) {}
void read_links(soci::session& sql, std::vector<Thing>& found);
void read_links(soci::session& sql, std::vector<HistoricalLocation>& found);
void read_links(soci::session& sql, std::vector<Datastream>& found);
void read_links(soci::session& sql, std::vector<MultiDatastream>& found);
void read_links(soci::session& sql, std::vector<Place>& found);

template <typename Entity>
std::vector<Entity> read(soci::session& sql, const Where& where) {
    std::vector<Entity> found = select<Entity>(sql, where);
    if (!found.empty()) {
        read_links(sql, found);
    }
    return found;
}

/// What the cache keeps of the datastreams that changed after a version; of all, when it is 0.
std::vector<Stream> read_streams(soci::session& sql, Version changed_after);

/// All of a kind, by rising id.
template <typename Entity>
std::vector<Entity> read_all(soci::session& sql) {
    Where next{.text = "id > :last", .values = {{"last", 0LL}}};
    std::vector<Entity> all;
    while (true) {
        auto page = read<Entity>(sql, next);
        const bool last = page.size() < next.limit;
        std::ranges::move(page, std::back_inserter(all));
        if (last) {
            return all;
        }
        next.values.front().second = static_cast<long long>(all.back().id.value);
    }
}

/// The first location of a thing at a time and its feature then, 0 when there is none yet; the feature alone where one
/// was kept. Nothing when the thing was nowhere.
struct FeatureThen {
    LocationId location{};
    Instant since{};
    FeatureId feature{};
};
std::optional<FeatureThen> read_feature_at(soci::session& sql, ThingId thing, Instant time);
std::vector<Featured> read_featured(soci::session& sql, FeatureId feature);
std::vector<FeatureStay> read_features_of(soci::session& sql, std::span<const ThingId> things);
/// What features_of() tells of a time, however often the thing moved.
std::vector<FeatureStay> read_features_during(soci::session& sql, ThingId thing, Interval during);
/// By thing, then time.
std::vector<FeatureStay> read_kept(soci::session& sql, const std::vector<std::int64_t>& things);
std::vector<FeatureStay> read_kept_where(soci::session& sql, const std::string& condition);
/// By location, those of each by rising time.
std::unordered_map<std::int64_t, std::vector<FeatureSince>> read_location_features(
    soci::session& sql, const std::vector<std::int64_t>& locations);

Version read_version(soci::session& sql);

}  // namespace bypuls::registry::rows
