#include "city/participation/counting/folds.h"

#include <gmock/gmock.h>

#include "city/participation/counting/count.h"

namespace bypuls::participation::counting {
namespace {

/// Ten projects, and a ballot for every set of them with the first.
Election all_ballots() {
    Election election;
    election.budget = 1'000;
    for (int project = 0; project < 10; ++project) {
        election.projects.push_back({.id = std::to_string(project), .name = "", .cost = 100});
    }
    for (unsigned set = 0; set < 512; ++set) {
        std::vector<Choice> choices = {{0, 1}};
        for (ProjectIndex project = 1; project < 10; ++project) {
            if ((set >> (project - 1) & 1U) != 0) {
                choices.push_back({project, 1});
            }
        }
        election.ballots.add(choices);
    }
    return election;
}

TEST(Folds, AreForgottenBeforeTheyAreTooMany) {
    Election election = all_ballots();
    // Many projects besides, so that there are many sets that can have been bought.
    for (int project = 10; project < 70; ++project) {
        election.projects.push_back({.id = std::to_string(project), .name = "", .cost = 100});
    }
    const Rule rule = rule_named("mes-cost").value();
    const Totals totals = totals_of(election, rule);
    TieJudge judge(election, rule, totals);
    std::vector<ProjectIndex> entrants;
    for (ProjectIndex project = 0; project < 70; ++project) {
        entrants.push_back(project);
    }
    const CountOptions options;
    const Contest contest{
        .election = election, .rule = rule, .totals = totals, .judge = judge, .options = options, .entrants = entrants};
    const Purses purses(contest, Profile(election, rule, Profile::Weights::ones, Profile::Index::by_group));
    Folds folds;
    folds.forget(purses.slots());

    std::size_t most = 0;
    for (std::uint32_t set = 1; set < 300'000; ++set) {
        folds.begin();
        for (std::uint32_t bit = 0; bit < 19; ++bit) {
            if ((set >> bit & 1U) != 0) {
                folds.buy(static_cast<Folds::Slot>(bit + 40));
            }
        }
        folds.rows(0, purses, nullptr);  // once for each set, which puts nothing together
        most = std::max(most, folds.kept());
    }

    EXPECT_LT(most, 100'000U);
    EXPECT_GT(most, 1'000U);
}

}  // namespace
}  // namespace bypuls::participation::counting
