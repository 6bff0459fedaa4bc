#pragma once

#include <string>
#include <vector>

#include "apps/demo/nature.h"
#include "apps/demo/payload.h"
#include "apps/demo/plan.h"
#include "core/clock.h"

namespace bypuls::demo {

/// One `up` event of ChirpStack 4's HTTP integration, as the network server would send it.
struct Uplink {
    Instant time{};
    std::string body;  ///< JSON

    friend bool operator==(const Uplink&, const Uplink&) = default;
};

/// One laboratory result of bathing water.
struct Sample {
    Instant time{};
    std::string key;  ///< sample_key()
    double value = 0;
};

/// The devices of the town and the network server in front of them. Same plan and seed, byte-identical events, whatever
/// is asked for in which order. Immutable after construction; thread-safe. `plan` outlives it.
class Simulator {
public:
    Simulator(const Plan& plan, std::uint64_t seed);

    /// What was sent within the interval, by time: lost frames are missing, doubled ones stand twice. Hourly in the
    /// newest weeks before `newest`, every second hour before that; in the first year thermometers send in the bathing
    /// season alone.
    std::vector<Uplink> history(Interval interval, Instant newest) const;
    /// When the history that is worth laying before `now` begins: the May before last.
    static Instant history_start(Instant now);

    /// What `device` sends at `t` outside its own schedule, as frame `f_cnt` of the session `session`.
    Uplink frame(const PlannedDevice& device, Instant t, std::uint32_t session, std::uint32_t f_cnt) const;

    /// Bathing-water samples of the last four seasons before `now`, by time; about every second week.
    std::vector<Sample> samples(Instant now) const;

private:
    struct Slot;
    void add_slot(const PlannedDevice& device, const Slot& slot, Interval interval, std::vector<Uplink>& out) const;
    double battery_v(const PlannedDevice& device, Instant t) const;
    std::string event_json(const PlannedDevice& device, Instant t, std::uint32_t session, std::uint32_t f_cnt,
                           const Payload& payload, std::uint64_t copy) const;

    const Plan& plan_;
    std::uint64_t seed_;
    Nature nature_;
};

}  // namespace bypuls::demo
