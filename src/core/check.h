#pragma once

#include <source_location>
#include <string_view>

namespace bypuls {

/// Ends the program with a sentence. Called by check().
[[noreturn]] void check_failed(std::string_view sentence, std::source_location where);

/// Stops the program when we made a mistake. Always on, in release too; never for input from outside (use Result).
inline void check(bool holds, std::string_view sentence, std::source_location where = std::source_location::current()) {
    if (!holds) [[unlikely]] {
        check_failed(sentence, where);
    }
}

}  // namespace bypuls
