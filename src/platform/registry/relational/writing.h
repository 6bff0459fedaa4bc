#pragma once

#include <span>
#include <vector>

#include "core/clock.h"
#include "platform/registry/relational/reading.h"

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

    Result<Removed> erase(ThingId id);
    Result<Removed> erase(LocationId id);
    Result<Removed> erase(SensorId id);
    Result<Removed> erase(ObservedPropertyId id);
    Result<Removed> erase(DatastreamId id);
    Result<Removed> erase(FeatureId id);
    Result<Removed> erase(PlaceId id);

    Result<HistoricalLocationId> move(ThingId thing, const std::vector<LocationId>& locations, Instant time);
    Result<FeatureId> feature_of(ThingId thing);

private:
    std::int64_t take_ids(std::string_view kind, std::size_t count);
    template <typename Entity>
    Result<void> must_exist(std::vector<decltype(Entity::id)> ids);
    Result<void> must_be_free(const std::vector<std::string>& keys, DatastreamId owner);

    // What must hold beyond the entity itself, and what is written beside its row.
    Result<void> check(const Thing& thing);
    Result<void> check(const Location& /*location*/) { return {}; }
    Result<void> check(const Sensor& /*sensor*/) { return {}; }
    Result<void> check(const ObservedProperty& /*property*/) { return {}; }
    Result<void> check(const Datastream& datastream);
    Result<void> check(const FeatureOfInterest& /*feature*/) { return {}; }
    Result<void> check(const Place& place);
    Result<void> before_replace(const Location& location);
    Result<void> before_replace(const Place& place);
    template <typename Entity>
    Result<void> before_replace(const Entity& /*entity*/) {
        return {};
    }
    void write_links(const Datastream& datastream);
    void write_links(const Place& place);
    template <typename Entity>
    void write_links(const Entity& /*entity*/) {}

    template <typename Entity>
    void erase_row(decltype(Entity::id) id);
    void erase_datastreams(const std::string& condition, std::int64_t id, Removed& removed);

    soci::session& sql_;
    const Instant now_;
    Version version_ = 0;
    std::vector<Stream> changed_;
    std::vector<DatastreamId> removed_;
};

}  // namespace bypuls::registry::rows
