#include "platform/registry/memory.h"

#include <algorithm>
#include <mutex>
#include <set>
#include <tuple>

#include "platform/registry/limits.h"
#include "platform/registry/memory_state.h"

namespace bypuls::registry {
namespace {

using memory::State;

template <typename Entity>
const std::string& name_in(const Entity& entity) {
    return entity.name;
}
const std::string& name_in(const Place& place) {
    return place.name.nb;
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

    Instant now() const { return clock_.now(); }

    std::shared_ptr<const Streams> streams() const {
        const std::lock_guard lock(mutex_);
        return streams_;
    }

private:
    void publish(const State& draft) {
        std::vector<Stream> changed;
        std::vector<DatastreamId> removed;
        for (const auto& [key, change] : draft.changes) {
            const bool single = change.kind == Kind::datastream;
            if (change.version != draft.version || (!single && change.kind != Kind::multi_datastream)) {
                continue;
            }
            const DatastreamId id{change.id};
            if (change.removed) {
                removed.push_back(id);
            } else {
                changed.push_back(single ? stream_of(draft.rows<Datastream>().at(id))
                                         : stream_of(draft.rows<MultiDatastream>().at(id)));
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
        return keeper_.change([&](State& state, Instant now) { return state.replace(entity, now); });
    }
    Result<Removed> remove(IdOf id) override {
        return keeper_.change([&](State& state, Instant /*now*/) { return state.remove<Entity>(id); });
    }
    Result<Entity> get(IdOf id) const override {
        return keeper_.read([&](const State& state) -> Result<Entity> {
            TRY_DO(state.exists<Entity>(id));
            return state.rows<Entity>().at(id);
        });
    }
    Result<std::vector<Entity>> get_all(std::span<const IdOf> ids) const override {
        TRY_DO(at_most_a_page(ids.size()));
        return keeper_.read([&](const State& state) -> Result<std::vector<Entity>> {
            std::vector<Entity> found;
            for (const IdOf id : std::set<IdOf>(ids.begin(), ids.end())) {
                if (const auto row = state.rows<Entity>().find(id); row != state.rows<Entity>().end()) {
                    found.push_back(row->second);
                }
            }
            return found;
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
            if constexpr (!std::is_same_v<Entity, HistoricalLocation>) {
                for (const auto& [id, entity] : state.rows<Entity>()) {
                    if (name_in(entity) == name && found.size() < page_max) {
                        found.push_back(entity);
                    }
                }
            }
            return found;
        });
    }
    Result<Page<Entity>> select(const Selection& selection) const override {
        return keeper_.read(
            [&](const State& state) { return memory::select<Entity>(state, selection, keeper_.now()); });
    }
    Result<std::uint64_t> count(const std::optional<Related>& of, const query::Expression* where) const override {
        return keeper_.read([&](const State& state) { return memory::count<Entity>(state, of, where, keeper_.now()); });
    }

private:
    Keeper& keeper_;
};

class MemoryRegistry final : public Registry {
public:
    explicit MemoryRegistry(const Clock& clock) : keeper_(clock) {}

    Collection<Thing>& things() override { return things_; }
    Collection<Location>& locations() override { return locations_; }
    Collection<HistoricalLocation>& historical_locations() override { return historical_locations_; }
    Collection<Sensor>& sensors() override { return sensors_; }
    Collection<ObservedProperty>& observed_properties() override { return observed_properties_; }
    Collection<Datastream>& datastreams() override { return datastreams_; }
    Collection<MultiDatastream>& multi_datastreams() override { return multi_datastreams_; }
    Collection<FeatureOfInterest>& features() override { return features_; }
    Collection<Place>& places() override { return places_; }
    const Entities<Thing>& things() const override { return things_; }
    const Entities<Location>& locations() const override { return locations_; }
    const Entities<HistoricalLocation>& historical_locations() const override { return historical_locations_; }
    const Entities<Sensor>& sensors() const override { return sensors_; }
    const Entities<ObservedProperty>& observed_properties() const override { return observed_properties_; }
    const Entities<Datastream>& datastreams() const override { return datastreams_; }
    const Entities<MultiDatastream>& multi_datastreams() const override { return multi_datastreams_; }
    const Entities<FeatureOfInterest>& features() const override { return features_; }
    const Entities<Place>& places() const override { return places_; }

    Result<Applied> apply(std::span<const Write> writes, std::span<const std::string> names,
                          const ObservedDuring& observed) override {
        return keeper_.change([&](State& state, Instant now) { return state.apply(writes, names, observed, now); });
    }

    Result<InsertedThing> insert(const NewThing& thing) override {
        return keeper_.change([&](State& state, Instant now) { return state.insert(thing, now); });
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
            TRY_DO(state.exists<Thing>(thing));
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

    Result<std::optional<FeatureId>> feature_at(ThingId thing, Instant time) const override {
        return keeper_.read([&](const State& state) -> Result<std::optional<FeatureId>> {
            TRY_DO(state.exists<Thing>(thing));
            return state.feature_at(thing, time);
        });
    }
    Result<std::vector<Featured>> featured(FeatureId feature) const override {
        return keeper_.read([&](const State& state) -> Result<std::vector<Featured>> {
            TRY_DO(state.exists<FeatureOfInterest>(feature));
            return state.featured(feature);
        });
    }
    Result<std::vector<FeatureStay>> features_of(std::span<const ThingId> things) const override {
        TRY_DO(at_most_a_page(things.size()));
        return keeper_.read([&](const State& state) -> Result<std::vector<FeatureStay>> {
            std::vector<FeatureStay> found;
            for (const ThingId thing : std::set<ThingId>(things.begin(), things.end())) {
                state.add_features_of(thing, found);
            }
            return found;
        });
    }
    Result<std::vector<FeatureStay>> kept_features(std::span<const ThingId> things) const override {
        TRY_DO(at_most_a_page(things.size()));
        return keeper_.read([&](const State& state) -> Result<std::vector<FeatureStay>> {
            std::vector<FeatureStay> found;
            for (const ThingId thing : std::set<ThingId>(things.begin(), things.end())) {
                std::ranges::copy(state.kept_of(thing), std::back_inserter(found));
            }
            return found;
        });
    }
    Result<std::vector<FeatureSince>> location_features(LocationId location) const override {
        return keeper_.read([&](const State& state) -> Result<std::vector<FeatureSince>> {
            TRY_DO(state.exists<Location>(location));
            return state.features.at(location);
        });
    }
    Result<FeatureId> feature_of(ThingId thing) override { return feature_of(thing, keeper_.now()); }
    Result<FeatureId> feature_of(ThingId thing, Instant time) override {
        TRY(const auto made, feature_at(thing, time));
        if (made) {
            return *made;
        }
        return keeper_.change([&](State& state, Instant now) { return state.feature_of(thing, time, now); });
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
    MemoryCollection<HistoricalLocation> historical_locations_{keeper_};
    MemoryCollection<Sensor> sensors_{keeper_};
    MemoryCollection<ObservedProperty> observed_properties_{keeper_};
    MemoryCollection<Datastream> datastreams_{keeper_};
    MemoryCollection<MultiDatastream> multi_datastreams_{keeper_};
    MemoryCollection<FeatureOfInterest> features_{keeper_};
    MemoryCollection<Place> places_{keeper_};
};

}  // namespace

std::unique_ptr<Registry> make_memory_registry(const Clock& clock) {
    return std::make_unique<MemoryRegistry>(clock);
}

}  // namespace bypuls::registry
