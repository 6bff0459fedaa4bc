// What of a file is published: that nobody's ballot, age or hour of voting can be read from it, and that it counts the
// same.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <rapidcheck.h>

#include "city/participation/counting/fingerprint.h"
#include "city/participation/pabulib/pabulib.h"

namespace bypuls::participation::pabulib {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

Publication published(const std::string& text) {
    const Document document = parse(text).value();
    return for_publication(document, read_election(document).value().election);
}

std::string file(std::string_view kind, std::string_view votes) {
    return fmt::format(
        "META\nkey;value\nbudget;100\nvote_type;{}\nrule;greedy\nPROJECTS\nproject_id;cost;name\nb;50;B\na;60;A\nc;20;"
        "C\n"
        "VOTES\n{}",
        kind, votes);
}

TEST(Publication, HoldsNoVotersIdAgePlaceOrTime) {
    const auto [document, left_out, left_out_meta] = published(
        "META\nkey;value\nbudget;100\nvote_type;approval\nPROJECTS\nproject_id;cost;name;proposer\na;60;A;Kari "
        "Planted\nb;50;B;\nVOTES\nvoter_id;age;sex;vote;neighborhood;voted_at;points\n"
        "90017PLANTED;87;K;b;Plantedfjell;2026-03-01T12:34:56;7\n90018PLANTED;86;M;b,a;Plantedfjell;2026-02-28T01:02:"
        "03;8\n");

    const std::string text = print(document);
    for (const char* secret : {"PLANTED", "Planted", "87", "86", "12:34", "01:02", "2026", ";K;", ";M;", "proposer"}) {
        EXPECT_THAT(text, Not(HasSubstr(secret)));
    }
    EXPECT_THAT(text, HasSubstr("VOTES\nvoter_id;vote\n1;a,b\n2;b\n"));
    EXPECT_THAT(left_out, ElementsAre("PROJECTS proposer", "VOTES age", "VOTES sex", "VOTES neighborhood",
                                      "VOTES voted_at", "VOTES points"));
    EXPECT_THAT(left_out_meta, IsEmpty());
}

TEST(Publication, HasOfMetaWhatIsKnownToBeAboutTheVoteOrTheRule) {
    const std::string known =
        "budget;100\nVote_Type;approval\nrule;greedy\nrule.seed;\"\"\"4711\"\"\"\nmax_length;2\ncomment;#1: late\n";
    const std::string text = fmt::format(
        "META\nkey;value\n{}phone;22 22 22 "
        "22\nrules;none\nPROJECTS\nproject_id;cost\na;60\nVOTES\nvoter_id;vote\n1;a\n",
        known);
    const Document document = parse(text).value();
    const counting::Election election = read_election(document).value().election;

    const Publication publication = for_publication(document, election);
    EXPECT_THAT(print(publication.document), HasSubstr("META\nkey;value\n" + known + "PROJECTS\n"));
    EXPECT_THAT(publication.left_out_meta, ElementsAre("phone", "rules"));
    const Publication whole = for_publication(document, election, KeepMeta::all);
    EXPECT_EQ(whole.document.meta, document.meta);
    EXPECT_THAT(whole.left_out_meta, IsEmpty());
}

TEST(Publication, OrderOfArrivalAndOfChoosingLeavesNoTrace) {
    const std::string first =
        print(published(file("approval", "voter_id;vote\n1;b,a\n2;c\n3;\n4;a,b\n5;c,a\n")).document);
    const std::string second =
        print(published(file("approval", "vote;voter_id\nc;9\na,c;8\na,b;7\na,b;6\n;5\n")).document);

    EXPECT_EQ(first, second);
    EXPECT_THAT(first, HasSubstr("VOTES\nvoter_id;vote\n1;\n2;a,b\n3;a,b\n4;a,c\n5;c\n"));
}

TEST(Publication, KeepsPointsWeightsAndPreference) {
    EXPECT_THAT(print(published(file("cumulative", "voter_id;vote;points\n1;b,a;2.50,1\n2;c,a;0,3\n3;;\n")).document),
                HasSubstr("voter_id;vote;points\n1;;\n2;a;3\n3;a,b;1,2.5\n"));
    EXPECT_THAT(print(published(file("approval", "voter_id;weight;vote\n1;2;b\n2;;a\n3;1;b\n")).document),
                HasSubstr("voter_id;vote;weight\n1;a;1\n2;b;1\n3;b;2\n"));
    EXPECT_THAT(print(published(file("approval", "voter_id;weight;vote\n1;1;b\n")).document),
                HasSubstr("voter_id;vote\n1;b\n"));
    EXPECT_THAT(print(published(file("cumulative", "voter_id;vote;points\n1;,;3,\n2;a,,;4,1\n")).document),
                HasSubstr("voter_id;vote;points\n1;;\n2;a;4\n"));
    // What is named twice holds its place, and is counted once.
    EXPECT_THAT(print(published(file("ordinal", "voter_id;vote\n1;c,a\n2;b,b,a\n3;a,b,b\n")).document),
                HasSubstr("voter_id;vote\n1;a,b\n2;b,b,a\n3;c,a\n"));
}

TEST(Publication, IsTheSameElectionAndItsOwnPublication) {
    EXPECT_TRUE(rc::check([] {
        const auto kind = *rc::gen::element<std::string>("approval", "cumulative", "ordinal", "knapsack", "choose-1");
        std::string votes = "voter_id;vote;points;weight;age\n";
        const auto voters = *rc::gen::inRange(0, 12);
        for (int voter = 0; voter < voters; ++voter) {
            const auto most = kind == "choose-1" ? 1 : 4;
            auto ids =
                *rc::gen::container<std::vector<std::string>>(rc::gen::element<std::string>("a", "b", "c", " c "));
            ids.resize(std::min<std::size_t>(ids.size(), static_cast<std::size_t>(most)));
            std::string vote;
            std::string points;
            for (const std::string& id : ids) {
                vote += (vote.empty() ? "" : ",") + id;
                points += (points.empty() ? "" : ",") + *rc::gen::element<std::string>("0", "1", "2.5", "3.0", "10");
            }
            votes += fmt::format("v{};{};{};{};{}\n", voter, vote, points, *rc::gen::inRange(1, 4), 20 + voter);
        }
        const Document before = parse(file(kind, votes)).value();
        const counting::Election election = read_election(before).value().election;

        const Publication publication = for_publication(before, election);
        const counting::Election again = read_election(parse(print(publication.document)).value()).value().election;

        RC_ASSERT(counting::ballots_text(again) == counting::ballots_text(election));
        RC_ASSERT(again.projects == election.projects);
        const Publication twice = for_publication(publication.document, again);
        RC_ASSERT(twice.document == publication.document);
        RC_ASSERT(twice.left_out.empty());
    }));
}

TEST(Publication, OfAnElectionThatCameFromJsonLeavesNothingOut) {
    const counting::Election election =
        read_json(
            R"({"budget": "5", "kind": "approval", "projects": [{"id": "z", "cost": "3"},
                {"id": "a", "cost": "4", "partial_from": "2"}], "ballots": [{"choices": ["z", "a"], "count": 2}]})")
            .value();
    const Publication publication = for_publication(to_document(election), election);

    EXPECT_THAT(publication.left_out, IsEmpty());
    EXPECT_THAT(print(publication.document), HasSubstr("VOTES\nvoter_id;vote\n1;a,z\n2;a,z\n"));
}

}  // namespace
}  // namespace bypuls::participation::pabulib
