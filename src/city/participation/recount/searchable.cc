#include "city/participation/recount/searchable.h"

#include <string>

#include "city/participation/recount/library.h"
#include "city/participation/recount/recount_page.h"

namespace bypuls::participation::recount {

using publish::search::Entry;
using publish::search::Kind;

std::vector<Entry> searchable(const words::Words& say) {
    std::vector<Entry> entries{{.href = recount_path,
                                .title = say("recount.title"),
                                .text = say("recount.description"),
                                .also = say("search.also_recount")},
                               {.href = library_path,
                                .title = say("recount.library.title"),
                                .text = say("recount.library.lead"),
                                .also = say("search.also_library")}};
    for (const Exhibit& exhibit : library()) {
        std::string also = say("search.also_election");
        for (const std::string& winner : exhibit.winners) {
            also += " " + winner;
        }
        entries.push_back({.kind = Kind::election,
                           .href = std::string(recount_path) + "?valg=" + exhibit.slug,
                           .title = say.lookup("recount.library." + exhibit.slug),
                           .text = say.lookup("recount.library." + exhibit.slug + "_text"),
                           .also = std::move(also),
                           .simulated = true});
    }
    return entries;
}

}  // namespace bypuls::participation::recount
