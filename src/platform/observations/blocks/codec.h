#pragma once

#include "core/bytes.h"
#include "core/result.h"
#include "platform/observations/columns.h"

/// The inside of a block, before compression: columns in, bytes out and back. Pure. Format: docs/formats/block.md.
namespace bypuls::observations::blocks {

/// More readings in one block are malformed: what a decoder will allocate for.
constexpr std::size_t rows_max = 1U << 16U;
/// The same for the bytes of all texts together.
constexpr std::size_t text_total_max = 8U << 20U;

/// The payload of a block. Rows are at least one, at most rows_max, and their times rise strictly: check()ed.
Bytes encode(const Columns& columns);

/// Errc::malformed with the place when the bytes are not what encode() writes: cut short, too long, an unknown code, a
/// time that does not rise, a number that is not finite.
Result<Columns> decode(ByteView payload);

/// Where the values begin in an encoded payload. Times and values have statistics of their own.
std::size_t values_begin(ByteView payload);

/// Do the times of an encoded payload follow a regular step? Such payloads share a dictionary.
bool is_regular(ByteView payload);

}  // namespace bypuls::observations::blocks
