#pragma once

#include <chrono>
#include <cstddef>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "platform/ingest/pipeline/applier.h"
#include "platform/ingest/quality/quality.h"
#include "platform/observations/store.h"
#include "platform/registry/registry.h"

namespace bypuls::ingest {

/// Marks doubtful readings by the rules of their observed property (platform/ingest/quality), each by what came before
/// it. A datastream whose property has no rule, or whose unit is not the rule's, is left alone.
///
/// Holds the recent past of every datastream it has seen, read from the store at first sight. The bounds below hold
/// whatever comes; beyond them the past is read from the store again. A datastream that is given another unit or
/// property is judged by its new rule from the next message on. One thread, as the applier.
class RuleJudge final : public pipeline::Judge {
public:
    /// Datastreams whose past is held, and readings held of each (four a minute for an hour, or hourly for ten days).
    static constexpr std::size_t datastreams_max = 20'000;
    static constexpr std::size_t readings_max = 256;
    /// Datastreams remembered to have no rule: a county's meters, which would push out those that have one.
    static constexpr std::size_t without_rule_max = 1'000'000;

    /// All outlive it, and the rules do not change meanwhile.
    RuleJudge(registry::Registry& registry, const observations::Store& store,
              const quality::Rules& rules = quality::Rules::shipped())
        : registry_(registry), store_(store), rules_(rules), version_(registry.streams()->version()) {}

    void next_message() override;
    /// Good when the past or the rule cannot be read: a reading is never lost over its judgement.
    observations::Quality judge(observations::DatastreamId id, const observations::Observation& reading,
                                Instant received) override;

private:
    /// One datastream's rule and past, oldest first.
    struct Past {
        const quality::Rule* rule = nullptr;
        std::vector<quality::Reading> readings;
        bool cut = false;  ///< older readings are in the store and not here
    };

    Past& past_of(observations::DatastreamId id, Instant before);
    const quality::Rule* rule_of(observations::DatastreamId id) const;
    std::vector<quality::Reading> read(observations::DatastreamId id, const quality::Rule& rule, Instant before) const;
    /// What came before a late reading: of the store, and of the message that it stands in, which is not stored yet.
    std::vector<quality::Reading> past_of_late(observations::DatastreamId id, const quality::Rule& rule,
                                               Instant before) const;
    static void remember(Past& past, const quality::Reading& reading);

    registry::Registry& registry_;
    const observations::Store& store_;
    const quality::Rules& rules_;
    std::unordered_map<observations::DatastreamId, Past> pasts_;
    std::unordered_set<observations::DatastreamId> without_rule_;
    /// The late readings of the message at hand, judged, each datastream's by time. No more than the message has.
    std::unordered_map<observations::DatastreamId, std::vector<quality::Reading>> late_;
    registry::Version version_;  ///< of the registry, that the rules are as of
};

}  // namespace bypuls::ingest
