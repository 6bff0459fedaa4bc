#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.h"
#include "core/result.h"
#include "platform/observations/observation.h"
#include "platform/publish/sensorthings/model/observation_id.h"
#include "platform/publish/sensorthings/write/sink.h"
#include "platform/publish/sensorthings/write/stamps.h"
#include "platform/registry/registry.h"

namespace bypuls::sensorthings {

/// The most rows of one CreateObservations; 413 beyond.
constexpr std::size_t array_rows_max = 100'000;

/// A row of CreateObservations: where it will be, or why it cannot be.
struct ArrayRow {
    ObservationPlace place{};
    std::int64_t feature = 0;  ///< 0: none was named
    std::string error;         ///< empty: good
};

/// The body of CreateObservations (18-088 §14.2) read: an answer for each row, and the good ones as the way in takes
/// them.
struct ArrayRows {
    std::vector<ArrayRow> rows;
    /// A good row: its place in `rows`, and where its text stands in `batch`.
    struct Sent {
        std::size_t row = 0;
        std::size_t begin = 0;
        std::size_t end = 0;
    };
    std::vector<Sent> sent;
    std::string batch = "[";  ///< without the closing bracket
};

/// [{"Datastream":{"@iot.id":1},"components":["phenomenonTime","result","FeatureOfInterest/id"],"dataArray":[[…],…]}].
/// Rows that do not follow stand with their reason; Errc::malformed when the body as a whole is not of this form,
/// exhausted beyond array_rows_max. Rows without a time are given one of `stamps`, from `now` on; `features` are asked
/// once for each that is named.
Result<ArrayRows> read_data_array(std::string_view body, Instant now, Stamps& stamps, const registry::Streams& streams,
                                  const registry::Entities<registry::FeatureOfInterest>& features);

/// Makes the features that rows need, and sends the good rows on as one message. The answer is 18-088's: for each row
/// its self link, or "error" and the reason. `now` and `streams` are those that `read` was read with. Blocks.
Result<std::string> create_observations(ArrayRows read, registry::Registry& registry, Sink& sink, Instant now,
                                        const registry::Streams& streams, std::string_view root);

}  // namespace bypuls::sensorthings
