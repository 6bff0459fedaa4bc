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
    return decide(tied, false);
}

ProjectIndex TieJudge::choose_last(std::span<const ProjectIndex> tied) {
    return decide(tied, true);
}

ProjectIndex TieJudge::decide(std::span<const ProjectIndex> tied, bool last) {
    check(!tied.empty(), "a tie has projects");
    if (tied.size() == 1) {
        return tied.front();
    }
    if (scripted_) {
        return tied[pick(tied.size())];
    }
    const auto contains = [&](ProjectIndex project) { return std::ranges::find(tied, project) != tied.end(); };
    for (const Favour& favour : favours_) {
        if (contains(favour.favoured) && std::ranges::all_of(favour.among, contains)) {
            return favour.favoured;
        }
    }
    const auto rank = [&](ProjectIndex project) { return rank_[project]; };
    const ProjectIndex chosen =
        last ? *std::ranges::max_element(tied, {}, rank) : *std::ranges::min_element(tied, {}, rank);
    if (unbroken_.empty()) {
        for (const ProjectIndex other : tied) {
            if (other != chosen && level(chosen, other)) {
                unbroken_.assign(tied.begin(), tied.end());
                break;
            }
        }
    }
    return chosen;
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

void TieJudge::favour(std::vector<ProjectIndex> among, ProjectIndex favoured) {
    favours_.push_back({std::move(among), favoured});
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
