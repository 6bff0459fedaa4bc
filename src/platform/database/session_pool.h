#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include <soci/soci.h>

#include "core/result.h"

namespace bypuls::database {

/// A bounded set of sessions, opened when first needed. Thread-safe. Part of the room's inside.
class SessionPool {
public:
    using Open = std::function<Result<std::unique_ptr<soci::session>>()>;

    SessionPool(std::size_t sessions_max, std::chrono::milliseconds wait_max, Open open);

    /// An idle session, or a new one while there are fewer than the most allowed. Errc::timed_out after wait_max.
    Result<std::unique_ptr<soci::session>> take();
    void give_back(std::unique_ptr<soci::session> session);
    /// One that was taken will not come back; its place is free.
    void forget();

private:
    const std::size_t sessions_max_;
    const std::chrono::milliseconds wait_max_;
    const Open open_;
    std::mutex mutex_;
    std::condition_variable freed_;
    std::vector<std::unique_ptr<soci::session>> idle_;
    std::size_t taken_ = 0;
};

/// A session out of its pool with a transaction open on it.
class HeldSession {
public:
    /// Takes a session and runs `begin_statement` on it.
    static Result<std::unique_ptr<HeldSession>> begin(SessionPool& pool, const char* begin_statement);

    HeldSession(SessionPool& pool, std::unique_ptr<soci::session> session);
    ~HeldSession();
    HeldSession(const HeldSession&) = delete;
    HeldSession& operator=(const HeldSession&) = delete;

    soci::session& sql() { return *session_; }
    Result<void> commit();

private:
    SessionPool& pool_;
    std::unique_ptr<soci::session> session_;
    bool open_ = true;
};

}  // namespace bypuls::database
