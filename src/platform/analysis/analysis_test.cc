#include "platform/analysis/analysis.h"

#include <filesystem>
#include <mutex>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include "core/check.h"
#include "core/files.h"
#include "platform/analysis/formats.h"
#include "platform/observations/memory/memory_store.h"
#include "platform/registry/memory.h"

namespace bypuls::analysis {
namespace {

using observations::DatastreamId;
using observations::Selection;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr Instant start{std::chrono::sys_days{std::chrono::year{2026} / 3 / 1}};
constexpr Duration hour = std::chrono::hours(1);

/// Passes everything on and remembers which scans were asked for.
class WatchedStore final : public observations::Store {
public:
    struct Asked {
        Selection selection;
        Interval interval;
    };

    Result<void> append(std::span<const observations::Arrival> rows, journal::Position upto,
                        std::span<observations::Outcome> outcomes) override {
        return inner_->append(rows, upto, outcomes);
    }
    bool wants_settle() const override { return inner_->wants_settle(); }
    Result<void> freeze(journal::Position upto, std::span<observations::Companion* const> companions) override {
        return inner_->freeze(upto, companions);
    }
    Result<void> settle_frozen(std::span<observations::Companion* const> companions) override {
        return inner_->settle_frozen(companions);
    }
    journal::Position settled() const override { return inner_->settled(); }
    std::optional<observations::ResultType> type(DatastreamId id) const override { return inner_->type(id); }
    std::vector<DatastreamId> datastreams() const override { return inner_->datastreams(); }
    std::optional<observations::Observation> latest(DatastreamId id) const override { return inner_->latest(id); }
    std::optional<observations::Observation> latest_usable(DatastreamId id) const override {
        return inner_->latest_usable(id);
    }
    std::uint64_t count(DatastreamId id) const override { return inner_->count(id); }
    std::uint64_t count() const override { return inner_->count(); }
    Result<std::uint64_t> count(DatastreamId id, Interval interval) const override {
        return inner_->count(id, interval);
    }
    Result<observations::Series> range(DatastreamId id, Interval interval,
                                       const observations::RangeOptions& options) const override {
        return inner_->range(id, interval, options);
    }
    Result<observations::Aggregate> aggregate(DatastreamId id, Interval interval) const override {
        return inner_->aggregate(id, interval);
    }
    Result<std::vector<observations::Bucket>> rollup(DatastreamId id, Interval interval,
                                                     observations::Step step) const override {
        return inner_->rollup(id, interval, step);
    }
    Result<std::vector<observations::Total>> totals(const Selection& selection, Interval interval) const override {
        return inner_->totals(selection, interval);
    }
    Result<std::vector<observations::Version>> versions(DatastreamId id, Instant time) const override {
        return inner_->versions(id, time);
    }
    Result<std::uint64_t> remove_all(DatastreamId id, std::span<const Interval> intervals) override {
        return inner_->remove_all(id, intervals);
    }
    Result<std::unique_ptr<observations::Scan>> scan(const Selection& selection, Interval interval) const override {
        {
            const std::scoped_lock lock(mutex_);  // a question's threads ask side by side
            asked.push_back({selection, interval});
        }
        if (broken) {
            return fail(Errc::damaged, "the disk is on fire");
        }
        return inner_->scan(selection, interval);
    }
    Result<bool> maintain() override { return inner_->maintain(); }
    observations::Statistics statistics() const override { return inner_->statistics(); }

    mutable std::vector<Asked> asked;
    bool broken = false;

private:
    mutable std::mutex mutex_;
    std::unique_ptr<observations::Store> inner_ = observations::make_memory_store();
};

/// Three datastreams of 1 000 hours each: numbers, integers and words.
class AnalysisTest : public ::testing::Test {
protected:
    void SetUp() override {
        const auto property = *registry_->observed_properties().create({.name = "Temperature", .definition = "x:t"});
        const auto sensor = *registry_->sensors().create({.name = "Sensor", .metadata = "none"});
        const auto thing = *registry_->things().create({.name = "Landfalltjern"});
        for (const auto type : {observations::ResultType::number, observations::ResultType::integer,
                                observations::ResultType::category}) {
            const registry::Datastream stream{.thing = thing,
                                              .sensor = sensor,
                                              .observed_property = property,
                                              .name = fmt::format("Stream of {}", name_of(type)),
                                              .unit = {.name = "degree Celsius", .symbol = "°C", .definition = "Cel"},
                                              .result_type = type};
            auto made = registry_->datastreams().create(stream);
            ASSERT_TRUE(made) << made.error();
            ids_.push_back(*made);
        }
        fill();
        analysis_ = open({});
    }

    void fill() {
        std::vector<observations::Arrival> rows;
        for (int i = 0; i < 1000; ++i) {
            const Instant time = start + i * hour;
            const auto quality =
                i % 10 == 0 ? observations::Quality(observations::Quality::spike) : observations::Quality();
            rows.push_back({ids_[0], {time, 0.5 * i, quality}});
            rows.push_back({ids_[1], {time, std::int64_t{i}, {}}});
            rows.push_back({ids_[2], {time, observations::Category{i % 2 == 0 ? "dry" : "wet, \"very\""}, {}}});
        }
        std::vector<observations::Outcome> outcomes(rows.size());
        ASSERT_TRUE(store_.append(rows, {1}, outcomes));
    }

    std::unique_ptr<Analysis> open(const Limits& limits) {
        auto opened = Analysis::open(store_, *registry_, limits);
        EXPECT_TRUE(opened) << opened.error();
        return std::move(*opened);
    }

    Result<std::string> ask(std::string_view sql, const Selection& visible = Selection::all(),
                            Format format = Format::csv) {
        std::string out;
        const auto sink = make_sink(format, [&](std::string_view text) -> Result<void> {
            out += text;
            return {};
        });
        TRY(const auto answer, analysis_->query(sql, visible, *sink));
        EXPECT_TRUE(answer.damaged.empty());
        return out;
    }

    /// The answer must be one number.
    double number(std::string_view sql, const Selection& visible = Selection::all()) {
        const auto out = ask(sql, visible);
        EXPECT_TRUE(out) << out.error();
        return out ? std::stod(out->substr(out->find('\n') + 1)) : -1;
    }

    void expect_refused(std::string_view sql) {
        const auto out = ask(sql);
        ASSERT_FALSE(out) << sql << " answered " << *out;
        EXPECT_EQ(out.error().code, Errc::malformed) << sql << ": " << out.error();
    }

    SimulatedClock clock_{start};
    std::unique_ptr<registry::Registry> registry_ = registry::make_memory_registry(clock_);
    WatchedStore store_;
    std::vector<DatastreamId> ids_;
    std::unique_ptr<Analysis> analysis_;
};

TEST_F(AnalysisTest, CountsAndSumsAreTheStoresOwn) {
    const Interval all{observations::earliest_time, observations::latest_time};
    EXPECT_EQ(number("select count(*) from observations"), 3000);
    for (const std::size_t i : {0U, 1U}) {
        const auto own = store_.aggregate(ids_[i], all);
        ASSERT_TRUE(own);
        const auto where = fmt::format("from observations where usable and datastream = {}", ids_[i].value);
        EXPECT_EQ(number(fmt::format("select count(*) {}", where)), static_cast<double>(own->count));
        EXPECT_DOUBLE_EQ(number(fmt::format("select sum(value) {}", where)), own->sum);
        EXPECT_DOUBLE_EQ(number(fmt::format("select max(value) {}", where)), own->max);
    }
}

TEST_F(AnalysisTest, AsksTheStoreOnlyForTheDatastreamsAndTimesOfTheQuestion) {
    store_.asked.clear();
    EXPECT_EQ(number(fmt::format("select count(value) from observations where datastream = {} and time >= "
                                 "'2026-03-02T00:00:00Z' and time < '2026-03-03T00:00:00Z'",
                                 ids_[0].value)),
              24);
    ASSERT_EQ(store_.asked.size(), 1U);
    EXPECT_EQ(store_.asked[0].selection.ids, std::vector{ids_[0]});
    EXPECT_EQ(store_.asked[0].interval.from, start + 24 * hour);
    EXPECT_GE(store_.asked[0].interval.to, start + 48 * hour);
    EXPECT_LE(store_.asked[0].interval.to, start + 48 * hour + Duration{1});
}

TEST_F(AnalysisTest, PushesDownListsBetweensAndComparisonsTurnedRound) {
    store_.asked.clear();
    EXPECT_EQ(number(fmt::format("select count(*) from observations where datastream in ({}, {}, 999) and time between "
                                 "'2026-03-01T01:00:00Z' and '2026-03-01T02:00:00Z' and '2026-03-01T01:30:00Z' < time",
                                 ids_[0].value, ids_[1].value)),
              2);
    ASSERT_EQ(store_.asked.size(), 1U);
    EXPECT_THAT(*store_.asked[0].selection.ids, ::testing::IsSupersetOf({ids_[0], ids_[1]}));
    EXPECT_THAT(*store_.asked[0].selection.ids, ::testing::Not(::testing::Contains(ids_[2])));
    EXPECT_LE(store_.asked[0].interval.to, start + 2 * hour + Duration{1});
    EXPECT_GE(store_.asked[0].interval.from, start + hour);
}

/// Counts rows and says whether each comes after the one before it.
class OrderSink final : public Sink {
public:
    Result<void> columns(std::span<const Column>) override { return {}; }
    Result<void> row(std::span<const Cell> cells) override {
        const std::pair now{std::stoll(std::string(*cells[0])), std::stoll(std::string(*cells[1]))};
        in_order = in_order && before < now;
        before = now;
        ++rows;
        return {};
    }
    Result<void> finish() override { return {}; }

    std::pair<long long, long long> before{0, 0};
    std::size_t rows = 0;
    bool in_order = true;
};

TEST_F(AnalysisTest, ThreadsShareALongScanAndItsRowsKeepTheirOrder) {
    constexpr int streams = 12;
    constexpr int each = 60'000;
    std::vector<observations::Arrival> rows;
    for (int stream = 0; stream < streams; ++stream) {
        for (int i = 0; i < each; ++i) {
            rows.push_back({DatastreamId{100 + stream}, {start + i * hour, std::int64_t{i}, {}}});
        }
    }
    std::vector<observations::Outcome> outcomes(rows.size());
    ASSERT_TRUE(store_.append(rows, {2}, outcomes));
    store_.asked.clear();
    OrderSink sink;
    const auto answer = analysis_->query("SELECT datastream, epoch_us(time) FROM observations", Selection::all(), sink);
    ASSERT_TRUE(answer) << answer.error();
    EXPECT_EQ(sink.rows, std::size_t{streams} * each + 3000);
    EXPECT_TRUE(sink.in_order);
    EXPECT_GE(store_.asked.size(), 3U);  // parts, which any thread may take
    EXPECT_EQ(number("SELECT sum(value) FROM observations WHERE datastream >= 100"), 12.0 * each * (each - 1) / 2);
}

TEST_F(AnalysisTest, AlternativesAreNotMistakenForBounds) {
    EXPECT_EQ(number(fmt::format("select count(*) from observations where datastream = {} or time < "
                                 "'2026-03-01T01:00:00Z'",
                                 ids_[0].value)),
              1002);
    EXPECT_EQ(number(fmt::format("select count(*) from observations where not (datastream = {})", ids_[0].value)),
              2000);
}

TEST_F(AnalysisTest, JoinsReadingsWithTheirNames) {
    const auto out =
        ask("select d.name, d.thing_name, d.unit, count(*) n from observations o join datastreams d on "
            "o.datastream = d.id where d.result_type = 'number' group by all");
    ASSERT_TRUE(out) << out.error();
    EXPECT_EQ(*out, "name,thing_name,unit,n\r\nStream of number,Landfalltjern,°C,1000\r\n");
}

TEST_F(AnalysisTest, WhatTheAskerMayNotSeeIsNotThere) {
    const Selection one = Selection::of({ids_[1]});
    EXPECT_EQ(number("select count(*) from observations", one), 1000);
    EXPECT_EQ(number("select count(*) from datastreams", one), 1);
    EXPECT_EQ(number(fmt::format("select count(*) from observations where datastream = {}", ids_[0].value), one), 0);
    EXPECT_EQ(number("select count(*) from bypuls_observations()", one), 1000);
    EXPECT_EQ(number("select count(*) from observations", Selection::of({})), 0);
    for (const auto& asked : store_.asked) {
        ASSERT_TRUE(asked.selection.ids);
        EXPECT_THAT(*asked.selection.ids, ::testing::Each(ids_[1]));
    }
}

TEST_F(AnalysisTest, DaysAreThoseOfOslo) {
    const auto out =
        ask(fmt::format("select min(time) as t, count(*) as n from observations where datastream = {} and "
                        "time >= '2026-03-29' and time < '2026-03-30'",
                        ids_[0].value));
    ASSERT_TRUE(out) << out.error();
    EXPECT_EQ(*out, "t,n\r\n2026-03-29 00:00:00+01,23\r\n");  // the clocks go forward
}

TEST_F(AnalysisTest, WritesCsvAndJsonAsTheirRulesSay) {
    const std::string sql = "select 1 as n, 'a\"b' as t, null as x, true as b, 'nan'::double as d, '' as e";
    EXPECT_EQ(*ask(sql), "n,t,x,b,d,e\r\n1,\"a\"\"b\",,true,nan,\"\"\r\n");
    EXPECT_EQ(*ask(sql, Selection::all(), Format::json), R"({"n":1,"t":"a\"b","x":null,"b":true,"d":"nan","e":""})"
                                                         "\n");
}

TEST_F(AnalysisTest, ATableSaysHowManyRowsItLeftOut) {
    const auto out = ask("select value from observations where value is not null", Selection::all(), Format::table);
    ASSERT_TRUE(out) << out.error();
    EXPECT_THAT(*out, HasSubstr("2000 rows, of which 1000 are shown"));
}

TEST_F(AnalysisTest, ReachesNoFileNetworkExtensionOrSetting) {
    for (const auto* sql : {"select * from read_csv('/etc/passwd')",
                            "select * from '/etc/passwd'",
                            "select * from read_text('/etc/passwd')",
                            "select * from read_blob('/etc/hostname')",
                            "select * from glob('/etc/*')",
                            "select * from read_parquet('https://example.org/x.parquet')",
                            "select * from read_json('/etc/os-release')",
                            "copy (select 1) to 'bypuls-analysis-test.csv'",
                            "attach 'bypuls-analysis-test.db' as x",
                            "install httpfs",
                            "load httpfs",
                            "set enable_external_access = true",
                            "set lock_configuration = false",
                            "pragma memory_limit='1TB'",
                            "create table t as select 1",
                            "drop view observations",
                            "insert into t values (1)",
                            "select 1; select 2",
                            "",
                            "export database 'bypuls-analysis-test'",
                            "checkpoint",
                            "call pragma_version()",
                            "selekt 1"}) {
        expect_refused(sql);
    }
    EXPECT_EQ(number("select count(*) from observations"), 3000) << "the tables are as they were";
}

TEST_F(AnalysisTest, AQuestionWithoutEndIsStopped) {
    analysis_ = open({.time = std::chrono::milliseconds(50)});
    const auto out = ask("select count(*) from range(10000000) a, range(10000000) b where a.range * b.range % 7 = 3");
    ASSERT_FALSE(out);
    EXPECT_EQ(out.error().code, Errc::timed_out) << out.error();
}

TEST_F(AnalysisTest, AQuestionLargerThanItsMemoryIsStopped) {
    analysis_ = open({.memory_bytes = 16U << 20U, .threads = 1});
    const auto out = ask("select a.range, list(b.range) from range(2000) a, range(20000) b group by a.range");
    ASSERT_FALSE(out);
    EXPECT_EQ(out.error().code, Errc::exhausted) << out.error();
    EXPECT_EQ(number("select count(*) from observations"), 3000);
}

TEST_F(AnalysisTest, TroubleInTheStoreIsToldAsItIs) {
    store_.broken = true;
    const auto out = ask("select * from observations");
    ASSERT_FALSE(out);
    EXPECT_EQ(out.error(), (Error{Errc::damaged, "the disk is on fire"}));
}

TEST_F(AnalysisTest, ASinkThatFailsEndsTheQuestion) {
    const auto sink = make_sink(
        Format::csv, [](std::string_view) -> Result<void> { return fail(Errc::unavailable, "nobody reads on"); });
    const auto answer = analysis_->query("select 1", Selection::all(), *sink);
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, Errc::unavailable);
}

TEST_F(AnalysisTest, WritesFilesThatHoldTheWholeSelectionAndNeverOverwrites) {
    const std::string folder = ::testing::TempDir() + fmt::format("bypuls-analysis-{}", ::getpid());
    std::filesystem::create_directories(folder);
    const Export csv{.datastreams = Selection::of({ids_[0]}),
                     .interval = {start, start + 10 * hour},
                     .format = FileFormat::csv,
                     .path = folder + "/it's.csv"};
    const auto written = analysis_->write_file(csv);
    ASSERT_TRUE(written) << written.error();
    EXPECT_EQ(written->rows, 10U);
    const auto text = read_text_file(csv.path);
    ASSERT_TRUE(text);
    EXPECT_THAT(*text, StartsWith("datastream,time,value,text,quality,usable\n"));
    EXPECT_EQ(std::ranges::count(*text, '\n'), 11);
    EXPECT_EQ(analysis_->write_file(csv).error().code, Errc::conflict);

    const Export parquet{.datastreams = Selection::all(), .path = folder + "/all.parquet"};
    const auto packed = analysis_->write_file(parquet);
    ASSERT_TRUE(packed) << packed.error();
    EXPECT_EQ(packed->rows, 3000U);
    const auto bytes = read_text_file(parquet.path);
    EXPECT_THAT(*bytes, StartsWith("PAR1"));
    EXPECT_FALSE(std::filesystem::exists(parquet.path + ".part"));
    std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace bypuls::analysis
