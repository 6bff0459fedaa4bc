#include "city/participation/explanation/search.h"

#include <algorithm>
#include <set>

namespace bypuls::participation::explanation {
namespace {

class Search {
public:
    Search(const Attempt& attempt, const SearchOptions& options) : attempt_(attempt), options_(options) {}

    Result<std::optional<Change>> run() {
        if (options_.most < 1) {
            return std::nullopt;
        }
        TRY(const bool found, enclose());
        if (!found) {
            return std::nullopt;
        }
        while (high_ - low_ > 1) {
            TRY_DO(attempt(low_ + (high_ - low_) / 2));
        }
        if (options_.monotone || proved_ == low_) {
            return Change{.amount = high_, .smallest = true};
        }
        return look_below();
    }

private:
    /// Narrows the gap: `high_` is enough, `low_` is not, nothing up to `proved_` is.
    Result<Trial> attempt(std::int64_t amount) {
        TRY(const Trial trial, attempt_(amount));
        if (trial.enough) {
            high_ = std::min(high_, amount);
            return trial;
        }
        low_ = std::max(low_, amount);
        proved_ = trial.none_below ? std::max(proved_, amount) : proved_;
        return trial;
    }

    /// False if not even the largest amount is enough.
    Result<bool> enclose() {
        const std::int64_t start = std::clamp<std::int64_t>(options_.hint, 1, options_.most);
        high_ = options_.most + 1;
        const std::int64_t first_leap = options_.near ? 1 : std::max<std::int64_t>(1, start / 16);
        std::int64_t leap = first_leap;
        TRY(Trial trial, attempt(start));
        bool guessed = options_.near;
        while (!trial.enough) {
            if (low_ == options_.most) {
                return enclose_below(start);
            }
            guessed = trial.next >= low_ + leap;
            const std::int64_t amount = guessed ? trial.next : low_ + leap;
            // Guess after guess may creep along, so the leaps grow beside them.
            leap *= 4;
            TRY(trial, attempt(std::min(options_.most, amount)));
        }
        // What was guessed is enough by little.
        for (leap = first_leap; guessed && trial.enough && high_ - leap > low_; leap *= 4) {
            TRY(trial, attempt(high_ - leap));
        }
        return true;
    }

    /// More than the hint was never enough, but less may be: a winner can lose by becoming cheaper still.
    Result<bool> enclose_below(std::int64_t start) {
        low_ = proved_;
        const std::int64_t from = proved_;
        for (std::int64_t leap = 1; from + leap < start; leap *= 2) {
            TRY(const Trial trial, attempt(from + leap));
            if (trial.enough) {
                return true;
            }
        }
        return false;
    }

    Result<std::optional<Change>> look_below() {
        std::set<std::int64_t> tries;
        const std::int64_t unproved = low_ - proved_;
        const bool all = unproved <= options_.full_scan_max;
        if (all) {
            for (std::int64_t amount = proved_ + 1; amount < low_; ++amount) {
                tries.insert(amount);
            }
        } else {
            constexpr std::int64_t nearest = 3;
            const std::int64_t parts = options_.spread + 1;
            for (std::int64_t i = 1; i < nearest; ++i) {
                tries.insert(std::max(proved_ + 1, low_ - i));
            }
            for (std::int64_t i = 1; i < parts; ++i) {
                tries.insert(proved_ + unproved * i / parts);
            }
            tries.erase(proved_);
        }
        for (const std::int64_t amount : tries) {
            TRY(const Trial trial, attempt_(amount));
            if (trial.enough) {
                return Change{.amount = amount, .smallest = all};
            }
        }
        return Change{.amount = high_, .smallest = all};
    }

    const Attempt& attempt_;
    const SearchOptions& options_;
    std::int64_t low_ = 0;
    std::int64_t high_ = 0;
    std::int64_t proved_ = 0;
};

}  // namespace

Result<std::optional<Change>> search_smallest(const Attempt& attempt, const SearchOptions& options) {
    return Search(attempt, options).run();
}

}  // namespace bypuls::participation::explanation
