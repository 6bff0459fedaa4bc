#pragma once

#include <string>
#include <vector>

#include "core/result.h"
#include "platform/ingest/line_protocol/line_protocol.h"
#include "platform/observations/observation.h"
#include "platform/registry/registry.h"

namespace bypuls::ingest::pipeline {

/// A series that a line names and the registry does not have yet.
struct WantedSeries {
    std::string key;  ///< series_key()
    std::string measurement;
    std::string tags;  ///< "id=123,zone=7", sorted by key
    std::string field;
    observations::ResultType type = observations::ResultType::number;
};

/// Makes datastreams for lines that name new ones: internal, for a person to describe. InfluxDB clients expect that
/// writing a new series is enough.
class SeriesMaker {
public:
    virtual ~SeriesMaker() = default;
    /// Ids in the order of `wanted`; 0 for those that may not be made: the bound of new series was reached, or the
    /// registry cannot hold such a name. An error means that it is worth trying again.
    virtual Result<std::vector<observations::DatastreamId>> make(const std::vector<WantedSeries>& wanted) = 0;
};

/// Makes them in the registry: one thing for each measurement and tags, up to `series_max` in all.
class RegistrySeries final : public SeriesMaker {
public:
    RegistrySeries(registry::Registry& registry, std::size_t series_max)
        : registry_(registry), series_max_(series_max) {}
    Result<std::vector<observations::DatastreamId>> make(const std::vector<WantedSeries>& wanted) override;

private:
    Result<registry::ThingId> thing_of(const registry::Thing& wanted);
    Result<void> prepare_shared();
    Result<registry::ObservedPropertyId> property_of(const registry::ObservedProperty& wanted);

    registry::Registry& registry_;
    std::size_t series_max_;
    std::size_t made_ = 0;
    registry::SensorId sensor_{};
};

/// "line:measurement,tag=value:field" with tags sorted by key: the external key of the datastream.
void append_series_key(std::string& out, const line_protocol::Batch& batch, const line_protocol::Point& point,
                       const line_protocol::Field& field);

}  // namespace bypuls::ingest::pipeline
