#include <algorithm>
#include <map>

#include <gtest/gtest.h>

#include "city/participation/counting/election.h"
#include "core/random.h"

namespace bypuls::participation::counting {
namespace {

TEST(Ballots, GroupedStandInTheOrderOfTheirChoicesWhateverTheirValues) {
    SeededRandom random(4);
    for (const std::uint64_t value_max : {1U, 3U, 1'000'000'000U}) {
        for (const std::uint64_t projects : {1U, 6U, 200U, 9'000U}) {
            std::map<std::vector<Choice>, std::int64_t> expected;
            Ballots ballots;
            for (int i = 0; i < 400; ++i) {
                std::map<ProjectIndex, std::int64_t> chosen;
                const std::uint64_t length = random.below(random.chance(0.1) ? 60 : 4);
                for (std::uint64_t n = 0; n < length; ++n) {
                    const auto project = static_cast<ProjectIndex>(random.below(projects));
                    chosen[project] = static_cast<std::int64_t>(1 + random.below(value_max));
                }
                std::vector<Choice> choices;
                for (const auto& [project, value] : chosen) {
                    choices.push_back({project, value});
                }
                const auto count = static_cast<std::int64_t>(1 + random.below(3));
                ballots.add(choices, count);
                expected[choices] += count;
            }

            ballots.group();

            ASSERT_EQ(ballots.size(), expected.size());
            std::size_t at = 0;
            for (const auto& [choices, count] : expected) {
                const BallotView ballot = ballots[at++];
                ASSERT_TRUE(std::ranges::equal(ballot.choices, choices));
                ASSERT_EQ(ballot.count, count);
            }
        }
    }
}

}  // namespace
}  // namespace bypuls::participation::counting
