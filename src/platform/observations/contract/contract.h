#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "core/testing/folder.h"
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

    TestFolder folder_;
    std::unique_ptr<Store> store_;
    std::uint64_t position_ = 0;
};

constexpr Interval all_time{earliest_time, latest_time};

/// Memory, and blocks with their readings in memory, in day blocks, and in month blocks read back from the file.
std::vector<Backend> backends();

}  // namespace bypuls::observations::contract
