#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "platform/registry/view.h"
#include "platform/registry/writes.h"

namespace bypuls::registry {

/// The most datastreams that one `create_all` takes.
constexpr std::size_t bulk_max = 100'000;

/// The entities of one kind.
template <typename Entity>
class Collection : public Entities<Entity> {
public:
    using typename Entities<Entity>::IdOf;

    /// Stores it under a new id, which has never been another's; the id in `entity` is ignored.
    /// Errc::malformed from validate(), not_found for a reference to what does not exist, conflict for an external key
    /// or slug that is taken. A historical location made here is a move (Registry::move).
    virtual Result<IdOf> create(const Entity& entity) = 0;
    /// Replaces all of it, except a thing's locations. The errors of create; not_found when there is none; conflict
    /// when a place's slug changes. When a historical location is its thing's newest, the thing is where it says.
    virtual Result<void> update(const Entity& entity) = 0;
    /// Deletes it with what cannot be without it (18-088 §10.4, table 24): a thing's datastreams, multi-datastreams and
    /// historical locations, a sensor's or observed property's datastreams and multi-datastreams, a location's
    /// historical locations. Removing a historical location moves nothing.
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

/// When any of these datastreams was observed within a time: from the first observation to just after the last, empty
/// when there is none. Asked in the midst of a change: it must not use the registry.
using ObservedDuring = std::function<Result<Interval>(std::span<const DatastreamId> datastreams, Interval within)>;

/// A registry that can be changed. Each call is one transaction: durable when it returns a value, without effect when
/// it returns an error.
class Registry : public View {
public:
    using View::datastreams;
    using View::features;
    using View::historical_locations;
    using View::locations;
    using View::multi_datastreams;
    using View::observed_properties;
    using View::places;
    using View::sensors;
    using View::things;
    virtual Collection<Thing>& things() = 0;
    virtual Collection<Location>& locations() = 0;
    virtual Collection<HistoricalLocation>& historical_locations() = 0;
    virtual Collection<Sensor>& sensors() = 0;
    virtual Collection<ObservedProperty>& observed_properties() = 0;
    virtual Collection<Datastream>& datastreams() = 0;
    virtual Collection<MultiDatastream>& multi_datastreams() = 0;
    virtual Collection<FeatureOfInterest>& features() = 0;
    virtual Collection<Place>& places() = 0;

    /// Makes all the changes, in order, or none of them. An error says which write it is about by its name of `names`,
    /// one for each, of which an empty one says nothing; or by its number from 1: "write 3: there is no sensor 9".
    /// Errc::exhausted above writes_max, and the errors of `observed`.
    ///
    /// What was observed stays about the feature that it was about, whatever the changes say of where its thing was:
    /// between the first and the last observation that `observed` tells of, the thing keeps the features it had, for as
    /// long as it and they exist. Without `observed`, as in every other call, nothing counts as observed.
    virtual Result<Applied> apply(std::span<const Write> writes, std::span<const std::string> names = {},
                                  const ObservedDuring& observed = {}) = 0;
    /// Makes a thing with its locations, datastreams, sensors and properties, or nothing at all.
    virtual Result<InsertedThing> insert(const NewThing& thing) = 0;
    /// Makes many at once; all or none. Errc::exhausted above bulk_max. The answer is in the order given.
    virtual Result<std::vector<DatastreamId>> create_all(const std::vector<Datastream>& datastreams) = 0;

    /// The thing is at `locations` since `time`: makes a historical location, which becomes the present one unless a
    /// later one is known (18-088 §10.2, §8.2.3). Making a thing with locations does this too.
    virtual Result<HistoricalLocationId> move(ThingId thing, const std::vector<LocationId>& locations,
                                              Instant time) = 0;

    /// What feature_at() tells, made now if need be (18-088 §10.2.1.3). Errc::not_found when the thing had no location
    /// then.
    virtual Result<FeatureId> feature_of(ThingId thing, Instant time) = 0;
    /// The same for what is observed now.
    virtual Result<FeatureId> feature_of(ThingId thing) = 0;
};

}  // namespace bypuls::registry
