#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/clock.h"
#include "core/result.h"
#include "platform/observations/observation.h"

/// Our own batch of observations in JSON, for devices and scripts that speak no other protocol. Pure; no I/O.
namespace bypuls::ingest::batch {

/// A value in JSON that is neither a number, a boolean nor a word: compact JSON text of an object or array.
struct Json {
    std::string text;
    friend bool operator==(const Json&, const Json&) = default;
};

/// Number, integer, boolean, category, JSON: the result types that observations know.
using Value = std::variant<double, std::int64_t, bool, std::string, Json>;

/// By number, or by the datastream's name.
using DatastreamRef = std::variant<std::int64_t, std::string>;

struct Row {
    std::size_t index = 0;  ///< place in the batch, from 0
    DatastreamRef datastream;
    std::optional<Instant> time;  ///< none: the time of receipt, which the caller knows
    Value value;
    observations::Quality quality;  ///< flags that the sender raises itself
    /// JSON object, minified, or empty: what observations::detail_from_json reads. The caller checks what it says.
    std::string details{};

    friend bool operator==(const Row&, const Row&) = default;
};

/// A row that was left out, and why.
struct RowError {
    std::size_t index = 0;
    Errc code = Errc::malformed;
    std::string field;  ///< "time", "quality[1]"; empty when the row as a whole is wrong
    std::string what;   ///< a sentence: "'time' must be an ISO 8601 time with a zone"

    friend bool operator==(const RowError&, const RowError&) = default;
};

struct Batch {
    std::vector<Row> rows;
    std::vector<RowError> errors;
};

struct Limits {
    std::size_t body_bytes = 16 << 20;
    std::size_t rows = 100'000;
    std::size_t depth = 16;
    std::size_t name_bytes = 256;         ///< of a datastream's name and of a quality flag
    std::size_t value_bytes = 64 * 1024;  ///< of a category or JSON value
    std::size_t quality_flags = 16;       ///< per row
    std::size_t details_bytes = 16 * 1024;
};

/// {"observations":[{"datastream":12,"time":"2026-06-01T12:00:00Z","value":19.4,"quality":["manual"],
/// "details":{"parameters":{"depth_m":0.5}}}, …]}, or the
/// same array alone. Good rows are kept, bad rows stand in errors. Fails as a whole only when the text is not JSON
/// (Errc::malformed with the byte) or exceeds a limit (Errc::exhausted). Thread-safe.
Result<Batch> parse_json(std::string_view body, const Limits& limits = {});

/// One row an input line; blank lines are skipped but counted. A line that is not JSON is a bad row like any other.
Result<Batch> parse_ndjson(std::string_view body, const Limits& limits = {});

}  // namespace bypuls::ingest::batch
