#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <vector>

#include "core/bytes.h"
#include "core/result.h"
#include "platform/observations/columns.h"
#include "platform/observations/rollup.h"

namespace bypuls::observations::blocks {

/// What stands beside a block's bytes, so that counts and totals need not open it. Covered by the block's checksum.
struct Header {
    DatastreamId datastream;
    Instant start{};          ///< time of the first reading, which is the block's key
    Instant end{};            ///< time of the last reading
    std::uint64_t count = 0;  ///< all readings
    Aggregate usable;         ///< of the usable ones

    friend bool operator==(const Header&, const Header&) = default;
};

Header header_of(DatastreamId datastream, const Columns& columns);

/// What a dictionary was trained on: blocks of one type with regular or irregular times look alike.
struct Kind {
    ResultType type = ResultType::number;
    bool regular = false;

    std::uint8_t code() const {
        return static_cast<std::uint8_t>(static_cast<unsigned>(type) << 1U | (regular ? 1U : 0U));
    }
};

/// zstd dictionaries by number. A number once used means the same bytes for ever. Thread-safe.
class Dictionaries {
public:
    Dictionaries();
    ~Dictionaries();

    /// `id` > 0. The newest of a kind is the one that new blocks use.
    void add(std::uint32_t id, std::uint8_t kind, ByteView bytes);
    bool has_kind(std::uint8_t kind) const;
    std::uint32_t next_id() const;

    struct Entry;
    std::shared_ptr<const Entry> find(std::uint32_t id) const;
    std::shared_ptr<const Entry> newest(std::uint8_t kind) const;

private:
    mutable std::shared_mutex mutex_;
    std::map<std::uint32_t, std::shared_ptr<const Entry>> by_id_;
    std::map<std::uint8_t, std::shared_ptr<const Entry>> newest_;
};

/// A dictionary of at most `bytes_max` from sample payloads; empty when they are too few or too alike.
Bytes train_dictionary(const std::vector<Bytes>& payloads, std::size_t bytes_max);

/// Compresses and checksums: payload of encode() in, the bytes of the block out.
Bytes seal(const Header& header, ByteView payload, const Dictionaries& dictionaries, int level);

/// Does the checksum hold, so that the header may be believed without opening the block? Errc::damaged when not.
Result<void> verify(const Header& header, ByteView sealed);

/// Checks and opens. Errc::damaged when the checksum, the compression or the payload is wrong.
Result<Columns> open(const Header& header, ByteView sealed, const Dictionaries& dictionaries);

}  // namespace bypuls::observations::blocks
