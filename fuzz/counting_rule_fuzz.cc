#include <cstddef>
#include <cstdint>
#include <string_view>

#include "city/participation/counting/rule.h"
#include "core/check.h"

using namespace bypuls;
using namespace bypuls::participation::counting;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto rule = parse_rule({reinterpret_cast<const char*>(data), size});
    if (rule) {
        const auto again = parse_rule(print_rule(*rule));
        check(again && *again == *rule, "a rule survives the round trip");
    }
    return 0;
}
