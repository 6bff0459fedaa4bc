#pragma once

#include <map>
#include <memory>
#include <optional>

#include "platform/publication/plane/plane.h"
#include "platform/registry/registry.h"

namespace bypuls::publish {

using publication::DatastreamId;

/// A plane that has published two datastreams of one place, and nothing else.
class TestPlane final : public publication::Plane {
public:
    TestPlane() {
        auto made = std::make_shared<publication::Catalogue>();
        publication::PublicPlace place{.slug = "tjern"};
        for (const std::int64_t id : {12, 13}) {
            place.streams.push_back({.id = DatastreamId{id}, .property = "water_temperature", .unit = "Cel"});
        }
        made->places = {place};
        catalogue_ = std::move(made);
    }
    void read(std::int64_t id, Instant time, double value) {
        latest_[DatastreamId{id}] = {.time = time, .value = value};
    }

    std::shared_ptr<const publication::Catalogue> catalogue() const override { return catalogue_; }
    std::shared_ptr<const registry::View> registry() const override { return registry_; }
    std::optional<observations::Observation> latest(DatastreamId id) const override {
        const auto found = latest_.find(id);
        return found == latest_.end() ? std::nullopt : std::optional(found->second);
    }
    std::optional<observations::Observation> latest_usable(DatastreamId id) const override { return latest(id); }
    std::uint64_t count(DatastreamId) const override { return 0; }
    Result<std::uint64_t> count(DatastreamId, Interval) const override { return 0; }
    Result<observations::Series> range(DatastreamId, Interval, const observations::RangeOptions&) const override {
        return observations::Series{};
    }
    Result<Bytes> fingerprint(DatastreamId, Interval) const override { return Bytes{}; }
    Result<std::vector<observations::Bucket>> rollup(DatastreamId, Interval, observations::Step) const override {
        return std::vector<observations::Bucket>{};
    }
    Result<observations::Aggregate> aggregate(DatastreamId, Interval) const override {
        return observations::Aggregate{};
    }

    std::shared_ptr<registry::Registry> registry_;

private:
    std::shared_ptr<const publication::Catalogue> catalogue_;
    std::map<DatastreamId, observations::Observation> latest_;
};

}  // namespace bypuls::publish
