#include "city/participation/counting/folds.h"

#include <algorithm>
#include <bit>

namespace bypuls::participation::counting {
namespace {

constexpr std::uint32_t nowhere = UINT32_MAX;
constexpr std::size_t rows_min = 16;                            // fewer are read in no time
constexpr std::size_t numbers_kept_max = std::size_t{1} << 22;  // four bytes each
constexpr std::size_t numbers_each = 48;                        // of a fold, put together or not
constexpr std::uint32_t looks_before = 2;                       // folding costs about as much

/// Numbers kinds of ballots in the order in which they come.
class Numbering {
public:
    explicit Numbering(std::size_t most)
        : places_(std::bit_ceil(most * 2 + 1), nowhere), shift_(64 - std::countr_zero(places_.size())) {}

    std::uint32_t number(std::uint64_t kind) {
        constexpr std::uint64_t scatter = 0x9E37'79B9'7F4A'7C15;
        std::size_t at = (kind * scatter) >> shift_;
        while (places_[at] != nowhere && kinds_[places_[at]] != kind) {
            at = (at + 1) & (places_.size() - 1);
        }
        if (places_[at] == nowhere) {
            places_[at] = static_cast<std::uint32_t>(kinds_.size());
            kinds_.push_back(kind);
        }
        return places_[at];
    }
    const std::vector<std::uint64_t>& kinds() const { return kinds_; }

private:
    std::vector<std::uint32_t> places_;
    int shift_;
    std::vector<std::uint64_t> kinds_;
};

}  // namespace

void Folds::forget(std::size_t slots) {
    bit_of_.assign(slots, 0);
    slot_of_bit_.clear();
    folds_.clear();
    folds_.resize(slots);
    numbers_kept_ = 0;
    begin();
}

void Folds::buy(Slot slot) {
    constexpr std::size_t bits = 64;
    if (bit_of_[slot] == 0) {
        if (slot_of_bit_.size() == bits) {
            known_ = false;
            return;
        }
        bit_of_[slot] = std::uint64_t{1} << slot_of_bit_.size();
        slot_of_bit_.push_back(slot);
    }
    bought_ |= bit_of_[slot];
}

template <typename ForEach>
void Folds::put_together(Fold& fold, std::size_t rows, ForEach for_each) {
    Numbering numbering(rows);
    fold.row_of.reserve(rows);
    for_each([&](std::span<const Slot> choices) {
        std::uint64_t kind = 0;
        for (const Slot choice : choices) {
            kind |= bit_of_[choice];
        }
        fold.row_of.push_back(numbering.number(kind & bought_));
    });
    fold.useless = numbering.kinds().size() > rows - rows / 4;
    if (fold.useless) {
        fold.row_of = {};
        return;
    }
    lay_out(fold, numbering.kinds());
    numbers_kept_ += rows + fold.rows.voters.size() + fold.rows.choices.size();
}

/// By how many choices there are, as they are read.
void Folds::lay_out(Fold& fold, const std::vector<std::uint64_t>& kinds) const {
    std::vector<std::uint32_t> order(kinds.size());
    for (std::uint32_t i = 0; i < order.size(); ++i) {
        order[i] = i;
    }
    std::ranges::stable_sort(order, {}, [&](std::uint32_t i) { return std::popcount(kinds[i]); });
    std::vector<std::uint32_t> place(kinds.size());
    Rows& rows = fold.rows;
    for (std::uint32_t row = 0; row < order.size(); ++row) {
        std::uint64_t kind = kinds[order[row]];
        const auto length = static_cast<std::uint32_t>(std::popcount(kind));
        if (rows.blocks.empty() || rows.blocks.back().length != length) {
            rows.blocks.push_back({.row = row, .rows = 0, .length = length, .choice = rows.choices.size()});
        }
        ++rows.blocks.back().rows;
        place[order[row]] = row;
        for (; kind != 0; kind &= kind - 1) {
            rows.choices.push_back(slot_of_bit_[static_cast<std::size_t>(std::countr_zero(kind))]);
        }
    }
    for (std::uint32_t& row : fold.row_of) {
        row = place[row];
    }
}

std::size_t Folds::kept() const {
    std::size_t kept = 0;
    for (const auto& folds : folds_) {
        kept += folds.size();
    }
    return kept;
}

const Folds::Rows* Folds::rows(Slot slot, const Purses& purses, const Lumps* lumps) {
    const std::size_t with_voters = lumps != nullptr ? lumps->with_voters(slot) : purses.rows(slot);
    if (!known_ || with_voters < rows_min) {
        return nullptr;
    }
    if (numbers_kept_ > numbers_kept_max) {
        std::ranges::fill(folds_, std::unordered_map<std::uint64_t, Fold>());
        numbers_kept_ = 0;
    }
    const auto [at, fresh] = folds_[slot].try_emplace(bought_);
    numbers_kept_ += fresh ? numbers_each : 0;
    Fold& fold = at->second;
    if (fold.useless || ++fold.looks <= looks_before) {
        return nullptr;
    }
    if (fold.row_of.empty()) {
        if (lumps != nullptr) {
            put_together(fold, lumps->rows(slot).size(), [&](auto take) {
                for (const LumpedRow& row : lumps->rows(slot)) {
                    take(lumps->named(row).slots);
                }
            });
        } else {
            put_together(fold, purses.rows(slot), [&](auto take) {
                purses.for_each_row(slot, [&](const Purses::Row& row) { take(row.choices); });
            });
        }
        if (fold.useless) {
            return nullptr;
        }
    }
    if (fold.voters_stamp != voters_stamp_) {
        fold.voters_stamp = voters_stamp_;
        fold.rows.voters.assign(fold.rows.blocks.back().row + std::size_t{fold.rows.blocks.back().rows}, 0);
        const std::uint32_t* row = fold.row_of.data();
        if (lumps != nullptr) {
            for (const LumpedRow& lump : lumps->rows(slot)) {
                fold.rows.voters[*row++] += static_cast<std::uint32_t>(lump.voters);
            }
        } else {
            purses.for_each_row(slot, [&](const Purses::Row& purse) {
                fold.rows.voters[*row++] += static_cast<std::uint32_t>(purse.voters);
            });
        }
    }
    return &fold.rows;
}

}  // namespace bypuls::participation::counting
