#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "core/clock.h"
#include "core/result.h"
#include "platform/observations/columns.h"
#include "platform/observations/rollup.h"
#include "platform/pages/page.h"
#include "platform/publication/plane/catalogue.h"
#include "platform/publication/plane/plane.h"

/// One property of a place over any span of days. Pure but for read_history.
namespace bypuls::bathing {

/// "2026-06-05" as the start of that day in Oslo; nothing when it is no day.
std::optional<Instant> day_named(std::string_view text);
/// The day in Oslo as "2026-06-05".
std::string day_name(Instant t);

/// Whole days in Oslo, both included: from the start of the first to the start of the day after the last. In either
/// order; a missing day gives the week that ends with the other, or with today.
Interval days_between(std::optional<Instant> first, std::optional<Instant> last, Instant now);

/// How finely a span is drawn: every reading of three days, hours of two weeks, days of a year, months of more.
std::optional<observations::Step> step_for(Interval span);

/// A reading, or an hour, day or month of them.
struct HistoryRow {
    Instant time{};    ///< of the reading, or where the step begins
    double value = 0;  ///< the reading, or the mean of the usable ones
    double low = 0;
    double high = 0;
    std::uint64_t count = 1;        ///< of readings; of a period, of the usable ones
    std::uint64_t doubted = 0;      ///< of a period: readings that do not count
    observations::Quality quality;  ///< of a reading, or every mark of a period's readings
};

struct HistoryModel {
    const publication::PublicPlace& place;
    const publication::PublicStream& stream;
    Interval span;
    std::optional<observations::Step> step;
    std::vector<HistoryRow> rows;   ///< oldest first
    bool more = false;              ///< there are more readings than rows; the file has them all
    std::vector<HistoryRow> hours;  ///< when there are more: all readings by the hour, oldest first
    std::uint64_t doubted = 0;      ///< readings of a span in steps that has rows for none, since all are doubted
    Instant newest_doubted{};       ///< the newest of those
    Instant now{};
};

/// At most this many readings one by one; beyond, the page says where the rest is.
constexpr std::size_t history_rows_max = 1000;
/// A table with more rows than this is told by the next longer step, whose rows lead to what they sum up: nobody reads
/// more, and a page stays within 50 kB.
constexpr std::size_t table_rows_max = 100;

/// What one row of such a table sums up.
enum class Period : std::uint8_t { hour, day, month, year };
/// Rows of a history put together by periods in Oslo, oldest first. Only usable ones count: a period without any has
/// count 0 and no numbers, and says how many were doubted.
std::vector<HistoryRow> by_period(const std::vector<HistoryRow>& rows, Period period);

/// Reads the rows of the model's span, and the hours when the readings are too many. May block.
Result<void> read_history(const publication::Plane& plane, HistoryModel& model);

pages::Page history_page(const words::Words& say, const HistoryModel& model);

}  // namespace bypuls::bathing
