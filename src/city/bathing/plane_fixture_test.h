#pragma once

#include <memory>

#include "platform/observations/memory/memory_store.h"
#include "platform/publication/plane/plane.h"

namespace bypuls::bathing {

/// One stream's readings, as a store keeps them.
class OneStream final : public publication::Plane {
public:
    std::shared_ptr<const publication::Catalogue> catalogue() const override { return nullptr; }
    std::shared_ptr<const registry::View> registry() const override { return nullptr; }
    std::optional<observations::Observation> latest(publication::DatastreamId) const override { return std::nullopt; }
    std::optional<observations::Observation> latest_usable(publication::DatastreamId) const override {
        return std::nullopt;
    }
    std::uint64_t count(publication::DatastreamId id) const override { return store->count(id); }
    Result<std::uint64_t> count(publication::DatastreamId id, Interval interval) const override {
        TRY_DO(damage(count_is_damaged));
        return store->count(id, interval);
    }
    Result<observations::Series> range(publication::DatastreamId id, Interval interval,
                                       const observations::RangeOptions& options) const override {
        ++ranges;
        TRY_DO(damage(range_is_damaged));
        return store->range(id, interval, options);
    }
    Result<Bytes> fingerprint(publication::DatastreamId id, Interval interval) const override {
        return store->fingerprint(id, interval);
    }
    Result<std::vector<observations::Bucket>> rollup(publication::DatastreamId id, Interval interval,
                                                     observations::Step step) const override {
        return store->rollup(id, interval, step);
    }
    Result<observations::Aggregate> aggregate(publication::DatastreamId id, Interval interval) const override {
        return store->aggregate(id, interval);
    }

    std::unique_ptr<observations::Store> store = observations::make_memory_store();
    mutable int ranges = 0;
    bool count_is_damaged = false;
    bool range_is_damaged = false;

private:
    static Result<void> damage(bool is_damaged) {
        return is_damaged ? fail(Errc::damaged, "a block does not hold its checksum") : Result<void>();
    }
};

}  // namespace bypuls::bathing
