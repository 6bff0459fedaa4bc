#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/bytes.h"
#include "core/result.h"

namespace bypuls::observations::blocks {

/// A column of integers as bytes that compress well: as they are, as differences, or as differences of differences,
/// whichever promises to be shortest. One byte each, with the rare large ones set aside.
void put_integers(Bytes& out, std::span<const std::int64_t> values);

/// Exactly `count` integers.
Result<void> read_integers(ByteReader& in, std::size_t count, std::vector<std::int64_t>& out);

/// How many bytes an ideal order-0 coder would need: what makes one form better than another.
double entropy_bytes(ByteView bytes);

}  // namespace bypuls::observations::blocks
