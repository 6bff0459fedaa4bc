#include "city/participation/explanation/sentences.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "city/participation/counting/profile.h"
#include "city/participation/explanation/variant.h"
#include "core/check.h"
#include "core/words/format.h"

namespace bypuls::participation::explanation {

using counting::BallotKind;
using counting::CountResult;
using counting::Election;
using counting::Money;
using counting::ProjectIndex;
using counting::Rule;

words::Language language_of(Language language) {
    switch (language) {
        case Language::bokmaal: return words::Language::nb;
        case Language::nynorsk: return words::Language::nn;
        case Language::english: return words::Language::en;
    }
    return words::Language::nb;
}

std::string money_in_words(const words::Words& say, const Election& election, Money amount) {
    const bool point = say.language() == words::Language::en;
    std::string text = words::count(say.language(), amount / counting::one_krone);
    if (const Money cents = amount % counting::one_krone; cents != 0) {
        text += fmt::format("{}{:02}", point ? "." : ",", cents);
    }
    if (election.currency != "NOK") {
        return text + "\u00a0" + election.currency;
    }
    if (amount > 0 && amount < counting::one_krone) {
        return say("counting.ore", {{"amount", std::to_string(amount)}});
    }
    return amount == counting::one_krone ? say("counting.krone", {{"amount", text}})
                                         : say("counting.kroner", {{"amount", text}});
}

namespace {

/// The sentences are `messages/counting.*.json`, which the recount page in the browser reads too.
class Teller {
public:
    Teller(const Counted& counted, Language language)
        : election_(counted.election),
          rule_(counted.rule),
          result_(counted.result),
          say_(words::Catalogue::built_in(), language_of(language)) {}

    const words::Words& say() const { return say_; }

    std::string name(ProjectIndex project) const {
        const counting::Project& named = election_.projects[project];
        return named.name.empty() ? named.id : named.name;
    }

    std::string quoted(ProjectIndex project) const { return say_("counting.quoted", {{"name", name(project)}}); }

    std::string money(Money amount) const { return money_in_words(say_, election_, amount); }

    /// "9 poeng" or "2,5 poeng"; `score` is in the election's parts of a point.
    std::string points(std::int64_t score) const {
        const std::int64_t one = election_.points_per_one;
        std::string text = words::count(say_.language(), score / one);
        if (const std::int64_t part = score % one; part != 0) {
            const std::string exact = counting::format_points(part, one);  // "0.5"
            text += (say_.language() == words::Language::en ? "." : ",") + exact.substr(exact.find('.') + 1);
        }
        return score == one ? say_("counting.point", {{"amount", text}}) : say_("counting.points", {{"amount", text}});
    }

    /// "412 stemmer", or "9 poeng fra 1 velger" where points decide.
    std::string got(ProjectIndex project) const {
        if (!counted_in_points(election_, rule_)) {
            return say_.plural("counting.votes", result_.votes[project]);
        }
        return say_("counting.support", {{"points", points(result_.scores[project])},
                                         {"voters", say_.plural("counting.voters", result_.votes[project])}});
    }

    /// So many of those who chose a project: their votes, or themselves where votes weigh more or less.
    std::string supporters(std::int64_t count) const {
        return counted_in_points(election_, rule_) ? say_.plural("counting.voters", count)
                                                   : say_.plural("counting.votes", count);
    }

    /// "«Nord»", or the common budget.
    std::string pot(const std::string& name) const {
        return name.empty() ? say_("counting.pot_common") : say_("counting.quoted", {{"name", name}});
    }
    bool has_pots() const { return !election_.pots.empty(); }
    bool any_took_part_in(const std::string& name) const {
        return std::ranges::any_of(election_.projects, [&](const counting::Project& project) {
            const auto index = static_cast<ProjectIndex>(&project - election_.projects.data());
            return project.pot == name && project.cost > 0 && result_.votes[index] > 0;
        });
    }

    /// "a, b and c"
    std::string list(const std::vector<ProjectIndex>& projects) const {
        std::vector<std::string> names;
        for (const ProjectIndex project : projects) {
            names.push_back(name(project));
        }
        return listed(say_, explanation::quoted(say_, names));
    }

    std::string winner(const counting::Round& round, const Distances& distances) const {
        const std::string own = name(round.project);
        const std::string with = got(round.project);
        if (round.phase == counting::Phase::free) {
            return say_("counting.won_free", {{"name", own}, {"votes", with}});
        }
        const Money cost = election_.projects[round.project].cost;
        std::string text =
            round.paid == cost
                ? say_("counting.won", {{"name", own}, {"votes", with}, {"cost", money(cost)}})
                : say_("counting.won_partly",
                       {{"name", own}, {"votes", with}, {"paid", money(round.paid)}, {"cost", money(cost)}});
        if (has_pots()) {
            text += " " + say_("counting.won_pot", {{"pot", pot(round.pot)}});
        }
        const auto margin = std::ranges::find(distances.winners, round.project, &WinnerMargin::project);
        if (margin == distances.winners.end() || !margin->margin) {
            return text;
        }
        const Change& change = *margin->margin;
        if (!change.enough) {
            return change.amount == 0
                       ? text
                       : text + " " + say_("counting.margin_more", {{"lost", supporters(change.amount)}});
        }
        const std::string lost = fewest(change, supporters(change.amount));
        return text + " " +
               (margin->instead.empty()
                    ? say_("counting.margin", {{"lost", lost}})
                    : say_("counting.margin_instead", {{"lost", lost}, {"others", list(margin->instead)}}));
    }

    /// The amount, and that fewer may do where that is not known.
    std::string fewest(const Change& change, const std::string& amount) const {
        return change.smallest ? amount : say_("counting.or_fewer", {{"amount", amount}});
    }

    std::string loser(ProjectIndex project, const Distances& distances) const {
        const std::string own = name(project);
        const std::string with = got(project);
        if (result_.votes[project] == 0) {
            return counted_in_points(election_, rule_) ? say_("counting.no_points", {{"name", own}})
                                                       : say_("counting.no_support", {{"name", own}});
        }
        const auto excluded = std::ranges::find(result_.excluded, project, &counting::Excluded::project);
        if (excluded != result_.excluded.end()) {
            return excluded->why == counting::Excluded::Why::below_score
                       ? say_("counting.below_score", {{"name", own}, {"votes", with}, {"least", least_score()}})
                       : say_("counting.not_eligible", {{"name", own}, {"votes", with}});
        }
        const auto at = std::ranges::find(distances.losers, project, &LoserDistance::project);
        check(at != distances.losers.end(), "every loser with support has its distances");
        const auto shut_out = std::ranges::find(result_.shut_out, project, &counting::ShutOut::project);
        std::string text = shut_out == result_.shut_out.end() ? how_far(*at, own, with)
                                                              : how_far_behind(*at, own, with, name(shut_out->by));
        if (has_pots()) {
            text += " " + say_("counting.lost_pot", {{"pot", pot(election_.projects[project].pot)}});
        }
        return text;
    }

    std::string least_score() const {
        return counted_in_points(election_, rule_) ? points(rule_.score_min * election_.points_per_one)
                                                   : say_.plural("counting.votes", rule_.score_min);
    }

    std::string how_far(const LoserDistance& loser, const std::string& own, const std::string& with) const {
        const std::optional<Change>& more = loser.singleton_add;
        const std::optional<Change>& cheaper = loser.cost_reduction;
        if (!more && !cheaper) {
            return say_("counting.lost", {{"name", own}, {"votes", with}});
        }
        const bool enough = more && more->enough;
        std::string text;
        if (enough && !counted_in_points(election_, rule_)) {
            const std::string missing = fewest(*more, words::count(say_.language(), more->amount));
            text = say_("counting.lost_votes", {{"name", own}, {"votes", with}, {"missing", missing}});
        } else {
            text = say_("counting.lost_unknown", {{"name", own}, {"votes", with}});
            // Without a number that says something nothing is said.
            if (more && more->amount > 0) {
                text += " " + (enough ? lacked_voters(*more) : not_enough(*more));
            }
        }
        return text + cheaper_by(loser, enough);
    }

    /// What a lower price would have done; `besides`: after what more votes would have.
    std::string cheaper_by(const LoserDistance& loser, bool besides) const {
        const std::optional<Change>& cheaper = loser.cost_reduction;
        if (!cheaper || !cheaper->enough) {
            return "";
        }
        const std::string less = money(cheaper->amount);
        const std::string text = " " + (besides ? say_("counting.or_cheaper", {{"less", less}})
                                                : say_("counting.if_cheaper", {{"less", less}}));
        return cheaper->smallest ? text : text + " " + say_("counting.perhaps_less");
    }

    /// Of a project that lost its place to a rival: money is not what it lacked.
    std::string how_far_behind(const LoserDistance& loser, const std::string& own, const std::string& with,
                               const std::string& rival) const {
        std::string text = say_("counting.shut_out", {{"name", own}, {"votes", with}, {"rival", rival}});
        const std::optional<Change>& more = loser.singleton_add;
        const bool enough = more && more->enough;
        if (enough && !counted_in_points(election_, rule_)) {
            text += " " + say_("counting.shut_out_lacked", {{"missing", fewest(*more, supporters(more->amount))}});
        } else if (more && more->amount > 0) {
            text += " " + (enough ? lacked_voters(*more) : not_enough(*more));
        }
        return text + cheaper_by(loser, enough);
    }

    /// How many voters more would have been enough, and what they would have had to do.
    std::string lacked_voters(const Change& more) const {
        const std::string text = election_.kind == BallotKind::points
                                     ? say_.plural("counting.lacked_points", more.amount,
                                                   {{"points", points(most_of_one_ballot(election_))}})
                                     : say_.plural("counting.lacked_first", more.amount);
        return more.smallest ? text : text + " " + say_("counting.perhaps_fewer");
    }

    std::string not_enough(const Change& more) const {
        return counted_in_points(election_, rule_) ? say_.plural("counting.not_enough_voters", more.amount)
                                                   : say_.plural("counting.not_enough_votes", more.amount);
    }

    /// In kroner, to the nearest øre.
    std::string money(const counting::Exact& kroner) const {
        return money(static_cast<Money>(std::llround(kroner.value * static_cast<double>(counting::one_krone))));
    }

    /// "62 %"; "99,8 %" where that would look like all.
    std::string percent(double share) const {
        return say_("counting.percent", {{"share", percent_digits(say_.language(), share, 0)}});
    }
    /// To the nearest krone.
    std::string about(double kroner) const {
        return money(static_cast<Money>(std::llround(kroner)) * counting::one_krone);
    }

    std::string round(std::size_t at) const {
        const counting::Round& bought = result_.rounds[at];
        const std::string n = std::to_string(at + 1);
        std::string text =
            has_pots() && bought.phase != counting::Phase::free
                ? say_("counting.round_pot", {{"n", n},
                                              {"pot", pot(bought.pot)},
                                              {"name", name(bought.project)},
                                              {"cost", money(bought.paid)}})
                : say_("counting.round", {{"n", n}, {"name", name(bought.project)}, {"cost", money(bought.paid)}});
        if (bought.effective_votes) {
            text += " " + payments(bought);
        } else if (bought.share) {
            text += " " + say_("counting.round_load", {{"share", money(*bought.share)}});
        }
        return text;
    }

    /// Who could still pay and what they paid: for each vote, or for each point where points are what they pay for.
    std::string payments(const counting::Round& bought) const {
        const bool by_points =
            counted_in_points(election_, rule_) && weights_for(election_, rule_) == counting::Profile::Weights::values;
        const double one = by_points ? static_cast<double>(election_.points_per_one) : 1;
        const std::string share = money(counting::Exact{.fraction = "", .value = bought.share->value * one});
        const std::string could = words::count(say_.language(), bought.could_pay);
        const std::string voters = say_.plural("counting.voters", bought.supporters);
        const std::string worth =
            by_points ? in_points(bought.effective_votes->value / one) : in_votes(*bought.effective_votes);
        const words::Arguments told = {{"could", could}, {"voters", voters}, {"share", share}, {"effective", worth}};
        return by_points ? say_("counting.round_points", told) : say_("counting.round_shares", told);
    }

    /// "7 stemmer", or "6,7 stemmer" where it is no whole number.
    std::string in_votes(const counting::Exact& votes) const {
        if (!votes.fraction.contains('/')) {
            return say_.plural("counting.votes", std::llround(votes.value));
        }
        return say_("counting.votes_about", {{"amount", words::number(say_.language(), votes.value, 1)}});
    }
    std::string in_points(double amount) const {
        const bool whole = amount == std::round(amount);
        return whole ? points(std::llround(amount) * election_.points_per_one)
                     : say_("counting.points", {{"amount", words::number(say_.language(), amount, 1)}});
    }

    /// What each pot spent, and what the rule goes by where that is not votes.
    std::string what_counts() const {
        std::string text;
        Money left_over = 0;
        const auto tell_pot = [&](const std::string& name, Money budget) {
            Money spent = 0;
            std::int64_t projects = 0;
            bool any = false;
            for (const counting::Project& project : election_.projects) {
                any = any || project.pot == name;
            }
            for (const counting::Round& round : result_.rounds) {
                const bool here = election_.projects[round.project].pot == name;
                spent += here ? round.paid : 0;
                projects += here ? 1 : 0;
            }
            left_over += budget - spent;
            if (any) {
                text += " " + say_("counting.whole_pot", {{"pot", pot(name)},
                                                          {"spent", money(spent)},
                                                          {"budget", money(budget)},
                                                          {"projects", say_.plural("counting.projects", projects)}});
            }
        };
        for (const counting::Pot& pot : election_.pots) {
            tell_pot(pot.name, pot.budget);
        }
        if (has_pots()) {
            const bool moved = rule_.left_over == counting::LeftOver::to_common;
            tell_pot("", election_.budget + (moved ? left_over : 0));
        }
        const std::string by = goes_by();
        return by.empty() ? text : text + " " + by;
    }

private:
    /// What a vote or a point is, and whether points or voters decide; nothing where it goes without saying.
    std::string goes_by() const {
        if (election_.kind == BallotKind::ranking && rule_.ranking == counting::RankingScore::approval) {
            return rule_.ranking_top > 0 ? say_.plural("counting.top_places", rule_.ranking_top) : "";
        }
        if (!counted_in_points(election_, rule_)) {
            return "";
        }
        const std::int64_t longest =
            election_.ranking_length > 0 ? election_.ranking_length : std::ssize(election_.projects);
        const std::string borda = election_.kind == BallotKind::ranking
                                      ? say_("counting.borda", {{"most", points(longest * election_.points_per_one)}})
                                      : std::string();
        const std::string by = decided_by();
        return borda + (borda.empty() || by.empty() ? "" : " ") + by;
    }

    std::string decided_by() const {
        switch (rule_.method) {
            case counting::Method::greedy:
            case counting::Method::knapsack:
            case counting::Method::max_welfare: return say_("counting.by_points");
            case counting::Method::phragmen:
            case counting::Method::maximin_support: return say_("counting.by_voters");
            case counting::Method::equal_shares:
            case counting::Method::cumulative_transfer: break;
        }
        if (rule_.utility != counting::Utility::cardinality) {
            return say_("counting.by_payers");
        }
        // What fills the rest, and what the comparison is with, goes by points.
        const bool alone =
            rule_.comparison == counting::Comparison::none && rule_.completion != counting::Completion::util &&
            rule_.completion != counting::Completion::add1u && rule_.completion != counting::Completion::add1eu;
        return alone ? say_("counting.by_voters") : "";
    }

    const Election& election_;
    const Rule& rule_;
    const CountResult& result_;
    words::Words say_;
};

}  // namespace

std::vector<std::string> quoted(const words::Words& say, std::span<const std::string> names) {
    std::vector<std::string> all;
    for (const std::string& name : names) {
        all.push_back(say("counting.quoted", {{"name", name}}));
    }
    return all;
}

std::string listed(const words::Words& say, std::span<const std::string> texts) {
    if (texts.size() < 2) {
        return texts.empty() ? std::string() : texts.front();
    }
    const std::string some = fmt::format("{}", fmt::join(texts.first(texts.size() - 1), ", "));
    return say("counting.and", {{"some", some}, {"last", texts.back()}});
}

bool counted_in_points(const Election& election, const Rule& rule) {
    return election.kind == BallotKind::points ||
           (election.kind == BallotKind::ranking && rule.ranking == counting::RankingScore::borda);
}

std::string percent_digits(words::Language language, double share, int decimals) {
    constexpr int decimals_max = 9;
    const auto looks_like = [&](double whole) {
        return share != whole &&
               words::number(language, share * 100, decimals) == words::number(language, whole * 100, decimals);
    };
    while (decimals < decimals_max && (looks_like(0) || looks_like(1))) {
        ++decimals;
    }
    return words::number(language, share * 100, decimals);
}

std::vector<ProjectStory> tell(const Counted& counted, const Distances& distances, Language language) {
    const CountResult& result = counted.result;
    const Teller teller(counted, language);
    std::vector<ProjectStory> stories;
    for (const counting::Round& round : result.rounds) {
        stories.push_back({round.project, teller.winner(round, distances)});
    }
    std::vector<ProjectIndex> losers(counted.election.projects.size());
    std::iota(losers.begin(), losers.end(), 0U);
    std::erase_if(losers, [&](ProjectIndex project) { return result.won(project); });
    std::ranges::stable_sort(losers, std::greater{}, [&](ProjectIndex project) { return result.scores[project]; });
    for (const ProjectIndex project : losers) {
        stories.push_back({project, teller.loser(project, distances)});
    }
    return stories;
}

std::vector<std::string> tell_rounds(const Counted& counted, Language language) {
    const Teller teller(counted, language);
    std::vector<std::string> rounds;
    for (std::size_t at = 0; at < counted.result.rounds.size(); ++at) {
        rounds.push_back(teller.round(at));
    }
    return rounds;
}

namespace {

/// What the payments of Equal Shares prove, pot by pot.
std::vector<std::string> tell_prices(const Teller& teller, const Metrics& metrics) {
    const words::Words& say = teller.say();
    std::vector<std::string> lines;
    if (!teller.has_pots()) {
        const bool all = !metrics.prices.empty() && std::ranges::all_of(metrics.prices, &counting::PriceSystem::holds);
        if (all && metrics.spent_share > 0) {
            lines.push_back(say("counting.priced", {{"share", teller.money(metrics.prices.back().share)}}));
        }
        return lines;
    }
    for (const counting::PriceSystem& system : metrics.prices) {
        if (system.holds && teller.any_took_part_in(system.pot)) {
            lines.push_back(
                say("counting.priced_pot", {{"pot", teller.pot(system.pot)}, {"share", teller.money(system.share)}}));
        }
    }
    return lines;
}

}  // namespace

std::vector<std::string> tell_figures(const Counted& counted, const Metrics& metrics, Language language) {
    const Teller teller(counted, language);
    const words::Words& say = teller.say();
    std::vector<std::string> lines;
    lines.push_back(say("counting.figures", {{"share", teller.percent(metrics.voters_with_a_winner)},
                                             {"winners", words::number(say.language(), metrics.mean_winners, 1)},
                                             {"kroner", teller.about(metrics.mean_kroner)}}));
    if (!metrics.tenths.empty()) {
        lines.push_back(say("counting.tenths", {{"least", teller.percent(metrics.tenths.front())},
                                                {"most", teller.percent(metrics.tenths.back())}}));
    }
    std::ranges::move(tell_prices(teller, metrics), std::back_inserter(lines));
    for (const GroupFigures& group : metrics.groups) {
        lines.push_back(say("counting.group", {{"name", group.name.empty() ? say("counting.group_others") : group.name},
                                               {"voters", words::count(say.language(), group.voters)},
                                               {"share", teller.percent(group.with_a_winner)},
                                               {"kroner", teller.about(group.mean_kroner)}}));
    }
    return lines;
}

namespace {

std::string rule_beside(const Election& election, const Beside& beside, const words::Words& say) {
    if (beside.rule.method != counting::Method::greedy) {
        return say("counting.beside_shares");
    }
    return counted_in_points(election, beside.rule) ? say("counting.beside_greedy_points")
                                                    : say("counting.beside_greedy");
}

}  // namespace

std::string tell_beside(const Election& election, const Beside& beside, Language language) {
    const CountResult& result = beside.difference.result;
    const Teller teller({.election = election, .rule = beside.rule, .result = result}, language);
    const words::Words& say = teller.say();
    std::string text =
        say("counting.beside", {{"rule", rule_beside(election, beside, say)},
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

std::string tell_whole(const Counted& counted, Language language) {
    const CountResult& result = counted.result;
    const Teller teller(counted, language);
    const words::Words& say = teller.say();
    std::string text =
        say("counting.whole", {{"people", say.plural("counting.people", counted.election.ballots.total())},
                               {"spent", teller.money(result.spent)},
                               {"budget", teller.money(result.budget)},
                               {"projects", say.plural("counting.projects", std::ssize(result.winners))}});
    text += teller.what_counts();
    for (const auto& group : counted.election.exclusive) {
        text += " " + say("counting.exclusive", {{"projects", teller.list(group)}});
    }
    if (!result.partial_left_out.empty()) {
        text += " " + say("counting.partial_left_out", {{"projects", teller.list(result.partial_left_out)}});
    }
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
