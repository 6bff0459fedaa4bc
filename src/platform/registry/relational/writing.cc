#include "platform/registry/relational/writing.h"

#include <algorithm>
#include <set>

namespace bypuls::registry::rows {

Writing::Writing(soci::session& sql, Instant now) : sql_(sql), now_(now) {
    version_ = static_cast<Version>(take_ids("version", 1));
}

/// The first of `count` new ids in a row.
std::int64_t Writing::take_ids(std::string_view kind, std::size_t count) {
    const std::string name(kind);
    const auto step = static_cast<long long>(count);
    long long last = 0;
    sql_ << "UPDATE registry_counters SET value = value + :step WHERE name = :name RETURNING value", soci::use(step),
        soci::use(name), soci::into(last);
    return last - step + 1;
}

template <typename Entity>
Result<void> Writing::must_exist(std::vector<decltype(Entity::id)> ids) {
    std::ranges::sort(ids);
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
    constexpr std::size_t chunk_max = 1000;
    for (std::size_t at = 0; at < ids.size(); at += chunk_max) {
        const auto chunk = std::span(ids).subspan(at, std::min(chunk_max, ids.size() - at));
        std::string list;
        for (const auto id : chunk) {
            list += fmt::format("{}{}", list.empty() ? "" : ", ", id.value);
        }
        const auto there = column<long long>(
            sql_, fmt::format("SELECT id FROM {} WHERE id IN ({}) ORDER BY id", table_of<Entity>(), list), {});
        for (std::size_t i = 0; i < chunk.size(); ++i) {
            if (i >= there.size() || there[i] != chunk[i].value) {
                return fail(Errc::not_found, fmt::format("there is no {} {}", Row<Entity>::what, chunk[i].value));
            }
        }
    }
    return {};
}

Result<void> Writing::must_be_free(const std::vector<std::string>& keys, DatastreamId owner) {
    constexpr std::size_t chunk_max = 500;
    for (std::size_t at = 0; at < keys.size(); at += chunk_max) {
        std::vector<std::pair<std::string, Value>> bound{{"owner", static_cast<long long>(owner.value)}};
        std::string list;
        for (std::size_t i = at; i < std::min(at + chunk_max, keys.size()); ++i) {
            bound.emplace_back(fmt::format("k{}", i - at), keys[i]);
            list += fmt::format("{}:k{}", list.empty() ? "" : ", ", i - at);
        }
        for (const Link& link : {datastream_keys, multi_datastream_keys}) {
            const auto taken = column<std::string>(
                sql_,
                fmt::format("SELECT external_key FROM {} WHERE {} <> :owner AND external_key IN ({}) LIMIT 1",
                            link.table, link.owner, list),
                bound);
            if (!taken.empty()) {
                return fail(Errc::conflict, fmt::format("external key '{}' is another datastream's", taken.front()));
            }
        }
    }
    return {};
}

Result<void> Writing::check(const Thing& thing) {
    TRY_DO(must_exist<Location>(thing.locations));
    if (thing.external_key.empty()) {
        return {};
    }
    const auto taken = column<long long>(sql_, "SELECT id FROM registry_things WHERE external_key = :key AND id <> :id",
                                         {{"key", thing.external_key}, {"id", static_cast<long long>(thing.id.value)}});
    if (!taken.empty()) {
        return fail(Errc::conflict, fmt::format("external key '{}' is another thing's", thing.external_key));
    }
    return {};
}

Result<void> Writing::check(const Datastream& datastream) {
    TRY_DO(must_exist<Thing>({datastream.thing}));
    TRY_DO(must_exist<Sensor>({datastream.sensor}));
    TRY_DO(must_exist<ObservedProperty>({datastream.observed_property}));
    return must_be_free(datastream.external_keys, datastream.id);
}

Result<void> Writing::check(const MultiDatastream& datastream) {
    TRY_DO(must_exist<Thing>({datastream.thing}));
    TRY_DO(must_exist<Sensor>({datastream.sensor}));
    std::vector<ObservedPropertyId> properties;
    for (const Component& component : datastream.components) {
        properties.push_back(component.observed_property);
    }
    TRY_DO(must_exist<ObservedProperty>(std::move(properties)));
    return must_be_free(datastream.external_keys, datastream.id);
}

Result<void> Writing::check(const HistoricalLocation& location) {
    TRY_DO(must_exist<Thing>({location.thing}));
    return must_exist<Location>(location.locations);
}

Result<void> Writing::check(const Place& place) {
    TRY_DO(must_exist<Thing>(place.things));
    return must_exist<Datastream>(place.datastreams);
}

Result<void> Writing::before_replace(const Location& location) {
    auto bound = values(location.id.value);
    bound.emplace_back("geometry", location.geometry);
    if (column<long long>(sql_, "SELECT 1 FROM registry_locations WHERE id = :id AND geometry <> :geometry", bound)
            .empty()) {
        return {};
    }
    // What was observed stays where it was observed; new observations get a new feature.
    auto now = values(location.id.value);
    now.emplace_back("now", static_cast<long long>(now_.time_since_epoch().count()));
    if (column<long long>(
            sql_, "SELECT 1 FROM registry_location_features WHERE location = :id AND since >= :now LIMIT 1", now)
            .empty()) {
        execute(sql_, "INSERT INTO registry_location_features (location, since, feature) VALUES (:id, :now, 0)", now);
    } else {
        execute(sql_, "UPDATE registry_location_features SET feature = 0 WHERE location = :id AND since >= :now", now);
    }
    return {};
}

Result<void> Writing::before_replace(const Place& place) {
    const auto slug =
        column<std::string>(sql_, "SELECT slug FROM registry_places WHERE id = :id", values(place.id.value));
    if (!slug.empty() && slug.front() != place.slug) {
        return fail(Errc::conflict, fmt::format("the slug '{}' is permanent", slug.front()));
    }
    return {};
}

void Writing::write_links(const Datastream& datastream) {
    replace_links(sql_, datastream_keys, datastream.id.value, datastream.external_keys);
    changed_.push_back(stream_of(datastream));
}

void Writing::write_links(const MultiDatastream& datastream) {
    const long long id = datastream.id.value;
    execute(sql_, "DELETE FROM registry_components WHERE multi_datastream = :id", values(id));
    RowWriter components(sql_, "registry_components",
                         {"multi_datastream", "position", "observed_property", "unit_name", "unit_symbol",
                          "unit_definition", "result_type"});
    long long position = 0;
    for (const Component& component : datastream.components) {
        components.add({id, position++, static_cast<long long>(component.observed_property.value), component.unit.name,
                        component.unit.symbol, component.unit.definition,
                        std::string(observations::name_of(component.result_type))});
    }
    components.flush();
    replace_links(sql_, multi_datastream_keys, id, datastream.external_keys);
    changed_.push_back(stream_of(datastream));
}

void Writing::write_links(const HistoricalLocation& location) {
    replace_links(sql_, historical_locations, location.id.value, location.locations);
    auto bound = values(location.thing.value);
    bound.emplace_back("at", static_cast<long long>(location.time.time_since_epoch().count()));
    const bool newest =
        column<long long>(sql_, "SELECT id FROM registry_historical_locations WHERE thing = :id AND at > :at LIMIT 1",
                          bound)
            .empty();
    std::vector<LocationId> present;
    for (const auto id :
         column<long long>(sql_, "SELECT location FROM registry_thing_locations WHERE thing = :id ORDER BY position",
                           values(location.thing.value))) {
        present.push_back(LocationId{id});
    }
    if (newest && present != location.locations) {
        replace_links(sql_, thing_locations, location.thing.value, location.locations);
        touch("registry_things", "id = :id", location.thing.value);
    }
}

void Writing::touch(std::string_view table, const std::string& condition, std::int64_t id) {
    auto bound = values(id);
    bound.emplace_back("version", static_cast<long long>(version_));
    execute(sql_, fmt::format("UPDATE {} SET version = :version WHERE {}", table, condition), bound);
}

void Writing::write_links(const Place& place) {
    replace_links(sql_, place_things, place.id.value, place.things);
    replace_links(sql_, place_datastreams, place.id.value, place.datastreams);
}

template <typename Entity>
Result<decltype(Entity::id)> Writing::add(const Entity& given) {
    TRY_DO(validate(given));
    Entity entity = given;
    entity.id = {};
    TRY_DO(check(entity));
    if constexpr (std::is_same_v<Entity, Place>) {
        if (!column<long long>(sql_, "SELECT 1 FROM registry_slugs WHERE slug = :slug", {{"slug", entity.slug}})
                 .empty()) {
            return fail(Errc::conflict, fmt::format("slug '{}' is or was another place's", entity.slug));
        }
        execute(sql_, "INSERT INTO registry_slugs (slug) VALUES (:slug)", {{"slug", entity.slug}});
    }
    TRY(const auto before, observed_before(entity));
    entity.id.value = take_ids(counter_of<Entity>(), 1);
    insert(sql_, entity, version_);
    write_links(entity);
    if constexpr (std::is_same_v<Entity, Location>) {
        auto bound = values(entity.id.value);
        bound.emplace_back("since", static_cast<long long>(observations::earliest_time.time_since_epoch().count()));
        execute(sql_, "INSERT INTO registry_location_features (location, since, feature) VALUES (:id, :since, 0)",
                bound);
    }
    if constexpr (std::is_same_v<Entity, Thing>) {
        if (!given.locations.empty()) {
            TRY_DO(move(entity.id, given.locations, now_));
        }
    }
    keep(before);
    return entity.id;
}

template Result<ThingId> Writing::add(const Thing&);
template Result<LocationId> Writing::add(const Location&);
template Result<HistoricalLocationId> Writing::add(const HistoricalLocation&);
template Result<SensorId> Writing::add(const Sensor&);
template Result<ObservedPropertyId> Writing::add(const ObservedProperty&);
template Result<DatastreamId> Writing::add(const Datastream&);
template Result<DatastreamId> Writing::add(const MultiDatastream&);
template Result<FeatureId> Writing::add(const FeatureOfInterest&);
template Result<PlaceId> Writing::add(const Place&);

Result<std::vector<DatastreamId>> Writing::add_all(std::span<const Datastream> given) {
    std::vector<ThingId> things;
    std::vector<SensorId> sensors;
    std::vector<ObservedPropertyId> properties;
    std::vector<std::string> keys;
    std::set<std::string_view> once;
    for (const auto& datastream : given) {
        TRY_DO(validate(datastream));
        things.push_back(datastream.thing);
        sensors.push_back(datastream.sensor);
        properties.push_back(datastream.observed_property);
        for (const auto& key : datastream.external_keys) {
            if (!once.insert(key).second) {
                return fail(Errc::conflict, fmt::format("external key '{}' is another datastream's", key));
            }
            keys.push_back(key);
        }
    }
    TRY_DO(must_exist<Thing>(std::move(things)));
    TRY_DO(must_exist<Sensor>(std::move(sensors)));
    TRY_DO(must_exist<ObservedProperty>(std::move(properties)));
    TRY_DO(must_be_free(keys, {}));
    std::int64_t id = take_ids(Row<Datastream>::table, given.size());
    std::vector<DatastreamId> ids;
    RowWriter rows(sql_, table_of<Datastream>(), columns_of<Datastream>());
    for (Datastream datastream : given) {
        datastream.id.value = id++;
        ids.push_back(datastream.id);
        add_row(rows, datastream, version_);
        changed_.push_back(stream_of(datastream));
    }
    rows.flush();
    RowWriter links = link_writer(sql_, datastream_keys);
    for (const auto& stream : changed_) {
        add_links(links, stream.id.value, stream.external_keys);
    }
    links.flush();
    return ids;
}

Result<InsertedThing> Writing::add_deep(const NewThing& given) {
    InsertedThing inserted;
    Thing thing = given.thing;
    for (const auto& location : given.locations) {
        TRY(const auto id, add(location));
        inserted.locations.push_back(id);
        thing.locations.push_back(id);
    }
    TRY(inserted.thing, add(thing));
    for (const auto& [wanted, sensor, property] : given.datastreams) {
        Datastream datastream = wanted;
        datastream.thing = inserted.thing;
        if (sensor) {
            TRY(datastream.sensor, add(*sensor));
        }
        if (property) {
            TRY(datastream.observed_property, add(*property));
        }
        TRY(const auto id, add(datastream));
        inserted.datastreams.push_back(id);
    }
    return inserted;
}

template <typename Entity>
Result<void> Writing::replace(const Entity& entity) {
    TRY_DO(validate(entity));
    TRY_DO(must_exist<Entity>({entity.id}));
    TRY(const auto before, observed_before(entity));
    TRY_DO(before_replace(entity));
    TRY_DO(check(entity));
    update(sql_, entity, version_);
    write_links(entity);
    keep(before);
    return {};
}

template Result<void> Writing::replace(const Thing&);
template Result<void> Writing::replace(const Location&);
template Result<void> Writing::replace(const HistoricalLocation&);
template Result<void> Writing::replace(const Sensor&);
template Result<void> Writing::replace(const ObservedProperty&);
template Result<void> Writing::replace(const Datastream&);
template Result<void> Writing::replace(const MultiDatastream&);
template Result<void> Writing::replace(const FeatureOfInterest&);
template Result<void> Writing::replace(const Place&);

Result<HistoricalLocationId> Writing::move(ThingId thing, const std::vector<LocationId>& locations, Instant time) {
    return add(HistoricalLocation{.id = {}, .thing = thing, .time = time, .locations = locations});
}

template Result<void> Writing::must_exist<Thing>(std::vector<ThingId>);
template Result<void> Writing::must_exist<Location>(std::vector<LocationId>);
template Result<void> Writing::must_exist<HistoricalLocation>(std::vector<HistoricalLocationId>);
template Result<void> Writing::must_exist<Sensor>(std::vector<SensorId>);
template Result<void> Writing::must_exist<ObservedProperty>(std::vector<ObservedPropertyId>);
template Result<void> Writing::must_exist<Datastream>(std::vector<DatastreamId>);
template Result<void> Writing::must_exist<MultiDatastream>(std::vector<DatastreamId>);
template Result<void> Writing::must_exist<FeatureOfInterest>(std::vector<FeatureId>);
template Result<void> Writing::must_exist<Place>(std::vector<PlaceId>);

}  // namespace bypuls::registry::rows
