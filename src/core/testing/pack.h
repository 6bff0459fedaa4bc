#pragma once

#include <string>
#include <string_view>

namespace bypuls {

// What those who pack files make of a text, for tests of what unpacks it. Failing to is loud.
std::string packed_with_gzip(std::string_view text);
std::string packed_with_zstd(std::string_view text);

}  // namespace bypuls
