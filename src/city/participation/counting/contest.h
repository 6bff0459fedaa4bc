#pragma once

#include <set>
#include <span>
#include <vector>

#include "city/participation/counting/profile.h"
#include "city/participation/counting/result.h"

namespace bypuls::participation::counting {

/// One project goes before another wherever the two are tied.
struct Precedence {
    ProjectIndex first = 0;
    ProjectIndex then = 0;
};

/// Projects between which the judge had to decide.
struct Decision {
    std::vector<ProjectIndex> tied;  ///< ascending
    ProjectIndex chosen = 0;
    std::size_t round = 0;                      ///< of the outcome that was being counted
    bool last = false;                          ///< the one chosen was given up, so it is the last of them
    bool matters = true;                        ///< false: all of them are bought, whichever goes first
    std::vector<ProjectIndex> instead_of = {};  ///< a set that is as good as `tied`, another set; between sets only
};

/// Decides between tied projects in the adopted order, and remembers that it had to.
///
/// The order is one order of all projects: it says the same of the same projects whenever it is asked, in every raise
/// of the shares and on both sides of a comparison.
class TieJudge {
public:
    TieJudge(const Election& election, const Rule& rule, const Totals& totals);

    struct Stakes {
        bool last = false;    ///< the one to be given up is asked for: the last of the tied
        bool matters = true;  ///< false: all of the tied will be bought, whichever goes first
    };
    /// Which of the tied (at least one; ascending) goes first. Where there are several, the decision is remembered, and
    /// added to `ties` as one of this round.
    ProjectIndex settle(const std::vector<ProjectIndex>& tied, std::size_t round, std::vector<Tie>& ties,
                        Stakes stakes);
    ProjectIndex settle(const std::vector<ProjectIndex>& tied, std::size_t round, std::vector<Tie>& ties) {
        return settle(tied, round, ties, {});
    }
    /// Remembers a decision between two sets of projects that are equally good, for the first.
    void settled(std::vector<ProjectIndex> set, std::vector<ProjectIndex> instead_of);
    /// Remembers nothing, except a tie that only the lot could break.
    ProjectIndex choose(std::span<const ProjectIndex> tied);
    /// The same for lists ordered beforehand: true if a goes before b.
    bool before(ProjectIndex a, ProjectIndex b) const { return rank_[a] < rank_[b]; }
    Tie describe(std::size_t round, std::vector<ProjectIndex> tied, ProjectIndex chosen) const;

    /// Every decision, each once however often it was asked for; in the order in which they came up.
    const std::vector<Decision>& decisions() const { return decisions_; }
    /// Remembers what another judge of the same order decided.
    void adopt(std::span<const Decision> decisions);
    /// From now on the order is the adopted one as far as these allow, which must not contradict one another.
    void obey(std::span<const Precedence> precedences);
    /// From now on decisions are read from `script` (positions in the tied lists, 0 beyond its end) and their widths
    /// written to `widths`; for enumerating outcomes.
    void follow(std::vector<std::size_t> script);
    const std::vector<std::size_t>& widths() const { return widths_; }
    bool scripted() const { return scripted_; }
    /// What the script says of a decision between `width` things that are not single projects; 0 without a script.
    std::size_t pick(std::size_t width);
    /// True if none of the adopted reasons tells a from b: only a lot that is not drawn could.
    bool level(ProjectIndex a, ProjectIndex b) const { return agreeing(a, b) == reasons_.size(); }

    /// The tied projects of the first tie that the adopted order could not break; empty if there was none.
    const std::vector<ProjectIndex>& unbroken() const { return unbroken_; }

private:
    ProjectIndex decide(std::span<const ProjectIndex> tied, bool last);
    void note_lot(std::span<const ProjectIndex> tied, ProjectIndex chosen);
    /// How many of the adopted reasons agree for a and b before one differs; their number if none does.
    std::size_t agreeing(ProjectIndex a, ProjectIndex b) const;
    std::int64_t key(ProjectIndex project, TieBreak reason) const;

    const Election& election_;
    const Totals& totals_;
    std::vector<TieBreak> reasons_;
    std::vector<std::uint32_t> lot_;
    std::vector<std::uint32_t> alphabet_;
    std::vector<std::uint32_t> rank_;
    std::vector<Decision> decisions_;
    std::set<std::vector<ProjectIndex>> met_;  ///< the tied of all decisions
    bool scripted_ = false;
    std::vector<std::size_t> script_;
    std::vector<std::size_t> widths_;
    std::vector<ProjectIndex> unbroken_;
};

struct Kept;
struct Repeated;

/// One pot being counted: what the rules work on.
struct Contest {
    const Election& election;
    const Rule& rule;
    const Totals& totals;
    TieJudge& judge;
    const CountOptions& options;
    std::vector<ProjectIndex> entrants;  ///< eligible, supported, with a cost; ascending
    Money budget = 0;
    std::string pot = {};
    Kept* kept = nullptr;          ///< from counts of the same election by other rules, and for them; may be null
    Repeated* repeated = nullptr;  ///< from counts of the same election with other numbers of voters; may be null

    /// The same pot decided by another judge, with nothing from or for other rules.
    Contest apart(TieJudge& other) const {
        return {.election = election,
                .rule = rule,
                .totals = totals,
                .judge = other,
                .options = options,
                .entrants = entrants,
                .budget = budget,
                .pot = pot};
    }
    Money cost(ProjectIndex project) const { return election.projects[project].cost; }
    /// All together, or the largest number there is.
    Money cost_of(std::span<const ProjectIndex> projects) const;
    /// Those that cannot be built when `project` is.
    std::vector<ProjectIndex> rivals(ProjectIndex project) const;
    /// True if all of these can be bought after `spent`: the money is enough and none excludes another.
    bool can_buy_all(std::span<const ProjectIndex> projects, Money spent) const;
};

/// What a rule found in one pot.
struct Outcome {
    std::vector<Round> rounds;
    std::vector<Tie> ties;  ///< rounds counted from the start of this outcome
    Money spent = 0;
    std::optional<Endowment> endowment = std::nullopt;
    bool greedy_preferred = false;
    std::vector<ProjectIndex> touched = {};  ///< as in CountResult; in no order, perhaps twice

    std::vector<ProjectIndex> winners() const;
};

Result<Outcome> count_greedy(const Contest& contest);
Result<Outcome> count_knapsack(const Contest& contest);
Result<Outcome> count_max_welfare(const Contest& contest);
Result<Outcome> count_equal_shares(const Contest& contest);
Result<Outcome> count_phragmen(const Contest& contest);
Result<Outcome> count_maximin_support(const Contest& contest);
Result<Outcome> count_cumulative_transfer(const Contest& contest);

/// The utilitarian filling: unfunded entrants by score, each that fits.
void fill_by_score(const Contest& contest, Outcome& outcome);
/// True if no entrant outside the outcome, and not excluded by a winner, fits in what is left.
bool is_exhaustive(const Contest& contest, const Outcome& outcome);
/// The projects `winner` shuts out, marked in `out`.
void shut_out_rivals(const Contest& contest, ProjectIndex winner, std::vector<bool>& out);

}  // namespace bypuls::participation::counting
