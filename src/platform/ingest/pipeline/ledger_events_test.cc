#include <fmt/format.h>
#include <soci/soci.h>

#include "platform/ingest/pipeline/fixture_test.h"

namespace bypuls::ingest::pipeline {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;
using testing::AllOf;
using testing::ElementsAre;
using testing::Field;
using testing::IsEmpty;
using testing::SizeIs;

/// Events of devices that are no frames, from what a network server sends to what is listed.
class LedgerEvents : public testing::Test {
protected:
    /// Without a stamp or a name when they are not given.
    Seen tell(std::string_view kind, const std::string& more, std::optional<Instant> stamp, std::string name = {},
              int device = 1) {
        const std::string stamped = stamp ? fmt::format(R"("time":"{}",)", format_instant(*stamp)) : "";
        const std::string named = name.empty() ? "" : fmt::format(R"("deduplicationId":"{}",)", name);
        const auto event = lorawan::parse_chirpstack_json(
            kind,
            fmt::format(R"({{{}{}"deviceInfo":{{"devEui":"{}"}}{}}})", named, stamped, device_text(device), more));
        EXPECT_TRUE(event.has_value()) << event.error();
        return bench_.ledger->see_frame(*event, bench_.clock.now(), {next_++}).value();
    }
    Seen tell_battery(double percent, Instant stamp, std::string name) {
        return tell("status", fmt::format(R"(,"margin":9,"batteryLevel":{})", percent), stamp, std::move(name));
    }
    Result<void> try_settle() {
        const std::array<observations::Companion*, 1> companions{bench_.ledger.get()};
        return bench_.store->settle({next_}, companions);
    }
    void settle() {
        const auto settled = try_settle();
        ASSERT_TRUE(settled.has_value()) << settled.error();
    }
    void settle_and_reopen() {
        settle();
        bench_.close();
        bench_.open();
    }
    void change(const std::string& sql) {
        const auto changed = bench_.ledger_database->write("a change by hand", [&](soci::session& session) {
            session << sql;
            return Result<void>{};
        });
        ASSERT_TRUE(changed.has_value()) << changed.error();
    }
    std::vector<DeviceEvent> listed(int device = 1) { return bench_.ledger->last_events(device_text(device)).value(); }
    std::vector<double> batteries() {
        std::vector<double> percents;
        for (const DeviceEvent& event : listed()) {
            percents.push_back(event.status ? event.status->battery_percent.value_or(-1) : -2);
        }
        return percents;
    }

    Bench bench_;
    Instant start_ = bench_.clock.now();
    std::uint64_t next_ = 1;
};

TEST_F(LedgerEvents, EachKindKeepsWhatItTellsAndIsListedNewestFirst) {
    tell("join", R"(,"devAddr":"0000002a")", start_ - 8min, "a");
    tell("status", R"(,"margin":-7,"batteryLevel":57.5)", start_ - 7min, "b");
    tell("status", R"(,"margin":12,"externalPowerSource":true)", start_ - 6min, "c");
    tell("status", R"(,"margin":3,"batteryLevelUnavailable":true)", start_ - 5min, "d");
    tell("ack", R"(,"queueItemId":"q","acknowledged":true)", start_ - 4min, "e");
    tell("txack", R"(,"gatewayId":"0016c001ff10a235")", start_ - 3min, "f");
    tell("log", R"(,"level":"ERROR","code":"UPLINK_CODEC","description":"no such function")", start_ - 2min);
    tell("location", R"(,"location":{"latitude":59.75,"longitude":10.25})", start_ - 1min, "g");
    settle_and_reopen();
    const auto all = listed();
    ASSERT_THAT(all, SizeIs(8));
    const auto is = [&](std::size_t at, std::string name, lorawan::Kind kind, auto change) {
        DeviceEvent wanted{.dev_eui = device_text(1),
                           .name = std::move(name),
                           .kind = kind,
                           .position = {8 - at},
                           .time = start_ - 1min * (static_cast<int>(at) + 1)};
        change(wanted);
        EXPECT_EQ(all[at], wanted) << at;
    };
    using lorawan::Kind;
    is(0, "location:g", Kind::location, [](auto& it) { it.spot = DeviceEvent::Spot{59.75, 10.25}; });
    is(1, fmt::format("log:{}:UPLINK_CODEC", format_instant(start_ - 2min)), Kind::log, [](auto& it) {
        it.level = lorawan::LogLevel::error;
        it.code = "UPLINK_CODEC";
        it.description = "no such function";
    });
    is(2, "txack:f", Kind::txack, [](auto& it) { it.gateway = "0016c001ff10a235"; });
    is(3, "ack:e", Kind::ack, [](auto& it) { it.acknowledged = true; });
    is(4, "status:d", Kind::status, [](auto& it) { it.status = lorawan::Status{3, false, std::nullopt}; });
    is(5, "status:c", Kind::status, [](auto& it) { it.status = lorawan::Status{12, true, std::nullopt}; });
    is(6, "status:b", Kind::status, [](auto& it) { it.status = lorawan::Status{-7, false, 57.5}; });
    is(7, "join:a", Kind::join, [](auto& it) { it.dev_addr = "0000002a"; });
    EXPECT_THAT(listed(2), IsEmpty()) << "of another device";
}

TEST_F(LedgerEvents, OneThatIsDeliveredAgainIsThereOnce) {
    EXPECT_EQ(tell_battery(50, start_, "a"), Seen::fresh);
    EXPECT_EQ(tell_battery(50, start_, "a"), Seen::duplicate) << "before it is written";
    settle_and_reopen();
    EXPECT_EQ(tell_battery(50, start_, "a"), Seen::duplicate) << "after";
    bench_.clock.advance(days{9});
    settle();
    settle();
    EXPECT_EQ(tell_battery(50, start_, "a"), Seen::fresh) << "the memory of frames is a week";
    settle();
    const auto all = listed();
    ASSERT_THAT(all, SizeIs(1));
    EXPECT_EQ(all[0].position, journal::Position{1});
}

TEST_F(LedgerEvents, AMessageLookedAtAgainAtItsOwnPositionLeavesOne) {
    const auto event = lorawan::parse_chirpstack_json(
        "status", fmt::format(R"({{"deduplicationId":"a","time":"{}","deviceInfo":{{"devEui":"{}"}},"margin":7}})",
                              format_instant(start_), device_text(1)));
    ASSERT_TRUE(event) << event.error();
    for (int round = 0; round < 3; ++round) {
        EXPECT_EQ(bench_.ledger->see_frame(*event, start_, {1}).value(), Seen::fresh);
        if (round == 1) {
            settle();
        }
    }
    settle();
    EXPECT_THAT(listed(), SizeIs(1));
}

TEST_F(LedgerEvents, OneThatNothingNamesIsNotTakenForAnEarlierOne) {
    EXPECT_EQ(tell("status", R"(,"batteryLevel":50)", std::nullopt), Seen::fresh);
    settle();
    bench_.clock.advance(days{8});
    settle();
    EXPECT_EQ(tell("status", R"(,"batteryLevel":40)", std::nullopt), Seen::fresh);
    settle();
    EXPECT_THAT(batteries(), ElementsAre(40, 50));
    EXPECT_EQ(listed().front().time, bench_.clock.now()) << "the time of receipt";
}

TEST_F(LedgerEvents, TwoThatNothingNamesAreBothThereHoweverSoonTheyCome) {
    EXPECT_EQ(tell("status", R"(,"batteryLevel":50)", std::nullopt), Seen::fresh);
    EXPECT_EQ(tell("status", R"(,"batteryLevel":40)", std::nullopt), Seen::fresh);
    settle_and_reopen();
    EXPECT_EQ(tell("status", R"(,"batteryLevel":30)", std::nullopt), Seen::fresh);
    settle();
    EXPECT_THAT(batteries(), ElementsAre(30, 40, 50));
    EXPECT_EQ(tell("ack", R"(,"queueItemId":"q","acknowledged":true)", std::nullopt), Seen::fresh);
    EXPECT_EQ(tell("ack", R"(,"queueItemId":"q","acknowledged":true)", std::nullopt), Seen::duplicate)
        << "its place in the queue names it";
}

TEST_F(LedgerEvents, WhatAServerSaysOfOneFrameIsToldApartByWhatItSays) {
    const auto say = [&](std::string_view code) {
        return tell("log", fmt::format(R"(,"level":"ERROR","code":"{}","context":{{"deduplication_id":"a"}})", code),
                    start_, "");
    };
    EXPECT_EQ(say("UPLINK_CODEC"), Seen::fresh);
    EXPECT_EQ(say("UPLINK_F_CNT_RESET"), Seen::fresh);
    EXPECT_EQ(say("UPLINK_CODEC"), Seen::duplicate);
    settle_and_reopen();
    EXPECT_EQ(say("UPLINK_F_CNT_RESET"), Seen::duplicate);
    EXPECT_THAT(listed(), SizeIs(2));
    for (const std::string_view service : {"one", "another"}) {
        lorawan::Event event{.kind = lorawan::Kind::location,
                             .dev_eui = lorawan::DevEui::from_text(device_text(2)).value(),
                             .deduplication_id = "b",
                             .time = start_};
        event.service = service;
        EXPECT_EQ(bench_.ledger->see_frame(event, start_, {next_++}).value(), Seen::fresh) << service;
        EXPECT_EQ(bench_.ledger->see_frame(event, start_, {next_++}).value(), Seen::duplicate) << service;
    }
}

TEST_F(LedgerEvents, ANameHasNoKeyInIt) {
    tell("log", R"(,"level":"ERROR","code":"bad 2b7e151628aed2a6abf7158809cf4f3c")", start_, "");
    tell("log", R"(,"level":"ERROR","code":"bad 2b7e151628aed2a6abf7158809cf4f3c")", start_,
         "6f1c2f0e-3f5b-4a0e-9d53-0a1b2c3d4e5f");
    settle();
    ASSERT_THAT(listed(), SizeIs(2));
    for (const DeviceEvent& event : listed()) {
        EXPECT_THAT(event.name, testing::EndsWith(":bad …"));
    }
    EXPECT_THAT(listed().front().name, testing::HasSubstr("6f1c2f0e-3f5b-4a0e-9d53-0a1b2c3d4e5f"));
}

TEST_F(LedgerEvents, WhereADeviceIsThatNobodyHasAdoptedIsNotKept) {
    bench_.adopt(1);
    for (int device = 1; device <= 2; ++device) {
        const auto body = fmt::format(
            R"({{"deduplicationId":"a","time":"{}","deviceInfo":{{"devEui":"{}"}},"location":{{"latitude":59.75,"longitude":10.25}}}})",
            format_instant(start_), device_text(device));
        EXPECT_EQ(bench_.event("location", body).value(), (Counts{.received = 1, .stored = 1}));
    }
    ASSERT_TRUE(bench_.projection->settle().has_value());
    ASSERT_THAT(listed(1), SizeIs(1));
    EXPECT_EQ(listed(1)[0].spot, (DeviceEvent::Spot{59.75, 10.25}));
    EXPECT_TRUE(bench_.ledger->raw_message(listed(1)[0].position).has_value());
    ASSERT_THAT(listed(2), SizeIs(1)) << "that there was one is told";
    EXPECT_EQ(listed(2)[0].spot, std::nullopt);
    EXPECT_FALSE(bench_.ledger->raw_message(listed(2)[0].position).has_value()) << "it says where, too";
}

TEST_F(LedgerEvents, AStampThatLiesAheadOrWasNeverSetIsThatOfReceipt) {
    tell_battery(50, start_ + 3 * 24h, "ahead");
    tell_battery(40, Instant{} + 24h, "unset");
    settle();
    EXPECT_THAT(listed(), AllOf(SizeIs(2), testing::Each(Field(&DeviceEvent::time, start_))));
    EXPECT_THAT(batteries(), ElementsAre(40, 50)) << "the one that came last first";
}

TEST_F(LedgerEvents, TheNewestFiftyOfAKindAreKeptWhateverOrderTheyComeIn) {
    for (int i = 1; i <= 70; ++i) {
        tell_battery(i, start_ - 24h * i, fmt::format("{}", i));  // the newest first
        if (i % 30 == 0) {
            settle();
        }
    }
    settle_and_reopen();
    const auto kept = batteries();
    ASSERT_THAT(kept, SizeIs(50));
    EXPECT_EQ(kept.front(), 1);
    EXPECT_EQ(kept.back(), 50);
}

TEST_F(LedgerEvents, ManyOfOneKindDoNotPushOutAnother) {
    tell_battery(57, start_ - 90min, "a");
    for (int i = 0; i < 80; ++i) {
        tell("txack", R"(,"gatewayId":"0016c001ff10a235")", start_ - 1min * i, fmt::format("{}", i));
        tell("status", R"(,"margin":1)", start_ - 1min * i, fmt::format("{}", i), 2);
    }
    settle();
    const auto all = listed();
    ASSERT_THAT(all, SizeIs(51));
    EXPECT_EQ(all.back().status->battery_percent, 57);
    EXPECT_THAT(listed(2), SizeIs(50));
}

TEST_F(LedgerEvents, TheyLastFourHundredDays) {
    tell_battery(50, start_, "a");
    settle();
    bench_.clock.advance(days{399});
    settle();
    EXPECT_THAT(listed(), SizeIs(1));
    bench_.clock.advance(days{2});
    settle();
    EXPECT_THAT(listed(), IsEmpty());
    tell_battery(50, start_, "b");
    settle();
    EXPECT_THAT(listed(), IsEmpty()) << "older than that when it came";
}

TEST_F(LedgerEvents, AreWrittenWithTheCursorOrNotAtAll) {
    change("ALTER TABLE ingest_count RENAME TO elsewhere");  // written after the events
    bench_.ledger->count("chirpstack", {.received = 1, .stored = 1});
    tell_battery(50, start_, "a");
    EXPECT_FALSE(try_settle());
    EXPECT_THAT(listed(), IsEmpty());
    EXPECT_EQ(tell_battery(50, start_, "a"), Seen::duplicate) << "it waits";
    tell_battery(49, start_ + 1s, "b");
    change("ALTER TABLE elsewhere RENAME TO ingest_count");
    settle();
    EXPECT_THAT(batteries(), ElementsAre(49, 50));
}

TEST_F(LedgerEvents, OneThatCannotBeReadHidesNoneOfTheOthers) {
    tell_battery(50, start_ - 1min, "a");
    tell_battery(49, start_, "b");
    settle();
    change("UPDATE ingest_device_event SET kind = 'later' WHERE name = 'status:b'");
    EXPECT_THAT(batteries(), ElementsAre(50));
}

TEST_F(LedgerEvents, ComeInAsMessagesDoAndAreThereAfterAKill) {
    bench_.adopt(1);
    const auto status = fmt::format(
        R"({{"deduplicationId":"a","time":"{}","deviceInfo":{{"devEui":"{}"}},"margin":7,"batteryLevel":12.5}})",
        format_instant(start_), device_text(1));
    EXPECT_EQ(bench_.event("status", status).value(), (Counts{.received = 1, .stored = 1}));
    bench_.crash();
    bench_.open();
    EXPECT_EQ(bench_.event("status", status).value(), (Counts{.received = 1, .duplicate = 1}));
    EXPECT_EQ(bench_.uplink({.time = start_, .f_cnt = 1}).value().received, 1U);
    ASSERT_TRUE(bench_.projection->settle().has_value());
    EXPECT_THAT(batteries(), ElementsAre(12.5)) << "and frames are listed elsewhere";
}

TEST(DeviceEvent, TakesNothingAlongThatLooksLikeAKey) {
    lorawan::Event event{.kind = lorawan::Kind::log};
    event.log = lorawan::Log{lorawan::LogLevel::error, "OTAA", "MIC with 2b7e151628aed2a6abf7158809cf4f3c failed"};
    EXPECT_EQ(kept_of(event).description, "MIC with … failed");
    event.log->description = "2B7E151628AED2A6ABF7158809CF4F3C";
    EXPECT_EQ(kept_of(event).description, "…");
    event.log->description = "dev_eui 70b3d57ed0000001: DevNonce has already been used";
    EXPECT_EQ(kept_of(event).description, event.log->description) << "an EUI is no key";
}

TEST(DeviceEvent, AKeyIsKnownHoweverItIsWritten) {
    for (const std::string_view key : {
             "2b7e151628aed2a6abf7158809cf4f3c",
             "0x2b7e151628aed2a6abf7158809cf4f3c",
             "2b 7e 15 16 28 ae d2 a6 ab f7 15 88 09 cf 4f 3c",
             "2B:7E:15:16:28:AE:D2:A6:AB:F7:15:88:09:CF:4F:3C",
             "2b,7e,15,16,28,ae,d2,a6,ab,f7,15,88,09,cf,4f,3c",
             "2b-7e-15-16-28-ae-d2-a6-ab-f7-15-88-09-cf-4f-3c",
             "0x2b, 0x7e, 0x15, 0x16, 0x28, 0xae, 0xd2, 0xa6, 0xab, 0xf7, 0x15, 0x88, 0x09, 0xcf, 0x4f, 0x3c",
             R"(\x2b\x7e\x15\x16\x28\xae\xd2\xa6\xab\xf7\x15\x88\x09\xcf\x4f\x3c)",
             "2b7e1516 28aed2a6 abf71588 09cf4f3c",
             "K34VFiiu0qar9xWICc9PPA==",
             "K34VFiiu0qar9xWICc9PPA",
             "aaaaaaaaaaaaaaaaaaaaaa==",
         }) {
        EXPECT_EQ(short_text(key, 300), "…") << key;
        EXPECT_EQ(short_text(fmt::format("MIC with {} failed", key), 300), "MIC with … failed") << key;
        EXPECT_EQ(short_text(fmt::format("[{}]", key), 300), "[…]") << key;
        EXPECT_EQ(short_text(fmt::format("key={}; no", key), 300), "key=…; no") << key;
    }
    for (const std::string_view text :
         {"", "message 6f1c2f0e-3f5b-4a0e-9d53-0a1b2c3d4e5f was late", "frame 12 of 15 at 2026-07-05T12:30:15.123Z",
          "gateway 0016c001ff10a235, device 70b3d57ed0000001", "UPLINK_F_CNT_RETRANSMISSION", "æøå dead beef",
          "2b 7e 15 16 28 ae d2 a6", "chirpstack/application/1/device/70b3d57ed0000001", "a == b"}) {
        EXPECT_EQ(short_text(text, 300), text);
    }
}

TEST(DeviceEvent, KeepsTheBeginningOfALongText) {
    lorawan::Event event{.kind = lorawan::Kind::log};
    for (int i = 0; i < 400; ++i) {
        event.log = lorawan::Log{lorawan::LogLevel::info, (event.log ? event.log->code : "") + "Å",
                                 (event.log ? event.log->description : "") + "ø"};
    }
    EXPECT_EQ(kept_of(event).code.size(), 2 * DeviceEvent::code_max);
    EXPECT_EQ(kept_of(event).description.size(), 2 * DeviceEvent::description_max);
}

TEST(DeviceEvent, LeavesOutWhatTheEventDoesNotHave) {
    for (const auto kind : {lorawan::Kind::join, lorawan::Kind::status, lorawan::Kind::ack, lorawan::Kind::txack,
                            lorawan::Kind::log, lorawan::Kind::location, lorawan::Kind::service}) {
        EXPECT_EQ(kept_of({.kind = kind}), DeviceEvent{.kind = kind}) << lorawan::name_of(kind);
    }
}

}  // namespace
}  // namespace bypuls::ingest::pipeline
