#include <cstddef>
#include <cstdint>
#include <string_view>

#include "city/participation/explanation/report.h"
#include "core/check.h"

using namespace bypuls;
using namespace bypuls::participation;

/// The RESULT of `bypuls verify count`, which a stranger gives.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    // All but read_result are asked only of what it took, but must stand whatever is given.
    explanation::distances_told(text);
    explanation::changes_told(text);
    explanation::ballots_told(text);
    explanation::tells_groups(text);
    explanation::tells_beside(text);
    const auto result = explanation::read_result(text);
    if (!result) {
        check(!result.error().what.empty(), "what is refused is told why");
        return 0;
    }
    const auto same = explanation::first_mismatch(text, text, {});
    check(same && !*same, "a result is itself");
    const auto other = explanation::first_mismatch(text, R"({"format": "bypuls-count-1", "winners": []})", {});
    check(other.has_value(), "any two results can be held against each other");
    return 0;
}
