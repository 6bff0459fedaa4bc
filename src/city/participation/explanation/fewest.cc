#include "city/participation/explanation/fewest.h"

#include <algorithm>

namespace bypuls::participation::explanation {
namespace {

/// In how many ways 0, 1, 2 … voters can be taken out of the groups; what is more than `limit` is limit + 1.
std::vector<std::size_t> ways(const counting::Ballots& ballots, std::span<const std::uint32_t> groups, std::size_t most,
                              std::size_t limit) {
    std::vector<std::size_t> ways(most + 1, 0);
    ways[0] = 1;
    for (const std::uint32_t group : groups) {
        const auto here = static_cast<std::size_t>(ballots[group].count);
        std::vector<std::size_t> with(most + 1, 0);
        for (std::size_t size = 0; size <= most; ++size) {
            for (std::size_t taken = 0; taken <= std::min(here, size) && with[size] <= limit; ++taken) {
                with[size] = std::min(limit + 1, with[size] + ways[size - taken]);
            }
        }
        ways = std::move(with);
    }
    return ways;
}

class Choosing {
public:
    Choosing(const counting::Ballots& ballots, std::span<const std::uint32_t> groups, const Enough& enough)
        : ballots_(ballots), groups_(groups), enough_(enough), voters_(ballots.size(), 0) {}

    /// True if some choice of so many, out of the groups from `at` on, is enough together with those taken.
    Result<bool> any(std::size_t at, std::int64_t many) {
        if (many == 0) {
            return enough_(voters_);
        }
        if (at == groups_.size()) {
            return false;
        }
        std::int64_t& taken = voters_[groups_[at]];
        for (taken = std::min(many, ballots_[groups_[at]].count); taken >= 0; --taken) {
            TRY(const bool found, any(at + 1, many - taken));
            if (found) {
                return true;
            }
        }
        taken = 0;
        return false;
    }
    const Voters& voters() const { return voters_; }

private:
    const counting::Ballots& ballots_;
    std::span<const std::uint32_t> groups_;
    const Enough& enough_;
    Voters voters_;
};

}  // namespace

Result<Fewest> fewest_voters(const counting::Ballots& ballots, std::span<const std::uint32_t> groups, std::int64_t most,
                             std::size_t trials_max, const Enough& enough) {
    Fewest fewest;
    if (groups.size() > trials_max) {
        return fewest;
    }
    const std::int64_t sizes = std::min(most, static_cast<std::int64_t>(trials_max));
    const std::vector<std::size_t> choices = ways(ballots, groups, static_cast<std::size_t>(sizes), trials_max);
    std::size_t trials = 0;
    for (std::int64_t many = 1; many <= sizes; ++many) {
        trials += choices[static_cast<std::size_t>(many)];
        if (trials > trials_max) {
            break;
        }
        Choosing choosing(ballots, groups, enough);
        const Result<bool> found = choosing.any(0, many);
        if (!found && found.error().code == Errc::exhausted) {
            break;
        }
        TRY_DO(found);
        if (*found) {
            fewest.found = choosing.voters();
            return fewest;
        }
        fewest.all_tried = many;
    }
    return fewest;
}

}  // namespace bypuls::participation::explanation
