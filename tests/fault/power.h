#pragma once

#include <cstdint>
#include <string>

#include "core/random.h"

#include "tests/fault/shim.h"

/// A power cut for programs in processes of their own: a disk that forgets what was not synced.
namespace bypuls::fault {

/// What becomes of what was not synced.
enum class Unsynced : std::uint8_t {
    lost,
    kept,  ///< as when only the program is killed
    torn   ///< of each file some pages, of each folder some names, and any size between the old and the new
};

/// What a cut met.
struct Cut {
    std::uint64_t pieces_lost = 0;  ///< of 512 bytes or 4 KiB, written and not synced
    std::uint64_t pieces_kept = 0;
    std::uint64_t names_lost = 0;  ///< made, given to another file or taken away, and the folder not synced
    std::uint64_t names_kept = 0;

    bool bites() const { return pieces_lost + names_lost > 0; }
    Cut& operator+=(const Cut& other);
};

/// The disk that a folder is on. Programs started with the Fault's file see the folder as ever; what they sync is
/// copied by the shim into `disk`, inode by inode, and a cut takes from there what the folder holds afterwards.
///
/// Left out: SQLite's index (`-shm`), which is never synced and made anew. A page that was written several times since
/// the last sync is lost or has its newest bytes, never those between. A rename is kept or lost as a whole.
class ForgetfulDisk {
public:
    /// What is below `root` now is on the disk. Both are absolute and have no links in them; `disk` is made.
    ForgetfulDisk(Fault& fault, std::string root, std::string disk);
    ~ForgetfulDisk();
    ForgetfulDisk(const ForgetfulDisk&) = delete;
    ForgetfulDisk& operator=(const ForgetfulDisk&) = delete;

    const std::string& root() const { return root_; }
    /// Everything is on the disk: after changes by a program that did not run under the shim.
    void settle();
    /// A file's name is on disk once its folder is synced (POSIX), and not as soon as the file is (ext4, XFS).
    void promise_only_what_is_asked(bool only) { fault_.plan().only_as_asked = only; }
    /// Syncs of paths with this in them say that they are done, and do nothing. Empty: none lies.
    void lie_about(const std::string& part);
    /// The power goes and comes back: root() holds what the disk kept. No program may run under the shim.
    Cut cut(Unsynced unsynced, Random& random);

private:
    Fault& fault_;
    std::string root_;
    std::string disk_;
};

}  // namespace bypuls::fault
