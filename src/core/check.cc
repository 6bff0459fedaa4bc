#include "core/check.h"

#include <cstdio>
#include <cstdlib>
#include <string>

namespace bypuls {

void check_failed(std::string_view sentence, std::source_location where) {
    const std::string text = std::string(where.file_name()) + ":" + std::to_string(where.line()) +
                             ": our own mistake: " + std::string(sentence) + "\n";
    std::fputs(text.c_str(), stderr);
    std::abort();
}

}  // namespace bypuls
