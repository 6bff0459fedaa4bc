#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "platform/registry/model.h"
#include "platform/registry/streams.h"

namespace bypuls::registry {

/// The most that one page of a list, or one find, gives.
constexpr std::size_t page_max = 10'000;
/// The most changes that `changes_since` lists before it says to read everything anew.
constexpr std::size_t changes_max = 100'000;
/// The most datastreams that one `create_all` takes.
constexpr std::size_t bulk_max = 100'000;

template <typename Entity>
struct Page {
    std::vector<Entity> items;  ///< by rising id
    bool more = false;          ///< ask again after the last one's id
};

/// What went away with an entity, beside itself, so that its readings can be deleted too.
struct Removed {
    std::vector<DatastreamId> datastreams;
};

/// The entities of one kind.
template <typename Entity>
class Collection {
public:
    using IdOf = decltype(Entity::id);

    virtual ~Collection() = default;

    /// Stores it under a new id, which has never been another's; the id in `entity` is ignored.
    /// Errc::malformed from validate(), not_found for a reference to what does not exist, conflict for an external key
    /// or slug that is taken.
    virtual Result<IdOf> create(const Entity& entity) = 0;
    /// Replaces all of it. The errors of create; not_found when there is none; conflict when a place's slug changes.
    virtual Result<void> update(const Entity& entity) = 0;
    virtual Result<Entity> get(IdOf id) const = 0;
    /// At most `limit` (1 to page_max) with ids above `after`, by rising id.
    virtual Result<Page<Entity>> list(IdOf after, std::size_t limit) const = 0;
    /// All with exactly this name (of a place: its bokmål name), by rising id, at most page_max.
    virtual Result<std::vector<Entity>> find_by_name(std::string_view name) const = 0;
    /// Deletes it with what cannot be without it (18-088 §10.4, table 24): a thing's datastreams and historical
    /// locations, a sensor's or observed property's datastreams, a location's historical locations.
    virtual Result<Removed> remove(IdOf id) = 0;
};

/// A datastream to be made together with its thing; a sensor or property given here is made too and linked.
struct NewDatastream {
    Datastream datastream{};
    std::optional<Sensor> sensor{};
    std::optional<ObservedProperty> observed_property{};
};

/// A thing and what hangs on it (deep insert, 18-088 §10.2.1).
struct NewThing {
    Thing thing{};
    std::vector<Location> locations{};  ///< made and linked, beside thing.locations
    std::vector<NewDatastream> datastreams{};
};

struct InsertedThing {
    ThingId thing{};
    std::vector<LocationId> locations;      ///< of NewThing::locations, in order
    std::vector<DatastreamId> datastreams;  ///< of NewThing::datastreams, in order
};

enum class Kind : std::uint8_t {
    thing,
    location,
    historical_location,
    sensor,
    observed_property,
    datastream,
    feature,
    place
};

struct Change {
    Version version = 0;
    Kind kind = Kind::thing;
    std::int64_t id = 0;
    bool removed = false;

    friend bool operator==(const Change&, const Change&) = default;
};

struct Changes {
    Version version = 0;   ///< ask again from here
    bool complete = true;  ///< false: more than changes_max, so read everything anew
    /// By rising version; an entity that changed twice stands once, at the last. Historical locations are told when
    /// they are made, but go unsaid with their thing or location.
    std::vector<Change> changes;
};

struct DatastreamFilter {
    std::optional<ThingId> thing{};
    std::optional<SensorId> sensor{};
    std::optional<ObservedPropertyId> observed_property{};
    std::optional<Access> access{};
};

/// What the city measures, where and with what. Thread-safe. Each call is one transaction: durable when it returns a
/// value, without effect when it returns an error. Calls block, except streams(), so the event loop makes them through
/// a Pool.
class Registry {
public:
    virtual ~Registry() = default;

    virtual Collection<Thing>& things() = 0;
    virtual Collection<Location>& locations() = 0;
    virtual Collection<Sensor>& sensors() = 0;
    virtual Collection<ObservedProperty>& observed_properties() = 0;
    virtual Collection<Datastream>& datastreams() = 0;
    virtual Collection<FeatureOfInterest>& features() = 0;
    virtual Collection<Place>& places() = 0;

    /// Makes a thing with its locations, datastreams, sensors and properties, or nothing at all.
    virtual Result<InsertedThing> insert(const NewThing& thing) = 0;
    /// Makes many at once; all or none. Errc::exhausted above bulk_max. The answer is in the order given.
    virtual Result<std::vector<DatastreamId>> create_all(const std::vector<Datastream>& datastreams) = 0;

    /// The thing is at `locations` since `time`: makes a historical location, which becomes the present one unless a
    /// later one is known (18-088 §10.2, §8.2.3). Making a thing with locations does this too.
    virtual Result<HistoricalLocationId> move(ThingId thing, const std::vector<LocationId>& locations,
                                              Instant time) = 0;
    /// By falling time, at most `limit`, all of them before `before`.
    virtual Result<std::vector<HistoricalLocation>> historical_locations(ThingId thing, Instant before,
                                                                         std::size_t limit) const = 0;

    /// The feature that observations of the thing are about when the sender names none: the one made from the thing's
    /// first location, made now if need be (18-088 §10.2.1.3). Errc::not_found when the thing has no location.
    virtual Result<FeatureId> feature_of(ThingId thing) = 0;

    virtual Result<Thing> thing_by_key(std::string_view external_key) const = 0;
    virtual Result<Datastream> datastream_by_key(std::string_view external_key) const = 0;
    virtual Result<Place> place_by_slug(std::string_view slug) const = 0;
    /// By rising id, at most `limit` with ids above `after`.
    virtual Result<Page<Datastream>> datastreams_where(const DatastreamFilter& filter, DatastreamId after,
                                                       std::size_t limit) const = 0;
    /// The things that are at a location now.
    virtual Result<std::vector<ThingId>> things_at(LocationId location) const = 0;

    virtual Result<Changes> changes_since(Version version) const = 0;

    /// Every datastream as of the newest change this process knows. Never blocks on storage.
    virtual std::shared_ptr<const Streams> streams() const = 0;
    /// Looks for changes made by other processes and brings streams() up to them.
    virtual Result<Version> refresh() = 0;
};

}  // namespace bypuls::registry
