#pragma once

#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "city/participation/counting/count.h"

namespace bypuls::participation::explanation {

/// One thing changed, everything else as it was. Set one field or several.
struct WhatIf {
    std::optional<counting::Rule> rule = std::nullopt;
    std::optional<counting::Money> budget = std::nullopt;
    struct Cost {
        counting::ProjectIndex project = 0;
        counting::Money cost = 0;
    };
    std::optional<Cost> cost = std::nullopt;
    std::optional<counting::ProjectIndex> withdrawn = std::nullopt;
};

/// "budget=3000000", "cost:ID=120000", "without=ID" or "rule=NAME", money in kroner. `rule_named` finds a rule.
/// Errc::malformed, Errc::not_found with a sentence.
counting::Attempt<WhatIf> parse_what_if(
    const counting::Election& election, std::string_view text,
    const std::function<counting::Attempt<counting::Rule>(std::string_view)>& rule_named);

struct Difference {
    counting::CountResult result;
    std::vector<counting::ProjectIndex> gained;  ///< win now, ascending
    std::vector<counting::ProjectIndex> lost;    ///< no longer win, ascending
};

/// Counts with the change beside the result as it is. Errors are those of count().
Result<Difference> what_if(const counting::Election& election, const counting::Rule& rule,
                           const counting::CountResult& result, const WhatIf& change);

}  // namespace bypuls::participation::explanation
