#include "platform/mqtt/store.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

namespace bypuls::mqtt {
namespace {

bool same(const MessagePtr& a, const MessagePtr& b) {
    return a == b || (a != nullptr && b != nullptr && *a == *b);
}

/// Entries whose key begins with the client's name.
template <typename Map>
void erase_of(Map& map, const std::string& client_id) {
    auto at = map.lower_bound({client_id, {}});
    while (at != map.end() && at->first.first == client_id) {
        at = map.erase(at);
    }
}

class ThreadKeeper final : public Keeper {
public:
    explicit ThreadKeeper(Store& store) : store_(store), thread_([this] { run(); }) {}

    ~ThreadKeeper() override {
        {
            const std::lock_guard lock(mutex_);
            stopping_ = true;
        }
        wake_.notify_one();
        thread_.join();
    }

    void commit(std::shared_ptr<const Changes> changes, Done done) override {
        {
            const std::lock_guard lock(mutex_);
            work_.push_back({std::move(changes), std::move(done)});
        }
        wake_.notify_one();
    }

private:
    struct Work {
        std::shared_ptr<const Changes> changes;
        Done done;
    };

    void run() {
        std::unique_lock lock(mutex_);
        for (;;) {
            wake_.wait(lock, [this] { return stopping_ || !work_.empty(); });
            if (work_.empty()) {
                return;
            }
            Work work = std::move(work_.front());
            work_.pop_front();
            lock.unlock();
            work.done(store_.apply(*work.changes));
            lock.lock();
        }
    }

    Store& store_;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<Work> work_;  // the broker has one commit under way at a time
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace

bool operator==(const KeptSession& a, const KeptSession& b) {
    return a.client_id == b.client_id && a.owner == b.owner && a.grants == b.grants && a.expiry == b.expiry &&
           a.disconnected == b.disconnected && same(a.will, b.will) && a.will_delay == b.will_delay;
}

bool operator==(const KeptMessage& a, const KeptMessage& b) {
    return same(a.message, b.message) && a.qos == b.qos && a.retain == b.retain &&
           a.subscription_ids == b.subscription_ids && a.packet_id == b.packet_id && a.released == b.released;
}

void Changes::remove_session(const std::string& client_id) {
    sessions.erase(client_id);
    erase_of(subscriptions, client_id);
    erase_of(messages, client_id);
    erase_of(received, client_id);
    removed_sessions.insert(client_id);
}

void Changes::merge(Changes later) {
    for (const std::string& client_id : later.removed_sessions) {
        remove_session(client_id);
    }
    const auto put = [](auto& into, auto& from) {
        for (auto& [key, value] : from) {
            into.insert_or_assign(key, std::move(value));
        }
    };
    put(sessions, later.sessions);
    put(subscriptions, later.subscriptions);
    put(messages, later.messages);
    put(received, later.received);
    put(retained, later.retained);
}

std::unique_ptr<Keeper> make_keeper(Store& store) {
    return std::make_unique<ThreadKeeper>(store);
}

}  // namespace bypuls::mqtt
