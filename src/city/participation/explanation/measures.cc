// How close it was, in every way there is: what the recount page has in a table, line by line.
#include <algorithm>
#include <array>

#include "city/participation/explanation/sentences.h"
#include "core/words/format.h"

namespace bypuls::participation::explanation {
namespace {

using counting::BallotKind;

struct Measure {
    words::Key what;
    std::optional<Change> LoserDistance::* change;
    bool of_additions = false;
};

constexpr std::array<Measure, 6> measures = {{{"recount.close.cost_reduction", &LoserDistance::cost_reduction},
                                              {"recount.close.singleton_add", &LoserDistance::singleton_add},
                                              {"recount.close.optimist_add", &LoserDistance::optimist_add, true},
                                              {"recount.close.random_add", &LoserDistance::random_add, true},
                                              {"recount.close.pessimist_add", &LoserDistance::pessimist_add, true},
                                              {"recount.close.rivalry_reduction", &LoserDistance::rivalry_reduction}}};

/// "høyst 12 velgere", "Ikke nok uansett".
std::string in_words(const Counted& counted, const words::Words& say, const std::optional<Change>& change, bool money) {
    if (!change) {
        return say("recount.close.never");
    }
    if (!change->enough && change->amount == 0) {
        return say("recount.close.not_found");
    }
    const std::string amount = money ? money_in_words(say, counted.election, change->amount)
                                     : say.plural("recount.close.voters", change->amount);
    if (!change->enough) {
        return say("counting.more_than", {{"amount", amount}});
    }
    return change->smallest ? amount : say("counting.at_most", {{"amount", amount}});
}

std::string why_no_additions(BallotKind kind, const words::Words& say) {
    return kind == BallotKind::choose_one ? say("recount.close.no_additions_choice")
           : kind == BallotKind::points   ? say("recount.close.no_additions_points")
                                          : say("recount.close.no_additions_ranking");
}

}  // namespace

std::vector<std::string> tell_measures(const Counted& counted, const Distances& distances, Language language) {
    const words::Words say(words::Catalogue::built_in(), language_of(language));
    if (distances.losers.empty()) {
        return {};
    }
    const bool additions = additions_apply(counted.election.kind);
    std::vector<std::string> lines = {"", say("counting.measures")};
    std::vector<LoserDistance> losers = distances.losers;
    std::ranges::stable_sort(losers, std::ranges::greater(),
                             [&](const LoserDistance& loser) { return counted.result.scores[loser.project]; });
    for (const LoserDistance& loser : losers) {
        const counting::Project& project = counted.election.projects[loser.project];
        lines.push_back(say("counting.quoted", {{"name", project.name.empty() ? project.id : project.name}}));
        for (const Measure& measure : measures) {
            if (additions || !measure.of_additions) {
                const bool money = measure.change == &LoserDistance::cost_reduction;
                const std::string amount = in_words(counted, say, loser.*measure.change, money);
                lines.push_back("  " + say("counting.measure", {{"what", say(measure.what)}, {"amount", amount}}));
            }
        }
    }
    if (!additions) {
        lines.push_back(why_no_additions(counted.election.kind, say));
    }
    if (!counted_in_points(counted.election, counted.rule)) {
        lines.push_back(say("counting.missing_means"));
    }
    return lines;
}

}  // namespace bypuls::participation::explanation
