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
    std::map<ThingId, std::vector<FeatureStay>> kept;          // by time, apart
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
    Result<Applied> apply(std::span<const Write> writes, std::span<const std::string> names,
                          const ObservedDuring& when_observed, Instant now);
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

    std::optional<FeatureId> feature_at(ThingId thing, Instant time) const;
    std::span<const FeatureStay> kept_of(ThingId thing) const;
    Result<FeatureId> feature_of(ThingId thing, Instant time, Instant now);
    std::vector<Featured> featured(FeatureId feature) const;
    void add_features_of(ThingId thing, std::vector<FeatureStay>& found) const;

private:
    std::vector<Stay> stays_of(ThingId thing) const;
    std::vector<FeatureStay> worked_out(ThingId thing, const std::vector<Stay>& stays) const;
    std::optional<FeatureId> kept_at(ThingId thing, Instant time) const;
    /// The first location of the thing at a time, and its feature then; null when there was no location.
    const FeatureSince* place_at(ThingId thing, Instant time, LocationId& location) const;

    // What was observed stays about what it was about: around each change of where things were,
    // keep(observed_before(change)). The change is a new or changed entity, or the id of one that goes.
    template <typename Change>
    Result<std::vector<ObservedStays>> observed_before(const Change& change, Instant now) const {
        if (observed == nullptr || !*observed) {
            return std::vector<ObservedStays>{};
        }
        Touched touched;
        add_touched(change, now, touched);
        return observed_in(touched);
    }
    template <typename Change>
    void add_touched(const Change& /*change*/, Instant /*now*/, Touched& /*touched*/) const {}
    void add_touched(const HistoricalLocation& location, Instant now, Touched& touched) const;
    void add_touched(HistoricalLocationId id, Instant now, Touched& touched) const;
    void add_touched(const Location& location, Instant now, Touched& touched) const;
    void add_touched(LocationId id, Instant now, Touched& touched) const;
    void add_stay(ThingId thing, Instant time, Touched& touched) const;
    void add_things_at(LocationId location, Instant since, Touched& touched) const;
    Result<std::vector<ObservedStays>> observed_in(const Touched& touched) const;
    std::vector<FeatureStay> features_during(ThingId thing, Interval during) const;
    void keep(const std::vector<ObservedStays>& before);

    const ObservedDuring* observed = nullptr;  // while apply() is under way

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
