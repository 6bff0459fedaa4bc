// Stands between a program and the C library's calls that change files. Loaded with LD_PRELOAD; BYPULS_FAULT_PLAN names
// the file that tells when to fail. Uses nothing but the C library, since it runs inside any call.
#include "tests/fault/shim.h"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include "tests/fault/disk_shim.h"

namespace {

using bypuls::fault::Calls;
using bypuls::fault::disk::next;
using bypuls::fault::disk::Removal;

bypuls::fault::Plan* plan = nullptr;
thread_local bool dying = false;    // when the call is done
thread_local bool removed = false;  // a name below the path that is meant

void load(const char* file) {
    const int opened = open(file, O_RDWR | O_CLOEXEC);
    if (opened < 0) {
        return;
    }
    void* const mapped = mmap(nullptr, sizeof(bypuls::fault::Plan), PROT_READ | PROT_WRITE, MAP_SHARED, opened, 0);
    close(opened);
    if (mapped != MAP_FAILED) {
        plan = static_cast<bypuls::fault::Plan*>(mapped);
    }
}

__attribute__((constructor)) void load_from_environment() {
    if (const char* file = getenv("BYPULS_FAULT_PLAN")) {
        load(file);
        // Not for the workers that it starts: their sandbox allows no more calls than they need.
        unsetenv("LD_PRELOAD");
        unsetenv("BYPULS_FAULT_PLAN");
    }
}

/// Counts this call, and says whether it is to fail.
bool struck(const char* path) {
    if (strstr(path, plan->below) == nullptr) {
        return false;
    }
    const std::int64_t left = plan->left.fetch_sub(1);
    if (left > 1) {
        return false;
    }
    if (plan->done >= plan->times) {
        plan->left = 0;
        return false;
    }
    plan->done += 1;
    if (plan->error == bypuls::fault::Fault::killed && plan->after) {
        dying = true;
        return false;
    }
    if (plan->error == bypuls::fault::Fault::killed) {
        kill(getpid(), SIGKILL);
    }
    plan->left = 1;  // the next one too, as long as there are `times`
    errno = plan->error;
    return true;
}

bool struck_there(int file) {
    char link[64];
    char path[512];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    const int before = errno;
    const ssize_t size = readlink(link, path, sizeof path - 1);
    errno = before;
    if (size <= 0) {
        return false;
    }
    path[size] = '\0';
    return struck(path);
}

/// Gives back what the call gave, unless it was the last.
template <typename Outcome>
Outcome finished(Outcome outcome) {
    if (dying) {
        kill(getpid(), SIGKILL);
    }
    return outcome;
}

bool struck(int file) {
    if (plan == nullptr || plan->left <= 0 || plan->calls != Calls::any) {
        return false;
    }
    return struck_there(file);
}

bool counts(int file) {
    if (plan == nullptr || plan->left <= 0) {
        return false;
    }
    struct stat facts{};
    const bool any = plan->calls == Calls::any;
    const bool folder = !any && fstat(file, &facts) == 0 && S_ISDIR(facts.st_mode);
    return any || (folder && (plan->calls == Calls::folder_syncs || removed));
}

void note_removal(const char* path, int result) {
    removed = removed || (result == 0 && plan != nullptr && strstr(path, plan->below) != nullptr);
}

/// A sync, with what comes of it for the disk that forgets.
int sync(int file, int (*real)(int)) {
    if (counts(file) && struck_there(file)) {
        return -1;
    }
    const int done = real(file);
    if (done == 0 && plan != nullptr && plan->root[0] != '\0') {
        bypuls::fault::disk::synced(*plan, file);
    }
    return finished(done);
}

}  // namespace

// NOLINTBEGIN: these are the C library's names and types
extern "C" {

void bypuls_fault_load(const char* file) {
    load(file);
}

ssize_t write(int file, const void* bytes, size_t size) {
    static auto* const real = next<ssize_t(int, const void*, size_t)>("write");
    return struck(file) ? -1 : finished(real(file, bytes, size));
}

ssize_t pwrite(int file, const void* bytes, size_t size, off_t at) {
    static auto* const real = next<ssize_t(int, const void*, size_t, off_t)>("pwrite");
    return struck(file) ? -1 : finished(real(file, bytes, size, at));
}

ssize_t pwrite64(int file, const void* bytes, size_t size, off64_t at) {
    static auto* const real = next<ssize_t(int, const void*, size_t, off64_t)>("pwrite64");
    return struck(file) ? -1 : finished(real(file, bytes, size, at));
}

int fsync(int file) {
    static auto* const real = next<int(int)>("fsync");
    return sync(file, real);
}

int fdatasync(int file) {
    static auto* const real = next<int(int)>("fdatasync");
    return sync(file, real);
}

int ftruncate(int file, off_t size) noexcept {
    static auto* const real = next<int(int, off_t)>("ftruncate");
    return struck(file) ? -1 : finished(real(file, size));
}

int ftruncate64(int file, off64_t size) noexcept {
    static auto* const real = next<int(int, off64_t)>("ftruncate64");
    return struck(file) ? -1 : finished(real(file, size));
}

int rename(const char* from, const char* to) noexcept {
    static auto* const real = next<int(const char*, const char*)>("rename");
    if (plan != nullptr && plan->left > 0 && plan->calls == Calls::any && struck(to)) {
        return -1;
    }
    Removal removal(plan, AT_FDCWD, to, from);
    return finished(removal.done(real(from, to)));
}

// Names that are taken away are not struck: what a sync of the folder leaves of them is.

int unlink(const char* path) noexcept {
    static auto* const real = next<int(const char*)>("unlink");
    Removal removal(plan, AT_FDCWD, path);
    const int result = removal.done(real(path));
    note_removal(path, result);
    return result;
}

int unlinkat(int folder, const char* path, int flags) noexcept {
    static auto* const real = next<int(int, const char*, int)>("unlinkat");
    Removal removal(plan, folder, path);
    return removal.done(real(folder, path, flags));
}

int remove(const char* path) noexcept {
    static auto* const real = next<int(const char*)>("remove");
    Removal removal(plan, AT_FDCWD, path);
    return removal.done(real(path));
}

}  // extern "C"
// NOLINTEND
