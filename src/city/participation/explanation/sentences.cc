#include "city/participation/explanation/sentences.h"

#include <algorithm>
#include <array>
#include <numeric>

#include <fmt/format.h>

#include "core/check.h"

namespace bypuls::participation::explanation {

using counting::CountResult;
using counting::Election;
using counting::Money;
using counting::ProjectIndex;

namespace {

/// The sentences, one line each for bokmål, nynorsk and English. {0}, {1} … are filled in.
enum class Line : std::uint8_t {
    won,
    won_free,
    lost_votes,
    lost_cost,
    lost_both,
    lost,
    at_most,
    no_support,
    below_score,
    not_eligible,
    margin,
    margin_instead,
    whole,
    tie_none,
    tie_same,
    tie_decided,
    tie_unexplored,
    last_line
};

using Lines = std::array<std::string_view, 3>;

constexpr std::array<Lines, static_cast<std::size_t>(Line::last_line)> lines = {{
    {"«{0}» fikk {1} og blir bygget. Det koster {2}.", "«{0}» fekk {1} og blir bygd. Det kostar {2}.",
     "“{0}” got {1} and will be built. It costs {2}."},
    {"«{0}» fikk {1} og koster ingenting. Det blir noe av.", "«{0}» fekk {1} og kostar ingenting. Det blir noko av.",
     "“{0}” got {1} and costs nothing. It goes ahead."},
    {"«{0}» fikk {1} og manglet {2} for å bli bygget.", "«{0}» fekk {1} og mangla {2} for å bli bygd.",
     "“{0}” got {1} and was {2} short of being built."},
    {"«{0}» fikk {1} og ble ikke med. Hadde det kostet {2} mindre, ville det blitt bygget.",
     "«{0}» fekk {1} og kom ikkje med. Hadde det kosta {2} mindre, ville det blitt bygd.",
     "“{0}” got {1} and did not make it. Had it cost {2} less, it would have been built."},
    {"«{0}» fikk {1} og manglet {2} for å bli bygget. Det ville også holdt om det hadde kostet {3} mindre.",
     "«{0}» fekk {1} og mangla {2} for å bli bygd. Det ville òg halde om det hadde kosta {3} mindre.",
     "“{0}” got {1} and was {2} short of being built. Costing {3} less would have been enough, too."},
    {"«{0}» fikk {1} og ble ikke med. Verken flere stemmer eller lavere kostnad alene ville vært nok.",
     "«{0}» fekk {1} og kom ikkje med. Verken fleire stemmer eller lågare kostnad åleine ville vore nok.",
     "“{0}” got {1} and did not make it. Neither more votes nor a lower cost alone would have been enough."},
    {"høyst {0}", "høgst {0}", "at most {0}"},
    {"«{0}» fikk ingen stemmer.", "«{0}» fekk ingen stemmer.", "“{0}” got no votes."},
    {"«{0}» fikk {1}. Det er færre enn reglene krever.", "«{0}» fekk {1}. Det er færre enn reglane krev.",
     "“{0}” got {1}. That is fewer than the rules ask for."},
    {"«{0}» fikk {1}. Det er for få i forhold til hva det koster.",
     "«{0}» fekk {1}. Det er for få i høve til kva det kostar.", "“{0}” got {1}. That is too few for what it costs."},
    {"Det ville falt ut om det hadde mistet {0}.", "Det ville falle ut om det hadde mista {0}.",
     "It would have dropped out had it lost {0}."},
    {"Det ville falt ut om det hadde mistet {0}; da ville {1} kommet med.",
     "Det ville falle ut om det hadde mista {0}; då ville {1} kome med.",
     "It would have dropped out had it lost {0}; then {1} would have made it."},
    {"{0} stemte. {1} av {2} er delt ut til {3}.", "{0} stemte. {1} av {2} er delt ut til {3}.",
     "{0} voted. {1} of {2} has been given to {3}."},
    {"Ingen prosjekter sto likt.", "Ingen prosjekt stod likt.", "No projects were tied."},
    {"Noen prosjekter sto likt underveis, men det hadde ingenting å si for hvem som vant.",
     "Nokre prosjekt stod likt undervegs, men det hadde ingenting å seie for kven som vann.",
     "Some projects were tied on the way, but that made no difference to who won."},
    {"{0} sto likt, og valget mellom dem avgjorde utfallet. {1} gikk først, etter reglene for likt resultat.",
     "{0} stod likt, og valet mellom dei avgjorde utfallet. {1} gjekk først, etter reglane for likt resultat.",
     "{0} were tied, and the choice between them decided the outcome. {1} went first, by the rules for ties."},
    {"Mange prosjekter sto likt underveis; alle likheter står i resultatfilen.",
     "Mange prosjekt stod likt undervegs; alle likskapar står i resultatfila.",
     "Many projects were tied on the way; every tie is in the result file."},
}};

class Teller {
public:
    Teller(const Election& election, const CountResult& result, Language language)
        : election_(election), result_(result), language_(language) {}

    template <typename... Parts>
    std::string line(Line which, const Parts&... parts) const {
        return fmt::format(fmt::runtime(lines[static_cast<std::size_t>(which)][static_cast<std::size_t>(language_)]),
                           parts...);
    }

    std::string name(ProjectIndex project) const {
        const counting::Project& named = election_.projects[project];
        return named.name.empty() ? named.id : named.name;
    }

    std::string quoted(ProjectIndex project) const {
        return fmt::format(fmt::runtime(language_ == Language::english ? "“{}”" : "«{}»"), name(project));
    }

    /// "1 234 567" in Norwegian (with no-break spaces), "1,234,567" in English.
    std::string whole(std::int64_t number) const {
        std::string digits = std::to_string(number);
        for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0; at -= 3) {
            digits.insert(static_cast<std::size_t>(at), language_ == Language::english ? "," : "\u00a0");
        }
        return digits;
    }

    std::string money(Money amount) const {
        const std::string text = whole(amount / counting::one_krone);
        const Money cents = amount % counting::one_krone;
        const std::string decimals =
            cents == 0 ? "" : fmt::format("{}{:02}", language_ == Language::english ? "." : ",", cents);
        if (election_.currency == "NOK" && language_ != Language::english) {
            return text + decimals + (amount == counting::one_krone ? "\u00a0krone" : "\u00a0kroner");
        }
        return text + decimals + "\u00a0" + election_.currency;
    }

    std::string votes(std::int64_t count) const {
        static constexpr std::array<std::array<std::string_view, 2>, 3> words = {
            {{"stemme", "stemmer"}, {"stemme", "stemmer"}, {"vote", "votes"}}};
        return fmt::format("{} {}", whole(count), words[static_cast<std::size_t>(language_)][count == 1 ? 0 : 1]);
    }

    std::string projects(std::int64_t count) const {
        static constexpr std::array<std::array<std::string_view, 2>, 3> words = {
            {{"prosjekt", "prosjekter"}, {"prosjekt", "prosjekt"}, {"project", "projects"}}};
        return fmt::format("{} {}", whole(count), words[static_cast<std::size_t>(language_)][count == 1 ? 0 : 1]);
    }

    std::string people(std::int64_t count) const {
        static constexpr std::array<std::array<std::string_view, 2>, 3> words = {
            {{"innbygger", "innbyggere"}, {"innbyggjar", "innbyggjarar"}, {"resident", "residents"}}};
        return fmt::format("{} {}", whole(count), words[static_cast<std::size_t>(language_)][count == 1 ? 0 : 1]);
    }

    /// "a, b and c"
    std::string list(const std::vector<ProjectIndex>& some) const {
        static constexpr std::array<std::string_view, 3> ands = {" og ", " og ", " and "};
        std::string text;
        for (std::size_t i = 0; i < some.size(); ++i) {
            if (i > 0) {
                text += i + 1 == some.size() ? ands[static_cast<std::size_t>(language_)] : ", ";
            }
            text += quoted(some[i]);
        }
        return text;
    }

    std::string winner(const counting::Round& round, const Distances& distances) const {
        const std::string got = votes(result_.votes[round.project]);
        if (round.phase == counting::Phase::free) {
            return line(Line::won_free, name(round.project), got);
        }
        std::string text = line(Line::won, name(round.project), got, money(round.paid));
        const auto margin = std::ranges::find(distances.winners, round.project, &WinnerMargin::project);
        if (margin != distances.winners.end() && margin->margin) {
            const std::string lost = bounded(*margin->margin, votes(margin->margin->amount));
            text += " " + (margin->instead.empty() ? line(Line::margin, lost)
                                                   : line(Line::margin_instead, lost, list(margin->instead)));
        }
        return text;
    }

    std::string bounded(const Change& change, const std::string& amount) const {
        return change.smallest ? amount : line(Line::at_most, amount);
    }

    std::string loser(ProjectIndex project, const Distances& distances) const {
        const std::string got = votes(result_.votes[project]);
        const auto excluded = std::ranges::find(result_.excluded, project, &counting::Excluded::project);
        if (result_.votes[project] == 0) {
            return line(Line::no_support, name(project));
        }
        if (excluded != result_.excluded.end()) {
            const bool below = excluded->why == counting::Excluded::Why::below_score;
            return line(below ? Line::below_score : Line::not_eligible, name(project), got);
        }
        const auto at = std::ranges::find(distances.losers, project, &LoserDistance::project);
        check(at != distances.losers.end(), "every loser with support has its distances");
        const auto& votes_short = at->singleton_add;
        const auto& too_dear = at->cost_reduction;
        if (votes_short && too_dear) {
            return line(Line::lost_both, name(project), got, bounded(*votes_short, whole(votes_short->amount)),
                        bounded(*too_dear, money(too_dear->amount)));
        }
        if (votes_short) {
            return line(Line::lost_votes, name(project), got, bounded(*votes_short, whole(votes_short->amount)));
        }
        if (too_dear) {
            return line(Line::lost_cost, name(project), got, bounded(*too_dear, money(too_dear->amount)));
        }
        return line(Line::lost, name(project), got);
    }

private:
    const Election& election_;
    const CountResult& result_;
    Language language_;
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

std::string tell_whole(const Election& election, const CountResult& result, Language language) {
    const Teller teller(election, result, language);
    std::string text =
        teller.line(Line::whole, teller.people(election.ballots.total()), teller.money(result.spent),
                    teller.money(result.budget), teller.projects(static_cast<std::int64_t>(result.winners.size())));
    if (result.ties.empty()) {
        return text + " " + teller.line(Line::tie_none);
    }
    bool told = false;
    for (const counting::Tie& tie : result.ties) {
        if (!tie.alternatives.empty()) {
            text += " " + teller.line(Line::tie_decided, teller.list(tie.tied), teller.quoted(tie.chosen));
            told = true;
        }
    }
    if (!std::ranges::all_of(result.ties, &counting::Tie::explored)) {
        return text + " " + teller.line(Line::tie_unexplored);
    }
    return told ? text : text + " " + teller.line(Line::tie_same);
}

}  // namespace bypuls::participation::explanation
