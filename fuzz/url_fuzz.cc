// Request targets, queries, escapes and Accept-Language: what a stranger writes in the first lines of a request.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/check.h"
#include "core/text.h"
#include "platform/http/coding.h"
#include "platform/http/language.h"
#include "platform/http/target.h"

using namespace bypuls;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    if (const auto target = http::parse_target(text); target && target->path != "*") {
        check(target->path.starts_with('/') && is_utf8(target->path), "a path begins with '/' and is UTF-8");
        check(target->path.find('\\') == std::string::npos && target->path.find('\0') == std::string::npos,
              "a path has no backslash and no NUL");
        for (const std::string_view segment : split(target->path, '/')) {
            check(segment != "." && segment != "..", "a path leads nowhere but down");
        }
        for (const auto& [name, value] : target->query.items()) {
            check(is_utf8(name) && is_utf8(value), "a query is UTF-8");
        }
    }
    check(http::percent_decode(http::percent_encode(text)) == text, "escaping comes back the same");
    std::ignore = http::parse_query(text);
    std::ignore = http::accepted_language(text);
    std::ignore = http::accepted_coding(text);
    std::ignore = http::coding_of(text);
    return 0;
}
