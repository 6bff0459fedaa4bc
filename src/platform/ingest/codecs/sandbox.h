#pragma once

#include <cstddef>

#include "core/result.h"

namespace bypuls::ingest::codecs {

/// The one descriptor a worker keeps.
constexpr int worker_socket = 3;

/// First thing in a worker: dies with its host, closes every descriptor but 0, 1, 2 and the socket, empties the
/// environment, no core dumps, no new privileges, no new descriptors or processes.
Result<void> leave_the_world();

/// Last thing before the first codec: at most `extra_bytes` of further memory, ten CPU minutes of life, and a seccomp
/// filter that kills the process on any system call outside a short list: reading and writing the socket, memory that
/// is not executable, locks, clocks and the end. In builds with sanitizers only the process limits are set, since their
/// run-time needs what the filter refuses.
Result<void> shut_in(std::size_t extra_bytes);

}  // namespace bypuls::ingest::codecs
