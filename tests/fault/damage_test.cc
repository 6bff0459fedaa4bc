// Bits turn over and files are cut short while the program is stopped. It either says that it cannot start, or it
// starts, says what is damaged, and serves nothing that was not sent.
#include <algorithm>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>
#include <sys/wait.h>

#include "core/files.h"
#include "core/random.h"
#include "core/time/iso8601.h"
#include "platform/observations/blocks/sqlite.h"

#include "tests/fault/audit.h"

namespace bypuls::fault {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
namespace fs = std::filesystem;

std::vector<std::string> segments(const Town& town) {
    std::vector<std::string> found;
    for (const auto& entry : fs::directory_iterator(town.journal())) {
        if (entry.is_regular_file() && entry.file_size() > 0) {
            found.push_back(entry.path().string());
        }
    }
    std::ranges::sort(found);
    return found;
}

void turn_bit(const std::string& path, Random& random) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    const auto at = static_cast<std::streamoff>(random.below(fs::file_size(path)));
    file.seekg(at);
    const int byte = file.get();
    file.seekp(at);
    file.put(static_cast<char>(byte ^ (1 << random.below(8))));
}

void turn_bit_at(const std::string& path, std::uint64_t at) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(static_cast<std::streamoff>(at));
    const int byte = file.get();
    file.seekp(static_cast<std::streamoff>(at));
    file.put(static_cast<char>(byte ^ 0x10));
}

void cut_short(const std::string& path, Random& random) {
    fs::resize_file(path, random.below(fs::file_size(path)));
}

constexpr std::string_view with_mqtt = "[mqtt]\nlisten = \"127.0.0.1:0\"\n";

class Damage : public testing::Test {
protected:
    /// A town with some readings settled and some only in the journal, killed.
    void SetUp() override {
        token_ = town_.make_token({});
        for (const auto interval : {std::chrono::milliseconds{100}, std::chrono::milliseconds{1h}}) {
            town_.start({.settle_interval = interval, .more = std::string(with_mqtt)});
            const auto serving = town_.await_serving();
            ASSERT_TRUE(serving.has_value()) << serving.error();
            int status = 0;
            waitpid(start_sending(ledger_, town_.port(), token_, 1, 120), &status, 0);
            if (interval == 100ms) {
                EXPECT_EQ(town_.stop(), 0);
            }
            town_.kill_now();
        }
        fs::copy(town_.data(), whole_, fs::copy_options::recursive);
    }
    /// A command of the program on the town; its exit code. What it says is in told().
    int run(std::vector<std::string> arguments) {
        arguments.insert(arguments.end(), {"--data", town_.data()});
        std::ofstream(said_, std::ios::trunc).close();
        return Town::run(arguments, said_);
    }
    std::string told() const { return read_text_file(said_).value(); }
    /// Behind the program's back: what a bit that turned over in a row does, and no page or index tells.
    void change(const std::string& file, const std::string& sql) {
        auto connection = observations::blocks::Connection::open(town_.data() + "/" + file,
                                                                 observations::blocks::Connection::Mode::write);
        ASSERT_TRUE(connection.has_value()) << connection.error();
        const auto done = connection->execute(sql.c_str());
        ASSERT_TRUE(done.has_value()) << done.error();
    }
    void mend() {
        fs::remove_all(town_.data());
        fs::copy(whole_, town_.data(), fs::copy_options::recursive);
    }
    /// What is served of each sensor. Every value is one that was sent, so nothing damaged goes out; and what was
    /// damaged has been looked at, so that the program has had its reason to say so. How many readings.
    std::size_t read_back() {
        std::size_t readings = 0;
        for (int id = 1; id <= sensors; ++id) {
            const auto [status, body] = town_.get(
                fmt::format("/sta/v1.1/Datastreams({})/Observations?$top=1000&$select=phenomenonTime,result", id),
                token_);
            EXPECT_NE(status, 0) << "it crashed";
            const auto answer = nlohmann::json::parse(body, nullptr, false);
            if (status != 200 || !answer.is_object()) {
                continue;  // the key or the datastream went with the damage
            }
            for (const auto& row : answer.at("value")) {
                const auto time = parse_instant(row.at("phenomenonTime").get<std::string>()).value();
                const auto value = row.at("result").get<std::int64_t>();
                bool sent = false;
                for (std::int64_t sensor = 0; sensor < sensors && !sent; ++sensor) {
                    sent = number_of({sensor, time, value}).has_value();
                }
                EXPECT_TRUE(sent) << "served, but never sent: " << row.dump();
                readings += 1;
            }
        }
        return readings;
    }
    /// Starts it on the damaged files, and looks at what it says, serves and keeps.
    void start_and_look(const std::string& damaged) {
        SCOPED_TRACE(damaged);
        const std::size_t before = town_.log().size();
        town_.start({.more = std::string(with_mqtt)});
        const bool serves = town_.await_serving().has_value();
        if (serves) {
            served_ += 1;
            read_ += read_back();
            EXPECT_EQ(town_.get("/healthz", "").first, 200);
            EXPECT_EQ(town_.stop(), 0);
        }
        const std::string said = town_.log().substr(before);
        const std::string name = fs::path(damaged).filename().string();
        const bool named = said.find(name) != std::string::npos;
        if (!serves) {
            refused_ += 1;
            EXPECT_TRUE(named) << "it refused, and does not say why: " << said;
            return;
        }
        const Found found = audit(town_, read_ledger(ledger_), Losses::reported);
        EXPECT_TRUE((found.missing == 0 && found.damaged == 0) || named)
            << found.missing << " acknowledged readings are missing and " << found.damaged
            << " blocks damaged, and nobody names the file: " << said;
    }
    /// Bits of a database's file, one in each round, and in the last round half of the file.
    void damage_and_look(const std::string& path, int rounds) {
        for (int round = 0; round < rounds; ++round) {
            SCOPED_TRACE(fmt::format("round {}", round));
            mend();
            ASSERT_TRUE(fs::exists(path));
            round + 1 == rounds ? cut_short(path, random_) : turn_bit(path, random_);
            start_and_look(path);
        }
    }
    void TearDown() override {
        std::printf("%d times it served, %zu readings of them; %d times it refused to start\n", served_, read_,
                    refused_);
    }

    Folder folder_;
    Town town_{folder_.path()};
    const std::string ledger_ = folder_.path() + "/ledger";
    const std::string said_ = folder_.path() + "/said";
    const std::string whole_ = folder_.path() + "/whole";
    SeededRandom random_{7};
    int refused_ = 0;
    std::string token_;
    int served_ = 0;
    std::size_t read_ = 0;
};

TEST_F(Damage, InTheJournalIsToldAndNeverServed) {
    for (int round = 0; round < 6; ++round) {
        SCOPED_TRACE(fmt::format("round {}", round));
        mend();
        const auto files = segments(town_);
        ASSERT_FALSE(files.empty());
        const std::string& file = files[random_.below(files.size())];
        round % 2 == 0 ? turn_bit(file, random_) : cut_short(file, random_);
        start_and_look(file);
    }
    EXPECT_GT(served_, 0);
    EXPECT_GT(read_, 0U);
}

TEST_F(Damage, InTheReadingsIsToldAndNeverServed) {
    damage_and_look(town_.observations(), 6);
    EXPECT_GT(served_, 0);
    EXPECT_GT(read_, 0U);
}

TEST_F(Damage, InTheRegistryAndTheIdentityIsToldAndNeverServed) {
    damage_and_look(town_.data() + "/internal/registry.db", 8);
    EXPECT_GT(served_ + refused_, 0);
    EXPECT_GT(refused_, 0) << "what was cut in half cannot be served";
}

TEST_F(Damage, InTheSessionsOfMqttIsToldAndNeverServed) {
    damage_and_look(town_.data() + "/internal/mqtt.db", 5);
    EXPECT_GT(refused_, 0);
}

/// The log of a database that was running: SQLite alone would take the revocation for never made.
TEST_F(Damage, InTheLogOfTheRegistryIsToldAndOpensNoRevokedKey) {
    const std::string log = town_.data() + "/internal/registry.db-wal";
    town_.start({});
    ASSERT_TRUE(town_.await_serving().has_value());
    ASSERT_EQ(run({"token", "revoke", "1"}), 0) << told();
    EXPECT_EQ(town_.get("/sta/v1.1/Things", token_).first, 401);
    for (int key = 0; key < 3; ++key) {
        town_.make_token({});
    }
    town_.kill_now();
    fs::remove_all(whole_);
    fs::copy(town_.data(), whole_, fs::copy_options::recursive);
    EXPECT_EQ(run({"verify"}), 0) << told();
    int found = 0;
    for (const bool with_index : {true, false}) {
        mend();
        if (!fs::exists(log)) {
            continue;
        }
        found += 1;
        if (!with_index) {
            fs::remove(town_.data() + "/internal/registry.db-shm");
        }
        // Where the revocation lies: before the three keys, each a transaction of some pages.
        const auto size = fs::file_size(log);
        ASSERT_GT(size, 12U * 4120U);
        turn_bit_at(log, size - 10 * 4120 + 3000);
        for (const auto& command : std::vector<std::vector<std::string>>{{"verify"}, {"token", "list"}, {"doctor"}}) {
            EXPECT_EQ(run(command), 1) << command.front();
            EXPECT_THAT(told(), HasSubstr("registry.db-wal is damaged at byte")) << command.front();
        }
        EXPECT_EQ(run({"backup", "--to", folder_.path() + "/backup"}), 1) << told();
        town_.start({});
        EXPECT_FALSE(town_.await_serving().has_value());
        EXPECT_EQ(fs::file_size(log), size) << "it is there still, to be looked at";

        town_.start({.arguments = {"--accept-loss", "internal/registry.db-wal"}});
        const auto serving = town_.await_serving();
        ASSERT_TRUE(serving.has_value()) << serving.error();
        town_.kill_now();
        EXPECT_EQ(fs::file_size(log + ".damaged-1"), size);
        town_.start({});
        EXPECT_TRUE(town_.await_serving().has_value()) << "once is enough";
        EXPECT_EQ(town_.stop(), 0);
        EXPECT_EQ(run({"verify"}), 0) << told();
    }
    EXPECT_EQ(found, 2);
}

TEST_F(Damage, BesideTheBlocksIsToldAndReadFromThemAgain) {
    for (const char* file : {"internal/observations.db", "public/observations.db"}) {
        SCOPED_TRACE(file);
        mend();
        const bool internal = std::string_view(file).starts_with("internal");
        if (internal) {
            change(file, "UPDATE datastream SET latest_value = 31.5, usable_value = 31.5");
        } else {
            change(file, "INSERT OR REPLACE INTO datastream SELECT 1, 0, 1, 0, 0, -1, 0, 31.5, 0, 0, 31.5, 0, 7");
        }
        EXPECT_EQ(run({"verify"}), 1);
        EXPECT_THAT(told(), HasSubstr(std::string(file) + " blocks"));
        const std::size_t before = town_.log().size();
        town_.start({.more = std::string(with_mqtt)});
        const auto serving = town_.await_serving();
        ASSERT_TRUE(serving.has_value()) << serving.error();
        EXPECT_THAT(town_.log().substr(before), HasSubstr(std::string(file) + R"(","datastream":")"));
        EXPECT_GT(read_back(), 0U);
        EXPECT_EQ(town_.stop(), 0);
        EXPECT_EQ(run({"verify"}), 0) << told();
        const Found found = audit(town_, read_ledger(ledger_));
        EXPECT_EQ(found.missing + found.damaged, 0U);
    }
}

TEST_F(Damage, OfThePublicCatalogueIsToldAndMendedFromTheInternalPlane) {
    const std::string catalogue = town_.data() + "/public/catalogue.json";
    for (const bool cut : {false, true}) {
        mend();
        cut ? cut_short(catalogue, random_) : turn_bit_at(catalogue, fs::file_size(catalogue) / 2);
        EXPECT_EQ(run({"verify"}), 1);
        EXPECT_THAT(told(), HasSubstr("public/catalogue.json"));
        town_.start({.arguments = {"--plane", "public"}});
        const auto alone = town_.await_serving();
        ASSERT_FALSE(alone.has_value());
        EXPECT_THAT(alone.error().what,
                    AllOf(HasSubstr(catalogue + " is damaged"), HasSubstr("both planes"), Not(HasSubstr("exception"))));
        const std::size_t before = town_.log().size();
        town_.start({});
        const auto serving = town_.await_serving();
        ASSERT_TRUE(serving.has_value()) << serving.error();
        EXPECT_THAT(town_.log().substr(before), HasSubstr("the public catalogue is damaged and is made anew"));
        EXPECT_EQ(town_.stop(), 0);
        EXPECT_EQ(run({"verify"}), 0) << told();
    }
}

TEST_F(Damage, OfThePublicPlaneIsToldAndMendedFromTheInternalOne) {
    const std::string folder = town_.data() + "/public";
    damage_and_look(folder + "/observations.db", 4);
    damage_and_look(folder + "/registry.db", 5);
    EXPECT_GT(refused_, 0);
    // What the sentence says to do.
    for (const char* suffix : {"", "-wal", "-shm"}) {
        fs::remove(folder + "/registry.db" + suffix);
    }
    town_.start({.more = std::string(with_mqtt)});
    const auto serving = town_.await_serving();
    ASSERT_TRUE(serving.has_value()) << serving.error();
    EXPECT_GT(read_back(), 0U);
    EXPECT_EQ(town_.stop(), 0);
}

}  // namespace
}  // namespace bypuls::fault
