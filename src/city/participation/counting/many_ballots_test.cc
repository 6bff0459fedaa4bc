// Votes with so many different ballots that Equal Shares puts them together on the way, against the plain count.
#include <algorithm>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "city/participation/counting/count.h"
#include "city/participation/counting/recounter.h"
#include "core/random.h"

namespace bypuls::participation::counting {
namespace {

/// Few different costs, so that projects tie, also when some of their supporters have nothing left.
Election many_ballots(Random& random, ProjectIndex projects, std::size_t ballots) {
    Election election;
    Money total = 0;
    for (ProjectIndex p = 0; p < projects; ++p) {
        const auto cost = static_cast<Money>(10 + 10 * random.below(6)) * one_krone;
        election.projects.push_back({.id = fmt::format("p{:02}", p), .name = "", .cost = cost});
        total += cost;
    }
    election.budget = total / 2;
    for (std::size_t b = 0; b < ballots; ++b) {
        std::vector<Choice> choices;
        const std::uint64_t length = 1 + random.below(6);
        for (std::uint64_t i = 0; i < length; ++i) {
            const auto project = static_cast<ProjectIndex>(random.below(projects));
            if (std::ranges::find(choices, project, &Choice::project) == choices.end()) {
                choices.push_back({project, 1});
            }
        }
        election.ballots.add(choices, 1 + static_cast<std::int64_t>(random.below(2)));
    }
    election.ballots.group();
    return election;
}

Rule named(const std::string& name) {
    Rule rule = rule_named(name).value();
    rule.seed = "many ballots";
    rule.step = 10;
    return rule;
}

TEST(ManyBallots, AreCountedAsPlainly) {
    for (std::uint64_t seed = 1; seed <= 12; ++seed) {
        SeededRandom random(seed);
        const Election election = many_ballots(random, 9, 120);
        for (const std::string& name : {"mes-cost-add1", "mes-cardinality-add1e"}) {
            const Rule rule = named(name);
            const CountResult result = count(election, rule).value();
            const PlainOutcome plain = count_plainly(election, rule).value();
            EXPECT_EQ(disagreement(election, result, plain), std::nullopt) << name << ", seed " << seed;
        }
    }
}

/// In steps of one øre nearly all of the way is leapt over, so that the ends of leaps are what is compared.
TEST(ManyBallots, AreCountedAsPlainlyInTheSmallestSteps) {
    for (std::uint64_t seed = 1; seed <= 8; ++seed) {
        SeededRandom random(seed);
        Election election = many_ballots(random, 8, 90);
        for (Project& project : election.projects) {
            project.cost += static_cast<Money>(random.below(400));
        }
        for (const std::string& name : {"mes-cost-add-opt", "mes-cardinality-add-opt"}) {
            const Rule rule = named(name);
            const CountResult result = count(election, rule).value();
            const PlainOutcome plain = count_plainly(election, rule).value();
            EXPECT_EQ(disagreement(election, result, plain), std::nullopt) << name << ", seed " << seed;
        }
    }
}

/// Between two changes of the purchases there are some leaps, however many steps that is.
TEST(ManyBallots, AreCountedInTheSmallestStepsWithLittleMoreWorkThanInLargeOnes) {
    SeededRandom random(5);
    Election election = many_ballots(random, 30, 1'500);
    for (Project& project : election.projects) {
        project.cost = 1'000 * project.cost + static_cast<Money>(random.below(1'000'000));
    }
    election.budget *= 1'000;
    const auto work_of = [&](const std::string& name) {
        std::int64_t work = INT64_MAX;
        CountOptions options{.explore_ties = false, .exact_rounds = false, .self_check = false};
        options.work_left = &work;
        const auto result = count(election, named(name), options);
        return std::pair(INT64_MAX - work, result.value().endowments.at(0).raises);
    };
    const auto [taken, raises] = work_of("mes-cost-add-opt");
    const auto [taken_by_ten, tens] = work_of("mes-cost-add1");
    EXPECT_GT(raises, 10'000);
    EXPECT_NEAR(static_cast<double>(raises), 10.0 * static_cast<double>(tens), 20);
    EXPECT_LT(taken, 2 * taken_by_ten);
}

TEST(ManyBallots, CountedAgainWithOtherVotersAreCountedAsFromTheBeginning) {
    const CountOptions quick{.explore_ties = false, .exact_rounds = false, .self_check = false};
    for (std::uint64_t seed = 1; seed <= 6; ++seed) {
        SeededRandom random(seed);
        const Rule rule = named("mes-cost-add1");
        // None of the projects is foreseen, so that the rows are made again on the way.
        Recounter recounter(many_ballots(random, 70, 300), rule, std::vector<bool>(70, false));
        for (int i = 0; i < 8; ++i) {
            for (int change = 0; change < 20; ++change) {
                recounter.set_voters(random.below(recounter.election().ballots.size()),
                                     static_cast<std::int64_t>(random.below(4)));
            }
            const CountResult again = recounter.count(quick).value();
            EXPECT_EQ(again, count(recounter.election(), rule, quick).value()) << "seed " << seed;
        }
    }
}

/// Every ballot group is emptied and filled again, so that rows come to have nobody and sums are of others.
TEST(ManyBallots, CountedAgainWithoutSomeAndWithThemAgainAreCountedAsFromTheBeginning) {
    const CountOptions quick{.explore_ties = false, .exact_rounds = false, .self_check = false};
    for (std::uint64_t seed = 1; seed <= 8; ++seed) {
        SeededRandom random(seed);
        Rule rule = named(seed % 2 == 0 ? "mes-cost-add1" : "mes-points-add1");
        Election election = many_ballots(random, 20, 200);
        if (seed % 2 == 1) {
            election.kind = BallotKind::points;
        }
        Recounter recounter(election, rule, std::vector<bool>(20, true));
        for (int i = 0; i < 12; ++i) {
            for (std::size_t group = 0; group < election.ballots.size(); ++group) {
                const bool in = i % 4 == 3 || random.chance(0.7);
                recounter.set_voters(group, in ? election.ballots[group].count : 0);
            }
            EXPECT_EQ(recounter.count(quick).value(), count(recounter.election(), rule, quick).value())
                << "seed " << seed;
        }
    }
}

TEST(ManyBallots, TakeNoMoreWorkThanIsGiven) {
    SeededRandom random(1);
    const Election election = many_ballots(random, 12, 200);
    const Rule rule = named("mes-cost-add1");
    std::int64_t work = 1'000'000'000;
    CountOptions options;
    options.work_left = &work;

    ASSERT_EQ(count(election, rule, options).value(), count(election, rule).value());
    const std::int64_t taken = 1'000'000'000 - work;
    ASSERT_GT(taken, 0);

    work = taken / 2;
    EXPECT_EQ(count(election, rule, options).error().code, Errc::exhausted);
}

/// Two projects cost their supporters the same while the shares grow some hundred thousand times, since two of the
/// voters have spent all they had. Nothing changes, and so nothing is counted again.
TEST(ManyBallots, ATieWithSomeWhoHaveNothingDoesNotStopTheLeaps) {
    Election election;
    election.projects = {{.id = "first", .name = "", .cost = 400'000'000},
                         {.id = "second", .name = "", .cost = 180'000'000},
                         {.id = "one", .name = "", .cost = 1'000'000},
                         {.id = "two", .name = "", .cost = 1'000'000},
                         {.id = "dear", .name = "", .cost = 5'073'000'000}};
    election.budget = 5'650'000'000;
    const auto add = [&](std::vector<ProjectIndex> projects, std::int64_t voters) {
        std::vector<Choice> choices;
        for (const ProjectIndex project : projects) {
            choices.push_back({project, 1});
        }
        election.ballots.add(choices, voters);
    };
    add({0, 1, 2, 3}, 2);  // who pay for the first, and then all they have for the second
    add({0}, 8);
    add({1}, 8);
    add({2}, 3);
    add({3}, 3);
    add({4}, 89);
    std::int64_t work = 200'000;
    CountOptions options{.explore_ties = false, .exact_rounds = false, .self_check = false};
    options.work_left = &work;

    const auto result = count(election, named("mes-cost-add1"), options);

    ASSERT_TRUE(result) << result.error().what;
    EXPECT_GT(result->endowments.at(0).raises, 100'000);
}

}  // namespace
}  // namespace bypuls::participation::counting
