// `bypuls import observations` with a town that is only a list: what it sends, what it remembers, what it tells.
#include "apps/bypuls/import.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <sstream>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "apps/bypuls/commands.h"
#include "core/files.h"
#include "core/testing/folder.h"

namespace bypuls::apps {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

/// What a town was sent, over all the times that an import was begun.
struct Received {
    std::vector<std::string> batches;
    std::size_t refuse_after = SIZE_MAX;  ///< batches; then the town is not there
};

class ListTarget final : public ImportTarget {
public:
    explicit ListTarget(Received& received) : received_(received) {}
    Result<void> send(std::string rows) override {
        if (received_.batches.size() >= received_.refuse_after) {
            return fail(Errc::unavailable, "the town is not there");
        }
        accepted_ += static_cast<std::uint64_t>(std::ranges::count(rows, '\n'));
        received_.batches.push_back(std::move(rows));
        return {};
    }
    Result<Delivered> finish() override { return Delivered{.accepted = accepted_}; }
    std::string name() const override { return "list"; }

private:
    Received& received_;
    std::uint64_t accepted_ = 0;
};

class ImportTest : public ::testing::Test {
protected:
    void SetUp() override {
        arguments_.file = folder_ + "/temperatur.csv";
        arguments_.map = "time=tid,doubled=in_order,water=temperatur:number:Cel,air=luft:number:Cel";
        arguments_.json = true;
    }

    void write(std::string_view text) { ASSERT_TRUE(write_text_file(arguments_.file, text).has_value()); }
    /// Many hours with both temperatures, and in the middle a row that cannot be read.
    void write_hours(int hours) {
        std::string text = "tid,temperatur,luft\n";
        for (int i = 0; i < hours; ++i) {
            const std::string day = fmt::format("2025-06-{:02} {:02}:00:00", 1 + i / 24, i % 24);
            text += i == hours / 2 ? fmt::format("{},varmt,20\n", day) : fmt::format("{},{}.5,20\n", day, i % 30);
        }
        write(text);
    }
    int run() {
        out_.str("");
        err_.str("");
        return import_observations(arguments_,
                                   {.out = out_, .err = err_, .terminal = terminal_, .interrupted = interrupted_},
                                   [this](const auto&) -> Result<std::unique_ptr<ImportTarget>> {
                                       return std::make_unique<ListTarget>(received_);
                                   });
    }
    json summary() const { return json::parse(out_.str()); }
    std::vector<std::string> rows() const {
        std::vector<std::string> all;
        for (const std::string& batch : received_.batches) {
            std::istringstream lines(batch);
            for (std::string line; std::getline(lines, line);) {
                all.push_back(line);
            }
        }
        return all;
    }

    const TestFolder own_;
    const std::string folder_ = own_.path();
    ImportArguments arguments_;
    Received received_;
    std::ostringstream out_;
    std::ostringstream err_;
    bool terminal_ = false;
    std::function<bool()> interrupted_ = [] { return false; };
};

TEST_F(ImportTest, EveryCellIsAReadingAndMissingOnesAreNone) {
    write("tid;temperatur;luft\n2025-07-01 12:00:00;19,4;NaN\n2025-07-01 13:00:00;-;22\n");
    EXPECT_EQ(run(), exit_ok) << err_.str();
    EXPECT_THAT(rows(), ElementsAre(R"({"datastream":"water","time":"2025-07-01T10:00:00Z","value":19.4})",
                                    R"({"datastream":"air","time":"2025-07-01T11:00:00Z","value":22.0})"));
    EXPECT_EQ(summary()["rows"], 2);
    EXPECT_EQ(summary()["readings"], 2);
    EXPECT_EQ(summary()["missing"], 2);
    EXPECT_EQ(summary()["accepted"], 2);
}

TEST_F(ImportTest, ARowThatCannotBeReadIsWrittenDownWithItsReason) {
    arguments_.rejects = folder_ + "/rejects.csv";
    write("tid,temperatur,luft\n2025-07-01 12:00:00,19.4,20\n2025-07-01 13:00:00,\"va\"\"rmt\",21\n");
    EXPECT_EQ(run(), exit_failed);
    EXPECT_THAT(rows(), SizeIs(2));
    EXPECT_EQ(summary()["rejects"], 1);
    EXPECT_EQ(read_text_file(arguments_.rejects).value(),
              "row,column,reason,line\n2,\"temperatur\",\"'va\"\"rmt' is not a number\","
              "\"2025-07-01 13:00:00,\"\"va\"\"\"\"rmt\"\",21\"\n");
}

TEST_F(ImportTest, GoesOnWhereItWasWhenTheTownWentAway) {
    arguments_.batch_rows = 100;
    arguments_.rejects = folder_ + "/rejects.csv";
    write_hours(24 * 30);
    ASSERT_EQ(run(), exit_failed);
    const auto whole = rows();
    const auto rejects = read_text_file(arguments_.rejects).value();
    ASSERT_THAT(whole, SizeIs((24 * 30 - 1) * 2));
    ASSERT_TRUE(fs::remove(arguments_.file + ".progress"));

    // The same again in a file that is longer than one piece, so that there are several batches.
    std::string text = read_text_file(arguments_.file).value();
    const std::string body = text.substr(text.find('\n') + 1);
    for (int i = 0; i < 6; ++i) {
        text += body;
    }
    write(text);
    received_ = {.refuse_after = 1};
    EXPECT_EQ(run(), exit_failed);
    EXPECT_THAT(err_.str(), HasSubstr("the town is not there"));
    const std::size_t first = rows().size();
    EXPECT_GT(first, 0U);
    received_.refuse_after = SIZE_MAX;
    EXPECT_EQ(run(), exit_failed);
    EXPECT_TRUE(summary()["resumed"].get<bool>());
    EXPECT_EQ(rows().size(), whole.size() * 7) << "every reading once";
    EXPECT_EQ(summary()["rows_in_all"], 24 * 30 * 7);
    EXPECT_EQ(summary()["rejects"], 7);
    const auto after = read_text_file(arguments_.rejects).value();
    EXPECT_EQ(std::ranges::count(after, '\n'), 8) << after;
    EXPECT_TRUE(after.starts_with(rejects));
}

TEST_F(ImportTest, StopsBetweenBatchesWhenAsked) {
    arguments_.batch_rows = 10;
    write_hours(24 * 30);
    interrupted_ = [] { return true; };
    EXPECT_EQ(run(), exit_interrupted);
    EXPECT_FALSE(summary()["finished"].get<bool>());
    interrupted_ = [] { return false; };
    EXPECT_EQ(run(), exit_failed);
    EXPECT_EQ(rows().size(), static_cast<std::size_t>((24 * 30 - 1) * 2));
}

TEST_F(ImportTest, AFileThatGrewGivesOnlyWhatIsNew) {
    write("tid,temperatur,luft\n2025-07-01 12:00:00,19.4,20\n");
    EXPECT_EQ(run(), exit_ok);
    write("tid,temperatur,luft\n2025-07-01 12:00:00,19.4,20\n2025-07-01 13:00:00,19.6,21\n");
    EXPECT_EQ(run(), exit_ok);
    EXPECT_EQ(summary()["rows"], 1);
    EXPECT_THAT(rows(), SizeIs(4));
    write("tid,temperatur,luft\n");
    EXPECT_EQ(run(), exit_failed);
    EXPECT_THAT(err_.str(), HasSubstr("shorter"));
}

TEST_F(ImportTest, TheProgressOfAnotherImportIsRefusedUntilToldToBeginAnew) {
    write("tid,temperatur,luft\n2025-07-01 12:00:00,19.4,20\n");
    EXPECT_EQ(run(), exit_ok);
    arguments_.map = "time=tid,water=temperatur";
    EXPECT_EQ(run(), exit_failed);
    EXPECT_THAT(err_.str(), HasSubstr("--restart"));
    arguments_.restart = true;
    EXPECT_EQ(run(), exit_ok);
    EXPECT_THAT(rows(), SizeIs(3));
}

TEST_F(ImportTest, APreviewStoresNothingAndRemembersNothing) {
    arguments_.preview = true;
    write("tid,temperatur,luft\n2025-07-01 12:00:00,19.4,20\nnow,1,2\n");
    EXPECT_EQ(run(), exit_ok);
    EXPECT_EQ(summary()["rows"][0]["values"]["water"], 19.4);
    EXPECT_THAT(summary()["rejects"], SizeIs(1));
    arguments_.json = false;
    EXPECT_EQ(run(), exit_ok);
    EXPECT_THAT(out_.str(), AllOf(HasSubstr("2025-07-01T10:00:00Z"), HasSubstr("row 2 is refused")));
    EXPECT_THAT(rows(), SizeIs(0));
    EXPECT_FALSE(fs::exists(arguments_.file + ".progress"));
}

TEST_F(ImportTest, AMapMayStandInAFileAndIsCheckedBeforeAnythingIsSent) {
    write("tid,temperatur,luft\n2025-07-01 12:00:00,19.4,20\n");
    arguments_.map = folder_ + "/map.toml";
    ASSERT_TRUE(write_text_file(arguments_.map, "time = \"tid\"\ncolumns = [\"vann=temperatur:number:Cel\"]\n"));
    EXPECT_EQ(run(), exit_ok) << err_.str();
    EXPECT_THAT(rows(), ElementsAre(HasSubstr("vann")));
    arguments_.map = "time=klokka";
    EXPECT_EQ(run(), exit_arguments);
    arguments_.map = "time=klokka,water=temperatur";
    EXPECT_EQ(run(), exit_failed);  // the progress of the map before
    arguments_.restart = true;
    EXPECT_EQ(run(), exit_arguments);
    EXPECT_THAT(err_.str(), HasSubstr("klokka"));
    arguments_.to = "http://127.0.0.1:1";
    EXPECT_EQ(run(), exit_arguments);
    EXPECT_THAT(err_.str(), HasSubstr("--key"));
}

TEST_F(ImportTest, ABarIsDrawnOnlyForSomeoneWhoWatches) {
    write_hours(48);
    run();
    EXPECT_EQ(err_.str(), "");
    terminal_ = true;
    arguments_.restart = true;
    run();
    EXPECT_THAT(err_.str(), HasSubstr("100 %"));
}

}  // namespace
}  // namespace bypuls::apps
