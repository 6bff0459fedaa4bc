#include "apps/demo/payload.h"

#include <algorithm>
#include <cmath>

namespace bypuls::demo {
namespace {

/// Appends whole numbers, most significant byte first; what does not fit is clamped.
class Writer {
public:
    Writer& u8(double value) { return put(value, 0, 0xff, 1); }
    Writer& u16(double value) { return put(value, 0, 0xffff, 2); }
    Writer& i16(double value) { return put(value, -0x8000, 0x7fff, 2); }
    Writer& i32(double value) { return put(value, -0x80000000LL, 0x7fffffff, 4); }
    Bytes take() { return std::move(bytes_); }

private:
    Writer& put(double value, std::int64_t lowest, std::int64_t highest, int bytes) {
        const auto whole = std::clamp<std::int64_t>(std::llround(value), lowest, highest);
        const auto bits = static_cast<std::uint64_t>(whole);
        for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
            bytes_.push_back(static_cast<std::byte>((bits >> shift) & 0xffU));
        }
        return *this;
    }

    Bytes bytes_;
};

Payload lht65(const Moment& moment, double battery_v) {
    constexpr double battery_good = 0xc000;  // the two highest bits say how good the battery is
    constexpr double probe_ds18b20 = 1;
    Writer out;
    out.u16(battery_good + std::clamp(battery_v * 1000, 0.0, double{0x3fff}));
    out.i16(moment.air_cel * 100).u16(moment.humidity_percent * 10);
    out.u8(probe_ds18b20).i16(moment.water_cel * 100).u16(0x7fff);
    return {2, out.take()};
}

Payload elsys(const Moment& moment, double battery_v) {
    constexpr double microvolt_per_index = 100'000;  // of the UV probe
    Writer out;
    out.u8(0x01).i16(moment.air_cel * 10);
    out.u8(0x02).u8(moment.humidity_percent);
    out.u8(0x07).u16(battery_v * 1000);
    out.u8(0x0c).i16(moment.water_cel * 10);
    out.u8(0x1b).i32(std::round(moment.uv_index * 10) / 10 * microvolt_per_index);
    return {5, out.take()};
}

Payload wrm(const Moment& moment, double battery_v) {
    constexpr double version = 2;
    constexpr double device_number = 4711;
    constexpr double all_groups = 7;
    Writer out;
    out.u8(version).u16(device_number).u16(all_groups);
    out.u16((moment.air_cel + 45) / 175 * 65'535).u16(moment.humidity_percent / 100 * 65'535);
    out.u16(moment.snow_cel * 10 + 1000).u16(moment.air_cel * 10 + 1000);
    out.u16(battery_v * 1000);
    return {1, out.take()};
}

Payload dds75(const Moment& moment, double battery_v) {
    Writer out;
    out.u16(std::clamp(battery_v * 1000, 0.0, double{0x3fff}));
    out.u16(snow_mast_mm - moment.snow_depth_cm * 10);
    out.u8(0).i16(moment.air_cel * 10).u8(1);
    return {2, out.take()};
}

Payload radio_bridge(const Moment& moment) {
    constexpr double protocol_1 = 0x10;
    constexpr double air_event = 0x0d;
    constexpr double periodic = 0;
    const auto tenths = static_cast<int>(std::lround(std::clamp(std::abs(moment.air_cel), 0.0, 99.9) * 10));
    const auto wet = static_cast<int>(std::lround(std::clamp(moment.humidity_percent, 0.0, 100.0) * 10));
    Writer out;
    out.u8(protocol_1).u8(air_event).u8(periodic);
    out.u8((moment.air_cel < 0 ? 0x80 : 0) + tenths / 10).u8((tenths % 10) << 4);
    out.u8(wet / 10).u8((wet % 10) << 4);
    return {2, out.take()};
}

}  // namespace

Payload encode(Family family, const Moment& moment, double battery_v) {
    switch (family) {
        case Family::lht65: return lht65(moment, battery_v);
        case Family::elsys: return elsys(moment, battery_v);
        case Family::wrm: return wrm(moment, battery_v);
        case Family::dds75: return dds75(moment, battery_v);
        case Family::radio_bridge: return radio_bridge(moment);
    }
    return {};
}

Payload garbled(Family family) {
    // A version of the format that is not there, cut in the middle.
    Writer out;
    out.u8(0x7f).u8(0xff).u8(0x00);
    return {static_cast<std::uint8_t>(family == Family::lht65 || family == Family::dds75 ? 2 : 5), out.take()};
}

}  // namespace bypuls::demo
