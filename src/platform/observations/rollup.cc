#include "platform/observations/rollup.h"

#include <algorithm>

namespace bypuls::observations {

void Aggregate::add(const Aggregate& other) {
    if (other.empty()) {
        return;
    }
    if (empty()) {
        *this = other;
        return;
    }
    count += other.count;
    sum += other.sum;
    min = std::min(min, other.min);
    max = std::max(max, other.max);
    if (other.first_time < first_time) {
        first_time = other.first_time;
        first = other.first;
    }
    if (other.last_time >= last_time) {
        last_time = other.last_time;
        last = other.last;
    }
}

namespace {

/// Integers are summed as integers, so that a total is what an accountant would get.
template <typename Sum, typename T>
Aggregate aggregate_numbers(const ColumnView& rows, std::span<const T> values) {
    Aggregate out;
    Sum sum{};
    T min{};
    T max{};
    std::size_t first = 0;
    std::size_t last = 0;
    for (std::size_t row = 0; row < rows.size(); ++row) {
        if (!rows.quality_of(row).usable()) {
            continue;
        }
        const T value = values[row];
        if (out.count == 0) {
            first = row;
            min = value;
            max = value;
        }
        ++out.count;
        sum += static_cast<Sum>(value);
        min = std::min(min, value);
        max = std::max(max, value);
        last = row;
    }
    if (out.count > 0) {
        out.sum = static_cast<double>(sum);
        out.min = static_cast<double>(min);
        out.max = static_cast<double>(max);
        out.first = static_cast<double>(values[first]);
        out.last = static_cast<double>(values[last]);
        out.first_time = rows.times[first];
        out.last_time = rows.times[last];
    }
    return out;
}

Aggregate count_texts(const ColumnView& rows) {
    Aggregate out;
    for (std::size_t row = 0; row < rows.size(); ++row) {
        if (rows.quality_of(row).usable()) {
            out.first_time = out.count == 0 ? rows.times[row] : out.first_time;
            out.last_time = rows.times[row];
            ++out.count;
        }
    }
    return out;
}

ColumnView part(const ColumnView& rows, std::size_t from, std::size_t to) {
    const auto cut = [&](const auto& column) { return column.empty() ? column : column.subspan(from, to - from); };
    return {rows.datastream,    rows.type,          cut(rows.times), cut(rows.numbers),
            cut(rows.integers), cut(rows.booleans), cut(rows.texts), cut(rows.quality)};
}

}  // namespace

Aggregate aggregate_of(const ColumnView& rows) {
    __extension__ using Wide = __int128;  // a block of int64 values cannot overflow it
    switch (rows.type) {
        case ResultType::number: return aggregate_numbers<double>(rows, rows.numbers);
        case ResultType::integer: return aggregate_numbers<Wide>(rows, rows.integers);
        case ResultType::boolean: return aggregate_numbers<std::int64_t>(rows, rows.booleans);
        case ResultType::category:
        case ResultType::json: return count_texts(rows);
    }
    return {};
}

Interval bucket_of(Instant t, Step step) {
    static const Zone oslo = Zone::oslo();
    switch (step) {
        case Step::hour: {
            const Instant start = oslo.start_of_hour(t);
            return {start, start + std::chrono::hours{1}};
        }
        case Step::day: return {oslo.start_of_day(t), oslo.day_after(t)};
        case Step::month: return {oslo.start_of_month(t), oslo.month_after(t)};
    }
    return {};
}

Bucket& Rollup::bucket_for(Instant t) {
    if (!buckets_.empty() && buckets_.back().span.contains(t)) {
        return buckets_.back();
    }
    const auto place = std::ranges::upper_bound(buckets_, t, {}, [](const Bucket& b) { return b.span.from; });
    if (place != buckets_.begin() && std::prev(place)->span.contains(t)) {
        return *std::prev(place);
    }
    return *buckets_.insert(place, Bucket{bucket_of(t, step_), {}});
}

void Rollup::add(const ColumnView& rows) {
    for (std::size_t from = 0; from < rows.size();) {
        if (!rows.quality_of(from).usable()) {
            ++from;
            continue;
        }
        Bucket& bucket = bucket_for(rows.times[from]);
        const auto end = std::ranges::lower_bound(rows.times.subspan(from), bucket.span.to);
        const auto to = static_cast<std::size_t>(end - rows.times.begin());
        bucket.values.add(aggregate_of(part(rows, from, to)));
        from = to;
    }
}

void Rollup::add(const Aggregate& summary) {
    if (!summary.empty()) {
        bucket_for(summary.first_time).values.add(summary);
    }
}

}  // namespace bypuls::observations
