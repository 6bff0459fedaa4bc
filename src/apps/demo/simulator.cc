#include "apps/demo/simulator.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include <fmt/format.h>

#include "core/text.h"
#include "core/time/iso8601.h"

namespace bypuls::demo {
namespace {

using ingest::lorawan::Kind;
using std::chrono::days;
using std::chrono::floor;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

/// What is decided by chance; each has its own stream of it.
enum Stream : std::uint64_t {
    lost = 100,
    doubled,
    spike,
    garble,
    moment_of_hour,
    address,
    radio,
    identifier,
    water,
    stamped_ahead = 120,  // water takes the three from its own on
    event_identifier,
    status_moment,
    status_margin,
};

constexpr double lost_share = 0.015;
constexpr double doubled_share = 0.01;
constexpr double spike_share = 1.0 / 700;
constexpr double garble_share = 1.0 / 900;
constexpr double stamped_ahead_share = 1.0 / 48;
constexpr double live_fault_share = 1.0 / 90;  // minutes instead of hours, so that a visitor may meet one
constexpr double live_stamped_ahead_share = 1.0 / 30;
constexpr double spike_cel = -50;
constexpr days battery_fades{10};
constexpr double battery_empty_v = 2.35;
constexpr days stranger_since{14};
constexpr days set_right_every{14};
constexpr hours status_every{7 * 24};
constexpr std::uint32_t live_status_every = 24 * 60;  // rounds, of a minute
constexpr milliseconds far_gateway_late{400};

/// A stretch of history in which devices send in one rhythm, as one radio session.
struct Phase {
    Interval span;
    hours step;
    std::uint32_t session;
    bool first_year = false;  ///< thermometers were taken in for the winter
};

Instant may_before(Instant t, int years_back) {
    using namespace std::chrono;
    const year_month_day date{floor<days>(t)};
    const auto in = [&](year y) { return Instant{sys_days{y / May / 15}}; };
    const year newest = in(date.year()) <= t ? date.year() : date.year() - years{1};
    return in(newest - years{years_back});
}

std::array<Phase, 3> phases(Instant newest) {
    using namespace std::chrono;
    const Instant sparse = may_before(newest, 1);
    const Instant season = may_before(newest, 0);
    const year_month_day date{floor<days>(newest)};
    const Instant dense = std::max(season, Instant{sys_days{(date.year() / date.month() - months{1}) / 1}});
    const auto session = [](Instant start) {
        return static_cast<std::uint32_t>(floor<days>(start).time_since_epoch().count()) * 4;
    };
    // Two hours and not more, since longer silences than three hours are marked as gaps.
    return {Phase{{sparse, season}, hours{2}, session(sparse), true}, Phase{{season, dense}, hours{2}, session(season)},
            Phase{{dense, newest}, hours{1}, session(dense) + 2}};
}

bool in_winter(Instant t) {
    const std::chrono::year_month_day date{floor<days>(t)};
    const unsigned number = static_cast<unsigned>(date.month()) * 100 + static_cast<unsigned>(date.day());
    return number >= 1101 || number <= 415;
}

bool in_bathing_season(Instant t) {
    const std::chrono::year_month_day date{floor<days>(t)};
    const auto number = static_cast<unsigned>(date.month()) * 100 + static_cast<unsigned>(date.day());
    return number >= 515 && number <= 915;
}

/// What a device answers to DevStatusReq is a number from 1, empty, to 254; ChirpStack makes a share of it.
double told_percent(double volt, double full_v) {
    const double share = std::clamp((volt - battery_empty_v) / (full_v - battery_empty_v), 0.0, 1.0);
    return std::round(1 + 253 * share) / 254 * 100;
}

double full_v(Family family) {
    return family == Family::elsys ? 3.62 : 3.05;
}

std::string uuid(std::uint64_t a, std::uint64_t b) {
    return fmt::format("{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}", a >> 32U, a >> 16U & 0xffffU, a >> 4U & 0xfffU,
                       a & 0xfffU, b & 0xffffffffffffU);
}

std::uint64_t number_of(const PlannedDevice& device) {
    std::uint64_t number = 0;
    for (const std::uint8_t byte : device.dev_eui.bytes) {
        number = number << 8U | byte;
    }
    return number;
}

struct GatewaySite {
    std::string_view id;
    std::string_view name;
    double latitude;
    double longitude;
    double altitude;
};
constexpr std::array gateways{GatewaySite{"7276ff002e0a1001", "Bragernesåsen", 59.7525, 10.2075, 205},
                              GatewaySite{"7276ff002e0a1002", "Konnerud", 59.7195, 10.1500, 210},
                              GatewaySite{"7276ff002e0a1003", "Strømsø", 59.7375, 10.2030, 22}};
/// Without GNSS and without the network's time: it says when it heard a frame by a clock that gains.
constexpr GatewaySite wrong_gateway{"7276ff002e0a1004", "Stordammen", 59.7150, 10.1365, 228};

}  // namespace

struct Simulator::Slot {
    Instant nominal{};
    hours step{};
    std::uint32_t session = 0;
    std::uint32_t f_cnt = 0;
    Instant session_start{};
    Instant newest{};
    bool first_year = false;
};

/// One sending of a device.
struct Simulator::Frame {
    const PlannedDevice& device;
    Instant sent{};
    std::uint32_t session = 0;
    std::uint32_t f_cnt = 0;
    bool stamped_ahead = false;  ///< heard best by the gateway whose clock is wrong
};

Simulator::Simulator(const Plan& plan, std::uint64_t seed) : plan_(plan), seed_(seed), nature_(seed) {}

Instant Simulator::history_start(Instant now) {
    return may_before(now, 1);
}

std::vector<Uplink> Simulator::history(Interval interval, Instant newest) const {
    std::vector<Uplink> sent;
    for (const PlannedDevice& device : plan_.devices) {
        for (const Phase& phase : phases(newest)) {
            Slot slot{.step = phase.step,
                      .session = phase.session,
                      .session_start = phase.span.from,
                      .newest = newest,
                      .first_year = phase.first_year};
            for (slot.nominal = phase.span.from; slot.nominal < phase.span.to; slot.nominal += phase.step) {
                if (device.faults.rejoined && slot.session == phase.session &&
                    slot.nominal >= *device.faults.rejoined && slot.session_start < *device.faults.rejoined) {
                    slot.session += 1;
                    slot.session_start = slot.nominal;
                    slot.f_cnt = 0;
                }
                add_slot(device, slot, interval, sent);
                slot.f_cnt += 1;
            }
        }
    }
    std::ranges::stable_sort(sent, {}, &Uplink::time);
    return sent;
}

void Simulator::add_slot(const PlannedDevice& device, const Slot& slot, Interval interval,
                         std::vector<Uplink>& out) const {
    const std::uint64_t who = number_of(device);
    const auto hour = static_cast<std::uint64_t>(slot.nominal.time_since_epoch() / hours{1});
    const auto even = [&](std::uint64_t stream) { return dice_unit(seed_ ^ who, stream, hour); };
    // Each device has its own minute; a slow clock shifts it a little every day.
    const std::chrono::duration<double, std::ratio<86'400>> running = slot.nominal - slot.session_start;
    const double into_hour = std::fmod(dice_unit(seed_ ^ who, moment_of_hour, 0) * 3500 +
                                           device.faults.drift_s_per_day * running.count() + even(moment_of_hour) * 3,
                                       3599.0);
    const Instant t = slot.nominal + milliseconds{static_cast<std::int64_t>(into_hour * 1000)};
    const bool asleep = device.winter_only ? !in_winter(t) : slot.first_year && !in_bathing_season(t);
    const bool dead = device.faults.battery_dead && device.faults.battery_dead->contains(t);
    const bool stranger = !device.adopted && (slot.newest - t > stranger_since || hour % 6 != 0);
    if (asleep || dead || stranger) {
        return;
    }
    std::vector<Uplink> events;
    add_events(device, slot, t, events);
    std::ranges::copy_if(events, std::back_inserter(out), [&](const Uplink& e) { return interval.contains(e.time); });
    if (!interval.contains(t) || even(lost) < lost_share) {
        return;
    }
    Moment moment = nature_.at(device, t);
    if (device.faults.spikes && even(spike) < spike_share) {
        moment.water_cel = spike_cel;
    }
    const bool garbles = device.faults.garbles && even(garble) < garble_share;
    const Payload payload = garbles ? garbled(device.family) : encode(device.family, moment, battery_v(device, t));
    // The gateway that is wrong was put up lately, as the stranger was.
    const bool wrong = device.faults.gateway_gains_s_per_day != 0 && slot.newest - t <= stranger_since &&
                       even(stamped_ahead) < stamped_ahead_share;
    add_heard({.device = device, .sent = t, .session = slot.session, .f_cnt = slot.f_cnt, .stamped_ahead = wrong},
              payload, even(doubled), hour % 2 == 0, out);
}

/// What the network server tells of besides the frame of a slot, which is sent at `t`.
void Simulator::add_events(const PlannedDevice& device, const Slot& slot, Instant t, std::vector<Uplink>& out) const {
    if (slot.nominal == slot.session_start) {
        out.push_back(join_event(device, slot.nominal, slot.session));
    }
    // Each device has its own hour of the week. One whose battery dies is asked just before it does.
    const auto& dead = device.faults.battery_dead;
    const Instant asked = dead ? dead->from - hours{1}
                               : Instant{hours{dice(seed_ ^ number_of(device), status_moment, 0) %
                                               static_cast<std::uint64_t>(status_every.count())}};
    const auto since = floor<hours>(slot.nominal - asked) % status_every;
    if ((since + status_every) % status_every < slot.step) {
        out.push_back(status_event(device, t + seconds{1}));
    }
}

std::vector<Uplink> Simulator::live_events(const PlannedDevice& device, Instant t, std::uint32_t session,
                                           std::uint32_t f_cnt) const {
    std::vector<Uplink> told;
    if (f_cnt == 0) {
        told.push_back(join_event(device, t - seconds{1}, session));
    }
    if (f_cnt % live_status_every == 1) {
        told.push_back(status_event(device, t));
    }
    return told;
}

void Simulator::add_heard(const Frame& frame, const Payload& payload, double chance_of_double, bool twice_the_same,
                          std::vector<Uplink>& out) const {
    out.push_back({frame.sent, event_json(frame, payload, 0)});
    if (chance_of_double >= doubled_share) {
        return;
    }
    if (twice_the_same) {
        out.push_back(out.back());  // the network server was not sure that it had been heard
    } else {
        Frame late = frame;  // a far gateway brought it too late to be put together
        late.sent += far_gateway_late;
        out.push_back({late.sent, event_json(late, payload, 1)});
    }
}

std::vector<Uplink> Simulator::live(const PlannedDevice& device, Instant t, std::uint32_t session,
                                    std::uint32_t f_cnt) const {
    const std::uint64_t who = number_of(device);
    const auto even = [&](std::uint64_t stream) { return dice_unit(seed_ ^ who ^ session, stream, f_cnt); };
    if (even(lost) < lost_share) {
        return {};
    }
    Moment moment = nature_.at(device, t);
    // Gusts and currents of minutes: what an hourly history does not show, and a visitor would otherwise wait for.
    const std::chrono::duration<double, std::ratio<60>> minutes = t.time_since_epoch();
    const double phase = static_cast<double>(who % 97);
    const auto wave = [&](double period) { return std::sin(2 * std::numbers::pi * minutes.count() / period + phase); };
    moment.water_cel += 0.06 * wave(23);  // water does not jump
    moment.air_cel += 0.6 * wave(17);
    moment.humidity_percent = std::min(100.0, moment.humidity_percent + 2 * wave(29));
    if (device.faults.spikes && even(spike) < live_fault_share) {
        moment.water_cel = spike_cel;
    }
    const bool garbles = device.faults.garbles && even(garble) < live_fault_share;
    const Payload payload = garbles ? garbled(device.family) : encode(device.family, moment, battery_v(device, t));
    const bool wrong = device.faults.gateway_gains_s_per_day != 0 && even(stamped_ahead) < live_stamped_ahead_share;
    std::vector<Uplink> heard;
    add_heard({.device = device, .sent = t, .session = session, .f_cnt = f_cnt, .stamped_ahead = wrong}, payload,
              even(doubled), f_cnt % 2 == 0, heard);
    return heard;
}

Duration Simulator::ahead(const PlannedDevice& device, Instant t) {
    const std::chrono::duration<double, std::ratio<86'400>> since_set = t.time_since_epoch() % set_right_every;
    return milliseconds{static_cast<std::int64_t>(since_set.count() * device.faults.gateway_gains_s_per_day * 1000)};
}

double Simulator::battery_v(const PlannedDevice& device, Instant t) const {
    const double full = full_v(device.family);
    if (const auto& dead = device.faults.battery_dead; dead && t < dead->to && dead->from - t < battery_fades) {
        const std::chrono::duration<double, std::ratio<86'400>> left = dead->from - t;
        return battery_empty_v + (full - 0.15 - battery_empty_v) * std::sqrt(std::max(0.0, left.count()) / 10);
    }
    const auto day = floor<days>(t).time_since_epoch().count();
    return full - 0.0001 * static_cast<double>(day % 730);
}

std::string Simulator::event_json(const Frame& heard_frame, const Payload& payload, std::uint64_t copy) const {
    const auto& [device, sent, session, f_cnt, stamped_ahead] = heard_frame;
    const std::uint64_t who = number_of(device);
    const std::uint64_t frame = (std::uint64_t{session} << 32U | f_cnt) * 2 + copy;
    const auto roll = [&](std::uint64_t stream, std::uint64_t number) {
        return dice(seed_ ^ who, stream, frame * 8 + number);
    };
    const std::uint64_t a = roll(identifier, 0);
    const std::uint64_t b = roll(identifier, 1);
    const std::uint64_t first = dice(seed_ ^ who, address, 0) % gateways.size();  // the one that hears it best
    const std::string ns_time = format_instant(sent);
    // ChirpStack stamps a frame by the first gateway that tells a time, and by its own clock when none does.
    const std::string time = stamped_ahead ? format_instant(sent + ahead(device, sent)) : ns_time;
    const std::uint64_t heard = 1 + roll(radio, 0) % gateways.size();
    std::string rx;
    for (std::uint64_t i = 0; i < heard; ++i) {
        const bool wrong = stamped_ahead && i == 0;
        const GatewaySite& gateway = wrong ? wrong_gateway : gateways.at((first + i + copy) % gateways.size());
        rx += fmt::format(
            R"({}{{"gatewayId":"{}","uplinkId":{},{}"nsTime":"{}","rssi":{},"snr":{:.1f},"channel":{},"location":{{"latitude":{},"longitude":{},"altitude":{}}},"crcStatus":"CRC_OK"}})",
            i == 0 ? "" : ",", gateway.id, roll(radio, 2 + i) & 0xffffffffU,
            wrong ? fmt::format(R"("gwTime":"{}",)", time) : "", ns_time,
            -86 - static_cast<int>(i * 11) - static_cast<int>(roll(radio, 1) % 14),
            9.0 - static_cast<double>(i) * 5 - static_cast<double>(roll(radio, 1) % 40) / 10, roll(radio, 5) % 8,
            gateway.latitude, gateway.longitude, gateway.altitude);
    }
    constexpr std::array frequencies{868'100'000, 868'300'000, 868'500'000, 867'100'000,
                                     867'300'000, 867'500'000, 867'700'000, 867'900'000};
    return fmt::format(
        R"({{"deduplicationId":"{}","time":"{}","deviceInfo":{},"devAddr":"{}","adr":true,"dr":5,"fCnt":{},"fPort":{},"confirmed":false,"data":"{}","rxInfo":[{}],"txInfo":{{"frequency":{},"modulation":{{"lora":{{"bandwidth":125000,"spreadingFactor":7,"codeRate":"CR_4_5"}}}}}},"regionConfigId":"eu868"}})",
        uuid(a, b), time, device_info(device), address_of(device, session), f_cnt, payload.f_port,
        to_base64(payload.bytes), rx, frequencies.at(roll(radio, 5) % 8));
}

std::string Simulator::device_info(const PlannedDevice& device) const {
    std::string name;
    append_json_string(name, device.name);
    const auto* profile = plan_.profile(device.profile);
    std::string profile_name;
    append_json_string(profile_name, profile == nullptr ? device.profile : profile->name);
    return fmt::format(
        R"({{"tenantId":"5e1f0c2a-0d4e-4a57-9c3b-7d2f6b1a9e10","tenantName":"Demonstrasjon","applicationId":"0b7a4d3c-6f52-4c1e-8e0a-2c9d5f7b8a31","applicationName":"Badeplasser","deviceProfileName":{},"deviceName":{},"devEui":"{}","deviceClassEnabled":"CLASS_A","tags":{{"simulated":"true"}}}})",
        profile_name, name, device.dev_eui.to_text());
}

std::string Simulator::address_of(const PlannedDevice& device, std::uint32_t session) const {
    return fmt::format("{:08x}", 0x26000000U | (dice(seed_ ^ number_of(device), address, session) & 0xffffffU));
}

/// An event that is no frame, up to where its own members begin.
std::string Simulator::begun_event(const PlannedDevice& device, Instant t, ingest::lorawan::Kind kind) const {
    const auto moment = static_cast<std::uint64_t>(t.time_since_epoch().count()) * 4 + (kind == Kind::join ? 0 : 2);
    const auto roll = [&](std::uint64_t n) { return dice(seed_ ^ number_of(device), event_identifier, moment + n); };
    return fmt::format(R"({{"deduplicationId":"{}","time":"{}","deviceInfo":{},)", uuid(roll(0), roll(1)),
                       format_instant(t), device_info(device));
}

Uplink Simulator::join_event(const PlannedDevice& device, Instant t, std::uint32_t session) const {
    return {t,
            fmt::format(R"({}"devAddr":"{}","regionConfigId":"eu868"}})", begun_event(device, t, Kind::join),
                        address_of(device, session)),
            Kind::join};
}

Uplink Simulator::status_event(const PlannedDevice& device, Instant t) const {
    // These answer that they cannot measure, and send a voltage of their own.
    const bool unable = device.family == Family::wrm || device.family == Family::radio_bridge;
    const double percent = unable ? 0 : told_percent(battery_v(device, t), full_v(device.family));
    const auto hour = static_cast<std::uint64_t>(t.time_since_epoch() / hours{1});
    const int margin = 3 + static_cast<int>(dice(seed_ ^ number_of(device), status_margin, hour) % 18);
    return {
        t,
        fmt::format(R"({}"margin":{},"externalPowerSource":false,"batteryLevelUnavailable":{},"batteryLevel":{:.6g}}})",
                    begun_event(device, t, Kind::status), margin, unable, percent),
        Kind::status};
}

std::vector<Sample> Simulator::samples(Instant now) const {
    using namespace std::chrono;
    std::vector<Sample> samples;
    const year newest = year_month_day{floor<days>(now)}.year();
    for (std::size_t p = 0; p < plan_.places.size(); ++p) {
        const PlannedPlace& planned = plan_.places[p];
        if (planned.e_coli_typical == 0) {
            continue;
        }
        for (year y = newest - years{3}; y <= newest; ++y) {
            for (int visit = 0; visit < 6; ++visit) {
                const auto number = static_cast<std::uint64_t>(static_cast<int>(y) * 10 + visit) * 64 + p;
                const Instant taken =
                    sys_days{y / May / 27} + days{18 * visit} + hours{7} + minutes{dice(seed_, water, number) % 120};
                const double e_coli = planned.e_coli_typical * std::exp(0.85 * dice_normal(seed_, water + 1, number));
                const double enterococci = 0.4 * e_coli * std::exp(0.5 * dice_normal(seed_, water + 2, number));
                if (taken < now) {
                    samples.push_back({taken, sample_key(planned.place.slug, "e_coli"), std::ceil(e_coli)});
                    samples.push_back(
                        {taken, sample_key(planned.place.slug, "intestinal_enterococci"), std::ceil(enterococci)});
                }
            }
        }
    }
    std::ranges::stable_sort(samples, {}, &Sample::time);
    return samples;
}

}  // namespace bypuls::demo
