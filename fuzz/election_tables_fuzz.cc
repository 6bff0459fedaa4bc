#include <cstddef>
#include <cstdint>
#include <string_view>

#include "city/participation/pabulib/pabulib.h"
#include "core/check.h"

using namespace bypuls;
using namespace bypuls::participation;

/// JSON as it is; CSV as projects and ballots with a blank line between.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    if (const auto election = pabulib::read_json(text)) {
        const std::string printed = pabulib::print_json(*election);
        const auto again = pabulib::read_json(printed);
        // Texts that are not UTF-8 cannot occur: the reader refuses them.
        check(again && pabulib::print_json(*again) == printed, "an election in JSON survives the round trip");
    }
    const std::size_t blank = text.find("\n\n");
    if (blank != std::string_view::npos) {
        const auto kind = static_cast<counting::BallotKind>(size % 5);
        const auto election = pabulib::read_csv(
            {.projects = text.substr(0, blank), .ballots = text.substr(blank + 2), .budget = 100000, .kind = kind});
        check(!election || validate(*election).has_value(), "an election read is a valid one");
    }
    return 0;
}
