#pragma once

#include <span>
#include <vector>

#include "core/clock.h"
#include "platform/registry/relational/reading.h"
#include "platform/registry/relational/relational_registry.h"
#include "platform/registry/stays.h"

namespace bypuls::registry::rows {

/// One transaction that changes the registry. Throws as SOCI does; Results are the registry's own refusals. Part of
/// the room's inside.
class Writing {
public:
    /// Takes the next version, which makes every other writer wait until this one has committed: versions become
    /// visible in their order, so that nobody who follows the changes misses one.
    Writing(soci::session& sql, Instant now);

    Version version() const { return version_; }
    const std::vector<Stream>& changed() const { return changed_; }
    const std::vector<DatastreamId>& removed() const { return removed_; }

    template <typename Entity>
    Result<decltype(Entity::id)> add(const Entity& given);
    Result<std::vector<DatastreamId>> add_all(std::span<const Datastream> given);
    Result<InsertedThing> add_deep(const NewThing& given);
    template <typename Entity>
    Result<void> replace(const Entity& entity);

    Result<HistoricalLocationId> move(ThingId thing, const std::vector<LocationId>& locations, Instant time);
    Result<FeatureId> feature_of(ThingId thing, Instant time);

    /// Deletes it with what cannot be without it.
    template <typename Entity>
    Result<Removed> remove(decltype(Entity::id) id);
    Result<Applied> apply(std::span<const Write> writes, std::span<const std::string> names,
                          const ObservedDuring& observed);
    Result<void> become(const Copy& copy);

private:
    // What remove() does for each kind, of an entity that is there.
    void erase(ThingId id, Removed& removed);
    void erase(LocationId id, Removed& removed);
    void erase(HistoricalLocationId id, Removed& removed);
    void erase(SensorId id, Removed& removed);
    void erase(ObservedPropertyId id, Removed& removed);
    void erase(FeatureId id, Removed& removed);
    void erase(PlaceId id, Removed& removed);
    template <typename Stream>
    void erase_streams(const std::string& condition, std::int64_t id, Removed& removed);
    Result<void> remove_any(Kind kind, std::int64_t id, Removed& removed);
    Result<std::int64_t> apply_one(const Write& write, Removed& removed);

    /// Puts the rows that differ under the ids they have, then their links; returns the ids of what is to go.
    template <typename Entity>
    std::vector<std::int64_t> put_rows(const std::vector<Entity>& wanted, std::vector<const Entity*>& changed);
    template <typename Entity>
    Result<void> remove_each(const std::vector<std::int64_t>& ids);
    void link(const Thing& thing);
    void link(const HistoricalLocation& location);
    void link(const Datastream& datastream) { write_links(datastream); }
    void link(const MultiDatastream& datastream) { write_links(datastream); }

    std::int64_t take_ids(std::string_view kind, std::size_t count);
    template <typename Entity>
    Result<void> must_exist(std::vector<decltype(Entity::id)> ids);
    Result<void> must_be_free(const std::vector<std::string>& keys, DatastreamId owner);

    // What must hold beyond the entity itself, and what is written beside its row.
    Result<void> check(const Thing& thing);
    Result<void> check(const Location& /*location*/) { return {}; }
    Result<void> check(const Sensor& /*sensor*/) { return {}; }
    Result<void> check(const ObservedProperty& /*property*/) { return {}; }
    Result<void> check(const HistoricalLocation& location);
    Result<void> check(const Datastream& datastream);
    Result<void> check(const MultiDatastream& datastream);
    Result<void> check(const FeatureOfInterest& /*feature*/) { return {}; }
    Result<void> check(const Place& place);
    Result<void> before_replace(const Location& location);
    Result<void> before_replace(const Place& place);
    template <typename Entity>
    Result<void> before_replace(const Entity& /*entity*/) {
        return {};
    }
    void write_links(const Datastream& datastream);
    void write_links(const MultiDatastream& datastream);
    /// When it is its thing's newest, the thing is where it says.
    void write_links(const HistoricalLocation& location);
    void write_links(const Place& place);
    template <typename Entity>
    void write_links(const Entity& /*entity*/) {}

    // What was observed stays about what it was about (keeping.cc): around each change of where things were,
    // keep(observed_before(change)). The change is a new or changed entity, or the id of one that goes.
    template <typename Change>
    Result<std::vector<ObservedStays>> observed_before(const Change& change) {
        if (observed_ == nullptr || !*observed_) {
            return std::vector<ObservedStays>{};
        }
        Touched touched;
        add_touched(change, touched);
        return observed_in(touched);
    }
    template <typename Change>
    void add_touched(const Change& /*change*/, Touched& /*touched*/) {}
    void add_touched(const HistoricalLocation& location, Touched& touched);
    void add_touched(HistoricalLocationId id, Touched& touched);
    void add_touched(const Location& location, Touched& touched);
    void add_touched(LocationId id, Touched& touched);
    void add_stay(ThingId thing, long long at, Touched& touched);
    void add_things_at(LocationId location, Instant since, Touched& touched);
    Result<std::vector<ObservedStays>> observed_in(const Touched& touched);
    void keep(const std::vector<ObservedStays>& before);
    void keep(const FeatureStay& stay);

    void touch(std::string_view table, const std::string& condition, std::int64_t id);
    template <typename Entity>
    void erase_row(decltype(Entity::id) id);

    soci::session& sql_;
    const Instant now_;
    Version version_ = 0;
    std::vector<Stream> changed_;
    std::vector<DatastreamId> removed_;
    const ObservedDuring* observed_ = nullptr;  ///< while apply() is under way
};

/// Does the registry hold exactly this?
bool holds_exactly(soci::session& sql, const Copy& copy);

}  // namespace bypuls::registry::rows
