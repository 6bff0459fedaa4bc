#include "platform/registry/relational/writing.h"

#include <algorithm>
#include <set>

namespace bypuls::registry::rows {
namespace {

std::vector<std::pair<std::string, Value>> values(std::int64_t id) {
    return {{"id", static_cast<long long>(id)}};
}

}  // namespace

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
        const auto taken = column<std::string>(
            sql_,
            fmt::format("SELECT external_key FROM registry_datastream_keys WHERE datastream <> :owner AND "
                        "external_key IN ({}) LIMIT 1",
                        list),
            bound);
        if (!taken.empty()) {
            return fail(Errc::conflict, fmt::format("external key '{}' is another datastream's", taken.front()));
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

Result<void> Writing::check(const Place& place) {
    TRY_DO(must_exist<Thing>(place.things));
    return must_exist<Datastream>(place.datastreams);
}

Result<void> Writing::before_replace(const Location& location) {
    // What was observed stays where it was observed; new observations get a new feature.
    execute(sql_, "UPDATE registry_locations SET feature = 0 WHERE id = :id AND geometry <> :geometry",
            {{"id", static_cast<long long>(location.id.value)}, {"geometry", location.geometry}});
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
    entity.id.value = take_ids(Row<Entity>::table, 1);
    insert(sql_, entity, version_);
    write_links(entity);
    if constexpr (std::is_same_v<Entity, Thing>) {
        if (!given.locations.empty()) {
            TRY_DO(move(entity.id, given.locations, now_));
        }
    }
    return entity.id;
}

template Result<ThingId> Writing::add(const Thing&);
template Result<LocationId> Writing::add(const Location&);
template Result<SensorId> Writing::add(const Sensor&);
template Result<ObservedPropertyId> Writing::add(const ObservedProperty&);
template Result<DatastreamId> Writing::add(const Datastream&);
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
    TRY_DO(before_replace(entity));
    TRY_DO(check(entity));
    update(sql_, entity, version_);
    write_links(entity);
    return {};
}

template Result<void> Writing::replace(const Thing&);
template Result<void> Writing::replace(const Location&);
template Result<void> Writing::replace(const Sensor&);
template Result<void> Writing::replace(const ObservedProperty&);
template Result<void> Writing::replace(const Datastream&);
template Result<void> Writing::replace(const FeatureOfInterest&);
template Result<void> Writing::replace(const Place&);

template <typename Entity>
void Writing::erase_row(decltype(Entity::id) id) {
    execute(sql_, fmt::format("DELETE FROM {} WHERE id = :id", table_of<Entity>()), values(id.value));
    execute(sql_, "INSERT INTO registry_removals (kind, id, version) VALUES (:kind, :id, :version)",
            {{"kind", static_cast<long long>(Row<Entity>::kind)},
             {"id", static_cast<long long>(id.value)},
             {"version", static_cast<long long>(version_)}});
}

void Writing::erase_datastreams(const std::string& condition, std::int64_t id, Removed& removed) {
    const auto gone = column<long long>(
        sql_, fmt::format("SELECT id FROM registry_datastreams WHERE {} ORDER BY id", condition), values(id));
    if (gone.empty()) {
        return;
    }
    auto bound = values(id);
    bound.emplace_back("version", static_cast<long long>(version_));
    execute(
        sql_,
        fmt::format("UPDATE registry_places SET version = :version WHERE id IN (SELECT place FROM "
                    "registry_place_datastreams WHERE datastream IN (SELECT id FROM registry_datastreams WHERE {}))",
                    condition),
        bound);
    execute(sql_, fmt::format("DELETE FROM registry_datastreams WHERE {}", condition), values(id));
    RowWriter notes(sql_, "registry_removals", {"kind", "id", "version"});
    for (const auto datastream : gone) {
        notes.add({static_cast<long long>(Kind::datastream), datastream, static_cast<long long>(version_)});
        removed.datastreams.push_back(DatastreamId{datastream});
        removed_.push_back(DatastreamId{datastream});
    }
    notes.flush();
}

Result<Removed> Writing::erase(ThingId id) {
    TRY_DO(must_exist<Thing>({id}));
    Removed removed;
    erase_datastreams("thing = :id", id.value, removed);
    auto bound = values(id.value);
    bound.emplace_back("version", static_cast<long long>(version_));
    execute(sql_,
            "UPDATE registry_places SET version = :version WHERE id IN "
            "(SELECT place FROM registry_place_things WHERE thing = :id)",
            bound);
    erase_row<Thing>(id);
    return removed;
}

Result<Removed> Writing::erase(LocationId id) {
    TRY_DO(must_exist<Location>({id}));
    auto bound = values(id.value);
    bound.emplace_back("version", static_cast<long long>(version_));
    execute(sql_,
            "UPDATE registry_things SET version = :version WHERE id IN "
            "(SELECT thing FROM registry_thing_locations WHERE location = :id)",
            bound);
    execute(sql_,
            "DELETE FROM registry_historical_locations WHERE id IN "
            "(SELECT historical FROM registry_historical_location_locations WHERE location = :id)",
            values(id.value));
    erase_row<Location>(id);
    return Removed{};
}

Result<Removed> Writing::erase(SensorId id) {
    TRY_DO(must_exist<Sensor>({id}));
    Removed removed;
    erase_datastreams("sensor = :id", id.value, removed);
    erase_row<Sensor>(id);
    return removed;
}

Result<Removed> Writing::erase(ObservedPropertyId id) {
    TRY_DO(must_exist<ObservedProperty>({id}));
    Removed removed;
    erase_datastreams("observed_property = :id", id.value, removed);
    erase_row<ObservedProperty>(id);
    return removed;
}

Result<Removed> Writing::erase(DatastreamId id) {
    TRY_DO(must_exist<Datastream>({id}));
    Removed removed;
    erase_datastreams("id = :id", id.value, removed);
    return removed;
}

Result<Removed> Writing::erase(FeatureId id) {
    TRY_DO(must_exist<FeatureOfInterest>({id}));
    execute(sql_, "UPDATE registry_locations SET feature = 0 WHERE feature = :id", values(id.value));
    erase_row<FeatureOfInterest>(id);
    return Removed{};
}

Result<Removed> Writing::erase(PlaceId id) {
    TRY_DO(must_exist<Place>({id}));
    erase_row<Place>(id);
    return Removed{};
}

Result<HistoricalLocationId> Writing::move(ThingId thing, const std::vector<LocationId>& locations, Instant time) {
    TRY_DO(must_exist<Thing>({thing}));
    TRY_DO(must_exist<Location>(locations));
    auto bound = values(thing.value);
    bound.emplace_back("at", static_cast<long long>(time.time_since_epoch().count()));
    const bool newest =
        column<long long>(sql_, "SELECT id FROM registry_historical_locations WHERE thing = :id AND at > :at LIMIT 1",
                          bound)
            .empty();
    HistoricalLocation made{.id = {}, .thing = thing, .time = time, .locations = locations};
    made.id.value = take_ids(Row<HistoricalLocation>::table, 1);
    insert(sql_, made, version_);
    replace_links(sql_, historical_locations, made.id.value, locations);
    if (newest) {
        replace_links(sql_, thing_locations, thing.value, locations);
        auto touched = values(thing.value);
        touched.emplace_back("version", static_cast<long long>(version_));
        execute(sql_, "UPDATE registry_things SET version = :version WHERE id = :id", touched);
    }
    return made.id;
}

Result<FeatureId> Writing::feature_of(ThingId thing) {
    const auto first = column<long long>(
        sql_, "SELECT location FROM registry_thing_locations WHERE thing = :id ORDER BY position LIMIT 1",
        values(thing.value));
    if (first.empty()) {
        TRY_DO(must_exist<Thing>({thing}));
        return fail(Errc::not_found,
                    fmt::format("thing {} has no location to make a feature of interest from", thing.value));
    }
    const auto made = column<long long>(sql_, "SELECT feature FROM registry_locations WHERE id = :id AND feature <> 0",
                                        values(first.front()));
    if (!made.empty()) {
        return FeatureId{made.front()};
    }
    const auto location = select<Location>(sql_, {.text = "id = :id", .values = values(first.front())}).at(0);
    TRY(const FeatureId feature, add(FeatureOfInterest{.id = {},
                                                       .name = location.name,
                                                       .description = location.description,
                                                       .encoding_type = location.encoding_type,
                                                       .feature = location.geometry,
                                                       .properties = "{}"}));
    auto bound = values(location.id.value);
    bound.emplace_back("feature", static_cast<long long>(feature.value));
    execute(sql_, "UPDATE registry_locations SET feature = :feature WHERE id = :id", bound);
    return feature;
}

}  // namespace bypuls::registry::rows
