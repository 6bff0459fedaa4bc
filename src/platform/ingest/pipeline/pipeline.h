#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <thread>

#include "core/async/task.h"
#include "core/clock.h"
#include "core/result.h"
#include "platform/ingest/pipeline/projection.h"

namespace bypuls::ingest::pipeline {

/// What the sender is told.
struct Receipt {
    journal::Position position;
    std::size_t accepted = 0;  ///< frames, lines or rows that are on disk now
    std::size_t rejected = 0;
    std::vector<Refused> refused;
};

struct PipelineOptions {
    /// Messages that are on disk but not yet applied; above it submit() answers Errc::exhausted (503, Retry-After).
    std::size_t in_flight_bytes_max = 64U << 20U;
    /// Above it a sender is told that its message is on disk only when the message has been applied, so that senders go
    /// at the pace of what is applied, and few are refused. Nobody is held back while applying is in trouble.
    std::size_t in_flight_bytes_easy = 24U << 20U;
    /// The longest that applied readings stay in memory alone.
    std::chrono::milliseconds settle_interval{5000};
};

/// The way in: reads a message, writes it to the journal, tells the sender when it is on disk, then makes observations
/// of it on a thread of its own. Messages are applied in the order of their positions. What has been applied settles on
/// a second thread, while the first goes on.
class Pipeline {
public:
    using Done = std::move_only_function<void(Result<Receipt>)>;
    struct Parts {
        journal::Journal& journal;
        Projection& projection;
        Ledger& ledger;
        observations::Store& store;
        const Clock& clock;
    };

    /// The projection must have been replayed. Starts the threads.
    Pipeline(Parts parts, PipelineOptions options);
    /// Stops taking messages in, applies and settles what was accepted, and joins the threads.
    ~Pipeline();
    /// The program is about to stop, so from now on nobody waits for what cannot be applied: they are told
    /// Errc::unavailable, and it is applied at the next start, since it is on disk; so is all that comes after it.
    /// Until then what can be applied still is. Thread-safe; the destructor does it too.
    void expect_stop();
    Pipeline(const Pipeline&) = delete;
    Pipeline& operator=(const Pipeline&) = delete;

    /// `done` is called once, from any thread, after the journal's fsync or with the reason why the message is not
    /// kept:
    ///  - malformed: sending it again will not help; a dead letter tells why, which of a publish is on disk by then
    ///  - exhausted: too much is in flight, or the disk is full (disk_full() says which); try again later
    ///  - unavailable: the journal failed, or the program is stopping
    void submit(Message message, Done done);
    /// The same for a coroutine, which goes on where it was.
    Task<Result<Receipt>> submit(Message message);
    /// Blocks. Not from the loop.
    Result<Receipt> submit_and_wait(Message message);

    /// The same, but `done` waits until the message has been applied, so that whoever asks next sees it. The receipt
    /// counts and describes what was quarantined as rejected too. Errc::unavailable when the program stops first: then
    /// the message is on disk, and is applied at the next start.
    void submit_until_applied(Message message, Done done);
    Task<Result<Receipt>> submit_until_applied(Message message);

    /// What somebody refused who understands it before the pipeline does, and whose sender may not hear why: a dead
    /// letter tells, and the account has it. `kept` is called once, from any thread: of a publish (is_publish) when the
    /// letter is on disk, or with why it is not, as for submit(); of others at once. Thread-safe.
    using Kept = std::move_only_function<void(Result<void>)>;
    void refuse(Message message, const Error& error, Kept kept);

    /// The parts of a kept message that were refused, where its sender hears nothing of them: one dead letter tells of
    /// the first, and how many more there are. They stand in the account already. Of a publish that is acknowledged the
    /// letter is made of what is on disk, and this does nothing. Thread-safe.
    void tell_of_refused(const Message& message, const Receipt& receipt);

    /// Deletes readings for good, those accepted before the call included, here and on the public plane: how many.
    /// Blocks.
    Result<std::uint64_t> remove(observations::DatastreamId id, Interval interval) {
        return remove(id, std::span(&interval, 1));
    }
    /// The same for many intervals, by rising time and apart.
    Result<std::uint64_t> remove(observations::DatastreamId id, std::span<const Interval> intervals);

    /// Tries a kept message again: after a device was adopted or a codec mended.
    void replay(journal::Position position, Done done);

    /// Blocks until everything accepted before the call has been applied. Errc::unavailable when the program stops
    /// first. For tests, imports and deletions.
    Result<void> drain();
    /// Blocks until it has settled, too.
    Result<void> flush();
    /// The same, but Errc::timed_out when it takes longer: what was accepted is kept and goes on by itself.
    Result<void> flush_within(std::chrono::milliseconds patience);

    bool disk_full() const { return parts_.journal.health().disk_full; }
    /// The account of each source, with what is in flight counted as received.
    std::map<std::string, Counts, std::less<>> counts() const;
    /// The last thing that kept messages from being applied; empty when all is well.
    std::string trouble() const;

private:
    enum class Until : std::uint8_t { kept, applied };
    struct Waiting {
        journal::Position position;
        std::unique_ptr<Intake> intake;
        Until until = Until::kept;
        Receipt receipt{};
        Done done = nullptr;  ///< told when it has been applied; empty when the sender has been told
    };
    /// What a sender is to be told, once no lock is held.
    struct Answer {
        Done done;
        Result<Receipt> receipt;
    };

    void reject(const Message& message, const Error& error);
    void submit(Message message, Until until, Done done);
    bool reserve(std::size_t bytes, Done& done);
    void append(std::unique_ptr<Intake> intake, Until until, std::size_t bytes, Done done);
    void refuse_append(std::size_t bytes, const std::string& source, std::size_t units, Answer answer);
    void append_ended();
    void enqueue(Waiting waiting);
    static void tell(std::unique_lock<std::mutex>& lock, std::vector<Answer> answers);
    std::vector<Answer> let_go_of_kept(Waiting& first);
    std::vector<Answer> abandon_queue(Waiting& first);
    void run();
    bool wait_for_work(std::unique_lock<std::mutex>& lock);
    void look_ahead_if_due(std::unique_lock<std::mutex>& lock);
    void apply_one(std::unique_lock<std::mutex>& lock);
    void try_due();
    bool settle_is_due() const;
    void begin_settle_if_due(std::unique_lock<std::mutex>& lock);
    void run_settling();
    void settle_ended(std::chrono::steady_clock::time_point began, const Result<void>& settled);

    Parts parts_;
    PipelineOptions options_;
    std::atomic<std::size_t> in_flight_bytes_{0};

    mutable std::mutex mutex_;
    std::condition_variable work_;
    std::condition_variable applied_;
    std::deque<Waiting> queue_;
    std::size_t looked_at_ = 0;  // of the queue's first, how many have been looked at together
    std::map<std::string, std::uint64_t, std::less<>> in_flight_;  // units by source
    std::string trouble_;
    std::size_t appending_ = 0;  // given to the journal, whose senders may still be being told
    bool refusing_ = false;
    bool leaving_ = false;    // the first that cannot be applied is left to the next start
    bool abandoned_ = false;  // it was, and all after it is, since messages are applied in order
    bool stopping_ = false;
    bool busy_ = false;
    bool settling_ = false;  // begun, and not yet finished by the second thread
    bool settling_over_ = false;
    std::condition_variable settle_begun_;
    std::uint64_t flushes_asked_ = 0;
    std::uint64_t flushes_begun_ = 0;
    std::uint64_t flushes_done_ = 0;
    Result<void> flush_result_;
    std::chrono::steady_clock::time_point next_settle_;
    std::chrono::steady_clock::time_point settle_not_before_;  // after one that failed, unless somebody asks
    std::thread thread_;
    std::thread settling_thread_;
};

}  // namespace bypuls::ingest::pipeline
