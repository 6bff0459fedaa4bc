#include "tests/fault/watch.h"

#include <array>
#include <filesystem>

#include <poll.h>
#include <sys/inotify.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/check.h"

namespace bypuls::fault {

FolderWatch::FolderWatch(const std::string& folder, Depth depth) : changes_(inotify_init1(IN_CLOEXEC | IN_NONBLOCK)) {
    check(changes_ >= 0, "folders can be watched");
    add(folder);
    if (depth == Depth::this_folder) {
        return;
    }
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
        if (entry.is_directory()) {
            add(entry.path());
        }
    }
}

FolderWatch::~FolderWatch() {
    close(changes_);
}

void FolderWatch::add(const std::string& folder) const {
    constexpr std::uint32_t anything = IN_MODIFY | IN_CREATE | IN_DELETE | IN_MOVED_TO | IN_ATTRIB;
    check(inotify_add_watch(changes_, folder.c_str(), anything) >= 0, "a folder can be watched");
}

FolderWatch::Heard FolderWatch::wait(pid_t process, std::chrono::milliseconds patience) {
    const int ended = process > 0 ? static_cast<int>(syscall(SYS_pidfd_open, process, 0)) : -1;
    std::array<pollfd, 2> asked{pollfd{changes_, POLLIN, 0}, pollfd{ended, POLLIN, 0}};
    poll(asked.data(), asked.size(), static_cast<int>(patience.count()));
    if (ended >= 0) {
        close(ended);
    }
    if ((asked[0].revents & POLLIN) != 0) {
        alignas(inotify_event) std::array<char, 64 * 1024> told{};
        check(read(changes_, told.data(), told.size()) > 0, "what is watched can be heard");
        return Heard::change;
    }
    return (asked[1].revents & POLLIN) != 0 ? Heard::end : Heard::nothing;
}

}  // namespace bypuls::fault
