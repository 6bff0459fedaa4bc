#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "city/participation/counting/election.h"
#include "core/words/catalogue.h"

namespace bypuls::participation::recount {

/// An election to try. All of them were made by a program (demo/drammen/elections/make.ts).
struct Exhibit {
    std::string slug;     ///< "leketoy": in addresses, and in the names of its messages, `recount.library.<slug>`
    std::string ballots;  ///< the `.pb` file
    std::string result;   ///< the published result: docs/formats/count-result.schema.json
    std::string rule;     ///< "mes-cost-add1"
    std::string currency;
    std::int64_t projects = 0;
    std::int64_t voters = 0;  ///< ballots, blank ones included
    counting::Money budget = 0;
    bool by_points = false;            ///< what a project got is told in points
    std::vector<std::string> winners;  ///< names, in order of purchase
    std::map<words::Language, std::string>
        story;  ///< what was shared out and whether a tie decided, as the count tells it
    std::string licence = "EUPL-1.2";
};

/// The elections the program was built with, in the order of the page. Read once; immutable.
const std::vector<Exhibit>& library();

/// Null when there is none by that name.
const Exhibit* find_exhibit(std::string_view slug);

}  // namespace bypuls::participation::recount
