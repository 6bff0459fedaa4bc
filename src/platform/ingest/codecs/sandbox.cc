#include "platform/ingest/codecs/sandbox.h"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <initializer_list>

#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define BYPULS_SANITIZED 1
#endif
#endif

namespace bypuls::ingest::codecs {
namespace {

constexpr rlim_t cpu_seconds_max = 600;

Result<void> limit(int resource, rlim_t value) {
    const rlimit both{.rlim_cur = value, .rlim_max = value};
    if (setrlimit(static_cast<__rlimit_resource>(resource), &both) != 0) {
        return fail(Errc::unavailable, std::string("codec worker: setrlimit: ") + std::strerror(errno));
    }
    return {};
}

#ifndef BYPULS_SANITIZED

Result<rlim_t> data_bytes() {
    std::FILE* file = std::fopen("/proc/self/statm", "re");
    unsigned long data_pages = 0;
    const bool read = file != nullptr && std::fscanf(file, "%*u %*u %*u %*u %*u %lu", &data_pages) == 1;
    if (file != nullptr) {
        std::fclose(file);
    }
    if (!read) {
        return fail(Errc::unavailable, "codec worker: /proc/self/statm cannot be read");
    }
    return rlim_t{data_pages} * static_cast<rlim_t>(sysconf(_SC_PAGESIZE));
}

class Filter {
public:
    Filter() : context_(seccomp_init(SCMP_ACT_KILL_PROCESS)), good_(context_ != nullptr) {}
    ~Filter() { seccomp_release(context_); }
    Filter(const Filter&) = delete;
    Filter& operator=(const Filter&) = delete;

    void allow(std::initializer_list<int> calls) {
        for (const int call : calls) {
            good_ = good_ && seccomp_rule_add(context_, SCMP_ACT_ALLOW, call, 0) == 0;
        }
    }
    void allow(int call, const scmp_arg_cmp& when) {
        good_ = good_ && seccomp_rule_add_array(context_, SCMP_ACT_ALLOW, call, 1, &when) == 0;
    }
    bool load() { return good_ && seccomp_load(context_) == 0; }

private:
    scmp_filter_ctx context_;
    bool good_;
};

Result<void> filter_calls() {
    Filter filter;
    const scmp_arg_cmp not_executable{.arg = 2, .op = SCMP_CMP_MASKED_EQ, .datum_a = PROT_EXEC, .datum_b = 0};
    const scmp_arg_cmp the_socket{.arg = 0, .op = SCMP_CMP_EQ, .datum_a = worker_socket, .datum_b = 0};
    filter.allow(SCMP_SYS(read), the_socket);
    filter.allow(SCMP_SYS(write), the_socket);
    filter.allow(SCMP_SYS(mmap), not_executable);
    filter.allow(SCMP_SYS(mprotect), not_executable);
    filter.allow({SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(brk), SCMP_SYS(futex),
                  SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday), SCMP_SYS(clock_nanosleep), SCMP_SYS(sched_yield),
                  SCMP_SYS(getrandom), SCMP_SYS(getrusage), SCMP_SYS(gettid), SCMP_SYS(getpid), SCMP_SYS(rt_sigreturn),
                  SCMP_SYS(rt_sigprocmask), SCMP_SYS(restart_syscall), SCMP_SYS(exit), SCMP_SYS(exit_group)});
    if (!filter.load()) {
        return fail(Errc::unavailable, "codec worker: the seccomp filter was refused");
    }
    return {};
}

#endif

}  // namespace

Result<void> leave_the_world() {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (close_range(worker_socket + 1, ~0U, 0) != 0) {
        return fail(Errc::unavailable, std::string("codec worker: close_range: ") + std::strerror(errno));
    }
    clearenv();
    setenv("TZ", "UTC", 1);  // so that local time in a codec is the same on every machine, and no zone file is read
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
        return fail(Errc::unavailable, std::string("codec worker: prctl: ") + std::strerror(errno));
    }
    TRY_DO(limit(RLIMIT_CORE, 0));
    return {};
}

Result<void> shut_in([[maybe_unused]] std::size_t extra_bytes) {
#ifndef BYPULS_SANITIZED
    TRY(const auto held, data_bytes());
    TRY_DO(limit(RLIMIT_DATA, held + extra_bytes));
#endif
    TRY_DO(limit(RLIMIT_CPU, cpu_seconds_max));
    TRY_DO(limit(RLIMIT_NPROC, 0));
    TRY_DO(limit(RLIMIT_FSIZE, 0));
#ifndef BYPULS_SANITIZED
    TRY_DO(limit(RLIMIT_NOFILE, worker_socket + 1));  // the sanitizers probe memory through a pipe
    TRY_DO(filter_calls());
#endif
    return {};
}

}  // namespace bypuls::ingest::codecs
