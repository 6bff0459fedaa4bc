#include "city/participation/recount/searchable.h"

#include <gmock/gmock.h>

#include "city/participation/recount/library.h"

namespace bypuls::participation::recount {
namespace {

using publish::search::find;

TEST(Searchable, EveryElectionIsFoundFirstByItsNameInEveryLanguageAndSaysThatItIsSimulated) {
    for (const auto language : words::all_languages) {
        const words::Words say{words::Catalogue::built_in(), language};
        const auto entries = searchable(say);
        for (const Exhibit& exhibit : library()) {
            const auto results = find(entries, say.lookup("recount.library." + exhibit.slug));
            ASSERT_FALSE(results.found.empty()) << exhibit.slug;
            EXPECT_EQ(results.found.front()->href, "/medvirkning/etterregning?valg=" + exhibit.slug);
            EXPECT_TRUE(results.found.front()->simulated);
        }
    }
}

TEST(Searchable, AnElectionIsFoundByWhatWon) {
    const auto entries = searchable({words::Catalogue::built_in(), words::Language::nb});
    const auto results = find(entries, "klatrevegg");
    ASSERT_FALSE(results.found.empty());
    EXPECT_EQ(results.found.front()->href, "/medvirkning/etterregning?valg=skolegard");
}

}  // namespace
}  // namespace bypuls::participation::recount
