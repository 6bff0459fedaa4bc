#include "city/bathing/recent.h"

#include <chrono>
#include <optional>
#include <set>

#include "city/bathing/conditions.h"

namespace bypuls::bathing {

observations::Columns shown_of_recent(const observations::Columns& all) {
    if (all.size() <= recent_readings_max) {
        return all;
    }
    const auto hour_of = [&](std::size_t row) { return std::chrono::floor<std::chrono::hours>(all.times[row]); };
    std::set<std::size_t> rows;
    std::optional<std::size_t> lowest;
    std::optional<std::size_t> highest;
    std::optional<std::size_t> last_of[2];  // of the hour at hand: doubted, usable
    const auto end_hour = [&] {
        for (auto& last : last_of) {
            if (last) {
                rows.insert(*last);
            }
            last.reset();
        }
    };
    for (std::size_t row = 0; row < all.size(); ++row) {
        const auto value = number_of(all.value(row));
        if (!value) {
            continue;
        }
        if (row > 0 && hour_of(row) != hour_of(row - 1)) {
            end_hour();
        }
        const bool usable = all.quality_of(row).usable();
        last_of[usable ? 1 : 0] = row;
        if (usable) {
            lowest = lowest && number_of(all.value(*lowest)) <= value ? lowest : row;
            highest = highest && number_of(all.value(*highest)) >= value ? highest : row;
        }
    }
    end_hour();
    if (lowest) {
        rows.insert({*lowest, *highest});
    }
    observations::Columns shown{.type = all.type};
    for (const std::size_t row : rows) {
        shown.push_back(all, row);
    }
    return shown;
}

}  // namespace bypuls::bathing
