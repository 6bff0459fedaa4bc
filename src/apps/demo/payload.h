#pragma once

#include "apps/demo/nature.h"
#include "apps/demo/plan.h"
#include "core/bytes.h"

namespace bypuls::demo {

/// The application payload of one LoRaWAN frame.
struct Payload {
    std::uint8_t f_port = 1;
    Bytes bytes;
};

/// What a device of the family sends when it measures this. Values beyond what its format holds are clamped. Pure.
/// Sources: the public payload descriptions that the codecs of demo/drammen/codecs name.
Payload encode(Family family, const Moment& moment, double battery_v);
/// A frame that no codec of the family understands.
Payload garbled(Family family);

/// Millimetres from the snow sensor down to bare ground; demo/drammen/codecs/dragino-dds75-snow.js has the same.
constexpr double snow_mast_mm = 2500;

}  // namespace bypuls::demo
