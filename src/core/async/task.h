#pragma once

#include <concepts>
#include <type_traits>
#include <utility>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace bypuls {

/// Work that waits without holding a thread. Runs on the loop that spawned it; cancelled work ends with an exception
/// that only the loop catches.
template <typename T>
using Task = boost::asio::awaitable<T>;

/// Threads for work that blocks: SQL, password hashing, export. The loop never blocks, so it is what this is for.
class Pool {
public:
    explicit Pool(std::size_t threads) : pool_(threads) {}
    ~Pool() { pool_.join(); }
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;

    /// Runs `work` on a thread of the pool; the caller goes on where it was. Work that has begun cannot be cancelled: a
    /// cancelled caller goes on when it has ended, and is stopped at its next wait.
    template <std::invocable Work>
    Task<std::invoke_result_t<Work&>> run(Work work) {
        // Without the empty slot, Asio would post the caller's cancellation to the pool, where it may arrive after the
        // work and its frame are gone.
        co_return co_await boost::asio::co_spawn(
            pool_, call(std::move(work)),
            boost::asio::bind_cancellation_slot(boost::asio::cancellation_slot(), boost::asio::use_awaitable));
    }

private:
    template <typename Work>
    static Task<std::invoke_result_t<Work&>> call(Work work) {
        co_return work();
    }

    boost::asio::thread_pool pool_;
};

}  // namespace bypuls
