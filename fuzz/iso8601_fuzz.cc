// A time that can be read is written in a form that reads back as the same instant.
#include "core/time/iso8601.h"

#include <cstdint>
#include <tuple>

#include "core/check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto t = bypuls::parse_instant(text);
    if (t) {
        const auto year = text.substr(0, 4);
        const auto again = bypuls::parse_instant(bypuls::format_instant(*t));
        // A zone can push the first and last hours of the calendar out of the years that the format can write.
        bypuls::check(year == "0001" || year == "9999" || (again && *again == *t), "a time survives the round trip");
    }
    std::ignore = bypuls::parse_interval(text);
    return 0;
}
