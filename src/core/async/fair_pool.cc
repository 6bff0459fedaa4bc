#include "core/async/fair_pool.h"

#include <algorithm>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace bypuls {

namespace asio = boost::asio;

struct Turns::Turn::Waiter {
    explicit Waiter(const asio::any_io_executor& loop) : bell(loop) {}

    bool in_line = false;     ///< of Turns, under its mutex
    bool served = false;      ///< likewise
    asio::steady_timer bell;  ///< of the waiter's loop; cancelled when the turn has come
};

Turns::Turn::Turn(Turns& turns, std::string who, const asio::any_io_executor& loop)
    : turns_(turns), who_(std::move(who)), waiter_(std::make_shared<Waiter>(loop)) {}

Turns::Turn::~Turn() {
    turns_.leave(who_, waiter_);
}

Task<Result<void>> Turns::Turn::come() {
    // Set before the bell can be rung, since setting it cancels whoever waits.
    waiter_->bell.expires_after(turns_.limits_.wait_max);
    if (!turns_.join(who_, waiter_)) {
        co_return fail(Errc::exhausted, "too many of your questions wait to be answered");
    }
    co_await waiter_->bell.async_wait(asio::as_tuple(asio::use_awaitable));
    const std::lock_guard lock(turns_.mutex_);
    if (!waiter_->served) {
        co_return fail(Errc::timed_out, "too many questions are asked at once; this one's turn did not come");
    }
    co_return Result<void>{};
}

bool Turns::join(const std::string& who, const std::shared_ptr<Turn::Waiter>& waiter) {
    const std::lock_guard lock(mutex_);
    Line& line = lines_[who];
    if (line.waiting.size() >= limits_.waiting_max) {
        return false;
    }
    waiter->in_line = true;
    line.waiting.push_back(waiter);
    serve();
    return true;
}

void Turns::leave(const std::string& who, const std::shared_ptr<Turn::Waiter>& waiter) {
    const std::lock_guard lock(mutex_);
    const auto line = lines_.find(who);
    if (line == lines_.end()) {
        return;
    }
    if (waiter->served) {
        --line->second.running;
        --running_;
    } else if (waiter->in_line) {
        std::erase(line->second.waiting, waiter);
    }
    if (line->second.running == 0 && line->second.waiting.empty()) {
        lines_.erase(line);
    }
    serve();
}

void Turns::serve() {
    while (running_ < limits_.all_max && serve_next_after(last_)) {
    }
}

bool Turns::serve_next_after(const std::string& who) {
    auto at = lines_.upper_bound(who);
    for (std::size_t looked = 0; looked < lines_.size(); ++looked, ++at) {
        if (at == lines_.end()) {
            at = lines_.begin();
        }
        Line& line = at->second;
        if (line.waiting.empty() || line.running >= limits_.each_max) {
            continue;
        }
        const auto waiter = std::move(line.waiting.front());
        line.waiting.pop_front();
        waiter->served = true;
        ++line.running;
        ++running_;
        last_ = at->first;
        asio::post(waiter->bell.get_executor(), [waiter] { waiter->bell.cancel(); });
        return true;
    }
    return false;
}

}  // namespace bypuls
