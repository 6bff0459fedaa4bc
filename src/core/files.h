#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/bytes.h"
#include "core/result.h"

namespace bypuls {

enum class OpenMode : std::uint8_t {
    read,    ///< must exist
    write,   ///< read and write; created when it does not exist
    create,  ///< read and write; must not exist
};

/// An open file. Not thread-safe for writing; positioned reads may run beside anything.
class File {
public:
    virtual ~File() = default;
    /// Bytes from `offset`; fewer than asked for only at the end of the file.
    virtual Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into) const = 0;
    /// All of `bytes`, or an error; after an error any prefix may have been written. Errc::exhausted when the disk is
    /// full.
    virtual Result<void> write_at(std::uint64_t offset, ByteView bytes) = 0;
    /// fdatasync. After a failure nothing written since the last success may be trusted to be on disk, ever.
    virtual Result<void> sync() = 0;
    virtual Result<void> truncate(std::uint64_t size) = 0;
    virtual Result<std::uint64_t> size() const = 0;
};

/// The operating system's files behind an interface, so that tests can tear, fill and break the disk.
class FileSystem {
public:
    virtual ~FileSystem() = default;
    virtual Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) = 0;
    /// Names (not paths) of the entries of a folder, sorted.
    virtual Result<std::vector<std::string>> list(const std::string& folder) = 0;
    virtual Result<void> create_folders(const std::string& folder) = 0;
    virtual Result<void> remove(const std::string& path) = 0;
    /// Atomic replacement within one folder.
    virtual Result<void> rename(const std::string& from, const std::string& to) = 0;
    /// Makes creations, renames and removals in the folder durable.
    virtual Result<void> sync_folder(const std::string& folder) = 0;
    virtual Result<std::uint64_t> free_bytes(const std::string& folder) = 0;
};

/// POSIX files. Thread-safe.
FileSystem& posix_files();

/// Whole small files: configuration, codecs, messages. Errc::exhausted above `bytes_max`.
Result<std::string> read_text_file(const std::string& path, std::size_t bytes_max = 16U << 20U);
/// Written beside, synced and renamed, so that a reader sees the old or the new, never half.
Result<void> write_text_file(const std::string& path, std::string_view text, unsigned mode = 0644);

}  // namespace bypuls
