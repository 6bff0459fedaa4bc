#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <map>
#include <set>
#include <sstream>

#include <gmock/gmock.h>

#include "city/participation/explanation/commands.h"
#include "city/participation/explanation/distance.h"
#include "city/participation/explanation/metrics.h"
#include "city/participation/explanation/report.h"
#include "city/participation/explanation/search.h"
#include "city/participation/explanation/variant.h"
#include "city/participation/explanation/what_if.h"
#include "city/participation/pabulib/pabulib.h"
#include "core/random.h"

namespace bypuls::participation::explanation {
namespace {

using counting::CountResult;
using counting::Election;
using counting::ProjectIndex;
using counting::Rule;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string data_path(const std::string& name) {
    const char* root = std::getenv("BYPULS_SOURCE_DIR");
    return std::string(root == nullptr ? "." : root) + "/tests/data/participation/" + name;
}

std::string slurp(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

void expect_golden(const std::string& name, const std::string& text) {
    if (std::getenv("UPDATE_GOLDEN") != nullptr) {
        std::ofstream(data_path(name), std::ios::binary) << text;
    }
    EXPECT_EQ(text, slurp(data_path(name)));
}

Election play_money() {
    return pabulib::read_election(pabulib::parse(slurp(data_path("play_money.pb"))).value()).value().election;
}

Rule named(const std::string& name) {
    Rule rule = counting::rule_named(name).value();
    rule.seed = "explanations";
    return rule;
}

/// Runs a command on files in memory.
struct Terminal {
    std::map<std::string, std::string> files;
    std::ostringstream out = {};
    std::ostringstream err = {};

    template <typename Command>
    int run(Command command, const std::vector<std::string>& words) {
        out.str("");
        err.str("");
        const Surroundings around{.read_file = [this](const std::string& path) -> Result<std::string> {
                                      const auto at = files.find(path);
                                      return at == files.end()
                                                 ? Result<std::string>(fail(Errc::not_found, path + ": no such file"))
                                                 : at->second;
                                  },
                                  .out = out,
                                  .err = err};
        return command(words, around);
    }
};

Terminal terminal() {
    return {.files = {{"play.pb", slurp(data_path("play_money.pb"))}}};
}

TEST(Distances, GreedyLosersKnowExactlyWhatTheyLacked) {
    const Election election = play_money();
    const Rule rule = named("greedy");
    const CountResult result = count(election, rule).value();
    ASSERT_THAT(result.winners, ElementsAre(0, 1));  // bike 700 with 7, gym 400 with 6: all 1100 spent

    const Distances all = distances(election, rule, result).value();

    ASSERT_EQ(all.losers.size(), 3U);
    // The park (250, 5 votes) gets in by passing the gym: 6 votes and cheaper, so it is level and goes first.
    EXPECT_EQ(all.losers[0].singleton_add->amount, 1);
    EXPECT_TRUE(all.losers[0].singleton_add->smallest);
    EXPECT_EQ(all.losers[0].optimist_add->amount, 1);
    // The playground (200, 4 votes) needs two more to be level with the gym.
    EXPECT_EQ(all.losers[1].singleton_add->amount, 2);
    EXPECT_FALSE(all.losers[1].cost_reduction.has_value());
    // The bike path drops out when the gym and the rest go before it.
    EXPECT_EQ(all.winners[0].project, 0U);
    ASSERT_TRUE(all.winners[0].margin);
}

/// The first amount that works, found by trying them all.
template <typename Try>
std::optional<std::int64_t> by_trying(std::int64_t most, Try attempt) {
    for (std::int64_t n = 1; n <= most; ++n) {
        if (attempt(n)) {
            return n;
        }
    }
    return std::nullopt;
}

/// Ballots without the project, those with the fewest funded choices first.
std::vector<std::uint32_t> best_placed(const Election& election, const CountResult& result, ProjectIndex project) {
    const auto funded = [&](std::uint32_t i) {
        return std::ranges::count_if(election.ballots[i].choices,
                                     [&](const counting::Choice& choice) { return result.won(choice.project); });
    };
    std::vector<std::uint32_t> order;
    for (std::uint32_t i = 0; i < election.ballots.size(); ++i) {
        if (std::ranges::find(election.ballots[i].choices, project, &counting::Choice::project) ==
            election.ballots[i].choices.end()) {
            order.push_back(i);
        }
    }
    std::ranges::stable_sort(order, {}, funded);
    return order;
}

TEST(Search, FindsTheSmallestFromAnyHintAndSaysWhenItIsNotSure) {
    for (const std::int64_t hint : {1, 7, 40, 99, 500}) {
        const auto search = [&](const Attempt& attempt, std::int64_t scan) {
            return search_smallest(attempt, {.most = 100, .full_scan_max = scan, .hint = hint}).value();
        };
        const auto from_40 = [](std::int64_t n) -> Result<Trial> { return Trial{.enough = n >= 40}; };
        const auto from_40_proved = [](std::int64_t n) -> Result<Trial> { return Trial{n >= 40, n < 40}; };
        const auto an_island_at_3 = [](std::int64_t n) -> Result<Trial> { return Trial{.enough = n == 3 || n >= 40}; };
        const auto from_3_to_9 = [](std::int64_t n) -> Result<Trial> { return Trial{.enough = n >= 3 && n <= 9}; };
        const auto never = [](std::int64_t) -> Result<Trial> { return Trial{}; };

        EXPECT_EQ(search(from_40, 100), (Change{.amount = 40, .smallest = true})) << hint;
        EXPECT_EQ(search(from_40, 5), (Change{.amount = 40, .smallest = false})) << hint;
        EXPECT_EQ(search(from_40_proved, 0), (Change{.amount = 40, .smallest = true})) << hint;
        EXPECT_EQ(search(an_island_at_3, 100), (Change{.amount = 3, .smallest = true})) << hint;
        EXPECT_EQ(search(from_3_to_9, 100), (Change{.amount = 3, .smallest = true})) << hint;
        EXPECT_EQ(search(never, 100), std::nullopt) << hint;
    }
}

TEST(Distances, AreTheSameOnAnyNumberOfThreads) {
    const Election election = play_money();
    const Rule rule = named("mes-cost-add1");
    const CountResult result = count(election, rule).value();

    const Distances one = distances(election, rule, result, {.threads = 1}).value();

    EXPECT_EQ(distances(election, rule, result, {.threads = 4}).value(), one);
    EXPECT_FALSE(one.losers.empty());
}

TEST(Distances, AreWhatTryingEverythingFinds) {
    SeededRandom random(99);
    for (int i = 0; i < 90; ++i) {
        Election election;
        election.budget = 100 * (5 + static_cast<std::int64_t>(random.below(15)));
        for (int p = 0; p < 5; ++p) {
            election.projects.push_back({.id = std::string(1, static_cast<char>('a' + p)),
                                         .name = "",
                                         .cost = 100 * (1 + static_cast<std::int64_t>(random.below(9)))});
        }
        for (int v = 0; v < 8; ++v) {
            std::vector<counting::Choice> choices;
            for (ProjectIndex p = 0; p < 5; ++p) {
                if (random.chance(0.4)) {
                    choices.push_back({p, 1});
                }
            }
            election.ballots.add(choices);
        }
        constexpr std::array rules = {"mes-cost-add1", "greedy", "mes-cardinality-add1e"};
        const Rule rule = named(rules[static_cast<std::size_t>(i) % rules.size()]);
        const CountResult result = count(election, rule).value();
        const Distances all = distances(election, rule, result).value();
        for (const LoserDistance& loser : all.losers) {
            const auto alone = by_trying(8, [&](std::int64_t n) {
                Election more = election;
                const std::vector<counting::Choice> one = {{loser.project, 1}};
                more.ballots.add(one, n);
                return count(more, rule).value().won(loser.project);
            });
            const auto found = loser.singleton_add && loser.singleton_add->amount <= 8
                                   ? std::optional(loser.singleton_add->amount)
                                   : std::nullopt;
            EXPECT_EQ(found, alone);
            const std::vector<std::uint32_t> order = best_placed(election, result, loser.project);
            const auto helpers = by_trying(8, [&](std::int64_t n) {
                return n <= static_cast<std::int64_t>(order.size()) &&
                       Variant(election, rule).with_more_support(loser.project, n, order).value().won(loser.project);
            });
            EXPECT_EQ(loser.optimist_add ? std::optional(loser.optimist_add->amount) : std::nullopt, helpers);
            const auto kroner = by_trying(election.projects[loser.project].cost / 100 - 1, [&](std::int64_t n) {
                Election cheaper = election;
                cheaper.projects[loser.project].cost -= 100 * n;
                return count(cheaper, rule).value().won(loser.project);
            });
            EXPECT_EQ(loser.cost_reduction ? std::optional(loser.cost_reduction->amount / 100) : std::nullopt, kroner);
        }
    }
}

/// A small vote, and its ballots one by one as sets of projects: what the searches below change by hand.
struct SmallVote {
    Election election;
    std::vector<std::vector<ProjectIndex>> ballots;

    explicit SmallVote(Random& random) {
        election.budget = 100 * (5 + static_cast<std::int64_t>(random.below(15)));
        for (int p = 0; p < 5; ++p) {
            election.projects.push_back({.id = std::string(1, static_cast<char>('a' + p)),
                                         .name = "",
                                         .cost = 100 * (1 + static_cast<std::int64_t>(random.below(9)))});
        }
        for (int v = 0; v < 8; ++v) {
            std::vector<ProjectIndex> ballot;
            for (ProjectIndex p = 0; p < 5; ++p) {
                if (random.chance(0.4)) {
                    ballot.push_back(p);
                }
            }
            ballots.push_back(std::move(ballot));
        }
        std::ranges::sort(ballots);
        election = with(ballots);
    }

    Election with(const std::vector<std::vector<ProjectIndex>>& changed) const {
        Election other = election;
        other.ballots = {};
        for (const std::vector<ProjectIndex>& ballot : changed) {
            std::vector<counting::Choice> choices;
            for (const ProjectIndex project : ballot) {
                choices.push_back({project, 1});
            }
            other.ballots.add(choices);
        }
        return other;
    }

    /// Counted by the second implementation, so that nothing is shared with what is tested.
    bool wins(const std::vector<std::vector<ProjectIndex>>& changed, const Rule& rule, ProjectIndex project) const {
        const auto outcome = count_plainly(with(changed), rule).value();
        return std::ranges::find(outcome.winners, project) != outcome.winners.end();
    }

    bool chose(std::size_t ballot, ProjectIndex project) const {
        return std::ranges::find(ballots[ballot], project) != ballots[ballot].end();
    }
};

constexpr std::array rules_searched = {"mes-cost", "mes-cost-add1",  "mes-cardinality-add1e",
                                       "phragmen", "mes-cost-add1u", "greedy-per-cost"};

std::optional<std::int64_t> amount_of(const std::optional<Change>& change) {
    return change ? std::optional(change->amount) : std::nullopt;
}

enum class Among : std::uint8_t { who_chose_it, who_did_not };

/// For how many voters `change` must be made so that the loser wins, when those go first who have most: found by trying
/// every number. What is found must be what `told` says, for `at_least` losers and more.
template <typename Told, typename Change>
void compare_with_trying(std::uint64_t seed, Among among, Told told, Change change, int at_least) {
    SeededRandom random(seed);
    int found = 0;
    for (int i = 0; i < 120; ++i) {
        const SmallVote vote(random);
        const Rule rule = named(rules_searched[static_cast<std::size_t>(i) % rules_searched.size()]);
        const CountResult result = count(vote.election, rule).value();
        const Distances all = distances(vote.election, rule, result).value();
        for (const LoserDistance& loser : all.losers) {
            std::vector<std::size_t> order;
            for (std::size_t ballot = 0; ballot < vote.ballots.size(); ++ballot) {
                if (vote.chose(ballot, loser.project) == (among == Among::who_chose_it)) {
                    order.push_back(ballot);
                }
            }
            std::ranges::stable_sort(order, std::greater{}, [&](std::size_t ballot) {
                return std::ranges::count_if(vote.ballots[ballot], [&](ProjectIndex p) { return result.won(p); });
            });
            const auto fewest = by_trying(static_cast<std::int64_t>(order.size()), [&](std::int64_t n) {
                auto changed = vote.ballots;
                for (std::int64_t k = 0; k < n; ++k) {
                    change(changed[order[static_cast<std::size_t>(k)]], loser.project);
                }
                return vote.wins(changed, rule, loser.project);
            });
            EXPECT_EQ(amount_of(told(loser)), fewest) << name_of(rule) << " " << i;
            found += fewest ? 1 : 0;
        }
    }
    EXPECT_GT(found, at_least);
}

TEST(Distances, ThePessimistsVotersAreThoseWhoHaveMostAndAreFoundByTryingEverything) {
    compare_with_trying(
        411, Among::who_did_not, [](const LoserDistance& loser) { return loser.pessimist_add; },
        [](std::vector<ProjectIndex>& ballot, ProjectIndex project) { ballot.push_back(project); }, 100);
}

TEST(Distances, RivalryReductionIsWhatTryingEverythingFinds) {
    compare_with_trying(
        412, Among::who_chose_it, [](const LoserDistance& loser) { return loser.rivalry_reduction; },
        [](std::vector<ProjectIndex>& ballot, ProjectIndex project) { ballot = {project}; }, 30);
}

TEST(Distances, RandomAddIsWhatSomeOrderOfTheVotersNeeds) {
    SeededRandom random(413);
    int told = 0;
    for (int i = 0; i < 180; ++i) {
        const SmallVote vote(random);
        const Rule rule = named(rules_searched[static_cast<std::size_t>(i) % rules_searched.size()]);
        const CountResult result = count(vote.election, rule).value();
        const Distances all = distances(vote.election, rule, result, {.samples = 31}).value();
        for (const LoserDistance& loser : all.losers) {
            std::vector<std::size_t> others;
            for (std::size_t ballot = 0; ballot < vote.ballots.size(); ++ballot) {
                if (!vote.chose(ballot, loser.project)) {
                    others.push_back(ballot);
                }
            }
            if (others.size() > 4) {
                continue;  // too many orders
            }
            // For every order of the voters the first number that is enough; a sample is one of these.
            std::set<std::int64_t> possible;
            std::ranges::sort(others);
            do {
                auto changed = vote.ballots;
                std::int64_t enough = INT64_MAX;
                for (std::size_t n = 0; n < others.size() && enough == INT64_MAX; ++n) {
                    changed[others[n]].push_back(loser.project);
                    enough = vote.wins(changed, rule, loser.project) ? static_cast<std::int64_t>(n) + 1 : enough;
                }
                possible.insert(enough);
            } while (std::ranges::next_permutation(others).found);
            const auto found = amount_of(loser.random_add);
            EXPECT_TRUE(possible.contains(found.value_or(INT64_MAX)))
                << name_of(rule) << " " << i << " " << found.value_or(-1);
            told += found && possible.size() > 1 ? 1 : 0;
        }
    }
    EXPECT_GT(told, 5);
}

TEST(Metrics, OfASmallVoteAreWhatOneCountsByHand) {
    const Election election = play_money();
    const CountResult result = count(election, named("mes-cost")).value();  // bike, playground, book shed

    const Metrics figures = metrics(election, result);

    EXPECT_DOUBLE_EQ(figures.spent_share, 1000.0 / 1100.0);
    EXPECT_DOUBLE_EQ(figures.voters_with_a_winner, 1);
    EXPECT_DOUBLE_EQ(figures.mean_winners, (7.0 + 4 + 3) / 11);
    EXPECT_DOUBLE_EQ(figures.median_winners, 1);
    EXPECT_NEAR(figures.mean_kroner, (7 * 700.0 + 4 * 200 + 3 * 100) / 11, 1e-9);
    EXPECT_DOUBLE_EQ(figures.median_kroner, 700);
    EXPECT_THAT(figures.underserved, IsEmpty());
}

TEST(Metrics, AMajorityThatTakesAllLeavesTheOthersUnderserved) {
    Election election;
    election.budget = 10000;
    for (const char* id : {"a", "b", "c"}) {
        election.projects.push_back({.id = id, .name = "", .cost = id[0] == 'c' ? 2000 : 5000});
    }
    const std::vector<counting::Choice> majority = {{0, 1}, {1, 1}};
    const std::vector<counting::Choice> minority = {{2, 1}};
    election.ballots.add(majority, 51);
    election.ballots.add(minority, 49);
    const CountResult result = count(election, named("greedy")).value();

    const Metrics figures = metrics(election, result);

    EXPECT_DOUBLE_EQ(figures.excluded_voters, 0.49);
    ASSERT_EQ(figures.underserved.size(), 1U);
    EXPECT_EQ(figures.underserved[0].project, 2U);
    EXPECT_EQ(figures.underserved[0].share, 4900);
}

TEST(WhatIf, TellsWhoGainsAndWhoLoses) {
    const Election election = play_money();
    const Rule rule = named("mes-cost-add1");
    const CountResult result = count(election, rule).value();

    const Difference by_greedy = what_if(election, rule, result, {.rule = named("greedy")}).value();
    const Difference withdrawn = what_if(election, rule, result, {.withdrawn = ProjectIndex{0}}).value();

    EXPECT_THAT(by_greedy.gained, ElementsAre(1));
    EXPECT_THAT(by_greedy.lost, ElementsAre(3, 4));
    EXPECT_FALSE(withdrawn.result.won(0));
    EXPECT_THAT(withdrawn.lost, ElementsAre(0));
}

TEST(Commands, CountTakesTheRuleFromTheFileAndIsTheSameToTheByte) {
    Terminal at = terminal();

    EXPECT_EQ(at.run(count_command, {"play.pb", "--json", "--explain"}), exit_ok) << at.err.str();

    expect_golden("play_money.json", at.out.str());
    const std::string first = at.out.str();
    at.run(count_command, {"play.pb", "--json", "--explain"});
    EXPECT_EQ(at.out.str(), first);
}

TEST(Commands, ExplainsInThreeLanguages) {
    for (const char* language : {"nb", "nn", "en"}) {
        Terminal at = terminal();
        EXPECT_EQ(at.run(count_command, {"play.pb", "--explain", "--language", language}), exit_ok);
        expect_golden(std::string("play_money.") + language + ".txt", at.out.str());
    }
}

TEST(Commands, VerifyTellsATrueResultFromAFalseOne) {
    Terminal at = terminal();
    at.run(count_command, {"play.pb", "--json"});
    at.files["true.json"] = at.out.str();
    at.files["false.json"] = at.out.str();
    std::string& forged = at.files["false.json"];
    forged.replace(forged.find("\"bike\", \"play\""), 14, "\"bike\", \"gym\", ");

    EXPECT_EQ(at.run(verify_count_command, {"play.pb", "true.json"}), exit_ok) << at.out.str() << at.err.str();
    EXPECT_THAT(at.out.str(), HasSubstr("the second implementation agrees"));
    EXPECT_EQ(at.run(verify_count_command, {"play.pb", "play.pb"}), exit_ok) << at.out.str();
    EXPECT_EQ(at.run(verify_count_command, {"play.pb", "play.pb", "--rule", "greedy"}), exit_differs);
    EXPECT_NE(at.run(verify_count_command, {"play.pb", "false.json"}), exit_ok);
}

TEST(Commands, WhichRuleListsThoseThatLeadToThePublishedOutcome) {
    Terminal at = terminal();

    EXPECT_EQ(at.run(count_command, {"play.pb", "--which-rule"}), exit_ok);

    EXPECT_THAT(at.out.str(), HasSubstr("mes-cost-add1\n"));
    EXPECT_THAT(at.out.str(), testing::Not(HasSubstr("greedy\n")));
}

TEST(Commands, CompareShowsRulesSideBySide) {
    Terminal at = terminal();

    EXPECT_EQ(at.run(compare_command, {"play.pb", "--rules", "greedy,mes-cost"}), exit_ok) << at.err.str();

    EXPECT_THAT(at.out.str(), HasSubstr("gym Treningsparken: greedy\n"));
    EXPECT_THAT(at.out.str(), HasSubstr("lib Bokboden: mes-cost\n"));
}

TEST(Commands, HelpTellsHowToAskAndNamesEveryRule) {
    Terminal at = terminal();

    EXPECT_EQ(at.run(count_command, {"--help"}), exit_ok);

    EXPECT_THAT(at.out.str(), HasSubstr("count FILE [--rule NAME|FILE.toml]"));
    for (const std::string& name : counting::builtin_rules()) {
        EXPECT_THAT(at.out.str(), HasSubstr("  " + name + "\n"));
    }
    EXPECT_EQ(at.run(verify_count_command, {"-h"}), exit_ok);
    EXPECT_THAT(at.out.str(), HasSubstr("Exit code: 0 it follows, 1 it does not, 2"));
}

TEST(Commands, TwoTablesOfCsvAreAnElectionToo) {
    Terminal at = terminal();
    at.files["projects.csv"] = "id,cost,name\na,60,Slide\nb,40,Swing\nc,50,Bench\n";
    at.files["ballots.csv"] = "vote\na|b\nb\nb|c\nc\n";

    const std::vector<std::string> words = {"projects.csv", "--ballots", "ballots.csv", "--budget",
                                            "100",          "--rule",    "greedy"};
    EXPECT_EQ(at.run(count_command, words), exit_ok) << at.err.str();
    EXPECT_THAT(at.out.str(), HasSubstr("greedy: 2 of 3 projects, 90 of 100 NOK"));

    EXPECT_EQ(at.run(count_command, {"projects.csv", "--rule", "greedy"}), exit_usage);
    EXPECT_THAT(at.err.str(), HasSubstr("--ballots FILE.csv"));
    at.files["ballots.csv"] = "vote\na\nx\n";
    EXPECT_EQ(at.run(count_command, words), exit_usage);
    EXPECT_THAT(at.err.str(), HasSubstr("line 3, column 1: there is no project 'x'"));
}

TEST(Commands, AResultWrittenAsPabulibIsVerifiedAgainstTheBallots) {
    Terminal at = terminal();
    EXPECT_EQ(at.run(count_command, {"play.pb", "--pb", "--rule", "greedy"}), exit_ok) << at.err.str();
    at.files["result.pb"] = at.out.str();

    EXPECT_EQ(at.run(verify_count_command, {"play.pb", "result.pb", "--rule", "greedy"}), exit_ok) << at.err.str();
    EXPECT_EQ(at.run(verify_count_command, {"play.pb", "result.pb", "--rule", "mes-cost"}), exit_differs);
    EXPECT_EQ(at.run(verify_count_command, {"play.pb", "result.pb", "--rule", "nonsense"}), exit_usage);
}

TEST(Commands, MistakesAreAnsweredWithASentence) {
    Terminal at = terminal();
    at.files["rule.toml"] = "method = \"equal-shars\"\nstepp = 1\n";

    EXPECT_EQ(at.run(count_command, {"play.pb", "--rule", "gredy"}), exit_usage);
    EXPECT_THAT(at.err.str(), HasSubstr("did you mean 'greedy'?"));
    EXPECT_EQ(at.run(count_command, {"none.pb"}), exit_usage);
    EXPECT_EQ(at.run(count_command, {}), exit_usage);
    EXPECT_EQ(at.run(count_command, {"play.pb", "--loud"}), exit_usage);
    EXPECT_EQ(at.run(count_command, {"play.pb", "--rule", "rule.toml"}), exit_usage);
    EXPECT_THAT(at.err.str(), HasSubstr("line 1, column 10: method is one of greedy"));
    EXPECT_THAT(at.err.str(), HasSubstr("did you mean 'step'?"));
}

TEST(Report, IsReadBackForVerification) {
    const Election election = play_money();
    const Rule rule = named("mes-cost-add1");
    const CountResult result = count(election, rule).value();

    const PublishedResult read = read_result(print_result(election, rule, result)).value();

    EXPECT_EQ(read.rule, rule);
    EXPECT_EQ(read.spent, result.spent);
    EXPECT_THAT(read.winners, ElementsAre("bike", "play", "lib"));
    EXPECT_FALSE(read_result("{}").has_value());
}

}  // namespace
}  // namespace bypuls::participation::explanation
