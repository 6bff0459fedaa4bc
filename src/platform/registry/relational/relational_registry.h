#pragma once

#include <memory>
#include <span>
#include <vector>

#include "core/clock.h"
#include "platform/database/database.h"
#include "platform/database/migrations.h"
#include "platform/registry/registry.h"

namespace bypuls::registry {

/// The tables, for database::migrate().
database::Component registry_component();

/// The registry in a database that registry_component() has been migrated in. Reads all datastreams once, for
/// streams(). `database` and `clock` outlive it.
Result<std::unique_ptr<Registry>> open_relational_registry(database::Database& database, const Clock& clock);

/// The same to be read alone, also from a database that is open to be read alone.
Result<std::unique_ptr<View>> open_relational_view(database::Database& database, const Clock& clock);

/// Those of the datastreams and multi-datastreams that the registry in this database has had and removed, in the order
/// given.
Result<std::vector<DatastreamId>> removed_datastreams(database::Database& database, std::span<const DatastreamId> of);

/// A part of a registry, to be copied under the ids that it has there. What its entities refer to is in it too.
struct Copy {
    struct LocationFeatures {
        LocationId location{};
        std::vector<FeatureSince> features;
        friend bool operator==(const LocationFeatures&, const LocationFeatures&) = default;
    };

    // Each by rising id.
    std::vector<Thing> things;
    std::vector<Location> locations;
    std::vector<HistoricalLocation> historical_locations;
    std::vector<Sensor> sensors;
    std::vector<ObservedProperty> observed_properties;
    std::vector<Datastream> datastreams;
    std::vector<MultiDatastream> multi_datastreams;
    std::vector<FeatureOfInterest> features;
    std::vector<LocationFeatures> location_features;  ///< of every one of `locations`
    std::vector<FeatureStay> kept_features;  ///< of any of `things`, about any of `features`; by thing, then time
};

/// A registry that holds what it is told and nothing else. One process writes it.
class Mirror {
public:
    virtual ~Mirror() = default;

    virtual const View& view() const = 0;
    /// Holds exactly this from now on: what differs is replaced, what is not in it is gone, in one transaction. False,
    /// and nothing is written, when it held exactly this before.
    virtual Result<bool> become(const Copy& copy) = 0;
};

/// As open_relational_registry().
Result<std::unique_ptr<Mirror>> open_relational_mirror(database::Database& database, const Clock& clock);

}  // namespace bypuls::registry
