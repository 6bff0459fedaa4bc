#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "core/bytes.h"
#include "core/files.h"
#include "core/result.h"

namespace bypuls {

/// What can be made to fail, counted together by fail_operation().
enum class FileOperation : std::uint8_t {
    open,
    read,
    write,
    sync,
    truncate,
    size,
    list,
    create_folders,
    remove,
    rename,
    sync_folder,
    free_bytes,
};
inline constexpr std::size_t file_operation_count = 12;

/// The error a failing operation gives: EIO is Errc::unavailable, ENOSPC is Errc::exhausted, as posix_files() says it.
enum class DiskFault : std::uint8_t { input_output, no_space };

/// How long a fault lasts: one operation, or every operation until mend().
enum class FaultLength : std::uint8_t { once, until_mended };

/// A disk in memory that forgets what a real disk may forget, under a seed.
///
/// It keeps two pictures of every file and folder: what a reader sees now (the page cache) and what would survive a
/// power cut. sync() moves the first into the second for one file, sync_folder() for the entries of one folder; syncing
/// a file does not make its entry durable. A failed sync() behaves as Linux does: the bytes stay readable, are no
/// longer due to be written, and a later successful sync() does not save them; only writing them again does.
/// Thread-safe. Paths are compared as text: one spelling for one file.
class SimulatedFileSystem final : public FileSystem {
public:
    explicit SimulatedFileSystem(std::uint64_t seed = 1);
    ~SimulatedFileSystem() override;
    SimulatedFileSystem(const SimulatedFileSystem&) = delete;
    SimulatedFileSystem& operator=(const SimulatedFileSystem&) = delete;

    Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override;
    Result<std::vector<std::string>> list(const std::string& folder) override;
    Result<void> create_folders(const std::string& folder) override;
    Result<void> remove(const std::string& path) override;
    Result<void> rename(const std::string& from, const std::string& to) override;
    Result<void> sync_folder(const std::string& folder) override;
    Result<std::uint64_t> free_bytes(const std::string& folder) override;

    /// The power goes. Of the bytes written since the last sync each sector of 512 bytes survives or not by chance, of
    /// the folder entries not synced each one; half the crashes are harsher and drop everything unsynced. Files still
    /// open answer Errc::unavailable from now on.
    void crash();

    /// The `nth` operation from now fails, 1 being the next. A failing write may have written any prefix, a failing
    /// sync may have saved any sectors; everything else has no effect.
    void fail_operation(std::uint64_t nth, DiskFault fault, FaultLength length = FaultLength::once);
    /// The same, counting only operations of one kind.
    void fail_operation(FileOperation kind, std::uint64_t nth, DiskFault fault, FaultLength length = FaultLength::once);
    /// Takes back every fault that is set.
    void mend();
    /// Operations done since the beginning, failed ones included.
    std::uint64_t operations() const;
    std::uint64_t operations(FileOperation kind) const;

    /// All files together hold at most this; a write beyond gives Errc::exhausted after filling what is left.
    void set_capacity(std::uint64_t bytes);
    std::uint64_t used_bytes() const;

    /// From now on sync() of a file waits until release_syncs(), as on a very slow disk.
    void hold_syncs();
    void release_syncs();
    /// Returns when a sync is waiting.
    void await_held_sync();

    /// What a reader sees now; Errc::not_found.
    Result<Bytes> contents(const std::string& path) const;
    /// Puts a file there, durable with its entry and its folders, replacing what was.
    void put(const std::string& path, ByteView bytes);
    /// Turns one bit (0 to 7) over, durably, as a decaying disk does. The offset must lie in the file.
    void flip_bit(const std::string& path, std::uint64_t offset, unsigned bit);

private:
    struct Disk;
    class SimulatedFile;
    std::shared_ptr<Disk> disk_;
};

}  // namespace bypuls
