#include "city/participation/counting/recounter.h"

#include <algorithm>

#include "city/participation/counting/one_count.h"
#include "city/participation/counting/recounter_inside.h"
#include "core/check.h"

namespace bypuls::participation::counting {

Recounter::Recounter(Election election, const Rule& rule, std::vector<bool> likely)
    : election_(std::move(election)),
      rule_(rule),
      inside_(std::make_unique<Inside>(election_, rule_, std::move(likely))) {}

Recounter::~Recounter() = default;

void Recounter::set_voters(std::size_t group, std::int64_t voters) {
    check(voters >= 0, "no ballot has fewer voters than none");
    const BallotView ballot = election_.ballots[group];
    const std::int64_t more = voters - ballot.count;
    if (more == 0) {
        return;
    }
    Totals& totals = inside_->totals;
    bool chose = false;
    for (const Choice& choice : ballot.choices) {
        const std::int64_t score = score_of(election_, rule_, choice);
        chose = chose || score > 0;
        totals.votes[choice.project] += score > 0 ? more : 0;
        totals.scores[choice.project] += score * more;
    }
    totals.blank += chose ? 0 : more;
    totals.voters += chose || rule_.electorate == Electorate::everyone ? more : 0;
    inside_->voters += more;
    election_.ballots.set_count(group, voters);
    inside_->repeated.set(group, voters);
}

void Recounter::set_cost(ProjectIndex project, Money cost) {
    election_.projects[project].cost = cost;
    election_.projects[project].partial_from = std::nullopt;
}

Result<CountResult> Recounter::count(const CountOptions& options) {
    TRY_DO(inside_->valid);
    if (inside_->voters > ballots_max) {
        return fail(Errc::malformed, "there are more than a hundred million ballots");
    }
    const bool can_go_on = rule_.method == Method::equal_shares && election_.pots.empty();
    return count_valid(election_, rule_, inside_->totals, options,
                       {.repeated = can_go_on ? &inside_->repeated : nullptr});
}

}  // namespace bypuls::participation::counting
