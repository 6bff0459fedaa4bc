#pragma once

#include <optional>

#include "platform/observations/blocks/hot.h"
#include "platform/observations/blocks/sqlite.h"

/// The row of `datastream`: what is answered without opening a block, so it carries a checksum of its own.
namespace bypuls::observations::blocks {

/// What is known about a datastream when the program starts.
struct StoredHead {
    DatastreamId id;
    Head head;
    Shape shape;
};

/// CRC-32C of everything in the row, docs/formats/block.md.
std::uint32_t checksum_of(const StoredHead& stored);

/// The columns that read_head reads.
extern const char* const head_columns;

/// Nothing when the row does not say what its checksum says.
std::optional<StoredHead> read_head(const Statement& row);
/// Whatever it says.
std::optional<StoredHead> read_head_unchecked(const Statement& row);

}  // namespace bypuls::observations::blocks
