#include "core/simulated/files.h"

#include <algorithm>
#include <condition_variable>
#include <limits>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <vector>

#include "core/check.h"
#include "core/random.h"

namespace bypuls {
namespace {

constexpr std::uint64_t sector = 512;

std::string parent_of(const std::string& path) {
    const auto slash = path.rfind('/');
    return slash == std::string::npos ? "." : path.substr(0, slash);
}

std::string name_in(const std::string& folder, const std::string& path) {
    return parent_of(path) == folder ? path.substr(path.rfind('/') + 1) : std::string{};
}

bool is_root(const std::string& folder) {
    return folder.empty() || folder == "." || folder == "/";
}

/// One change to a file's bytes that the disk has not been told to keep.
struct Change {
    bool is_truncation = false;
    std::uint64_t offset = 0;  ///< the new size, for a truncation
    Bytes bytes;
};

void overwrite(Bytes& content, std::uint64_t offset, ByteView bytes) {
    if (content.size() < offset + bytes.size()) {
        content.resize(offset + bytes.size());
    }
    std::ranges::copy(bytes, content.begin() + static_cast<std::ptrdiff_t>(offset));
}

struct Inode {
    Bytes visible;
    Bytes durable;
    std::vector<Change> unsynced;

    void write(std::uint64_t offset, ByteView bytes) {
        overwrite(visible, offset, bytes);
        unsynced.push_back({.offset = offset, .bytes = Bytes(bytes.begin(), bytes.end())});
    }

    void truncate(std::uint64_t size) {
        visible.resize(size);
        unsynced.push_back({.is_truncation = true, .offset = size, .bytes = {}});
    }

    /// What is due to be written reaches the disk, each sector with the given probability, and is due no longer.
    void settle(Random& random, double probability) {
        for (const Change& change : unsynced) {
            if (change.is_truncation) {
                if (random.chance(probability)) {
                    durable.resize(change.offset);
                }
                continue;
            }
            for (std::uint64_t at = 0; at < change.bytes.size();) {
                const auto rest = sector - (change.offset + at) % sector;
                const auto count = std::min<std::uint64_t>(rest, change.bytes.size() - at);
                if (random.chance(probability)) {
                    overwrite(durable, change.offset + at, ByteView{change.bytes}.subspan(at, count));
                }
                at += count;
            }
        }
        unsynced.clear();
    }
};

using Entries = std::map<std::string, std::shared_ptr<Inode>>;

/// One change to a folder that the disk has not been told to keep. No inode: a folder, or a removal.
struct EntryChange {
    enum class Kind : std::uint8_t { create, create_folder, remove, rename } kind;
    std::string path;
    std::string to;
    std::shared_ptr<Inode> inode;
};

struct Names {
    Entries files;
    std::set<std::string> folders;

    void apply(const EntryChange& change) {
        switch (change.kind) {
            case EntryChange::Kind::create: files[change.path] = change.inode; break;
            case EntryChange::Kind::create_folder: folders.insert(change.path); break;
            case EntryChange::Kind::remove: files.erase(change.path); break;
            case EntryChange::Kind::rename:
                files.erase(change.path);
                files[change.to] = change.inode;
                break;
        }
    }

    bool has_folder(const std::string& folder) const {
        return is_root(folder) || (folders.contains(folder) && has_folder(parent_of(folder)));
    }
};

struct Fault {
    std::optional<FileOperation> kind;
    std::uint64_t remaining;
    DiskFault fault;
    FaultLength length;
};

}  // namespace

struct SimulatedFileSystem::Disk {
    explicit Disk(std::uint64_t seed) : random(seed) {}

    /// Counts the operation; the error it shall give, if any.
    std::optional<Error> begin(FileOperation kind, const std::string& path) {
        ++counts[static_cast<std::size_t>(kind)];
        std::optional<Error> error;
        for (Fault& fault : faults) {
            if (fault.kind && *fault.kind != kind) {
                continue;
            }
            if (fault.remaining > 0) {
                --fault.remaining;
            }
            if (fault.remaining == 0 && !error) {
                error = fault.fault == DiskFault::no_space ? Error{Errc::exhausted, path + ": No space left on device"}
                                                           : Error{Errc::unavailable, path + ": Input/output error"};
            }
        }
        std::erase_if(faults,
                      [](const Fault& fault) { return fault.remaining == 0 && fault.length == FaultLength::once; });
        return error;
    }

    std::uint64_t used() const {
        std::uint64_t sum = 0;
        for (const auto& [path, inode] : visible.files) {
            sum += inode->visible.size();
        }
        return sum;
    }

    /// How far a file of `size` bytes may grow.
    std::uint64_t size_max(std::uint64_t size) const {
        const auto taken = used();
        return capacity > taken ? size + (capacity - taken) : size;
    }

    void change(EntryChange change) {
        visible.apply(change);
        unsynced.push_back(std::move(change));
    }

    mutable std::mutex mutex;
    std::condition_variable changed;
    SeededRandom random;
    Names visible;
    Names durable;
    std::vector<EntryChange> unsynced;
    std::vector<Fault> faults;
    std::array<std::uint64_t, file_operation_count> counts{};
    std::uint64_t capacity = std::numeric_limits<std::uint64_t>::max() / 2;
    std::uint64_t crashes = 0;
    std::size_t syncs_waiting = 0;
    bool syncs_held = false;
};

class SimulatedFileSystem::SimulatedFile final : public File {
public:
    SimulatedFile(std::shared_ptr<Disk> disk, std::shared_ptr<Inode> inode, std::string path, OpenMode mode)
        : disk_(std::move(disk)), inode_(std::move(inode)), path_(std::move(path)), mode_(mode) {
        opened_after_ = disk_->crashes;
    }

    Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into) const override {
        const std::lock_guard lock(disk_->mutex);
        TRY_DO(begin(FileOperation::read));
        if (offset >= inode_->visible.size()) {
            return std::size_t{0};
        }
        const auto bytes = ByteView{inode_->visible}.subspan(offset);
        const auto count = std::min(bytes.size(), into.size());
        std::ranges::copy(bytes.first(count), into.begin());
        return count;
    }

    Result<void> write_at(std::uint64_t offset, ByteView bytes) override {
        const std::lock_guard lock(disk_->mutex);
        TRY_DO(still_there());
        TRY_DO(may_write());
        const auto begun = begin(FileOperation::write);
        const auto end_max = disk_->size_max(inode_->visible.size());
        const auto room = std::max(end_max, offset) - offset;
        const auto fits = bytes.first(std::min<std::uint64_t>(room, bytes.size()));
        if (!begun) {
            inode_->write(offset, fits.first(disk_->random.below(fits.size() + 1)));
            return begun;
        }
        inode_->write(offset, fits);
        if (fits.size() < bytes.size()) {
            return fail(Errc::exhausted, path_ + ": No space left on device");
        }
        return {};
    }

    Result<void> sync() override {
        std::unique_lock lock(disk_->mutex);
        ++disk_->syncs_waiting;
        disk_->changed.notify_all();
        disk_->changed.wait(lock, [this] { return !disk_->syncs_held; });
        --disk_->syncs_waiting;
        TRY_DO(still_there());
        const auto begun = begin(FileOperation::sync);
        if (!begun) {
            inode_->settle(disk_->random, disk_->random.unit());
            return begun;
        }
        inode_->settle(disk_->random, 2);
        return {};
    }

    Result<void> truncate(std::uint64_t size) override {
        const std::lock_guard lock(disk_->mutex);
        TRY_DO(may_write());
        TRY_DO(begin(FileOperation::truncate));
        if (size > inode_->visible.size() && size > disk_->size_max(inode_->visible.size())) {
            return fail(Errc::exhausted, path_ + ": No space left on device");
        }
        inode_->truncate(size);
        return {};
    }

    Result<std::uint64_t> size() const override {
        const std::lock_guard lock(disk_->mutex);
        TRY_DO(begin(FileOperation::size));
        return inode_->visible.size();
    }

private:
    Result<void> still_there() const {
        return disk_->crashes == opened_after_
                   ? Result<void>{}
                   : fail(Errc::unavailable, path_ + ": the machine went down under the open file");
    }

    Result<void> begin(FileOperation kind) const {
        TRY_DO(still_there());
        if (const auto error = disk_->begin(kind, path_)) {
            return std::unexpected(*error);
        }
        return {};
    }

    Result<void> may_write() const {
        return mode_ == OpenMode::read ? fail(Errc::forbidden, path_ + ": opened for reading") : Result<void>{};
    }

    std::shared_ptr<Disk> disk_;
    std::shared_ptr<Inode> inode_;
    std::string path_;
    OpenMode mode_;
    std::uint64_t opened_after_;
};

SimulatedFileSystem::SimulatedFileSystem(std::uint64_t seed) : disk_(std::make_shared<Disk>(seed)) {}
SimulatedFileSystem::~SimulatedFileSystem() = default;

Result<std::unique_ptr<File>> SimulatedFileSystem::open(const std::string& path, OpenMode mode) {
    const std::lock_guard lock(disk_->mutex);
    if (const auto error = disk_->begin(FileOperation::open, path)) {
        return std::unexpected(*error);
    }
    const auto found = disk_->visible.files.find(path);
    const bool exists = found != disk_->visible.files.end();
    if (!disk_->visible.has_folder(parent_of(path)) || (mode == OpenMode::read && !exists)) {
        return fail(Errc::not_found, path + ": No such file or directory");
    }
    if (mode == OpenMode::create && exists) {
        return fail(Errc::conflict, path + ": File exists");
    }
    const auto inode = exists ? found->second : std::make_shared<Inode>();
    if (!exists) {
        disk_->change({.kind = EntryChange::Kind::create, .path = path, .to = {}, .inode = inode});
    }
    return std::make_unique<SimulatedFile>(disk_, inode, path, mode);
}

Result<std::vector<std::string>> SimulatedFileSystem::list(const std::string& folder) {
    const std::lock_guard lock(disk_->mutex);
    if (const auto error = disk_->begin(FileOperation::list, folder)) {
        return std::unexpected(*error);
    }
    if (!disk_->visible.has_folder(folder)) {
        return fail(Errc::not_found, folder + ": No such file or directory");
    }
    std::set<std::string> names;
    for (const auto& [path, inode] : disk_->visible.files) {
        names.insert(name_in(folder, path));
    }
    for (const auto& path : disk_->visible.folders) {
        names.insert(name_in(folder, path));
    }
    names.erase("");
    return std::vector<std::string>(names.begin(), names.end());
}

Result<void> SimulatedFileSystem::create_folders(const std::string& folder) {
    const std::lock_guard lock(disk_->mutex);
    if (const auto error = disk_->begin(FileOperation::create_folders, folder)) {
        return std::unexpected(*error);
    }
    std::vector<std::string> missing;
    for (auto path = folder; !is_root(path); path = parent_of(path)) {
        if (!disk_->visible.folders.contains(path)) {
            missing.push_back(path);
        }
    }
    while (!missing.empty()) {
        disk_->change({.kind = EntryChange::Kind::create_folder, .path = missing.back(), .to = {}, .inode = {}});
        missing.pop_back();
    }
    return {};
}

Result<void> SimulatedFileSystem::remove(const std::string& path) {
    const std::lock_guard lock(disk_->mutex);
    if (const auto error = disk_->begin(FileOperation::remove, path)) {
        return std::unexpected(*error);
    }
    if (!disk_->visible.files.contains(path)) {
        return fail(Errc::not_found, path + ": No such file or directory");
    }
    disk_->change({.kind = EntryChange::Kind::remove, .path = path, .to = {}, .inode = {}});
    return {};
}

Result<void> SimulatedFileSystem::rename(const std::string& from, const std::string& to) {
    const std::lock_guard lock(disk_->mutex);
    if (const auto error = disk_->begin(FileOperation::rename, from)) {
        return std::unexpected(*error);
    }
    const auto found = disk_->visible.files.find(from);
    if (found == disk_->visible.files.end() || !disk_->visible.has_folder(parent_of(to))) {
        return fail(Errc::not_found, from + ": No such file or directory");
    }
    disk_->change({.kind = EntryChange::Kind::rename, .path = from, .to = to, .inode = found->second});
    return {};
}

Result<void> SimulatedFileSystem::sync_folder(const std::string& folder) {
    const std::lock_guard lock(disk_->mutex);
    if (const auto error = disk_->begin(FileOperation::sync_folder, folder)) {
        return std::unexpected(*error);
    }
    if (!disk_->visible.has_folder(folder)) {
        return fail(Errc::not_found, folder + ": No such file or directory");
    }
    std::erase_if(disk_->unsynced, [&](const EntryChange& change) {
        const auto parent = parent_of(change.path);
        const bool inside = parent == folder || (is_root(parent) && is_root(folder));
        if (inside) {
            disk_->durable.apply(change);
        }
        return inside;
    });
    return {};
}

Result<std::uint64_t> SimulatedFileSystem::free_bytes(const std::string& folder) {
    const std::lock_guard lock(disk_->mutex);
    if (const auto error = disk_->begin(FileOperation::free_bytes, folder)) {
        return std::unexpected(*error);
    }
    const auto used = disk_->used();
    return disk_->capacity > used ? disk_->capacity - used : 0;
}

void SimulatedFileSystem::crash() {
    const std::lock_guard lock(disk_->mutex);
    ++disk_->crashes;
    const double probability = disk_->random.below(2) == 0 ? 0 : disk_->random.unit();
    std::set<std::shared_ptr<Inode>> inodes;
    for (const EntryChange& change : disk_->unsynced) {
        if (disk_->random.chance(probability)) {
            disk_->durable.apply(change);
        }
    }
    disk_->unsynced.clear();
    std::erase_if(disk_->durable.files,
                  [&](const auto& entry) { return !disk_->durable.has_folder(parent_of(entry.first)); });
    for (const auto& [path, inode] : disk_->durable.files) {
        if (!inodes.insert(inode).second) {
            continue;
        }
        const auto size = inode->visible.size();
        inode->settle(disk_->random, probability);
        // The size may have reached the disk where the bytes have not: zeros.
        if (size > inode->durable.size() && disk_->random.chance(probability)) {
            inode->durable.resize(size);
        }
        inode->visible = inode->durable;
    }
    disk_->visible = disk_->durable;
}

void SimulatedFileSystem::fail_operation(std::uint64_t nth, DiskFault fault, FaultLength length) {
    check(nth > 0, "operations are counted from 1");
    const std::lock_guard lock(disk_->mutex);
    disk_->faults.push_back({.kind = {}, .remaining = nth, .fault = fault, .length = length});
}

void SimulatedFileSystem::fail_operation(FileOperation kind, std::uint64_t nth, DiskFault fault, FaultLength length) {
    check(nth > 0, "operations are counted from 1");
    const std::lock_guard lock(disk_->mutex);
    disk_->faults.push_back({.kind = kind, .remaining = nth, .fault = fault, .length = length});
}

void SimulatedFileSystem::mend() {
    const std::lock_guard lock(disk_->mutex);
    disk_->faults.clear();
}

std::uint64_t SimulatedFileSystem::operations() const {
    const std::lock_guard lock(disk_->mutex);
    std::uint64_t sum = 0;
    for (const auto count : disk_->counts) {
        sum += count;
    }
    return sum;
}

std::uint64_t SimulatedFileSystem::operations(FileOperation kind) const {
    const std::lock_guard lock(disk_->mutex);
    return disk_->counts[static_cast<std::size_t>(kind)];
}

void SimulatedFileSystem::set_capacity(std::uint64_t bytes) {
    const std::lock_guard lock(disk_->mutex);
    disk_->capacity = bytes;
}

std::uint64_t SimulatedFileSystem::used_bytes() const {
    const std::lock_guard lock(disk_->mutex);
    return disk_->used();
}

void SimulatedFileSystem::hold_syncs() {
    const std::lock_guard lock(disk_->mutex);
    disk_->syncs_held = true;
}

void SimulatedFileSystem::release_syncs() {
    const std::lock_guard lock(disk_->mutex);
    disk_->syncs_held = false;
    disk_->changed.notify_all();
}

void SimulatedFileSystem::await_held_sync() {
    std::unique_lock lock(disk_->mutex);
    disk_->changed.wait(lock, [this] { return disk_->syncs_held && disk_->syncs_waiting > 0; });
}

Result<Bytes> SimulatedFileSystem::contents(const std::string& path) const {
    const std::lock_guard lock(disk_->mutex);
    const auto found = disk_->visible.files.find(path);
    if (found == disk_->visible.files.end()) {
        return fail(Errc::not_found, path + ": No such file or directory");
    }
    return found->second->visible;
}

void SimulatedFileSystem::put(const std::string& path, ByteView bytes) {
    const std::lock_guard lock(disk_->mutex);
    const auto inode = std::make_shared<Inode>();
    inode->visible.assign(bytes.begin(), bytes.end());
    inode->durable = inode->visible;
    for (Names* names : {&disk_->visible, &disk_->durable}) {
        names->files[path] = inode;
        for (auto folder = parent_of(path); !is_root(folder); folder = parent_of(folder)) {
            names->folders.insert(folder);
        }
    }
}

void SimulatedFileSystem::flip_bit(const std::string& path, std::uint64_t offset, unsigned bit) {
    const std::lock_guard lock(disk_->mutex);
    const auto found = disk_->visible.files.find(path);
    check(found != disk_->visible.files.end() && offset < found->second->visible.size() && bit < 8,
          "flip_bit names a bit that exists");
    for (Bytes* bytes : {&found->second->visible, &found->second->durable}) {
        if (offset < bytes->size()) {
            (*bytes)[offset] ^= static_cast<std::byte>(1U << bit);
        }
    }
}

}  // namespace bypuls
