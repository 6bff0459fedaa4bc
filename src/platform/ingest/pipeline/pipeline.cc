#include "platform/ingest/pipeline/pipeline.h"

#include <algorithm>
#include <future>
#include <iterator>
#include <ranges>
#include <utility>

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>

#include "core/log.h"
#include "platform/ingest/pipeline/letters.h"

namespace bypuls::ingest::pipeline {
namespace {

/// How long to wait before a message that could not be applied is tried again.
constexpr std::chrono::milliseconds retry_delay{500};

/// What a message counts for while it waits to be applied.
std::size_t in_flight_bytes(const Message& message) {
    return message.body.size() + 256;
}

std::unexpected<Error> stopped_first() {
    return fail(Errc::unavailable, "the program is stopping; what was sent is on disk");
}

}  // namespace

Pipeline::Pipeline(Parts parts, PipelineOptions options)
    : parts_(parts), options_(options), next_settle_(parts.clock.steady() + options.settle_interval) {
    thread_ = std::thread([this] { run(); });
    settling_thread_ = std::thread([this] { run_settling(); });
}

Pipeline::~Pipeline() {
    {
        std::unique_lock lock(mutex_);
        refusing_ = true;
        leaving_ = true;
        work_.notify_all();
        // What the journal has not answered yet comes back to us.
        applied_.wait(lock, [&] { return appending_ == 0; });
        stopping_ = true;
    }
    work_.notify_all();
    thread_.join();
    {
        const std::lock_guard lock(mutex_);
        settling_over_ = true;
    }
    settle_begun_.notify_all();
    settling_thread_.join();
}

void Pipeline::expect_stop() {
    const std::lock_guard lock(mutex_);
    leaving_ = true;
    work_.notify_all();
}

void Pipeline::reject(const Message& message, const Error& error) {
    parts_.ledger.add_dead_letter(letter_about(message, Reason::malformed, with_what("malformed", error.what)));
    parts_.ledger.count(source_of(message.way), {.received = 1, .rejected = 1});
}

void Pipeline::refuse(Message message, const Error& error, Kept kept) {
    if (!is_publish(message)) {
        reject(message, error);
        kept({});
        return;
    }
    auto intake = refused_intake(std::move(message), error.what);
    const std::size_t bytes = in_flight_bytes(intake->message);
    Done done = [kept = std::move(kept)](Result<Receipt> receipt) mutable {
        kept(receipt ? Result<void>{} : std::unexpected(std::move(receipt).error()));
    };
    if (reserve(bytes, done)) {
        append(std::move(intake), Until::kept, bytes, std::move(done));
    }
}

void Pipeline::tell_of_refused(const Message& message, const Receipt& receipt) {
    if (receipt.rejected > 0 && !is_publish(message)) {
        parts_.ledger.add_dead_letter(letter_of_refused(message, receipt.refused, receipt.rejected));
    }
}

void Pipeline::submit(Message message, Done done) {
    submit(std::move(message), Until::kept, std::move(done));
}

void Pipeline::submit_until_applied(Message message, Done done) {
    submit(std::move(message), Until::applied, std::move(done));
}

/// False: too much is in flight, and `done` has been told.
bool Pipeline::reserve(std::size_t bytes, Done& done) {
    if (in_flight_bytes_.fetch_add(bytes) + bytes > options_.in_flight_bytes_max) {
        in_flight_bytes_ -= bytes;
        done(fail(Errc::exhausted, "too many messages wait to be stored; send it again in a moment"));
        return false;
    }
    return true;
}

void Pipeline::submit(Message message, Until until, Done done) {
    const std::size_t bytes = in_flight_bytes(message);
    if (!reserve(bytes, done)) {
        return;
    }
    auto prepared = prepare(std::move(message));
    if (prepared) {
        append(std::move(*prepared), until, bytes, std::move(done));
        return;
    }
    in_flight_bytes_ -= bytes;
    // Too large or too deep for a parser stays so, however often it is sent.
    Error error{Errc::malformed, std::move(prepared).error().what};
    const std::string why = error.what;
    refuse(std::move(message),  // NOLINT(bugprone-use-after-move): a refused message stays here
           error, [why, done = std::move(done)](Result<void> kept) mutable {
               done(kept ? fail(Errc::malformed, why) : std::unexpected(std::move(kept).error()));
           });
}

/// `bytes` have been reserved for it.
void Pipeline::append(std::unique_ptr<Intake> intake, Until until, std::size_t bytes, Done done) {
    const Bytes payload = record_payload(*intake);
    const std::string source(source_of(intake->message.way));
    {
        std::unique_lock lock(mutex_);
        if (refusing_) {
            lock.unlock();
            in_flight_bytes_ -= bytes;
            done(fail(Errc::unavailable, "the program is stopping"));
            return;
        }
        in_flight_[source] += intake->units();
        appending_ += 1;
    }
    const journal::Entry entry{
        .type = record_type(*intake), .source = source, .received = intake->message.received, .payload = payload};
    parts_.journal.append(entry, [this, bytes, source, until, intake = std::move(intake),
                                  done = std::move(done)](Result<journal::Position> kept) mutable {
        if (!kept) {
            refuse_append(bytes, source, intake->units(), {std::move(done), std::unexpected(std::move(kept).error())});
            return;
        }
        Receipt receipt{*kept, intake->good, intake->rejected, std::move(intake->refused)};
        intake->refused.clear();
        if (!receipt.refused.empty()) {
            intake->refused.push_back(receipt.refused.front());  // a publish's dead letter tells of it
        }
        enqueue({*kept, std::move(intake), until, std::move(receipt), std::move(done)});
    });
}

void Pipeline::refuse_append(std::size_t bytes, const std::string& source, std::size_t units, Answer answer) {
    {
        const std::lock_guard lock(mutex_);
        in_flight_bytes_ -= bytes;
        in_flight_[source] -= units;
    }
    answer.done(std::move(answer.receipt));
    const std::lock_guard lock(mutex_);
    append_ended();
}

void Pipeline::enqueue(Waiting waiting) {
    Answer answer;
    {
        const std::lock_guard lock(mutex_);
        if (waiting.until == Until::kept && (in_flight_bytes_ <= options_.in_flight_bytes_easy || !trouble_.empty())) {
            answer = {std::exchange(waiting.done, nullptr), std::move(waiting.receipt)};
        }
        queue_.push_back(std::move(waiting));
        work_.notify_one();
        if (!answer.done) {
            append_ended();
            return;
        }
    }
    answer.done(std::move(answer.receipt));
    const std::lock_guard lock(mutex_);
    append_ended();
}

/// With the lock held, and the last that a thread of the journal does here: what a sender is told may ask the pipeline
/// for something, so whoever takes it down waits until they have been told.
void Pipeline::append_ended() {
    appending_ -= 1;
    applied_.notify_all();
}

namespace {

/// Calls submit(message, done) and goes on where it was when `done` is called.
template <typename Submit>
Task<Result<Receipt>> wait_for(Submit submit, Message message) {
    co_return co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>&, void(Result<Receipt>)>(
        [submit](auto handler, Message kept) {
            submit(std::move(kept), [handler = std::move(handler)](Result<Receipt> receipt) mutable {
                auto executor = boost::asio::get_associated_executor(handler);
                boost::asio::post(executor, [handler = std::move(handler), receipt = std::move(receipt)]() mutable {
                    std::move(handler)(std::move(receipt));
                });
            });
        },
        boost::asio::use_awaitable, std::move(message));
}

}  // namespace

Task<Result<Receipt>> Pipeline::submit(Message message) {
    return wait_for([this](Message kept, Done done) { submit(std::move(kept), std::move(done)); }, std::move(message));
}

Task<Result<Receipt>> Pipeline::submit_until_applied(Message message) {
    return wait_for([this](Message kept, Done done) { submit_until_applied(std::move(kept), std::move(done)); },
                    std::move(message));
}

Result<std::uint64_t> Pipeline::remove(observations::DatastreamId id, std::span<const Interval> intervals) {
    // What has settled is never replayed, so the store need not remember each interval for that.
    constexpr std::size_t remembered_max = 16;
    if (intervals.size() > remembered_max) {
        TRY_DO(flush());
    } else {
        TRY_DO(drain());
    }
    return parts_.projection.remove(id, intervals);
}

Result<Receipt> Pipeline::submit_and_wait(Message message) {
    std::promise<Result<Receipt>> promise;
    auto future = promise.get_future();
    submit(std::move(message), [&](Result<Receipt> receipt) { promise.set_value(std::move(receipt)); });
    return future.get();
}

void Pipeline::replay(journal::Position position, Done done) {
    auto message = parts_.ledger.raw_message(position);
    if (!message) {
        done(std::unexpected(std::move(message).error()));
        return;
    }
    message->replay_of = position.value;
    submit(std::move(*message), std::move(done));
}

void Pipeline::run() {
    try_due();
    std::unique_lock lock(mutex_);
    while (wait_for_work(lock)) {
        if (!queue_.empty()) {
            apply_one(lock);
        }
        begin_settle_if_due(lock);
    }
    lock.unlock();
    // After the one that may be under way.
    if (const auto settled = parts_.projection.settle(); !settled) {
        log::error("ingest", "the last settle failed; the journal has everything", {{"why", settled.error().what}});
    }
}

/// Returns false when the thread should end: asked to stop, and nothing is left in the queue.
bool Pipeline::wait_for_work(std::unique_lock<std::mutex>& lock) {
    while (queue_.empty() && !settle_is_due()) {
        if (stopping_) {
            return false;
        }
        applied_.notify_all();
        work_.wait_for(lock, options_.settle_interval);
    }
    return true;
}

/// With the lock held.
bool Pipeline::settle_is_due() const {
    if (settling_) {
        return false;
    }
    const auto now = parts_.clock.steady();
    return flushes_begun_ != flushes_asked_ || (now >= settle_not_before_ && parts_.projection.wants_settle()) ||
           (now >= next_settle_ && parts_.projection.unsettled());
}

/// Where many wait, a few are looked at together before the first of them. Only this thread takes from the queue, so
/// what is looked at stays while others add to its end.
void Pipeline::look_ahead_if_due(std::unique_lock<std::mutex>& lock) {
    if (looked_at_ > 0) {
        --looked_at_;
        return;
    }
    if (queue_.size() < 2) {
        return;
    }
    std::vector<const Intake*> next;
    for (const Waiting& waiting : queue_ | std::views::take(Ahead::frames_max)) {
        next.push_back(waiting.intake.get());
    }
    looked_at_ = next.size() - 1;
    busy_ = true;
    lock.unlock();
    parts_.projection.look_ahead(next);
    lock.lock();
}

void Pipeline::apply_one(std::unique_lock<std::mutex>& lock) {
    look_ahead_if_due(lock);
    Waiting next = std::move(queue_.front());
    queue_.pop_front();
    busy_ = true;
    const std::string source(source_of(next.intake->message.way));
    std::vector<Refused> refused;
    std::vector<Answer> answers;
    for (;;) {
        if (abandoned_) {
            answers = abandon_queue(next);
            break;
        }
        lock.unlock();
        const auto counts = parts_.projection.apply(*next.intake, next.position, &refused);
        if (counts) {
            try_due();
        }
        lock.lock();
        if (counts) {
            trouble_.clear();
            if (next.until == Until::applied) {
                // A duplicate is one with all its units, also those that were refused of it.
                next.receipt.accepted = std::min<std::size_t>(counts->stored + counts->duplicate, next.intake->good);
                next.receipt.rejected = next.intake->units() - next.receipt.accepted;
                next.receipt.refused.insert(next.receipt.refused.end(), std::make_move_iterator(refused.begin()),
                                            std::make_move_iterator(refused.end()));
            }
            if (next.done) {
                answers.push_back({std::move(next.done), std::move(next.receipt)});
            }
            break;
        }
        trouble_ = counts.error().what;
        log::warning("ingest", "a message waits to be applied", {{"why", trouble_}});
        if (leaving_) {
            abandoned_ = true;
            continue;
        }
        tell(lock, let_go_of_kept(next));
        work_.wait_for(lock, retry_delay);
    }
    in_flight_[source] -= next.intake->units();
    in_flight_bytes_ -= in_flight_bytes(next.intake->message);
    busy_ = false;
    tell(lock, std::move(answers));
}

/// With the lock let go of meanwhile: whoever is told may send the next message at once.
void Pipeline::tell(std::unique_lock<std::mutex>& lock, std::vector<Answer> answers) {
    lock.unlock();
    for (Answer& answer : answers) {
        answer.done(std::move(answer.receipt));
    }
    lock.lock();
}

/// Puts what the ledger wants tried again at the end of the queue. What cannot be put there now stays due.
void Pipeline::try_due() {
    for (const journal::Position position : parts_.ledger.take_due()) {
        replay(position, [this, position](const Result<Receipt>& receipt) {
            if (receipt) {
                return;
            }
            const Errc code = receipt.error().code;
            if (code == Errc::not_found || code == Errc::damaged || code == Errc::malformed) {
                parts_.ledger.forget_due(position);
                log::warning("ingest", "a frame of a counter that began anew is no longer kept",
                             {{"position", std::to_string(position.value)}, {"why", receipt.error().what}});
            } else {
                parts_.ledger.give_back_due(position);
            }
        });
    }
}

/// Whoever was held back only for the sake of the pace is told now: what they sent is on disk.
std::vector<Pipeline::Answer> Pipeline::let_go_of_kept(Waiting& first) {
    std::vector<Answer> out;
    const auto let_go = [&](Waiting& waiting) {
        if (waiting.done && waiting.until == Until::kept) {
            out.push_back({std::exchange(waiting.done, nullptr), std::move(waiting.receipt)});
        }
    };
    let_go(first);
    std::ranges::for_each(queue_, let_go);
    return out;
}

/// What waits is in the journal, and will be applied at the next start. So must all that comes after one that could
/// not be applied: were it applied now, the cursor would pass over that one.
std::vector<Pipeline::Answer> Pipeline::abandon_queue(Waiting& first) {
    std::vector<Answer> out = let_go_of_kept(first);
    const auto abandon = [&](Waiting& waiting) {
        if (waiting.done) {
            out.push_back({std::exchange(waiting.done, nullptr), stopped_first()});
        }
    };
    abandon(first);
    std::ranges::for_each(queue_, abandon);
    queue_.clear();
    looked_at_ = 0;
    return out;
}

void Pipeline::begin_settle_if_due(std::unique_lock<std::mutex>& lock) {
    if (!settle_is_due()) {
        return;
    }
    flushes_begun_ = flushes_asked_;
    lock.unlock();
    const auto began = parts_.clock.steady();
    const auto begun = parts_.projection.begin_settle();
    lock.lock();
    if (begun && *begun) {
        settling_ = true;
        settle_begun_.notify_one();
    } else {
        settle_ended(began, begun ? Result<void>{} : std::unexpected(begun.error()));
    }
}

/// The second thread: finishes what the first has begun.
void Pipeline::run_settling() {
    std::unique_lock lock(mutex_);
    for (;;) {
        settle_begun_.wait(lock, [&] { return settling_ || settling_over_; });
        if (!settling_) {
            return;
        }
        lock.unlock();
        const auto began = parts_.clock.steady();
        const auto settled = parts_.projection.finish_settle();
        lock.lock();
        settling_ = false;
        settle_ended(began, settled);
        work_.notify_one();
    }
}

/// With the lock held.
void Pipeline::settle_ended(std::chrono::steady_clock::time_point began, const Result<void>& settled) {
    if (!settled) {
        log::warning("ingest", "settling failed and will be tried again", {{"why", settled.error().what}});
    }
    // A settle that takes long is made rarer, so that the machine has most of its time for other things.
    const auto ended = parts_.clock.steady();
    next_settle_ =
        ended + std::max<std::chrono::steady_clock::duration>(options_.settle_interval, 20 * (ended - began));
    settle_not_before_ = settled ? ended : ended + retry_delay;
    trouble_ = settled ? "" : settled.error().what;
    if (flushes_done_ < flushes_begun_) {
        flushes_done_ = flushes_begun_;
        flush_result_ = settled;
    }
    applied_.notify_all();
}

Result<void> Pipeline::drain() {
    std::unique_lock lock(mutex_);
    work_.notify_one();
    applied_.wait(lock, [&] { return appending_ == 0 && queue_.empty() && !busy_; });
    return abandoned_ ? stopped_first() : Result<void>{};
}

Result<void> Pipeline::flush() {
    TRY_DO(drain());
    std::unique_lock lock(mutex_);
    const std::uint64_t mine = ++flushes_asked_;
    work_.notify_one();
    applied_.wait(lock, [&] { return flushes_done_ >= mine; });
    return flush_result_;
}

Result<void> Pipeline::flush_within(std::chrono::milliseconds patience) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    std::unique_lock lock(mutex_);
    work_.notify_one();
    bool done = applied_.wait_until(lock, deadline, [&] { return appending_ == 0 && queue_.empty() && !busy_; });
    if (done) {
        const std::uint64_t mine = ++flushes_asked_;
        work_.notify_one();
        done = applied_.wait_until(lock, deadline, [&] { return flushes_done_ >= mine; });
    }
    if (abandoned_) {
        return stopped_first();
    }
    if (!done) {
        return fail(Errc::timed_out, trouble_.empty() ? "messages still wait to be applied" : trouble_);
    }
    return flush_result_;
}

std::map<std::string, Counts, std::less<>> Pipeline::counts() const {
    auto counts = parts_.ledger.counts();
    const std::lock_guard lock(mutex_);
    for (const auto& [source, units] : in_flight_) {
        counts[source].received += units;
    }
    return counts;
}

std::string Pipeline::trouble() const {
    const std::lock_guard lock(mutex_);
    return trouble_;
}

}  // namespace bypuls::ingest::pipeline
