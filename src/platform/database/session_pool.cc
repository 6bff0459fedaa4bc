#include "platform/database/session_pool.h"

#include <utility>

#include <soci/postgresql/soci-postgresql.h>

#include "core/check.h"
#include "core/log.h"
#include "platform/database/database.h"

namespace bypuls::database {
namespace {

bool is_lost(soci::session& session) {
    if (session.get_backend_name() != "postgresql") {
        return false;
    }
    // SOCI does not export the type's identity, so that a dynamic_cast would not link.
    auto* postgresql = static_cast<soci::postgresql_session_backend*>(session.get_backend());
    return PQstatus(postgresql->conn_) != CONNECTION_OK;
}

}  // namespace

SessionPool::SessionPool(std::size_t sessions_max, std::chrono::milliseconds wait_max, Open open)
    : sessions_max_(sessions_max), wait_max_(wait_max), open_(std::move(open)) {
    check(sessions_max > 0, "a pool of sessions holds at least one");
}

Result<std::unique_ptr<soci::session>> SessionPool::take() {
    {
        std::unique_lock lock(mutex_);
        if (!freed_.wait_for(lock, wait_max_, [&] { return taken_ < sessions_max_; })) {
            return fail(Errc::timed_out, "no database session became free within " + std::to_string(wait_max_.count()) +
                                             " ms; try again");
        }
        ++taken_;
        if (!idle_.empty()) {
            auto session = std::move(idle_.back());
            idle_.pop_back();
            return session;
        }
    }
    auto opened = open_();
    if (!opened) {
        forget();
    }
    return opened;
}

void SessionPool::give_back(std::unique_ptr<soci::session> session) {
    {
        const std::lock_guard lock(mutex_);
        idle_.push_back(std::move(session));
        --taken_;
    }
    freed_.notify_one();
}

void SessionPool::forget() {
    {
        const std::lock_guard lock(mutex_);
        --taken_;
    }
    freed_.notify_one();
}

Result<std::unique_ptr<HeldSession>> HeldSession::begin(SessionPool& pool, const char* begin_statement) {
    // A server that was restarted leaves dead sessions in the pool; each shows itself here once.
    constexpr int attempts_max = 16;
    for (int attempt = 1;; ++attempt) {
        TRY(auto session, pool.take());
        const auto begun = run("begin", [&]() -> Result<void> {
            *session << begin_statement;
            return {};
        });
        if (begun) {
            return std::make_unique<HeldSession>(pool, std::move(session));
        }
        const bool lost = is_lost(*session);
        if (lost) {
            session.reset();
            pool.forget();
        } else {
            pool.give_back(std::move(session));
        }
        if (!lost || attempt == attempts_max) {
            return std::unexpected(begun.error());
        }
    }
}

HeldSession::HeldSession(SessionPool& pool, std::unique_ptr<soci::session> session)
    : pool_(pool), session_(std::move(session)) {}

HeldSession::~HeldSession() {
    if (open_) {
        const auto undone = run("rollback", [&]() -> Result<void> {
            *session_ << "ROLLBACK";
            return {};
        });
        if (!undone && !is_lost(*session_)) {
            // SQLite rolls back by itself after some errors; a session in an unknown state is not used again.
            log::debug("database", "rollback failed", {{"reason", undone.error().what}});
            session_.reset();
            pool_.forget();
            return;
        }
    }
    if (is_lost(*session_)) {
        session_.reset();
        pool_.forget();
    } else {
        pool_.give_back(std::move(session_));
    }
}

Result<void> HeldSession::commit() {
    check(open_, "a transaction is committed once");
    TRY_DO(run("commit", [&]() -> Result<void> {
        *session_ << "COMMIT";
        return {};
    }));
    open_ = false;
    return {};
}

}  // namespace bypuls::database
