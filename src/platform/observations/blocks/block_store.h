#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "core/result.h"
#include "platform/observations/store.h"

namespace bypuls::observations {

struct BlockOptions {
    std::string path;  ///< the SQLite file; "-wal" and "-shm" stand beside it
    /// Readings in memory; then append answers Errc::exhausted. One record that alone is larger is taken when memory is
    /// empty, so the true bound is the larger of this and the readings of one record.
    std::size_t hot_bytes_max = 256U << 20U;
    std::size_t settle_bytes = 64U << 20U;           ///< from here on wants_settle() is true
    std::size_t readers_max = 4;                     ///< connections for reading; beyond that, readers take turns
    std::size_t cache_bytes_per_reader = 4U << 20U;  ///< SQLite's page cache of each connection
    int compression_level = 6;                       ///< zstd
    /// What stands beside the blocks and is damaged is made anew from them. Without, it is only named, in statistics().
    bool mend = true;
};

/// Compressed blocks in SQLite; docs/formats/block.md has the bytes, docs/decisions/0003 the reasons. Creates the file
/// or brings an older one up to date. Errc::damaged when the file is no database, Errc::conflict when a newer version
/// of the program wrote it.
Result<std::unique_ptr<Store>> open_block_store(const BlockOptions& options);

}  // namespace bypuls::observations
