#pragma once

#include <cstdint>
#include <optional>

#include "core/clock.h"
#include "platform/observations/observation.h"

namespace bypuls::sensorthings {

/// What an observation is known by: a datastream has at most one at each instant.
struct ObservationPlace {
    observations::DatastreamId datastream{};
    Instant time{};
    friend auto operator<=>(const ObservationPlace&, const ObservationPlace&) = default;
};

/// Ids of observations are computed from their place, not kept: id = k·2^53 + datastream·2^34 + s, where s counts whole
/// seconds since 1700-01-01T00:00:00Z (34 bits: until 2244) and k the milliseconds of the second. A reading on the
/// whole second so has an id that a double, and with it JavaScript, holds exactly. Readings of one datastream within
/// the same millisecond share an id, which stands for the first of them.
///
/// Nothing when the datastream's number (2^19 and above) or the time does not fit.
std::optional<std::int64_t> observation_id(const ObservationPlace& place);

/// The first instant that the id can stand for; the reading lies at most 999 microseconds later. Nothing for a number
/// that is no id.
std::optional<ObservationPlace> observation_place(std::int64_t id);

}  // namespace bypuls::sensorthings
