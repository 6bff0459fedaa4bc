// `bypuls verify count`: does a published result follow from the published ballots?
#include <algorithm>
#include <ostream>

#include <fmt/format.h>

#include "city/participation/explanation/command_line.h"
#include "city/participation/explanation/report.h"

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
    Rule rule;
    std::string json;
    std::optional<Loaded> file;
};

Result<Claim> read_claim(const Arguments& arguments, const Loaded& loaded, const Surroundings& around) {
    const std::string& path = arguments.files[1];
    Claim claim;
    if (path.ends_with(".json")) {
        TRY(claim.json, around.read_file(path));
        auto published = read_result(claim.json);
        if (!published) {
            return fail(published.error(), path);
        }
        claim.rule = published->rule;
        if (arguments.rule) {
            TRY(claim.rule, rule_for(arguments, loaded, around));
        }
        return claim;
    }
    TRY(claim.file, load(path, arguments, around));
    if (!claim.file->published.present) {
        return fail(Errc::malformed, fmt::format("{}: there is no column 'selected'", path));
    }
    TRY(claim.rule, rule_for(arguments, *claim.file, around));
    return claim;
}

/// What must be the same in two files of one election, before any counting.
std::optional<Mismatch> other_election(const Election& published, const Election& election) {
    const auto money = counting::format_money;
    if (published.budget != election.budget) {
        return Mismatch{"META, budget", money(published.budget), money(election.budget)};
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
    const bool explained = !arguments.quick && tells_distances(claim.json);
    if (explained) {
        if (is_large(loaded.election)) {
            around.err << "counting again how close it was" << std::endl;
        }
        TRY(distance, distances(loaded.election, claim.rule, result));
    }
    TRY(std::vector<Supposed> supposed,
        suppose(changes_told(claim.json), arguments, loaded, claim.rule, result, around));
    return first_mismatch(claim.json, print_result(loaded.election, claim.rule, result,
                                                   {.distances = explained ? &distance : nullptr,
                                                    .metrics = &figures,
                                                    .remarks = nullptr,
                                                    .what_if = std::move(supposed),
                                                    .beside = compared ? &beside : nullptr}));
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
        return exit_differs;
    }
    return arguments.quick ? exit_ok : count_again(claim, arguments, loaded, result, around);
}

}  // namespace bypuls::participation::explanation
