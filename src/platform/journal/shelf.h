#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "core/files.h"
#include "platform/journal/format.h"
#include "platform/journal/journal.h"

namespace bypuls::journal {

/// What readers need to know of one segment.
struct Segment {
    std::string name;  ///< of the file in the folder
    std::uint32_t marker = 0;
    bool readable = true;  ///< false when header and first record are lost: nothing in it can be trusted
    Position first;
    Position end;             ///< one past the last record that counts
    std::uint64_t bytes = 0;  ///< that may be read; those of the segment being written grow with each commit
};

/// The segments of a journal, shared by its writer and its readers. Thread-safe.
class Shelf {
public:
    Shelf(FileSystem& files, std::string folder) : files_(files), folder_(std::move(folder)) {}

    std::string path(const std::string& name) const { return folder_ + "/" + name; }
    const std::string& folder() const { return folder_; }
    FileSystem& files() const { return files_; }

    /// Adds the newest segment; the one before ends where it begins.
    void add(Segment segment);
    /// The newest segment has grown durably.
    void grow(Position end, std::uint64_t bytes);
    /// Takes the newest segment away again, when it is the one named and holds no record.
    void remove_if_empty(const std::string& name);
    /// The position that the next record will get; never goes back.
    Position next() const;
    void set_next(Position next);

    /// The segment holding `position`, or the first one after it; nothing when there is no such record yet.
    std::optional<Segment> find(Position position) const;
    Position first() const;
    std::uint64_t bytes() const;
    std::size_t count() const;
    /// The oldest segment, if it lies wholly before `keep_from` and is not the newest.
    std::optional<Segment> oldest_before(Position keep_from) const;
    void remove(Position first);

    std::atomic<std::uint64_t> records_damaged{0};

private:
    FileSystem& files_;
    std::string folder_;
    mutable std::mutex mutex_;
    std::map<Position, Segment> segments_;
    Position next_{1};
};

}  // namespace bypuls::journal
