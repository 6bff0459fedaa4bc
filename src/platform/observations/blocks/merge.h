#pragma once

#include <span>

#include "platform/observations/columns.h"

/// Pure operations on sorted columns.
namespace bypuls::observations::blocks {

/// All instants of both; where both have one, `above` wins. Of one type; an empty one may be of any.
Columns overlay(const Columns& below, const Columns& above);

/// Rows outside the intervals, which are by rising time and apart.
Columns without(const Columns& columns, std::span<const Interval> intervals);
/// Is the instant in one of them?
bool within(std::span<const Interval> intervals, Instant t);

/// At most `limit` rows of the interval: its oldest, or its newest. Oldest first either way.
Columns part(const Columns& columns, Interval interval, std::size_t limit, bool newest);

/// Puts a reading before `row`, where its instant belongs. Costs as much as there are rows after it.
void insert(Columns& columns, std::size_t row, const Observation& reading);

/// The row of an instant, or size() when there is none.
std::size_t find(const Columns& columns, Instant t);

}  // namespace bypuls::observations::blocks
