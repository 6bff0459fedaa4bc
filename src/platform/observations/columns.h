#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "platform/observations/observation.h"

namespace bypuls::observations {

/// Readings of one datastream side by side, oldest first, no instant twice. Of the four value columns the one that fits
/// `type` is as long as `times` and the others are empty.
struct Columns {
    ResultType type = ResultType::number;
    std::vector<Instant> times;
    std::vector<double> numbers;         ///< number
    std::vector<std::int64_t> integers;  ///< integer
    std::vector<std::uint8_t> booleans;  ///< boolean: 0 or 1
    std::vector<std::string> texts;      ///< category and json
    std::vector<Quality> quality;        ///< empty when every reading is good, else as long as `times`

    std::size_t size() const { return times.size(); }
    bool empty() const { return times.empty(); }
    Value value(std::size_t row) const;
    Quality quality_of(std::size_t row) const { return quality.empty() ? Quality{} : quality[row]; }
    Observation at(std::size_t row) const { return {times[row], value(row), quality_of(row)}; }

    void clear();
    void reserve(std::size_t rows);
    /// At the end, whatever its time is. The value must be of `type`.
    void push_back(Instant time, const Value& value, Quality quality_now);
    void push_back(const Columns& from, std::size_t row);
    /// Rows [from, to) of another of the same type.
    void append(const Columns& other, std::size_t from, std::size_t to);
    void set(std::size_t row, const Value& value, Quality quality_now);
    void reverse();

    friend bool operator==(const Columns& a, const Columns& b);
};

/// A look at columns that someone else holds.
struct ColumnView {
    DatastreamId datastream;
    ResultType type = ResultType::number;
    std::span<const Instant> times;
    std::span<const double> numbers;
    std::span<const std::int64_t> integers;
    std::span<const std::uint8_t> booleans;
    std::span<const std::string> texts;
    std::span<const Quality> quality;  ///< empty when every reading is good

    std::size_t size() const { return times.size(); }
    Value value(std::size_t row) const;
    Quality quality_of(std::size_t row) const { return quality.empty() ? Quality{} : quality[row]; }
};

/// Rows [from, to).
ColumnView view(DatastreamId datastream, const Columns& columns, std::size_t from, std::size_t to);
/// The rows whose time lies in the interval.
ColumnView view(DatastreamId datastream, const Columns& columns, Interval interval);

}  // namespace bypuls::observations
