#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include <boost/asio/any_io_executor.hpp>

#include "core/async/task.h"
#include "core/result.h"

namespace bypuls {

/// Whose turn it is. Everybody may have so many at once, those who wait are served in turn, one of each, and both the
/// line and the wait have an end. Thread-safe.
class Turns {
public:
    struct Limits {
        std::size_t all_max = 4;        ///< turns at once
        std::size_t each_max = 2;       ///< turns at once for one who asks
        std::size_t waiting_max = 100;  ///< in line, for one who asks
        std::chrono::milliseconds wait_max{20'000};
    };
    explicit Turns(Limits limits) : limits_(limits) {}
    Turns(const Turns&) = delete;
    Turns& operator=(const Turns&) = delete;

    /// A place in line and then a turn, which ends with the object. `loop` runs one thread, that of whoever waits.
    class Turn {
    public:
        Turn(Turns& turns, std::string who, const boost::asio::any_io_executor& loop);
        ~Turn();
        Turn(const Turn&) = delete;
        Turn& operator=(const Turn&) = delete;

        /// Errc::exhausted when the line is full, Errc::timed_out when the turn did not come. A cancelled wait leaves
        /// the line.
        Task<Result<void>> come();

    private:
        struct Waiter;
        friend class Turns;

        Turns& turns_;
        std::string who_;
        std::shared_ptr<Waiter> waiter_;
    };

private:
    struct Line {
        std::size_t running = 0;
        std::deque<std::shared_ptr<Turn::Waiter>> waiting;
    };

    bool join(const std::string& who, const std::shared_ptr<Turn::Waiter>& waiter);
    void leave(const std::string& who, const std::shared_ptr<Turn::Waiter>& waiter);
    void serve();
    bool serve_next_after(const std::string& who);

    const Limits limits_;
    std::mutex mutex_;
    std::map<std::string, Line> lines_;
    std::size_t running_ = 0;
    std::string last_;  ///< who was served last
};

/// Threads for long work of many who ask: however much one asks, the others are answered.
class FairPool {
public:
    explicit FairPool(Turns::Limits limits) : turns_(limits), pool_(limits.all_max) {}

    /// Runs `work` in its turn as Pool::run() does. Errors: of Turn::come().
    template <std::invocable Work>
    Task<Result<std::invoke_result_t<Work&>>> run(std::string who, Work work) {
        Turns::Turn turn(turns_, std::move(who), co_await boost::asio::this_coro::executor);
        if (auto came = co_await turn.come(); !came) {
            co_return std::unexpected(std::move(came.error()));
        }
        co_return co_await pool_.run(std::move(work));
    }

private:
    Turns turns_;
    Pool pool_;
};

}  // namespace bypuls
