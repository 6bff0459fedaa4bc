#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "platform/publish/sensorthings/read/order.h"
#include "platform/publish/sensorthings/read/session.h"
#include "platform/publish/sensorthings/read/token.h"

namespace bypuls::sensorthings {

/// How many entities a page of the options has at most.
std::size_t page_limit(const query::Options& options, const ReadLimits& limits);

/// What makes an entity a repetition, for $distinct: what is shown of it.
using Fingerprint = std::function<Result<std::string>(const std::shared_ptr<const Entity>&)>;

struct EntityPage {
    std::vector<std::shared_ptr<const Entity>> items;
    std::optional<PageEnd> next;         ///< where the page ends, when more follow
    std::optional<std::uint64_t> count;  ///< of all that the filter leaves, when asked for
};

/// A page of the registry's entities of a kind, perhaps only those linked to one. `options` have been fitted. What the
/// registry can judge it judges; the rest is evaluated over what it gives.
Result<EntityPage> entity_page(Session& session, Kind kind, const std::optional<Origin>& of,
                               const query::Options& options, const Fingerprint& fingerprint = {});

/// An observation in columns that its page holds.
struct Row {
    observations::DatastreamId datastream{};
    const observations::Columns* columns = nullptr;
    std::size_t index = 0;
    const observations::Detail* detail = nullptr;  ///< null: none

    Instant time() const { return columns->times[index]; }
    ObservationPlace place() const { return {datastream, time()}; }
};
Reading reading_of(const Session& session, const Row& row);

struct ObservationPage {
    std::vector<Row> rows;
    std::optional<PageEnd> next;
    std::optional<std::uint64_t> count;

    std::deque<observations::Columns> columns;  ///< what the rows point into
    std::deque<observations::Detail> details;
};

/// A page of observations: of a datastream, of a feature of interest, or of all. Without $orderby they come by
/// datastream, then by time. Filters by time and datastream become ranges; $orderby=phenomenonTime seeks.
Result<ObservationPage> observation_page(Session& session, const std::optional<Origin>& of,
                                         const query::Options& options, const Fingerprint& fingerprint = {});

}  // namespace bypuls::sensorthings
