#pragma once

#include <memory>
#include <vector>

#include "city/participation/counting/count.h"

namespace bypuls::participation::counting {

/// Counts one election many times, with other numbers of voters behind its ballots and other costs: just as count()
/// does, but without reading all ballots each time where the rule is Equal Shares without pots. For one thread.
class Recounter {
public:
    /// A ballot that only some of the counts have is added to the election with a voter, whose number is then set.
    /// `likely` by project: which may be bought; others cost time when they are.
    Recounter(Election election, const Rule& rule, std::vector<bool> likely);
    ~Recounter();
    Recounter(const Recounter&) = delete;
    Recounter& operator=(const Recounter&) = delete;

    const Election& election() const { return election_; }
    /// The number of voters of a ballot group, >= 0.
    void set_voters(std::size_t group, std::int64_t voters);
    /// It must then be funded in full or not at all.
    void set_cost(ProjectIndex project, Money cost);
    /// Errors are those of count().
    Result<CountResult> count(const CountOptions& options);

    /// Whether costs_most() can be asked of this rule.
    bool can_ask_costs() const;
    /// The largest cost from `cheap` (at least 1) to `dear` with which the project wins; nothing if it does with none
    /// of them. Looks at all of them together, for as long as they lead to the same purchases, and at parts where they
    /// do not. Of the options along, which is then the way of a count with the same voters, and work_left count. Errors
    /// are those of count().
    Result<std::optional<Money>> costs_most(ProjectIndex project, Money cheap, Money dear, const CountOptions& options);

private:
    struct Inside;
    class Costs;
    Election election_;
    Rule rule_;
    std::unique_ptr<Inside> inside_;
};

}  // namespace bypuls::participation::counting
