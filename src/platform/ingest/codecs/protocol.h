#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "platform/ingest/codecs/decoder.h"

/// What passes between CodecHost and its worker over their socket: frames of a 32-bit little-endian length and that
/// many bytes. Both sides are the same build, so there is no version; but the host trusts a worker with nothing, and
/// reads its answers as it would read a stranger's.
namespace bypuls::ingest::codecs {

/// The first frame to a worker.
struct Setup {
    std::uint64_t cpu_limit_us = 50'000;
    std::uint64_t memory_bytes_max = 32U << 20U;
    std::uint64_t output_bytes_max = 1U << 20U;

    friend bool operator==(const Setup&, const Setup&) = default;
};

/// Frames to decode with the codec in `slot`; the worker answers each with one Answer, in order.
struct Request {
    std::uint32_t slot = 0;
    std::optional<std::string> source;  ///< put into the slot first
    std::optional<std::uint32_t> drop;  ///< a slot to forget first
    std::vector<Uplink> uplinks;
};

struct Answer {
    Decoded decoded;
    /// The worker has met its memory limit or grown old and should be replaced.
    bool tired = false;
};

/// How many codecs a worker holds, and the heap that their realms (0.3 MiB each) take beside what a codec may use.
constexpr std::size_t codecs_per_worker_max = 32;
constexpr std::size_t realms_bytes_max = codecs_per_worker_max * (512U << 10U);
constexpr std::size_t uplink_bytes_max = 4096;
constexpr std::size_t frame_header_size = 4;

/// Each `put` appends a whole frame with its length.
void put(Bytes& out, const Setup& setup);
void put(Bytes& out, std::uint32_t slot, const std::optional<std::string_view>& source,
         const std::optional<std::uint32_t>& drop, std::span<const Uplink> uplinks);
void put(Bytes& out, const Answer& answer);

/// Each `read` takes a frame's payload, without the length, and refuses bytes that are left over.
Result<Setup> read_setup(ByteView payload);
Result<Request> read_request(ByteView payload);
Result<Answer> read_answer(ByteView payload);

}  // namespace bypuls::ingest::codecs
