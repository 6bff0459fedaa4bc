// The text that fingerprints are taken of is as docs/formats/count-fingerprint.md says, so that anybody can take them.
#include "city/participation/counting/fingerprint.h"

#include <gmock/gmock.h>

#include "city/participation/counting/count.h"

namespace bypuls::participation::counting {
namespace {

using testing::HasSubstr;
using testing::Not;

Election election_of(BallotKind kind, std::vector<std::string> ids) {
    Election election;
    election.budget = 1000;
    election.kind = kind;
    for (std::string& id : ids) {
        election.projects.push_back({.id = std::move(id), .name = "", .cost = 100});
    }
    return election;
}

void add(Election& election, std::vector<Choice> choices, std::int64_t count = 1) {
    election.ballots.add(choices, count);
}

TEST(Fingerprint, BallotsAreWrittenAsSortAndUniqWriteThem) {
    Election election = election_of(BallotKind::approval, {"b", "a", "ø"});
    add(election, {{0, 1}, {1, 1}}, 3);
    add(election, {});
    add(election, {{2, 1}}, 10);
    add(election, {{1, 1}, {0, 1}});

    EXPECT_EQ(ballots_text(election), "1 \n4 a,b\n10 ø\n");
    // printf '1 \n4 a,b\n10 ø\n' | sha256sum
    EXPECT_EQ(ballots_sha256(election), "d6a8b44d2780c356f56f18cc6dfd48ccb8972c532e7e8f89668767af4bd4e60c");
}

TEST(Fingerprint, IsTheSameInWhateverOrderBallotsAndProjectsStand) {
    Election one = election_of(BallotKind::approval, {"a", "b"});
    add(one, {{0, 1}});
    add(one, {{0, 1}, {1, 1}}, 2);
    Election other = election_of(BallotKind::approval, {"b", "a"});
    add(other, {{1, 1}, {0, 1}});
    add(other, {{1, 1}});
    add(other, {{0, 1}, {1, 1}});

    EXPECT_EQ(ballots_sha256(one), ballots_sha256(other));
    add(other, {});
    EXPECT_NE(ballots_sha256(one), ballots_sha256(other));
}

TEST(Fingerprint, PointsStandBehindTheIdsInTheirOrder) {
    Election election = election_of(BallotKind::points, {"b", "a"});
    election.points_per_one = 1000;
    add(election, {{0, 2500}, {1, 1000}});
    add(election, {});
    EXPECT_EQ(ballots_text(election), "1 ;\n1 a,b;1,2.5\n");
    // Whole points in a file without decimals are the same points.
    Election whole = election_of(BallotKind::points, {"a"});
    add(whole, {{0, 7}});
    EXPECT_EQ(ballots_text(whole), "1 a;7\n");
}

TEST(Fingerprint, RankingsAreInOrderOfPreferenceWithTheirPlaces) {
    Election election = election_of(BallotKind::ranking, {"a", "b", "c"});
    add(election, {{2, 1}, {0, 2}});
    add(election, {{1, 1}, {0, 3}, {2, 4}});
    EXPECT_EQ(ballots_text(election), "1 b,b,a,c\n1 c,a\n");
}

TEST(Fingerprint, IdsThatHoldWhatPartsThemAreEscaped) {
    Election election = election_of(BallotKind::approval, {"a,b", "c;d", "e\\f", "g\nh\r"});
    add(election, {{0, 1}, {1, 1}, {2, 1}, {3, 1}});
    EXPECT_EQ(ballots_text(election), "1 a\\,b,c\\;d,e\\\\f,g\\nh\\r\n");
}

TEST(Fingerprint, ARulesIsThatOfItsTextWithoutComments) {
    Rule rule = rule_named("max-welfare").value();
    EXPECT_THAT(rule_text(rule), testing::StartsWith("method = \"max-welfare\"\nmisfit = \"skip\"\n"));
    EXPECT_THAT(rule_text(rule), Not(HasSubstr("#")));
    EXPECT_EQ(parse_rule(rule_text(rule)).value(), rule);
    const std::string before = rule_sha256(rule);
    rule.seed = "4711";
    EXPECT_NE(rule_sha256(rule), before);
    rule = rule_named("mes-cost-add1").value();
    rule.electorate = Electorate::everyone;
    rule.ties = {TieBreak::lower_cost, TieBreak::more_votes, TieBreak::alphabetical};
    EXPECT_EQ(rule_sha256(rule), "68fc5901cadbe3092f962801d064cf0d04b5e8235ad16b36c06c544f6b498b42");
}

}  // namespace
}  // namespace bypuls::participation::counting
