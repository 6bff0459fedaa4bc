#include "platform/ingest/codecs/worker_process.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "platform/ingest/codecs/protocol.h"
#include "platform/ingest/codecs/sandbox.h"

namespace bypuls::ingest::codecs {
namespace {

using std::chrono::steady_clock;

/// Waits until the socket is ready or the deadline has passed.
Result<void> wait_for(int socket, short events, WorkerProcess::Deadline deadline) {
    for (;;) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - steady_clock::now()).count();
        pollfd waiting{.fd = socket, .events = events, .revents = 0};
        const int ready = left <= 0 ? 0 : ::poll(&waiting, 1, static_cast<int>(std::min<std::int64_t>(left, 60'000)));
        if (ready > 0) {
            return {};
        }
        if (ready == 0 && left <= 60'000) {
            return fail(Errc::timed_out, "the codec worker did not answer in time");
        }
        if (ready < 0 && errno != EINTR) {
            return fail(Errc::unavailable, fmt::format("poll: {}", std::strerror(errno)));
        }
    }
}

int spawn_with(const std::string& program, const std::vector<std::string>& arguments, int child_socket, pid_t& pid) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    // The child's end first: one of our own descriptors may be number 3.
    posix_spawn_file_actions_adddup2(&actions, child_socket, worker_socket);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    std::vector<char*> argv;
    argv.push_back(const_cast<char*>(program.c_str()));
    for (const auto& argument : arguments) {
        argv.push_back(const_cast<char*>(argument.c_str()));
    }
    argv.push_back(nullptr);
    char* const environment[] = {nullptr};
    const int failure = posix_spawn(&pid, program.c_str(), &actions, &attributes, argv.data(), environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return failure;
}

}  // namespace

Result<WorkerProcess> WorkerProcess::spawn(const std::string& program, const std::vector<std::string>& arguments) {
    std::array<int, 2> ends{};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
        return fail(Errc::unavailable, fmt::format("codec worker: socketpair: {}", std::strerror(errno)));
    }
    WorkerProcess worker;
    worker.socket_ = ends[0];
    pid_t pid = -1;
    const int failure = spawn_with(program, arguments, ends[1], pid);
    ::close(ends[1]);
    if (failure != 0) {
        return fail(Errc::unavailable, fmt::format("codec worker: {}: {}", program, std::strerror(failure)));
    }
    worker.pid_ = pid;
    return worker;
}

WorkerProcess::~WorkerProcess() {
    kill();
}

int WorkerProcess::kill() {
    int status = 0;
    if (socket_ >= 0) {
        ::close(std::exchange(socket_, -1));
    }
    if (pid_ > 0) {
        const pid_t pid = std::exchange(pid_, -1);
        ::kill(pid, SIGKILL);  // without effect on what is already ending, whose status stays its own
        while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
        }
    }
    buffer_.clear();
    at_ = 0;
    return status;
}

std::unexpected<Error> WorkerProcess::death() {
    const int status = kill();
    if (WIFSIGNALED(status)) {
        const int signal = WTERMSIG(status);
        return fail(Errc::unavailable, fmt::format("the codec worker has died: {}{}", strsignal(signal),
                                                   signal == SIGSYS ? ", a forbidden system call" : ""));
    }
    return fail(Errc::unavailable, fmt::format("the codec worker has ended with code {}", WEXITSTATUS(status)));
}

Result<void> WorkerProcess::send(ByteView bytes, Deadline deadline) {
    while (!bytes.empty()) {
        const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent > 0) {
            bytes = bytes.subspan(static_cast<std::size_t>(sent));
        } else if (sent < 0 && errno == EAGAIN) {
            TRY_DO(wait_for(socket_, POLLOUT, deadline));
        } else if (errno != EINTR) {
            return death();
        }
    }
    return {};
}

/// At least `size` unread bytes in the buffer.
Result<void> WorkerProcess::fill(std::size_t size, Deadline deadline) {
    if (at_ == buffer_.size()) {
        buffer_.clear();
        at_ = 0;
    }
    while (buffer_.size() - at_ < size) {
        std::array<std::byte, 65536> chunk;  // not zeroed: read into
        const auto got = ::recv(socket_, chunk.data(), chunk.size(), MSG_DONTWAIT);
        if (got > 0) {
            buffer_.insert(buffer_.end(), chunk.begin(), chunk.begin() + got);
        } else if (got < 0 && errno == EAGAIN) {
            TRY_DO(wait_for(socket_, POLLIN, deadline));
        } else if (got == 0 || errno != EINTR) {
            return death();
        }
    }
    return {};
}

Result<Bytes> WorkerProcess::receive_frame(std::size_t bytes_max, Deadline deadline) {
    TRY_DO(fill(frame_header_size, deadline));
    ByteReader header(ByteView(buffer_).subspan(at_, frame_header_size));
    TRY(const auto size, header.u32());
    if (size > bytes_max) {
        return fail(Errc::malformed, "the codec worker answered too much");
    }
    at_ += frame_header_size;
    TRY_DO(fill(size, deadline));
    const auto begin = buffer_.begin() + static_cast<std::ptrdiff_t>(at_);
    Bytes payload(begin, begin + size);
    at_ += size;
    return payload;
}

}  // namespace bypuls::ingest::codecs
