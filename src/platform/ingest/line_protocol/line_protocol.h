#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/clock.h"
#include "core/result.h"

/// InfluxDB line protocol, as /api/v2/write takes it. Pure; no I/O.
namespace bypuls::ingest::line_protocol {

enum class Precision : std::uint8_t { nanoseconds, microseconds, milliseconds, seconds };
/// "ns", "us" (also "u", "µs"), "ms", "s"; Errc::malformed for any other word.
Result<Precision> precision_named(std::string_view name);

/// Float, integer (`i`), unsigned (`u`), boolean or string, in this order.
using Value = std::variant<double, std::int64_t, std::uint64_t, bool, std::string_view>;

struct Tag {
    std::string_view key;
    std::string_view value;
    friend bool operator==(const Tag&, const Tag&) = default;
};

struct Field {
    std::string_view key;
    Value value;
    friend bool operator==(const Field&, const Field&) = default;
};

/// One line. Tags and fields stand in the batch; see Batch::tags and Batch::fields.
struct Point {
    std::string_view measurement;
    std::int64_t time_ns = 0;  ///< since 1970, UTC, all nine decimals
    std::uint32_t line = 0;    ///< where it begins in the body, from 1
    std::uint32_t first_tag = 0;
    std::uint32_t tag_count = 0;
    std::uint32_t first_field = 0;
    std::uint32_t field_count = 0;

    /// What is stored: cut down to the microsecond (towards the past), nanoseconds left out.
    Instant time() const;
};

/// A line that was left out, and why.
struct LineError {
    std::uint32_t line = 0;    ///< from 1
    std::uint32_t column = 0;  ///< bytes from the start of that line, from 1
    std::string what;          ///< "the tag 'host' has no value"

    /// "line 3, column 12: the tag 'host' has no value"
    std::string sentence() const;
    friend bool operator==(const LineError&, const LineError&) = default;
};

struct Options {
    Precision precision = Precision::nanoseconds;
    std::int64_t default_time_ns = 0;       ///< for lines without a time; cut down to the precision
    std::size_t body_bytes_max = 16 << 20;  ///< then Errc::exhausted
    std::size_t points_max = 1'000'000;     ///< then Errc::exhausted: no part of the body counts
    std::size_t cells_max = 2'000'000;      ///< tags and fields together; then Errc::exhausted
    std::size_t line_bytes_max = 1 << 20;   ///< then that line is an error
    std::size_t errors_max = 100;           ///< described; more are only counted
};

/// The good lines and the bad. Text is viewed in the body, which must outlive the batch, or in the batch's own arena
/// where escapes had to be undone. Movable; views stay valid.
class Batch {
public:
    std::span<const Point> points() const { return points_; }
    /// Sorted by key, whatever order they were sent in: one series has one spelling.
    std::span<const Tag> tags(const Point& point) const {
        return std::span(tags_).subspan(point.first_tag, point.tag_count);
    }
    std::span<const Field> fields(const Point& point) const {
        return std::span(fields_).subspan(point.first_field, point.field_count);
    }
    /// The first errors_max faults, in order of line.
    std::span<const LineError> errors() const { return errors_; }
    /// All lines left out, described or not.
    std::size_t rejected() const { return rejected_; }
    /// Some line had no time and was given Options::default_time_ns.
    bool used_default_time() const { return used_default_time_; }

private:
    friend class Reader;

    std::vector<Point> points_;
    std::vector<Tag> tags_;
    std::vector<Field> fields_;
    std::vector<LineError> errors_;
    std::size_t rejected_ = 0;
    bool used_default_time_ = false;
    std::vector<std::unique_ptr<char[]>> arena_;
};

/// A fault spoils its own line and no other: the line stands in errors() and reading goes on after the next newline.
/// Errc::exhausted when the body or its points exceed a limit; nothing else fails. Thread-safe.
Result<Batch> parse(std::string_view body, const Options& options = {});

}  // namespace bypuls::ingest::line_protocol
