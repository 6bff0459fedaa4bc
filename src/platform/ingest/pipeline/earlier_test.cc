#include "platform/database/testing/earlier.h"

#include "platform/ingest/pipeline/fixture_test.h"

namespace bypuls::ingest::pipeline {
namespace {

using namespace std::chrono_literals;
using testing::SizeIs;

const Instant noon = Instant{std::chrono::sys_days{std::chrono::year{2026} / 6 / 1}} + 12h;
const std::string device = device_text(1);

Seen see(Ledger& ledger, const Uplink& frame, std::uint64_t position) {
    const auto event = lorawan::parse_chirpstack_json("up", body_of(frame)).value();
    return ledger.see_frame(event, frame.time, {position}).value();
}

void expect_frames(int version, Ledger& ledger) {
    EXPECT_EQ(see(ledger, {.time = noon, .f_cnt = 7, .value = 1}, 30), Seen::duplicate);
    EXPECT_EQ(see(ledger, {.time = noon, .f_cnt = 7, .value = 2}, 31), Seen::conflict);
    EXPECT_EQ(see(ledger, {.time = noon + 1min, .f_cnt = 8, .value = 1}, 32),
              version >= 3 ? Seen::duplicate : Seen::fresh);
    EXPECT_EQ(see(ledger, {.time = noon + 2min, .f_cnt = 9, .value = 1}, 33), Seen::fresh);
    if (version >= 6) {
        EXPECT_EQ(see(ledger, {.time = noon + 2h, .f_cnt = 1, .dev_addr = 2, .value = 1}, 35), Seen::fresh);
        EXPECT_EQ(ledger.take_due(), (std::vector<journal::Position>{{20}, {21}})) << "the count had begun anew";
    }
    const auto frames = ledger.last_frames(device).value();
    ASSERT_THAT(frames, SizeIs(1));
    EXPECT_EQ(frames[0].payload_hex, "01000000");
    EXPECT_EQ(frames[0].rssi_dbm, -60);
    EXPECT_EQ(frames[0].decoded, R"({"value":1})");
    const Message again{.way = Way::lines,
                        .received = noon,
                        .body = "water,sensor=1 temp=19.4",
                        .key = "display-torget/17",
                        .redelivered = true};
    EXPECT_EQ(ledger.see_key(again, {34}).value(), version >= 2 ? Seen::duplicate : Seen::fresh);
}

void expect_events(int version, const Ledger& ledger) {
    const auto events = ledger.last_events(device).value();
    ASSERT_THAT(events, SizeIs(version >= 7 ? 3 : 0));
    if (version >= 7) {
        EXPECT_EQ(events[0].time, noon);
        EXPECT_EQ(events[0].status, (lorawan::Status{-7, false, 57.5}));
        EXPECT_EQ(events[1].level, lorawan::LogLevel::error);
        EXPECT_EQ(events[1].description, "Frame-counter reset or rollover detected");
        EXPECT_EQ(events[2].spot, (DeviceEvent::Spot{59.75, 10.25}));
    }
}

void expect_letters(int version, const Ledger& ledger) {
    const auto letter = ledger.dead_letter(5);
    ASSERT_TRUE(letter) << letter.error();
    EXPECT_EQ(letter->position, journal::Position{18});
    EXPECT_EQ(letter->reason, Reason::codec_failed);
    EXPECT_EQ(letter->sentence, "TypeError: bytes[3] is undefined");
    EXPECT_EQ(letter->device, device);
    EXPECT_EQ(letter->payload, R"({"data":"AAAA"})");
    EXPECT_FALSE(letter->replayed);
    EXPECT_EQ(letter->saying, "");
    if (version >= 4) {
        EXPECT_EQ(ledger.dead_letter(6).value().saying, R"({"say":"wrong_type","type":"number","row":"2"})");
        EXPECT_EQ(ledger.counts().at("journal"), (Counts{.received = 3, .damaged = 3}));
    }
    if (version >= 5) {
        const auto sealed = ledger.dead_letter(7);
        ASSERT_TRUE(sealed) << sealed.error();
        EXPECT_TRUE(sealed->replayed);
    }
    EXPECT_EQ(ledger.damaged_letters(), 0U);
    EXPECT_EQ(ledger.waiting_of(device, Reason::codec_failed).value(), std::vector{journal::Position{18}});
    const auto unknown = ledger.unknown_devices().value();
    ASSERT_THAT(unknown, SizeIs(1));
    EXPECT_EQ(unknown[0].name_hint, "Ny bøye");
    EXPECT_EQ(unknown[0].frames, 4);
    const auto raw = ledger.raw_message({17});
    ASSERT_TRUE(raw) << raw.error();
    EXPECT_EQ(raw->body, "water,sensor=1 temp=19.4");
    EXPECT_EQ(raw->sender, "ChirpStack");
    EXPECT_EQ(raw->received, noon + 3s);
    EXPECT_EQ(ledger.counts().at("chirpstack"),
              (Counts{.received = 10, .stored = 6, .duplicate = 2, .quarantined = 1, .rejected = 1}));
}

TEST(LedgerOfAnEarlierVersion, RemembersWhatCameIn) {
    const auto done = database::for_every_version("platform/ingest/pipeline", Ledger::schema(),
                                                  [](int version, database::Database& today) {
                                                      SCOPED_TRACE(version);
                                                      const SimulatedClock clock{noon + 1h};
                                                      const auto ledger = Ledger::open(today, clock);
                                                      ASSERT_TRUE(ledger) << ledger.error();
                                                      expect_letters(version, **ledger);
                                                      expect_events(version, **ledger);
                                                      expect_frames(version, **ledger);
                                                  });
    EXPECT_TRUE(done) << done.error();
}

}  // namespace
}  // namespace bypuls::ingest::pipeline
