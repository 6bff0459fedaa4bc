#include "city/participation/counting/purses.h"

#include <algorithm>

#include "city/participation/counting/lumps.h"
#include "city/participation/counting/shares.h"
#include "core/check.h"

namespace bypuls::participation::counting {
namespace {

/// Ballots that name more entrants are kept once instead of beside each row: their size would grow as its square.
constexpr std::size_t beside_max = 24;

}  // namespace

Purses::Purses(const Contest& contest, const Profile& profile) {
    check(contest.entrants.size() <= entrants_max, "the entrants have slots");
    constexpr std::uint32_t nowhere = UINT32_MAX;
    std::vector<std::uint32_t> slot_of(profile.projects(), nowhere);
    for (std::uint32_t slot = 0; slot < contest.entrants.size(); ++slot) {
        slot_of[contest.entrants[slot]] = slot;
    }
    std::vector<Taken> ballot;
    const auto take = [&](std::size_t group) {
        ballot.clear();
        for (const Wish& wish : profile.wishes(group)) {
            if (slot_of[wish.project] != nowhere) {
                ballot.push_back({static_cast<Slot>(slot_of[wish.project]), wish.weight});
            }
        }
    };
    for (std::size_t group = 0; group < profile.groups(); ++group) {
        take(group);
        length_max_ = std::max(length_max_, ballot.size());
        for (const Taken& taken : ballot) {
            weight_max_ = std::max(weight_max_, taken.weight);
        }
    }
    ones_ = weight_max_ == 1;
    lay_out(contest.entrants.size(), [&](auto work) {
        for (std::size_t group = 0; group < profile.groups(); ++group) {
            take(group);
            for (std::size_t i = 0; i < ballot.size(); ++i) {
                work(Draft{.ballot = ballot,
                           .own = i,
                           .ballot_id = group,
                           .entrant = ballot[i],
                           .voters = profile.count(group)});
            }
        }
    });
}

Purses::Purses(const Lumps& lumps)
    : ones_(lumps.weight_max() == 1), weight_max_(lumps.weight_max()), length_max_(lumps.length_max()) {
    lay_out(lumps.slots(), [&](auto work) {
        for (const Lumps::Row& row : lumps.rows()) {
            if (row.voters != 0) {
                const std::span<const Taken> history = lumps.history(row.history);
                work(Draft{.ballot = history,
                           .own = row.own,
                           .ballot_id = row.history,
                           .entrant = row.entrant,
                           .voters = row.voters});
            }
        }
    });
}

/// Makes the blocks: per entrant how many rows there are of each length.
void Purses::make_blocks(const std::vector<std::vector<std::uint32_t>>& lengths) {
    std::size_t choice = 0;
    std::uint32_t row = 0;
    for (std::size_t slot = 0; slot < lengths.size(); ++slot) {
        first_row_[slot] = row;
        first_block_.push_back(static_cast<std::uint32_t>(blocks_.size()));
        for (std::uint32_t length = 0; length < beside_max; ++length) {
            const std::uint32_t rows = lengths[slot][length];
            // Every length has a block while rows are filled in, since it is found by its number.
            blocks_.push_back({.row = row, .rows = rows, .length = length, .choice = choice});
            row += rows;
            choice += std::size_t{rows} * length;
        }
        for (std::uint32_t i = 0; i < lengths[slot][beside_max]; ++i) {
            blocks_.push_back({.row = row++, .rows = 1, .length = 0, .choice = 0});
        }
    }
    first_row_.back() = row;
    first_block_.push_back(static_cast<std::uint32_t>(blocks_.size()));
    voters_.resize(row);
    choices_.resize(choice);
    if (!ones_) {
        weights_.resize(row);
        choice_weights_.resize(choice);
    }
}

/// Writes a ballot's choices at `at`, leaving out the one with number `without`; the position after them.
std::size_t Purses::keep(const Draft& draft, std::size_t without, std::size_t at) {
    for (std::size_t i = 0; i < draft.ballot.size(); ++i) {
        if (i != without) {
            choices_[at] = draft.ballot[i].slot;
            if (!ones_) {
                choice_weights_[at] = draft.ballot[i].weight;
            }
            ++at;
        }
    }
    return at;
}

template <typename Source>
void Purses::lay_out(std::size_t slots, const Source& source) {
    first_row_.assign(slots + 1, 0);
    // The last place is for all longer ones.
    std::vector<std::vector<std::uint32_t>> lengths(slots, std::vector<std::uint32_t>(beside_max + 1, 0));
    source([&](const Draft& draft) { ++lengths[draft.entrant.slot][std::min(draft.others(), beside_max)]; });
    make_blocks(lengths);
    // Per block the rows written so far; long rows take their blocks one after the other.
    std::vector<std::uint32_t> written(blocks_.size(), 0);
    std::vector<std::uint32_t> long_rows(slots, 0);
    std::size_t shared = 0;
    std::size_t shared_by = SIZE_MAX;
    source([&](const Draft& draft) {
        const Slot slot = draft.entrant.slot;
        const bool beside = draft.others() < beside_max;
        const std::size_t number = first_block_[slot] + (beside ? draft.others() : beside_max + long_rows[slot]++);
        Block& block = blocks_[number];
        const std::uint32_t row = block.row + written[number];
        if (beside) {
            keep(draft, draft.own, block.choice + std::size_t{written[number]} * block.length);
        } else {
            if (shared_by != draft.ballot_id) {
                shared_by = draft.ballot_id;
                shared = choices_.size();
                choices_.resize(shared + draft.ballot.size());
                choice_weights_.resize(ones_ ? 0 : choices_.size());
                keep(draft, draft.ballot.size(), shared);
            }
            // The entrant itself may be among them, and has not been paid for while it is asked about.
            block.choice = shared;
            block.length = static_cast<std::uint32_t>(draft.ballot.size());
        }
        ++written[number];
        voters_[row] = static_cast<std::uint32_t>(draft.voters);
        if (!ones_) {
            weights_[row] = draft.entrant.weight;
        }
    });
}

}  // namespace bypuls::participation::counting
