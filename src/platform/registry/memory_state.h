#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "platform/registry/registry.h"
#include "platform/registry/stays.h"

/// What a registry in memory holds and how it changes. Part of the room's inside.
namespace bypuls::registry::memory {

template <typename Entity>
using Rows = std::map<decltype(Entity::id), Entity>;

inline std::unexpected<Error> no_such(Kind kind, std::int64_t id) {
    return fail(Errc::not_found, fmt::format("there is no {} {}", name_of(kind), id));
}

/// Everything, as a value: a transaction works on a copy, which takes the old one's place when it succeeds.
struct State {
    std::tuple<Rows<Thing>, Rows<Location>, Rows<HistoricalLocation>, Rows<Sensor>, Rows<ObservedProperty>,
               Rows<Datastream>, Rows<MultiDatastream>, Rows<FeatureOfInterest>, Rows<Place>>
        tables;
    std::map<Kind, std::int64_t> last_ids;
    std::map<std::pair<Kind, std::int64_t>, Change> changes;
    std::map<LocationId, std::vector<FeatureSince>> features;  // by time, the first from the beginning
    std::set<std::string, std::less<>> slugs;                  // all that ever were
    Version version = 0;

    template <typename Entity>
    Rows<Entity>& rows() {
        return std::get<Rows<Entity>>(tables);
    }
    template <typename Entity>
    const Rows<Entity>& rows() const {
        return std::get<Rows<Entity>>(tables);
    }

    template <typename Entity>
    Result<void> exists(decltype(Entity::id) id) const {
        return rows<Entity>().contains(id) ? Result<void>{} : no_such(kind_of<Entity>, id.value);
    }

    template <typename Entity>
    Result<decltype(Entity::id)> add(const Entity& entity, Instant now);
    template <typename Entity>
    Result<void> replace(Entity entity, Instant now);
    Result<HistoricalLocationId> move(ThingId thing, const std::vector<LocationId>& locations, Instant time);
    Result<Applied> apply(std::span<const Write> writes, std::span<const std::string> names, Instant now);
    Result<InsertedThing> insert(const NewThing& given, Instant now);

    /// Of an entity that is there.
    void erase(ThingId id, Removed& removed);
    void erase(LocationId id, Removed& removed);
    void erase(HistoricalLocationId id, Removed& removed);
    void erase(SensorId id, Removed& removed);
    void erase(ObservedPropertyId id, Removed& removed);
    template <typename Stream>
    void erase_stream(DatastreamId id, Removed& removed);
    void erase(FeatureId id, Removed& removed);
    void erase(PlaceId id, Removed& removed);
    template <typename Entity>
    Result<Removed> remove(decltype(Entity::id) id);

    /// The first location of the thing at a time, and its feature then; null when there was no location.
    const FeatureSince* feature_at(ThingId thing, Instant time, LocationId& location) const;
    Result<FeatureId> feature_of(ThingId thing, Instant time, Instant now);
    std::vector<Featured> featured(FeatureId feature) const;
    void add_features_of(ThingId thing, std::vector<FeatureStay>& found) const;

private:
    std::vector<Stay> stays_of(ThingId thing) const;

    template <typename Entity>
    void note(decltype(Entity::id) id, bool removed) {
        changes[{kind_of<Entity>, id.value}] = {version + 1, kind_of<Entity>, id.value, removed};
    }
    template <typename Entity>
    decltype(Entity::id) put_new(Entity entity);

    // What must hold beyond the entity itself.
    Result<void> check(const Location& /*location*/) const { return {}; }
    Result<void> check(const Sensor& /*sensor*/) const { return {}; }
    Result<void> check(const ObservedProperty& /*property*/) const { return {}; }
    Result<void> check(const FeatureOfInterest& /*feature*/) const { return {}; }
    Result<void> check(const Thing& thing) const;
    Result<void> check(const HistoricalLocation& location) const;
    Result<void> check(const Datastream& datastream) const;
    Result<void> check(const MultiDatastream& datastream) const;
    Result<void> check(const Place& place) const;
    template <typename Stream>
    Result<void> check_keys(DatastreamId owner, const std::vector<std::string>& keys) const;

    /// When it is its thing's newest, the thing is where it says.
    void settle(const HistoricalLocation& location);
    template <typename Stream, typename Match>
    void erase_streams(Match match, Removed& removed);
    Result<void> remove_any(Kind kind, std::int64_t id, Removed& removed);
    Result<std::int64_t> apply_one(const Write& write, Instant now, Removed& removed);
};

template <typename Entity>
Result<Page<Entity>> select(const State& state, const Selection& selection, Instant now);
template <typename Entity>
Result<std::uint64_t> count(const State& state, const std::optional<Related>& of, const query::Expression* where,
                            Instant now);

}  // namespace bypuls::registry::memory
