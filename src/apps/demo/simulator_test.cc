#include "apps/demo/simulator.h"

#include <map>
#include <set>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "core/time/iso8601.h"
#include "platform/ingest/codecs/codec_host.h"

namespace bypuls::demo {
namespace {

using namespace std::chrono_literals;
using ingest::lorawan::Kind;
using nlohmann::json;
using testing::AllOf;
using testing::Ge;
using testing::Le;

Instant at(std::string_view text) {
    return parse_instant(text).value();
}

const Instant now = at("2026-11-22T07:00:00Z");

const Plan& plan() {
    static const Plan read = shipped_plan().value();
    return read;
}

const PlannedDevice& device(std::string_view name) {
    return *std::ranges::find(plan().devices, name, &PlannedDevice::name);
}

ingest::lorawan::Event event_of(const Uplink& uplink) {
    return ingest::lorawan::parse_chirpstack_json(ingest::lorawan::name_of(uplink.kind), uplink.body).value();
}

/// What the network server told of a device: frames where nothing else is asked for.
std::vector<ingest::lorawan::Event> events_of(const PlannedDevice& device, Interval interval, Kind kind = Kind::up) {
    std::vector<ingest::lorawan::Event> events;
    for (const Uplink& uplink : Simulator(plan(), 7).history(interval, now)) {
        auto event = event_of(uplink);
        if (event.dev_eui == device.dev_eui && event.kind == kind) {
            events.push_back(std::move(event));
        }
    }
    return events;
}

class CodecTest : public testing::Test {
protected:
    static void SetUpTestSuite() {
        auto started = ingest::codecs::CodecHost::start({.program = CODEC_WORKER, .arguments = {}});
        ASSERT_TRUE(started) << started.error();
        host = std::move(*started);
    }
    static void TearDownTestSuite() { host.reset(); }

    static ingest::codecs::Decoded decode(const std::string& profile, const Payload& payload) {
        const std::string id = plan().profile(profile)->codec;
        const auto& codec = *std::ranges::find(plan().codecs, id, &PlannedCodec::id);
        return host
            ->decode({codec.id, ingest::codecs::codec_version(codec.script), codec.script},
                     {.f_port = payload.f_port, .bytes = payload.bytes, .received = now})
            .value();
    }
    /// What the town keeps of a frame, by property.
    static std::map<std::string, double> kept(const std::string& profile, const Payload& payload) {
        const auto decoded = decode(profile, payload);
        EXPECT_TRUE(decoded.ok()) << testing::PrintToString(decoded.errors);
        std::map<std::string, double> values;
        for (const auto& mapped : ingest::devices::map_fields(*plan().profile(profile), decoded.data).value()) {
            values[plan().profile(profile)->fields[mapped.rule].property] = std::get<double>(mapped.value);
        }
        return values;
    }

    static inline std::unique_ptr<ingest::codecs::CodecHost> host;
};

const Moment measured{.air_cel = -3.4,
                      .humidity_percent = 81,
                      .water_cel = 17.3,
                      .uv_index = 4.6,
                      .snow_depth_cm = 37.2,
                      .snow_cel = -5.5};

TEST_F(CodecTest, every_device_family_says_what_it_measured) {
    for (const PlannedDevice& planned : plan().devices) {
        const auto values = kept(planned.profile, encode(planned.family, measured, 3.1));
        const std::map<std::string, double> wanted{
            {"air_temperature", -3.4}, {"humidity", 81},           {"water_temperature", 17.3}, {"uv_index", 4.6},
            {"snow_depth", 37.2},      {"snow_temperature", -5.5}, {"battery_voltage", 3.1},
        };
        for (const auto& [property, value] : values) {
            EXPECT_NEAR(value, wanted.at(property), 0.051) << planned.name << " " << property;
        }
        const bool battery = planned.family != Family::radio_bridge;  // which sends it in a frame of its own
        EXPECT_EQ(values.size(), plan().profile(planned.profile)->fields.size() - (battery ? 0 : 1)) << planned.name;
    }
}

TEST_F(CodecTest, a_garbled_frame_is_refused_by_the_codec) {
    const PlannedDevice& garbling = device("Badetermometer Landfalltjern");
    EXPECT_FALSE(decode(garbling.profile, garbled(garbling.family)).errors.empty());
}

TEST(Payload, an_lht65_frame_is_as_its_manual_says) {
    const auto payload = encode(Family::lht65, {.air_cel = 27.15, .humidity_percent = 56.7, .water_cel = 19.25}, 3.0);
    EXPECT_EQ(payload.f_port, 2);
    EXPECT_EQ(to_hex(payload.bytes), "cbb80a9b02370107857fff");
}

TEST(Simulator, the_same_seed_makes_the_same_town) {
    const Interval week{now - 7 * 24h, now};
    EXPECT_EQ(Simulator(plan(), 7).history(week, now), Simulator(plan(), 7).history(week, now));
    EXPECT_NE(Simulator(plan(), 7).history(week, now), Simulator(plan(), 8).history(week, now));
}

TEST(Simulator, a_part_of_history_is_cut_out_of_the_whole) {
    const Simulator simulator(plan(), 7);
    auto whole = simulator.history({now - 48h, now}, now);
    auto parts = simulator.history({now - 48h, now - 20h}, now);
    std::ranges::copy(simulator.history({now - 20h, now}, now), std::back_inserter(parts));
    // A doubled frame belongs to the part that holds its first copy; order within one moment is not promised.
    const auto bodies = [](const std::vector<Uplink>& uplinks) {
        std::multiset<std::string> all;
        for (const Uplink& uplink : uplinks) {
            all.insert(uplink.body);
        }
        return all;
    };
    EXPECT_EQ(bodies(whole), bodies(parts));
}

TEST(Simulator, every_event_reads_as_chirpstack_writes_it) {
    for (const Uplink& uplink : Simulator(plan(), 7).history({now - 24h, now}, now)) {
        const auto event = event_of(uplink);
        EXPECT_EQ(event.deduplication_id.size(), 36U);
        if (event.kind != Kind::up) {
            EXPECT_EQ(event.time, uplink.time);
            continue;
        }
        EXPECT_EQ(event.gateways.front().network_time, uplink.time);
        EXPECT_TRUE(event.time == uplink.time || event.time == event.gateways.front().time);
        EXPECT_THAT(event.gateways.size(), AllOf(Ge(1U), Le(3U)));
        EXPECT_FALSE(event.payload.empty());
    }
}

TEST(Simulator, frames_are_lost_and_doubled) {
    const auto events = events_of(device("Badetermometer Blektjern"), {now - 40 * 24h, now});
    std::map<std::uint32_t, int> copies;
    for (const auto& event : events) {
        copies[event.f_cnt] += 1;
    }
    EXPECT_LT(copies.size(), 40U * 24);
    EXPECT_GT(copies.size(), 40U * 24 * 95 / 100);
    EXPECT_GT(events.size(), copies.size());
}

/// What comes of many live rounds of one device, a minute apart.
struct Rounds {
    std::size_t frames = 0;
    std::size_t lost = 0;
    std::size_t doubled = 0;
    std::size_t garbled = 0;
    std::size_t spikes = 0;
    std::size_t stamped_ahead = 0;
};

Rounds live_rounds(const Simulator& simulator, const PlannedDevice& device, std::uint32_t frames) {
    Rounds rounds{.frames = frames};
    const Payload spoilt = garbled(device.family);
    for (std::uint32_t f_cnt = 0; f_cnt < frames; ++f_cnt) {
        const Instant sent = now + f_cnt * 1min;
        const auto heard = simulator.live(device, sent, 7, f_cnt);
        EXPECT_LE(heard.size(), 2U);
        rounds.lost += heard.empty() ? 1 : 0;
        rounds.doubled += heard.size() == 2 ? 1 : 0;
        if (heard.empty()) {
            continue;
        }
        const auto event = event_of(heard.front());
        rounds.garbled += event.payload == spoilt.bytes ? 1 : 0;
        const bool cold = device.family == Family::lht65 && to_hex(event.payload).substr(14, 4) == "ec78";  // -50.00
        rounds.spikes += cold ? 1 : 0;
        rounds.stamped_ahead += *event.time - sent > 10min ? 1 : 0;
        for (const Uplink& copy : heard) {
            const auto again = event_of(copy);
            EXPECT_EQ(again.f_cnt, f_cnt);
            EXPECT_EQ(again.payload, event.payload) << "a doubled frame says the same";
            EXPECT_LE(*again.gateways.front().network_time - sent, 1s) << "the network server knows the time";
        }
    }
    return rounds;
}

TEST(Simulator, live_frames_are_lost_doubled_garbled_and_wrong_as_the_plan_says) {
    constexpr std::uint32_t frames = 8000;
    const auto share = [](std::size_t count) { return static_cast<double>(count) / frames; };
    const Simulator simulator(plan(), 7);
    for (const PlannedDevice& planned : plan().devices) {
        const Rounds rounds = live_rounds(simulator, planned, frames);
        EXPECT_NEAR(share(rounds.lost), 0.015, 0.005) << planned.name;
        EXPECT_NEAR(share(rounds.doubled), 0.01, 0.004) << planned.name;
        EXPECT_NEAR(share(rounds.garbled), planned.faults.garbles ? 1.0 / 90 : 0, 0.004) << planned.name;
        EXPECT_NEAR(share(rounds.spikes), planned.faults.spikes ? 1.0 / 90 : 0, 0.004) << planned.name;
        const bool wrong = planned.faults.gateway_gains_s_per_day > 0;
        EXPECT_NEAR(share(rounds.stamped_ahead), wrong ? 1.0 / 30 : 0, 0.008) << planned.name;
    }
}

TEST(Simulator, the_same_seed_sends_the_same_live_frames) {
    const PlannedDevice& pond = device("Badetermometer Blektjern");
    std::size_t differing = 0;
    for (std::uint32_t f_cnt = 0; f_cnt < 100; ++f_cnt) {
        const auto heard = Simulator(plan(), 7).live(pond, now, 7, f_cnt);
        EXPECT_EQ(heard, Simulator(plan(), 7).live(pond, now, 7, f_cnt));
        differing += heard == Simulator(plan(), 8).live(pond, now, 7, f_cnt) ? 0 : 1;
    }
    EXPECT_GT(differing, 90U);
}

TEST(Simulator, one_gateways_clock_gains_until_somebody_sets_it_right) {
    const PlannedDevice& heard_by_it = device("Badetermometer Stordammen");
    const Instant set_right{std::chrono::days{14 * 1484}};  // 19 November 2026
    EXPECT_EQ(Simulator::ahead(heard_by_it, set_right), 0s);
    EXPECT_EQ(Simulator::ahead(heard_by_it, set_right + 24h), 15min);
    EXPECT_EQ(Simulator::ahead(heard_by_it, set_right + 13 * 24h), 195min);
    EXPECT_EQ(Simulator::ahead(device("Badetermometer Blektjern"), set_right + 24h), 0s);
}

TEST(Simulator, a_gateway_with_a_wrong_clock_was_put_up_lately) {
    const auto wrong = [](const std::vector<ingest::lorawan::Event>& events) {
        return std::ranges::count_if(events, [](const auto& event) { return event.gateways.front().time.has_value(); });
    };
    const PlannedDevice& heard_by_it = device("Badetermometer Stordammen");
    const auto lately = events_of(heard_by_it, {now - 14 * 24h, now});
    EXPECT_THAT(wrong(lately), AllOf(Ge(2), Le(15)));
    for (const auto& event : lately) {
        const auto& first = event.gateways.front();
        EXPECT_EQ(first.time.has_value(), first.id == "7276ff002e0a1004");
        EXPECT_EQ(*event.time - *first.network_time,
                  first.time ? Simulator::ahead(heard_by_it, *first.network_time) : Duration{});
    }
    EXPECT_EQ(wrong(events_of(heard_by_it, {now - 60 * 24h, now - 15 * 24h})), 0);
    EXPECT_EQ(wrong(events_of(device("Badetermometer Blektjern"), {now - 14 * 24h, now})), 0);
}

TEST(Simulator, the_first_summer_is_not_all_gaps_and_thermometers_are_in_for_its_winter) {
    const PlannedDevice& pond = device("Badetermometer Landfalltjern");
    const auto july = events_of(pond, {at("2025-07-01T00:00:00Z"), at("2025-08-01T00:00:00Z")});
    ASSERT_GT(july.size(), 31U * 11);
    std::size_t gaps = 0;
    for (std::size_t i = 1; i < july.size(); ++i) {
        gaps += *july[i].time - *july[i - 1].time > 3h ? 1 : 0;
    }
    EXPECT_LT(gaps, july.size() / 20);
    const Interval january{at("2026-01-01T00:00:00Z"), at("2026-02-01T00:00:00Z")};
    EXPECT_THAT(events_of(pond, january), testing::IsEmpty());
    EXPECT_FALSE(events_of(device("Snømåler Konnerud skispor"), january).empty());
}

TEST(Simulator, a_dead_battery_is_silence_and_then_a_new_session) {
    const PlannedDevice& dying = device("Badetermometer Vannverksdammen");
    const auto before = events_of(dying, {at("2026-08-01T00:00:00Z"), dying.faults.battery_dead->from});
    const auto silent = events_of(dying, *dying.faults.battery_dead);
    const auto after = events_of(dying, {dying.faults.battery_dead->to, at("2026-08-13T00:00:00Z")});
    EXPECT_TRUE(silent.empty());
    ASSERT_FALSE(before.empty());
    ASSERT_FALSE(after.empty());
    EXPECT_NE(before.back().dev_addr, after.front().dev_addr);
    EXPECT_THAT(after.front().f_cnt, Le(3U));
}

TEST(Simulator, a_join_gives_the_address_of_the_frames_that_follow) {
    const PlannedDevice& dying = device("Badetermometer Vannverksdammen");
    const Interval lately{at("2026-05-01T00:00:00Z"), now};
    const auto joins = events_of(dying, lately, Kind::join);
    ASSERT_EQ(joins.size(), 3U) << "the season, the new battery, and when its frames became hourly";
    for (const auto& join : joins) {
        const auto frames = events_of(dying, {*join.time, *join.time + 24h});
        ASSERT_FALSE(frames.empty());
        EXPECT_EQ(frames.front().dev_addr, join.dev_addr);
        EXPECT_THAT(frames.front().f_cnt, Le(3U));
    }
    EXPECT_EQ(joins[1].time, at("2026-08-11T10:00:00Z"));
}

TEST(Simulator, a_device_tells_of_its_battery_once_a_week) {
    const Interval lately{now - 70 * 24h, now};
    for (const PlannedDevice& planned : plan().devices) {
        const auto statuses = events_of(planned, lately, Kind::status);
        if (!planned.adopted || planned.winter_only) {
            EXPECT_THAT(statuses.size(), AllOf(Ge(1U), Le(4U))) << planned.name << " was there for some weeks only";
        } else {
            EXPECT_EQ(statuses.size(), 10U) << planned.name;
        }
        for (const auto& event : statuses) {
            const bool unable = planned.family == Family::wrm || planned.family == Family::radio_bridge;
            EXPECT_EQ(event.status->battery_percent.has_value(), !unable) << planned.name;
            EXPECT_THAT(event.status->battery_percent.value_or(95), AllOf(Ge(90), Le(100))) << planned.name;
            EXPECT_THAT(event.status->margin_db, AllOf(Ge(3), Le(20)));
        }
    }
}

TEST(Simulator, a_battery_that_dies_said_so_and_the_new_one_is_full) {
    const PlannedDevice& dying = device("Badetermometer Vannverksdammen");
    const auto before = events_of(dying, {at("2026-07-01T00:00:00Z"), dying.faults.battery_dead->from}, Kind::status);
    const auto after = events_of(dying, {dying.faults.battery_dead->to, at("2026-09-01T00:00:00Z")}, Kind::status);
    ASSERT_GE(before.size(), 3U);
    ASSERT_FALSE(after.empty());
    EXPECT_LT(dying.faults.battery_dead->from - *before.back().time, 2h);
    EXPECT_THAT(*before.back().status->battery_percent, AllOf(Ge(0.39), Le(10)));
    EXPECT_GT(*before.front().status->battery_percent, 90);
    EXPECT_GT(*after.front().status->battery_percent, 90);
    EXPECT_TRUE(events_of(dying, *dying.faults.battery_dead, Kind::status).empty());
}

TEST(Simulator, a_live_session_begins_with_a_join_and_tells_of_the_battery_once_a_day) {
    const PlannedDevice& pond = device("Badetermometer Blektjern");
    const Simulator simulator(plan(), 7);
    const auto first = simulator.live_events(pond, now, 7, 0);
    ASSERT_EQ(first.size(), 1U);
    const auto join = event_of(first.front());
    EXPECT_EQ(join.kind, Kind::join);
    EXPECT_LT(*join.time, now);
    std::vector<std::uint32_t> told;
    for (std::uint32_t f_cnt = 1; f_cnt < 3000; ++f_cnt) {
        for (const Uplink& event : simulator.live_events(pond, now + f_cnt * 1min, 7, f_cnt)) {
            EXPECT_EQ(event_of(event).kind, Kind::status);
            told.push_back(f_cnt);
        }
        for (const Uplink& frame : simulator.live(pond, now + f_cnt * 1min, 7, f_cnt)) {
            EXPECT_EQ(event_of(frame).dev_addr, join.dev_addr);
        }
    }
    EXPECT_THAT(told, testing::ElementsAre(1U, 1441U, 2881U));
    EXPECT_EQ(first, Simulator(plan(), 7).live_events(pond, now, 7, 0));
    EXPECT_NE(first, Simulator(plan(), 8).live_events(pond, now, 7, 0));
}

TEST(Simulator, a_slow_clock_wanders_over_the_hour) {
    const auto events = events_of(device("Badetermometer Stordammen"), {now - 20 * 24h, now});
    const auto into_hour = [](const auto& event) {
        return *event.time - std::chrono::floor<std::chrono::hours>(*event.time);
    };
    EXPECT_GT(std::chrono::abs(into_hour(events.front()) - into_hour(events.back())), 5min);
}

TEST(Simulator, the_stranger_only_waits_in_the_inbox_lately) {
    const PlannedDevice& stranger = device("Temperatur badehuset");
    EXPECT_TRUE(events_of(stranger, {now - 40 * 24h, now - 20 * 24h}).empty());
    EXPECT_FALSE(events_of(stranger, {now - 5 * 24h, now}).empty());
}

TEST(Simulator, four_seasons_of_samples_are_taken_at_five_places) {
    const auto samples = Simulator(plan(), 7).samples(now);
    std::map<std::string, int> by_key;
    for (const Sample& sample : samples) {
        EXPECT_THAT(sample.value, AllOf(Ge(1), Le(100'000)));
        by_key[sample.key] += 1;
    }
    EXPECT_EQ(by_key.size(), 10U);
    for (const auto& [key, count] : by_key) {
        EXPECT_GE(count, 16) << key;
    }
}

TEST(Nature, ponds_are_warm_in_july_and_under_ice_in_january) {
    const PlannedDevice& pond = device("Badetermometer Landfalltjern");
    const PlannedDevice& fjord = device("Badetermometer Bragernes strand");
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        const Nature nature(seed);
        double july = 0;
        double july_fjord = 0;
        for (int day = 0; day < 31; ++day) {
            july += nature.at(pond, at("2026-07-01T14:00:00Z") + day * 24h).water_cel / 31;
            july_fjord += nature.at(fjord, at("2026-07-01T14:00:00Z") + day * 24h).water_cel / 31;
        }
        EXPECT_THAT(july, AllOf(Ge(18), Le(26))) << seed;
        EXPECT_LT(july_fjord, july) << seed;
        EXPECT_THAT(nature.at(pond, at("2026-01-20T12:00:00Z")).water_cel, AllOf(Ge(0), Le(3))) << seed;
    }
}

TEST(Nature, the_sun_stands_where_the_almanac_says) {
    EXPECT_NEAR(Nature::sun_height_deg(at("2026-06-21T11:21:00Z")), 53.7, 0.7);
    EXPECT_NEAR(Nature::sun_height_deg(at("2026-12-21T11:17:00Z")), 6.8, 0.7);
    EXPECT_LT(Nature::sun_height_deg(at("2026-11-22T22:00:00Z")), -30);
}

TEST(Nature, there_is_no_ultraviolet_at_night_and_never_more_than_the_latitude_allows) {
    const Nature nature(7);
    const PlannedDevice& pond = device("Badetermometer Blektjern");
    for (int hour = 0; hour < 365 * 24; hour += 5) {
        const Instant t = at("2026-01-01T00:00:00Z") + hour * 1h;
        const double uv = nature.at(pond, t).uv_index;
        EXPECT_THAT(uv, AllOf(Ge(0), Le(7)));
        EXPECT_TRUE(Nature::sun_height_deg(t) > 0 || uv == 0);
    }
}

TEST(Nature, the_ski_track_has_snow_in_winter_and_none_in_summer) {
    const PlannedDevice& track = device("Snømåler Konnerud skispor");
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        const Nature nature(seed);
        EXPECT_THAT(nature.at(track, now).snow_depth_cm, AllOf(Ge(3), Le(120))) << seed;
        EXPECT_THAT(nature.at(track, at("2026-02-15T12:00:00Z")).snow_depth_cm, AllOf(Ge(20), Le(180))) << seed;
        EXPECT_LT(nature.at(track, at("2026-07-15T12:00:00Z")).snow_depth_cm, 3) << seed;
    }
}

}  // namespace
}  // namespace bypuls::demo
