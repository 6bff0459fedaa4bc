#pragma once

#include <string>
#include <vector>

#include "apps/demo/nature.h"
#include "apps/demo/payload.h"
#include "apps/demo/plan.h"
#include "core/clock.h"

namespace bypuls::demo {

/// One event of ChirpStack 4's HTTP integration, as the network server would send it: mostly `up`, a frame.
struct Uplink {
    Instant time{};    ///< when it is sent; the event's own stamp is another when a gateway's clock is wrong
    std::string body;  ///< JSON
    ingest::lorawan::Kind kind = ingest::lorawan::Kind::up;  ///< up, join or status

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
    /// season alone. Each session begins with a join, and once a week a device tells of its battery.
    std::vector<Uplink> history(Interval interval, Instant newest) const;
    /// When the history that is worth laying before `now` begins: the May before last.
    static Instant history_start(Instant now);

    /// What comes of the frame `f_cnt` of the session `session` that `device` sends at `t`, outside its own schedule:
    /// nothing when it is lost, two events when it is doubled. Frames are lost and doubled as often as in history;
    /// spikes, garbled frames and wrong clocks are as it has them, and come oftener.
    std::vector<Uplink> live(const PlannedDevice& device, Instant t, std::uint32_t session, std::uint32_t f_cnt) const;
    /// What the network server tells of besides, at the time of that frame: a join before the first of a session, and
    /// the battery about once a day.
    std::vector<Uplink> live_events(const PlannedDevice& device, Instant t, std::uint32_t session,
                                    std::uint32_t f_cnt) const;
    /// How far ahead the clock is that stamps the frames which the wrong gateway hears best; at most a fortnight's
    /// gain.
    static Duration ahead(const PlannedDevice& device, Instant t);

    /// Bathing-water samples of the last four seasons before `now`, by time; about every second week.
    std::vector<Sample> samples(Instant now) const;

private:
    struct Slot;
    void add_slot(const PlannedDevice& device, const Slot& slot, Interval interval, std::vector<Uplink>& out) const;
    void add_events(const PlannedDevice& device, const Slot& slot, Instant t, std::vector<Uplink>& out) const;
    double battery_v(const PlannedDevice& device, Instant t) const;
    std::string device_info(const PlannedDevice& device) const;
    /// That the device has in the session, as the network server writes it.
    std::string address_of(const PlannedDevice& device, std::uint32_t session) const;
    std::string begun_event(const PlannedDevice& device, Instant t, ingest::lorawan::Kind kind) const;
    Uplink join_event(const PlannedDevice& device, Instant t, std::uint32_t session) const;
    Uplink status_event(const PlannedDevice& device, Instant t) const;
    struct Frame;
    void add_heard(const Frame& frame, const Payload& payload, double chance_of_double, bool twice_the_same,
                   std::vector<Uplink>& out) const;
    std::string event_json(const Frame& frame, const Payload& payload, std::uint64_t copy) const;

    const Plan& plan_;
    std::uint64_t seed_;
    Nature nature_;
};

}  // namespace bypuls::demo
