#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "core/result.h"
#include "platform/registry/model.h"

namespace bypuls::registry {

/// Counts the changes of the registry: one for each transaction that changed it. Never goes back.
using Version = std::uint64_t;

/// What the way in and the gate need to know of a datastream for every reading.
struct Stream {
    DatastreamId id{};
    ThingId thing{};
    SensorId sensor{};
    ObservedPropertyId observed_property{};  ///< none for a multi-datastream
    ResultType result_type = ResultType::number;
    Access access = Access::internal;
    bool simulated = false;
    /// Empty: a datastream. Else a multi-datastream, whose readings are JSON arrays of values of these types.
    std::vector<ResultType> components;
    std::vector<std::string> external_keys;

    friend bool operator==(const Stream&, const Stream&) = default;
};

Stream stream_of(const Datastream& datastream);
Stream stream_of(const MultiDatastream& datastream);

/// Does a JSON value go as one of the type? A whole number does as both, and anything as JSON.
bool fits(const nlohmann::json& value, ResultType type);
/// Errc::malformed unless the value is a reading of several values of these types. One that was not measured is null.
Result<void> check_reading(std::span<const ResultType> components, const nlohmann::json& value);

/// All datastreams at one version, by id and by external key. Immutable, so any number of threads read it unlocked.
///
/// A change makes a new one that shares nearly everything with the old: a small layer of recent changes over a large
/// base, folded together when the layer has grown.
class Streams {
public:
    /// An empty one at version 0.
    Streams();
    Streams(Version version, std::vector<Stream> streams);

    /// Nothing when there is none. Valid as long as this Streams is.
    const Stream* find(DatastreamId id) const;
    const Stream* find(std::string_view external_key) const;
    std::size_t size() const { return size_; }
    Version version() const { return version_; }
    void for_each(const std::function<void(const Stream&)>& visit) const;

    /// This with some streams set and others gone. A key that moves from one stream to another is found at the new one
    /// if both are in `changed`.
    std::shared_ptr<const Streams> with(Version version, std::vector<Stream> changed,
                                        const std::vector<DatastreamId>& removed) const;

private:
    using Held = std::shared_ptr<const Stream>;  // null: removed
    struct Layer {
        std::unordered_map<DatastreamId, Held> by_id;
        std::unordered_map<std::string_view, const Stream*> by_key;  // views into the streams of by_id

        void set(Held stream);
        void remove(DatastreamId id);
    };

    Version version_ = 0;
    std::size_t size_ = 0;
    std::shared_ptr<const Layer> base_;
    Layer recent_;
};

}  // namespace bypuls::registry
