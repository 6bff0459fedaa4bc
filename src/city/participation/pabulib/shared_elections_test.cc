// Every real election beside the checkout: read, round trip, scores, and the published winners.
#include "city/participation/pabulib/shared_elections.h"

#include <map>
#include <set>

#include <fmt/format.h>
#include <gmock/gmock.h>
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

/// file -> what differs (winners, votes), from the list with reasons.
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
        if (!rule || !reading.published.present) {
            continue;
        }
        const CountResult result = count(reading.election, *rule).value();
        ++counted;
        if (sorted(reading.published.winners) != result.winning_set()) {
            found.emplace(file.name, "winners");
        }
    }
    EXPECT_EQ(found, exceptions);
    EXPECT_GT(counted, 50);
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

bool within(const Sets& small, const Sets& large) {
    return std::ranges::all_of(small, [&](const auto& set) {
        return std::ranges::any_of(large, [&](const auto& other) { return std::ranges::includes(other, set); });
    });
}

bool around(const Sets& large, const Sets& small) {
    return std::ranges::all_of(large, [&](const auto& set) {
        return std::ranges::any_of(small, [&](const auto& other) { return std::ranges::includes(set, other); });
    });
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
     "its raise goes by a step of its own and ends with a full committee; ours are add1, add1e and add-opt by name"}};

void expect_as_published(const nlohmann::json& instance, const nlohmann::json& expected) {
    const std::string name = expected["rule"].get<std::string>();
    const Election election = committee(instance);
    Rule adopted = counting::rule_named(committee_rules.at(name)).value();
    adopted.electorate = counting::Electorate::everyone;
    adopted.seed = "committees";
    const CountResult result = count(election, adopted).value();
    const Sets sets = supported_only(expected["result"].get<Sets>(), result.votes);
    const std::string where = fmt::format("{} by {}", instance["instance"].dump(), name);
    if (expected["resolute"].get<bool>()) {
        // Any of these may come out where ties are broken; one of them must.
        const Sets ours = {result.winning_set()};
        EXPECT_TRUE(name == "equal-shares" ? within(ours, sets) : std::ranges::count(sets, ours[0]) == 1) << where;
        return;
    }
    const Sets outcomes = all_outcomes(election, adopted).value();
    if (name == "equal-shares") {
        // There the seats left over are filled by Phragmén's rule; what Equal Shares itself elects lies within.
        EXPECT_TRUE(within(outcomes, sets) && around(sets, outcomes)) << where;
    } else {
        EXPECT_EQ(outcomes, sets) << where;
    }
}

TEST(SharedElections, CommitteesOfThePublishedCollectionComeOutAsItSays) {
    if (!shared_elections()) {
        GTEST_SKIP() << "the shared elections are not on this machine (BYPULS_SHARED_DIR)";
    }
    std::istringstream lines(unzip(*shared_elections() / "abcvoting_instances.jsonl.gz"));
    std::map<std::string, int> compared;
    std::map<std::string, int> excepted;
    for (std::string line; std::getline(lines, line);) {
        const auto instance = nlohmann::json::parse(line);
        for (const auto& expected : instance["compute"]) {
            const std::string name = expected["rule"].get<std::string>();
            if (committee_exceptions.contains(name)) {
                ++excepted[name];
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
    EXPECT_EQ(excepted.size(), committee_exceptions.size());
}

}  // namespace
}  // namespace bypuls::participation::pabulib
