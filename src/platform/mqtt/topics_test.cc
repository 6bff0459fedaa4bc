#include "platform/mqtt/topics.h"

#include <algorithm>
#include <string>

#include <gmock/gmock.h>

#include "core/random.h"

namespace bypuls::mqtt {
namespace {

TEST(Topics, NamesHaveNoWildcardsAndFiltersHaveThemAlone) {
    for (const std::string_view good : {"a", "/", "a//b", "$SYS/x", "måling/Ålesund"}) {
        EXPECT_TRUE(is_topic_name(good)) << good;
        EXPECT_TRUE(is_topic_filter(good)) << good;
    }
    for (const std::string_view bad : {"", "a/#/b", "a#", "a+", "+a/b", "#/a"}) {
        EXPECT_FALSE(is_topic_filter(bad)) << bad;
        EXPECT_FALSE(is_topic_name(bad)) << bad;
    }
    EXPECT_FALSE(is_topic_name("a/+"));
    EXPECT_TRUE(is_topic_filter("+/+/#"));
    EXPECT_FALSE(is_topic_filter(std::string(topic_levels_max, '/')));
    EXPECT_FALSE(is_topic_name(std::string(70'000, 'a')));
    EXPECT_FALSE(is_topic_name(std::string_view("a\0b", 3)));
}

TEST(Topics, MatchAsTheStandardSays) {
    // MQTT 5.0 §4.7.1 and §4.7.2.
    EXPECT_TRUE(matches("sport/tennis/player1/#", "sport/tennis/player1"));
    EXPECT_TRUE(matches("sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon"));
    EXPECT_TRUE(matches("sport/#", "sport"));
    EXPECT_FALSE(matches("sport/tennis/+", "sport/tennis/player1/ranking"));
    EXPECT_FALSE(matches("sport/+", "sport"));
    EXPECT_TRUE(matches("sport/+", "sport/"));
    EXPECT_TRUE(matches("+/+", "/finance"));
    EXPECT_FALSE(matches("+", "/finance"));
    EXPECT_FALSE(matches("#", "$SYS/a"));
    EXPECT_FALSE(matches("+/monitor/Clients", "$SYS/monitor/Clients"));
    EXPECT_TRUE(matches("$SYS/#", "$SYS/a"));
}

TEST(Topics, AWiderFilterCoversANarrowerOne) {
    EXPECT_TRUE(covers("#", "a/+/b"));
    EXPECT_TRUE(covers("a/#", "a"));
    EXPECT_TRUE(covers("a/#", "a/#"));
    EXPECT_TRUE(covers("a/+", "a/b"));
    EXPECT_TRUE(covers("a/+", "a/+"));
    EXPECT_FALSE(covers("a/+", "a/#"));
    EXPECT_FALSE(covers("a/b", "a/+"));
    EXPECT_FALSE(covers("#", "$SYS/#"));
    EXPECT_FALSE(covers("a", "a/#"));
}

TEST(Topics, SharedFiltersHaveAGroupAndAFilter) {
    const auto shared = shared_filter("$share/workers/a/+");
    ASSERT_TRUE(shared);
    EXPECT_EQ(shared->group, "workers");
    EXPECT_EQ(shared->filter, "a/+");
    for (const std::string_view bad : {"$share/", "$share/a", "$share//a", "$share/a/", "$share/+/a", "$share/a/b#"}) {
        EXPECT_FALSE(is_subscribable(bad)) << bad;
    }
    EXPECT_TRUE(is_subscribable("$share/a/#"));
}

std::string random_filter(SeededRandom& random, bool wild) {
    std::string out;
    for (std::uint64_t i = 0, levels = 1 + random.below(4); i < levels; ++i) {
        const std::uint64_t kind = random.below(wild ? 6 : 4);
        out += i > 0 ? "/" : "";
        if (kind == 5) {
            return out + "#";
        }
        out += kind == 4 ? "+" : kind == 3 ? "" : std::string(1, static_cast<char>('a' + kind));
    }
    return out.empty() ? "a" : out;
}

TEST(FilterTree, FindsWhatMatchingEachFilterFinds) {
    SeededRandom random(3);
    for (int round = 0; round < 200; ++round) {
        FilterTree<int> tree;
        std::vector<std::string> filters;
        for (int i = 0; i < 20; ++i) {
            filters.push_back(random_filter(random, true));
            tree.add(filters.back(), i);
        }
        for (int i = 0; i < 20; i += 3) {
            EXPECT_TRUE(tree.remove(filters[static_cast<std::size_t>(i)], i));
            EXPECT_FALSE(tree.remove(filters[static_cast<std::size_t>(i)], i));
        }
        for (int i = 0; i < 50; ++i) {
            const std::string topic = random_filter(random, false);
            std::vector<int> wanted;
            for (int f = 0; f < 20; ++f) {
                if (f % 3 != 0 && matches(filters[static_cast<std::size_t>(f)], topic)) {
                    wanted.push_back(f);
                }
            }
            std::vector<int> found;
            tree.match(topic, [&](int f) { found.push_back(f); });
            std::ranges::sort(found);
            EXPECT_EQ(found, wanted) << topic;
        }
    }
}

TEST(Topics, CoveringIsMatchingEverythingThatIsMatched) {
    SeededRandom random(5);
    for (int i = 0; i < 20'000; ++i) {
        const std::string wide = random_filter(random, true);
        const std::string narrow = random_filter(random, true);
        const std::string topic = random_filter(random, false);
        if (covers(wide, narrow) && matches(narrow, topic)) {
            EXPECT_TRUE(matches(wide, topic)) << wide << " " << narrow << " " << topic;
        }
    }
}

TEST(FilterTree, IsEmptyWhenAllIsRemoved) {
    FilterTree<std::string> tree;
    tree.add("a/+/#", "x");
    tree.add("a/b", "y");
    EXPECT_EQ(tree.size(), 2U);
    EXPECT_TRUE(tree.remove("a/b", "y"));
    EXPECT_TRUE(tree.remove("a/+/#", "x"));
    EXPECT_TRUE(tree.empty());
}

}  // namespace
}  // namespace bypuls::mqtt
