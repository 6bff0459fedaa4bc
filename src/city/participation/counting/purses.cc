#include "city/participation/counting/purses.h"

#include <algorithm>

#include "city/participation/counting/lumps.h"
#include "city/participation/counting/shares.h"
#include "core/check.h"

namespace bypuls::participation::counting {
namespace {

constexpr std::uint32_t nowhere = UINT32_MAX;

}  // namespace

Purses::Purses(const Contest& contest, const Profile& profile) {
    check(contest.entrants.size() <= entrants_max, "the entrants have slots");
    std::vector<std::uint32_t> slot_of(profile.projects(), nowhere);
    for (std::uint32_t slot = 0; slot < contest.entrants.size(); ++slot) {
        slot_of[contest.entrants[slot]] = slot;
    }
    first_row_.assign(contest.entrants.size() + 1, 0);
    measure(profile, slot_of);
    fill(profile, slot_of);
}

Purses::Purses(const Lumps& lumps)
    : choices_(lumps.long_choices()),
      ones_(lumps.weight_max() == 1),
      weight_max_(lumps.weight_max()),
      length_max_(lumps.length_max()) {
    // Room for all, of which those without voters leave some.
    voters_.resize(lumps.rows());
    choices_.resize(choices_.size() + lumps.short_choices().size());
    if (!ones_) {
        weights_.resize(lumps.rows());
        choice_weights_ = lumps.long_weights();
        choice_weights_.resize(choices_.size());
    }
    first_row_.clear();
    std::uint32_t row = 0;
    std::size_t choice = lumps.long_choices().size();
    for (std::size_t slot = 0; slot < lumps.slots(); ++slot) {
        first_row_.push_back(row);
        first_block_.push_back(static_cast<std::uint32_t>(blocks_.size()));
        for (const LumpedRow& lumped : lumps.rows(static_cast<Slot>(slot))) {
            if (lumped.voters != 0) {
                choice = keep(lumps, lumped, row++, choice);
            }
        }
    }
    first_row_.push_back(row);
    first_block_.push_back(static_cast<std::uint32_t>(blocks_.size()));
    voters_.resize(row);
}

/// To the entrant whose rows were begun last; the position after its choices.
std::size_t Purses::keep(const Lumps& lumps, const LumpedRow& lumped, std::uint32_t row, std::size_t at) {
    const bool beside = lumped.length < beside_max;
    if (!beside || blocks_.size() == first_block_.back() || blocks_.back().length != lumped.length) {
        blocks_.push_back({.row = row, .rows = 0, .length = lumped.length, .choice = beside ? at : lumped.from});
    }
    ++blocks_.back().rows;
    voters_[row] = static_cast<std::uint32_t>(lumped.voters);
    if (!ones_) {
        weights_[row] = lumped.weight;
    }
    if (!beside) {
        return at;
    }
    std::copy_n(lumps.short_choices().data() + lumped.from, lumped.length, choices_.data() + at);
    if (!ones_) {
        std::copy_n(lumps.short_weights().data() + lumped.from, lumped.length, choice_weights_.data() + at);
    }
    return at + lumped.length;
}

/// Makes the blocks: per entrant how many rows there are of each length.
void Purses::measure(const Profile& profile, const std::vector<std::uint32_t>& slot_of) {
    const std::size_t slots = first_row_.size() - 1;
    // The last place is for all longer ones.
    std::vector<std::vector<std::uint32_t>> lengths(slots, std::vector<std::uint32_t>(beside_max + 1, 0));
    std::vector<std::uint32_t> slots_here;
    for (std::size_t group = 0; group < profile.groups(); ++group) {
        slots_here.clear();
        for (const Wish& wish : profile.wishes(group)) {
            if (slot_of[wish.project] != nowhere) {
                slots_here.push_back(slot_of[wish.project]);
                weight_max_ = std::max(weight_max_, wish.weight);
            }
        }
        length_max_ = std::max(length_max_, slots_here.size());
        for (const std::uint32_t slot : slots_here) {
            ++lengths[slot][std::min(slots_here.size(), beside_max + 1) - 1];
        }
    }
    ones_ = weight_max_ == 1;
    lay_out(lengths);
}

void Purses::lay_out(const std::vector<std::vector<std::uint32_t>>& lengths) {
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
std::size_t Purses::keep(const std::vector<Taken>& ballot, std::size_t without, std::size_t at) {
    for (std::size_t i = 0; i < ballot.size(); ++i) {
        if (i != without) {
            choices_[at] = ballot[i].slot;
            if (!ones_) {
                choice_weights_[at] = ballot[i].weight;
            }
            ++at;
        }
    }
    return at;
}

void Purses::fill(const Profile& profile, const std::vector<std::uint32_t>& slot_of) {
    // Per block the rows written so far; long rows take their blocks one after the other.
    std::vector<std::uint32_t> written(blocks_.size(), 0);
    std::vector<std::uint32_t> long_rows(slots(), 0);
    std::vector<Taken> ballot;
    for (std::size_t group = 0; group < profile.groups(); ++group) {
        ballot.clear();
        for (const Wish& wish : profile.wishes(group)) {
            if (slot_of[wish.project] != nowhere) {
                ballot.push_back({static_cast<Slot>(slot_of[wish.project]), wish.weight});
            }
        }
        const bool beside = ballot.size() <= beside_max;
        const std::size_t shared = choices_.size();
        if (!beside) {
            choices_.resize(shared + ballot.size());
            choice_weights_.resize(ones_ ? 0 : shared + ballot.size());
            keep(ballot, ballot.size(), shared);
        }
        for (std::size_t i = 0; i < ballot.size(); ++i) {
            const Slot slot = ballot[i].slot;
            const std::size_t number =
                first_block_[slot] + (beside ? ballot.size() - 1 : beside_max + long_rows[slot]++);
            Block& block = blocks_[number];
            const std::uint32_t row = block.row + written[number];
            if (beside) {
                keep(ballot, i, block.choice + std::size_t{written[number]} * block.length);
            } else {
                // The entrant itself is among them, and has not been paid for while it is asked about.
                block.choice = shared;
                block.length = static_cast<std::uint32_t>(ballot.size());
            }
            ++written[number];
            voters_[row] = static_cast<std::uint32_t>(profile.count(group));
            if (!ones_) {
                weights_[row] = ballot[i].weight;
            }
        }
    }
}

}  // namespace bypuls::participation::counting
