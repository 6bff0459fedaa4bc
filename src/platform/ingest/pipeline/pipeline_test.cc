#include "platform/ingest/pipeline/pipeline.h"

#include <condition_variable>
#include <future>
#include <mutex>
#include <thread>

#include "platform/ingest/pipeline/applier_fixture_test.h"

namespace bypuls::ingest::pipeline {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::int64_t second = 1'000'000;

class PipelineTest : public ApplierTest {
protected:
    void start(std::size_t in_flight_bytes_easy = 1U << 20U) {
        pipeline_ = std::make_unique<Pipeline>(
            Pipeline::Parts{*bench_.journal, *bench_.projection, *bench_.ledger, *bench_.store, bench_.clock},
            PipelineOptions{.in_flight_bytes_easy = in_flight_bytes_easy, .settle_interval = 1h});
    }
    Result<Receipt> submit(Way way, std::string detail, std::string body) {
        return pipeline_->submit_and_wait(
            {.way = way, .detail = std::move(detail), .received = bench_.clock.now(), .body = std::move(body)});
    }
    Result<Receipt> submit(const Uplink& frame) { return submit(Way::chirpstack_json, "up", body_of(frame)); }
    /// What whoever sends a line will be told once it has been applied.
    std::future<Result<Receipt>> told_of(std::string line) {
        auto told = std::make_shared<std::promise<Result<Receipt>>>();
        pipeline_->submit_until_applied(
            {.way = Way::lines, .detail = "us", .received = bench_.clock.now(), .body = std::move(line)},
            [told](Result<Receipt> receipt) { told->set_value(std::move(receipt)); });
        return told->get_future();
    }

    std::unique_ptr<Pipeline> pipeline_;
};

TEST_F(PipelineTest, WhatWasAcknowledgedIsSettledByFlush) {
    start();
    const auto receipt = submit(Way::lines, "us", fmt::format("air temp=1 {}\nbroken\n", now()));
    ASSERT_TRUE(receipt.has_value()) << receipt.error();
    EXPECT_EQ(receipt->accepted, 1U);
    ASSERT_THAT(receipt->refused, SizeIs(1));
    ASSERT_TRUE(pipeline_->flush().has_value());
    EXPECT_EQ(bench_.store->settled(), receipt->position);
    const Counts counts = pipeline_->counts()["lines"];
    EXPECT_EQ(counts, (Counts{.received = 2, .stored = 1, .rejected = 1}));
}

TEST_F(PipelineTest, WhatNobodyHearsOfLeavesOneLetterAndIsCountedOnce) {
    start();
    const auto receipt = submit(Way::lines, "us", fmt::format("air temp=1 {}\nbroken\nbroken\n", now()));
    ASSERT_TRUE(receipt.has_value()) << receipt.error();
    pipeline_->tell_of_refused({.way = Way::lines, .received = bench_.clock.now(), .body = "air"}, *receipt);
    ASSERT_TRUE(pipeline_->flush().has_value());
    const auto letters = bench_.ledger->dead_letters({}).value();
    ASSERT_THAT(letters, SizeIs(1));
    EXPECT_EQ(letters[0].reason, Reason::malformed);
    EXPECT_THAT(letters[0].sentence, testing::HasSubstr("(and 1 more)"));
    EXPECT_EQ(letters[0].position.value, 0U);
    EXPECT_EQ(pipeline_->counts()["lines"], (Counts{.received = 3, .stored = 1, .rejected = 2}));
}

/// As when the plug is pulled: nothing settles any more, not even at the end.
class Unsettled final : public Listener {
public:
    void applied(std::span<const observations::Arrival>, journal::Position, Instant) override {}
    Result<void> before_settle(journal::Position) override { return fail(Errc::unavailable, "the plug is pulled"); }
    Result<void> removed(observations::DatastreamId, std::span<const Interval>) override { return {}; }
};

/// Publishes of QoS 1, and the plug.
class PublishTest : public PipelineTest {
protected:
    PublishTest() {
        EXPECT_TRUE(projection_.replay());
        pipeline_ = std::make_unique<Pipeline>(
            Pipeline::Parts{*bench_.journal, projection_, *bench_.ledger, *bench_.store, bench_.clock},
            PipelineOptions{.settle_interval = 1h});
    }
    Message publish_of(std::string body, bool again = false) const {
        return {.way = Way::lines,
                .detail = "us",
                .received = bench_.clock.now(),
                .body = std::move(body),
                .key = "gateway/17",
                .redelivered = again};
    }
    /// One of which nothing can be used.
    Message nonsense(std::string body, bool again = false) const {
        Message message = publish_of(std::move(body), again);
        message.way = Way::batch_json;
        message.detail.clear();
        return message;
    }
    std::vector<DeadLetter> letters_after_a_kill() {
        pipeline_.reset();
        bench_.crash();
        bench_.open();
        return letters();
    }

    Unsettled plug_;
    Projection projection_{{*bench_.journal, *bench_.store, *bench_.ledger, *bench_.applier, &plug_}};
};

TEST_F(PublishTest, TheLetterOfARefusedOneOutlivesAKillRightAfterItsAnswer) {
    const std::string body = "broken " + std::string(10'000, 'x');
    const auto refused = pipeline_->submit_and_wait(nonsense(body));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::malformed);
    const auto letters = letters_after_a_kill();
    ASSERT_THAT(letters, SizeIs(1));
    EXPECT_EQ(letters[0].reason, Reason::malformed);
    EXPECT_EQ(letters[0].sentence, refused.error().what);
    EXPECT_EQ(letters[0].payload, body.substr(0, letter_bytes_max));
    EXPECT_EQ(letters[0].payload_bytes, static_cast<std::int64_t>(body.size()));
    EXPECT_EQ(letters[0].position, journal::Position{}) << "trying it again would change nothing";
    EXPECT_EQ(bench_.ledger->counts()["observations"], (Counts{.received = 1, .rejected = 1}));
}

TEST_F(PublishTest, TheLetterOfWhatWasRefusedOfOneOutlivesAKillRightAfterItsAnswer) {
    const auto message = publish_of(fmt::format("air temp=1 {}\nbroken\nbroken\n", now()));
    const auto receipt = pipeline_->submit_and_wait(message);
    ASSERT_TRUE(receipt) << receipt.error();
    pipeline_->tell_of_refused(message, *receipt);
    const auto letters = letters_after_a_kill();
    ASSERT_THAT(letters, SizeIs(1));
    EXPECT_THAT(letters[0].sentence, testing::EndsWith("(and 1 more)"));
    EXPECT_EQ(letters[0].payload, message.body);
    EXPECT_EQ(bench_.ledger->counts()["lines"], (Counts{.received = 3, .stored = 1, .rejected = 2}));
}

TEST_F(PublishTest, WhatIsRefusedElsewhereOutlivesAKillToo) {
    std::promise<Result<void>> kept;
    pipeline_->refuse(publish_of("[]"), Error{Errc::not_found, "there is no datastream 7"},
                      [&](Result<void> outcome) { kept.set_value(std::move(outcome)); });
    EXPECT_TRUE(kept.get_future().get());
    const auto letters = letters_after_a_kill();
    ASSERT_THAT(letters, SizeIs(1));
    EXPECT_EQ(letters[0].sentence, "there is no datastream 7");
}

TEST_F(PublishTest, ARefusedOneIsNotAnsweredBeforeItsLetterIsOnDisk) {
    std::promise<Result<Receipt>> told;
    auto answer = told.get_future();
    bench_.files.hold_syncs();
    std::jthread sender([&] {
        pipeline_->submit(nonsense("broken"), [&](Result<Receipt> receipt) { told.set_value(std::move(receipt)); });
    });
    bench_.files.await_held_sync();
    EXPECT_EQ(answer.wait_for(0s), std::future_status::timeout);
    bench_.files.release_syncs();
    EXPECT_EQ(answer.get().error().code, Errc::malformed);
}

TEST_F(PublishTest, OneWhoseLetterCannotBeKeptIsToBeSentAgain) {
    bench_.files.fail_operation(FileOperation::sync, 1, DiskFault::input_output, FaultLength::until_mended);
    const auto refused = pipeline_->submit_and_wait(nonsense("broken"));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::unavailable);
    EXPECT_EQ(pipeline_->counts()["observations"], Counts{}) << "nobody was told that it came";
}

TEST_F(PublishTest, OneThatComesAgainLeavesNoOtherLetter) {
    const std::string half = fmt::format("air temp=1 {}\nbroken\n", now());
    for (const bool again : {false, true, true}) {
        EXPECT_EQ(pipeline_->submit_and_wait(nonsense("broken", again)).error().code, Errc::malformed);
    }
    auto other = publish_of(half);
    other.key = "gateway/18";
    ASSERT_TRUE(pipeline_->submit_and_wait(other));
    other.redelivered = true;
    ASSERT_TRUE(pipeline_->submit_and_wait(other));
    EXPECT_THAT(letters_after_a_kill(), SizeIs(2));
    EXPECT_EQ(bench_.ledger->counts()["observations"], (Counts{.received = 3, .duplicate = 2, .rejected = 1}));
    EXPECT_EQ(bench_.ledger->counts()["lines"], (Counts{.received = 4, .stored = 1, .duplicate = 2, .rejected = 1}));
    // Nor after the restart.
    const auto intake = refused_intake(nonsense("broken", true), "not JSON");
    const auto position = bench_.journal->append_and_wait({.type = record_type(*intake),
                                                           .source = "observations",
                                                           .received = bench_.clock.now(),
                                                           .payload = record_payload(*intake)});
    ASSERT_TRUE(bench_.projection->apply(*intake, position.value()));
    EXPECT_THAT(letters(), SizeIs(2));
}

TEST_F(PipelineTest, TheLetterOfARefusedPublishIsNotLeftOutHoweverManyWait) {
    start();
    while (bench_.ledger->has_room()) {
        bench_.ledger->add_dead_letter({.received = bench_.clock.now(), .source = "lines"});
    }
    const auto refused = pipeline_->submit_and_wait(
        {.way = Way::batch_json, .received = bench_.clock.now(), .body = "broken", .key = "gateway/1"});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::malformed);
    ASSERT_TRUE(pipeline_->flush());
    EXPECT_THAT(bench_.ledger->dead_letters({.source = "observations"}).value(), SizeIs(1));
}

TEST_F(PipelineTest, NoLetterOfAPublishIsLeftOutThoughItHasManyAndFewHaveRoom) {
    start();
    while (bench_.ledger->has_room(5)) {
        bench_.ledger->add_dead_letter({.received = bench_.clock.now(), .source = "lines"});
    }
    std::string rows = R"([{"datastream":1})";
    for (int row = 0; row < 150; ++row) {
        rows += R"(,{"datastream":999,"value":3})";
    }
    const auto taken = pipeline_->submit_and_wait(
        {.way = Way::batch_json, .received = bench_.clock.now(), .body = rows + "]", .key = "gateway/1"});
    ASSERT_TRUE(taken) << taken.error();
    ASSERT_TRUE(pipeline_->flush());
    const auto count = [&](std::string reason) {
        return bench_.ledger->count_dead_letters({.source = "observations", .reason = std::move(reason)}).value();
    };
    EXPECT_EQ(count("malformed"), 1) << "what was refused as it came";
    EXPECT_EQ(count("unknown_series"), 100) << "as many as a message may leave";
    EXPECT_EQ(pipeline_->counts()["observations"], (Counts{.received = 151, .quarantined = 150, .rejected = 1}));
}

TEST(ProjectionTest, KeepsTheJournalWhileSomebodyCopiesItAndLetsGoOfItAfterwards) {
    Bench bench;
    bool held = true;
    bench.projection =
        std::make_unique<Projection>(Projection::Parts{*bench.journal, *bench.store, *bench.ledger, *bench.applier,
                                                       nullptr, bench.details.get(), [&held] { return held; }});
    const auto take_and_settle = [&] {
        const auto taken = bench.take(
            {.way = Way::batch_json, .received = bench.clock.now(), .body = R"([{"datastream":1,"value":1}])"});
        ASSERT_TRUE(taken) << taken.error();
        ASSERT_TRUE(bench.journal->start_new_segment());
        ASSERT_TRUE(bench.projection->settle());
    };
    const auto first = bench.journal->first();
    take_and_settle();
    take_and_settle();
    EXPECT_EQ(bench.store->settled(), bench.journal->last());
    EXPECT_EQ(bench.journal->first(), first);
    held = false;
    take_and_settle();
    EXPECT_GT(bench.journal->first(), first);
}

/// Lets the first settle go on only when another record has been applied meanwhile.
class Unhurried final : public Listener {
public:
    void applied(std::span<const observations::Arrival>, journal::Position, Instant) override {
        const std::lock_guard lock(mutex_);
        ++applied_;
        changed_.notify_all();
    }
    Result<void> before_settle(journal::Position) override {
        std::unique_lock lock(mutex_);
        const int before = std::exchange(settling_, true) ? -1 : applied_;
        changed_.notify_all();
        if (!changed_.wait_for(lock, 60s, [&] { return applied_ > before; })) {
            return fail(Errc::timed_out, "nothing was applied while it settled");
        }
        return {};
    }
    Result<void> removed(observations::DatastreamId, std::span<const Interval>) override { return {}; }
    void wait_until_settling() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return settling_; });
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    int applied_ = 0;
    bool settling_ = false;
};

TEST_F(PipelineTest, WhatComesWhileSettlingIsAppliedAtOnceAndSettlesNextTime) {
    Unhurried listener;
    Projection projection{{*bench_.journal, *bench_.store, *bench_.ledger, *bench_.applier, &listener}};
    ASSERT_TRUE(projection.replay());
    pipeline_ = std::make_unique<Pipeline>(
        Pipeline::Parts{*bench_.journal, projection, *bench_.ledger, *bench_.store, bench_.clock},
        PipelineOptions{.settle_interval = 1h});
    const auto first = submit(Way::lines, "us", fmt::format("air temp=1 {}", now()));
    ASSERT_TRUE(first.has_value()) << first.error();
    auto flushed = std::async(std::launch::async, [&] { return pipeline_->flush(); });
    listener.wait_until_settling();

    auto told = told_of(fmt::format("air temp=2 {}\nbroken", now() + 1));
    EXPECT_TRUE(told.get().has_value());
    const auto settled = flushed.get();
    EXPECT_TRUE(settled.has_value()) << settled.error();

    EXPECT_EQ(bench_.store->settled(), first->position);
    EXPECT_EQ(bench_.store->count(bench_.series("line:air:temp")), 2U);
    EXPECT_EQ(pipeline_->counts()["lines"], (Counts{.received = 3, .stored = 2, .rejected = 1}));
    pipeline_.reset();
    bench_.close();
    bench_.open();
    EXPECT_EQ(bench_.store->count(bench_.series("line:air:temp")), 2U);
    EXPECT_EQ(bench_.ledger->counts()["lines"], (Counts{.received = 3, .stored = 2, .rejected = 1}));
}

TEST_F(PipelineTest, ARefusedMessageIsADeadLetterThoughNothingElseCame) {
    start();
    EXPECT_EQ(submit(Way::batch_json, "", "{").error().code, Errc::malformed);
    ASSERT_TRUE(pipeline_->flush().has_value());
    pipeline_.reset();
    bench_.close();
    bench_.open();
    const auto kept = bench_.ledger->dead_letters({.source = "observations"}).value();
    ASSERT_THAT(kept, SizeIs(1));
    EXPECT_EQ(kept[0].payload, "{");
    EXPECT_EQ(bench_.ledger->counts()["observations"], (Counts{.received = 1, .rejected = 1}));
}

TEST_F(PipelineTest, AMessageBeyondAParsersLimitIsRefusedForGoodAndNotToBeSentAgain) {
    start();
    const std::string deep = std::string(100'000, '[') + std::string(100'000, ']');
    const auto refused = submit(Way::batch_json, "", deep);
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, Errc::malformed) << refused.error();
}

TEST_F(PipelineTest, ADeadLetterIsTriedAgainAfterItsDeviceWasAdopted) {
    start();
    ASSERT_TRUE(submit({.time = bench_.clock.now(), .value = 42}).has_value());
    ASSERT_TRUE(pipeline_->flush().has_value());
    bench_.add_profile();
    bench_.adopt(1);
    const auto waiting = bench_.ledger->waiting_of(device_text(1), Reason::unknown_device).value();
    ASSERT_THAT(waiting, SizeIs(1));
    std::promise<bool> replayed;
    pipeline_->replay(waiting[0], [&](const Result<Receipt>& receipt) { replayed.set_value(receipt.has_value()); });
    ASSERT_TRUE(replayed.get_future().get());
    ASSERT_TRUE(pipeline_->flush().has_value());
    EXPECT_THAT(bench_.all_of(Bench::stream_of(1)).numbers, ElementsAre(42));
    EXPECT_THAT(bench_.ledger->dead_letters({.replayed = true}).value(), SizeIs(1));
    EXPECT_THAT(bench_.ledger->waiting_of(device_text(1), Reason::unknown_device).value(), IsEmpty());
    EXPECT_EQ(pipeline_->counts()["replay"], (Counts{.received = 1, .stored = 1}));
}

TEST_F(PipelineTest, TheFirstFrameOfACountThatBeganAnewIsStoredWithItsSecond) {
    start();
    bench_.add_profile();
    bench_.adopt(1);
    const Instant begin = bench_.clock.now();
    const auto send = [&](std::uint32_t f_cnt, std::uint32_t value, Duration after) {
        bench_.clock.jump_to(begin + after);
        ASSERT_TRUE(submit({.time = begin + after, .f_cnt = f_cnt, .value = value}).has_value());
    };
    for (std::uint32_t f_cnt = 0; f_cnt < 4; ++f_cnt) {
        send(f_cnt, 10 + f_cnt, 1h * f_cnt);
    }
    send(2, 12, 6h);  // a recording
    send(0, 20, 7h);
    send(0, 20, 7h);  // another gateway's
    ASSERT_TRUE(pipeline_->flush().has_value());
    EXPECT_THAT(bench_.all_of(Bench::stream_of(1)).numbers, ElementsAre(10, 11, 12, 13));
    EXPECT_THAT(bench_.ledger->dead_letters({.reason = "frame_conflict", .replayed = false}).value(), SizeIs(1));
    send(1, 21, 8h);
    ASSERT_TRUE(pipeline_->flush().has_value());
    const auto kept = bench_.all_of(Bench::stream_of(1));
    EXPECT_THAT(kept.numbers, ElementsAre(10, 11, 12, 13, 20, 21));
    EXPECT_EQ(kept.times[4], begin + 7h);
    EXPECT_THAT(bench_.ledger->dead_letters({.reason = "frame_conflict", .replayed = false}).value(), IsEmpty());
    EXPECT_THAT(bench_.ledger->dead_letters({.reason = "frame_repeated", .replayed = false}).value(), SizeIs(1))
        << "the recording";
    const auto last = bench_.ledger->last_frames(device_text(1)).value();
    EXPECT_THAT(last, testing::Contains(testing::Field(&Frame::outcome, "duplicate")));
    EXPECT_THAT(last, testing::Contains(testing::Field(&Frame::outcome, "frame_repeated")));
    EXPECT_EQ(pipeline_->counts()["chirpstack"],
              (Counts{.received = 8, .stored = 5, .duplicate = 1, .quarantined = 2}));
    EXPECT_EQ(pipeline_->counts()["replay"], (Counts{.received = 1, .stored = 1}));
}

TEST_F(PipelineTest, WhatWasDueWhenTheProgramWasKilledIsTriedAtTheNextStart) {
    bench_.add_profile();
    bench_.adopt(1);
    const Instant begin = bench_.clock.now();
    const auto send = [&](std::uint32_t f_cnt, std::uint32_t value, Duration after) {
        bench_.clock.jump_to(begin + after);
        ASSERT_TRUE(bench_.uplink({.time = begin + after, .f_cnt = f_cnt, .value = value}).has_value());
    };
    for (std::uint32_t f_cnt = 0; f_cnt < 4; ++f_cnt) {
        send(f_cnt, 10 + f_cnt, 1h * f_cnt);
    }
    send(0, 20, 7h);
    send(1, 21, 8h);
    ASSERT_TRUE(bench_.projection->settle().has_value());
    bench_.crash();
    bench_.open();
    start();
    ASSERT_TRUE(pipeline_->flush().has_value()) << "the first thing that its thread does is to ask what is due";
    ASSERT_TRUE(pipeline_->flush().has_value());
    EXPECT_THAT(bench_.all_of(Bench::stream_of(1)).numbers, ElementsAre(10, 11, 12, 13, 20, 21));
    EXPECT_THAT(bench_.ledger->take_due(), IsEmpty());
}

TEST_F(PipelineTest, StoppingWithoutADecoderLosesNeitherTheFrameNorWhatCameAfterIt) {
    bench_.add_profile();
    bench_.adopt(1);
    bench_.decoder.available = false;
    start();
    ASSERT_TRUE(submit({.time = bench_.clock.now(), .value = 5}).has_value());
    ASSERT_TRUE(submit(Way::lines, "us", fmt::format("air temp=1 {}", now())).has_value());
    pipeline_.reset();
    EXPECT_EQ(bench_.store->settled().value, 0U) << "the cursor passed over a frame that was not applied";
    bench_.decoder.available = true;
    bench_.crash();
    bench_.open();
    EXPECT_THAT(bench_.all_of(Bench::stream_of(1)).numbers, ElementsAre(5));
    EXPECT_EQ(bench_.store->count(bench_.series("line:air:temp")), 1U);
}

TEST_F(PipelineTest, WhoeverSendsMuchIsAnsweredWhenItHasBeenApplied) {
    start(0);
    const auto receipt = submit(Way::lines, "us", fmt::format("air temp=1 {}\nbroken\n", now()));
    ASSERT_TRUE(receipt.has_value()) << receipt.error();
    EXPECT_EQ(receipt->accepted, 1U);
    EXPECT_EQ(receipt->rejected, 1U);
    EXPECT_THAT(receipt->refused, SizeIs(1));
    EXPECT_EQ(bench_.store->count(bench_.series("line:air:temp")), 1U);
}

TEST_F(PipelineTest, NobodyIsHeldBackWhileNothingCanBeApplied) {
    bench_.add_profile();
    bench_.adopt(1);
    bench_.decoder.available = false;
    start(0);
    EXPECT_TRUE(submit({.time = bench_.clock.now(), .value = 5}).has_value()) << "what is on disk is acknowledged";
    EXPECT_TRUE(submit(Way::lines, "us", fmt::format("air temp=1 {}", now())).has_value());
    EXPECT_EQ(bench_.store->count(Bench::stream_of(1)), 0U);
}

TEST_F(PipelineTest, AFullDiskRefusesAndTheSenderMayTryAgain) {
    start();
    bench_.files.fail_operation(FileOperation::write, 1, DiskFault::no_space, FaultLength::until_mended);
    EXPECT_EQ(submit(Way::lines, "us", fmt::format("air temp=1 {}", now())).error().code, Errc::exhausted);
    EXPECT_TRUE(pipeline_->disk_full());
    bench_.files.mend();
    EXPECT_TRUE(submit(Way::lines, "us", fmt::format("air temp=1 {}", now())).has_value());
    EXPECT_FALSE(pipeline_->disk_full());
    ASSERT_TRUE(pipeline_->flush().has_value());
    EXPECT_EQ(pipeline_->counts()["lines"], (Counts{.received = 1, .stored = 1}));
}

TEST_F(PipelineTest, WhoeverWaitsUntilAppliedReadsWhatTheySent) {
    ASSERT_TRUE(bench_.lines(fmt::format("air temp=1 {}", now() - second)).has_value());
    const observations::DatastreamId air = bench_.series("line:air:temp");
    const Instant time{Duration{now()}};
    start();
    std::promise<Result<Receipt>> told;
    pipeline_->submit_until_applied(
        {.way = Way::sensorthings,
         .received = bench_.clock.now(),
         .body =
             fmt::format(R"([{{"datastream":{0},"time":"{1}","value":2,"details":{{"parameters":{{"depth_m":0.5}}}}}},)"
                         R"({{"datastream":{0},"time":"{1}","value":"warm"}},{{"datastream":999,"value":3}},)"
                         R"({{"datastream":{0},"value":4,"details":{{"colour":"red"}}}},{{"datastream":{0}}}])",
                         air.value, format_instant(time))},
        [&](Result<Receipt> receipt) { told.set_value(std::move(receipt)); });
    const auto receipt = told.get_future().get();
    ASSERT_TRUE(receipt.has_value()) << receipt.error();
    EXPECT_EQ(receipt->accepted, 1U);
    EXPECT_EQ(receipt->rejected, 4U);
    std::vector<std::size_t> refused;
    for (const Refused& unit : receipt->refused) {
        refused.push_back(unit.unit);
    }
    EXPECT_THAT(refused, testing::UnorderedElementsAre(1, 2, 3, 4));
    EXPECT_EQ(bench_.store->latest(air)->value, observations::Value{2.0});
    EXPECT_EQ(bench_.details->get({air, time}).value()->parameters, R"({"depth_m":0.5})");
    EXPECT_EQ(pipeline_->counts()["sensorthings"],
              (Counts{.received = 5, .stored = 1, .quarantined = 3, .rejected = 1}));
}

TEST_F(PipelineTest, WhatIsRemovedIsGoneWithItsDetailsAlsoAfterARestart) {
    ASSERT_TRUE(bench_.lines(fmt::format("air temp=1 {}", now() - second)).has_value());
    const observations::DatastreamId air = bench_.series("line:air:temp");
    start();
    ASSERT_TRUE(submit(Way::sensorthings, "",
                       fmt::format(R"([{{"datastream":{},"value":2,"details":{{"featureOfInterest":5}}}}])", air.value))
                    .has_value());
    const auto gone = pipeline_->remove(air, {observations::earliest_time, observations::latest_time});
    ASSERT_TRUE(gone.has_value()) << gone.error();
    EXPECT_EQ(*gone, 2U);
    EXPECT_FALSE(bench_.details->any(air).value());
    pipeline_.reset();
    bench_.close();
    bench_.open();
    EXPECT_EQ(bench_.store->count(air), 0U);
    EXPECT_FALSE(bench_.details->any(air).value());
}

TEST_F(PipelineTest, WhoeverWaitsIsToldWhenTheProgramStopsFirst) {
    bench_.add_profile();
    bench_.adopt(1);
    bench_.decoder.available = false;
    start();
    ASSERT_TRUE(submit({.time = bench_.clock.now(), .value = 5}).has_value());
    auto told = told_of(fmt::format("air temp=1 {}", now()));
    pipeline_.reset();
    EXPECT_EQ(told.get().error().code, Errc::unavailable);
    bench_.decoder.available = true;
    bench_.close();
    bench_.open();
    EXPECT_EQ(bench_.store->count(bench_.series("line:air:temp")), 1U);
}

TEST_F(PipelineTest, OnceTheProgramIsAboutToStopNobodyWaitsForWhatCannotBeApplied) {
    bench_.add_profile();
    bench_.adopt(1);
    ASSERT_TRUE(bench_.lines(fmt::format("air temp=1 {}", now() - 2 * second)).has_value());
    const observations::DatastreamId air = bench_.series("line:air:temp");
    bench_.decoder.available = false;
    start();
    ASSERT_TRUE(submit({.time = bench_.clock.now(), .value = 5}).has_value());
    auto told = told_of(fmt::format("air temp=1 {}", now() - second));
    pipeline_->expect_stop();
    EXPECT_EQ(told.get().error().code, Errc::unavailable);
    EXPECT_EQ(pipeline_->drain().error().code, Errc::unavailable);
    EXPECT_EQ(pipeline_->flush().error().code, Errc::unavailable);
    EXPECT_EQ(pipeline_->remove(air, {observations::earliest_time, observations::latest_time}).error().code,
              Errc::unavailable)
        << "what has not been applied would come again";
    bench_.decoder.available = true;
    EXPECT_TRUE(submit(Way::lines, "us", fmt::format("air temp=1 {}", now())).has_value()) << "it is on disk";
    EXPECT_EQ(pipeline_->drain().error().code, Errc::unavailable);
    EXPECT_EQ(bench_.store->count(air), 1U) << "and waits for what came before it";
    pipeline_.reset();
    bench_.close();
    bench_.open();
    EXPECT_EQ(bench_.store->count(air), 3U);
    EXPECT_EQ(bench_.store->count(Bench::stream_of(1)), 1U);
}

TEST_F(PipelineTest, WhatCanBeAppliedIsAppliedThoughTheProgramIsAboutToStop) {
    start();
    pipeline_->expect_stop();
    ASSERT_TRUE(submit(Way::lines, "us", fmt::format("air temp=1 {}", now())).has_value());
    ASSERT_TRUE(pipeline_->drain().has_value());
    EXPECT_EQ(bench_.store->count(bench_.series("line:air:temp")), 1U);
}

}  // namespace
}  // namespace bypuls::ingest::pipeline
