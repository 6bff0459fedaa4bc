#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "core/clock.h"
#include "platform/observations/details/details.h"
#include "platform/observations/store.h"
#include "platform/publish/sensorthings/model/observation_id.h"
#include "platform/publish/sensorthings/read/json.h"
#include "platform/publish/sensorthings/read/strangers.h"
#include "platform/registry/view.h"

namespace bypuls::sensorthings {

/// Observations whose time was changed by a person and that kept their id (18-088 §10.3), which else follows from the
/// time. Thread-safe.
class MovedObservations {
public:
    virtual ~MovedObservations() = default;
    /// Where the observation with the id is now; nothing when it never moved.
    virtual std::optional<ObservationPlace> place_of(std::int64_t id) const = 0;
    /// The id of what is at a place now, when it came there from elsewhere.
    virtual std::optional<std::int64_t> id_of(const ObservationPlace& place) const = 0;
};

/// One plane's entities and readings, only to be read. All outlive whoever is given this.
struct Data {
    const registry::View& registry;
    const observations::Store& store;
    const observations::Details* details = nullptr;  ///< null: no observation has any
    const MovedObservations* moved = nullptr;        ///< null: none has
    const Strangers* strangers = nullptr;            ///< null: looked for each time
};

/// How answers look.
struct Form {
    std::string root;  ///< absolute, without a slash at its end: "https://data.town.no/sta/v1.1"
    bool v1_0 = false;

    json::TimeForm times() const { return v1_0 ? json::TimeForm::milliseconds : json::TimeForm::shortest; }
};

/// What several questions may cost together, those of a batch: each takes from what is left. One thread at a time.
struct Allowance {
    std::size_t rows = 0;  ///< that may yet be looked at
    std::size_t answer_bytes = 0;
    std::chrono::steady_clock::duration time{};
    std::chrono::steady_clock::time_point until{};  ///< the question under way has this long
};

/// What one request may cost. Errc::exhausted beyond, with a sentence on how to ask for less.
struct ReadLimits {
    std::size_t page_default = 100;
    std::size_t page_max = 10'000;                ///< a larger $top is cut to it
    std::size_t rows_looked_at = 5'000'000;       ///< entities and observations that were fetched to be judged
    std::size_t rows_sorted = 200'000;            ///< of an order that no index gives
    std::size_t datastreams_of_filter = 100'000;  ///< that a filter by datastream may lead to
    std::size_t answer_bytes = 64U << 20U;
    std::chrono::milliseconds time{20'000};
    Allowance* together = nullptr;  ///< of the batch that the request is part of; null: it came alone
};

}  // namespace bypuls::sensorthings
