#include "platform/registry/memory_state.h"

#include <algorithm>

namespace bypuls::registry::memory {

template <typename Entity>
decltype(Entity::id) State::put_new(Entity entity) {
    // Multi-datastreams have their ids among the datastreams'.
    constexpr Kind counter = std::is_same_v<Entity, MultiDatastream> ? Kind::datastream : kind_of<Entity>;
    entity.id.value = ++last_ids[counter];
    const auto id = entity.id;
    rows<Entity>()[id] = std::move(entity);
    note<Entity>(id, false);
    return id;
}

Result<void> State::check(const Thing& thing) const {
    for (const auto& [id, other] : rows<Thing>()) {
        if (id != thing.id && !thing.external_key.empty() && other.external_key == thing.external_key) {
            return fail(Errc::conflict, fmt::format("external key '{}' is another thing's", thing.external_key));
        }
    }
    for (const auto location : thing.locations) {
        TRY_DO(exists<Location>(location));
    }
    return {};
}

Result<void> State::check(const HistoricalLocation& location) const {
    TRY_DO(exists<Thing>(location.thing));
    for (const auto at : location.locations) {
        TRY_DO(exists<Location>(at));
    }
    return {};
}

template <typename Stream>
Result<void> State::check_keys(DatastreamId owner, const std::vector<std::string>& keys) const {
    if (keys.empty()) {
        return {};
    }
    for (const auto& [id, other] : rows<Stream>()) {
        for (const auto& key : keys) {
            if (id != owner && std::ranges::find(other.external_keys, key) != other.external_keys.end()) {
                return fail(Errc::conflict, fmt::format("external key '{}' is another datastream's", key));
            }
        }
    }
    return {};
}

Result<void> State::check(const Datastream& datastream) const {
    TRY_DO(exists<Thing>(datastream.thing));
    TRY_DO(exists<Sensor>(datastream.sensor));
    TRY_DO(exists<ObservedProperty>(datastream.observed_property));
    TRY_DO(check_keys<Datastream>(datastream.id, datastream.external_keys));
    return check_keys<MultiDatastream>(datastream.id, datastream.external_keys);
}

Result<void> State::check(const MultiDatastream& datastream) const {
    TRY_DO(exists<Thing>(datastream.thing));
    TRY_DO(exists<Sensor>(datastream.sensor));
    for (const Component& component : datastream.components) {
        TRY_DO(exists<ObservedProperty>(component.observed_property));
    }
    TRY_DO(check_keys<Datastream>(datastream.id, datastream.external_keys));
    return check_keys<MultiDatastream>(datastream.id, datastream.external_keys);
}

Result<void> State::check(const Place& place) const {
    for (const auto thing : place.things) {
        TRY_DO(exists<Thing>(thing));
    }
    for (const auto datastream : place.datastreams) {
        TRY_DO(exists<Datastream>(datastream));
    }
    return {};
}

template <typename Entity>
Result<decltype(Entity::id)> State::add(const Entity& given, Instant now) {
    TRY_DO(validate(given));
    Entity entity = given;
    entity.id = {};
    TRY_DO(check(entity));
    if constexpr (std::is_same_v<Entity, Place>) {
        if (!slugs.insert(entity.slug).second) {
            return fail(Errc::conflict, fmt::format("slug '{}' is or was another place's", entity.slug));
        }
    }
    TRY(const auto before, observed_before(entity, now));
    const auto id = put_new(std::move(entity));
    if constexpr (std::is_same_v<Entity, Thing>) {
        if (!given.locations.empty()) {
            TRY_DO(move(id, given.locations, now));
        }
    }
    if constexpr (std::is_same_v<Entity, Location>) {
        features[id] = {{.since = observations::earliest_time}};
    }
    if constexpr (std::is_same_v<Entity, HistoricalLocation>) {
        settle(rows<HistoricalLocation>().at(id));
    }
    keep(before);
    return id;
}

template <typename Entity>
Result<void> State::replace(Entity entity, [[maybe_unused]] Instant now) {
    TRY_DO(validate(entity));
    const auto found = rows<Entity>().find(entity.id);
    if (found == rows<Entity>().end()) {
        return no_such(kind_of<Entity>, entity.id.value);
    }
    if constexpr (std::is_same_v<Entity, Thing>) {
        entity.locations = found->second.locations;
    }
    if constexpr (std::is_same_v<Entity, Place>) {
        if (entity.slug != found->second.slug) {
            return fail(Errc::conflict, fmt::format("the slug '{}' is permanent", found->second.slug));
        }
    }
    TRY(const auto before, observed_before(entity, now));
    if constexpr (std::is_same_v<Entity, Location>) {
        // What was observed stays where it was observed; new observations get a new feature.
        if (entity.geometry != found->second.geometry) {
            auto& known = features.at(entity.id);
            if (known.back().since < now) {
                known.push_back({.since = now, .feature = {}});
            } else {
                known.back().feature = {};
            }
        }
    }
    TRY_DO(check(entity));
    note<Entity>(entity.id, false);
    found->second = std::move(entity);
    if constexpr (std::is_same_v<Entity, HistoricalLocation>) {
        settle(found->second);
    }
    keep(before);
    return {};
}

void State::settle(const HistoricalLocation& location) {
    const bool newest = std::ranges::none_of(rows<HistoricalLocation>(), [&](const auto& row) {
        return row.second.thing == location.thing && row.second.time > location.time;
    });
    if (newest && rows<Thing>().at(location.thing).locations != location.locations) {
        rows<Thing>().at(location.thing).locations = location.locations;
        note<Thing>(location.thing, false);
    }
}

Result<HistoricalLocationId> State::move(ThingId id, const std::vector<LocationId>& locations, Instant time) {
    return add(HistoricalLocation{.id = {}, .thing = id, .time = time, .locations = locations}, time);
}

Result<InsertedThing> State::insert(const NewThing& given, Instant now) {
    InsertedThing inserted;
    Thing thing = given.thing;
    for (const auto& location : given.locations) {
        TRY(const auto id, add(location, now));
        inserted.locations.push_back(id);
        thing.locations.push_back(id);
    }
    TRY(inserted.thing, add(thing, now));
    for (const auto& [wanted, sensor, property] : given.datastreams) {
        Datastream datastream = wanted;
        datastream.thing = inserted.thing;
        if (sensor) {
            TRY(datastream.sensor, add(*sensor, now));
        }
        if (property) {
            TRY(datastream.observed_property, add(*property, now));
        }
        TRY(const auto id, add(datastream, now));
        inserted.datastreams.push_back(id);
    }
    return inserted;
}

template <typename Stream>
void State::erase_stream(DatastreamId id, Removed& removed) {
    rows<Stream>().erase(id);
    note<Stream>(id, true);
    removed.datastreams.push_back(id);
    for (auto& [place_id, place] : rows<Place>()) {
        if (std::erase(place.datastreams, id) > 0) {
            note<Place>(place_id, false);
        }
    }
}

template <typename Stream, typename Match>
void State::erase_streams(Match match, Removed& removed) {
    std::vector<DatastreamId> gone;
    for (const auto& [id, datastream] : rows<Stream>()) {
        if (match(datastream)) {
            gone.push_back(id);
        }
    }
    for (const auto id : gone) {
        erase_stream<Stream>(id, removed);
    }
}

void State::erase(ThingId id, Removed& removed) {
    const auto its = [&](const auto& datastream) { return datastream.thing == id; };
    erase_streams<Datastream>(its, removed);
    erase_streams<MultiDatastream>(its, removed);
    std::erase_if(rows<HistoricalLocation>(), [&](const auto& row) { return row.second.thing == id; });
    for (auto& [place_id, place] : rows<Place>()) {
        if (std::erase(place.things, id) > 0) {
            note<Place>(place_id, false);
        }
    }
    kept.erase(id);
    rows<Thing>().erase(id);
    note<Thing>(id, true);
}

void State::erase(LocationId id, Removed& /*removed*/) {
    std::erase_if(rows<HistoricalLocation>(), [&](const auto& row) {
        return std::ranges::find(row.second.locations, id) != row.second.locations.end();
    });
    for (auto& [thing_id, thing] : rows<Thing>()) {
        if (std::erase(thing.locations, id) > 0) {
            note<Thing>(thing_id, false);
        }
    }
    features.erase(id);
    rows<Location>().erase(id);
    note<Location>(id, true);
}

void State::erase(HistoricalLocationId id, Removed& /*removed*/) {
    rows<HistoricalLocation>().erase(id);
    note<HistoricalLocation>(id, true);
}

void State::erase(SensorId id, Removed& removed) {
    const auto its = [&](const auto& datastream) { return datastream.sensor == id; };
    erase_streams<Datastream>(its, removed);
    erase_streams<MultiDatastream>(its, removed);
    rows<Sensor>().erase(id);
    note<Sensor>(id, true);
}

void State::erase(ObservedPropertyId id, Removed& removed) {
    erase_streams<Datastream>([&](const Datastream& datastream) { return datastream.observed_property == id; },
                              removed);
    erase_streams<MultiDatastream>(
        [&](const MultiDatastream& datastream) {
            return std::ranges::find(datastream.components, id, &Component::observed_property) !=
                   datastream.components.end();
        },
        removed);
    rows<ObservedProperty>().erase(id);
    note<ObservedProperty>(id, true);
}

void State::erase(FeatureId id, Removed& /*removed*/) {
    for (auto& [location, known] : features) {
        for (FeatureSince& one : known) {
            one.feature = one.feature == id ? FeatureId{} : one.feature;
        }
    }
    for (auto& [thing, stays] : kept) {
        std::erase_if(stays, [&](const FeatureStay& stay) { return stay.feature == id; });
    }
    rows<FeatureOfInterest>().erase(id);
    note<FeatureOfInterest>(id, true);
}

void State::erase(PlaceId id, Removed& /*removed*/) {
    rows<Place>().erase(id);
    note<Place>(id, true);
}

template <typename Entity>
Result<Removed> State::remove(decltype(Entity::id) id) {
    TRY_DO(exists<Entity>(id));
    TRY(const auto before, observed_before(id, Instant{}));
    Removed removed;
    if constexpr (std::is_same_v<Entity, Datastream> || std::is_same_v<Entity, MultiDatastream>) {
        erase_stream<Entity>(id, removed);
    } else {
        erase(id, removed);
    }
    keep(before);
    return removed;
}

Result<void> State::remove_any(Kind kind, std::int64_t id, Removed& removed) {
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

Result<std::int64_t> State::apply_one(const Write& write, Instant now, Removed& removed) {
    if (const auto* create = std::get_if<Create>(&write)) {
        return std::visit(
            [&](const auto& entity) -> Result<std::int64_t> {
                TRY(const auto id, add(entity, now));
                return id.value;
            },
            create->entity);
    }
    if (const auto* update = std::get_if<Update>(&write)) {
        return std::visit(
            [&](const auto& entity) -> Result<std::int64_t> {
                TRY_DO(replace(entity, now));
                return entity.id.value;
            },
            update->entity);
    }
    if (const auto* gone = std::get_if<Remove>(&write)) {
        TRY_DO(remove_any(gone->kind, gone->id, removed));
        return gone->id;
    }
    const auto& moved = std::get<Move>(write);
    TRY(const auto id, move(moved.thing, moved.locations, moved.time.value_or(now)));
    return id.value;
}

Result<Applied> State::apply(std::span<const Write> writes, std::span<const std::string> names,
                             const ObservedDuring& when_observed, Instant now) {
    if (writes.size() > writes_max) {
        return fail(Errc::exhausted, fmt::format("at most {} writes are made at once", writes_max));
    }
    observed = &when_observed;
    Applied applied;
    std::vector<std::optional<Kind>> kinds;
    for (const Write& given : writes) {
        Write write = given;
        auto done = resolve(write, kinds, applied.ids);
        const auto id =
            done ? apply_one(write, now, applied.removed) : Result<std::int64_t>(std::unexpect, done.error());
        if (!id) {
            return refused(id.error(), applied.ids.size(), names);
        }
        applied.ids.push_back(*id);
        kinds.push_back(made_by(write));
    }
    observed = nullptr;
    return applied;
}

#define BYPULS_CHANGES_OF(Entity)                                             \
    template Result<decltype(Entity::id)> State::add(const Entity&, Instant); \
    template Result<void> State::replace(Entity, Instant);                    \
    template Result<Removed> State::remove<Entity>(decltype(Entity::id));
BYPULS_CHANGES_OF(Thing)
BYPULS_CHANGES_OF(Location)
BYPULS_CHANGES_OF(HistoricalLocation)
BYPULS_CHANGES_OF(Sensor)
BYPULS_CHANGES_OF(ObservedProperty)
BYPULS_CHANGES_OF(Datastream)
BYPULS_CHANGES_OF(MultiDatastream)
BYPULS_CHANGES_OF(FeatureOfInterest)
BYPULS_CHANGES_OF(Place)
#undef BYPULS_CHANGES_OF

}  // namespace bypuls::registry::memory
