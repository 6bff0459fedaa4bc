#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "city/participation/counting/count.h"
#include "city/participation/explanation/distance.h"
#include "city/participation/explanation/report.h"

namespace bypuls::participation::explanation {

enum class Language : std::uint8_t { bokmaal, nynorsk, english };

/// One paragraph for each project, for a result page: in order of purchase, then the others by votes. Plain words,
/// whole sentences, nothing a reader needs a definition for. UTF-8 text, not HTML: escape before putting it on a page.
struct ProjectStory {
    counting::ProjectIndex project = 0;
    std::string text;
};
std::vector<ProjectStory> tell(const counting::Election& election, const counting::CountResult& result,
                               const Distances& distances, Language language);

/// Round by round what was bought, who could still pay and what they paid; one line each.
std::vector<std::string> tell_rounds(const counting::Election& election, const counting::CountResult& result,
                                     Language language);

/// How many got something, how evenly, and whether the payments prove the outcome; by age and area where the voters'
/// are known. One line each.
std::vector<std::string> tell_figures(const counting::Election& election, const counting::CountResult& result,
                                      const Metrics& metrics, Language language);

/// What another rule would have led to.
std::string tell_beside(const counting::Election& election, const Beside& beside, Language language);

/// What was shared out, how much was spent, and whether a tie decided anything.
std::string tell_whole(const counting::Election& election, const counting::CountResult& result, Language language);

}  // namespace bypuls::participation::explanation
