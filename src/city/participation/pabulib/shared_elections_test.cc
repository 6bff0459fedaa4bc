// Every real election beside the checkout: read, round trip, scores, and the published winners.
#include "city/participation/pabulib/shared_elections.h"

#include <map>
#include <set>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gmpxx.h>
#include <nlohmann/json.hpp>
#include <zlib.h>

#include "city/participation/counting/profile.h"
#include "city/participation/pabulib/pabulib.h"

namespace bypuls::participation::pabulib {
namespace {

using counting::Choice;
using counting::CountResult;
using counting::Election;
using counting::ProjectIndex;
using counting::Rule;

/// file -> what differs (winners, votes, scores) or that its rule cannot be counted by, from the list with reasons.
std::set<std::pair<std::string, std::string>> listed_exceptions() {
    const char* root = std::getenv("BYPULS_SOURCE_DIR");
    std::istringstream lines(
        slurp(std::filesystem::path(root == nullptr ? "." : root) / "tests/data/participation/exceptions.csv"));
    std::set<std::pair<std::string, std::string>> listed;
    std::string line;
    std::getline(lines, line);
    while (std::getline(lines, line)) {
        const std::size_t first = line.find(',');
        const std::size_t second = line.find(',', first + 1);
        EXPECT_GT(line.size(), second + 20) << "an exception has a reason: " << line;
        listed.emplace(line.substr(0, first), line.substr(first + 1, second - first - 1));
    }
    return listed;
}

std::vector<ProjectIndex> sorted(std::vector<ProjectIndex> projects) {
    std::ranges::sort(projects);
    return projects;
}

TEST(SharedElections, EveryPublishedOutcomeFollowsFromItsBallotsButForTheListedExceptions) {
    if (!shared_elections()) {
        GTEST_SKIP() << "the shared elections are not on this machine (BYPULS_SHARED_DIR)";
    }
    const auto exceptions = listed_exceptions();
    std::set<std::pair<std::string, std::string>> found;
    int counted = 0;
    int without_rule = 0;
    int without_outcome = 0;
    for (const SharedFile& file : all_shared_files()) {
        const Reading reading = read_election(parse(file.text).value()).value();
        // Votes and scores follow from the ballots whatever the rule, published outcome or none.
        const counting::Totals totals = totals_of(reading.election, counting::rule_named("greedy").value());
        if (!reading.published.votes.empty() && reading.published.votes != totals.votes) {
            found.emplace(file.name, "votes");
        }
        std::vector<std::int64_t> scores = totals.scores;
        std::ranges::transform(scores, scores.begin(),
                               [&](std::int64_t score) { return score * (1000 / reading.election.points_per_one); });
        if (!reading.published.scores.empty() && reading.published.scores != scores) {
            found.emplace(file.name, "scores");
        }
        const auto rule = rule_of(parse(file.text).value());
        if (!reading.published.present) {
            ++without_outcome;
            continue;
        }
        if (!rule) {
            found.emplace(file.name, "rule");
            ++without_rule;
            continue;
        }
        const CountResult result = count(reading.election, *rule).value();
        ++counted;
        if (sorted(reading.published.winners) != result.winning_set()) {
            found.emplace(file.name, "winners");
        }
    }
    EXPECT_EQ(found, exceptions);
    EXPECT_EQ(counted, 57);
    EXPECT_EQ(without_rule, 14);
    EXPECT_EQ(without_outcome, 34);
}

TEST(SharedElections, OutcomesOfGreedyExclusiveFollowOnceTheGroupsAreKnown) {
    if (!shared_elections()) {
        GTEST_SKIP() << "the shared elections are not on this machine (BYPULS_SHARED_DIR)";
    }
    // As the comments of the files tell; the others tell of no group.
    const std::map<std::string, std::vector<std::string>> told = {{"Poland_Warszawa_2022_Bemowo.pb", {"773", "153"}},
                                                                  {"Poland_Warszawa_2022_Bielany.pb", {"201", "1932"}}};
    int counted = 0;
    for (const SharedFile& file : all_shared_files()) {
        const Document document = parse(file.text).value();
        if (document.meta_value("rule") != "greedy-exclusive") {
            continue;
        }
        Reading reading = read_election(document).value();
        Rule rule = counting::rule_named("greedy").value();
        rule.ties = {counting::TieBreak::lower_cost, counting::TieBreak::more_votes, counting::TieBreak::alphabetical};
        if (const auto group = told.find(file.name); group != told.end()) {
            std::vector<ProjectIndex> members;
            for (const std::string& id : group->second) {
                members.push_back(reading.election.find(id).value());
            }
            EXPECT_NE(count(reading.election, rule).value().winning_set(), sorted(reading.published.winners));
            reading.election.exclusive = {members};
            const CountResult result = count(reading.election, rule).value();
            EXPECT_EQ(result.shut_out, (std::vector<counting::ShutOut>{{.project = members[1], .by = members[0]}}));
        }
        EXPECT_EQ(count(reading.election, rule).value().winning_set(), sorted(reading.published.winners)) << file.name;
        ++counted;
    }
    EXPECT_EQ(counted, 9);
}

TEST(SharedElections, FullyFundedFilesAreFundedInFull) {
    if (!shared_elections()) {
        GTEST_SKIP() << "the shared elections are not on this machine (BYPULS_SHARED_DIR)";
    }
    int seen = 0;
    for (const SharedFile& file : all_shared_files()) {
        const Document document = parse(file.text).value();
        if (document.meta_value("fully_funded") != "1") {
            continue;
        }
        const Reading reading = read_election(document).value();
        const CountResult result = count(reading.election, rule_of(document).value()).value();
        EXPECT_EQ(result.winners.size(), reading.election.projects.size()) << file.name;
        EXPECT_THAT(result.rule, testing::EndsWith("+fully-funded")) << file.name;
        // Equal Shares alone would leave some of it.
        Rule plain = counting::rule_named("mes-cost").value();
        plain.seed = "shared elections";
        plain.fully_funded = true;
        EXPECT_EQ(count(reading.election, plain).value().winners.size(), reading.election.projects.size()) << file.name;
        for (const counting::Finding& remark : reading.remarks) {
            EXPECT_THAT(remark.in_english(), testing::Not(testing::HasSubstr("fully_funded"))) << file.name;
        }
        ++seen;
    }
    EXPECT_EQ(seen, 8);
}

TEST(SharedElections, EveryFileSurvivesTheRoundTrip) {
    if (!shared_elections()) {
        GTEST_SKIP() << "the shared elections are not on this machine (BYPULS_SHARED_DIR)";
    }
    for (const SharedFile& file : all_shared_files()) {
        const Document document = parse(file.text).value();
        EXPECT_EQ(parse(print(document)).value(), document) << file.name;

        const Election election = read_election(document).value().election;
        const Election again = read_election(to_document(election)).value().election;
        EXPECT_EQ(to_document(again), to_document(election)) << file.name;
    }
}

TEST(SharedElections, SwiecieNeedsEqualSharesWithTheFirstKindOfRaising) {
    if (!shared_elections()) {
        GTEST_SKIP() << "the shared elections are not on this machine (BYPULS_SHARED_DIR)";
    }
    const Document document = parse(slurp(*shared_elections() / "pabulib" / "Poland_Swiecie_2023.pb")).value();
    const Reading reading = read_election(document).value();

    const CountResult result = count(reading.election, rule_of(document).value()).value();

    EXPECT_EQ(result.rule, "mes-cost-add1");
    EXPECT_EQ(result.winning_set(), sorted(reading.published.winners));
    // The official set stands from 646 to 662 zł a voter, and at 663 the budget would break.
    const double share = result.endowments.at(0).share.value;
    EXPECT_GT(share, 661);
    EXPECT_LT(share, 663);
}

TEST(SharedElections, SmallOfficialCountsAgreeWithTheSecondImplementation) {
    if (!shared_elections()) {
        GTEST_SKIP() << "the shared elections are not on this machine (BYPULS_SHARED_DIR)";
    }
    int compared = 0;
    for (const SharedFile& file : all_shared_files()) {
        const Reading reading = read_election(parse(file.text).value()).value();
        if (reading.election.ballots.size() > 120 || reading.election.projects.size() > 12) {
            continue;
        }
        for (const char* name : {"greedy", "greedy-stop", "mes-cost", "mes-cardinality-util", "mes-points", "phragmen",
                                 "maximin-support"}) {
            Rule rule = counting::rule_named(name).value();
            rule.seed = "shared elections";
            const CountResult fast = count(reading.election, rule).value();
            const auto plain = count_plainly(reading.election, rule).value();
            EXPECT_EQ(disagreement(reading.election, fast, plain), std::nullopt) << file.name << " by " << name;
            ++compared;
        }
    }
    EXPECT_GT(compared, 100);
}

std::string unzip(const std::filesystem::path& path) {
    std::string text;
    gzFile file = gzopen(path.c_str(), "rb");
    std::array<char, 65536> buffer{};
    for (int n = gzread(file, buffer.data(), buffer.size()); n > 0; n = gzread(file, buffer.data(), buffer.size())) {
        text.append(buffer.data(), static_cast<std::size_t>(n));
    }
    gzclose(file);
    return text;
}

Election committee(const nlohmann::json& instance) {
    Election election;
    election.budget = instance["committeesize"].get<std::int64_t>() * counting::one_krone;
    for (int candidate = 0; candidate < instance["num_cand"].get<int>(); ++candidate) {
        election.projects.push_back({.id = fmt::format("{}", candidate), .name = "", .cost = counting::one_krone});
    }
    for (const auto& approvals : instance["profile"]) {
        std::vector<Choice> choices;
        for (const auto& candidate : approvals) {
            choices.push_back({candidate.get<ProjectIndex>(), 1});
        }
        election.ballots.add(choices);
    }
    return election;
}

using Sets = std::vector<std::vector<ProjectIndex>>;

/// The collection fills committees up with candidates nobody approves; with us those never enter.
Sets supported_only(const Sets& sets, const std::vector<std::int64_t>& votes) {
    std::set<std::vector<ProjectIndex>> kept;
    for (std::vector<ProjectIndex> set : sets) {
        std::erase_if(set, [&](ProjectIndex candidate) { return votes[candidate] == 0; });
        std::ranges::sort(set);
        kept.insert(set);
    }
    return {kept.begin(), kept.end()};
}

/// The collection fills the seats that Equal Shares leaves by Phragmén's rule, with loads that are lower by what each
/// voter has left. Written here by itself: no rule of ours begins with loads.
class Filling {
public:
    Filling(const Election& election, std::size_t seats) : election_(election), seats_(seats) {}

    /// Every committee that some order of ties fills up this one to.
    std::set<std::vector<ProjectIndex>> all(const CountResult& result) {
        std::vector<mpq_class> loads(election_.ballots.size());
        mpq_class share(static_cast<long>(election_.budget / counting::one_krone));
        share /= static_cast<long>(loads.size());
        for (std::size_t voter = 0; voter < loads.size(); ++voter) {
            mpq_class left = share;
            for (const counting::Round& round : result.rounds) {
                const mpq_class pay(round.share.value().fraction);
                left -= chose(voter, round.project) ? std::min(left, pay) : mpq_class();
            }
            loads[voter] = -left;
        }
        filled_.clear();
        fill(result.winning_set(), loads);
        return filled_;
    }

private:
    bool chose(std::size_t voter, ProjectIndex candidate) const {
        return std::ranges::find(election_.ballots[voter].choices, candidate, &Choice::project) !=
               election_.ballots[voter].choices.end();
    }
    void fill(const std::vector<ProjectIndex>& committee, const std::vector<mpq_class>& loads);

    const Election& election_;
    std::size_t seats_;
    std::set<std::vector<ProjectIndex>> filled_;
};

void Filling::fill(const std::vector<ProjectIndex>& committee, const std::vector<mpq_class>& loads) {
    std::map<ProjectIndex, mpq_class> next;
    for (ProjectIndex candidate = 0; candidate < election_.projects.size(); ++candidate) {
        mpq_class sum(1);
        long supporters = 0;
        for (std::size_t voter = 0; voter < loads.size(); ++voter) {
            sum += chose(voter, candidate) ? loads[voter] : mpq_class();
            supporters += chose(voter, candidate) ? 1 : 0;
        }
        if (supporters > 0 && std::ranges::find(committee, candidate) == committee.end()) {
            next[candidate] = sum / supporters;
        }
    }
    if (committee.size() == seats_ || next.empty()) {
        filled_.insert(sorted(committee));
        return;
    }
    const mpq_class least = std::ranges::min_element(next, {}, [](const auto& one) { return one.second; })->second;
    for (const auto& [candidate, load] : next) {
        if (load == least) {
            std::vector<ProjectIndex> larger = committee;
            larger.push_back(candidate);
            std::vector<mpq_class> after = loads;
            for (std::size_t voter = 0; voter < after.size(); ++voter) {
                after[voter] = chose(voter, candidate) ? least : after[voter];
            }
            fill(larger, after);
        }
    }
}

/// The collection's rules that are ours too, by our name.
const std::map<std::string, std::string> committee_rules = {
    {"av", "greedy"},
    {"seqphragmen", "phragmen"},
    {"maximin-support", "maximin-support"},
    {"equal-shares", "mes-cardinality"},
    {"equal-shares-with-av-completion", "mes-cardinality-util"}};

/// Its other rules, and why nothing here is compared with them.
const std::map<std::string, std::string> committee_exceptions = {
    {"sav",
     "satisfaction approval voting divides a voter's vote by the length of her ballot; not among the rules here"},
    {"seqpav", "sequential proportional approval voting is defined for seats without costs; not among the rules here"},
    {"phragmen-enestroem", "the collection's other Phragmén, for seats with a quota; not among the rules here"},
    {"equal-shares-with-increment-completion",
     "its raise goes by a step of its own and ends with a full committee; ours are add1, add1e and add-opt by name. "
     "How often the sets are the same all the same is a property of the test"}};

void expect_as_published(const nlohmann::json& instance, const nlohmann::json& expected) {
    const std::string name = expected["rule"].get<std::string>();
    const Election election = committee(instance);
    Rule adopted = counting::rule_named(committee_rules.at(name)).value();
    adopted.electorate = counting::Electorate::everyone;
    adopted.seed = "committees";
    const CountResult result = count(election, adopted).value();
    const Sets sets = supported_only(expected["result"].get<Sets>(), result.votes);
    const std::string where = fmt::format("{} by {}", instance["instance"].dump(), name);
    Filling filling(election, instance["committeesize"].get<std::size_t>());
    if (expected["resolute"].get<bool>()) {
        // Any of these may come out where ties are broken; one of them must.
        const auto ours =
            name == "equal-shares" ? filling.all(result) : std::set<std::vector<ProjectIndex>>{result.winning_set()};
        EXPECT_FALSE(ours.empty()) << where;
        for (const auto& set : ours) {
            EXPECT_EQ(std::ranges::count(sets, set), 1) << where;
        }
        return;
    }
    if (name == "equal-shares") {
        std::set<std::vector<ProjectIndex>> filled;
        ASSERT_TRUE(each_outcome(election, adopted, [&](const CountResult& one) { filled.merge(filling.all(one)); }));
        EXPECT_EQ(Sets(filled.begin(), filled.end()), sets) << where;
        return;
    }
    EXPECT_EQ(all_outcomes(election, adopted).value(), sets) << where;
}

/// Whether shares that are raised by a part of a seat, as many to the seat as there are voters, elect what the
/// collection's own increment does.
bool same_by_our_raises(const nlohmann::json& instance, const nlohmann::json& expected) {
    Election election = committee(instance);
    const auto voters = static_cast<counting::Money>(election.ballots.size());
    election.budget *= voters;
    for (counting::Project& project : election.projects) {
        project.cost *= voters;
    }
    Rule rule = counting::rule_named("mes-cardinality-add1").value();
    rule.seed = "committees";
    rule.electorate = counting::Electorate::everyone;
    const CountResult result = count(election, rule).value();
    return std::ranges::count(supported_only(expected["result"].get<Sets>(), result.votes), result.winning_set()) == 1;
}

TEST(SharedElections, CommitteesOfThePublishedCollectionComeOutAsItSays) {
    if (!shared_elections()) {
        GTEST_SKIP() << "the shared elections are not on this machine (BYPULS_SHARED_DIR)";
    }
    std::istringstream lines(unzip(*shared_elections() / "abcvoting_instances.jsonl.gz"));
    std::map<std::string, int> compared;
    std::map<std::string, int> excepted;
    int same_by_raises = 0;
    for (std::string line; std::getline(lines, line);) {
        const auto instance = nlohmann::json::parse(line);
        for (const auto& expected : instance["compute"]) {
            const std::string name = expected["rule"].get<std::string>();
            if (committee_exceptions.contains(name)) {
                ++excepted[name];
                same_by_raises +=
                    name.ends_with("-increment-completion") && same_by_our_raises(instance, expected) ? 1 : 0;
                continue;
            }
            ASSERT_TRUE(committee_rules.contains(name)) << "neither compared nor an exception: " << name;
            expect_as_published(instance, expected);
            ++compared[name];
        }
    }
    for (const auto& [rule, name] : committee_rules) {
        EXPECT_EQ(compared[rule], 2 * 306) << rule;  // all tied committees, and one of them
    }
    EXPECT_EQ(excepted, (std::map<std::string, int>{{"sav", 2 * 306},
                                                    {"seqpav", 2 * 306},
                                                    {"phragmen-enestroem", 2 * 306},
                                                    {"equal-shares-with-increment-completion", 306}}));
    EXPECT_EQ(excepted.size(), committee_exceptions.size());
    RecordProperty("same_as_increment_completion_of_306", same_by_raises);
}

}  // namespace
}  // namespace bypuls::participation::pabulib
