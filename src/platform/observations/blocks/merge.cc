#include "platform/observations/blocks/merge.h"

#include <algorithm>

namespace bypuls::observations::blocks {

Columns overlay(const Columns& below, const Columns& above) {
    if (above.empty()) {
        return below;
    }
    if (below.empty()) {
        return above;
    }
    Columns out{.type = above.type};
    out.reserve(below.size() + above.size());
    std::size_t low = 0;
    std::size_t high = 0;
    while (high < above.size()) {
        // Runs rather than rows: most of the time one side lies wholly before the other.
        const auto until = std::ranges::lower_bound(below.times.begin() + static_cast<std::ptrdiff_t>(low),
                                                    below.times.end(), above.times[high]);
        const auto low_end = static_cast<std::size_t>(until - below.times.begin());
        out.append(below, low, low_end);
        low = low_end;
        std::size_t high_end = above.size();
        if (low < below.size()) {
            const auto upto = std::ranges::upper_bound(above.times.begin() + static_cast<std::ptrdiff_t>(high),
                                                       above.times.end(), below.times[low]);
            high_end = static_cast<std::size_t>(upto - above.times.begin());
        }
        out.append(above, high, high_end);
        high = high_end;
        if (low < below.size() && out.times.back() == below.times[low]) {
            ++low;
        }
    }
    out.append(below, low, below.size());
    return out;
}

namespace {

std::size_t position(const Columns& columns, Instant t) {
    return static_cast<std::size_t>(std::ranges::lower_bound(columns.times, t) - columns.times.begin());
}

}  // namespace

Columns without(const Columns& columns, std::span<const Interval> intervals) {
    Columns out{.type = columns.type};
    std::size_t kept_from = 0;
    for (const Interval interval : intervals) {
        const std::size_t from = std::max(kept_from, position(columns, interval.from));
        out.append(columns, kept_from, from);
        kept_from = std::max(from, position(columns, interval.to));
    }
    out.append(columns, kept_from, columns.size());
    return out;
}

bool within(std::span<const Interval> intervals, Instant t) {
    const auto after = std::ranges::upper_bound(intervals, t, {}, &Interval::from);
    return after != intervals.begin() && std::prev(after)->contains(t);
}

Columns part(const Columns& columns, Interval interval, std::size_t limit, bool newest) {
    Columns out{.type = columns.type};
    std::size_t from = position(columns, interval.from);
    std::size_t to = std::max(from, position(columns, interval.to));
    if (to - from > limit) {
        (newest ? from : to) = newest ? to - limit : from + limit;
    }
    out.append(columns, from, to);
    return out;
}

void insert(Columns& columns, std::size_t row, const Observation& reading) {
    columns.push_back(reading.time, reading.value, reading.quality);
    const auto last_to_row = [row](auto& column) {
        if (!column.empty()) {
            std::rotate(column.begin() + static_cast<std::ptrdiff_t>(row), column.end() - 1, column.end());
        }
    };
    last_to_row(columns.times);
    last_to_row(columns.numbers);
    last_to_row(columns.integers);
    last_to_row(columns.booleans);
    last_to_row(columns.texts);
    last_to_row(columns.quality);
}

std::size_t find(const Columns& columns, Instant t) {
    if (columns.empty() || t > columns.times.back()) {
        return columns.size();
    }
    const std::size_t row = position(columns, t);
    return row < columns.size() && columns.times[row] == t ? row : columns.size();
}

}  // namespace bypuls::observations::blocks
