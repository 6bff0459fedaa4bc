// What was observed stays about the feature that it was about, whatever is told later of where its thing was.

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "platform/registry/relational/contract_fixture_test.h"

namespace bypuls::registry {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr auto earliest = observations::earliest_time;
constexpr auto latest = observations::latest_time;

Result<Interval> all_the_time(std::span<const DatastreamId> /*datastreams*/, Interval within) {
    return within;
}

class KeepingContract : public RegistryContract {
protected:
    void SetUp() override {
        RegistryContract::SetUp();
        if (!IsSkipped()) {
            stream_ = registry_->datastreams().create(stream()).value();
            begun_ = clock_.now();
        }
    }
    LocationId at(const std::string& name, double longitude = 10.16) {
        Location location = shore(name);
        location.geometry = fmt::format(R"({{"type":"Point","coordinates":[{},59.77]}})", longitude);
        return registry_->locations().create(location).value();
    }
    Instant after(std::chrono::seconds time) const { return begun_ + time; }
    Write there(LocationId location, std::chrono::seconds since) const {
        return Create{HistoricalLocation{.thing = thing_, .time = after(since), .locations = {location}}};
    }
    /// As a client does, whose observation names no feature.
    FeatureId observe(std::chrono::seconds time) {
        observed_[stream_].insert(after(time));
        return registry_->feature_of(thing_, after(time)).value();
    }
    std::optional<FeatureId> about(std::chrono::seconds time) {
        return registry_->feature_at(thing_, after(time)).value();
    }
    Applied change(const Write& write) { return change(write, when_observed()); }
    Applied change(const Write& write, const ObservedDuring& observed) {
        auto applied = registry_->apply({&write, 1}, {}, observed);
        EXPECT_TRUE(applied) << applied.error();
        return applied ? *applied : Applied{};
    }
    ObservedDuring when_observed() const {
        return [this](std::span<const DatastreamId> datastreams, Interval within) -> Result<Interval> {
            Interval found{within.to, within.from};
            for (const DatastreamId id : datastreams) {
                const auto known = observed_.find(id);
                for (const Instant time : known == observed_.end() ? std::set<Instant>{} : known->second) {
                    if (within.contains(time)) {
                        found = {std::min(found.from, time), std::max(found.to, time + Duration{1})};
                    }
                }
            }
            return found;
        };
    }
    std::vector<FeatureStay> kept() { return registry_->kept_features(std::vector{thing_}).value(); }
    /// A thing and a time lead to the feature that leads back to them.
    void expect_both_ways(const std::vector<ThingId>& things) {
        const auto told = registry_->features_of(things).value();
        std::vector<FeatureStay> back;
        for (const auto& feature : registry_->features().list({}, page_max)->items) {
            for (const Featured& one : registry_->featured(feature.id).value()) {
                back.push_back({one.thing, one.during, feature.id});
            }
        }
        std::ranges::sort(back, {}, [](const FeatureStay& one) { return std::pair(one.thing, one.during.from); });
        EXPECT_EQ(told, back);
        for (std::size_t i = 0; i < told.size(); ++i) {
            EXPECT_EQ(registry_->feature_at(told[i].thing, told[i].during.from).value(), told[i].feature);
            EXPECT_EQ(registry_->feature_at(told[i].thing, told[i].during.to - Duration{1}).value(), told[i].feature);
            EXPECT_TRUE(i == 0 || told[i - 1].thing < told[i].thing || told[i - 1].during.to <= told[i].during.from);
        }
    }

    DatastreamId stream_;
    Instant begun_{};
    std::map<DatastreamId, std::set<Instant>> observed_;
};

TEST_P(KeepingContract, ALocationThatGoesLeavesItsFeatureToWhatWasObservedThere) {
    const auto north = at("North");
    change(there(north, 0s));
    const auto feature = observe(10s);
    observe(20s);

    change(Remove{Kind::location, north.value});

    EXPECT_THAT(kept(), ElementsAre(FeatureStay{thing_, {after(10s), after(20s) + Duration{1}}, feature}));
    EXPECT_EQ(about(10s), feature);
    EXPECT_EQ(about(15s), feature);
    EXPECT_EQ(about(20s), feature);
    EXPECT_EQ(about(9s), std::nullopt) << "nothing was observed then";
    EXPECT_EQ(registry_->feature_of(thing_, after(15s)).value(), feature);
    EXPECT_EQ(registry_->feature_of(thing_, after(21s)).error().code, Errc::not_found) << "it is nowhere";

    change(there(at("South"), 15s));
    EXPECT_EQ(about(20s), feature);
    const auto other = observe(21s);
    EXPECT_NE(other, feature);
    EXPECT_EQ(observe(9s), other) << "before it was known to be anywhere";
    expect_both_ways({thing_});
}

TEST_P(KeepingContract, AnEarlierPlaceToldLaterCountsWhereNothingWasObservedYet) {
    change(there(at("North"), 0s));
    const auto north = observe(-500s);

    change(there(at("South"), -1000s));

    EXPECT_EQ(about(-500s), north);
    EXPECT_EQ(about(-400s), std::nullopt) << "nobody has asked for the place's feature yet";
    const auto south = observe(-400s);
    EXPECT_EQ(registry_->features().get(south)->name, "South");
    EXPECT_EQ(about(-501s), south);
    EXPECT_EQ(about(0s), north);
    expect_both_ways({thing_});
    EXPECT_THAT(registry_->features_of(std::vector{thing_}).value(),
                ElementsAre(FeatureStay{thing_, {earliest, after(-500s)}, south},
                            FeatureStay{thing_, {after(-500s), after(-500s) + Duration{1}}, north},
                            FeatureStay{thing_, {after(-500s) + Duration{1}, after(0s)}, south},
                            FeatureStay{thing_, {after(0s), latest}, north}));
}

TEST_P(KeepingContract, AMoveToldLateLeavesWhatWasObservedBefore) {
    change(there(at("North"), 0s));
    const auto north = observe(100s);

    change(there(at("South"), 50s));
    const auto south = observe(101s);

    EXPECT_EQ(about(100s), north);
    EXPECT_EQ(observe(99s), south) << "a place that is told before its observation, however late, is the observation's";
    EXPECT_EQ(about(49s), north);
}

TEST_P(KeepingContract, AHistoricalLocationIsChangedAndRemovedUnderWhatWasObserved) {
    const auto north = at("North");
    const auto south = at("South");
    const HistoricalLocationId first{change(there(north, 0s)).ids.front()};
    const HistoricalLocationId second{change(there(south, 100s)).ids.front()};
    const auto in_north = observe(50s);
    const auto in_south = observe(150s);

    change(Update{HistoricalLocation{.id = second, .thing = thing_, .time = after(40s), .locations = {south}}});
    EXPECT_EQ(about(50s), in_north);
    EXPECT_EQ(about(49s), in_south);
    EXPECT_EQ(about(99s), in_north) << "between the observations nothing changes";
    change(Update{HistoricalLocation{.id = second, .thing = thing_, .time = after(200s), .locations = {north}}});
    EXPECT_EQ(about(150s), in_south);
    EXPECT_EQ(about(151s), in_north);
    change(Remove{Kind::historical_location, first.value});
    change(Remove{Kind::historical_location, second.value});
    EXPECT_EQ(about(50s), in_north);
    EXPECT_EQ(about(150s), in_south);
    // Given to another thing, a stay is lost to this one.
    const HistoricalLocationId third{change(there(south, 0s)).ids.front()};
    observe(300s);
    const auto other = registry_->things().create(buoy()).value();
    change(Update{HistoricalLocation{.id = third, .thing = other, .time = after(0s), .locations = {south}}});
    EXPECT_EQ(about(300s), in_south);
    EXPECT_EQ(registry_->feature_at(other, after(300s)).value(), in_south);
    expect_both_ways({thing_, other});
}

TEST_P(KeepingContract, ACorrectedLocationLeavesWhatIsObservedAheadOfTheClock) {
    const auto north = at("North", 10.1);
    change(there(north, 0s));
    Location location = registry_->locations().get(north).value();
    const auto correct = [&](double longitude) {
        location.geometry = fmt::format(R"({{"type":"Point","coordinates":[{},59.77]}})", longitude);
        change(Update{location});
    };
    const auto before = observe(10s);

    correct(10.2);
    EXPECT_EQ(about(10s), before);
    const auto once = observe(5s);
    EXPECT_NE(once, before);
    correct(10.3);  // at the very same moment
    EXPECT_EQ(about(5s), once);
    EXPECT_EQ(about(10s), before);
    EXPECT_NE(observe(20s), once);
    location.name = "North of here";
    change(Update{location});
    EXPECT_EQ(kept().size(), 2U) << "a name moves nothing";
    expect_both_ways({thing_});
}

TEST_P(KeepingContract, NeighboursAreOneAndGoWithTheirFeatureAndTheirThing) {
    const auto north = at("North");
    const auto south = at("South");
    change(there(north, 0s));
    const auto feature = observe(10s);

    change(there(south, 50s), all_the_time);
    EXPECT_THAT(kept(), ElementsAre(FeatureStay{thing_, {after(50s), latest}, feature}));
    change(there(south, 20s), all_the_time);
    EXPECT_THAT(kept(), ElementsAre(FeatureStay{thing_, {after(20s), latest}, feature}));
    change(there(south, 30s), all_the_time);
    EXPECT_THAT(kept(), ElementsAre(FeatureStay{thing_, {after(20s), latest}, feature}));
    change(Remove{Kind::location, north.value}, all_the_time);
    const FeatureStay whole{thing_, {earliest, latest}, feature};
    EXPECT_THAT(kept(), ElementsAre(whole));
    EXPECT_THAT(registry_->features_of(std::vector{thing_}).value(), ElementsAre(whole));
    EXPECT_THAT(registry_->featured(feature).value(), ElementsAre(Featured{thing_, {earliest, latest}}));

    change(Remove{Kind::feature, feature.value});
    EXPECT_THAT(kept(), IsEmpty());
    EXPECT_EQ(about(10s), std::nullopt);
    const auto next = observe(10s);
    change(Remove{Kind::location, south.value}, all_the_time);
    EXPECT_EQ(about(10s), next);
    change(Remove{Kind::thing, thing_.value});
    EXPECT_THAT(kept(), IsEmpty());
    EXPECT_TRUE(registry_->features().get(next)) << "others may be about it";
    EXPECT_THAT(registry_->featured(next).value(), IsEmpty());
}

TEST_P(KeepingContract, NothingIsKeptOfWhatWasNotObserved) {
    const auto north = at("North");
    change(there(north, 0s));
    ASSERT_TRUE(registry_->feature_of(thing_, after(10s)));

    change(there(at("South"), 5s));
    change(there(at("Sea"), -5s), {});
    ASSERT_TRUE(registry_->locations().remove(north));

    EXPECT_THAT(kept(), IsEmpty());
    EXPECT_EQ(registry_->kept_features(std::vector<ThingId>(page_max + 1)).error().code, Errc::exhausted);
    EXPECT_THAT(registry_->kept_features(std::vector{ThingId{999}}).value(), IsEmpty());
}

TEST_P(KeepingContract, WhereItIsNotKnownWhatWasObservedNothingChanges) {
    const auto north = at("North");
    change(there(north, 0s));
    const std::vector<Write> writes{Create{shore("Half")}, Remove{Kind::location, north.value}};

    const auto applied = registry_->apply(
        writes, {}, [](auto, Interval) -> Result<Interval> { return fail(Errc::unavailable, "the disk is gone"); });

    EXPECT_EQ(applied.error().code, Errc::unavailable);
    EXPECT_TRUE(registry_->locations().get(north));
    EXPECT_THAT(registry_->locations().find_by_name("Half").value(), IsEmpty());
}

/// Things are told to be here and there at random, and observed.
class RandomMoves {
public:
    RandomMoves(Registry& registry, SimulatedClock& clock, std::vector<ThingId> things, ObservedDuring observed,
                unsigned seed)
        : registry_(registry),
          clock_(clock),
          things_(std::move(things)),
          observed_(std::move(observed)),
          random_(seed) {}

    Instant some_time() { return begun_ + std::chrono::seconds{some(times)}; }
    ThingId some_thing() { return things_[some(things_.size())]; }

    /// One change. A feature that is removed is told, since its observations go with it.
    std::optional<FeatureId> step() {
        clock_.advance(1s);
        const auto history = registry_.historical_locations().list({}, 100)->items;
        const auto locations = registry_.locations().list({}, 100)->items;
        const auto features = registry_.features().list({}, 100)->items;
        const std::size_t what = some(8);
        if (locations.size() < 3) {
            apply(Create{shore(fmt::format("Place {}", ++made_))});
        } else if (what < 3 || history.empty()) {
            apply(Create{HistoricalLocation{
                .thing = some_thing(), .time = some_time(), .locations = {locations[some(locations.size())].id}}});
        } else if (what == 3) {
            auto changed = history[some(history.size())];
            changed.time = some_time();
            changed.locations = {locations[some(locations.size())].id};
            changed.thing = some_thing();
            apply(Update{changed});
        } else if (what == 4) {
            apply(Remove{Kind::historical_location, history[some(history.size())].id.value});
        } else if (what == 5) {
            apply(Remove{Kind::location, locations[some(locations.size())].id.value});
        } else if (what == 6) {
            auto corrected = locations[some(locations.size())];
            corrected.geometry = fmt::format(R"({{"type":"Point","coordinates":[{},59]}})", ++made_);
            apply(Update{corrected});
        } else if (features.size() > 4) {
            const auto gone = features[some(features.size())].id;
            apply(Remove{Kind::feature, gone.value});
            return gone;
        }
        return std::nullopt;
    }

    static constexpr std::size_t times = 20;

private:
    std::size_t some(std::size_t below) { return random_() % below; }
    void apply(const Write& write) {
        const auto applied = registry_.apply({&write, 1}, {}, observed_);
        EXPECT_TRUE(applied) << applied.error();
    }

    Registry& registry_;
    SimulatedClock& clock_;
    std::vector<ThingId> things_;
    ObservedDuring observed_;
    std::mt19937 random_;
    Instant begun_ = clock_.now();
    int made_ = 0;
};

TEST_P(KeepingContract, WhateverIsToldWhatWasObservedStaysAboutTheSame) {
    const std::vector things{thing_, registry_->things().create(buoy()).value()};
    Datastream other = stream();
    other.thing = things[1];
    const std::map<ThingId, DatastreamId> streams{{thing_, stream_},
                                                  {things[1], registry_->datastreams().create(other).value()}};
    for (unsigned seed = 1; seed <= 4; ++seed) {
        SCOPED_TRACE(seed);
        std::map<std::pair<ThingId, Instant>, FeatureId> should;
        observed_.clear();
        RandomMoves moves(*registry_, clock_, things, when_observed(), seed);
        for (int step = 0; step < 40; ++step) {
            if (const auto gone = moves.step()) {
                std::erase_if(should, [&](const auto& one) { return one.second == *gone; });
                observed_.clear();
                for (const auto& [key, feature] : should) {
                    observed_[streams.at(key.first)].insert(key.second);
                }
            }
            const std::pair key{moves.some_thing(), moves.some_time()};
            if (const auto made = registry_->feature_of(key.first, key.second)) {
                observed_[streams.at(key.first)].insert(key.second);
                should.try_emplace(key, *made);
            }
            for (const auto& [then, feature] : should) {
                EXPECT_EQ(registry_->feature_at(then.first, then.second).value(), feature) << "after step " << step;
            }
            expect_both_ways(things);
        }
        EXPECT_FALSE(should.empty());
        if (HasFailure()) {
            return;
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Backends, KeepingContract, backends(), backend_name);

}  // namespace
}  // namespace bypuls::registry
