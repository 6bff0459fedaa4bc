#pragma once

// For .cc files of the rooms that read what is counted: names of messages are checked where they are written.
#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "city/participation/counting/fault.h"
#include "core/words/key.h"

namespace bypuls::participation::counting {

using Given = std::vector<std::pair<std::string_view, std::string>>;

inline Finding finding(words::Key key, Given given = {}, Place place = {}) {
    return {.key = key.text(), .given = std::move(given), .place = std::move(place)};
}

/// `return refuse(Errc::malformed, "recount.fault.unknown_project", {{"id", std::string(id)}}, {.line = 3, .column =
/// 2});`
inline std::unexpected<Fault> refuse(Errc code, words::Key key, Given given = {}, Place place = {}) {
    return std::unexpected(Fault(code, {finding(key, std::move(given), std::move(place))}));
}

}  // namespace bypuls::participation::counting
