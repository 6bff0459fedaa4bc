// Bits turn over and files are cut short while the program is stopped. It either says that it cannot start, or it
// starts, says what is damaged, and serves nothing that was not sent.
#include <algorithm>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include "core/random.h"

#include "tests/fault/audit.h"

namespace bypuls::fault {
namespace {

using namespace std::chrono_literals;
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

void cut_short(const std::string& path, Random& random) {
    fs::resize_file(path, random.below(fs::file_size(path)));
}

class Damage : public testing::Test {
protected:
    /// A town with some readings settled and some only in the journal, killed.
    void SetUp() override {
        const std::string token = town_.make_token({});
        for (const auto interval : {std::chrono::milliseconds{100}, std::chrono::milliseconds{1h}}) {
            town_.start({.settle_interval = interval});
            const auto serving = town_.await_serving();
            ASSERT_TRUE(serving.has_value()) << serving.error();
            int status = 0;
            waitpid(start_sending(ledger_, town_.port(), token, 1, 120), &status, 0);
            if (interval == 100ms) {
                EXPECT_EQ(town_.stop(), 0);
            }
            town_.kill_now();
        }
        fs::copy(town_.data(), whole_, fs::copy_options::recursive);
    }
    void mend() {
        fs::remove_all(town_.data());
        fs::copy(whole_, town_.data(), fs::copy_options::recursive);
    }
    /// Starts it on the damaged files, and looks at what it says and keeps.
    void start_and_look() {
        const std::size_t before = town_.log().size();
        town_.start({});
        const bool serves = town_.await_serving().has_value();
        if (serves) {
            EXPECT_EQ(town_.stop(), 0);
        }
        const std::string said = town_.log().substr(before);
        if (!serves) {
            refused_ += 1;
            EXPECT_GT(said.size(), 20U) << "it refused without a sentence";
            return;
        }
        const Found found = audit(town_, read_ledger(ledger_), Losses::reported);
        const bool told = said.find("\"warning\"") != std::string::npos ||
                          said.find("\"error\"") != std::string::npos || found.damaged > 0;
        EXPECT_TRUE(found.missing == 0 || told)
            << found.missing << " acknowledged readings are missing, and nobody says so: " << said;
        served_ += 1;
    }

    Folder folder_;
    Town town_{folder_.path()};
    const std::string ledger_ = folder_.path() + "/ledger";
    const std::string whole_ = folder_.path() + "/whole";
    SeededRandom random_{7};
    int refused_ = 0;
    int served_ = 0;
};

TEST_F(Damage, InTheJournalIsToldAndNeverServed) {
    for (int round = 0; round < 6; ++round) {
        SCOPED_TRACE(fmt::format("round {}", round));
        mend();
        const auto files = segments(town_);
        ASSERT_FALSE(files.empty());
        const std::string& file = files[random_.below(files.size())];
        round % 2 == 0 ? turn_bit(file, random_) : cut_short(file, random_);
        start_and_look();
    }
    EXPECT_GT(served_, 0);
}

TEST_F(Damage, InTheDatabaseIsToldAndNeverServed) {
    for (int round = 0; round < 6; ++round) {
        SCOPED_TRACE(fmt::format("round {}", round));
        mend();
        round == 5 ? cut_short(town_.observations(), random_) : turn_bit(town_.observations(), random_);
        start_and_look();
    }
}

}  // namespace
}  // namespace bypuls::fault
