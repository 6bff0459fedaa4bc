#include "platform/ingest/pipeline/applier.h"

#include "platform/ingest/pipeline/applier_fixture_test.h"

namespace bypuls::ingest::pipeline {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::int64_t second = 1'000'000;

TEST_F(ApplierTest, ALineMakesItsSeriesOnce) {
    EXPECT_EQ(lines(fmt::format("air,site=1 temp=1.5 {0}\nair,site=1 temp=2.5 {1}", now(), now() - second)).stored, 2U);
    EXPECT_EQ(lines(fmt::format("air,site=1 temp=3.5 {}", now() - (2 * second))).stored, 1U);
    EXPECT_EQ(bench_.registry->streams()->size(), 1U);
    EXPECT_THAT(bench_.all_of(bench_.series("line:air,site=1:temp")).numbers, ElementsAre(3.5, 2.5, 1.5));
    bench_.close();
    bench_.open();
    EXPECT_EQ(lines(fmt::format("air,site=1 temp=4.5 {}", now() - (3 * second))).stored, 1U);
    EXPECT_EQ(bench_.registry->streams()->size(), 1U);
}

TEST_F(ApplierTest, ASeriesThatWasDeletedIsMadeAnew) {
    EXPECT_EQ(lines(fmt::format("air temp=1.5 {}", now())).stored, 1U);
    const auto first = bench_.series("line:air:temp");
    ASSERT_TRUE(bench_.registry->datastreams().remove(first).has_value());
    EXPECT_EQ(lines(fmt::format("air temp=2.5 {}", now() - second)).stored, 1U);
    const auto anew = bench_.series("line:air:temp");
    EXPECT_NE(anew, first);
    EXPECT_THAT(bench_.all_of(anew).numbers, ElementsAre(2.5));

    const auto sensors = bench_.registry->sensors().list({}, 10).value().items;
    ASSERT_THAT(sensors, SizeIs(1));
    ASSERT_TRUE(bench_.registry->sensors().remove(sensors[0].id).has_value());
    EXPECT_EQ(lines(fmt::format("air temp=3.5 {}", now())).stored, 1U);
    EXPECT_THAT(bench_.all_of(bench_.series("line:air:temp")).numbers, ElementsAre(3.5));
}

TEST_F(ApplierTest, AMessageLargerThanMemoryIsStoredAndStopsNobody) {
    bench_.close();
    bench_.block_options.hot_bytes_max = 4096;
    bench_.open();
    std::string body;
    for (int i = 0; i < 2000; ++i) {
        body += fmt::format("air temp={} {}\n", i, now() - (i * second));
    }
    EXPECT_EQ(lines(fmt::format("air wet=true {}", now())).stored, 1U);
    EXPECT_EQ(lines(body).stored, 2000U);
    EXPECT_EQ(lines(body).duplicate, 2000U);
    EXPECT_EQ(lines(fmt::format("air wet=false {}", now() + second)).stored, 1U);
    EXPECT_EQ(bench_.store->count(bench_.series("line:air:temp")), 2000U);
}

TEST_F(ApplierTest, ASeriesWhoseNameIsTooLongIsPutAsideAndStopsNobody) {
    const std::string name(600, 'x');
    const auto counts = lines(fmt::format("{} temp=1 {}\nair temp=2 {}\nair {}=3 {}", name, now(), now(), name, now()));
    EXPECT_EQ(counts.stored, 1U);
    EXPECT_EQ(counts.quarantined, 2U);
    const auto kept = letters();
    ASSERT_THAT(kept, SizeIs(2));
    EXPECT_EQ(kept[0].reason, Reason::unknown_series);
    EXPECT_EQ(lines(fmt::format("air temp=5 {}", now() - second)).stored, 1U);
}

TEST_F(ApplierTest, ARecordOfTheJournalThatNobodyHandedOverIsAppliedBeforeTheNext) {
    EXPECT_EQ(lines(fmt::format("air temp=1 {}", now() - (3 * second))).stored, 1U);
    // Two messages are kept, and lost on their way to where they are applied.
    for (const int ago : {2, 1}) {
        const auto intake = prepare({.way = Way::lines,
                                     .detail = "us",
                                     .received = bench_.clock.now(),
                                     .body = fmt::format("air temp={} {}", 10 * ago, now() - (ago * second))});
        ASSERT_TRUE(intake.has_value()) << intake.error();
        ASSERT_TRUE(bench_.journal
                        ->append_and_wait({.type = 1,
                                           .source = source_of(Way::lines),
                                           .received = bench_.clock.now(),
                                           .payload = encode((*intake)->message)})
                        .has_value());
    }

    EXPECT_EQ(lines(fmt::format("air temp=4 {}", now())).stored, 1U);

    EXPECT_EQ(bench_.projection->caught_up(), 2U);
    EXPECT_THAT(bench_.all_of(bench_.series("line:air:temp")).numbers, ElementsAre(1, 20, 10, 4));
    EXPECT_EQ(bench_.ledger->counts()["lines"], (Counts{.received = 4, .stored = 4}));
    ASSERT_TRUE(bench_.projection->settle().has_value());
    EXPECT_EQ(bench_.store->settled(), bench_.journal->last());
}

TEST_F(ApplierTest, AStampMoreThanTenMinutesAheadIsQuarantined) {
    EXPECT_EQ(lines(fmt::format("air temp=1 {}", now() + (600 * second))).stored, 1U);
    EXPECT_EQ(lines(fmt::format("air temp=1 {}", now() + (601 * second))).quarantined, 1U);
    bench_.add_profile();
    bench_.adopt(1);
    EXPECT_EQ(uplink({.time = bench_.clock.now() + 11min}).quarantined, 1U);
    const auto kept = letters();
    ASSERT_THAT(kept, SizeIs(2));
    EXPECT_EQ(kept[0].reason, Reason::future);
    EXPECT_THAT(kept[0].sentence, HasSubstr("which is more than 10 minutes after it was received"));
    EXPECT_EQ(kept[1].reason, Reason::future);
}

TEST_F(ApplierTest, AValueOfAnotherTypeIsQuarantinedAndTheRestOfTheLineKept) {
    EXPECT_EQ(lines(fmt::format("air temp=1.5,wet=true {}", now())).stored, 1U);
    const auto counts = lines(fmt::format("air temp=\"warm\",wet=false {}", now() + second));
    EXPECT_EQ(counts.quarantined, 1U);
    EXPECT_EQ(counts.stored, 0U);
    EXPECT_EQ(bench_.store->count(bench_.series("line:air:temp")), 1U);
    EXPECT_EQ(bench_.store->count(bench_.series("line:air:wet")), 2U);
    ASSERT_THAT(letters(), SizeIs(1));
}

TEST_F(ApplierTest, AReadingOfAMultiDatastreamHasAValueForEachComponent) {
    auto& registry = *bench_.registry;
    const auto property = registry.observed_properties().create({.name = "wind"}).value();
    ASSERT_TRUE(registry.multi_datastreams().create({.thing = registry.things().create({.name = "Mast"}).value(),
                                                     .sensor = registry.sensors().create({.name = "Vane"}).value(),
                                                     .name = "Wind",
                                                     .components = {{property}, {property}},
                                                     .external_keys = {"mast/wind"}}));
    const auto take = [&](const std::string& value) {
        return bench_
            .take({.way = Way::batch_json,
                   .received = bench_.clock.now(),
                   .body = fmt::format(R"({{"observations":[{{"datastream":"mast/wind","value":{}}}]}})", value)})
            .value();
    };
    EXPECT_EQ(take("[3.5]").quarantined, 1U);
    EXPECT_EQ(take("7").quarantined, 1U);
    EXPECT_EQ(take(R"({"a":1,"b":2})").quarantined, 1U);
    EXPECT_EQ(take("[3.5,270]").stored, 1U);
    ASSERT_THAT(letters(), SizeIs(3));
    EXPECT_EQ(letters().front().reason, Reason::wrong_type);
}

TEST_F(ApplierTest, ADamagedRecordIsCountedOnceAndTheAccountStaysWhole) {
    std::string file;
    std::uint64_t begins = 0;
    EXPECT_EQ(lines(fmt::format("air temp=1 {}", now())).stored, 1U);
    for (const std::string& name : bench_.files.list("journal").value()) {
        const std::string path = "journal/" + name;
        const Bytes bytes = bench_.files.contents(path).value();
        const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
        if (const auto at = text.find("air temp=1"); at != std::string_view::npos) {
            file = path;
            begins = at;
        }
    }
    ASSERT_FALSE(file.empty());
    EXPECT_EQ(lines(fmt::format("air temp=2 {}", now() - second)).stored, 1U);
    bench_.close();
    bench_.files.flip_bit(file, begins, 0);

    const auto replayed = bench_.try_open();
    ASSERT_TRUE(replayed) << replayed.error();
    EXPECT_EQ(replayed->gaps, 1U);
    const Counts whole{.received = 1, .damaged = 1};
    EXPECT_EQ(bench_.ledger->counts().at("journal"), whole);
    EXPECT_EQ(bench_.ledger->counts().at("lines"), (Counts{.received = 1, .stored = 1}));
    EXPECT_EQ(bench_.ledger->counts().at("journal").in_flight(), 0U);
    ASSERT_TRUE(bench_.projection->settle());
    bench_.close();
    bench_.open();
    EXPECT_EQ(bench_.ledger->counts().at("journal"), whole) << "the cursor has passed over it";
}

TEST_F(ApplierTest, TrueIsNoNumberAndIsKeptWhereABooleanIs) {
    EXPECT_EQ(lines(fmt::format("door open=true {0}\ndoor count=2i {0}\ndoor temp=1.5 {0}", now())).stored, 3U);
    const auto take = [&](std::string_view field, std::string_view value) {
        return bench_
            .take({.way = Way::batch_json,
                   .received = bench_.clock.now() + 1s,
                   .body = fmt::format(R"([{{"datastream":"line:door:{}","value":{}}}])", field, value)})
            .value();
    };
    EXPECT_EQ(take("temp", "true").quarantined, 1U);
    EXPECT_EQ(take("count", "false").quarantined, 1U);
    EXPECT_EQ(take("open", "false").stored, 1U);
    EXPECT_EQ(bench_.store->count(bench_.series("line:door:temp")), 1U);
    EXPECT_EQ(bench_.store->count(bench_.series("line:door:open")), 2U);
    ASSERT_THAT(letters(), SizeIs(2));
    EXPECT_EQ(letters().front().reason, Reason::wrong_type);
    EXPECT_EQ(letters().front().field, "value");
}

TEST_F(ApplierTest, TheSameLineAgainIsADuplicateAndAnotherValueACorrection) {
    const std::string line = fmt::format("air temp=1.5 {}", now());
    EXPECT_EQ(lines(line).stored, 1U);
    EXPECT_EQ(lines(line).duplicate, 1U);
    EXPECT_EQ(lines(fmt::format("air temp=2.5 {}", now())).stored, 1U);
    const auto id = bench_.series("line:air:temp");
    EXPECT_EQ(bench_.store->count(id), 1U);
    EXPECT_THAT(bench_.store->versions(id, bench_.clock.now()).value(), SizeIs(1));
}

TEST_F(ApplierTest, AMessageDeliveredAgainIsKnownByItsKeyWhenItsReadingsHaveNoTime) {
    const auto deliver = [&](std::string key, bool redelivered, std::string body) {
        bench_.clock.advance(1s);
        return bench_
            .take({.way = Way::lines,
                   .detail = "us",
                   .received = bench_.clock.now(),
                   .body = std::move(body),
                   .key = std::move(key),
                   .redelivered = redelivered})
            .value();
    };
    EXPECT_EQ(deliver("a/1", false, "air temp=1").stored, 1U);
    EXPECT_EQ(deliver("a/1", true, "air temp=1").duplicate, 1U);
    EXPECT_EQ(deliver("a/1", true, "air temp=2").stored, 1U) << "another content is another message";
    EXPECT_EQ(deliver("a/2", true, "air temp=2").stored, 1U) << "the first of it was lost on the way";
    EXPECT_EQ(deliver("b/1", true, "air temp=2").stored, 1U) << "another sender";
    EXPECT_EQ(deliver("a/1", false, "air temp=2").stored, 1U) << "the number is used anew";
    bench_.crash();
    bench_.open();
    EXPECT_EQ(deliver("a/2", true, "air temp=2").duplicate, 1U) << "known again from the journal";
    EXPECT_TRUE(bench_.projection->settle().has_value());
    bench_.close();
    bench_.open();
    EXPECT_EQ(deliver("a/2", true, "air temp=2").duplicate, 1U) << "known from the ledger";
    for (std::int64_t i = 0; i < Ledger::keys_per_sender; ++i) {
        EXPECT_EQ(deliver(fmt::format("a/{}", 1000 + i), false, "air temp=3").stored, 1U);
    }
    EXPECT_EQ(deliver("a/2", true, "air temp=2").stored, 1U) << "more have come than can be under way";
    const std::string stamped = fmt::format("air temp=9 {}", now());
    EXPECT_EQ(deliver("c/1", false, stamped).stored, 1U);
    EXPECT_EQ(deliver("c/1", true, stamped).duplicate, 1U) << "its own time tells it";
}

TEST_F(ApplierTest, ARequestSentAgainUnderItsKeyIsADuplicateAndAnotherContentAConflict) {
    const auto request = [&](std::string key, std::string body) {
        bench_.clock.advance(1s);
        return bench_
            .take({.way = Way::lines,
                   .detail = "us",
                   .received = bench_.clock.now(),
                   .body = std::move(body),
                   .key = "http:12/" + std::move(key),
                   .redelivered = true})
            .value();
    };
    EXPECT_EQ(request("a", "air temp=1\nair wind=2").stored, 2U);
    EXPECT_EQ(request("a", "air temp=1\nair wind=2").duplicate, 2U);
    EXPECT_EQ(request("b", "air temp=1\nair wind=2").stored, 2U) << "the same is measured again";
    EXPECT_EQ(request("a", "air temp=7\nair wind=2").quarantined, 2U);
    bench_.crash();
    bench_.open();
    EXPECT_EQ(request("a", "air temp=1\nair wind=2").duplicate, 2U) << "the conflict has not taken its place";
    EXPECT_TRUE(bench_.projection->settle().has_value());
    const auto letters = bench_.ledger->dead_letters({.reason = "key_conflict"}).value();
    ASSERT_THAT(letters, SizeIs(1));
    EXPECT_EQ(letters[0].field, "Idempotency-Key");
    EXPECT_EQ(letters[0].payload, "air temp=7\nair wind=2");
    EXPECT_EQ(bench_.store->count(bench_.series("line:air:temp")), 2U);
    for (std::int64_t i = 0; i < Ledger::keys_per_requester; ++i) {
        bench_.clock.advance(1us);
        EXPECT_EQ(request(fmt::format("n{}", i), "air n=1").stored, 1U);
    }
    EXPECT_EQ(request("a", "air temp=1\nair wind=2").stored, 2U) << "so many keys of one sender are known, and no more";
}

TEST_F(ApplierTest, ABrokerThatSendsMoreThanItWasAskedForIsKnownAfterACrashAndASettle) {
    constexpr int sent = 900;
    const auto deliver_all = [&](bool redelivered) {
        std::uint64_t stored = 0;
        for (int i = 1; i <= sent; ++i) {
            bench_.clock.advance(1us);
            const auto counts = bench_.take({.way = Way::lines,
                                             .detail = "ns",
                                             .received = bench_.clock.now(),
                                             .body = fmt::format("door n={}i", i),
                                             .key = fmt::format("bridge:bypuls-far/{}", i),
                                             .redelivered = redelivered});
            EXPECT_TRUE(counts.has_value()) << counts.error();
            stored += counts ? counts->stored : 0;
            if (i == sent / 2) {
                EXPECT_TRUE(bench_.projection->settle().has_value());
            }
        }
        return stored;
    };
    EXPECT_EQ(deliver_all(false), sent);
    for (int kill = 0; kill < 2; ++kill) {
        bench_.crash();
        bench_.open();
        EXPECT_EQ(deliver_all(true), 0) << "none of these had been acknowledged, so the broker sent them again";
    }
    EXPECT_EQ(bench_.store->count(bench_.series("line:door:n")), sent);
}

TEST_F(ApplierTest, WithoutADecoderAFrameWaitsAndIsNotLost) {
    bench_.add_profile();
    bench_.adopt(1);
    bench_.decoder.available = false;
    EXPECT_EQ(bench_.uplink({.time = bench_.clock.now(), .value = 5}).error().code, Errc::unavailable);
    EXPECT_EQ(bench_.ledger->counts()["chirpstack"].received, 0U);
    bench_.decoder.available = true;
    bench_.crash();
    bench_.open();
    EXPECT_THAT(bench_.all_of(Bench::stream_of(1)).numbers, ElementsAre(5));
    EXPECT_EQ(bench_.ledger->counts()["chirpstack"].stored, 1U);
    EXPECT_THAT(letters(), IsEmpty());
}

TEST_F(ApplierTest, FramesThatWaitAreDecodedTogetherAndAnswerAsIfAlone) {
    bench_.add_profile();
    bench_.adopt(1);
    std::vector<std::unique_ptr<Intake>> waiting;
    const auto add = [&](const Uplink& frame) { waiting.push_back(frame_of(frame)); };
    const Instant now = bench_.clock.now();
    add({.time = now - 5s, .f_cnt = 1, .value = 11});
    add({.time = now - 5s, .f_cnt = 1, .value = 11});              // again: never asked for
    add({.device = 2, .time = now - 4s, .f_cnt = 1, .value = 7});  // nobody's: not looked at
    add({.time = now - 3s, .f_cnt = 2, .value = 12, .whole = false});
    add({.time = now - 2s, .f_cnt = 3, .value = 13});
    std::vector<const Intake*> next;
    for (const auto& intake : waiting) {
        next.push_back(intake.get());
    }
    bench_.projection->look_ahead(next);
    EXPECT_EQ(bench_.decoder.together, 4U);
    for (std::uint64_t i = 0; i < waiting.size(); ++i) {
        ASSERT_TRUE(bench_.projection->apply(*waiting[i], {i + 1}));
    }
    EXPECT_EQ(bench_.decoder.alone, 0U);
    EXPECT_THAT(bench_.all_of(Bench::stream_of(1)).numbers, ElementsAre(11, 13));
    EXPECT_THAT(letters(), SizeIs(2)) << "the one that the codec cannot read, and the one of nobody";
}

TEST_F(ApplierTest, WhatWasForeseenWithAnEarlierCodecIsDecodedAgain) {
    bench_.add_profile();
    bench_.adopt(1);
    const auto intake = frame_of({.time = bench_.clock.now(), .value = 11});
    const Intake* next = intake.get();
    bench_.projection->look_ahead({&next, 1});
    ASSERT_TRUE(
        bench_.devices->put_codec("fake", "Fake", "function decodeUplink(input) { return {}; }", 1).has_value());
    ASSERT_TRUE(bench_.projection->apply(*intake, {1}));
    EXPECT_EQ(bench_.decoder.alone, 1U);
}

TEST_F(ApplierTest, TroubleWhileLookingAheadIsLeftForTheFramesOwnTurn) {
    bench_.add_profile();
    bench_.adopt(1);
    const auto intake = frame_of({.time = bench_.clock.now(), .value = 11});
    const Intake* next = intake.get();
    bench_.decoder.available = false;
    bench_.projection->look_ahead({&next, 1});
    bench_.decoder.available = true;
    ASSERT_TRUE(bench_.projection->apply(*intake, {1}));
    EXPECT_THAT(bench_.all_of(Bench::stream_of(1)).numbers, ElementsAre(11));
}

TEST_F(ApplierTest, AMessageForWhichMemoryWasFullIsStoredOnceAfterSettling) {
    bench_.close();
    bench_.block_options.hot_bytes_max = 4096;
    bench_.open();
    bench_.add_profile();
    bench_.adopt(1);
    std::uint64_t stored = 0;
    for (std::uint32_t i = 0; i < 500; ++i) {
        stored += uplink({.time = bench_.clock.now() - Duration(i * second), .f_cnt = i, .value = i}).stored;
    }
    EXPECT_EQ(stored, 500U);
    EXPECT_GT(bench_.store->settled().value, 0U) << "memory was never full";
    EXPECT_THAT(letters(), IsEmpty());
    EXPECT_EQ(bench_.store->count(Bench::stream_of(1)), 500U);
}

TEST_F(ApplierTest, ADeviceThatNobodyKnowsWaitsInTheInbox) {
    EXPECT_EQ(uplink({.device = 7, .time = bench_.clock.now()}).quarantined, 1U);
    EXPECT_EQ(uplink({.device = 7, .time = bench_.clock.now() + 1s, .f_cnt = 1}).quarantined, 1U);
    const auto kept = letters();
    ASSERT_THAT(kept, SizeIs(2));
    EXPECT_EQ(kept[0].reason, Reason::unknown_device);
    const auto inbox = bench_.ledger->unknown_devices().value();
    ASSERT_THAT(inbox, SizeIs(1));
    EXPECT_EQ(inbox[0].dev_eui, device_text(7));
    EXPECT_EQ(inbox[0].frames, 2);
    EXPECT_THAT(bench_.ledger->waiting_of(device_text(7), Reason::unknown_device).value(), SizeIs(2));
}

TEST_F(ApplierTest, AStampOfAClockNobodyHasSetIsReplacedAndSaysSo) {
    bench_.add_profile();
    bench_.adopt(1);
    const auto counts = bench_.uplink({.device = 1, .time = Instant{std::chrono::hours{5}}, .f_cnt = 1, .value = 21});
    ASSERT_TRUE(counts.has_value()) << counts.error();
    const auto readings = bench_.all_of(Bench::stream_of(1));
    ASSERT_EQ(readings.size(), 1U);
    EXPECT_EQ(readings.times.front(), bench_.clock.now());
    EXPECT_TRUE(readings.quality_of(0).has(observations::Quality::clock));
    EXPECT_TRUE(readings.quality_of(0).usable()) << "the value itself is not in doubt";
}

TEST_F(ApplierTest, AKeptMessageThatCannotBeReadLeavesItsLetterHoweverManyWait) {
    const Bytes payload = encode({.way = Way::batch_json, .received = bench_.clock.now(), .body = "not JSON"});
    ASSERT_TRUE(bench_.journal->append_and_wait(
        {.type = 1, .source = "observations", .received = bench_.clock.now(), .payload = payload}));
    while (bench_.ledger->has_room()) {
        bench_.ledger->add_dead_letter({.received = bench_.clock.now(), .source = "chirpstack"});
    }
    EXPECT_EQ(lines(fmt::format("air temp=1 {}", now())).stored, 1U);
    ASSERT_TRUE(bench_.projection->settle());
    EXPECT_EQ(bench_.ledger->count_dead_letters({.source = "observations"}).value(), 1);
}

TEST_F(ApplierTest, AKeptMessageThatANewerProgramCannotReadIsPutAside) {
    const Bytes payload = encode({.way = Way::batch_json, .received = bench_.clock.now(), .body = "not JSON"});
    ASSERT_TRUE(
        bench_.journal
            ->append_and_wait({.type = 1, .source = "observations", .received = bench_.clock.now(), .payload = payload})
            .has_value());
    bench_.close();
    const auto replayed = bench_.try_open();
    ASSERT_TRUE(replayed.has_value()) << replayed.error();
    EXPECT_EQ(replayed->unreadable, 1U);
    const auto kept = letters();
    ASSERT_THAT(kept, SizeIs(1));
    EXPECT_EQ(kept[0].payload, "not JSON");
    EXPECT_EQ(bench_.ledger->raw_message({1})->body, "not JSON");
    EXPECT_EQ(bench_.ledger->counts()["observations"].quarantined, 1U);
}

}  // namespace
}  // namespace bypuls::ingest::pipeline
