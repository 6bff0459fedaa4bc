#pragma once

#include <cstddef>

#include <fmt/format.h>

#include "platform/registry/view.h"

namespace bypuls::registry {

/// What a question by many ids is refused for before anything is looked up: Errc::exhausted.
inline Result<void> at_most_a_page(std::size_t ids) {
    if (ids > page_max) {
        return fail(Errc::exhausted, fmt::format("at most {} are asked for at once, not {}", page_max, ids));
    }
    return {};
}

}  // namespace bypuls::registry
