#include "city/participation/explanation/search.h"

#include <algorithm>
#include <iterator>
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
        high_ = options_.most + 1;
        const Result<std::optional<Change>> found = find();
        if (!found && found.error().code == Errc::exhausted) {
            return so_far();
        }
        return found;
    }

private:
    Result<std::optional<Change>> find() {
        TRY(const bool found, enclose());
        if (!found) {
            return nothing_found();
        }
        TRY_DO(close_the_gap());
        if (!options_.monotone && proved_ < low_) {
            TRY_DO(look_below());
        }
        return so_far();
    }

    Change so_far() const {
        const std::int64_t none_up_to = options_.monotone ? low_ : proved_;
        if (high_ > options_.most) {
            return {.amount = none_up_to, .smallest = false, .enough = false};
        }
        return {.amount = high_, .smallest = none_up_to == high_ - 1};
    }

    /// Narrows the gap: `high_` is enough, `low_` is not, nothing up to `proved_` is. No amount is tried twice.
    Result<Trial> attempt(std::int64_t amount) {
        const std::int64_t before = work_left();
        TRY(Trial trial, attempt_(amount));
        if (trial.enough) {
            high_ = std::min(high_, amount);
            return trial;
        }
        ++failed_;
        work_of_failed_ += before - work_left();
        if (amount >= low_) {
            low_ = amount;
            next_ = trial.next ? trial.next() : 0;
        }
        failed_at_.insert(amount);
        proved_ = trial.none_below ? std::max(proved_, amount) : proved_;
        // What failed next to it, in whatever order it was tried, is proved with it.
        failed_at_.erase(failed_at_.begin(), failed_at_.upper_bound(proved_));
        while (!failed_at_.empty() && *failed_at_.begin() == proved_ + 1) {
            failed_at_.erase(failed_at_.begin());
            ++proved_;
        }
        return trial;
    }

    /// False if not even the largest amount is enough.
    Result<bool> enclose() {
        const std::int64_t start = std::clamp<std::int64_t>(options_.hint, 1, options_.most);
        const std::int64_t first_leap = options_.leap > 0 ? options_.leap : std::max<std::int64_t>(1, start / 16);
        TRY(Trial trial, attempt(start));
        std::int64_t leap = first_leap;
        bool guessed = true;
        while (!trial.enough) {
            if (low_ == options_.most) {
                return enclose_below(start);
            }
            guessed = next_ >= low_ + leap;
            const std::int64_t amount = guessed ? next_ : low_ + leap;
            // Guess after guess may creep along, so that the leaps grow beside them, and those after the first with
            // the amount.
            leap = std::max(leap * 4, start / 64);
            TRY(trial, attempt(std::min(options_.most, amount)));
        }
        // What was hinted or guessed is enough by little.
        for (leap = first_leap; guessed && trial.enough && high_ - leap > low_; leap *= 4) {
            TRY(trial, attempt(high_ - leap));
        }
        return true;
    }

    Result<void> close_the_gap() {
        bool guessing = true;
        while (high_ - low_ > 1) {
            const bool guessed = guessing && next_ > low_ && next_ <= high_;
            const std::int64_t amount = guessed ? std::min(next_, high_ - 1) : low_ + (high_ - low_) / 2;
            TRY(const Trial trial, attempt(amount));
            // If the guess is right, one less fails. After one that is too small comes a half, so that the gap does
            // close; one that is too large is of no more use.
            guessing = !guessed || trial.enough;
        }
        return {};
    }

    /// More than the hint was never enough, but less may be: a winner can lose by becoming cheaper still.
    Result<bool> enclose_below(std::int64_t start) {
        if (options_.monotone || proved_ == options_.most) {
            return false;
        }
        // Whole where it can be, so that what is not found is not there.
        low_ = options_.most;
        std::set<std::int64_t> tries = amounts_below(try_all());
        // Where the guess is that nothing can be enough, one is not looked for that closely.
        for (std::int64_t leap = 1; next_ <= options_.most && leap < start - proved_; leap *= 2) {
            tries.insert(proved_ + leap);
        }
        TRY(const bool found, any_of(tries));
        if (found) {
            const auto above = failed_at_.lower_bound(high_);
            low_ = above == failed_at_.begin() ? proved_ : *std::prev(above);
            next_ = 0;  // the guess was that it takes more than there is
        }
        return found;
    }

    /// Those that have not been tried, in ascending order until one is enough.
    Result<bool> any_of(const std::set<std::int64_t>& amounts) {
        for (const std::int64_t amount : amounts) {
            if (amount <= proved_ || failed_at_.contains(amount)) {
                continue;
            }
            TRY(const Trial trial, attempt(amount));
            if (trial.enough) {
                return true;
            }
        }
        return false;
    }

    std::int64_t work_left() const { return options_.work_left == nullptr ? 0 : *options_.work_left; }
    /// Whether all that is not proved below `low_` is to be tried: a fixed number, or what the trials that failed let
    /// expect of as many.
    bool try_all() const {
        const std::int64_t unproved = low_ - proved_ - static_cast<std::int64_t>(failed_at_.size());
        const std::int64_t each = failed_ > 0 ? work_of_failed_ / failed_ + 1 : 0;
        const auto will_do = [&](std::int64_t work) { return failed_ > 0 && unproved < work / each - work / each / 4; };
        if (will_do(work_left())) {
            return true;
        }
        const SearchOptions::WholeScan& scan = options_.whole_scan;
        if (unproved <= scan.most && will_do(scan.work)) {
            scan.begin();
            return true;
        }
        return unproved <= options_.full_scan_max;
    }

    std::optional<Change> nothing_found() const {
        const std::int64_t none_up_to = options_.monotone ? options_.most : proved_;
        if (none_up_to == options_.most && options_.all_there_is) {
            return std::nullopt;
        }
        return Change{.amount = none_up_to, .smallest = false, .enough = false};
    }

    std::set<std::int64_t> amounts_below(bool all) const {
        std::set<std::int64_t> tries;
        const std::int64_t unproved = low_ - proved_;
        if (all) {
            for (std::int64_t amount = proved_ + 1; amount < low_; ++amount) {
                tries.insert(amount);
            }
            return tries;
        }
        const std::int64_t nearest = options_.spread > 0 ? 3 : 0;
        const std::int64_t parts = options_.spread + 1;
        for (std::int64_t i = 1; i < nearest; ++i) {
            tries.insert(std::max(proved_ + 1, low_ - i));
        }
        for (std::int64_t i = 1; i < parts; ++i) {
            tries.insert(proved_ + unproved * i / parts);
        }
        if (options_.coarse > 1 && unproved / options_.coarse <= options_.full_scan_max) {
            for (std::int64_t amount = proved_ / options_.coarse; amount * options_.coarse < low_; ++amount) {
                tries.insert(amount * options_.coarse);
            }
        }
        tries.erase(tries.begin(), tries.upper_bound(proved_));
        return tries;
    }

    Result<void> look_below() {
        TRY_DO(any_of(amounts_below(try_all())));
        return {};
    }

    const Attempt& attempt_;
    const SearchOptions& options_;
    std::int64_t low_ = 0;
    std::int64_t high_ = 0;
    std::int64_t next_ = 0;  ///< what was guessed at `low_`
    std::int64_t proved_ = 0;
    std::set<std::int64_t> failed_at_;  ///< amounts beyond `proved_`
    std::int64_t failed_ = 0;           ///< trials
    std::int64_t work_of_failed_ = 0;
};

}  // namespace

Result<std::optional<Change>> search_smallest(const Attempt& attempt, const SearchOptions& options) {
    return Search(attempt, options).run();
}

}  // namespace bypuls::participation::explanation
