#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "city/participation/counting/count.h"
#include "city/participation/counting/recounter.h"
#include "city/participation/counting/trail.h"

namespace bypuls::participation::explanation {

/// How many voters of each ballot group are meant; as many as there are groups.
using Voters = std::vector<std::int64_t>;

/// What a new ballot gives the only project on it: all the points that any ballot gives, in the election's parts of
/// one.
std::int64_t most_of_one_ballot(const counting::Election& election);

/// An election with some voters' ballots changed, for counting "what if".
class Variant {
public:
    /// Greedy rules see only totals, so ballots that name one project are as good and much fewer.
    Variant(const counting::Election& election, const counting::Rule& rule);

    const counting::Rule& rule() const { return rule_; }
    bool only_totals() const { return only_totals_; }
    /// What is changed in favour of a project, or taken from it.
    enum class Means : std::uint8_t { cost, support, rivals };
    /// More of the change never makes the opposite of what it is made for: greedy rules, which look at a project once.
    bool monotone(Means means) const;

    Result<counting::CountResult> with_cost(counting::ProjectIndex project, counting::Money cost) const;
    Result<counting::CountResult> with_new_ballots(counting::ProjectIndex project, std::int64_t voters) const;
    /// These choose `project` too.
    Result<counting::CountResult> with_more_support(counting::ProjectIndex project, const Voters& voters) const;
    /// These choose nothing but `project`.
    Result<counting::CountResult> with_fewer_rivals(counting::ProjectIndex project, const Voters& voters) const;
    /// These no longer choose `project`.
    Result<counting::CountResult> with_less_support(counting::ProjectIndex project, const Voters& voters) const;
    /// The first of `order`, which lists ballot groups.
    Voters first(std::int64_t voters, const std::vector<std::uint32_t>& order) const;

private:
    using Rewrite = std::function<void(std::vector<counting::Choice>&)>;
    Result<counting::CountResult> rewritten(const Voters& voters, const Rewrite& rewrite,
                                            std::optional<counting::ProjectIndex> favoured = std::nullopt) const;
    /// `favoured`: nothing else has changed than that this one is cheaper, or chosen by more of the same voters.
    Result<counting::CountResult> recount(const counting::Election& changed,
                                          std::optional<counting::ProjectIndex> favoured = std::nullopt) const;
    counting::Election frame() const;
    /// Nothing else is counted often enough, and as quickly, for a recounter to be worth its making.
    bool can_go_on() const { return rule_.method == counting::Method::equal_shares && election_.pots.empty(); }

    friend class ProjectVariants;

    const counting::Election& election_;
    counting::Rule rule_;
    bool only_totals_ = false;
    counting::Election totals_;
    std::vector<std::int64_t> votes_;
    counting::Trail trail_;
    std::vector<bool> likely_;  ///< by project: bought on the way of the count as it was
};

/// The same for one project, and quicker where shares are raised: what the counts have in common is kept from each to
/// the next. For one thread.
class ProjectVariants {
public:
    ProjectVariants(const Variant& variant, counting::ProjectIndex project);

    /// What all counts from now on may do together: rows of ballots that Equal Shares reads, and about as much for
    /// other work. Beyond it they end with Errc::exhausted.
    void limit(std::int64_t work) { work_left_ = work; }
    void no_limit() { work_left_.reset(); }
    const std::int64_t* work_left() const { return work_left_ ? &*work_left_ : nullptr; }

    Result<counting::CountResult> with_cost(counting::Money cost);
    /// The largest cost from `cheap` to `dear` with which it wins, where that can be found for all of them together;
    /// nothing if it does with none.
    Result<std::optional<counting::Money>> costs_most(counting::Money cheap, counting::Money dear);
    bool can_ask_costs() const;
    Result<counting::CountResult> with_new_ballots(std::int64_t voters);
    Result<counting::CountResult> with_more_support(const Voters& voters);
    Result<counting::CountResult> with_fewer_rivals(const Voters& voters);
    Result<counting::CountResult> with_less_support(const Voters& voters);

private:
    /// Ballot groups as they would be if their voters changed them.
    using Changed = std::vector<std::uint32_t>;
    void change_to(const Changed& changed, const Voters& voters);
    void change_nothing();
    Result<counting::CountResult> recount(bool favoured);
    /// For what a count costs beside the rows that are read.
    Result<void> begin_count();

    const Variant& variant_;
    counting::ProjectIndex project_;
    std::optional<counting::Recounter> recounter_;
    Changed with_;
    Changed without_;
    Changed alone_;
    std::uint32_t new_ballot_ = 0;
    const Changed* changed_ = nullptr;  ///< what is so now …
    Voters voters_;                     ///< … of so many
    std::optional<std::int64_t> work_left_;
};

}  // namespace bypuls::participation::explanation
