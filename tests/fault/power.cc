#include "tests/fault/power.h"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include <fmt/format.h>
#include <sys/stat.h>

#include "core/check.h"

namespace bypuls::fault {
namespace {

namespace fs = std::filesystem;

struct stat facts_of(const fs::path& path) {
    struct stat facts{};
    check(lstat(path.c_str(), &facts) == 0, "a file of the disk can be looked at");
    return facts;
}

/// As the shim says it.
bool is_never_durable(const fs::path& path) {
    return path.filename().string().ends_with("-shm");
}

std::vector<char> read_all(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

void set_text(char (&field)[256], const std::string& text) {
    check(text.size() < sizeof field, "a path of the plan is short");
    std::memcpy(field, text.c_str(), text.size() + 1);
}

/// What a name means: a folder or a file.
struct Entry {
    bool is_folder = false;
    ino_t number = 0;  ///< of the folder; of the file, 0 when nobody has it any more
    fs::path live;     ///< as programs see it; empty when they do not
    fs::path kept;     ///< the durable bytes of the file; empty when there are none

    bool is_same(const Entry& other) const {
        return is_folder == other.is_folder && number == other.number && number != 0;
    }
};
using Entries = std::map<std::string, Entry>;

/// Puts together what the disk holds after a cut.
class Rebuild {
public:
    Rebuild(fs::path root, fs::path disk, Unsynced unsynced, Random& random)
        : root_(std::move(root)), disk_(std::move(disk)), unsynced_(unsynced), random_(random) {
        for (const auto& item : fs::recursive_directory_iterator(root_)) {
            if (item.is_directory() || (item.is_regular_file() && !is_never_durable(item.path()))) {
                live_.emplace(facts_of(item.path()).st_ino, item.path());
            }
        }
        for (const auto& item : fs::directory_iterator(disk_ / "inodes")) {
            const ino_t number = std::stoull(item.path().filename().string());
            pictures_.emplace(number, item.path());
            number_of_picture_.emplace(facts_of(item.path()).st_ino, number);
        }
    }

    Cut into(const fs::path& result) {
        folder(result, facts_of(root_).st_ino, root_);
        return cut_;
    }

private:
    fs::path live_path(ino_t number) const {
        const auto found = live_.find(number);
        return found == live_.end() ? fs::path() : found->second;
    }

    Entries durable_entries(ino_t number) const {
        Entries found;
        const fs::path folder = disk_ / "folders" / std::to_string(number);
        if (!fs::exists(folder)) {
            return found;  // nothing in it was synced
        }
        for (const auto& item : fs::directory_iterator(folder)) {
            Entry entry{.is_folder = item.is_symlink(), .kept = item.path()};
            if (entry.is_folder) {
                entry.number = std::stoull(fs::read_symlink(item.path()).string());
            } else if (const auto known = number_of_picture_.find(facts_of(item.path()).st_ino);
                       known != number_of_picture_.end()) {
                entry.number = known->second;
            }
            entry.live = entry.number == 0 ? fs::path() : live_path(entry.number);
            found.emplace(item.path().filename(), entry);
        }
        return found;
    }

    Entries live_entries(const fs::path& folder) const {
        Entries found;
        if (folder.empty()) {
            return found;
        }
        for (const auto& item : fs::directory_iterator(folder)) {
            if (item.is_directory() || (item.is_regular_file() && !is_never_durable(item.path()))) {
                const ino_t number = facts_of(item.path()).st_ino;
                const auto picture = pictures_.find(number);
                found.emplace(item.path().filename(),
                              Entry{.is_folder = item.is_directory(),
                                    .number = number,
                                    .live = item.path(),
                                    .kept = picture == pictures_.end() ? fs::path() : picture->second});
            }
        }
        return found;
    }

    void folder(const fs::path& result, ino_t number, const fs::path& live) {
        fs::create_directory(result);
        if (!live.empty()) {
            fs::permissions(result, fs::status(live).permissions());
        }
        const Entries before = durable_entries(number);
        const Entries now = live_entries(live);
        std::set<std::string> names;
        std::ranges::for_each(before, [&](const auto& entry) { names.insert(entry.first); });
        std::ranges::for_each(now, [&](const auto& entry) { names.insert(entry.first); });
        for (const std::string& name : names) {
            const auto was = before.find(name);
            const auto is = now.find(name);
            const Entry* const old = was == before.end() ? nullptr : &was->second;
            const Entry* const changed = is == now.end() ? nullptr : &is->second;
            if (const Entry* const entry = choose(old, changed)) {
                entry->is_folder ? folder(result / name, entry->number, live_path(entry->number))
                                 : file(result / name, *entry);
            }
        }
    }

    /// The old meaning of a name or the new one.
    const Entry* choose(const Entry* old, const Entry* changed) {
        if (old != nullptr && changed != nullptr && old->is_same(*changed)) {
            return changed;
        }
        // One lot for all names of a file: a rename happened, or it did not.
        const Entry& moved = changed != nullptr ? *changed : *old;
        const bool keeps = moved.number == 0 ? lot(0.5) : lots_.try_emplace(moved.number, lot(0.5)).first->second;
        ++(keeps ? cut_.names_kept : cut_.names_lost);
        return keeps ? changed : old;
    }

    bool lot(double probability) {
        return unsynced_ == Unsynced::kept || (unsynced_ == Unsynced::torn && random_.chance(probability));
    }

    void file(const fs::path& result, const Entry& entry) {
        std::vector<char> bytes = entry.kept.empty() ? std::vector<char>() : read_all(entry.kept);
        const std::vector<char> written = entry.live.empty() ? bytes : read_all(entry.live);
        // Some files are lucky, others are not.
        const double luck = random_.unit();
        const std::size_t piece = random_.chance(0.5) ? 512 : 4096;
        const std::vector<char> before = bytes;
        bytes.resize(size_between(before.size(), written.size()));
        for (std::size_t at = 0; at < written.size(); at += piece) {
            const std::size_t size = std::min(piece, written.size() - at);
            if (at + size <= before.size() && std::memcmp(&written[at], &before[at], size) == 0) {
                continue;
            }
            const bool keeps = at < bytes.size() && lot(luck);
            ++(keeps ? cut_.pieces_kept : cut_.pieces_lost);
            if (keeps) {
                std::memcpy(&bytes[at], &written[at], std::min(size, bytes.size() - at));
            }
        }
        std::ofstream(result, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
        fs::permissions(result, fs::status(entry.live.empty() ? entry.kept : entry.live).permissions());
    }

    std::size_t size_between(std::size_t before, std::size_t now) {
        if (unsynced_ != Unsynced::torn || before == now) {
            return unsynced_ == Unsynced::kept ? now : before;
        }
        const auto [low, high] = std::minmax(before, now);
        switch (random_.below(3)) {
            case 0: return before;
            case 1: return now;
            default: return low + random_.below((high - low) / 512 + 1) * 512;
        }
    }

    fs::path root_;
    fs::path disk_;
    Unsynced unsynced_;
    Random& random_;
    std::map<ino_t, fs::path> live_;
    std::map<ino_t, fs::path> pictures_;
    std::map<ino_t, ino_t> number_of_picture_;
    std::map<ino_t, bool> lots_;
    Cut cut_;
};

}  // namespace

Cut& Cut::operator+=(const Cut& other) {
    pieces_lost += other.pieces_lost;
    pieces_kept += other.pieces_kept;
    names_lost += other.names_lost;
    names_kept += other.names_kept;
    return *this;
}

ForgetfulDisk::ForgetfulDisk(Fault& fault, std::string root, std::string disk)
    : fault_(fault), root_(std::move(root)), disk_(std::move(disk)) {
    settle();
    set_text(fault_.plan().disk, disk_);
    set_text(fault_.plan().root, root_);  // last: from here on syncs are copied
}

ForgetfulDisk::~ForgetfulDisk() {
    fault_.plan().root[0] = '\0';
}

void ForgetfulDisk::settle() {
    fs::remove_all(disk_);
    fs::create_directories(disk_ + "/inodes");
    const auto folder_of = [&](const fs::path& live) {
        fs::path folder = fmt::format("{}/folders/{}", disk_, facts_of(live).st_ino);
        fs::create_directories(folder);
        return folder;
    };
    folder_of(root_);
    for (const auto& item : fs::recursive_directory_iterator(root_)) {
        const fs::path entry = folder_of(item.path().parent_path()) / item.path().filename();
        if (item.is_directory()) {
            fs::create_directory_symlink(folder_of(item.path()).filename(), entry);
        } else if (item.is_regular_file() && !is_never_durable(item.path())) {
            const fs::path picture = fmt::format("{}/inodes/{}", disk_, facts_of(item.path()).st_ino);
            fs::copy_file(item.path(), picture, fs::copy_options::skip_existing);
            fs::create_hard_link(picture, entry);
        }
    }
}

void ForgetfulDisk::lie_about(const std::string& part) {
    set_text(fault_.plan().lies, part);
}

Cut ForgetfulDisk::cut(Unsynced unsynced, Random& random) {
    const std::string result = root_ + ".after";
    fs::remove_all(result);
    const Cut met = Rebuild(root_, disk_, unsynced, random).into(result);
    fs::remove_all(root_);
    fs::rename(result, root_);
    settle();
    return met;
}

}  // namespace bypuls::fault
