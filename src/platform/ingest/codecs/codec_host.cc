#include "platform/ingest/codecs/codec_host.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <future>
#include <list>
#include <mutex>
#include <thread>

#include <fmt/format.h>

#include "core/check.h"
#include "core/log.h"
#include "platform/ingest/codecs/protocol.h"
#include "platform/ingest/codecs/worker_process.h"

namespace bypuls::ingest::codecs {
namespace {

using std::chrono::steady_clock;

constexpr std::size_t frames_per_request_max = 256;
constexpr std::size_t variables_bytes_max = 16U << 10U;
constexpr std::chrono::seconds start_limit{20};

/// A thread that lives as long as the host and starts every worker, since a worker dies with the thread that started
/// it.
class Keeper {
public:
    Keeper() : thread_([this](const std::stop_token& stop) { run(stop); }) {}

    Result<WorkerProcess> start(const std::string& program, const std::vector<std::string>& arguments) {
        std::packaged_task<Result<WorkerProcess>()> task([&] { return WorkerProcess::spawn(program, arguments); });
        auto outcome = task.get_future();
        {
            const std::lock_guard lock(mutex_);
            tasks_.push_back(std::move(task));
        }
        wake_.notify_one();
        return outcome.get();
    }

private:
    void run(const std::stop_token& stop) {
        std::unique_lock lock(mutex_);
        while (wake_.wait(lock, stop, [this] { return !tasks_.empty(); })) {
            auto task = std::move(tasks_.front());
            tasks_.pop_front();
            lock.unlock();
            task();
            lock.lock();
        }
    }

    std::mutex mutex_;
    std::condition_variable_any wake_;
    std::deque<std::packaged_task<Result<WorkerProcess>()>> tasks_;
    std::jthread thread_;
};

/// What a worker holds: its codecs with the newest used first.
struct Loaded {
    std::string id;
    std::string version;
    std::string source;
    std::uint32_t slot = 0;
};

struct Worker {
    WorkerProcess process;
    std::list<Loaded> loaded;
    std::uint32_t next_slot = 1;
    std::uint64_t answered = 0;  ///< since its start
};

Fault crashed(std::string sentence) {
    return Fault{.kind = Fault::Kind::crashed, .line = 0, .column = 0, .sentence = std::move(sentence)};
}

}  // namespace

class CodecHost::Crew {
public:
    explicit Crew(Options options)
        : options_(std::move(options)), workers_(std::max<std::size_t>(1, options_.workers)) {
        for (auto& worker : workers_) {
            free_.push_back(&worker);
        }
    }

    Result<void> start();
    Result<std::vector<Decoded>> decode(const Codec& codec, std::span<const Uplink> uplinks);
    Counts counts() const;
    std::vector<int> worker_ids() const;

private:
    /// Holds a worker and gives it back.
    class Lease {
    public:
        Lease(Crew& crew, Worker& worker) : crew_(crew), worker_(worker) {}
        ~Lease() {
            {
                const std::lock_guard lock(crew_.mutex_);
                crew_.free_.push_back(&worker_);
            }
            crew_.freed_.notify_one();
        }
        Lease(const Lease&) = delete;
        Lease& operator=(const Lease&) = delete;

    private:
        Crew& crew_;
        Worker& worker_;
    };

    Result<void> check_request(const Codec& codec, std::span<const Uplink> uplinks) const;
    Result<Worker*> acquire();
    Result<void> revive(Worker& worker);
    void retire(Worker& worker);
    Result<void> decode_some(Worker& worker, const Codec& codec, std::span<const Uplink> uplinks,
                             std::vector<Decoded>& out);
    Result<void> converse(Worker& worker, const Codec& codec, std::span<const Uplink> uplinks,
                          std::vector<Decoded>& out, bool& tired);
    Bytes request_for(Worker& worker, const Codec& codec, std::span<const Uplink> uplinks);
    std::size_t answer_bytes_max() const { return options_.output_bytes_max * 2 + (1U << 20U); }

    const Options options_;
    mutable std::mutex mutex_;
    std::condition_variable freed_;
    std::vector<Worker> workers_;
    std::vector<Worker*> free_;
    std::size_t waiting_ = 0;
    Counts counts_;
    std::map<const Worker*, int> ids_;
    Keeper keeper_;
};

Result<void> CodecHost::Crew::start() {
    for (auto& worker : workers_) {
        TRY_DO(revive(worker));
    }
    const std::lock_guard lock(mutex_);
    counts_.restarts = 0;
    return {};
}

Result<Worker*> CodecHost::Crew::acquire() {
    std::unique_lock lock(mutex_);
    if (free_.empty() && waiting_ >= options_.waiting_max) {
        return fail(Errc::exhausted, fmt::format("codecs: {} frames wait already", waiting_));
    }
    ++waiting_;
    const bool got = freed_.wait_for(lock, options_.patience, [this] { return !free_.empty(); });
    --waiting_;
    if (!got) {
        return fail(Errc::timed_out, "codecs: no worker became free in time");
    }
    Worker* worker = free_.back();
    free_.pop_back();
    return worker;
}

Result<void> CodecHost::Crew::revive(Worker& worker) {
    if (worker.process.alive()) {
        return {};
    }
    worker.loaded.clear();
    worker.answered = 0;
    TRY(auto process, keeper_.start(options_.program, options_.arguments));
    Bytes setup;
    put(setup, Setup{.cpu_limit_us = static_cast<std::uint64_t>(options_.cpu_limit.count()) * 1000,
                     .memory_bytes_max = options_.memory_bytes_max,
                     .output_bytes_max = options_.output_bytes_max});
    const auto deadline = steady_clock::now() + start_limit;
    const auto greet = [&]() -> Result<void> {
        TRY_DO(process.send(setup, deadline));
        TRY(const auto hello, process.receive_frame(answer_bytes_max(), deadline));
        TRY_DO(read_answer(hello));
        return {};
    };
    if (const auto greeted = greet(); !greeted) {
        return fail(Errc::unavailable,
                    fmt::format("codecs: {} did not become a worker: {}", options_.program, greeted.error().what));
    }
    worker.process = std::move(process);
    const std::lock_guard lock(mutex_);
    ++counts_.restarts;
    ids_[&worker] = worker.process.id();
    return {};
}

void CodecHost::Crew::retire(Worker& worker) {
    worker.process.kill();
    worker.loaded.clear();
    const std::lock_guard lock(mutex_);
    ids_.erase(&worker);
}

Result<void> CodecHost::Crew::check_request(const Codec& codec, std::span<const Uplink> uplinks) const {
    if (codec.source.size() > options_.source_bytes_max) {
        return fail(Errc::malformed,
                    fmt::format("codec {} is larger than {} bytes", codec.id, options_.source_bytes_max));
    }
    for (const auto& uplink : uplinks) {
        std::size_t size = 0;
        for (const auto& [name, value] : uplink.variables) {
            size += name.size() + value.size();
        }
        if (uplink.bytes.size() > uplink_bytes_max || size > variables_bytes_max) {
            return fail(Errc::malformed, "codecs: a payload above 4096 bytes, or variables above 16 KiB");
        }
    }
    return {};
}

Result<std::vector<Decoded>> CodecHost::Crew::decode(const Codec& codec, std::span<const Uplink> uplinks) {
    TRY_DO(check_request(codec, uplinks));
    TRY(Worker* const worker, acquire());
    const Lease lease(*this, *worker);
    std::vector<Decoded> answers;
    answers.reserve(uplinks.size());
    while (answers.size() < uplinks.size()) {
        const auto rest = uplinks.subspan(answers.size());
        TRY_DO(decode_some(*worker, codec, rest.first(std::min(rest.size(), frames_per_request_max)), answers));
    }
    const std::lock_guard lock(mutex_);
    counts_.decoded += answers.size();
    counts_.faults += static_cast<std::uint64_t>(
        std::ranges::count_if(answers, [](const Decoded& answer) { return answer.fault.has_value(); }));
    return answers;
}

/// Adds at least one answer. The frame a worker died over is tried once more, alone with a fresh worker; so is a frame
/// that met the memory limit in a worker others had used before, since they may have left little.
Result<void> CodecHost::Crew::decode_some(Worker& worker, const Codec& codec, std::span<const Uplink> uplinks,
                                          std::vector<Decoded>& out) {
    TRY_DO(revive(worker));
    const auto before = out.size();
    const bool fresh = worker.answered == 0;
    bool tired = false;
    auto spoken = converse(worker, codec, uplinks, out, tired);
    const auto is_memory = [](const Decoded& answer) {
        return answer.fault && answer.fault->kind == Fault::Kind::memory;
    };
    if (tired || !spoken) {
        retire(worker);
    }
    if (spoken && out.size() > before && is_memory(out.back()) && !(fresh && out.size() == before + 1)) {
        out.pop_back();
        spoken = fail(Errc::exhausted, "out of memory");
    }
    if (spoken) {
        return {};
    }
    if (spoken.error().code == Errc::timed_out) {
        out.push_back(Decoded{.fault = Fault{.kind = Fault::Kind::cpu,
                                             .line = 0,
                                             .column = 0,
                                             .sentence = fmt::format("gave no answer within {} ms and was killed",
                                                                     options_.wall_limit.count())}});
        return {};
    }
    log::warning("ingest/codecs", "a codec worker was replaced",
                 {{"codec", codec.id}, {"reason", spoken.error().what}});
    TRY_DO(revive(worker));
    const auto now = out.size();
    const auto again = converse(worker, codec, uplinks.subspan(now - before, 1), out, tired);
    if (tired || !again) {
        retire(worker);
    }
    if (!again && out.size() == now) {
        out.push_back(Decoded{.fault = crashed("the worker died twice over this frame: " + again.error().what)});
    }
    return {};
}

/// One request and its answers. Stops early, without failure, at an answer that says the worker is tired.
Result<void> CodecHost::Crew::converse(Worker& worker, const Codec& codec, std::span<const Uplink> uplinks,
                                       std::vector<Decoded>& out, bool& tired) {
    const Bytes request = request_for(worker, codec, uplinks);
    TRY_DO(worker.process.send(request, steady_clock::now() + options_.wall_limit));
    for (std::size_t i = 0; i < uplinks.size() && !tired; ++i) {
        TRY(const auto frame,
            worker.process.receive_frame(answer_bytes_max(), steady_clock::now() + options_.wall_limit));
        TRY(auto answer, read_answer(frame));
        tired = answer.tired;
        ++worker.answered;
        out.push_back(std::move(answer.decoded));
    }
    return {};
}

Bytes CodecHost::Crew::request_for(Worker& worker, const Codec& codec, std::span<const Uplink> uplinks) {
    auto& loaded = worker.loaded;
    std::optional<std::string_view> source;
    std::optional<std::uint32_t> drop;
    // By the text too: a codec changed under the same version must not decode with its old text.
    const auto found = std::ranges::find_if(loaded, [&](const Loaded& held) {
        return held.id == codec.id && held.version == codec.version && held.source == codec.source;
    });
    if (found != loaded.end()) {
        loaded.splice(loaded.begin(), loaded, found);
    } else {
        if (loaded.size() == codecs_per_worker_max) {
            drop = loaded.back().slot;
            loaded.pop_back();
        }
        loaded.push_front({codec.id, codec.version, codec.source, worker.next_slot++});
        source = codec.source;
    }
    Bytes request;
    put(request, loaded.front().slot, source, drop, uplinks);
    return request;
}

CodecHost::Counts CodecHost::Crew::counts() const {
    const std::lock_guard lock(mutex_);
    return counts_;
}

std::vector<int> CodecHost::Crew::worker_ids() const {
    const std::lock_guard lock(mutex_);
    std::vector<int> ids;
    for (const auto& [worker, id] : ids_) {
        ids.push_back(id);
    }
    return ids;
}

CodecHost::CodecHost(std::unique_ptr<Crew> crew) : crew_(std::move(crew)) {}
CodecHost::~CodecHost() = default;

Result<std::unique_ptr<CodecHost>> CodecHost::start(Options options) {
    auto crew = std::make_unique<Crew>(std::move(options));
    TRY_DO(crew->start());
    return std::unique_ptr<CodecHost>(new CodecHost(std::move(crew)));
}

Result<Decoded> CodecHost::decode(const Codec& codec, const Uplink& uplink) {
    TRY(auto answers, crew_->decode(codec, std::span(&uplink, 1)));
    check(answers.size() == 1, "one frame, one answer");
    return std::move(answers.front());
}

Result<std::vector<Decoded>> CodecHost::decode_batch(const Codec& codec, std::span<const Uplink> uplinks) {
    return crew_->decode(codec, uplinks);
}

CodecHost::Counts CodecHost::counts() const {
    return crew_->counts();
}
std::vector<int> CodecHost::worker_ids() const {
    return crew_->worker_ids();
}

}  // namespace bypuls::ingest::codecs
