#pragma once

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "core/bytes.h"
#include "core/result.h"

namespace bypuls::ingest::codecs {

/// One worker process and our end of its socket. Killed when this goes.
class WorkerProcess {
public:
    using Deadline = std::chrono::steady_clock::time_point;

    /// Starts `program` with an empty environment, /dev/null as its three streams, and the socket at descriptor 3.
    /// Must be called on a thread that outlives the worker: the kernel kills it when that thread ends.
    static Result<WorkerProcess> spawn(const std::string& program, const std::vector<std::string>& arguments);
    WorkerProcess() = default;
    ~WorkerProcess();
    WorkerProcess(WorkerProcess&& other) noexcept
        : pid_(std::exchange(other.pid_, -1)),
          socket_(std::exchange(other.socket_, -1)),
          buffer_(std::move(other.buffer_)),
          at_(std::exchange(other.at_, 0)) {}
    WorkerProcess& operator=(WorkerProcess&& other) noexcept {
        std::swap(pid_, other.pid_);
        std::swap(socket_, other.socket_);
        std::swap(buffer_, other.buffer_);
        std::swap(at_, other.at_);
        return *this;
    }

    /// Errc::unavailable when the worker has died, Errc::timed_out at the deadline.
    Result<void> send(ByteView bytes, Deadline deadline);
    /// The payload of the next frame; Errc::malformed when it claims more than `bytes_max`.
    Result<Bytes> receive_frame(std::size_t bytes_max, Deadline deadline);

    bool alive() const { return socket_ >= 0; }
    int id() const { return pid_; }
    /// SIGKILL, waits for the end, and forgets. Returns the status as waitpid gives it.
    int kill();

private:
    std::unexpected<Error> death();
    Result<void> fill(std::size_t size, Deadline deadline);

    int pid_ = -1;
    int socket_ = -1;
    Bytes buffer_;
    std::size_t at_ = 0;
};

}  // namespace bypuls::ingest::codecs
