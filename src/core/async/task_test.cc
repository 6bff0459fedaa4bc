#include "core/async/task.h"

#include <future>
#include <optional>
#include <thread>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <gtest/gtest.h>

namespace bypuls {
namespace {

namespace asio = boost::asio;

TEST(Pool, RunsWorkElsewhereAndComesBack) {
    asio::io_context loop;
    Pool pool(2);
    std::optional<bool> moved;
    std::optional<bool> came_back;
    asio::co_spawn(
        loop,
        [&]() -> Task<void> {
            const auto here = std::this_thread::get_id();
            const auto there = co_await pool.run([] { return std::this_thread::get_id(); });
            moved = there != here;
            came_back = std::this_thread::get_id() == here;
        },
        asio::bind_cancellation_slot(asio::cancellation_slot(), [](const std::exception_ptr&) {}));
    loop.run();
    EXPECT_EQ(moved, true);
    EXPECT_EQ(came_back, true);
}

// Asio 1.81 posts the cancellation to the pool behind the work; both threads then race for the frame.
TEST(Pool, CancellingACallerDoesNotReachItsWork) {
    for (int i = 0; i < 200; ++i) {
        asio::io_context loop;
        Pool pool(1);
        asio::cancellation_signal cancel;
        std::promise<void> released;
        bool ended = false;
        asio::co_spawn(
            loop,
            [&]() -> Task<int> {
                co_return co_await pool.run([&] {
                    asio::post(loop, [&] {
                        cancel.emit(asio::cancellation_type::terminal);
                        released.set_value();
                    });
                    released.get_future().wait();
                    return 7;
                });
            },
            asio::bind_cancellation_slot(cancel.slot(), [&](const std::exception_ptr& error, int seven) {
                ended = true;
                EXPECT_EQ(error, nullptr);
                EXPECT_EQ(seven, 7);
            }));
        loop.run();
        EXPECT_TRUE(ended);
    }
}

}  // namespace
}  // namespace bypuls
