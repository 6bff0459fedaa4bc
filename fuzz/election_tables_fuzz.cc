#include <cstddef>
#include <cstdint>
#include <string_view>

#include "city/participation/pabulib/pabulib.h"
#include "core/check.h"

using namespace bypuls;
using namespace bypuls::participation;

namespace {

/// Whatever can be read can be counted: pots, exclusive groups and free projects too. The count checks itself.
void count_small(const counting::Election& election) {
    if (election.projects.size() > 10 || election.ballots.size() > 40) {
        return;
    }
    for (const char* name :
         {"greedy", "knapsack-partial", "max-welfare", "mes-cost-util", "mes-points", "phragmen-skip", "cstv-ge-ewt"}) {
        counting::Rule rule = counting::rule_named(name).value();
        rule.seed = "fuzz";
        rule.left_over = counting::LeftOver::to_common;
        const auto result = count(election, rule);
        check(result || result.error().code == Errc::exhausted, "a valid election is counted");
    }
}

}  // namespace

/// JSON as it is; CSV as projects and ballots with a blank line between.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    if (const auto election = pabulib::read_json(text)) {
        check(validate(*election).has_value(), "an election read is a valid one");
        count_small(*election);
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
        if (election) {
            count_small(*election);
        }
    }
    return 0;
}
