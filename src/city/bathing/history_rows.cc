#include "city/bathing/conditions.h"
#include "city/bathing/history.h"

namespace bypuls::bathing {
namespace {

/// At most this many readings make the hours of a table: all of a day with one a second.
constexpr std::size_t readings_max = 100'000;

std::vector<HistoryRow> rows_of(const std::vector<observations::Bucket>& buckets) {
    std::vector<HistoryRow> rows;
    for (const observations::Bucket& bucket : buckets) {
        rows.push_back({.time = bucket.span.from,
                        .value = bucket.values.mean(),
                        .low = bucket.values.min,
                        .high = bucket.values.max,
                        .count = bucket.values.count});
    }
    return rows;
}

/// From newest first to oldest first.
std::vector<HistoryRow> rows_of(const observations::Columns& newest_first) {
    std::vector<HistoryRow> rows;
    for (std::size_t i = newest_first.size(); i-- > 0;) {
        if (const auto value = number_of(newest_first.value(i))) {
            rows.push_back({.time = newest_first.times[i],
                            .value = *value,
                            .low = *value,
                            .high = *value,
                            .quality = newest_first.quality_of(i)});
        }
    }
    return rows;
}

/// All readings by the hour. An hour is whole or not there.
Result<std::vector<HistoryRow>> hours_of(const publication::Plane& plane, const HistoryModel& model) {
    TRY(const auto newest,
        plane.range(model.stream.id, model.span, {.order = observations::Order::newest_first, .limit = readings_max}));
    auto hours = by_period(rows_of(newest.columns), Period::hour);
    if (newest.more && !hours.empty()) {
        hours.erase(hours.begin());  // its first readings have not been read
    }
    return hours;
}

/// Steps know nothing of doubted readings. Nor do they have those of a block that cannot be read: of them nothing is
/// said, and the page stands without.
void count_doubted(const publication::Plane& plane, HistoryModel& model) {
    const auto all = plane.count(model.stream.id, model.span);
    if (!all || *all == 0) {
        return;
    }
    const auto usable = plane.aggregate(model.stream.id, model.span);
    if (!usable || usable->count > 0) {
        return;
    }
    const auto newest =
        plane.range(model.stream.id, model.span, {.order = observations::Order::newest_first, .limit = 1});
    if (newest && !newest->columns.empty()) {
        model.doubted = *all;
        model.newest_doubted = newest->columns.times.front();
    }
}

}  // namespace

Result<void> read_history(const publication::Plane& plane, HistoryModel& model) {
    if (model.step) {
        TRY(const auto buckets, plane.rollup(model.stream.id, model.span, *model.step));
        model.rows = rows_of(buckets);
        if (model.rows.empty()) {
            count_doubted(plane, model);
        }
        return {};
    }
    TRY(const auto newest, plane.range(model.stream.id, model.span,
                                       {.order = observations::Order::newest_first, .limit = history_rows_max}));
    model.more = newest.more;
    model.rows = rows_of(newest.columns);
    if (model.more) {
        TRY(model.hours, hours_of(plane, model));
    }
    return {};
}

}  // namespace bypuls::bathing
