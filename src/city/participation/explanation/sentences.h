#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "city/participation/counting/count.h"
#include "city/participation/explanation/distance.h"
#include "city/participation/explanation/report.h"
#include "core/words/catalogue.h"

namespace bypuls::participation::explanation {

enum class Language : std::uint8_t { bokmaal, nynorsk, english };

words::Language language_of(Language language);

/// A count that is told of: all three must outlive the telling.
struct Counted {
    const counting::Election& election;
    const counting::Rule& rule;
    const counting::CountResult& result;
};

/// Names as they stand in a sentence: «A».
std::vector<std::string> quoted(const words::Words& say, std::span<const std::string> names);
/// "a, b and c"
std::string listed(const words::Words& say, std::span<const std::string> texts);

/// True if what a project got is told in points: those on the ballots, or those that places in a ranking give.
bool counted_in_points(const counting::Election& election, const counting::Rule& rule);

/// A share of one in hundredths: "62"; with as many more decimals as it takes for what is neither none nor all not to
/// look like it: "99,8", "0,04".
std::string percent_digits(words::Language language, double share, int decimals);

/// One paragraph for each project, for a result page: in order of purchase, then the others by what they got. Plain
/// words, whole sentences, nothing a reader needs a definition for. UTF-8 text, not HTML: escape before putting it on a
/// page.
struct ProjectStory {
    counting::ProjectIndex project = 0;
    std::string text;
};
std::vector<ProjectStory> tell(const Counted& counted, const Distances& distances, Language language);

/// An amount as people write it: "1 234 567,50 kroner"; another currency by its code.
std::string money_in_words(const words::Words& say, const counting::Election& election, counting::Money amount);

/// Every way in which each loser could have won, with what each of them means; one line each, nothing where nobody
/// lost. The recount page has the same in a table, in the same words.
std::vector<std::string> tell_measures(const Counted& counted, const Distances& distances, Language language);

/// Round by round what was bought, from which pot, who could still pay and what they paid; one line each.
std::vector<std::string> tell_rounds(const Counted& counted, Language language);

/// How many got something, how evenly, and whether the payments prove the outcome, pot by pot; by age and area where
/// the voters' are known. One line each.
std::vector<std::string> tell_figures(const Counted& counted, const Metrics& metrics, Language language);

/// What another rule would have led to.
std::string tell_beside(const counting::Election& election, const Beside& beside, Language language);

/// What was shared out, how much was spent, from which pot, what the rule goes by where that is not votes, and whether
/// a tie decided anything.
std::string tell_whole(const Counted& counted, Language language);

}  // namespace bypuls::participation::explanation
