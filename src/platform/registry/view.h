#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "platform/registry/model.h"
#include "platform/registry/selection.h"
#include "platform/registry/streams.h"

/// A registry to be read. What serves readers is handed a View, and cannot tell which registry is behind it nor change
/// it: the public plane has one of its own.
namespace bypuls::registry {

/// The most that one page of a list, or one find, gives.
constexpr std::size_t page_max = 10'000;
/// The most changes that `changes_since` lists before it says to read everything anew.
constexpr std::size_t changes_max = 100'000;
/// The most stays of one thing that `features_of` looks at.
constexpr std::size_t stays_max = 1000;

template <typename Entity>
struct Page {
    std::vector<Entity> items;  ///< by rising id, or in the order that was asked for
    bool more = false;          ///< ask again after the last one
};

/// The entities of one kind, to be read. Thread-safe; blocks.
template <typename Entity>
class Entities {
public:
    using IdOf = decltype(Entity::id);

    virtual ~Entities() = default;

    virtual Result<Entity> get(IdOf id) const = 0;
    /// Those of the ids that are there, each once, by rising id. Errc::exhausted for more than page_max ids.
    virtual Result<std::vector<Entity>> get_all(std::span<const IdOf> ids) const = 0;
    /// At most `limit` (1 to page_max) with ids above `after`, by rising id.
    virtual Result<Page<Entity>> list(IdOf after, std::size_t limit) const = 0;
    /// All with exactly this name (of a place: its bokmål name), by rising id, at most page_max. A historical location
    /// has no name and is never found.
    virtual Result<std::vector<Entity>> find_by_name(std::string_view name) const = 0;

    /// A page of what a question wants. Pages that go on after the last entity of the one before give every entity
    /// that was there all along exactly once, whatever is added or removed meanwhile.
    /// Errc::malformed for a filter or order that can_select() or can_order() refuses, for a kind that is not linked
    /// to `of`, and for an `after` that does not fit `order`. An `of` that is not there leads to nothing.
    virtual Result<Page<Entity>> select(const Selection& selection) const = 0;
    /// How many a question without a page wants; the errors of select.
    virtual Result<std::uint64_t> count(const std::optional<Related>& of = std::nullopt,
                                        const query::Expression* where = nullptr) const = 0;
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
    /// they are made, changed or removed, but go unsaid with their thing or location.
    std::vector<Change> changes;
};

struct DatastreamFilter {
    std::optional<ThingId> thing{};
    std::optional<SensorId> sensor{};
    std::optional<ObservedPropertyId> observed_property{};
    std::optional<Access> access{};
};

/// A time during which what was observed of a thing is about a feature of interest.
struct Featured {
    ThingId thing{};
    /// From the thing's or the feature's beginning it is observations::earliest_time, until now and on latest_time.
    Interval during{};

    friend bool operator==(const Featured&, const Featured&) = default;
};

/// The same from the thing's side.
struct FeatureStay {
    ThingId thing{};
    Interval during{};  ///< as in Featured
    FeatureId feature{};

    friend bool operator==(const FeatureStay&, const FeatureStay&) = default;
};

/// Which feature of interest stands for a location since when.
struct FeatureSince {
    Instant since{};      ///< observations::earliest_time for the first
    FeatureId feature{};  ///< none when nobody has asked for one yet

    friend bool operator==(const FeatureSince&, const FeatureSince&) = default;
};

/// What the city measures, where and with what. Thread-safe. Calls block, except streams(), so the event loop makes
/// them through a Pool.
class View {
public:
    virtual ~View() = default;

    virtual const Entities<Thing>& things() const = 0;
    virtual const Entities<Location>& locations() const = 0;
    virtual const Entities<HistoricalLocation>& historical_locations() const = 0;
    virtual const Entities<Sensor>& sensors() const = 0;
    virtual const Entities<ObservedProperty>& observed_properties() const = 0;
    virtual const Entities<Datastream>& datastreams() const = 0;
    virtual const Entities<MultiDatastream>& multi_datastreams() const = 0;
    virtual const Entities<FeatureOfInterest>& features() const = 0;
    virtual const Entities<Place>& places() const = 0;

    /// By falling time, at most `limit`, all of them before `before`.
    virtual Result<std::vector<HistoricalLocation>> historical_locations(ThingId thing, Instant before,
                                                                         std::size_t limit) const = 0;

    /// The feature that what was observed of the thing at an instant is about, when the sender named none: the one that
    /// was kept, else that of the first location it had then (its first known one, before that), as the location was
    /// then. Nothing when there was no location, or when no feature has been made of it yet (Registry::feature_of makes
    /// it).
    virtual Result<std::optional<FeatureId>> feature_at(ThingId thing, Instant time) const = 0;
    /// The other way: which things' observations are about the feature, and when. By thing, then time; at most
    /// page_max.
    virtual Result<std::vector<Featured>> featured(FeatureId feature) const = 0;

    /// What featured() tells, asked by thing: the features that what was observed of these things is about, and when.
    /// By thing, then time; things that are not there have none. Of a thing that moved oftener than stays_max times,
    /// only the newest stays count, the oldest of them from the beginning; what was kept counts however long ago it
    /// was. Errc::exhausted for more than page_max things.
    virtual Result<std::vector<FeatureStay>> features_of(std::span<const ThingId> things) const = 0;

    /// Where what was observed of these things stayed about the feature that it was about when another place of the
    /// thing was told later (Registry::apply). By thing, then time. Errc::exhausted for more than page_max things.
    virtual Result<std::vector<FeatureStay>> kept_features(std::span<const ThingId> things) const = 0;

    /// The features that have stood for a location, by rising time: a new one each time its geometry was corrected.
    virtual Result<std::vector<FeatureSince>> location_features(LocationId location) const = 0;

    virtual Result<Thing> thing_by_key(std::string_view external_key) const = 0;
    virtual Result<Datastream> datastream_by_key(std::string_view external_key) const = 0;
    virtual Result<Place> place_by_slug(std::string_view slug) const = 0;
    /// By rising id, at most `limit` with ids above `after`.
    virtual Result<Page<Datastream>> datastreams_where(const DatastreamFilter& filter, DatastreamId after,
                                                       std::size_t limit) const = 0;
    /// The things that are at a location now.
    virtual Result<std::vector<ThingId>> things_at(LocationId location) const = 0;

    virtual Result<Changes> changes_since(Version version) const = 0;

    /// Every datastream and multi-datastream as of the newest change this process knows. Never blocks on storage.
    virtual std::shared_ptr<const Streams> streams() const = 0;
    /// Looks for changes made by other processes and brings streams() up to them.
    virtual Result<Version> refresh() = 0;
};

}  // namespace bypuls::registry
