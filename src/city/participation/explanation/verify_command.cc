// `bypuls verify count`: does a published result follow from the published ballots?
#include <algorithm>
#include <map>
#include <ostream>
#include <utility>

#include <fmt/format.h>

#include "city/participation/explanation/command_line.h"
#include "city/participation/explanation/report.h"
#include "core/text.h"

namespace bypuls::participation::explanation {

using counting::CountResult;
using counting::Election;
using counting::ProjectIndex;
using counting::Rule;

namespace {

/// What the second implementation does before it gives up: a minute or two.
constexpr std::int64_t steps_max = 5'000'000'000;
/// And for one raise alone.
constexpr std::int64_t last_raise_steps_max = 5'000'000'000;

std::string sentence(const Mismatch& difference) {
    return fmt::format("{}: published {}, the ballots give {}", difference.path, difference.published,
                       difference.counted);
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
Result<Rule> own_rule(Claim& claim, const Arguments& arguments, const Surroundings& around) {
    const std::string& path = arguments.files[1];
    if (path.ends_with(".json")) {
        TRY(claim.json, around.read_file(path));
        auto published = read_result(claim.json);
        return published ? Result<Rule>(std::move(published->rule)) : Result<Rule>(fail(published.error(), path));
    }
    TRY(claim.file, load(path, arguments, around));
    if (!claim.file->published.present) {
        return fail(Errc::malformed, fmt::format("{}: there is no column 'selected'", path));
    }
    return claim.file->document ? pabulib::rule_of(*claim.file->document)
                                : Result<Rule>(fail(Errc::not_found, path + ": the result names no rule"));
}

/// Whoever draws the lot after the count can draw until it suits, so that the seed is the result's only where nothing
/// else has one.
Rule with_seed(Rule adopted, const Result<Rule>& own, const Arguments& arguments, std::vector<std::string>& remarks) {
    const bool lot = std::ranges::find(adopted.ties, counting::TieBreak::lot) != adopted.ties.end();
    if (lot && adopted.seed.empty() && own && !own->seed.empty()) {
        adopted.seed = own->seed;
        remarks.push_back(
            fmt::format("the seed of the lot, '{}', was taken from {} itself: see whether it is the one that "
                        "was drawn in public",
                        adopted.seed, arguments.files[1]));
    }
    return adopted;
}

Result<Claim> read_claim(const Arguments& arguments, const Loaded& loaded, const Surroundings& around) {
    Claim claim;
    const Result<Rule> own = own_rule(claim, arguments, around);
    if (!own && (!claim.file || !claim.file->published.present)) {
        return std::unexpected(own.error());
    }
    const Result<Rule> adopted = rule_for(arguments, loaded, around);
    if (arguments.rule) {
        TRY_DO(adopted);
        claim.rule = with_seed(*adopted, own, arguments, claim.remarks);
        return claim;
    }
    if (!adopted && adopted.error().code != Errc::not_found) {
        return fail(adopted.error(), arguments.files[0]);
    }
    if (!adopted) {
        TRY(claim.rule, own);
        claim.remarks.push_back(
            fmt::format("{} defines no rule, so the rule was taken from {} itself; --rule holds it to "
                        "the one that was adopted",
                        arguments.files[0], arguments.files[1]));
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
    const std::string& election = arguments.files[0];
    around.out << fmt::format(
        "but {} names another rule, {}, than {} was counted by; say with --rule which was adopted\n", election,
        name_of(*claim.adopted), arguments.files[1]);
    const auto adopted = choices_of(*claim.adopted);
    const auto own = choices_of(claim.rule);
    const auto said = [](const std::map<std::string, std::string>& choices, const std::string& key) {
        const auto at = choices.find(key);
        return at == choices.end() ? std::string("nothing") : at->second;
    };
    auto keys = adopted;
    keys.insert(own.begin(), own.end());
    for (const auto& [key, value] : keys) {
        if (said(adopted, key) != said(own, key)) {
            around.out << fmt::format("  {}: {} in {}, {} in {}\n", key, said(adopted, key), election, said(own, key),
                                      arguments.files[1]);
        }
    }
    const auto other = count(loaded.election, *claim.adopted, telling(around));
    if (!other) {
        around.out << fmt::format("by the rule of {} it cannot be counted: {}\n", election, other.error().what);
    } else if (other->winning_set() == result.winning_set()) {
        around.out << fmt::format("by the rule of {} the same projects win\n", election);
    } else {
        around.out << fmt::format("by the rule of {} the ballots give: {}\n", election,
                                  ids(loaded.election, other->winners));
    }
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
        text += fmt::format("{}one of {}", text.empty() ? "" : ", ", ids(election, group));
    }
    return text.empty() ? "nothing" : text;
}

/// What must be the same in two files of one election, before any counting.
std::optional<Mismatch> other_election(const Election& published, const Election& election) {
    const auto money = counting::format_money;
    if (published.budget != election.budget) {
        return Mismatch{"META, budget", money(published.budget), money(election.budget)};
    }
    if (published.kind != election.kind) {
        return Mismatch{"META, vote_type", std::string(name_of(published.kind)), std::string(name_of(election.kind))};
    }
    if (election.kind == counting::BallotKind::ranking && published.ranking_length != election.ranking_length) {
        return Mismatch{"META, max_length", std::to_string(published.ranking_length),
                        std::to_string(election.ranking_length)};
    }
    if (published.projects.size() != election.projects.size()) {
        return Mismatch{"PROJECTS", fmt::format("{} projects", published.projects.size()),
                        fmt::format("{} projects", election.projects.size())};
    }
    for (std::size_t i = 0; i < election.projects.size(); ++i) {
        const counting::Project& theirs = published.projects[i];
        const counting::Project& ours = election.projects[i];
        const std::string at = fmt::format("PROJECTS, '{}'", ours.id);
        if (theirs.id != ours.id) {
            return Mismatch{at + ", project_id", theirs.id, ours.id};
        }
        if (theirs.cost != ours.cost) {
            return Mismatch{at + ", cost", money(theirs.cost), money(ours.cost)};
        }
        if (theirs.partial_from != ours.partial_from || theirs.pot != ours.pot) {
            return Mismatch{at + ", pot and partial_from", "others", "others"};
        }
    }
    if (published.pots != election.pots) {
        return Mismatch{"META, pots", "others", "others"};
    }
    if (exclusive_groups(published) != exclusive_groups(election)) {
        return Mismatch{"PROJECTS, exclusive", groups_told(published), groups_told(election)};
    }
    const counting::Ballots& theirs = published.ballots;
    const counting::Ballots& ours = election.ballots;
    bool same = theirs.size() == 0 || theirs.size() == ours.size();
    for (std::size_t i = 0; same && i < theirs.size(); ++i) {
        same = theirs[i].count == ours[i].count && std::ranges::equal(theirs[i].choices, ours[i].choices);
    }
    return same ? std::nullopt
                : std::optional(Mismatch{"VOTES", fmt::format("{} ballots, not the same", theirs.total()),
                                         fmt::format("{} ballots", ours.total())});
}

/// The columns of a Pabulib file against the count.
std::optional<Mismatch> file_differs(const Loaded& claim, const Election& election, const CountResult& result) {
    if (auto other = other_election(claim.election, election)) {
        return other;
    }
    const pabulib::Published& published = claim.published;
    for (ProjectIndex project = 0; project < election.projects.size(); ++project) {
        const auto differs = [&](std::string_view column, std::string theirs, std::string ours) {
            return Mismatch{fmt::format("PROJECTS, '{}', {}", election.projects[project].id, column), std::move(theirs),
                            std::move(ours)};
        };
        const bool selected = std::ranges::find(published.winners, project) != published.winners.end();
        if (selected != result.won(project)) {
            return differs("selected", selected ? "1" : "not 1", result.won(project) ? "1" : "0");
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
            return differs("paid", paid ? counting::format_money(*paid) : "nothing",
                           got ? counting::format_money(*got) : "nothing");
        }
    }
    return std::nullopt;
}

Result<std::optional<Mismatch>> result_differs(const Claim& claim, const Arguments& arguments, const Loaded& loaded,
                                               const CountResult& result, const Surroundings& around) {
    if (claim.file) {
        return file_differs(*claim.file, loaded.election, result);
    }
    const Metrics figures = metrics(loaded.election, claim.rule, result, loaded.groups());
    std::vector<Beside> beside;
    const bool compared = tells_beside(claim.json);
    if (compared) {
        TRY(beside, count_beside(loaded.election, claim.rule, result, loaded.groups()));
    }
    Distances distance;
    const std::vector<std::string> told = distances_told(claim.json);
    const bool explained = !arguments.quick && !told.empty();
    if (explained) {
        if (is_large(loaded.election)) {
            around.err << "counting again how close it was" << std::endl;
        }
        TRY(distance, distances(loaded.election, claim.rule, result));
    }
    TRY(std::vector<Supposed> supposed,
        suppose(changes_told(claim.json), arguments, loaded, claim.rule, result, around));
    return first_mismatch(claim.json,
                          print_result(loaded.election, claim.rule, result,
                                       {.distances = explained ? &distance : nullptr,
                                        .metrics = &figures,
                                        .remarks = &loaded.remarks,
                                        .what_if = std::move(supposed),
                                        .beside = compared ? &beside : nullptr}),
                          explained ? std::span<const std::string>() : told);
}

int disagrees(const Surroundings& around, std::string_view where) {
    around.out << "the second implementation DISAGREES; do not use this result\n" << where << "\n";
    return exit_differs;
}

/// The second implementation begins with the share at which the raises ended.
Result<int> count_last_raise(const Claim& claim, const Loaded& loaded, const CountResult& result,
                             counting::PlainOptions options, const Error& why, const Surroundings& around) {
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
        around.out << "not counted a second time: " << plain.error().what << "\n";
        return exit_once;
    }
    if (const auto where = disagreement(loaded.election, result, *plain)) {
        return disagrees(around, *where);
    }
    around.out << fmt::format(
        "the second implementation agrees on the last shares, and that the next step is too much; "
        "the {} raises before were counted once (--thorough: twice)\n",
        raises);
    return exit_once;
}

Result<int> count_again(const Claim& claim, const Arguments& arguments, const Loaded& loaded, const CountResult& result,
                        const Surroundings& around) {
    if (is_large(loaded.election)) {
        around.err << "counting a second time, by the plain implementation" << std::endl;
    }
    const counting::PlainOptions options{.work_max = arguments.thorough ? 0 : steps_max,
                                         .progress = telling(around).progress};
    const auto plain = count_plainly(loaded.election, claim.rule, options);
    if (!plain && plain.error().code == Errc::exhausted) {
        return count_last_raise(claim, loaded, result, options, plain.error(), around);
    }
    if (!plain) {
        return std::unexpected(plain.error());
    }
    if (const auto where = disagreement(loaded.election, result, *plain)) {
        return disagrees(around, *where);
    }
    around.out << "the second implementation agrees\n";
    return exit_ok;
}

void tell_what_quick_left_out(const Claim& claim, const Surroundings& around) {
    std::string members;
    for (const std::string& member : distances_told(claim.json)) {
        members += (members.empty() ? "" : ", ") + member;
    }
    if (!members.empty()) {
        around.out << fmt::format("not compared, because of --quick: {}\n", members);
    }
}

}  // namespace

Result<int> run_verify(const Arguments& arguments, const Surroundings& around) {
    TRY(const Loaded loaded, load(arguments.files[0], arguments, around));
    for (const std::string& remark : loaded.remarks) {
        around.err << arguments.files[0] << ": " << remark << "\n";
    }
    TRY(const Claim claim, read_claim(arguments, loaded, around));
    if (is_large(loaded.election)) {
        around.err << "counting by " << name_of(claim.rule) << std::endl;
    }
    TRY(const CountResult result, count(loaded.election, claim.rule, telling(around)));
    TRY(const std::optional<Mismatch> difference, result_differs(claim, arguments, loaded, result, around));
    around.out << fmt::format("{} {} from the ballots by {}\n", arguments.files[1],
                              difference ? "does NOT follow" : "follows", result.rule);
    if (difference) {
        around.out << sentence(*difference) << "\n";
        around.out << "the ballots give: " << ids(loaded.election, result.winners) << "\n";
    }
    if (claim.adopted) {
        tell_other_rule(claim, arguments, loaded, result, around);
    }
    for (const std::string& remark : claim.remarks) {
        around.out << remark << "\n";
    }
    if (difference) {
        return exit_differs;
    }
    int code = exit_ok;
    if (arguments.quick) {
        tell_what_quick_left_out(claim, around);
    } else {
        TRY(code, count_again(claim, arguments, loaded, result, around));
    }
    return claim.adopted && code != exit_differs ? exit_other_rule : code;
}

}  // namespace bypuls::participation::explanation
