#include "platform/observations/flags.h"

#include <algorithm>
#include <array>

namespace bypuls::observations {
namespace {

struct FlagName {
    Quality::Flag flag;
    std::string_view text;
};
constexpr std::array flags{FlagName{Quality::range, "range"},         FlagName{Quality::spike, "spike"},
                           FlagName{Quality::stuck, "stuck"},         FlagName{Quality::gap, "gap"},
                           FlagName{Quality::late, "late"},           FlagName{Quality::clock, "clock"},
                           FlagName{Quality::estimated, "estimated"}, FlagName{Quality::manual, "manual"}};

}  // namespace

std::vector<std::string_view> flag_names(Quality quality) {
    std::vector<std::string_view> names;
    for (const FlagName& name : flags) {
        if (quality.has(name.flag)) {
            names.push_back(name.text);
        }
    }
    return names;
}

std::optional<Quality::Flag> flag_named(std::string_view name) {
    const auto found = std::ranges::find(flags, name, &FlagName::text);
    return found == flags.end() ? std::nullopt : std::optional(found->flag);
}

}  // namespace bypuls::observations
