#include <gmock/gmock.h>

#include "city/participation/counting/count.h"
#include "city/participation/explanation/report.h"
#include "city/participation/pabulib/pabulib.h"
#include "city/participation/recount/library.h"
#include "city/participation/recount/recount_page.h"

namespace bypuls::participation::recount {
namespace {

using testing::HasSubstr;
using testing::Not;

words::Words in(words::Language language) {
    return {words::Catalogue::built_in(), language};
}

TEST(Library, EveryPublishedResultFollowsFromItsBallots) {
    for (const Exhibit& exhibit : library()) {
        const auto document = pabulib::parse(exhibit.ballots).value();
        const auto reading = pabulib::read_election(document).value();
        const auto published = explanation::read_result(exhibit.result).value();

        const auto result = count(reading.election, published.rule).value();

        std::vector<std::string> winners;
        for (const counting::ProjectIndex winner : result.winners) {
            winners.push_back(reading.election.projects[winner].id);
        }
        EXPECT_EQ(winners, published.winners) << exhibit.slug;
        EXPECT_EQ(result.spent, published.spent) << exhibit.slug;
        EXPECT_EQ(pabulib::rule_of(document).value(), published.rule) << exhibit.slug;
        EXPECT_EQ(result.winning_set(), reading.published.winners) << exhibit.slug;
    }
}

TEST(Library, IsSmallAndHasATieThatDecides) {
    std::size_t bytes = 0;
    for (const Exhibit& exhibit : library()) {
        bytes += exhibit.ballots.size() + exhibit.result.size();
    }
    EXPECT_LT(bytes, 1'500'000U);
    ASSERT_NE(find_exhibit("likt"), nullptr);
    EXPECT_THAT(find_exhibit("likt")->result, HasSubstr("\"changed_outcome\": true"));
    EXPECT_EQ(find_exhibit("finnes-ikke"), nullptr);
}

TEST(LibraryPage, NamesEveryElectionInEveryLanguageAndSaysThatTheyAreSimulated) {
    for (const auto language : words::all_languages) {
        const pages::Page page = library_page(in(language), library());
        EXPECT_TRUE(page.simulated);
        for (const Exhibit& exhibit : library()) {
            EXPECT_THAT(page.body.text(), HasSubstr("/medvirkning/etterregning?valg=" + exhibit.slug));
        }
        // A message that is missing stands in brackets.
        EXPECT_THAT(page.body.text(), Not(HasSubstr("[recount")));
        EXPECT_THAT(page.body.text(), HasSubstr(in(language)("parts.simulated")));
    }
}

TEST(LibraryPage, SaysOfEachWhoWonWhereItComesFromAndItsLicence) {
    const Exhibit* yard = find_exhibit("skolegard");
    const Exhibit* tie = find_exhibit("likt");
    ASSERT_TRUE(yard != nullptr && tie != nullptr);

    const std::string points = library_page(in(words::Language::nb), {*yard}).body.text();
    const std::string tied = library_page(in(words::Language::en), {*tie}).body.text();

    EXPECT_THAT(points, HasSubstr("<strong>«Klatrevegg», «Kurvhuske» og «Bordtennisbord» vant.</strong>"));
    EXPECT_THAT(points, HasSubstr("Flest poeng først"));
    EXPECT_THAT(points, HasSubstr("Det er poengene som teller"));
    EXPECT_THAT(points, HasSubstr("Lisens: EUPL-1.2"));
    EXPECT_THAT(tied, HasSubstr("the choice between them decided the outcome"));
    EXPECT_THAT(tied, HasSubstr("Licence: EUPL-1.2"));
    EXPECT_THAT(tied, HasSubstr("href=\"https://pabulib.org/\""));
}

TEST(RecountPage, CanBeReadWithoutScript) {
    const pages::Page page = recount_page(in(words::Language::nb), nullptr);

    EXPECT_THAT(page.body.text(), HasSubstr("bypuls verify count valg.pb valg.json"));
    EXPECT_THAT(page.body.text(), HasSubstr(in(words::Language::nb)("recount.no_script")));
    EXPECT_THAT(page.body.text(), HasSubstr("data-island=\"recount\""));
    EXPECT_FALSE(page.simulated);
}

TEST(RecountPage, BeginsWithAnElectionOfTheLibraryAndKeepsItWhenTheLanguageChanges) {
    const pages::Page page = recount_page(in(words::Language::en), find_exhibit("likt"));

    EXPECT_THAT(page.body.text(), HasSubstr("/medvirkning/valg/likt.pb"));
    EXPECT_EQ(page.query, "valg=likt");
    EXPECT_TRUE(page.simulated);
    EXPECT_THAT(page.body.text(), HasSubstr("This vote was made by a program."));
    EXPECT_THAT(page.body.text(), HasSubstr("&quot;simulated&quot;:true"));
}

}  // namespace
}  // namespace bypuls::participation::recount
