#pragma once

#include <optional>
#include <set>
#include <vector>

#include "platform/publish/sensorthings/read/session.h"

namespace bypuls::sensorthings {

/// `result gt 5`: judged on the columns of numbers, without making entities of their rows.
struct ResultTest {
    query::Operator op = query::Operator::eq;
    double number = 0;

    bool passes(double value) const;
};

/// A question about observations, taken apart into what can be sought and what has to be looked at.
struct ObservationPlan {
    std::vector<observations::DatastreamId> datastreams;  ///< by rising id
    bool all_datastreams = false;  ///< nothing narrowed them; some may be unknown to the registry
    Interval interval{observations::earliest_time, observations::latest_time};
    std::vector<ResultTest> results;
    /// The same as one filter, for readings that are not numbers.
    std::optional<query::Expression> result_filter;
    /// What is left to evaluate for each row, and what more there is for rows with details (times that are spans).
    std::optional<query::Expression> rest;
    std::optional<query::Expression> rest_of_detailed;
    std::optional<std::set<std::int64_t>> features;  ///< only observations about one of these
    bool nothing = false;                            ///< the filter leaves nothing, whatever the readings

    bool judges_readings() const { return rest || !results.empty(); }
    bool judges_rows() const { return judges_readings() || features; }
    bool whole_time() const;
};

/// Errors are those of the registry, and Errc::exhausted when a filter leads to too many datastreams.
Result<ObservationPlan> make_plan(Session& session, const std::optional<Origin>& of, const query::Options& options);

}  // namespace bypuls::sensorthings
