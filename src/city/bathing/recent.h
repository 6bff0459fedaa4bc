#pragma once

#include <cstddef>

#include "platform/observations/columns.h"

namespace bypuls::bathing {

/// The most readings of the last two days that stand in a place's page, so that it stays small however often a device
/// sends: one for each hour, as many doubted ones, and the lowest and the highest.
constexpr std::size_t recent_readings_max = 104;

/// Of `all`, in order of time, what the curve of the last two days shows: all of them when they are few; else of each
/// hour the last usable and the last doubted reading, and the lowest and highest usable of all.
observations::Columns shown_of_recent(const observations::Columns& all);

}  // namespace bypuls::bathing
