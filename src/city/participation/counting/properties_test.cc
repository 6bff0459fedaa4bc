// What the rules promise whatever the votes (participatory budgeting's positive theorems), with elections drawn and
// made smaller by RapidCheck.
#include <algorithm>
#include <map>
#include <set>
#include <thread>

#include <fmt/format.h>
#include <gmpxx.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "city/participation/counting/count.h"

namespace bypuls::participation::counting {
namespace {

/// Ballots as lists of projects, so that a property can change them before they are counted.
struct Vote {
    std::vector<Money> costs;
    Money budget = 0;
    std::vector<std::vector<ProjectIndex>> ballots;

    Election election() const {
        Election election;
        election.budget = budget;
        for (std::size_t p = 0; p < costs.size(); ++p) {
            election.projects.push_back({.id = fmt::format("p{}", p), .name = "", .cost = costs[p]});
        }
        for (const auto& ballot : ballots) {
            std::vector<Choice> choices;
            for (const ProjectIndex project : ballot) {
                choices.push_back({project, 1});
            }
            election.ballots.add(choices);
        }
        return election;
    }
    std::int64_t voters() const { return static_cast<std::int64_t>(ballots.size()); }
};

std::vector<ProjectIndex> chosen_by_bits(unsigned bits, std::size_t projects) {
    std::vector<ProjectIndex> chosen;
    for (ProjectIndex p = 0; p < projects; ++p) {
        if ((bits >> p & 1U) != 0) {
            chosen.push_back(p);
        }
    }
    return chosen;
}

/// Every ballot names something, so that the electorate is the number of ballots under either reading.
Vote any_vote() {
    Vote vote;
    const auto projects = static_cast<std::size_t>(*rc::gen::inRange(1, 6));
    for (std::size_t p = 0; p < projects; ++p) {
        vote.costs.push_back(*rc::gen::inRange<Money>(1, 10) * one_krone);
    }
    vote.budget = *rc::gen::inRange<Money>(1, 25) * one_krone;
    const int ballots = *rc::gen::inRange(1, 9);
    for (int i = 0; i < ballots; ++i) {
        vote.ballots.push_back(chosen_by_bits(*rc::gen::inRange(1U, 1U << projects), projects));
    }
    return vote;
}

Rule named(const std::string& name) {
    Rule rule = rule_named(name).value();
    rule.seed = "properties";
    return rule;
}

/// Equal Shares by every completion; the comparison step may replace the outcome by greedy's, which promises nothing.
std::string any_equal_shares() {
    std::vector<std::string> names = builtin_rules();
    std::erase_if(names, [](const std::string& name) {
        return !name.starts_with("mes-") || name.contains("+") || name.contains("add-opt");
    });
    return *rc::gen::elementOf(names);
}

CountResult counted(const Vote& vote, const std::string& rule) {
    return count(vote.election(), named(rule)).value();
}

RC_GTEST_PROP(EqualSharesPromises, AProjectWithEnoughVotersOfItsOwnAlwaysWins, ()) {
    Vote vote = any_vote();
    const auto project = static_cast<ProjectIndex>(*rc::gen::inRange<std::size_t>(0, vote.costs.size()));
    const Money cost = vote.costs[project];
    RC_PRE(cost < vote.budget);
    // k of n + k voters who choose it alone, with k at least (n + k) cost / budget.
    const auto alone = (vote.voters() * cost + vote.budget - cost - 1) / (vote.budget - cost);
    vote.ballots.insert(vote.ballots.end(), static_cast<std::size_t>(alone), {project});

    RC_ASSERT(counted(vote, any_equal_shares()).won(project));
}

RC_GTEST_PROP(EqualSharesPromises, AGroupOfIdenticalBallotsGetsWhatItsShareCanPay, ()) {
    Vote vote = any_vote();
    const auto projects = vote.costs.size();
    const std::vector<ProjectIndex> wanted = chosen_by_bits(*rc::gen::inRange(1U, 1U << projects), projects);
    Money cost = 0;
    for (const ProjectIndex project : wanted) {
        cost += vote.costs[project];
    }
    RC_PRE(cost < vote.budget);
    const auto group = (vote.voters() * cost + vote.budget - cost - 1) / (vote.budget - cost);
    vote.ballots.insert(vote.ballots.end(), static_cast<std::size_t>(group), wanted);

    const CountResult result = counted(vote, any_equal_shares());

    RC_ASSERT(std::ranges::all_of(wanted, [&](ProjectIndex project) { return result.won(project); }));
}

/// What the voters have left when each supporter pays the round's share or all she has; empty if that is not the cost.
std::optional<std::vector<mpq_class>> left_after(const Vote& vote, const CountResult& result) {
    std::vector<mpq_class> money(vote.ballots.size(), mpq_class(result.endowments.at(0).share.fraction));
    for (const Round& round : result.rounds) {
        if (round.phase != Phase::rule) {
            continue;
        }
        const mpq_class share(round.share->fraction);
        mpq_class sum;
        for (std::size_t i = 0; i < vote.ballots.size(); ++i) {
            if (std::ranges::find(vote.ballots[i], round.project) != vote.ballots[i].end()) {
                const mpq_class pays = std::min(money[i], share);
                money[i] -= pays;
                sum += pays;
            }
        }
        if (sum * static_cast<long>(one_krone) != static_cast<long>(round.paid)) {
            return std::nullopt;
        }
    }
    return money;
}

RC_GTEST_PROP(EqualSharesPromises, PaymentsSumToTheCostsAndNobodyPaysMoreThanSheHas, ()) {
    const Vote vote = any_vote();

    const CountResult result = counted(vote, any_equal_shares());

    if (!result.endowments.empty()) {
        const auto left = left_after(vote, result);
        RC_ASSERT(left.has_value());
        RC_ASSERT(std::ranges::all_of(*left, [](const mpq_class& money) { return sgn(money) >= 0; }));
    }
}

RC_GTEST_PROP(EqualSharesPromises, RaisingStopsExactlyOneStepBeforeTheBudgetBreaks, ()) {
    const Vote vote = any_vote();
    const bool by_cost = *rc::gen::arbitrary<bool>();
    const std::string plain = by_cost ? "mes-cost" : "mes-cardinality";
    const CountResult result = counted(vote, plain + "-add1");
    RC_PRE(!result.endowments.empty());

    // Plain Equal Shares with a budget of that much for each voter is one run with that endowment.
    const auto with_raises = [&](std::int64_t raises) {
        Vote richer = vote;
        richer.budget += raises * one_krone * vote.voters();
        return counted(richer, plain);
    };
    const std::int64_t raises = result.endowments[0].raises;
    for (std::int64_t step = 0; step <= raises; ++step) {
        RC_ASSERT(with_raises(step).spent <= vote.budget);
    }
    RC_ASSERT(with_raises(raises).winners == result.winners);
    RC_ASSERT(with_raises(raises + 1).spent > vote.budget);
}

/// On this the explanations build their proofs: with a given share, less of a price or more of support never hurts.
RC_GTEST_PROP(EqualSharesPromises, AWinnerThatBecomesCheaperOrGainsASupporterStillWinsWithTheSameShare, ()) {
    const Vote vote = any_vote();
    const std::string rule = *rc::gen::element<std::string>("mes-cost", "mes-cardinality");
    const CountResult before = counted(vote, rule);
    RC_PRE(!before.winners.empty());
    const ProjectIndex winner = *rc::gen::elementOf(before.winners);

    Vote cheaper = vote;
    cheaper.costs[winner] = *rc::gen::inRange<Money>(1, vote.costs[winner] + 1);
    Vote more = vote;
    auto& ballot = more.ballots[*rc::gen::inRange<std::size_t>(0, vote.ballots.size())];
    if (std::ranges::find(ballot, winner) == ballot.end()) {
        ballot.push_back(winner);
    }

    RC_ASSERT(counted(cheaper, rule).won(winner));
    RC_ASSERT(counted(more, rule).won(winner));
}

RC_GTEST_PROP(EqualSharesPromises, JustifiedRepresentationUpToOneProject, ()) {
    // Peters, Pierczyński, Skowron 2021, theorem 2: a group that can pay for a set of projects they all choose has a
    // member who is as well off as with that set, or would be better off with one more project of it.
    const Vote vote = any_vote();
    const bool by_cost = *rc::gen::arbitrary<bool>();
    const CountResult result = counted(vote, by_cost ? "mes-cost" : "mes-cardinality");
    const auto worth = [&](ProjectIndex project) { return by_cost ? vote.costs[project] : 1; };
    for (unsigned bits = 1; bits < 1U << vote.costs.size(); ++bits) {
        const std::vector<ProjectIndex> set = chosen_by_bits(bits, vote.costs.size());
        Money cost = 0;
        std::int64_t aim = 0;
        for (const ProjectIndex project : set) {
            cost += vote.costs[project];
            aim += worth(project);
        }
        std::int64_t unsatisfied = 0;
        for (const auto& ballot : vote.ballots) {
            if (!std::ranges::includes(ballot, set)) {
                continue;
            }
            std::int64_t has = 0;
            for (const ProjectIndex project : ballot) {
                has += result.won(project) ? worth(project) : 0;
            }
            std::int64_t one_more = 0;
            for (const ProjectIndex project : set) {
                one_more = std::max(one_more, result.won(project) ? 0 : worth(project));
            }
            unsatisfied += has < aim && has + one_more <= aim ? 1 : 0;
        }
        RC_ASSERT(unsatisfied == 0 || unsatisfied * vote.budget < vote.voters() * cost);
    }
}

RC_GTEST_PROP(EveryRulePromises, TheBudgetIsKeptAndNothingIsBuiltTwice, ()) {
    const Vote vote = any_vote();
    const CountResult result = counted(vote, *rc::gen::elementOf(builtin_rules()));

    Money spent = 0;
    for (const Round& round : result.rounds) {
        spent += round.paid;
    }
    RC_ASSERT(spent == result.spent);
    RC_ASSERT(spent <= vote.budget);
    RC_ASSERT(std::set(result.winners.begin(), result.winners.end()).size() == result.winners.size());
}

RC_GTEST_PROP(EveryRulePromises, CountsMadeAtTheSameTimeAreTheSame, ()) {
    const Vote vote = any_vote();
    const std::string rule = *rc::gen::elementOf(builtin_rules());
    const CountResult alone = counted(vote, rule);

    std::vector<CountResult> results(3);
    {
        std::vector<std::jthread> threads;
        for (CountResult& result : results) {
            threads.emplace_back([&] { result = counted(vote, rule); });
        }
    }
    RC_ASSERT(std::ranges::all_of(results, [&](const CountResult& result) { return result == alone; }));
}

}  // namespace
}  // namespace bypuls::participation::counting
