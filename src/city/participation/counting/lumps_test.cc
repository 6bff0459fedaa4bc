// Rows that are kept while voters change are those that would be made anew.
#include "city/participation/counting/lumps.h"

#include <algorithm>
#include <string>

#include <gtest/gtest.h>

#include "city/participation/counting/count.h"
#include "core/random.h"

namespace bypuls::participation::counting {
namespace {

constexpr ProjectIndex projects = 30;

/// Some ballots name more than are kept beside each row.
Election drawn(Random& random, bool points) {
    Election election;
    election.kind = points ? BallotKind::points : BallotKind::approval;
    election.budget = 1'000;
    for (ProjectIndex project = 0; project < projects; ++project) {
        election.projects.push_back({.id = std::to_string(project), .name = "", .cost = 100});
    }
    for (int ballot = 0; ballot < 80; ++ballot) {
        std::vector<Choice> choices;
        const std::uint64_t length = ballot % 20 == 0 ? 28 : 1 + random.below(5);
        while (choices.size() < length) {
            const auto project = static_cast<ProjectIndex>(random.below(projects));
            if (std::ranges::find(choices, project, &Choice::project) == choices.end()) {
                choices.push_back({project, points ? 1 + static_cast<std::int64_t>(random.below(3)) : 1});
            }
        }
        election.ballots.add(choices, 1 + static_cast<std::int64_t>(random.below(3)));
    }
    election.ballots.group();
    return election;
}

void expect_the_same(const Lumps& kept, const Lumps& anew) {
    ASSERT_EQ(kept.slots(), anew.slots());
    for (std::size_t i = 0; i < kept.slots(); ++i) {
        const auto slot = static_cast<Lumps::Slot>(i);
        ASSERT_EQ(kept.rows(slot).size(), anew.rows(slot).size());
        std::size_t with_voters = 0;
        for (std::size_t row = 0; row < kept.rows(slot).size(); ++row) {
            const LumpedRow& one = kept.rows(slot)[row];
            const LumpedRow& other = anew.rows(slot)[row];
            EXPECT_EQ(one.slot, slot);
            EXPECT_EQ(one.voters, other.voters);
            EXPECT_EQ(one.weight, other.weight);
            EXPECT_TRUE(std::ranges::equal(kept.named(one).slots, anew.named(other).slots));
            EXPECT_TRUE(std::ranges::equal(kept.named(one).weights, anew.named(other).weights));
            with_voters += other.voters != 0 ? 1 : 0;
        }
        EXPECT_EQ(kept.with_voters(slot), with_voters);
        EXPECT_EQ(anew.with_voters(slot), with_voters);
    }
}

TEST(Lumps, WhoseVotersChangeAreThoseMadeAnew) {
    for (std::uint64_t seed = 1; seed <= 12; ++seed) {
        SeededRandom random(seed);
        const Election election = drawn(random, seed % 2 == 0);
        const Rule rule = rule_named(seed % 2 == 0 ? "mes-points" : "mes-cost").value();
        const Profile profile(election, rule, weights_for(election, rule), Profile::Index::by_group);
        std::vector<ProjectIndex> entrants;
        std::vector<bool> foreseen;
        for (ProjectIndex project = 0; project < projects; ++project) {
            foreseen.push_back(random.chance(0.5));
            if (project % 7 != 3) {
                entrants.push_back(project);
            }
        }
        std::vector<std::int64_t> counts;
        for (std::size_t group = 0; group < profile.groups(); ++group) {
            counts.push_back(profile.count(group));
        }
        Lumps kept(entrants, profile, counts, foreseen);
        for (int change = 0; change < 200; ++change) {
            const std::size_t group = random.below(profile.groups());
            const auto voters = static_cast<std::int64_t>(random.below(3));
            std::size_t told = 0;
            kept.add(group, voters - counts[group], [&](const LumpedRow& row, std::size_t number) {
                EXPECT_EQ(&row, kept.rows(0).data() + number);
                ++told;
            });
            counts[group] = voters;
            EXPECT_EQ(told, std::ranges::count_if(profile.wishes(group),
                                                  [](const Wish& wish) { return wish.project % 7 != 3; }));
        }
        expect_the_same(kept, Lumps(entrants, profile, counts, foreseen));
    }
}

}  // namespace
}  // namespace bypuls::participation::counting
