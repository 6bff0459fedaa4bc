#include "platform/registry/streams.h"

#include <map>

#include <gmock/gmock.h>

#include "core/random.h"

namespace bypuls::registry {
namespace {

Stream stream(std::int64_t id, std::vector<std::string> keys) {
    return {.id = DatastreamId{id}, .thing = ThingId{id}, .external_keys = std::move(keys)};
}

TEST(Streams, AKeyThatMovesIsFoundAtItsNewStreamInEitherOrder) {
    const Streams before(1, {stream(1, {"k"}), stream(2, {})});

    const auto one = before.with(2, {stream(1, {}), stream(2, {"k"})}, {});
    const auto other = before.with(2, {stream(2, {"k"}), stream(1, {})}, {});

    EXPECT_EQ(one->find("k")->id, DatastreamId{2});
    EXPECT_EQ(other->find("k")->id, DatastreamId{2});
    EXPECT_EQ(before.find("k")->id, DatastreamId{1});
}

TEST(Streams, WhatIsGoneIsNotFoundByItsKey) {
    const Streams before(1, {stream(1, {"k"})});

    const auto after = before.with(2, {}, {DatastreamId{1}});

    EXPECT_EQ(after->find("k"), nullptr);
    EXPECT_EQ(after->find(DatastreamId{1}), nullptr);
    EXPECT_EQ(after->size(), 0U);
    EXPECT_EQ(after->with(3, {}, {DatastreamId{1}})->size(), 0U);
}

TEST(Streams, AnyRowOfChangesGivesWhatAMapWouldGive) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        SeededRandom random(seed);
        std::map<std::int64_t, std::string> model;  // id -> its one key, or none
        auto streams = std::make_shared<const Streams>();
        for (Version version = 1; version <= 60; ++version) {
            std::vector<Stream> changed;
            std::vector<DatastreamId> removed;
            // Enough for the layer of recent changes to be folded into the base several times.
            for (int i = 0; i < 40; ++i) {
                const auto id = static_cast<std::int64_t>(1 + random.below(900));
                if (std::ranges::find(changed, DatastreamId{id}, &Stream::id) != changed.end() ||
                    std::ranges::find(removed, DatastreamId{id}) != removed.end()) {
                    continue;
                }
                if (random.chance(0.3)) {
                    removed.push_back(DatastreamId{id});
                    model.erase(id);
                } else {
                    // Keys wander between streams, as long as one stream has them.
                    const std::string key = "k" + std::to_string(random.below(400));
                    const bool taken = std::ranges::any_of(model, [&](const auto& row) { return row.second == key; });
                    changed.push_back(stream(id, taken ? std::vector<std::string>{} : std::vector{key}));
                    model[id] = taken ? "" : key;
                }
            }
            streams = streams->with(version, std::move(changed), removed);
        }

        ASSERT_EQ(streams->size(), model.size()) << "seed " << seed;
        for (std::int64_t id = 1; id <= 900; ++id) {
            const auto* found = streams->find(DatastreamId{id});
            ASSERT_EQ(found != nullptr, model.contains(id)) << "seed " << seed << ", id " << id;
        }
        for (int k = 0; k < 400; ++k) {
            const std::string key = "k" + std::to_string(k);
            const auto owner = std::ranges::find_if(model, [&](const auto& row) { return row.second == key; });
            const auto* found = streams->find(key);
            ASSERT_EQ(found != nullptr, owner != model.end()) << "seed " << seed << ", key " << key;
            if (found != nullptr) {
                ASSERT_EQ(found->id.value, owner->first) << "seed " << seed << ", key " << key;
            }
        }
        std::size_t visited = 0;
        streams->for_each([&](const Stream& each) {
            ++visited;
            EXPECT_TRUE(model.contains(each.id.value));
        });
        EXPECT_EQ(visited, model.size());
    }
}

}  // namespace
}  // namespace bypuls::registry
