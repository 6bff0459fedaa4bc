#include <algorithm>
#include <array>
#include <numeric>

#include <fmt/format.h>
#include <openssl/sha.h>

#include "city/participation/counting/contest.h"
#include "core/check.h"

namespace bypuls::participation::counting {
namespace {

/// Positions of the projects in an order.
template <typename Less>
std::vector<std::uint32_t> ranks(std::size_t projects, Less less) {
    std::vector<ProjectIndex> order(projects);
    std::iota(order.begin(), order.end(), 0U);
    std::ranges::sort(order, less);
    std::vector<std::uint32_t> rank(projects);
    for (std::uint32_t i = 0; i < order.size(); ++i) {
        rank[order[i]] = i;
    }
    return rank;
}

std::vector<std::uint32_t> draw_lots(const Election& election, std::string_view seed) {
    std::vector<std::array<unsigned char, SHA256_DIGEST_LENGTH>> lots(election.projects.size());
    for (std::size_t p = 0; p < lots.size(); ++p) {
        const std::string text = fmt::format("{}\n{}", seed, election.projects[p].id);
        SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), lots[p].data());
    }
    return ranks(lots.size(), [&](ProjectIndex a, ProjectIndex b) { return lots[a] < lots[b]; });
}

}  // namespace

TieJudge::TieJudge(const Election& election, const Rule& rule, const Totals& totals)
    : election_(election), totals_(totals), reasons_(rule.ties) {
    if (rule.seed.empty()) {
        std::erase(reasons_, TieBreak::lot);
    } else {
        lot_ = draw_lots(election, rule.seed);
    }
    const std::size_t projects = election.projects.size();
    alphabet_ = ranks(
        projects, [&](ProjectIndex a, ProjectIndex b) { return election.projects[a].id < election.projects[b].id; });
    rank_ = ranks(projects, [&](ProjectIndex a, ProjectIndex b) {
        const std::size_t same = agreeing(a, b);
        return same < reasons_.size() ? key(a, reasons_[same]) < key(b, reasons_[same]) : alphabet_[a] < alphabet_[b];
    });
}

std::int64_t TieJudge::key(ProjectIndex project, TieBreak reason) const {
    switch (reason) {
        case TieBreak::lower_cost: return election_.projects[project].cost;
        case TieBreak::more_votes: return -totals_.votes[project];
        case TieBreak::lot: return lot_[project];
        case TieBreak::listed_order: return project;
        case TieBreak::alphabetical: return alphabet_[project];
    }
    return 0;
}

std::size_t TieJudge::agreeing(ProjectIndex a, ProjectIndex b) const {
    std::size_t same = 0;
    while (same < reasons_.size() && key(a, reasons_[same]) == key(b, reasons_[same])) {
        ++same;
    }
    return same;
}

ProjectIndex TieJudge::choose(std::span<const ProjectIndex> tied) {
    const ProjectIndex chosen = decide(tied, false);
    note_lot(tied, chosen);
    return chosen;
}

ProjectIndex TieJudge::settle(const std::vector<ProjectIndex>& tied, std::size_t round, std::vector<Tie>& ties,
                              Stakes stakes) {
    const ProjectIndex chosen = decide(tied, stakes.last);
    if (tied.size() == 1) {
        return chosen;
    }
    note_lot(tied, chosen);
    ties.push_back(describe(round, tied, chosen));
    ties.back().explored = !stakes.matters;
    if (met_.insert(tied).second) {
        decisions_.push_back(
            {.tied = tied, .chosen = chosen, .round = round, .last = stakes.last, .matters = stakes.matters});
    }
    return chosen;
}

void TieJudge::settled(std::vector<ProjectIndex> set, std::vector<ProjectIndex> instead_of) {
    decisions_.push_back({.tied = std::move(set), .instead_of = std::move(instead_of)});
}

void TieJudge::adopt(std::span<const Decision> decisions) {
    for (const Decision& decision : decisions) {
        if (!decision.instead_of.empty() || met_.insert(decision.tied).second) {
            decisions_.push_back(decision);
        }
    }
}

ProjectIndex TieJudge::decide(std::span<const ProjectIndex> tied, bool last) {
    check(!tied.empty(), "a tie has projects");
    if (tied.size() == 1) {
        return tied.front();
    }
    if (scripted_) {
        return tied[pick(tied.size())];
    }
    const auto rank = [&](ProjectIndex project) { return rank_[project]; };
    return last ? *std::ranges::max_element(tied, {}, rank) : *std::ranges::min_element(tied, {}, rank);
}

void TieJudge::note_lot(std::span<const ProjectIndex> tied, ProjectIndex chosen) {
    const bool open = std::ranges::any_of(tied, [&](ProjectIndex p) { return p != chosen && level(chosen, p); });
    if (open && unbroken_.empty() && !scripted_) {
        unbroken_.assign(tied.begin(), tied.end());
    }
}

void TieJudge::obey(std::span<const Precedence> precedences) {
    std::vector<ProjectIndex> order(rank_.size());
    for (ProjectIndex project = 0; project < rank_.size(); ++project) {
        order[rank_[project]] = project;
    }
    std::vector<bool> placed(rank_.size(), false);
    for (std::uint32_t place = 0; place < order.size(); ++place) {
        const auto next = std::ranges::find_if(order, [&](ProjectIndex project) {
            return !placed[project] && std::ranges::none_of(precedences, [&](const Precedence& precedence) {
                return precedence.then == project && !placed[precedence.first];
            });
        });
        check(next != order.end(), "an order of projects does not contradict itself");
        placed[*next] = true;
        rank_[*next] = place;
    }
}

Tie TieJudge::describe(std::size_t round, std::vector<ProjectIndex> tied, ProjectIndex chosen) const {
    std::size_t deciding = 0;
    for (const ProjectIndex other : tied) {
        if (other != chosen) {
            deciding = std::max(deciding, agreeing(chosen, other));
        }
    }
    const TieBreak reason = deciding < reasons_.size() ? reasons_[deciding] : TieBreak::alphabetical;
    return {.round = round, .tied = std::move(tied), .chosen = chosen, .broken_by = reason};
}

std::size_t TieJudge::pick(std::size_t width) {
    if (!scripted_) {
        return 0;
    }
    const std::size_t decision = widths_.size();
    widths_.push_back(width);
    return decision < script_.size() ? script_[decision] : 0;
}

void TieJudge::follow(std::vector<std::size_t> script) {
    scripted_ = true;
    script_ = std::move(script);
}

}  // namespace bypuls::participation::counting
