#include "platform/registry/memory.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <set>
#include <tuple>

#include <fmt/format.h>

namespace bypuls::registry {
namespace {

template <typename Entity>
using Rows = std::map<decltype(Entity::id), Entity>;

template <typename Entity>
constexpr Kind kind_of = Kind::thing;
template <>
constexpr Kind kind_of<Location> = Kind::location;
template <>
constexpr Kind kind_of<HistoricalLocation> = Kind::historical_location;
template <>
constexpr Kind kind_of<Sensor> = Kind::sensor;
template <>
constexpr Kind kind_of<ObservedProperty> = Kind::observed_property;
template <>
constexpr Kind kind_of<Datastream> = Kind::datastream;
template <>
constexpr Kind kind_of<FeatureOfInterest> = Kind::feature;
template <>
constexpr Kind kind_of<Place> = Kind::place;

std::unexpected<Error> no_such(std::string_view what, std::int64_t id) {
    return fail(Errc::not_found, fmt::format("there is no {} {}", what, id));
}

template <typename Entity>
const std::string& name_in(const Entity& entity) {
    return entity.name;
}
const std::string& name_in(const Place& place) {
    return place.name.nb;
}

/// Everything, as a value: a transaction works on a copy, which takes the old one's place when it succeeds.
struct State {
    std::tuple<Rows<Thing>, Rows<Location>, Rows<HistoricalLocation>, Rows<Sensor>, Rows<ObservedProperty>,
               Rows<Datastream>, Rows<FeatureOfInterest>, Rows<Place>>
        tables;
    std::map<Kind, std::int64_t> last_ids;
    std::map<std::pair<Kind, std::int64_t>, Change> changes;
    std::map<LocationId, FeatureId> generated;
    std::set<std::string, std::less<>> slugs;  // all that ever were
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
    void note(decltype(Entity::id) id, bool removed) {
        changes[{kind_of<Entity>, id.value}] = {version + 1, kind_of<Entity>, id.value, removed};
    }

    template <typename Entity>
    decltype(Entity::id) put_new(Entity entity) {
        entity.id.value = ++last_ids[kind_of<Entity>];
        const auto id = entity.id;
        rows<Entity>()[id] = std::move(entity);
        note<Entity>(id, false);
        return id;
    }

    template <typename Entity>
    Result<void> exists(std::string_view what, decltype(Entity::id) id) const {
        return rows<Entity>().contains(id) ? Result<void>{} : no_such(what, id.value);
    }

    // What must hold beyond the entity itself.
    Result<void> check(const Location& /*location*/) const { return {}; }
    Result<void> check(const Sensor& /*sensor*/) const { return {}; }
    Result<void> check(const ObservedProperty& /*property*/) const { return {}; }
    Result<void> check(const FeatureOfInterest& /*feature*/) const { return {}; }
    Result<void> check(const Thing& thing) const;
    Result<void> check(const Datastream& datastream) const;
    Result<void> check(const Place& place) const;

    template <typename Entity>
    Result<decltype(Entity::id)> add(const Entity& entity, Instant now);
    template <typename Entity>
    Result<void> replace(Entity entity);

    Result<HistoricalLocationId> move(ThingId thing, const std::vector<LocationId>& locations, Instant time);

    void erase_datastream(DatastreamId id, Removed& removed);
    template <typename Match>
    void erase_datastreams(Match match, Removed& removed);
    void erase(ThingId id, Removed& removed);
    void erase(LocationId id, Removed& removed);
    void erase(SensorId id, Removed& removed);
    void erase(ObservedPropertyId id, Removed& removed);
    void erase(DatastreamId id, Removed& removed) { erase_datastream(id, removed); }
    void erase(FeatureId id, Removed& removed);
    void erase(PlaceId id, Removed& removed);
};

Result<void> State::check(const Thing& thing) const {
    for (const auto& [id, other] : rows<Thing>()) {
        if (id != thing.id && !thing.external_key.empty() && other.external_key == thing.external_key) {
            return fail(Errc::conflict, fmt::format("external key '{}' is another thing's", thing.external_key));
        }
    }
    for (const auto location : thing.locations) {
        TRY_DO(exists<Location>("location", location));
    }
    return {};
}

Result<void> State::check(const Datastream& datastream) const {
    TRY_DO(exists<Thing>("thing", datastream.thing));
    TRY_DO(exists<Sensor>("sensor", datastream.sensor));
    TRY_DO(exists<ObservedProperty>("observed property", datastream.observed_property));
    if (datastream.external_keys.empty()) {
        return {};
    }
    for (const auto& [id, other] : rows<Datastream>()) {
        for (const auto& key : datastream.external_keys) {
            if (id != datastream.id && std::ranges::find(other.external_keys, key) != other.external_keys.end()) {
                return fail(Errc::conflict, fmt::format("external key '{}' is another datastream's", key));
            }
        }
    }
    return {};
}

Result<void> State::check(const Place& place) const {
    for (const auto thing : place.things) {
        TRY_DO(exists<Thing>("thing", thing));
    }
    for (const auto datastream : place.datastreams) {
        TRY_DO(exists<Datastream>("datastream", datastream));
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
    const auto id = put_new(std::move(entity));
    if constexpr (std::is_same_v<Entity, Thing>) {
        if (!given.locations.empty()) {
            TRY_DO(move(id, given.locations, now));
        }
    }
    return id;
}

template <typename Entity>
Result<void> State::replace(Entity entity) {
    TRY_DO(validate(entity));
    const auto found = rows<Entity>().find(entity.id);
    if (found == rows<Entity>().end()) {
        return no_such("entity", entity.id.value);
    }
    if constexpr (std::is_same_v<Entity, Thing>) {
        entity.locations = found->second.locations;
    }
    if constexpr (std::is_same_v<Entity, Place>) {
        if (entity.slug != found->second.slug) {
            return fail(Errc::conflict, fmt::format("the slug '{}' is permanent", found->second.slug));
        }
    }
    if constexpr (std::is_same_v<Entity, Location>) {
        // What was observed stays where it was observed; new observations get a new feature.
        if (entity.geometry != found->second.geometry) {
            generated.erase(entity.id);
        }
    }
    TRY_DO(check(entity));
    note<Entity>(entity.id, false);
    found->second = std::move(entity);
    return {};
}

Result<HistoricalLocationId> State::move(ThingId id, const std::vector<LocationId>& locations, Instant time) {
    TRY_DO(exists<Thing>("thing", id));
    for (const auto location : locations) {
        TRY_DO(exists<Location>("location", location));
    }
    const bool newest = std::ranges::none_of(
        rows<HistoricalLocation>(), [&](const auto& row) { return row.second.thing == id && row.second.time > time; });
    const auto made = put_new(HistoricalLocation{.id = {}, .thing = id, .time = time, .locations = locations});
    if (newest) {
        rows<Thing>().at(id).locations = locations;
        note<Thing>(id, false);
    }
    return made;
}

void State::erase_datastream(DatastreamId id, Removed& removed) {
    rows<Datastream>().erase(id);
    note<Datastream>(id, true);
    removed.datastreams.push_back(id);
    for (auto& [place_id, place] : rows<Place>()) {
        if (std::erase(place.datastreams, id) > 0) {
            note<Place>(place_id, false);
        }
    }
}

template <typename Match>
void State::erase_datastreams(Match match, Removed& removed) {
    std::vector<DatastreamId> gone;
    for (const auto& [id, datastream] : rows<Datastream>()) {
        if (match(datastream)) {
            gone.push_back(id);
        }
    }
    for (const auto id : gone) {
        erase_datastream(id, removed);
    }
}

void State::erase(ThingId id, Removed& removed) {
    erase_datastreams([&](const Datastream& datastream) { return datastream.thing == id; }, removed);
    std::erase_if(rows<HistoricalLocation>(), [&](const auto& row) { return row.second.thing == id; });
    for (auto& [place_id, place] : rows<Place>()) {
        if (std::erase(place.things, id) > 0) {
            note<Place>(place_id, false);
        }
    }
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
    generated.erase(id);
    rows<Location>().erase(id);
    note<Location>(id, true);
}

void State::erase(SensorId id, Removed& removed) {
    erase_datastreams([&](const Datastream& datastream) { return datastream.sensor == id; }, removed);
    rows<Sensor>().erase(id);
    note<Sensor>(id, true);
}

void State::erase(ObservedPropertyId id, Removed& removed) {
    erase_datastreams([&](const Datastream& datastream) { return datastream.observed_property == id; }, removed);
    rows<ObservedProperty>().erase(id);
    note<ObservedProperty>(id, true);
}

void State::erase(FeatureId id, Removed& /*removed*/) {
    std::erase_if(generated, [&](const auto& entry) { return entry.second == id; });
    rows<FeatureOfInterest>().erase(id);
    note<FeatureOfInterest>(id, true);
}

void State::erase(PlaceId id, Removed& /*removed*/) {
    rows<Place>().erase(id);
    note<Place>(id, true);
}

/// The state and its lock.
class Keeper {
public:
    explicit Keeper(const Clock& clock) : clock_(clock) {}

    template <typename Work>
    auto read(Work work) const {
        const std::lock_guard lock(mutex_);
        return work(state_);
    }

    template <typename Work>
    auto change(Work work) {
        const std::lock_guard lock(mutex_);
        State draft = state_;
        auto result = work(draft, clock_.now());
        if (result) {
            ++draft.version;
            publish(draft);
            state_ = std::move(draft);
        }
        return result;
    }

    std::shared_ptr<const Streams> streams() const {
        const std::lock_guard lock(mutex_);
        return streams_;
    }

private:
    void publish(const State& draft) {
        std::vector<Stream> changed;
        std::vector<DatastreamId> removed;
        for (const auto& [key, change] : draft.changes) {
            if (change.kind == Kind::datastream && change.version == draft.version) {
                const DatastreamId id{change.id};
                if (change.removed) {
                    removed.push_back(id);
                } else {
                    changed.push_back(stream_of(draft.rows<Datastream>().at(id)));
                }
            }
        }
        streams_ = streams_->with(draft.version, std::move(changed), removed);
    }

    const Clock& clock_;
    mutable std::mutex mutex_;
    State state_;
    std::shared_ptr<const Streams> streams_ = std::make_shared<const Streams>();
};

template <typename Entity>
class MemoryCollection final : public Collection<Entity> {
public:
    using IdOf = typename Collection<Entity>::IdOf;

    explicit MemoryCollection(Keeper& keeper) : keeper_(keeper) {}

    Result<IdOf> create(const Entity& entity) override {
        return keeper_.change([&](State& state, Instant now) { return state.add(entity, now); });
    }
    Result<void> update(const Entity& entity) override {
        return keeper_.change([&](State& state, Instant /*now*/) { return state.replace(entity); });
    }
    Result<Entity> get(IdOf id) const override {
        return keeper_.read([&](const State& state) -> Result<Entity> {
            TRY_DO(state.exists<Entity>("entity", id));
            return state.rows<Entity>().at(id);
        });
    }
    Result<Page<Entity>> list(IdOf after, std::size_t limit) const override {
        return keeper_.read([&](const State& state) -> Result<Page<Entity>> {
            Page<Entity> page;
            const auto& rows = state.rows<Entity>();
            auto row = rows.upper_bound(after);
            for (; row != rows.end() && page.items.size() < std::min(limit, page_max); ++row) {
                page.items.push_back(row->second);
            }
            page.more = row != rows.end();
            return page;
        });
    }
    Result<std::vector<Entity>> find_by_name(std::string_view name) const override {
        return keeper_.read([&](const State& state) -> Result<std::vector<Entity>> {
            std::vector<Entity> found;
            for (const auto& [id, entity] : state.rows<Entity>()) {
                if (name_in(entity) == name && found.size() < page_max) {
                    found.push_back(entity);
                }
            }
            return found;
        });
    }
    Result<Removed> remove(IdOf id) override {
        return keeper_.change([&](State& state, Instant /*now*/) -> Result<Removed> {
            TRY_DO(state.exists<Entity>("entity", id));
            Removed removed;
            state.erase(id, removed);
            return removed;
        });
    }

private:
    Keeper& keeper_;
};

Result<InsertedThing> insert_into(State& state, const NewThing& given, Instant now) {
    InsertedThing inserted;
    Thing thing = given.thing;
    for (const auto& location : given.locations) {
        TRY(const auto id, state.add(location, now));
        inserted.locations.push_back(id);
        thing.locations.push_back(id);
    }
    TRY(inserted.thing, state.add(thing, now));
    for (const auto& [wanted, sensor, property] : given.datastreams) {
        Datastream datastream = wanted;
        datastream.thing = inserted.thing;
        if (sensor) {
            TRY(datastream.sensor, state.add(*sensor, now));
        }
        if (property) {
            TRY(datastream.observed_property, state.add(*property, now));
        }
        TRY(const auto id, state.add(datastream, now));
        inserted.datastreams.push_back(id);
    }
    return inserted;
}

Result<FeatureId> feature_in(State& state, ThingId id, Instant now) {
    TRY_DO(state.exists<Thing>("thing", id));
    const auto& locations = state.rows<Thing>().at(id).locations;
    if (locations.empty()) {
        return fail(Errc::not_found,
                    fmt::format("thing {} has no location to make a feature of interest from", id.value));
    }
    const auto found = state.generated.find(locations.front());
    if (found != state.generated.end()) {
        return found->second;
    }
    const Location& location = state.rows<Location>().at(locations.front());
    TRY(const auto made, state.add(FeatureOfInterest{.id = {},
                                                     .name = location.name,
                                                     .description = location.description,
                                                     .encoding_type = location.encoding_type,
                                                     .feature = location.geometry,
                                                     .properties = "{}"},
                                   now));
    state.generated[location.id] = made;
    return made;
}

class MemoryRegistry final : public Registry {
public:
    explicit MemoryRegistry(const Clock& clock) : keeper_(clock) {}

    Collection<Thing>& things() override { return things_; }
    Collection<Location>& locations() override { return locations_; }
    Collection<Sensor>& sensors() override { return sensors_; }
    Collection<ObservedProperty>& observed_properties() override { return observed_properties_; }
    Collection<Datastream>& datastreams() override { return datastreams_; }
    Collection<FeatureOfInterest>& features() override { return features_; }
    Collection<Place>& places() override { return places_; }

    Result<InsertedThing> insert(const NewThing& thing) override {
        return keeper_.change([&](State& state, Instant now) { return insert_into(state, thing, now); });
    }

    Result<std::vector<DatastreamId>> create_all(const std::vector<Datastream>& datastreams) override {
        if (datastreams.size() > bulk_max) {
            return fail(Errc::exhausted, fmt::format("at most {} datastreams are made at once", bulk_max));
        }
        return keeper_.change([&](State& state, Instant now) -> Result<std::vector<DatastreamId>> {
            std::vector<DatastreamId> ids;
            for (const auto& datastream : datastreams) {
                TRY(const auto id, state.add(datastream, now));
                ids.push_back(id);
            }
            return ids;
        });
    }

    Result<HistoricalLocationId> move(ThingId thing, const std::vector<LocationId>& locations, Instant time) override {
        return keeper_.change([&](State& state, Instant /*now*/) { return state.move(thing, locations, time); });
    }

    Result<std::vector<HistoricalLocation>> historical_locations(ThingId thing, Instant before,
                                                                 std::size_t limit) const override {
        return keeper_.read([&](const State& state) -> Result<std::vector<HistoricalLocation>> {
            TRY_DO(state.exists<Thing>("thing", thing));
            std::vector<HistoricalLocation> found;
            for (const auto& [id, row] : state.rows<HistoricalLocation>()) {
                if (row.thing == thing && row.time < before) {
                    found.push_back(row);
                }
            }
            std::ranges::sort(found, std::greater{}, [](const auto& row) { return std::pair(row.time, row.id); });
            found.resize(std::min({found.size(), limit, page_max}));
            return found;
        });
    }

    Result<FeatureId> feature_of(ThingId thing) override {
        const auto made = keeper_.read([&](const State& state) -> std::optional<FeatureId> {
            const auto row = state.rows<Thing>().find(thing);
            if (row == state.rows<Thing>().end() || row->second.locations.empty()) {
                return std::nullopt;
            }
            const auto found = state.generated.find(row->second.locations.front());
            return found == state.generated.end() ? std::nullopt : std::optional(found->second);
        });
        if (made) {
            return *made;
        }
        return keeper_.change([&](State& state, Instant now) { return feature_in(state, thing, now); });
    }

    Result<Thing> thing_by_key(std::string_view key) const override {
        return first<Thing>("thing", key,
                            [&](const Thing& thing) { return thing.external_key == key && !key.empty(); });
    }
    Result<Datastream> datastream_by_key(std::string_view key) const override {
        return first<Datastream>("datastream", key, [&](const Datastream& datastream) {
            return std::ranges::find(datastream.external_keys, key) != datastream.external_keys.end();
        });
    }
    Result<Place> place_by_slug(std::string_view slug) const override {
        return first<Place>("place", slug, [&](const Place& place) { return place.slug == slug; });
    }

    Result<Page<Datastream>> datastreams_where(const DatastreamFilter& filter, DatastreamId after,
                                               std::size_t limit) const override {
        return keeper_.read([&](const State& state) -> Result<Page<Datastream>> {
            Page<Datastream> page;
            for (const auto& [id, row] : state.rows<Datastream>()) {
                const bool wanted = id > after && filter.thing.value_or(row.thing) == row.thing &&
                                    filter.sensor.value_or(row.sensor) == row.sensor &&
                                    filter.observed_property.value_or(row.observed_property) == row.observed_property &&
                                    filter.access.value_or(row.access) == row.access;
                if (wanted && page.items.size() == std::min(limit, page_max)) {
                    page.more = true;
                    break;
                }
                if (wanted) {
                    page.items.push_back(row);
                }
            }
            return page;
        });
    }

    Result<std::vector<ThingId>> things_at(LocationId location) const override {
        return keeper_.read([&](const State& state) -> Result<std::vector<ThingId>> {
            std::vector<ThingId> found;
            for (const auto& [id, thing] : state.rows<Thing>()) {
                if (std::ranges::find(thing.locations, location) != thing.locations.end()) {
                    found.push_back(id);
                }
            }
            return found;
        });
    }

    Result<Changes> changes_since(Version version) const override {
        return keeper_.read([&](const State& state) -> Result<Changes> {
            Changes found{.version = state.version, .complete = true, .changes = {}};
            for (const auto& [key, change] : state.changes) {
                if (change.version > version) {
                    found.changes.push_back(change);
                }
            }
            if (found.changes.size() > changes_max) {
                return Changes{.version = state.version, .complete = false, .changes = {}};
            }
            std::ranges::sort(found.changes, {}, [](const Change& c) { return std::tuple(c.version, c.kind, c.id); });
            return found;
        });
    }

    std::shared_ptr<const Streams> streams() const override { return keeper_.streams(); }
    Result<Version> refresh() override { return keeper_.streams()->version(); }

private:
    template <typename Entity, typename Match>
    Result<Entity> first(std::string_view what, std::string_view key, Match match) const {
        return keeper_.read([&](const State& state) -> Result<Entity> {
            for (const auto& [id, entity] : state.rows<Entity>()) {
                if (match(entity)) {
                    return entity;
                }
            }
            return fail(Errc::not_found, fmt::format("there is no {} '{}'", what, key));
        });
    }

    Keeper keeper_;
    MemoryCollection<Thing> things_{keeper_};
    MemoryCollection<Location> locations_{keeper_};
    MemoryCollection<Sensor> sensors_{keeper_};
    MemoryCollection<ObservedProperty> observed_properties_{keeper_};
    MemoryCollection<Datastream> datastreams_{keeper_};
    MemoryCollection<FeatureOfInterest> features_{keeper_};
    MemoryCollection<Place> places_{keeper_};
};

}  // namespace

std::unique_ptr<Registry> make_memory_registry(const Clock& clock) {
    return std::make_unique<MemoryRegistry>(clock);
}

}  // namespace bypuls::registry
