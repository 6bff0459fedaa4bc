#include "apps/bypuls/data_lock.h"

#include <array>
#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include "core/text.h"

namespace bypuls::apps {

Result<std::unique_ptr<DataLock>> DataLock::take(const std::string& internal_folder) {
    const std::string path = internal_folder + "/lock";
    const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0) {
        return fail(Errc::unavailable, fmt::format("{}: {}", path, std::generic_category().message(errno)));
    }
    std::unique_ptr<DataLock> lock(new DataLock(file));
    if (::flock(file, LOCK_EX | LOCK_NB) != 0) {
        std::array<char, 32> holder{};
        const auto length = ::pread(file, holder.data(), holder.size(), 0);
        return fail(
            Errc::conflict,
            fmt::format("another bypuls (process {}) runs on {}. Stop it first, or give this one another --data",
                        trim(std::string_view(holder.data(), length > 0 ? static_cast<std::size_t>(length) : 0)),
                        internal_folder));
    }
    // For people who look; the lock itself is the kernel's, so a stale number does no harm.
    const std::string self = fmt::format("{}\n", ::getpid());
    if (::ftruncate(file, 0) != 0 || ::pwrite(file, self.data(), self.size(), 0) < 0) {
        return fail(Errc::unavailable, fmt::format("{}: {}", path, std::generic_category().message(errno)));
    }
    return lock;
}

DataLock::~DataLock() {
    ::close(file_);
}

Result<std::unique_ptr<JournalHold>> JournalHold::take(const std::string& journal_folder) {
    const int folder = ::open(journal_folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0 && errno != ENOENT) {
        return fail(Errc::unavailable, fmt::format("{}: {}", journal_folder, std::generic_category().message(errno)));
    }
    std::unique_ptr<JournalHold> hold(new JournalHold(folder));
    // Waits for is_held() at most, which lets go at once.
    if (folder >= 0 && ::flock(folder, LOCK_SH) != 0) {
        return fail(Errc::unavailable, fmt::format("{}: {}", journal_folder, std::generic_category().message(errno)));
    }
    return hold;
}

bool JournalHold::is_held(const std::string& journal_folder) {
    const int folder = ::open(journal_folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) {
        return false;
    }
    const bool held = ::flock(folder, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    ::close(folder);
    return held;
}

JournalHold::~JournalHold() {
    if (folder_ >= 0) {
        ::close(folder_);
    }
}

}  // namespace bypuls::apps
