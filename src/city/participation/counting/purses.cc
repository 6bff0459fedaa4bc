#include "city/participation/counting/purses.h"

#include <algorithm>

#include "city/participation/counting/lumps.h"
#include "city/participation/counting/shares.h"
#include "core/check.h"

namespace bypuls::participation::counting {
namespace {

constexpr std::uint32_t nowhere = UINT32_MAX;

}  // namespace

Purses::Purses(const Lumps& lumps)
    : choices_(lumps.long_choices()),
      ones_(lumps.weight_max() == 1),
      weight_max_(lumps.weight_max()),
      length_max_(lumps.length_max()) {
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
            choice = keep(lumps, lumped, row++, choice);
        }
    }
    first_row_.push_back(row);
    first_block_.push_back(static_cast<std::uint32_t>(blocks_.size()));
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

/// What the ballots name of the entrants, one ballot after the other, and how many of each length there are.
struct Purses::Named {
    explicit Named(std::size_t slots) : slots(slots), rows((beside_max + 1) * slots, 0) {}

    /// How many rows with so many other choices each slot has; the last number is for all longer ones.
    std::uint32_t* rows_with(std::size_t others) { return &rows[std::min(others, beside_max) * slots]; }
    std::uint32_t rows_with(std::size_t others, std::size_t slot) const { return rows[(others * slots) + slot]; }

    std::size_t slots;
    std::vector<Slot> choices;
    std::vector<std::uint32_t> weights;  ///< by choice; only if not all are 1
    std::vector<std::uint32_t> ends;     ///< by ballot: the place after its choices
    std::vector<std::uint32_t> rows;
};

Purses::Named Purses::read(const Profile& profile, const std::vector<std::uint32_t>& slot_of) {
    for (const Wish& wish :
         profile.weights() == Profile::Weights::ones ? std::span<const Wish>() : profile.all_wishes()) {
        if (wish.weight > weight_max_ && slot_of[wish.project] != nowhere) {
            weight_max_ = wish.weight;
        }
    }
    ones_ = weight_max_ == 1;
    Named named(slots());
    named.choices.resize(profile.all_wishes().size());
    named.weights.resize(ones_ ? 0 : named.choices.size());
    named.ends.resize(profile.groups());
    // Plain pointers here and below: the places have been measured, and this is most of a count.
    const std::uint32_t* const slots = slot_of.data();
    Slot* const choices = named.choices.data();
    std::uint32_t end = 0;
    for (std::size_t group = 0; group < profile.groups(); ++group) {
        const std::uint32_t begin = end;
        for (const Wish& wish : profile.wishes(group)) {
            const std::uint32_t slot = slots[wish.project];
            choices[end] = static_cast<Slot>(slot);
            if (!ones_) {
                named.weights[end] = wish.weight;
            }
            end += slot == nowhere ? 0U : 1U;
        }
        named.ends[group] = end;
        if (end > begin) {
            length_max_ = std::max<std::size_t>(length_max_, end - begin);
            std::uint32_t* const rows = named.rows_with(end - begin - 1);
            for (std::uint32_t i = begin; i < end; ++i) {
                ++rows[choices[i]];
            }
        }
    }
    return named;
}

/// Makes the blocks: per entrant how many rows there are of each length.
void Purses::lay_out(const Named& named) {
    std::size_t choice = 0;
    std::uint32_t row = 0;
    for (std::size_t slot = 0; slot < named.slots; ++slot) {
        first_row_[slot] = row;
        first_block_.push_back(static_cast<std::uint32_t>(blocks_.size()));
        for (std::uint32_t length = 0; length < beside_max; ++length) {
            const std::uint32_t rows = named.rows_with(length, slot);
            if (rows != 0) {
                blocks_.push_back({.row = row, .rows = rows, .length = length, .choice = choice});
            }
            row += rows;
            choice += std::size_t{rows} * length;
        }
        for (std::uint32_t i = 0; i < named.rows_with(beside_max, slot); ++i) {
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

/// Writes the rows into the blocks laid out for them.
class Purses::Filling {
public:
    Filling(Purses& purses, const Named& named)
        : to_(purses), from_(named), next_(beside_max * named.slots), next_long_(named.slots) {
        for (std::size_t slot = 0; slot < named.slots; ++slot) {
            next_long_[slot] = to_.first_block_[slot + 1] - named.rows_with(beside_max, slot);
            for (std::size_t block = to_.first_block_[slot]; block < next_long_[slot]; ++block) {
                const Block& at = to_.blocks_[block];
                next_[(at.length * named.slots) + slot] = {.choice = at.choice, .row = at.row};
            }
        }
    }

    void run(const Profile& profile) {
        std::uint32_t begin = 0;
        for (std::size_t group = 0; group < profile.groups(); ++group) {
            const std::uint32_t end = from_.ends[group];
            const auto voters = static_cast<std::uint32_t>(profile.count(group));
            // Short ballots are most, and copying a known number of choices is quicker.
            switch (end - begin) {
                case 0: break;
                case 1: beside<1>(begin, 1, voters); break;
                case 2: beside<2>(begin, 2, voters); break;
                case 3: beside<3>(begin, 3, voters); break;
                case 4: beside<4>(begin, 4, voters); break;
                case 5: beside<5>(begin, 5, voters); break;
                case 6: beside<6>(begin, 6, voters); break;
                default:
                    if (end - begin <= beside_max) {
                        beside<0>(begin, end - begin, voters);
                    } else {
                        once(begin, end, voters);
                    }
            }
            begin = end;
        }
    }

private:
    /// Where the next row of a block goes.
    struct Next {
        std::size_t choice = 0;
        std::uint32_t row = 0;
    };

    /// A row for each of a ballot's choices, `known` of them or, if that is 0, `length`, with the others beside it in
    /// any order: what was paid for them is added up.
    template <std::uint32_t known>
    void beside(std::uint32_t begin, std::uint32_t length, std::uint32_t voters) {
        const std::uint32_t choices = known != 0 ? known : length;
        const Slot* const ballot = from_.choices.data() + begin;
        Next* const nexts = next_.data() + (std::size_t{choices - 1} * from_.slots);
        for (std::uint32_t i = 0; i < choices; ++i) {
            Next& next = nexts[ballot[i]];
            Slot* const row = to_.choices_.data() + next.choice;
            std::copy_n(ballot, choices - 1, row);
            if (i + 1 < choices) {
                row[i] = ballot[choices - 1];
            }
            to_.voters_.data()[next.row] = voters;
            if (!to_.ones_) {
                weigh(begin, choices, i, next);
            }
            next.choice += choices - 1;
            ++next.row;
        }
    }

    void weigh(std::uint32_t begin, std::uint32_t choices, std::uint32_t i, const Next& next) {
        const std::uint32_t* const weights = from_.weights.data() + begin;
        std::uint32_t* const row = to_.choice_weights_.data() + next.choice;
        std::copy_n(weights, choices - 1, row);
        if (i + 1 < choices) {
            row[i] = weights[choices - 1];
        }
        to_.weights_[next.row] = weights[i];
    }

    /// A long ballot's choices, once for all its rows.
    void once(std::uint32_t begin, std::uint32_t end, std::uint32_t voters) {
        const std::size_t shared = to_.choices_.size();
        to_.choices_.insert(to_.choices_.end(), from_.choices.data() + begin, from_.choices.data() + end);
        if (!to_.ones_) {
            to_.choice_weights_.insert(to_.choice_weights_.end(), from_.weights.data() + begin,
                                       from_.weights.data() + end);
        }
        for (std::uint32_t i = begin; i < end; ++i) {
            // The entrant itself is among them, and has not been paid for while it is asked about.
            Block& block = to_.blocks_[next_long_[from_.choices[i]]++];
            block.choice = shared;
            block.length = end - begin;
            to_.voters_[block.row] = voters;
            if (!to_.ones_) {
                to_.weights_[block.row] = from_.weights[i];
            }
        }
    }

    Purses& to_;
    const Named& from_;
    std::vector<Next> next_;              ///< by length and slot
    std::vector<std::size_t> next_long_;  ///< by slot: the block of the next long ballot
};

Purses::Purses(const Contest& contest, const Profile& profile) {
    check(contest.entrants.size() <= entrants_max, "the entrants have slots");
    std::vector<std::uint32_t> slot_of(profile.projects(), nowhere);
    for (std::uint32_t slot = 0; slot < contest.entrants.size(); ++slot) {
        slot_of[contest.entrants[slot]] = slot;
    }
    first_row_.assign(contest.entrants.size() + 1, 0);
    const Named named = read(profile, slot_of);
    lay_out(named);
    Filling(*this, named).run(profile);
}

}  // namespace bypuls::participation::counting
