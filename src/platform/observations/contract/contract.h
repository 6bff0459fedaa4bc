#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "platform/observations/store.h"

/// The contract that all stores of observations keep, and what its tests share.
namespace bypuls::observations::contract {

/// A way to have a store, and what is done to it after every append before the test looks.
struct Backend {
    std::string name;
    std::function<Result<std::unique_ptr<Store>>(const std::string& folder)> open;
    bool settles = false;
    bool merges_and_reopens = false;
};

inline std::string name_of_backend(const testing::TestParamInfo<Backend>& tested) {
    return tested.param.name;
}

/// A folder that goes away with the test.
class Folder {
public:
    Folder() {
        std::string pattern = (std::filesystem::temp_directory_path() / "observations-XXXXXX").string();
        path_ = mkdtemp(pattern.data());
    }
    ~Folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    const std::string& path() const { return path_; }

private:
    std::string path_;
};

class StoreContract : public testing::TestWithParam<Backend> {
protected:
    StoreContract() { open(); }

    void open() {
        store_.reset();
        auto opened = GetParam().open(folder_.path());
        if (!opened) {
            throw std::runtime_error(opened.error().what);
        }
        store_ = std::move(*opened);
    }

    std::vector<Outcome> append(const std::vector<Arrival>& rows) {
        std::vector<Outcome> outcomes(rows.size());
        const auto done = store_->append(rows, {++position_}, outcomes);
        EXPECT_TRUE(done) << done.error();
        rest();
        return outcomes;
    }

    /// What this back end's kind does between an append and a look.
    void rest() {
        if (GetParam().settles) {
            const auto settled = store_->settle({position_});
            EXPECT_TRUE(settled) << settled.error();
        }
        if (GetParam().merges_and_reopens) {
            maintain();
            open();
        }
    }

    void maintain() {
        for (;;) {
            const auto more = store_->maintain();
            ASSERT_TRUE(more) << more.error();
            if (!*more) {
                return;
            }
        }
    }

    Folder folder_;
    std::unique_ptr<Store> store_;
    std::uint64_t position_ = 0;
};

constexpr Interval all_time{earliest_time, latest_time};

/// Memory, and blocks with their readings in memory, in day blocks, and in month blocks read back from the file.
std::vector<Backend> backends();

}  // namespace bypuls::observations::contract
