// `bypuls verify count`: does a published result follow from the published ballots?
#include <algorithm>
#include <map>
#include <ostream>
#include <utility>

#include <fmt/format.h>

#include "city/participation/counting/fingerprint.h"
#include "city/participation/counting/refuse.h"
#include "city/participation/explanation/command_line.h"
#include "city/participation/explanation/report.h"
#include "city/participation/pabulib/packed.h"
#include "core/text.h"

namespace bypuls::participation::explanation {

using counting::Attempt;
using counting::CountResult;
using counting::Election;
using counting::ProjectIndex;
using counting::put_at;
using counting::refuse;
using counting::Rule;

namespace {

/// What the second implementation does before it gives up: a minute or two.
constexpr std::int64_t steps_max = 5'000'000'000;
/// And for one raise alone.
constexpr std::int64_t last_raise_steps_max = 5'000'000'000;

std::string sentence(const Mismatch& difference, const Voice& say) {
    std::string what = difference.what.in(say.words());
    if (difference.number > 0) {
        what = say("command.differs_number",
                   {{"what", what}, {"n", say.number(static_cast<std::int64_t>(difference.number))}});
    }
    return say("command.differs", {{"what", what}}) + "\n" +
           say("command.difference", {{"path", difference.path},
                                      {"published", difference.published.in(say.words())},
                                      {"counted", difference.counted.in(say.words())}});
}

/// As it stands, in whatever language.
counting::Finding plainly(std::string text) {
    return {.key = {}, .given = {{"what", std::move(text)}}};
}

/// A published result: JSON as it stands, or a Pabulib file.
struct Claim {
    Rule rule;  ///< by which it is held against the ballots
    std::string json;
    std::optional<Loaded> file;
    std::optional<Rule> adopted;       ///< the election's, where `rule` is another
    std::vector<std::string> remarks;  ///< what else a reader must know of the rule: that it is the result's own
};

/// The rule as the result itself has it; an error where it names none.
Attempt<Rule> rule_claimed(Claim& claim, const Arguments& arguments, const Surroundings& around) {
    const std::string& path = arguments.files[1];
    if (pabulib::without_packing(path).ends_with(".json")) {
        TRY(claim.json, read_file(path, around));
        auto published = read_result(claim.json);
        return published ? Attempt<Rule>(std::move(published->rule))
                         : Attempt<Rule>(put_at(std::move(published.error()), {.file = path}));
    }
    TRY(claim.file, load(path, arguments, around));
    if (!claim.file->published.present) {
        return refuse(Errc::malformed, "command.no_selected", {}, {.file = path});
    }
    return own_rule(*claim.file, path);
}

/// Whoever draws the lot after the count can draw until it suits, so that the seed is the result's only where nothing
/// else has one.
Rule with_seed(Rule adopted, const Attempt<Rule>& own, const Arguments& arguments, std::vector<std::string>& remarks) {
    const bool lot = std::ranges::find(adopted.ties, counting::TieBreak::lot) != adopted.ties.end();
    if (lot && adopted.seed.empty() && own && !own->seed.empty()) {
        adopted.seed = own->seed;
        remarks.push_back(
            arguments.voice()("command.own_seed", {{"seed", adopted.seed}, {"result", arguments.files[1]}}));
    }
    return adopted;
}

Attempt<Claim> read_claim(const Arguments& arguments, const Loaded& loaded, const Surroundings& around) {
    Claim claim;
    const Attempt<Rule> own = rule_claimed(claim, arguments, around);
    if (!own && (!claim.file || !claim.file->published.present)) {
        return std::unexpected(own.error());
    }
    const Attempt<Rule> adopted = rule_for(arguments, loaded, around);
    if (arguments.rule) {
        TRY_DO(adopted);
        claim.rule = with_seed(*adopted, own, arguments, claim.remarks);
        return claim;
    }
    if (!adopted && adopted.error().code != Errc::not_found) {
        return std::unexpected(adopted.error());
    }
    if (!adopted) {
        TRY(claim.rule, own);
        claim.remarks.push_back(
            arguments.voice()("command.own_rule", {{"election", arguments.files[0]}, {"result", arguments.files[1]}}));
        return claim;
    }
    claim.rule = with_seed(*adopted, own, arguments, claim.remarks);
    if (own && *own != claim.rule) {
        claim.adopted = std::exchange(claim.rule, *own);
    }
    return claim;
}

/// The rule's text, by key.
std::map<std::string, std::string> choices_of(const Rule& rule) {
    std::map<std::string, std::string> choices;
    const std::string text = print_rule(rule);
    for (const std::string_view line : split(text, '\n')) {
        if (const std::size_t equals = line.find(" = "); equals != std::string_view::npos && !line.starts_with('#')) {
            choices.emplace(line.substr(0, equals), line.substr(equals + 3));
        }
    }
    return choices;
}

/// What the two rules differ in, and what the election's leads to.
void tell_other_rule(const Claim& claim, const Arguments& arguments, const Loaded& loaded, const CountResult& result,
                     const Surroundings& around) {
    const Voice say = arguments.voice();
    const std::string& election = arguments.files[0];
    const std::string& published = arguments.files[1];
    around.out << say("command.other_rule",
                      {{"election", election}, {"rule", name_of(*claim.adopted)}, {"result", published}})
               << "\n";
    const auto adopted = choices_of(*claim.adopted);
    const auto own = choices_of(claim.rule);
    const auto said = [&](const std::map<std::string, std::string>& choices, const std::string& key) {
        const auto at = choices.find(key);
        return at == choices.end() ? say("command.nothing") : at->second;
    };
    auto keys = adopted;
    keys.insert(own.begin(), own.end());
    for (const auto& [key, value] : keys) {
        if (said(adopted, key) != said(own, key)) {
            around.out << "  "
                       << say("command.other_choice", {{"key", key},
                                                       {"adopted", said(adopted, key)},
                                                       {"election", election},
                                                       {"own", said(own, key)},
                                                       {"result", published}})
                       << "\n";
        }
    }
    const auto other = count(loaded.election, *claim.adopted, telling(around));
    if (!other) {
        around.out << say("command.other_rule_fails", {{"election", election}, {"why", other.error().what}});
    } else if (other->winning_set() == result.winning_set()) {
        around.out << say("command.other_rule_same", {{"election", election}});
    } else {
        around.out << say("command.other_rule_gives",
                          {{"election", election}, {"projects", ids(loaded.election, other->winners)}});
    }
    around.out << "\n";
}

/// The groups of which one project can be built, in whatever order a file has them.
std::vector<std::vector<ProjectIndex>> exclusive_groups(const Election& election) {
    std::vector<std::vector<ProjectIndex>> groups = election.exclusive;
    for (std::vector<ProjectIndex>& group : groups) {
        std::ranges::sort(group);
    }
    std::ranges::sort(groups);
    return groups;
}

std::string groups_told(const Election& election) {
    std::string text;
    for (const std::vector<ProjectIndex>& group : exclusive_groups(election)) {
        text += (text.empty() ? "" : " | ") + ids(election, group);
    }
    return text;
}

std::string pots_told(const Election& election) {
    std::string text;
    for (const counting::Pot& pot : election.pots) {
        text += fmt::format("{}{}={}", text.empty() ? "" : ", ", pot.name, counting::format_money(pot.budget));
    }
    return text;
}

/// What the two files have in a row of META, or in the whole file; what is empty is nothing.
Mismatch differ(std::string path, counting::Finding what, std::string published, std::string counted) {
    const auto told = [](std::string text) {
        return text.empty() ? counting::finding("command.nothing") : plainly(std::move(text));
    };
    return {.path = std::move(path),
            .what = std::move(what),
            .published = told(std::move(published)),
            .counted = told(std::move(counted))};
}

Mismatch differ_in_meta(const std::string& key, std::string published, std::string counted) {
    return differ("META, " + key, counting::finding("command.differs_meta", {{"key", key}}), std::move(published),
                  std::move(counted));
}

Mismatch differ_in_project(const std::string& id, const std::string& column, std::string published,
                           std::string counted) {
    return differ(fmt::format("PROJECTS, '{}', {}", id, column),
                  counting::finding("command.differs_project", {{"id", id}, {"column", column}}), std::move(published),
                  std::move(counted));
}

/// What must be the same in two files of one election, before any counting.
std::optional<Mismatch> other_election(const Election& published, const Election& election) {
    const auto money = counting::format_money;
    if (published.budget != election.budget) {
        return differ_in_meta("budget", money(published.budget), money(election.budget));
    }
    if (published.kind != election.kind) {
        return differ_in_meta("vote_type", std::string(name_of(published.kind)), std::string(name_of(election.kind)));
    }
    if (election.kind == counting::BallotKind::ranking && published.ranking_length != election.ranking_length) {
        return differ_in_meta("max_length", std::to_string(published.ranking_length),
                              std::to_string(election.ranking_length));
    }
    if (published.projects.size() != election.projects.size()) {
        return differ("PROJECTS", counting::finding("command.differs_project_count"),
                      std::to_string(published.projects.size()), std::to_string(election.projects.size()));
    }
    for (std::size_t i = 0; i < election.projects.size(); ++i) {
        const counting::Project& theirs = published.projects[i];
        const counting::Project& ours = election.projects[i];
        if (theirs.id != ours.id) {
            return differ_in_project(ours.id, "project_id", theirs.id, ours.id);
        }
        if (theirs.cost != ours.cost) {
            return differ_in_project(ours.id, "cost", money(theirs.cost), money(ours.cost));
        }
        if (theirs.pot != ours.pot) {
            return differ_in_project(ours.id, "pot", theirs.pot, ours.pot);
        }
        if (theirs.partial_from != ours.partial_from) {
            const auto from = [&](const counting::Project& one) {
                return one.partial_from ? money(*one.partial_from) : std::string();
            };
            return differ_in_project(ours.id, "partial_from", from(theirs), from(ours));
        }
    }
    if (published.pots != election.pots) {
        return differ_in_meta("pots", pots_told(published), pots_told(election));
    }
    if (exclusive_groups(published) != exclusive_groups(election)) {
        return differ("PROJECTS, exclusive", counting::finding("command.differs_exclusive"), groups_told(published),
                      groups_told(election));
    }
    const counting::Ballots& theirs = published.ballots;
    const counting::Ballots& ours = election.ballots;
    bool same = theirs.size() == 0 || theirs.size() == ours.size();
    for (std::size_t i = 0; same && i < theirs.size(); ++i) {
        same = theirs[i].count == ours[i].count && std::ranges::equal(theirs[i].choices, ours[i].choices);
    }
    if (same) {
        return std::nullopt;
    }
    return Mismatch{
        .path = "VOTES",
        .what = counting::finding("command.differs_votes"),
        .published = counting::finding("command.told_other_ballots", {{"n", std::to_string(theirs.total())}}),
        .counted = counting::finding("command.told_ballots", {{"n", std::to_string(ours.total())}})};
}

/// The columns of a Pabulib file against the count.
std::optional<Mismatch> file_differs(const Loaded& claim, const Election& election, const CountResult& result) {
    if (auto other = other_election(claim.election, election)) {
        return other;
    }
    const pabulib::Published& published = claim.published;
    for (ProjectIndex project = 0; project < election.projects.size(); ++project) {
        const auto differs = [&](const std::string& column, std::string theirs, std::string ours) {
            return differ_in_project(election.projects[project].id, column, std::move(theirs), std::move(ours));
        };
        const bool selected = std::ranges::find(published.winners, project) != published.winners.end();
        if (selected != result.won(project)) {
            const bool reserved = std::ranges::find(published.reserved, project) != published.reserved.end();
            return differs("selected", selected ? "1" : reserved ? "2" : "0", result.won(project) ? "1" : "0");
        }
        if (!published.votes.empty() && published.votes[project] != result.votes[project]) {
            return differs("votes", std::to_string(published.votes[project]), std::to_string(result.votes[project]));
        }
        const std::int64_t part = 1000 / election.points_per_one;
        if (!published.scores.empty() && published.scores[project] != result.scores[project] * part) {
            return differs("score", counting::format_points(published.scores[project], 1000),
                           counting::format_points(result.scores[project], election.points_per_one));
        }
        const auto round = std::ranges::find(result.rounds, project, &counting::Round::project);
        const bool partly = round != result.rounds.end() && round->paid != election.projects[project].cost;
        const auto paid = published.paid.empty() ? std::nullopt : published.paid[project];
        const auto got = round == result.rounds.end() ? std::nullopt : std::optional(round->paid);
        if ((partly || !published.paid.empty()) && paid != got) {
            return differs("paid", paid ? counting::format_money(*paid) : "", got ? counting::format_money(*got) : "");
        }
    }
    return std::nullopt;
}

struct Fingerprints {
    std::string published;
    std::string counted;
};

/// How a published result differs from the count.
struct Differences {
    std::optional<Mismatch> first;        ///< beside other ballots
    std::optional<Fingerprints> ballots;  ///< those of the ballots, where it was counted from others
    bool groups_left_out = false;         ///< the ballots have nothing to hold groups of voters against

    bool any() const { return first || ballots; }
};

/// What a result by these ballots would be, with all that the published one tells.
Attempt<std::string> counted_again(const Claim& claim, bool explained, const std::string& ballots_sha256,
                                   const Arguments& arguments, const Loaded& loaded, const CountResult& result,
                                   const Surroundings& around) {
    const Metrics figures = metrics(loaded.election, claim.rule, result, loaded.groups());
    std::vector<Beside> beside;
    const bool compared = tells_beside(claim.json);
    if (compared) {
        TRY(beside, count_beside(loaded.election, claim.rule, result, loaded.groups()));
    }
    Distances distance;
    if (explained) {
        tell_progress(loaded.election, arguments.voice()("command.counting_closeness"), around);
        TRY(distance, distances(loaded.election, claim.rule, result));
    }
    TRY(std::vector<Supposed> supposed,
        suppose(changes_told(claim.json), arguments, loaded, claim.rule, result, around));
    return print_result(loaded.election, claim.rule, result,
                        {.distances = explained ? &distance : nullptr,
                         .metrics = &figures,
                         .remarks = &loaded.remarks,
                         .what_if = std::move(supposed),
                         .beside = compared ? &beside : nullptr,
                         .ballots_sha256 = ballots_sha256});
}

Attempt<Differences> result_differs(const Claim& claim, const Arguments& arguments, const Loaded& loaded,
                                    const CountResult& result, const Surroundings& around) {
    Differences differences;
    if (claim.file) {
        differences.first = file_differs(*claim.file, loaded.election, result);
        return differences;
    }
    std::vector<std::string> left_out = distances_told(claim.json);
    const bool explained = !arguments.quick && !left_out.empty();
    if (explained) {
        left_out.clear();
    }
    const std::string published = ballots_told(claim.json);
    const std::string ours = counting::ballots_sha256(loaded.election);
    if (!published.empty() && published != ours) {
        differences.ballots = Fingerprints{.published = published, .counted = ours};
        left_out.emplace_back("ballots_sha256");
    }
    if (tells_groups(claim.json) && !loaded.tells_of_voters()) {
        differences.groups_left_out = true;
        left_out.emplace_back("groups");
    }
    TRY(const std::string again, counted_again(claim, explained, ours, arguments, loaded, result, around));
    TRY(differences.first, first_mismatch(claim.json, again, left_out));
    return differences;
}

int disagrees(const Voice& say, const Surroundings& around, std::string_view where) {
    around.out << say("command.disagrees") << "\n" << where << "\n";
    return exit_differs;
}

/// The second implementation begins with the share at which the raises ended.
Attempt<int> count_last_raise(const Claim& claim, const Loaded& loaded, const CountResult& result,
                              counting::PlainOptions options, const Error& why, const Voice& say,
                              const Surroundings& around) {
    options.raise_from = &result;
    options.work_max = last_raise_steps_max;
    std::int64_t raises = 0;
    for (const counting::Endowment& endowment : result.endowments) {
        raises += endowment.raises;
    }
    const auto plain = raises > 0 ? count_plainly(loaded.election, claim.rule, options)
                                  : Result<counting::PlainOutcome>(std::unexpected(why));
    if (!plain && plain.error().code != Errc::exhausted) {
        return std::unexpected(plain.error());
    }
    if (!plain) {
        around.out << say("command.not_twice", {{"why", plain.error().what}}) << "\n";
        return exit_once;
    }
    if (const auto where = disagreement(loaded.election, result, *plain)) {
        return disagrees(say, around, *where);
    }
    around.out << say("command.last_raise", {{"raises", say.number(raises)}}) << "\n";
    return exit_once;
}

Attempt<int> count_again(const Claim& claim, const Arguments& arguments, const Loaded& loaded,
                         const CountResult& result, const Surroundings& around) {
    const Voice say = arguments.voice();
    tell_progress(loaded.election, say("command.counting_twice"), around);
    const counting::PlainOptions options{.work_max = arguments.thorough ? 0 : steps_max,
                                         .progress = telling(around).progress};
    const auto plain = count_plainly(loaded.election, claim.rule, options);
    if (!plain && plain.error().code == Errc::exhausted) {
        return count_last_raise(claim, loaded, result, options, plain.error(), say, around);
    }
    if (!plain) {
        return std::unexpected(plain.error());
    }
    if (const auto where = disagreement(loaded.election, result, *plain)) {
        return disagrees(say, around, *where);
    }
    around.out << say("command.agrees") << "\n";
    return exit_ok;
}

void tell_what_quick_left_out(const Claim& claim, const Voice& say, const Surroundings& around) {
    std::string members;
    for (const std::string& member : distances_told(claim.json)) {
        members += (members.empty() ? "" : ", ") + member;
    }
    around.out << say("command.quick_once") << "\n";
    if (!members.empty()) {
        around.out << say("command.quick_left_out", {{"members", members}}) << "\n";
    }
}

void tell_verdict(const Differences& differences, const Arguments& arguments, const Loaded& loaded,
                  const CountResult& result, const Surroundings& around) {
    const Voice say = arguments.voice();
    const std::string& election = arguments.files[0];
    const std::string& published = arguments.files[1];
    const words::Arguments told = {{"result", published}, {"rule", result.rule}};
    around.out << (differences.any() ? say("command.follows_not", told) : say("command.follows", told)) << "\n";
    if (const auto& other = differences.ballots) {
        around.out << say("command.other_ballots", {{"result", published},
                                                    {"election", election},
                                                    {"published", other->published},
                                                    {"counted", other->counted}})
                   << "\n";
    }
    if (differences.first) {
        around.out << sentence(*differences.first, say) << "\n"
                   << say("command.ballots_give", {{"projects", ids(loaded.election, result.winners)}}) << "\n";
    } else if (differences.ballots) {
        around.out << say("command.other_ballots_same") << "\n";
    }
    if (differences.groups_left_out) {
        around.out << say("command.groups_left_out", {{"election", election}}) << "\n";
    }
}

}  // namespace

Attempt<int> run_verify(const Arguments& arguments, const Surroundings& around) {
    const Voice say = arguments.voice();
    TRY(const Loaded loaded, load(arguments.files[0], arguments, around));
    tell_remarks(loaded, arguments, around);
    TRY(const Claim claim, read_claim(arguments, loaded, around));
    tell_progress(loaded.election, say("command.counting_by", {{"rule", name_of(claim.rule)}}), around);
    TRY(const CountResult result, count(loaded.election, claim.rule, telling(around)));
    TRY(const Differences differences, result_differs(claim, arguments, loaded, result, around));
    tell_verdict(differences, arguments, loaded, result, around);
    if (claim.adopted) {
        tell_other_rule(claim, arguments, loaded, result, around);
    }
    for (const std::string& remark : claim.remarks) {
        around.out << remark << "\n";
    }
    if (differences.any()) {
        return exit_differs;
    }
    int code = exit_ok;
    if (arguments.quick) {
        tell_what_quick_left_out(claim, say, around);
    } else {
        TRY(code, count_again(claim, arguments, loaded, result, around));
    }
    return claim.adopted && code != exit_differs ? exit_other_rule : code;
}

}  // namespace bypuls::participation::explanation
