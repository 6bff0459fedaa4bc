#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "platform/ingest/codecs/decoder.h"

namespace bypuls::ingest::codecs {

/// Runs codecs in sandboxed worker processes: SpiderMonkey without a host object, under seccomp, resource limits and
/// an empty environment (docs/decisions/0005-codec-sandbox.md).
///
/// A worker that dies or overruns is killed and replaced; the frame it had is tried once more in a fresh worker.
class CodecHost final : public Decoder {
public:
    struct Options {
        /// The program that calls codec_worker_main() when started with `arguments`: by default ourselves.
        std::string program = "/proc/self/exe";
        std::vector<std::string> arguments = {"codec-worker"};
        std::size_t workers = 1;
        /// Thread CPU time of one decode, normalizeUplink and writing the answer included. Not wall time: a busy
        /// machine does not fail a codec.
        std::chrono::milliseconds cpu_limit{50};
        /// Wall time after which a silent worker is killed; for a batch, times its frames.
        std::chrono::milliseconds wall_limit{5000};
        std::size_t memory_bytes_max = 32U << 20U;  ///< JavaScript heap of one worker
        std::size_t output_bytes_max = 1U << 20U;   ///< JSON text of one answer
        std::size_t source_bytes_max = 1U << 20U;
        std::size_t waiting_max = 1024;             ///< callers beyond this get Errc::exhausted at once
        std::chrono::milliseconds patience{30000};  ///< how long a caller waits for a worker: Errc::timed_out
    };
    struct Counts {
        std::uint64_t decoded = 0;   ///< frames answered, faults included
        std::uint64_t faults = 0;    ///< of these, with a fault
        std::uint64_t restarts = 0;  ///< workers replaced since the start
    };

    /// Starts the workers and waits until each has answered. Errc::unavailable with the reason when one cannot.
    static Result<std::unique_ptr<CodecHost>> start(Options options);
    /// Ends the workers. No call may be under way.
    ~CodecHost() override;
    CodecHost(const CodecHost&) = delete;
    CodecHost& operator=(const CodecHost&) = delete;

    Result<Decoded> decode(const Codec& codec, const Uplink& uplink) override;
    Result<std::vector<Decoded>> decode_batch(const Codec& codec, std::span<const Uplink> uplinks) override;

    Counts counts() const;
    /// Process ids of the workers that live now, for the operator's page and for tests that kill them.
    std::vector<int> worker_ids() const;

private:
    class Crew;
    explicit CodecHost(std::unique_ptr<Crew> crew);

    std::unique_ptr<Crew> crew_;
};

}  // namespace bypuls::ingest::codecs
