#pragma once

#include <optional>

#include "platform/publish/sensorthings/read/observation_plan.h"
#include "platform/publish/sensorthings/read/pages.h"

namespace bypuls::sensorthings {

/// A walk through one datastream's rows that a plan leaves, in the direction of time or against it. What is read stays
/// in the page, since its rows point there.
class Cursor {
public:
    Cursor(Session& session, const ObservationPlan& plan, observations::DatastreamId id, observations::Order order,
           std::optional<Instant> after, std::size_t chunk);

    /// The next row that the plan leaves, or nothing at the end. `page` keeps what it points into.
    Result<std::optional<Row>> next(ObservationPage& page);
    observations::DatastreamId datastream() const { return id_; }

private:
    Result<void> begin();
    Result<bool> fetch(ObservationPage& page);
    Result<void> fetch_details(ObservationPage& page);
    Result<bool> accepts(const Row& row);
    bool passes_results(const Row& row) const;

    Session& session_;
    const ObservationPlan& plan_;
    observations::DatastreamId id_;
    Interval interval_;  // of the plan, as far as it can hold what is wanted
    observations::RangeOptions options_;
    bool begun_ = false;
    bool more_ = true;
    bool has_details_ = false;
    const observations::Columns* columns_ = nullptr;
    std::size_t at_ = 0;
    std::map<Instant, const observations::Detail*> details_;
};

}  // namespace bypuls::sensorthings
