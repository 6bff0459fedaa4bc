#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "city/participation/counting/fault.h"

namespace bypuls::participation::pabulib {

/// No file is larger than this when it is unpacked.
inline constexpr std::size_t unpacked_bytes_max = std::size_t{1} << 30;

/// A file as it was before gzip or zstd packed it, told by its first bytes whatever it is called; another file as it
/// is. Several packed one after the other are one.
/// Errc::malformed when it is broken or cut; Errc::exhausted beyond `bytes_max`, of which no more is held.
counting::Attempt<std::string> unpacked(std::string bytes, std::size_t bytes_max = unpacked_bytes_max);

/// "projects.csv" of "projects.csv.gz" and "projects.csv.zst".
std::string_view without_packing(std::string_view path);

}  // namespace bypuls::participation::pabulib
