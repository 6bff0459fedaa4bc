// A folder `disk` stands for what is on the disk, beside the folder `root` that programs see:
//   inodes/N     the durable bytes of the file whose inode is N
//   folders/N/   the durable entries of the folder whose inode is N: hard links into inodes/, and links to N of a
//   folder
// A sync compares the file with its picture and copies what differs, so nothing need be known of the writes before it,
// whether they came through calls, copies or a mapping. What differs when the power goes is what was not synced.
#include "tests/fault/disk_shim.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace bypuls::fault::disk {
namespace {

using Path = std::array<char, 768>;

constexpr std::size_t page_bytes = 4096;
constexpr std::size_t piece_bytes = 16 * page_bytes;

pthread_mutex_t threads = PTHREAD_MUTEX_INITIALIZER;

[[noreturn]] void give_up(const char* what) {
    dprintf(STDERR_FILENO, "the disk that forgets: %s: %s\n", what, strerror(errno));
    abort();
}

/// One at a time, of all threads and of all processes on this disk. Whoever is killed lets go.
int take_lock(const Plan& plan) {
    pthread_mutex_lock(&threads);
    Path path;
    snprintf(path.data(), path.size(), "%s/lock", plan.disk);
    const int lock = open(path.data(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock < 0 || flock(lock, LOCK_EX) != 0) {
        give_up("lock");
    }
    return lock;
}

void let_go(int lock) {
    close(lock);
    pthread_mutex_unlock(&threads);
}

Path inode_path(const Plan& plan, ino_t number) {
    Path path;
    snprintf(path.data(), path.size(), "%s/inodes/%llu", plan.disk, static_cast<unsigned long long>(number));
    return path;
}

Path folder_path(const Plan& plan, ino_t number) {
    Path path;
    snprintf(path.data(), path.size(), "%s/folders/%llu", plan.disk, static_cast<unsigned long long>(number));
    return path;
}

Path entry_path(const Path& folder, const char* name) {
    Path path;
    if (snprintf(path.data(), path.size(), "%s/%s", folder.data(), name) >= static_cast<int>(path.size())) {
        give_up("a path is too long");
    }
    return path;
}

/// Where an entry is made before it gets its name.
Path place_beside(const Plan& plan) {
    static auto* const take_away = next<int(const char*)>("unlink");
    Path path;
    snprintf(path.data(), path.size(), "%s/beside", plan.disk);
    take_away(path.data());
    return path;
}

/// The index of SQLite's log is mapped memory, made anew when nobody has it.
bool is_never_durable(const char* name) {
    const std::size_t size = strlen(name);
    return size > 4 && strcmp(name + size - 4, "-shm") == 0;
}

/// Makes `picture` what the file is.
void copy_content(int file, const struct stat& facts, const Path& picture) {
    static auto* const write_at = next<ssize_t(int, const void*, size_t, off64_t)>("pwrite64");
    static auto* const resize = next<int(int, off64_t)>("ftruncate64");
    static std::array<char, piece_bytes> now;
    static std::array<char, piece_bytes> kept;
    const int out = open(picture.data(), O_RDWR | O_CREAT | O_CLOEXEC, facts.st_mode & 0777);
    if (out < 0 || resize(out, facts.st_size) != 0) {
        give_up("the picture of a file");
    }
    for (off_t at = 0; at < facts.st_size;) {
        const ssize_t got = pread(file, now.data(), now.size(), at);
        if (got < 0) {
            give_up("a file that is synced cannot be read");
        }
        if (got == 0) {
            break;  // it was cut meanwhile
        }
        const auto size = static_cast<std::size_t>(got);
        const ssize_t had = pread(out, kept.data(), size, at);
        for (std::size_t page = 0; page < size; page += page_bytes) {
            const std::size_t bytes = size - page < page_bytes ? size - page : page_bytes;
            const bool same = had >= static_cast<ssize_t>(page + bytes) && memcmp(&now[page], &kept[page], bytes) == 0;
            if (!same &&
                write_at(out, &now[page], bytes, at + static_cast<off_t>(page)) != static_cast<ssize_t>(bytes)) {
                give_up("the picture of a file cannot be written");
            }
        }
        at += got;
    }
    close(out);
}

/// A name of the file in a folder; whatever bore it does not any more.
void keep_file_name(const Plan& plan, const Path& entry, ino_t number, mode_t mode) {
    static auto* const rename_it = next<int(const char*, const char*)>("rename");
    const Path picture = inode_path(plan, number);
    const int made = open(picture.data(), O_RDWR | O_CREAT | O_CLOEXEC, mode & 0777);  // nothing of it was synced yet
    struct stat of_picture{};
    if (made < 0 || fstat(made, &of_picture) != 0) {
        give_up("the picture of a file that has a name");
    }
    close(made);
    struct stat of_entry{};
    if (lstat(entry.data(), &of_entry) == 0 && of_entry.st_ino == of_picture.st_ino) {
        return;
    }
    const Path beside = place_beside(plan);
    if (link(picture.data(), beside.data()) != 0 || rename_it(beside.data(), entry.data()) != 0) {
        give_up("a name cannot be kept");
    }
}

void keep_folder_name(const Plan& plan, const Path& entry, ino_t number) {
    static auto* const rename_it = next<int(const char*, const char*)>("rename");
    std::array<char, 32> wanted{};
    std::array<char, 32> found{};
    snprintf(wanted.data(), wanted.size(), "%llu", static_cast<unsigned long long>(number));
    mkdir(folder_path(plan, number).data(), 0700);
    if (readlink(entry.data(), found.data(), found.size() - 1) > 0 && strcmp(wanted.data(), found.data()) == 0) {
        return;
    }
    const Path beside = place_beside(plan);
    if (symlink(wanted.data(), beside.data()) != 0 || rename_it(beside.data(), entry.data()) != 0) {
        give_up("a folder's name cannot be kept");
    }
}

/// The folder's entries are on disk as they are now.
void sync_folder(const Plan& plan, const char* live, ino_t number) {
    static auto* const take_away = next<int(const char*)>("unlink");
    const Path kept = folder_path(plan, number);
    mkdir(kept.data(), 0700);
    DIR* const now = opendir(live);
    if (now == nullptr) {
        return;  // it is gone
    }
    while (const dirent* entry = readdir(now)) {
        struct stat facts{};
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 || is_never_durable(entry->d_name) ||
            fstatat(dirfd(now), entry->d_name, &facts, AT_SYMLINK_NOFOLLOW) != 0) {
            continue;
        }
        if (S_ISREG(facts.st_mode)) {
            keep_file_name(plan, entry_path(kept, entry->d_name), facts.st_ino, facts.st_mode);
        } else if (S_ISDIR(facts.st_mode)) {
            keep_folder_name(plan, entry_path(kept, entry->d_name), facts.st_ino);
        }
    }
    DIR* const before = opendir(kept.data());
    while (const dirent* entry = before == nullptr ? nullptr : readdir(before)) {
        struct stat facts{};
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
            fstatat(dirfd(now), entry->d_name, &facts, AT_SYMLINK_NOFOLLOW) != 0 && errno == ENOENT) {
            take_away(entry_path(kept, entry->d_name).data());
        }
    }
    if (before != nullptr) {
        closedir(before);
    }
    closedir(now);
}

/// As ext4 does it: a new file that is synced keeps its name, and the folders that lead to it keep theirs.
void keep_way_to(const Plan& plan, Path path, const struct stat& file) {
    ino_t number = file.st_ino;
    mode_t mode = file.st_mode;
    for (;;) {
        char* const slash = strrchr(path.data(), '/');
        *slash = '\0';
        struct stat parent{};
        if (strlen(path.data()) < strlen(plan.root) || stat(path.data(), &parent) != 0) {
            return;
        }
        const Path folder = folder_path(plan, parent.st_ino);
        mkdir(folder.data(), 0700);
        const Path entry = entry_path(folder, slash + 1);
        struct stat picture{};
        if (S_ISDIR(mode)) {
            keep_folder_name(plan, entry, number);
        } else if (stat(inode_path(plan, number).data(), &picture) == 0 && picture.st_nlink == 1) {
            keep_file_name(plan, entry, number, mode);
        }
        number = parent.st_ino;
        mode = parent.st_mode;
    }
}

}  // namespace

void synced(const Plan& plan, int file) {
    Path link;
    Path path;
    struct stat facts{};
    snprintf(link.data(), link.size(), "/proc/self/fd/%d", file);
    const ssize_t size = readlink(link.data(), path.data(), path.size() - 1);
    if (size <= 0 || fstat(file, &facts) != 0) {
        return;
    }
    path.at(static_cast<std::size_t>(size)) = '\0';
    const std::size_t root = strlen(plan.root);
    const bool inside = strncmp(path.data(), plan.root, root) == 0 && (path[root] == '/' || path[root] == '\0');
    const bool lied_about = plan.lies[0] != '\0' && strstr(path.data(), plan.lies) != nullptr;
    if (!inside || lied_about || facts.st_nlink == 0) {
        return;
    }
    const int lock = take_lock(plan);
    if (S_ISDIR(facts.st_mode)) {
        sync_folder(plan, path.data(), facts.st_ino);
    } else if (S_ISREG(facts.st_mode) && !is_never_durable(path.data())) {
        copy_content(file, facts, inode_path(plan, facts.st_ino));
        if (!plan.only_as_asked) {
            keep_way_to(plan, path, facts);
        }
    }
    let_go(lock);
}

Removal::Removal(const Plan* plan, int folder, const char* name, const char* other) : plan_(plan) {
    if (plan == nullptr || plan->root[0] == '\0') {
        plan_ = nullptr;
        return;
    }
    const int before = errno;
    lock_ = take_lock(*plan);
    struct stat root{};
    struct stat named{};
    struct stat takes{};
    if (stat(plan->root, &root) == 0 && fstatat(folder, name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
        named.st_dev == root.st_dev && S_ISREG(named.st_mode) && named.st_nlink == 1 &&
        (other == nullptr || (lstat(other, &takes) == 0 && takes.st_ino != named.st_ino))) {
        gone_ = named.st_ino;
    }
    errno = before;
}

Removal::~Removal() {
    if (plan_ != nullptr) {
        let_go(lock_);
    }
}

int Removal::done(int result) {
    if (result == 0 && gone_ != 0) {
        // The names that are still on disk keep its bytes.
        static auto* const take_away = next<int(const char*)>("unlink");
        const int before = errno;
        take_away(inode_path(*plan_, gone_).data());
        errno = before;
    }
    return result;
}

}  // namespace bypuls::fault::disk
