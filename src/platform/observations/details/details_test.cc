// Details must be the same whether nothing is kept on disk or a block store's file holds them.
#include "platform/observations/details/details.h"

#include <array>
#include <fstream>

#include <gmock/gmock.h>
#include <soci/soci.h>

#include "core/clock.h"
#include "core/files.h"
#include "core/random.h"
#include "platform/database/testing/test_database.h"
#include "platform/observations/blocks/block_store.h"
#include "platform/observations/memory/memory_store.h"

namespace bypuls::observations {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr Instant noon{1'780'000'000s};
constexpr DatastreamId air{7};
constexpr DatastreamId water{8};

Detail about(std::int64_t feature) {
    return {.parameters = R"({"depth_m":0.5})", .feature = feature};
}

class DetailsOf : public testing::TestWithParam<bool> {
protected:
    void SetUp() override {
        if (!GetParam()) {
            store_ = make_memory_store();
            details_ = Details::open(nullptr);
            return;
        }
        auto made = database::TestDatabase::make(database::Engine::sqlite);
        ASSERT_TRUE(made) << made.error();
        place_ = std::make_unique<database::TestDatabase>(std::move(*made));
        open();
    }
    void open() {
        details_.reset();
        database_.reset();
        store_.reset();
        store_ = open_block_store({.path = place_->path()}).value();
        database_ = place_->open();
        ASSERT_TRUE(database::migrate(*database_, {Details::schema()}, clock_));
        details_ = Details::open(database_.get());
    }
    void settle() {
        const std::array<Companion*, 1> companions{details_.get()};
        ASSERT_TRUE(store_->settle({++position_}, companions));
    }
    std::vector<Instant> times(DatastreamId id, Interval interval) const {
        std::vector<Instant> found;
        for (const auto& one : details_->range(id, interval).value()) {
            found.push_back(one.key.time);
        }
        return found;
    }

    SystemClock clock_;
    std::unique_ptr<database::TestDatabase> place_;
    std::unique_ptr<Store> store_;
    std::unique_ptr<database::Database> database_;
    std::unique_ptr<Details> details_;
    std::uint64_t position_ = 0;
};

TEST_P(DetailsOf, WhatWasPutIsReadBeforeAndAfterSettling) {
    details_->put({air, noon}, about(3));
    details_->put({air, noon + 1h}, about(4));
    EXPECT_THAT(times(air, {noon, noon + 1h}), ElementsAre(noon));
    settle();
    EXPECT_THAT(times(air, {noon, noon + 2h}), ElementsAre(noon, noon + 1h));
    EXPECT_EQ(details_->get({air, noon}).value(), about(3));
    EXPECT_EQ(details_->get({water, noon}).value(), std::nullopt);
    EXPECT_TRUE(details_->any(air).value());
    EXPECT_FALSE(details_->any(water).value());
}

TEST_P(DetailsOf, ALaterPutReplacesAnEarlierAlsoWhenThatIsOnDisk) {
    details_->put({air, noon}, about(3));
    settle();
    details_->put({air, noon}, about(5));
    EXPECT_EQ(details_->get({air, noon}).value(), about(5));
    EXPECT_THAT(details_->of_feature(3, std::nullopt, 10).value(), IsEmpty());
    settle();
    EXPECT_EQ(details_->get({air, noon}).value(), about(5));
    details_->put({air, noon}, {});
    EXPECT_EQ(details_->get({air, noon}).value(), std::nullopt);
    settle();
    EXPECT_FALSE(details_->any(air).value() && GetParam());
}

TEST_P(DetailsOf, AFeatureTellsItsObservationsPageByPage) {
    for (int hour = 0; hour < 5; ++hour) {
        details_->put({hour % 2 == 0 ? air : water, noon + hour * 1h}, about(9));
        if (hour == 2) {
            settle();
        }
    }
    std::vector<ObservationKey> seen;
    std::optional<ObservationKey> after;
    for (;;) {
        const auto page = details_->of_feature(9, after, 2).value();
        for (const auto& found : page) {
            seen.push_back(found.key);
        }
        if (page.empty()) {
            break;
        }
        after = page.back().key;
    }
    EXPECT_THAT(seen,
                ElementsAre(ObservationKey{air, noon}, ObservationKey{air, noon + 2h}, ObservationKey{air, noon + 4h},
                            ObservationKey{water, noon + 1h}, ObservationKey{water, noon + 3h}));
}

TEST_P(DetailsOf, TogetherTheySaySpansFeaturesAndHowMany) {
    details_->put({air, noon}, {.phenomenon_end = noon + 9h, .result_time = noon + 1h, .feature = 3});
    details_->put({air, noon + 1h}, {.result_time = noon + 5h, .feature = 3});
    details_->put({air, noon + 2h}, {.result_time = noon + 3h, .feature = 4});
    details_->put({water, noon}, about(5));
    const auto expect_all = [&] {
        EXPECT_EQ(details_->spans(air).value(), (Details::Spans{Interval{noon + 1h, noon + 5h}, noon + 9h}));
        EXPECT_THAT(details_->features(air, 10).value(), ElementsAre(Details::Named{3, 2}, Details::Named{4, 1}));
        EXPECT_EQ(details_->count(air).value(), 3U);
        EXPECT_EQ(details_->spans(water).value(), Details::Spans{});
    };
    expect_all();
    settle();
    expect_all();
    // What waits counts, and not what it replaces.
    details_->put({air, noon}, {.result_time = noon + 4h, .feature = 4});
    details_->put({air, noon + 1h}, {});
    const auto expect_rest = [&] {
        EXPECT_EQ(details_->spans(air).value(), (Details::Spans{Interval{noon + 3h, noon + 4h}, std::nullopt}));
        EXPECT_THAT(details_->features(air, 10).value(), ElementsAre(Details::Named{4, 2}));
        EXPECT_THAT(details_->features(air, 0).value(), IsEmpty());
        EXPECT_EQ(details_->count(air).value(), 2U);
    };
    expect_rest();
    settle();
    expect_rest();
}

TEST_P(DetailsOf, WhoFollowsHearsOfEachPut) {
    std::vector<Details::Found> heard;
    details_->follow([&](const Details::Found& found) { heard.push_back(found); });
    details_->put({air, noon}, about(3));
    details_->put({air, noon}, {});
    EXPECT_THAT(heard, ElementsAre(Details::Found{{air, noon}, about(3)}, Details::Found{{air, noon}, Detail{}}));
}

TEST_P(DetailsOf, WhatIsRemovedIsGoneAndStaysGone) {
    details_->put({air, noon}, about(1));
    settle();
    details_->put({air, noon + 1h}, about(1));
    details_->put({water, noon}, about(1));
    ASSERT_TRUE(details_->remove(air, {earliest_time, latest_time}));
    settle();
    EXPECT_THAT(times(air, {earliest_time, latest_time}), IsEmpty());
    EXPECT_THAT(times(water, {earliest_time, latest_time}), SizeIs(1));
}

TEST_P(DetailsOf, AfterARestartThereIsWhatHadSettled) {
    if (!GetParam()) {
        GTEST_SKIP() << "what is only in memory does not outlive the program";
    }
    details_->put({air, noon}, about(1));
    settle();
    details_->put({air, noon + 1h}, about(1));
    open();
    EXPECT_THAT(times(air, {earliest_time, latest_time}), ElementsAre(noon));
}

TEST(DetailsOfAnOlderFile, TellTheirSpansToo) {
    SystemClock clock;
    auto place = database::TestDatabase::make(database::Engine::sqlite).value();
    const auto store = open_block_store({.path = place.path()}).value();
    const auto database = place.open();
    ASSERT_TRUE(database::migrate(*database, {Details::schema()}, clock, {.number_max = 1}));
    const Detail whole{.phenomenon_end = noon + 1500ms, .result_time = noon + 120us};
    ASSERT_TRUE(database->write("a row of before", [&](soci::session& sql) -> Result<void> {
        const std::string body = to_json(whole);
        const long long time = noon.time_since_epoch().count();
        sql << "INSERT INTO observation_detail (datastream, time, body) VALUES (7, :time, :body)", soci::use(time),
            soci::use(body);
        return {};
    }));
    ASSERT_TRUE(database::migrate(*database, {Details::schema()}, clock));
    const auto details = Details::open(database.get());
    EXPECT_TRUE(details->any(air).value());
    EXPECT_EQ(details->spans(air).value(), (Details::Spans{Interval{noon + 120us, noon + 120us}, noon + 1500ms}));
}

class DamagedDetails : public testing::Test {
protected:
    void SetUp() override {
        ASSERT_TRUE(database::migrate(*database_, {Details::schema()}, clock_));
        for (int hour = 0; hour < 3; ++hour) {
            const Instant time = noon + hour * 1h;
            details_->put({air, time}, {.phenomenon_end = time + 30min,
                                        .result_time = time + 1min,
                                        .parameters = R"({"says":"quite øvre Åssiden"})",
                                        .feature = 3});
        }
        settle();
    }
    void settle() {
        const std::array<Companion*, 1> companions{details_.get()};
        ASSERT_TRUE(store_->settle({++position_}, companions));
    }
    void execute(const std::string& statement) {
        ASSERT_TRUE(database_->write("test", [&](soci::session& sql) -> Result<void> {
            sql << statement;
            return {};
        }));
    }
    std::vector<Instant> times_left() const {
        std::vector<Instant> found;
        for (const auto& one : details_->range(air, {noon, noon + 24h}).value()) {
            found.push_back(one.key.time);
        }
        return found;
    }

    SystemClock clock_;
    database::TestDatabase place_ = database::TestDatabase::make(database::Engine::sqlite).value();
    std::unique_ptr<Store> store_ = open_block_store({.path = place_.path()}).value();
    std::unique_ptr<database::Database> database_ = place_.open();
    std::unique_ptr<Details> details_ = Details::open(database_.get());
    std::uint64_t position_ = 0;
};

TEST_F(DamagedDetails, AreLeftOutNamedAndCountedAndTheirNeighboursAreNot) {
    const auto before = details_->spans(air).value();
    const std::string middle = std::to_string((noon + 1h).time_since_epoch().count());
    for (const std::string change :
         {"body = replace(body, 'quite', 'quiet')", "body = '{}'", "body = X'00'", "checksum = checksum + 1"}) {
        SCOPED_TRACE(change);
        execute("CREATE TEMP TABLE kept AS SELECT * FROM observation_detail WHERE time = " + middle);
        execute("UPDATE observation_detail SET " + change + " WHERE time = " + middle);
        EXPECT_THAT(times_left(), ElementsAre(noon, noon + 2h));
        EXPECT_EQ(details_->get({air, noon + 1h}).error().code, Errc::damaged);
        EXPECT_TRUE(details_->get({air, noon}).value());
        EXPECT_THAT(details_->of_feature(3, std::nullopt, 2).value(), SizeIs(2));
        EXPECT_EQ(details_->spans(air).value(), before);
        EXPECT_EQ(details_->damaged(), 1U);
        execute("DELETE FROM observation_detail WHERE time = " + middle);
        execute("INSERT INTO observation_detail SELECT * FROM kept");
        execute("DROP TABLE kept");
    }
    EXPECT_THAT(times_left(), SizeIs(3));
}

TEST_F(DamagedDetails, AColumnThatSaysAnotherThanTheBodyIsNotBelieved) {
    const std::string last = std::to_string((noon + 2h).time_since_epoch().count());
    execute("UPDATE observation_detail SET result_time = result_time + 4096, feature = 7 WHERE time = " + last);
    EXPECT_EQ(details_->spans(air).value().results, (Interval{noon + 1min, noon + 1h + 1min}));
    EXPECT_THAT(details_->of_feature(7, std::nullopt, 10).value(), IsEmpty());
    EXPECT_EQ(details_->damaged(), 1U);
    execute("UPDATE observation_detail SET checksum = 7");
    EXPECT_EQ(details_->read_all().value(), 3U);
    EXPECT_EQ(details_->damaged(), 3U);
}

TEST_F(DamagedDetails, ABitThatTurnsOverInTheFileIsNeverAnotherAnswer) {
    const auto whole = details_->range(air, {noon, noon + 24h}).value();
    ASSERT_TRUE(database_->checkpoint());
    details_.reset();
    database_.reset();
    store_.reset();
    std::string file = read_text_file(place_.path()).value();
    const auto at = file.find("quite");
    ASSERT_NE(at, std::string::npos);
    SeededRandom random{11};
    std::size_t left_out = 0;
    for (int round = 0; round < 120; ++round) {
        const std::size_t byte = at - 100 + random.below(200);
        SCOPED_TRACE(byte);
        const char before = std::exchange(file[byte], static_cast<char>(file[byte] ^ (1 << random.below(8))));
        std::ofstream(place_.path(), std::ios::binary).write(file.data(), static_cast<std::streamsize>(file.size()));
        const auto database = place_.open();
        const auto details = Details::open(database.get(), Details::Role::reader);
        const auto read = details->range(air, {noon, noon + 24h});
        if (read) {
            left_out += whole.size() - read->size();
            for (const Details::Found& one : *read) {
                EXPECT_THAT(whole, testing::Contains(one));
            }
        } else {
            EXPECT_EQ(read.error().code, Errc::damaged) << read.error();
        }
        file[byte] = before;
    }
    EXPECT_GT(left_out, 30U);
}

TEST_F(DamagedDetails, AreJudgedAnewWhenAskedForAloneHoweverManyThereAre) {
    execute("UPDATE observation_detail SET checksum = 7");
    EXPECT_EQ(details_->read_all().value(), 3U);
    EXPECT_EQ(details_->damaged(), 3U);
    details_->put({air, noon}, about(4));
    settle();
    EXPECT_EQ(details_->damaged(), 2U) << "its row is new";
    EXPECT_EQ(details_->get({air, noon}).value(), about(4));
    ASSERT_TRUE(details_->remove(air, {noon + 1h, noon + 2h}));
    EXPECT_EQ(details_->damaged(), 1U);
    EXPECT_EQ(details_->get({air, noon + 1h}).value(), std::nullopt);
    for (int minute = 0; minute < 1'100; ++minute) {
        details_->put({water, noon + minute * 1min}, about(1));
    }
    settle();
    execute("UPDATE observation_detail SET checksum = 7");
    EXPECT_EQ(details_->read_all().value(), 1'102U);
    EXPECT_EQ(details_->damaged(), 1'000U);
    EXPECT_EQ(details_->get({water, noon + 1'099min}).error().code, Errc::damaged);
}

/// Fails the settle that it is asked to write in.
class Refusing final : public Companion {
public:
    Result<void> write(Transaction& /*transaction*/, journal::Position /*upto*/) override {
        return fail(Errc::unavailable, "not now");
    }
};

TEST_F(DamagedDetails, RowsOfBeforeThereWereChecksumsGetTheirsAsTimeGoes) {
    for (int minute = 0; minute < 2'500; ++minute) {
        details_->put({water, noon + minute * 1min}, {.result_time = noon + 9h, .feature = 5});
    }
    settle();
    const std::string broken = std::to_string((noon + 700min).time_since_epoch().count());
    execute("UPDATE observation_detail SET checksum = NULL");
    execute("UPDATE observation_detail SET body = '{' WHERE datastream = 8 AND time = " + broken);
    execute("UPDATE observation_detail SET result_time = result_time + 1000000 WHERE datastream = 8");
    details_ = Details::open(database_.get());
    const auto unsealed = [&] {
        long long number = 0;
        EXPECT_TRUE(database_->read("test", [&](soci::session& sql) -> Result<void> {
            sql << "SELECT count(*) FROM observation_detail WHERE checksum IS NULL", soci::into(number);
            return {};
        }));
        return number;
    };
    details_->put({air, noon}, about(4));
    Refusing refusing;
    const std::array<Companion*, 2> companions{details_.get(), &refusing};
    EXPECT_FALSE(store_->settle({++position_}, companions));
    EXPECT_EQ(unsealed(), 2'503);
    EXPECT_EQ(details_->maintain().value(), true);
    EXPECT_EQ(unsealed(), 1'504) << "all but the damaged one";
    EXPECT_FALSE(store_->settle({++position_}, companions));
    EXPECT_EQ(unsealed(), 1'504);
    settle();
    EXPECT_EQ(details_->maintain().value(), true);
    EXPECT_EQ(details_->maintain().value(), false);
    EXPECT_EQ(details_->maintain().value(), false);
    EXPECT_EQ(unsealed(), 1) << "the damaged one";
    EXPECT_EQ(details_->damaged(), 1U);
    EXPECT_EQ(details_->get({air, noon}).value(), about(4));
    EXPECT_EQ(details_->spans(water).value().results, (Interval{noon + 9h, noon + 9h})) << "columns are made anew";
    execute("UPDATE observation_detail SET body = replace(body, 'quite', 'quiet')");
    EXPECT_THAT(times_left(), ElementsAre(noon));
}

TEST_F(DamagedDetails, APageThatCannotBeReadKeepsNothingFromSettling) {
    for (int minute = 0; minute < 900; ++minute) {
        details_->put({water, noon + minute * 1min},
                      {.parameters = R"({"says":"somewhat longer than a word or two"})"});
    }
    settle();
    execute("UPDATE observation_detail SET checksum = NULL");
    ASSERT_TRUE(database_->checkpoint());
    details_.reset();
    database_.reset();
    store_.reset();
    std::string file = read_text_file(place_.path()).value();
    const auto at = file.find("somewhat", file.size() / 2);
    ASSERT_NE(at, std::string::npos);
    const std::size_t page = 256U * static_cast<unsigned char>(file[16]) + static_cast<unsigned char>(file[17]);
    file[at / page * page] = '\x7f';
    std::ofstream(place_.path(), std::ios::binary).write(file.data(), static_cast<std::streamsize>(file.size()));
    store_ = open_block_store({.path = place_.path()}).value();
    database_ = place_.open();
    details_ = Details::open(database_.get());
    const auto sealed = details_->maintain();
    ASSERT_FALSE(sealed);
    EXPECT_EQ(sealed.error().code, Errc::damaged);
    EXPECT_EQ(details_->maintain().value(), false) << "it is told once";
    details_->put({DatastreamId{9}, noon}, about(4));
    settle();
    EXPECT_EQ(details_->get({DatastreamId{9}, noon}).value(), about(4));
}

INSTANTIATE_TEST_SUITE_P(Backends, DetailsOf, testing::Bool(),
                         [](const auto& tested) { return std::string(tested.param ? "blocks" : "memory"); });

TEST(Detail, ComesBackFromJsonAsItWas) {
    const Detail whole{.phenomenon_end = noon + 1h,
                       .result_time = noon + 2h,
                       .valid_time = Interval{noon, noon + 24h},
                       .result_quality = R"({"dq":"good"})",
                       .parameters = R"({"depth_m":0.5})",
                       .feature = 12};
    EXPECT_EQ(detail_from_json(to_json(whole)).value(), whole);
    EXPECT_EQ(detail_from_json("{}").value(), Detail{});
}

TEST(Detail, NamesTheMemberThatIsWrong) {
    for (const auto& [text, named] : std::initializer_list<std::pair<const char*, const char*>>{
             {R"({"resultTime":"today"})", "resultTime"},
             {R"({"validTime":"2026-06-02T00:00:00Z/2026-06-01T00:00:00Z"})", "validTime"},
             {R"({"parameters":[1]})", "parameters"},
             {R"({"featureOfInterest":"x"})", "featureOfInterest"},
             {R"({"colour":"red"})", "colour"},
             {"[]", "object"}}) {
        const auto refused = detail_from_json(text);
        ASSERT_FALSE(refused) << text;
        EXPECT_THAT(refused.error().what, testing::HasSubstr(named));
    }
}

}  // namespace
}  // namespace bypuls::observations
