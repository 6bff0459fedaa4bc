#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.h"
#include "core/result.h"
#include "platform/ingest/devices/profile.h"
#include "platform/ingest/lorawan/uplink.h"
#include "platform/registry/model.h"

/// The demonstration town: places that exist, devices that do not, and readings made by chance with a seed.
namespace bypuls::demo {

/// What surrounds a device, which decides how its readings behave.
enum class Setting : std::uint8_t { pond, fjord, ski_track, indoors };

/// The payload that a device sends; each has an encoder here and a codec in demo/drammen/codecs.
enum class Family : std::uint8_t { lht65, elsys, wrm, dds75, radio_bridge };

/// What goes wrong with a device. All of it happens at moments that depend on the seed, except what has dates.
struct Faults {
    bool spikes = false;         ///< the probe now and then reads -50
    bool garbles = false;        ///< now and then a frame that no codec understands
    double drift_s_per_day = 0;  ///< its timer is slow by so much, so that its frames wander over the hour
    /// Now and then a gateway hears it best whose own clock gains so much, until somebody sets it right each fortnight.
    /// The network server stamps a frame by that clock, so the stamp lies ahead of when the frame came.
    double gateway_gains_s_per_day = 0;
    std::optional<Interval> battery_dead;  ///< silent; the voltage falls in the ten days before
    std::optional<Instant> rejoined;       ///< from then on another address, and frames counted from 0
};

struct PlannedDevice {
    ingest::lorawan::DevEui dev_eui;
    std::string name;
    std::string profile;  ///< id
    Family family = Family::lht65;
    Setting setting = Setting::pond;
    std::string place;      ///< slug
    double altitude_m = 0;  ///< above the sea
    double offset_cel = 0;  ///< how much warmer its water is than that of others like it
    bool adopted = true;    ///< false: unknown, waits in the inbox
    bool winter_only = false;
    Faults faults;
};

/// A place with, in this order, what its page shows.
struct PlannedPlace {
    registry::Place place;
    bool coastal = false;
    std::vector<std::string> shows;  ///< external keys of datastreams: "<DevEUI>/<field>"
    double e_coli_typical = 0;       ///< median of its samples, CFU/100 ml; 0: no samples are taken
};

struct PlannedProperty {
    std::string key;
    std::string definition;
    std::string description;
    registry::Unit unit;
    bool open = false;  ///< residents may see it
};

struct PlannedCodec {
    std::string id;
    std::string script;
};

struct Plan {
    std::vector<PlannedProperty> properties;
    std::vector<ingest::devices::Profile> profiles;
    std::vector<PlannedCodec> codecs;
    std::vector<PlannedDevice> devices;
    std::vector<PlannedPlace> places;

    const PlannedProperty* property(std::string_view key) const;
    const ingest::devices::Profile* profile(std::string_view id) const;
};

/// Reads demo/drammen/town.json. Errc::malformed says what is wrong. Pure; `codecs` of the answer is empty.
Result<Plan> read_plan(std::string_view text);
/// The plan that is compiled in, with its codecs.
Result<Plan> shipped_plan();

/// "a84041000181c001/probe_temperature": what a field of a device is called in the registry.
std::string stream_key(const ingest::lorawan::DevEui& dev_eui, std::string_view field);
/// "sample/blektjern/e_coli"
std::string sample_key(std::string_view slug, std::string_view property);

}  // namespace bypuls::demo
