#pragma once

#include <cstdint>
#include <vector>

#include "core/clock.h"
#include "core/time/oslo.h"
#include "platform/observations/columns.h"

namespace bypuls::observations {

/// Many readings as a few numbers. Only usable readings count (Quality::usable). Booleans count as 0 and 1; for
/// categories and JSON there are count and times only, and the numbers are 0.
struct Aggregate {
    std::uint64_t count = 0;
    double sum = 0;  ///< of integers: exact while below 2^53
    double min = 0;
    double max = 0;
    double first = 0;
    double last = 0;
    Instant first_time{};  ///< meaningful when count > 0, as are the numbers
    Instant last_time{};

    bool empty() const { return count == 0; }
    double mean() const { return sum / static_cast<double>(count); }
    /// Takes in another, which may lie before, after or among what is here.
    void add(const Aggregate& other);

    friend bool operator==(const Aggregate&, const Aggregate&) = default;
};

/// Of all usable rows in the view.
Aggregate aggregate_of(const ColumnView& rows);

/// Steps of a chart's time axis, in Europe/Oslo: days have 23 to 25 hours.
enum class Step : std::uint8_t { hour, day, month };

/// The whole hour, day or month in Oslo that holds `t`.
Interval bucket_of(Instant t, Step step);

struct Bucket {
    Interval span;  ///< the whole step, also where the question's interval cuts it
    Aggregate values;
    friend bool operator==(const Bucket&, const Bucket&) = default;
};

/// Sorts rows into buckets, oldest first. Steps without usable readings have no bucket. Rows of one view come oldest
/// first; views may come in any order, and quickest in theirs.
class Rollup {
public:
    explicit Rollup(Step step) : step_(step) {}
    void add(const ColumnView& rows);
    /// A summary known to lie within one step, such as a block's own sums.
    void add(const Aggregate& summary);
    std::vector<Bucket> take() { return std::move(buckets_); }

private:
    Bucket& bucket_for(Instant t);
    Step step_;
    std::vector<Bucket> buckets_;
};

}  // namespace bypuls::observations
