#include <algorithm>

#include "platform/registry/relational/relational_registry.h"
#include "platform/registry/relational/writing.h"

namespace bypuls::registry::rows {

template <typename Entity>
void Writing::erase_row(decltype(Entity::id) id) {
    execute(sql_, fmt::format("DELETE FROM {} WHERE id = :id", table_of<Entity>()), values(id.value));
    execute(sql_, "INSERT INTO registry_removals (kind, id, version) VALUES (:kind, :id, :version)",
            {{"kind", static_cast<long long>(Row<Entity>::kind)},
             {"id", static_cast<long long>(id.value)},
             {"version", static_cast<long long>(version_)}});
}

template <typename Stream>
void Writing::erase_streams(const std::string& condition, std::int64_t id, Removed& removed) {
    const std::string table = table_of<Stream>();
    const auto gone =
        column<long long>(sql_, fmt::format("SELECT id FROM {} WHERE {} ORDER BY id", table, condition), values(id));
    if (gone.empty()) {
        return;
    }
    if constexpr (std::is_same_v<Stream, Datastream>) {
        touch("registry_places",
              fmt::format("id IN (SELECT place FROM registry_place_datastreams WHERE datastream IN (SELECT id FROM {} "
                          "WHERE {}))",
                          table, condition),
              id);
    }
    execute(sql_, fmt::format("DELETE FROM {} WHERE {}", table, condition), values(id));
    RowWriter notes(sql_, "registry_removals", {"kind", "id", "version"});
    for (const auto datastream : gone) {
        notes.add({static_cast<long long>(Row<Stream>::kind), datastream, static_cast<long long>(version_)});
        removed.datastreams.push_back(DatastreamId{datastream});
        removed_.push_back(DatastreamId{datastream});
        // It may have been made or changed by an earlier write of the same list.
        std::erase_if(changed_, [&](const registry::Stream& stream) { return stream.id.value == datastream; });
    }
    notes.flush();
}

void Writing::erase(ThingId id, Removed& removed) {
    erase_streams<Datastream>("thing = :id", id.value, removed);
    erase_streams<MultiDatastream>("thing = :id", id.value, removed);
    touch("registry_places", "id IN (SELECT place FROM registry_place_things WHERE thing = :id)", id.value);
    erase_row<Thing>(id);
}

void Writing::erase(LocationId id, Removed& /*removed*/) {
    touch("registry_things", "id IN (SELECT thing FROM registry_thing_locations WHERE location = :id)", id.value);
    execute(sql_,
            "DELETE FROM registry_historical_locations WHERE id IN "
            "(SELECT historical FROM registry_historical_location_locations WHERE location = :id)",
            values(id.value));
    erase_row<Location>(id);
}

void Writing::erase(HistoricalLocationId id, Removed& /*removed*/) {
    erase_row<HistoricalLocation>(id);
}

void Writing::erase(SensorId id, Removed& removed) {
    erase_streams<Datastream>("sensor = :id", id.value, removed);
    erase_streams<MultiDatastream>("sensor = :id", id.value, removed);
    erase_row<Sensor>(id);
}

void Writing::erase(ObservedPropertyId id, Removed& removed) {
    erase_streams<Datastream>("observed_property = :id", id.value, removed);
    erase_streams<MultiDatastream>(
        "id IN (SELECT multi_datastream FROM registry_components WHERE observed_property = :id)", id.value, removed);
    erase_row<ObservedProperty>(id);
}

void Writing::erase(FeatureId id, Removed& /*removed*/) {
    execute(sql_, "UPDATE registry_location_features SET feature = 0 WHERE feature = :id", values(id.value));
    erase_row<FeatureOfInterest>(id);
}

void Writing::erase(PlaceId id, Removed& /*removed*/) {
    erase_row<Place>(id);
}

template <typename Entity>
Result<Removed> Writing::remove(decltype(Entity::id) id) {
    TRY_DO(must_exist<Entity>({id}));
    TRY(const auto before, observed_before(id));
    Removed removed;
    if constexpr (std::is_same_v<Entity, Datastream> || std::is_same_v<Entity, MultiDatastream>) {
        erase_streams<Entity>("id = :id", id.value, removed);
    } else {
        erase(id, removed);
    }
    keep(before);
    return removed;
}

template Result<Removed> Writing::remove<Thing>(ThingId);
template Result<Removed> Writing::remove<Location>(LocationId);
template Result<Removed> Writing::remove<HistoricalLocation>(HistoricalLocationId);
template Result<Removed> Writing::remove<Sensor>(SensorId);
template Result<Removed> Writing::remove<ObservedProperty>(ObservedPropertyId);
template Result<Removed> Writing::remove<Datastream>(DatastreamId);
template Result<Removed> Writing::remove<MultiDatastream>(DatastreamId);
template Result<Removed> Writing::remove<FeatureOfInterest>(FeatureId);
template Result<Removed> Writing::remove<Place>(PlaceId);

Result<void> Writing::remove_any(Kind kind, std::int64_t id, Removed& removed) {
    const auto from = [&](auto entity) -> Result<void> {
        using Entity = decltype(entity);
        TRY(const Removed gone, remove<Entity>(decltype(Entity::id){id}));
        removed.datastreams.insert(removed.datastreams.end(), gone.datastreams.begin(), gone.datastreams.end());
        return {};
    };
    switch (kind) {
        case Kind::thing: return from(Thing{});
        case Kind::location: return from(Location{});
        case Kind::historical_location: return from(HistoricalLocation{});
        case Kind::sensor: return from(Sensor{});
        case Kind::observed_property: return from(ObservedProperty{});
        case Kind::datastream: return from(Datastream{});
        case Kind::multi_datastream: return from(MultiDatastream{});
        case Kind::feature: return from(FeatureOfInterest{});
        case Kind::place: return from(Place{});
    }
    return fail(Errc::malformed, "there is no such kind of entity");
}

}  // namespace bypuls::registry::rows

namespace bypuls::registry {

Result<std::vector<DatastreamId>> removed_datastreams(database::Database& database, std::span<const DatastreamId> of) {
    std::vector<DatastreamId> removed;
    TRY_DO(database.read("looking for removed datastreams", [&](soci::session& sql) -> Result<void> {
        const auto single = static_cast<long long>(Kind::datastream);
        const auto multi = static_cast<long long>(Kind::multi_datastream);
        for (const DatastreamId id : of) {
            const long long wanted = id.value;
            long long found = 0;
            sql << "SELECT count(*) FROM registry_removals WHERE kind IN (:single, :multi) AND id = :id",
                soci::use(single, "single"), soci::use(multi, "multi"), soci::use(wanted, "id"), soci::into(found);
            if (found > 0) {
                removed.push_back(id);
            }
        }
        return {};
    }));
    return removed;
}

}  // namespace bypuls::registry
