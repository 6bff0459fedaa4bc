#include "core/async/fair_pool.h"

#include <latch>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bypuls {
namespace {

namespace asio = boost::asio;
using testing::ElementsAre;

void spawn(asio::io_context& loop, Task<void> task) {
    asio::co_spawn(loop, std::move(task), [](const std::exception_ptr& error) {
        if (error) {
            std::rethrow_exception(error);
        }
    });
}

TEST(FairPool, WhoeverAsksMuchDoesNotKeepOthersWaiting) {
    asio::io_context loop;
    FairPool pool({.all_max = 2, .each_max = 1});
    std::latch another_is_answered(1);
    std::vector<std::string> order;
    const auto ask = [&](std::string who, auto work) -> Task<void> {
        const auto answered = co_await pool.run(who, work);
        EXPECT_TRUE(answered.has_value());
        order.push_back(who);
    };
    for (int i = 0; i < 5; ++i) {
        spawn(loop, ask("much", [&] {
                  another_is_answered.wait();
                  return 0;
              }));
    }
    spawn(loop, ask("little", [&] {
              another_is_answered.count_down();
              return 0;
          }));
    loop.run();
    EXPECT_EQ(order.size(), 6U) << "the first of much would wait for ever if little's turn did not come before it ends";
}

TEST(FairPool, ThoseWhoWaitAreServedInTurn) {
    asio::io_context loop;
    FairPool pool({.all_max = 1, .each_max = 1});
    std::vector<std::string> order;
    for (const char* who : {"a", "a", "a", "b", "c"}) {
        spawn(loop, [](FairPool& of, std::vector<std::string>& told, std::string name) -> Task<void> {
            co_await of.run(name, [&] {
                told.push_back(name);
                return 0;
            });
        }(pool, order, who));
    }
    loop.run();
    EXPECT_THAT(order, ElementsAre("a", "b", "c", "a", "a"));
}

TEST(FairPool, ALineHasAnEnd) {
    asio::io_context loop;
    FairPool pool({.all_max = 1, .each_max = 1, .waiting_max = 1});
    std::latch refused(1);
    std::vector<bool> answered;
    const auto ask = [&]() -> Task<void> {
        const auto answer = co_await pool.run("a", [&] {
            refused.wait();
            return 0;
        });
        answered.push_back(answer.has_value());
        if (!answer) {
            EXPECT_EQ(answer.error().code, Errc::exhausted);
            refused.count_down();
        }
    };
    for (int i = 0; i < 3; ++i) {
        spawn(loop, ask());
    }
    loop.run();
    EXPECT_THAT(answered, ElementsAre(false, true, true));
}

TEST(FairPool, AWaitHasAnEnd) {
    asio::io_context loop;
    FairPool pool({.all_max = 1, .each_max = 1, .wait_max = std::chrono::milliseconds{1}});
    std::latch refused(1);
    std::optional<Errc> why;
    spawn(loop, [](FairPool& of, std::latch& until) -> Task<void> {
        // The first one's turn comes at once, however short the wait: the bell rings and is not waited for.
        co_await of.run("a", [&] {
            until.wait();
            return 0;
        });
    }(pool, refused));
    spawn(loop, [](FairPool& of, std::latch& until, std::optional<Errc>& told) -> Task<void> {
        const auto answer = co_await of.run("b", [] { return 0; });
        told = answer ? std::nullopt : std::optional(answer.error().code);
        until.count_down();
    }(pool, refused, why));
    loop.run();
    EXPECT_EQ(why, Errc::timed_out);
}

TEST(FairPool, WhoeverIsCancelledLeavesTheLine) {
    asio::io_context loop;
    FairPool pool({.all_max = 1, .each_max = 1});
    std::latch left(1);
    bool was_run = false;
    bool ended = false;
    asio::cancellation_signal cancel;
    spawn(loop, [](FairPool& of, std::latch& until) -> Task<void> {
        co_await of.run("a", [&] {
            until.wait();
            return 0;
        });
    }(pool, left));
    asio::co_spawn(
        loop,
        [&]() -> Task<void> {
            co_await pool.run("b", [&] {
                was_run = true;
                return 0;
            });
        },
        asio::bind_cancellation_slot(cancel.slot(), [&](const std::exception_ptr&) {
            ended = true;
            left.count_down();
        }));
    asio::post(loop, [&] { cancel.emit(asio::cancellation_type::terminal); });
    loop.run();
    EXPECT_TRUE(ended);
    EXPECT_FALSE(was_run);
}

}  // namespace
}  // namespace bypuls
