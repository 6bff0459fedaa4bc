#include "city/participation/explanation/sentences.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include "core/check.h"
#include "core/words/catalogue.h"
#include "core/words/format.h"

namespace bypuls::participation::explanation {

using counting::CountResult;
using counting::Election;
using counting::Money;
using counting::ProjectIndex;

namespace {

words::Language language_of(Language language) {
    switch (language) {
        case Language::bokmaal: return words::Language::nb;
        case Language::nynorsk: return words::Language::nn;
        case Language::english: return words::Language::en;
    }
    return words::Language::nb;
}

/// The sentences are `messages/counting.*.json`, which the recount page in the browser reads too.
class Teller {
public:
    Teller(const Election& election, const CountResult& result, Language language)
        : election_(election), result_(result), say_(words::Catalogue::built_in(), language_of(language)) {}

    const words::Words& say() const { return say_; }

    std::string name(ProjectIndex project) const {
        const counting::Project& named = election_.projects[project];
        return named.name.empty() ? named.id : named.name;
    }

    std::string quoted(ProjectIndex project) const { return say_("counting.quoted", {{"name", name(project)}}); }

    /// "1 234 567,50 kroner"; another currency by its code.
    std::string money(Money amount) const {
        const bool point = say_.language() == words::Language::en;
        std::string text = words::count(say_.language(), amount / counting::one_krone);
        if (const Money cents = amount % counting::one_krone; cents != 0) {
            text += fmt::format("{}{:02}", point ? "." : ",", cents);
        }
        if (election_.currency != "NOK") {
            return text + "\u00a0" + election_.currency;
        }
        return amount == counting::one_krone ? say_("counting.krone", {{"amount", text}})
                                             : say_("counting.kroner", {{"amount", text}});
    }

    std::string votes(std::int64_t count) const { return say_.plural("counting.votes", count); }

    /// "a, b and c"
    std::string list(const std::vector<ProjectIndex>& projects) const {
        std::string some;
        for (std::size_t i = 0; i + 1 < projects.size(); ++i) {
            some += (i == 0 ? "" : ", ") + quoted(projects[i]);
        }
        const std::string last = projects.empty() ? std::string() : quoted(projects.back());
        return projects.size() < 2 ? last : say_("counting.and", {{"some", some}, {"last", last}});
    }

    std::string winner(const counting::Round& round, const Distances& distances) const {
        const std::string own = name(round.project);
        const std::string got = votes(result_.votes[round.project]);
        if (round.phase == counting::Phase::free) {
            return say_("counting.won_free", {{"name", own}, {"votes", got}});
        }
        const Money cost = election_.projects[round.project].cost;
        std::string text =
            round.paid == cost
                ? say_("counting.won", {{"name", own}, {"votes", got}, {"cost", money(cost)}})
                : say_("counting.won_partly",
                       {{"name", own}, {"votes", got}, {"paid", money(round.paid)}, {"cost", money(cost)}});
        const auto margin = std::ranges::find(distances.winners, round.project, &WinnerMargin::project);
        if (margin == distances.winners.end() || !margin->margin) {
            return text;
        }
        if (!margin->margin->enough) {
            const std::int64_t spare = margin->margin->amount;
            return spare == 0 ? text : text + " " + say_("counting.margin_more", {{"lost", votes(spare)}});
        }
        {
            const std::string lost = bounded(*margin->margin, votes(margin->margin->amount));
            text += " " + (margin->instead.empty()
                               ? say_("counting.margin", {{"lost", lost}})
                               : say_("counting.margin_instead", {{"lost", lost}, {"others", list(margin->instead)}}));
        }
        return text;
    }

    std::string bounded(const Change& change, const std::string& amount) const {
        if (!change.enough) {
            return say_("counting.more_than", {{"amount", amount}});
        }
        return change.smallest ? amount : say_("counting.at_most", {{"amount", amount}});
    }

    std::string loser(ProjectIndex project, const Distances& distances) const {
        const std::string own = name(project);
        const std::string got = votes(result_.votes[project]);
        const auto excluded = std::ranges::find(result_.excluded, project, &counting::Excluded::project);
        if (result_.votes[project] == 0) {
            return say_("counting.no_support", {{"name", own}});
        }
        if (excluded != result_.excluded.end()) {
            const bool below = excluded->why == counting::Excluded::Why::below_score;
            return below ? say_("counting.below_score", {{"name", own}, {"votes", got}})
                         : say_("counting.not_eligible", {{"name", own}, {"votes", got}});
        }
        const auto at = std::ranges::find(distances.losers, project, &LoserDistance::project);
        check(at != distances.losers.end(), "every loser with support has its distances");
        const auto& votes_short = at->singleton_add;
        const auto& too_dear = at->cost_reduction;
        // Without a number that says something nothing is said.
        const auto told = [](const std::optional<Change>& change) {
            return change && (change->enough || change->amount > 0);
        };
        const std::string missing = told(votes_short)
                                        ? bounded(*votes_short, words::count(say_.language(), votes_short->amount))
                                        : std::string();
        const std::string less = told(too_dear) && too_dear->enough ? bounded(*too_dear, money(too_dear->amount)) : "";
        if (!missing.empty() && !less.empty()) {
            return say_("counting.lost_both", {{"name", own}, {"votes", got}, {"missing", missing}, {"less", less}});
        }
        if (!missing.empty()) {
            return say_("counting.lost_votes", {{"name", own}, {"votes", got}, {"missing", missing}});
        }
        if (!less.empty()) {
            return say_("counting.lost_cost", {{"name", own}, {"votes", got}, {"less", less}});
        }
        const bool certain = !votes_short && !too_dear;
        return certain ? say_("counting.lost", {{"name", own}, {"votes", got}})
                       : say_("counting.lost_unknown", {{"name", own}, {"votes", got}});
    }

    /// In kroner, to the nearest øre.
    std::string money(const counting::Exact& kroner) const {
        return money(static_cast<Money>(std::llround(kroner.value * static_cast<double>(counting::one_krone))));
    }

    /// "62 %" or "62,5 %".
    std::string percent(double share) const {
        return say_("counting.percent", {{"share", words::number(say_.language(), share * 100, 0)}});
    }
    /// To the nearest krone.
    std::string about(double kroner) const {
        return money(static_cast<Money>(std::llround(kroner)) * counting::one_krone);
    }

    std::string round(std::size_t at) const {
        const counting::Round& bought = result_.rounds[at];
        std::string text =
            say_("counting.round",
                 {{"n", std::to_string(at + 1)}, {"name", name(bought.project)}, {"cost", money(bought.paid)}});
        if (bought.effective_votes) {
            text += " " + say_("counting.round_shares",
                               {{"could", words::count(say_.language(), bought.could_pay)},
                                {"votes", words::count(say_.language(), bought.supporters)},
                                {"share", money(*bought.share)},
                                {"effective", words::number(say_.language(), bought.effective_votes->value, 1)}});
        } else if (bought.share) {
            text += " " + say_("counting.round_load", {{"share", money(*bought.share)}});
        }
        return text;
    }

private:
    const Election& election_;
    const CountResult& result_;
    words::Words say_;
};

}  // namespace

std::vector<ProjectStory> tell(const Election& election, const CountResult& result, const Distances& distances,
                               Language language) {
    const Teller teller(election, result, language);
    std::vector<ProjectStory> stories;
    for (const counting::Round& round : result.rounds) {
        stories.push_back({round.project, teller.winner(round, distances)});
    }
    std::vector<ProjectIndex> losers(election.projects.size());
    std::iota(losers.begin(), losers.end(), 0U);
    std::erase_if(losers, [&](ProjectIndex project) { return result.won(project); });
    std::ranges::stable_sort(losers, std::greater{}, [&](ProjectIndex project) { return result.votes[project]; });
    for (const ProjectIndex project : losers) {
        stories.push_back({project, teller.loser(project, distances)});
    }
    return stories;
}

std::vector<std::string> tell_rounds(const Election& election, const CountResult& result, Language language) {
    const Teller teller(election, result, language);
    std::vector<std::string> rounds;
    for (std::size_t at = 0; at < result.rounds.size(); ++at) {
        rounds.push_back(teller.round(at));
    }
    return rounds;
}

std::vector<std::string> tell_figures(const Election& election, const CountResult& result, const Metrics& metrics,
                                      Language language) {
    const Teller teller(election, result, language);
    const words::Words& say = teller.say();
    std::vector<std::string> lines;
    lines.push_back(say("counting.figures", {{"share", teller.percent(metrics.voters_with_a_winner)},
                                             {"winners", words::number(say.language(), metrics.mean_winners, 1)},
                                             {"kroner", teller.about(metrics.mean_kroner)}}));
    if (!metrics.tenths.empty()) {
        lines.push_back(say("counting.tenths", {{"least", teller.percent(metrics.tenths.front())},
                                                {"most", teller.percent(metrics.tenths.back())}}));
    }
    const bool priced = !metrics.prices.empty() && std::ranges::all_of(metrics.prices, &counting::PriceSystem::holds);
    if (priced) {
        lines.push_back(say("counting.priced", {{"share", teller.money(metrics.prices.back().share)}}));
    }
    for (const GroupFigures& group : metrics.groups) {
        lines.push_back(say("counting.group", {{"name", group.name.empty() ? say("counting.group_others") : group.name},
                                               {"voters", words::count(say.language(), group.voters)},
                                               {"share", teller.percent(group.with_a_winner)},
                                               {"kroner", teller.about(group.mean_kroner)}}));
    }
    return lines;
}

std::string tell_beside(const Election& election, const Beside& beside, Language language) {
    const CountResult& result = beside.difference.result;
    const Teller teller(election, result, language);
    const words::Words& say = teller.say();
    std::string text = say("counting.beside",
                           {{"rule", beside.rule.method == counting::Method::greedy ? say("counting.beside_greedy")
                                                                                    : say("counting.beside_shares")},
                            {"projects", say.plural("counting.projects", std::ssize(result.winners))},
                            {"spent", teller.money(result.spent)},
                            {"share", teller.percent(beside.metrics.voters_with_a_winner)},
                            {"kroner", teller.about(beside.metrics.mean_kroner)}});
    if (beside.difference.gained.empty() && beside.difference.lost.empty()) {
        return text + " " + say("counting.beside_same");
    }
    if (!beside.difference.gained.empty()) {
        text += " " + say("counting.beside_gained", {{"projects", teller.list(beside.difference.gained)}});
    }
    if (!beside.difference.lost.empty()) {
        text += " " + say("counting.beside_lost", {{"projects", teller.list(beside.difference.lost)}});
    }
    return text;
}

std::string tell_whole(const Election& election, const CountResult& result, Language language) {
    const Teller teller(election, result, language);
    const words::Words& say = teller.say();
    std::string text =
        say("counting.whole", {{"people", say.plural("counting.people", election.ballots.total())},
                               {"spent", teller.money(result.spent)},
                               {"budget", teller.money(result.budget)},
                               {"projects", say.plural("counting.projects", std::ssize(result.winners))}});
    if (result.ties.empty()) {
        return text + " " + say("counting.tie_none");
    }
    bool told = false;
    for (const counting::Tie& tie : result.ties) {
        if (!tie.alternatives.empty()) {
            text += " " + say("counting.tie_decided",
                              {{"tied", teller.list(tie.tied)}, {"chosen", teller.quoted(tie.chosen)}});
            told = true;
        }
    }
    if (!std::ranges::all_of(result.ties, &counting::Tie::explored)) {
        return text + " " + say("counting.tie_unexplored");
    }
    return told ? text : text + " " + say("counting.tie_same");
}

}  // namespace bypuls::participation::explanation
