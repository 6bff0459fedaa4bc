#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <iostream>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <unistd.h>

#include "apps/bypuls/commands.h"
#include "apps/bypuls/demo.h"
#include "apps/demo/recording.h"
#include "core/clock.h"
#include "core/text.h"
#include "platform/http/client.h"

namespace bypuls::apps {
namespace {

using std::chrono::milliseconds;

struct Summary {
    std::uint64_t sent = 0;  ///< and answered
    std::uint64_t accepted = 0;
    std::uint64_t refused = 0;
    std::string first_refusal;
    std::string gave_up;  ///< why the rest was not sent; empty when all was
};

/// What became of one event.
struct Delivery {
    std::string refusal;    ///< empty when it was taken in
    bool hopeless = false;  ///< the next would fare no better: nobody answers, or the key is not good enough
};

/// A few requests at a time, over a short queue.
class Senders {
public:
    explicit Senders(const ReplayArguments& arguments) : arguments_(arguments) {
        for (std::int64_t i = 0; i < arguments.connections; ++i) {
            threads_.emplace_back([this] { run(); });
        }
    }
    ~Senders() { finish(); }
    Senders(const Senders&) = delete;
    Senders& operator=(const Senders&) = delete;

    /// Waits while the queue is full. False when there is no point in sending more.
    bool send(std::string event) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return queue_.size() < queue_max || !summary_.gave_up.empty(); });
        if (!summary_.gave_up.empty()) {
            return false;
        }
        queue_.push_back(std::move(event));
        lock.unlock();
        changed_.notify_all();
        return true;
    }
    /// Waits until everything is answered.
    Summary finish() {
        {
            const std::lock_guard lock(mutex_);
            ended_ = true;
        }
        changed_.notify_all();
        for (std::thread& thread : threads_) {
            thread.join();
        }
        threads_.clear();
        return summary_;
    }
    std::uint64_t sent() const {
        const std::lock_guard lock(mutex_);
        return summary_.sent;
    }

private:
    static constexpr std::size_t queue_max = 256;
    static constexpr int attempts_max = 5;

    void run() {
        std::unique_lock lock(mutex_);
        for (;;) {
            changed_.wait(lock, [this] { return ended_ || !queue_.empty(); });
            if (queue_.empty()) {
                return;
            }
            const std::string event = std::move(queue_.front());
            queue_.pop_front();
            lock.unlock();
            changed_.notify_all();
            Delivery delivery = deliver(event);
            lock.lock();
            if (delivery.hopeless) {
                summary_.gave_up = std::move(delivery.refusal);
                queue_.clear();
                changed_.notify_all();
                continue;
            }
            summary_.sent += 1;
            (delivery.refusal.empty() ? summary_.accepted : summary_.refused) += 1;
            if (summary_.first_refusal.empty()) {
                summary_.first_refusal = std::move(delivery.refusal);
            }
        }
    }

    /// A town that is busy, or silent, is asked again, as network servers do.
    Delivery deliver(const std::string& event) {
        http::Headers headers;
        headers.set("Content-Type", "application/json");
        headers.set("Authorization", "Bearer " + arguments_.token);
        std::string url = arguments_.to + "/ingest/" + arguments_.way;
        if (arguments_.way == "chirpstack") {
            url += "?event=" + (arguments_.event.empty() ? std::string(demo::recorded_kind(event)) : arguments_.event);
        }
        Delivery delivery;
        for (int attempt = 0; attempt < attempts_max; ++attempt) {
            if (attempt > 0) {
                std::this_thread::sleep_for(milliseconds{200 << attempt});
            }
            const auto answer =
                http::fetch({.method = http::Method::post, .url = url, .headers = headers, .body = event},
                            {.deadline = std::chrono::seconds{30}, .reach = http::Reach::anywhere});
            if (answer && answer->status / 100 == 2) {
                return {};
            }
            delivery.refusal = answer ? fmt::format("{} {}", answer->status, answer->body) : answer.error().what;
            delivery.hopeless = !answer || answer->status == 401 || answer->status == 403 || answer->status == 404;
            const bool worth_another_try = !answer || answer->status == 503 || answer->status == 429;
            if (!worth_another_try) {
                break;
            }
        }
        return delivery;
    }

    const ReplayArguments& arguments_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::string> queue_;
    Summary summary_;
    bool ended_ = false;
    std::vector<std::thread> threads_;
};

/// When an event is due, so that the recording runs `speed` times as fast as it was made.
class Pace {
public:
    explicit Pace(double speed) : speed_(speed), began_(std::chrono::steady_clock::now()) {}

    void wait_for(const std::string& event) {
        const auto time = speed_ > 0 ? demo::recorded_time(event) : std::nullopt;
        if (!time) {
            return;
        }
        first_ = first_.value_or(*time);
        const std::chrono::duration<double> into = *time - *first_;
        std::this_thread::sleep_until(began_ +
                                      std::chrono::duration_cast<std::chrono::steady_clock::duration>(into / speed_));
    }

private:
    double speed_;
    std::chrono::steady_clock::time_point began_;
    std::optional<Instant> first_;
};

void print_summary(const Summary& summary, double seconds) {
    std::string refusal;
    append_json_string(refusal, summary.first_refusal);
    std::cout << fmt::format(R"({{"sent":{},"accepted":{},"refused":{},"seconds":{:.3f},"first_refusal":{}}})",
                             summary.sent, summary.accepted, summary.refused, seconds,
                             summary.first_refusal.empty() ? "null" : refusal)
              << std::endl;
}

}  // namespace

int replay(const ReplayArguments& given) {
    ReplayArguments arguments = given;
    while (arguments.to.ends_with('/')) {
        arguments.to.pop_back();
    }
    auto recording = demo::Recording::open(posix_files(), arguments.file);
    if (!recording) {
        std::cerr << recording.error().what << "\n";
        return exit_arguments;
    }
    const auto began = std::chrono::steady_clock::now();
    Senders senders(arguments);
    Pace pace(arguments.speed);
    std::optional<Error> trouble;
    const bool watched = ::isatty(STDERR_FILENO) == 1;
    auto next_report = began + std::chrono::seconds{1};
    for (;;) {
        auto event = recording->next();
        if (!event || !*event) {
            trouble = event ? std::nullopt : std::optional(event.error());
            break;
        }
        pace.wait_for(**event);
        if (!senders.send(std::move(**event))) {
            break;
        }
        if (const auto now = std::chrono::steady_clock::now(); watched && now >= next_report) {
            next_report = now + std::chrono::seconds{1};
            std::cerr << fmt::format("\r{:3.0f} %  {} sent", recording->progress() * 100, senders.sent()) << std::flush;
        }
    }
    const Summary summary = senders.finish();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    if (watched) {
        std::cerr << fmt::format("\r{:3.0f} %  {} sent\n", recording->progress() * 100, summary.sent);
    }
    print_summary(summary, took.count());
    if (trouble) {
        std::cerr << trouble->what << "\n";
    }
    if (!summary.gave_up.empty()) {
        std::cerr << fmt::format("Gave up after {} events: {}\n", summary.sent, summary.gave_up);
    }
    return trouble || summary.refused > 0 || !summary.gave_up.empty() ? exit_failed : exit_ok;
}

}  // namespace bypuls::apps
