#pragma once

// For shares*.cc only.
#include <cstdint>
#include <span>
#include <vector>

#include "city/participation/counting/contest.h"

namespace bypuls::participation::counting {

class Lumps;
struct LumpedRow;

/// The supporters of each entrant of a contest, laid out in the order in which Equal Shares reads them: row after row,
/// each with the entrants on the ballot beside it, so that a balance is worked out from the payments made so far and
/// no other memory is touched. Voters with identical ballots are one row. Entrants go by their position ("slot").
class Purses {
public:
    using Slot = std::uint16_t;
    /// Ballots that name more entrants are kept once instead of beside each row: their size would grow as its square.
    static constexpr std::size_t beside_max = 24;

    /// Rows of one entrant whose ballots name equally many other entrants. Where a ballot is very long, its choices
    /// are kept once for all its rows, and each of them is a block of its own.
    struct Block {
        std::uint32_t row = 0;
        std::uint32_t rows = 0;
        std::uint32_t length = 0;  ///< choices of each row
        std::size_t choice = 0;    ///< position of the first row's choices; the others follow
    };

    /// One row as the exact arithmetic reads it.
    struct Row {
        std::int64_t voters = 0;
        std::uint32_t weight = 1;                ///< what it gives its entrant
        std::span<const Slot> choices;           ///< the other entrants; perhaps its own too
        std::span<const std::uint32_t> weights;  ///< what it gives those; empty: 1 each
        std::uint32_t weight_of(std::size_t i) const { return weights.empty() ? 1 : weights[i]; }
    };

    Purses() = default;
    /// At most entrants_max entrants.
    Purses(const Contest& contest, const Profile& profile);
    /// A row for each of the lumps, of the same number, with voters or without; of its choices those that are foreseen.
    explicit Purses(const Lumps& lumps);
    void set_voters(std::size_t row, std::int64_t voters) { voters_[row] = static_cast<std::uint32_t>(voters); }

    std::size_t slots() const { return first_row_.size() - 1; }
    std::size_t rows(Slot slot) const { return first_row_[slot + 1U] - first_row_[slot]; }
    std::size_t first_row(Slot slot) const { return first_row_[slot]; }
    std::span<const Block> blocks(Slot slot) const {
        return std::span(blocks_).subspan(first_block_[slot], first_block_[slot + 1U] - first_block_[slot]);
    }
    const std::uint32_t* voters() const { return voters_.data(); }  ///< by row
    /// What the row gives its entrant, by row; only if not all weights are 1.
    const std::uint32_t* weights() const { return weights_.data(); }
    const Slot* choices() const { return choices_.data(); }
    const std::uint32_t* choice_weights() const { return choice_weights_.data(); }  ///< likewise, by choice
    bool ones() const { return ones_; }
    std::uint32_t weight_max() const { return weight_max_; }
    std::size_t length_max() const { return length_max_; }  ///< entrants on the longest ballot

    /// Of the rows that have voters.
    template <typename Work>
    void for_each_row(Slot slot, Work work) const {
        for (const Block& block : blocks(slot)) {
            for (std::uint32_t i = 0; i < block.rows; ++i) {
                const std::size_t row = block.row + i;
                if (voters_[row] == 0) {
                    continue;
                }
                const std::size_t from = block.choice + std::size_t{i} * block.length;
                work(Row{.voters = voters_[row],
                         .weight = ones_ ? 1 : weights_[row],
                         .choices = std::span(choices_).subspan(from, block.length),
                         .weights = ones_ ? std::span<const std::uint32_t>()
                                          : std::span(choice_weights_).subspan(from, block.length)});
            }
        }
    }

private:
    struct Named;
    class Filling;
    Named read(const Profile& profile, const std::vector<std::uint32_t>& slot_of);
    void lay_out(const Named& named);
    std::size_t keep(const Lumps& lumps, const LumpedRow& lumped, std::uint32_t row, std::size_t at);

    std::vector<std::uint32_t> first_row_{0};
    std::vector<Block> blocks_;
    std::vector<std::uint32_t> first_block_;
    std::vector<std::uint32_t> voters_;
    std::vector<std::uint32_t> weights_;
    std::vector<Slot> choices_;
    std::vector<std::uint32_t> choice_weights_;
    bool ones_ = true;
    std::uint32_t weight_max_ = 1;
    std::size_t length_max_ = 0;
};

}  // namespace bypuls::participation::counting
