#pragma once

#include <functional>
#include <vector>

#include "city/participation/counting/count.h"

namespace bypuls::participation::explanation {

/// An election with some voters' ballots changed, for counting "what if".
class Variant {
public:
    /// Greedy rules see only totals, so ballots that name one project are as good and much fewer.
    Variant(const counting::Election& election, const counting::Rule& rule);

    const counting::Rule& rule() const { return rule_; }
    bool only_totals() const { return only_totals_; }
    /// More of what helps never hurts under this rule.
    bool monotone() const;

    Result<counting::CountResult> with_cost(counting::ProjectIndex project, counting::Money cost) const;
    Result<counting::CountResult> with_new_ballots(counting::ProjectIndex project, std::int64_t voters) const;
    /// The first `voters` of `order` (ballot groups, each with its count) choose `project` too.
    Result<counting::CountResult> with_more_support(counting::ProjectIndex project, std::int64_t voters,
                                                    const std::vector<std::uint32_t>& order) const;
    /// The first `voters` of `order` choose nothing but `project`.
    Result<counting::CountResult> with_fewer_rivals(counting::ProjectIndex project, std::int64_t voters,
                                                    const std::vector<std::uint32_t>& order) const;
    /// The first `voters` of `order` no longer choose `project`.
    Result<counting::CountResult> with_less_support(counting::ProjectIndex project, std::int64_t voters,
                                                    const std::vector<std::uint32_t>& order) const;

private:
    using Rewrite = std::function<void(std::vector<counting::Choice>&)>;
    Result<counting::CountResult> rewritten(std::int64_t voters, const std::vector<std::uint32_t>& order,
                                            const Rewrite& rewrite) const;
    counting::Election frame() const;

    const counting::Election& election_;
    counting::Rule rule_;
    bool only_totals_ = false;
    counting::Election totals_;
    std::vector<std::int64_t> votes_;
};

}  // namespace bypuls::participation::explanation
