#include "city/participation/explanation/commands.h"

#include <algorithm>
#include <ostream>
#include <thread>

#include <fmt/format.h>

#include "city/participation/counting/fingerprint.h"
#include "city/participation/explanation/command_line.h"
#include "city/participation/explanation/report.h"

namespace bypuls::participation::explanation {

using counting::Attempt;
using counting::CountResult;
using counting::Election;
using counting::ProjectIndex;
using counting::Rule;

namespace {

int refuse(const Surroundings& around, const counting::Fault& fault, const Voice& say) {
    around.err << fault.in(say.words()) << "\n";
    return exit_usage;
}

/// For counts by many rules; the answers are the same whatever their number.
std::size_t threads_at_hand() {
    constexpr unsigned most = 8;
    return std::clamp(std::thread::hardware_concurrency(), 1U, most);
}

int list_fitting_rules(const Loaded& loaded, const Voice& say, const Surroundings& around) {
    if (!loaded.published.present) {
        around.err << say("command.no_selected") << "\n";
        return exit_usage;
    }
    std::vector<ProjectIndex> published = loaded.published.winners;
    std::ranges::sort(published);
    std::int64_t threshold = 0;
    if (loaded.document) {
        // Of a name without a definition the threshold is known all the same.
        pabulib::Document greedy = *loaded.document;
        greedy.set_meta("rule", "greedy");
        threshold = pabulib::rule_of(greedy).value_or(Rule{}).score_min;
    }
    bool any = false;
    std::vector<Rule> rules;
    for (const std::string& name : counting::builtin_rules()) {
        rules.push_back(builtin(name).value());
        rules.back().score_min = threshold;
    }
    tell_progress(loaded.election, say("command.counting_rules", {{"n", std::to_string(rules.size())}}), around);
    const auto results = count_by_each(
        loaded.election, rules,
        {.explore_ties = false, .exact_rounds = false, .self_check = false, .progress = nullptr}, threads_at_hand());
    for (std::size_t i = 0; i < rules.size(); ++i) {
        if (results[i] && results[i]->winning_set() == published) {
            around.out << name_of(rules[i]) << "\n";
            any = true;
        }
    }
    if (!any) {
        around.err << say("command.no_rule_fits") << "\n";
    }
    return any ? exit_ok : exit_differs;
}

void print_rounds(const Election& election, const Rule& rule, const CountResult& result, const Voice& say,
                  std::ostream& out) {
    const bool points = counted_in_points(election, rule);
    const bool pots = !election.pots.empty();
    const auto if_points = [&](const std::string& text) {
        return points ? fmt::format("{:>10}  ", text) : std::string();
    };
    out << fmt::format("{:>12}  {}{:>10}  {}{}\n", say("command.paid"), if_points(say("command.points")),
                       points ? say("command.voters") : say("command.votes"), pots ? say("command.pot") + "  " : "",
                       say("command.project"));
    for (const counting::Round& round : result.rounds) {
        const counting::Project& project = election.projects[round.project];
        const std::string pot = project.pot.empty() ? say("command.pot_common") : project.pot;
        out << fmt::format("{:>12}  {}{:>10}  {}{}  {}\n", say.money(round.paid),
                           if_points(say.points(result.scores[round.project], election.points_per_one)),
                           say.number(result.votes[round.project]), pots ? pot + "  " : "", project.id, project.name);
    }
}

std::string reason(counting::TieBreak broken_by, const Voice& say) {
    std::string name(name_of(broken_by));
    std::ranges::replace(name, '-', '_');
    return say.lookup("command.by_" + name);
}

void print_plainly(const Loaded& loaded, const Rule& rule, const CountResult& result, const Voice& say,
                   std::ostream& out) {
    const Election& election = loaded.election;
    out << say("command.head", {{"rule", result.rule},
                                {"won", say.number(std::ssize(result.winners))},
                                {"all", say.number(std::ssize(election.projects))},
                                {"spent", say.money(result.spent)},
                                {"budget", say.money(result.budget)},
                                {"currency", election.currency}})
        << "\n";
    print_rounds(election, rule, result, say, out);
    if (!result.partial_left_out.empty()) {
        out << say("command.partial_left_out",
                   {{"rule", result.rule}, {"projects", ids(election, result.partial_left_out)}})
            << "\n";
    }
    for (const counting::Tie& tie : result.ties) {
        const std::string tied = ids(election, tie.tied);
        const std::string by = reason(tie.broken_by, say);
        const words::Arguments told = {{"chosen", election.projects[tie.chosen].id}, {"tied", tied}, {"reason", by}};
        out << (tie.alternatives.empty() ? say("command.tie", told) : say("command.tie_decided", told)) << "\n";
    }
    out << say("command.ballots_sha256", {{"digest", counting::ballots_sha256(election)}}) << "\n"
        << say("command.rule_sha256", {{"digest", counting::rule_sha256(rule)}}) << "\n";
}

void print_supposed(const Loaded& loaded, const std::vector<Supposed>& supposed, const Voice& say, std::ostream& out) {
    const auto told = [&](const std::vector<ProjectIndex>& projects) {
        return projects.empty() ? say("command.none") : ids(loaded.election, projects);
    };
    for (const auto& [change, difference] : supposed) {
        out << say("command.what_if", {{"change", change},
                                       {"spent", say.money(difference.result.spent)},
                                       {"budget", say.money(difference.result.budget)},
                                       {"currency", loaded.election.currency},
                                       {"gained", told(difference.gained)},
                                       {"lost", told(difference.lost)}})
            << "\n";
    }
}

/// The ballots with the result in them, for everybody to count again.
void print_pabulib(const Loaded& loaded, const Rule& rule, const CountResult& result, const Arguments& arguments,
                   const Surroundings& around) {
    pabulib::Document document = loaded.document ? *loaded.document : pabulib::to_document(loaded.election);
    if (!arguments.keep_voters) {
        pabulib::Publication publication = for_publication(
            document, loaded.election, arguments.keep_meta ? pabulib::KeepMeta::all : pabulib::KeepMeta::known);
        document = std::move(publication.document);
        if (!publication.left_out.empty()) {
            const std::string columns = fmt::format("{}", fmt::join(publication.left_out, ", "));
            around.err << arguments.voice()("command.left_out", {{"columns", columns}}) << "\n";
        }
        if (!publication.left_out_meta.empty()) {
            const std::string keys = fmt::format("{}", fmt::join(publication.left_out_meta, ", "));
            around.err << arguments.voice()("command.left_out_meta", {{"keys", keys}}) << "\n";
        }
    }
    around.out << print(pabulib::with_result(document, loaded.election, rule, result));
}

void explain(const Counted& counted, const Distances& distance, const Metrics& figures,
             const std::vector<Beside>& beside, Language language, const Surroundings& around) {
    for (const std::string& round : tell_rounds(counted, language)) {
        around.out << round << "\n";
    }
    around.out << "\n" << tell_whole(counted, language) << "\n";
    for (const ProjectStory& story : tell(counted, distance, language)) {
        around.out << story.text << "\n";
    }
    for (const std::string& line : tell_measures(counted, distance, language)) {
        around.out << line << "\n";
    }
    around.out << "\n";
    for (const std::string& line : tell_figures(counted, figures, language)) {
        around.out << line << "\n";
    }
    for (const Beside& other : beside) {
        around.out << tell_beside(counted.election, other, language) << "\n";
    }
}

Attempt<int> run_count(const Arguments& arguments, const Surroundings& around) {
    TRY(const Loaded loaded, load(arguments.files[0], arguments, around));
    tell_remarks(loaded, arguments, around);
    if (arguments.which_rule) {
        return list_fitting_rules(loaded, arguments.voice(), around);
    }
    TRY(const Rule rule, rule_for(arguments, loaded, around));
    TRY(const CountResult result, count(loaded.election, rule, telling(around)));
    Distances distance;
    if (arguments.explain) {
        TRY(distance, distances(loaded.election, rule, result));
    }
    const std::vector<pabulib::VoterGroup> groups = loaded.groups();
    const Metrics figures = metrics(loaded.election, rule, result, groups);
    std::vector<Beside> beside;
    if (arguments.explain) {
        TRY(beside, count_beside(loaded.election, rule, result, groups));
    }
    TRY(std::vector<Supposed> supposed, suppose(arguments.what_if, arguments, loaded, rule, result, around));
    if (arguments.pb) {
        print_pabulib(loaded, rule, result, arguments, around);
    } else if (arguments.json) {
        around.out << print_result(loaded.election, rule, result,
                                   {.distances = arguments.explain ? &distance : nullptr,
                                    .metrics = &figures,
                                    .remarks = &loaded.remarks,
                                    .what_if = std::move(supposed),
                                    .beside = arguments.explain ? &beside : nullptr});
    } else {
        print_plainly(loaded, rule, result, arguments.voice(), around.out);
        print_supposed(loaded, supposed, arguments.voice(), around.out);
        if (arguments.explain) {
            explain({.election = loaded.election, .rule = rule, .result = result}, distance, figures, beside,
                    arguments.tongue(), around);
        }
    }
    return exit_ok;
}

/// Rules side by side, then the projects that not all of them build.
void print_compared(const Election& election, const std::vector<std::pair<Rule, CountResult>>& results,
                    const Voice& say, std::ostream& out) {
    const auto row = [&](const std::string& rule, const std::string& winners, const std::string& spent,
                         const std::string& excluded, const std::string& mean, const std::string& gini) {
        out << fmt::format("{:<28} {:>8} {:>14} {:>10} {:>8} {:>8}\n", rule, winners, spent, excluded, mean, gini);
    };
    row(say("command.rule"), say("command.winners"), say("command.spent"), say("command.excluded"), say("command.mean"),
        say("command.gini"));
    for (const auto& [rule, result] : results) {
        const Metrics figures = metrics(election, rule, result);
        row(result.rule, say.number(std::ssize(result.winners)), say.money(result.spent),
            say.percent(figures.excluded_voters, 1), say.decimal(figures.mean_winners, 2),
            say.decimal(figures.gini_kroner, 3));
    }
    for (ProjectIndex project = 0; project < election.projects.size(); ++project) {
        const auto wins = std::ranges::count_if(results, [&](const auto& one) { return one.second.won(project); });
        if (wins == 0 || wins == std::ssize(results)) {
            continue;
        }
        out << fmt::format("{} {}:", election.projects[project].id, election.projects[project].name);
        for (const auto& [rule, result] : results) {
            out << (result.won(project) ? " " + result.rule : "");
        }
        out << "\n";
    }
}

Attempt<int> run_compare(const Arguments& arguments, const Surroundings& around) {
    const Voice say = arguments.voice();
    TRY(const Loaded loaded, load(arguments.files[0], arguments, around));
    std::vector<std::string> names = arguments.rules;
    if (names.empty()) {
        names = {"greedy", "mes-cost-add1u", "mes-cardinality-add1u", "phragmen-skip"};
    }
    std::vector<Rule> rules;
    for (const std::string& name : names) {
        Arguments one = arguments;
        one.rule = name;
        TRY(rules.emplace_back(), rule_for(one, loaded, around));
    }
    tell_progress(loaded.election, say("command.counting_rules", {{"n", std::to_string(rules.size())}}), around);
    auto counted = count_by_each(loaded.election, rules, {}, threads_at_hand());
    std::vector<std::pair<Rule, CountResult>> results;
    for (std::size_t i = 0; i < rules.size(); ++i) {
        TRY(CountResult result, std::move(counted[i]));
        results.emplace_back(rules[i], std::move(result));
    }
    const std::vector<pabulib::VoterGroup> groups = loaded.groups();
    if (arguments.json) {
        const std::string digest = counting::ballots_sha256(loaded.election);
        around.out << "[";
        for (std::size_t i = 0; i < results.size(); ++i) {
            const Metrics figures = metrics(loaded.election, results[i].first, results[i].second, groups);
            std::string text = print_result(loaded.election, results[i].first, results[i].second,
                                            {.metrics = &figures, .ballots_sha256 = digest});
            text.pop_back();
            around.out << (i == 0 ? "\n" : ",\n") << text;
        }
        around.out << "\n]\n";
        return exit_ok;
    }
    print_compared(loaded.election, results, say, around.out);
    return exit_ok;
}

template <typename Run>
int run_command(std::span<const std::string> given, const Usage& usage, const Surroundings& around, Run run) {
    if (std::ranges::find(given, "--help") != given.end() || std::ranges::find(given, "-h") != given.end()) {
        around.out << "bypuls " << usage.text << "\n\n" << usage.details << "\nBuilt-in rules:\n";
        for (const std::string& name : counting::builtin_rules()) {
            around.out << "  " << name << "\n";
        }
        around.out << "\nEvery rule, and how to write one's own: docs/concepts/counting.md\n";
        return exit_ok;
    }
    const auto arguments = read_arguments(given, usage);
    if (!arguments) {
        return refuse(around, arguments.error(), Voice(language_asked_for(given).value_or(Language::english)));
    }
    const Attempt<int> code = run(*arguments, around);
    return code ? *code : refuse(around, code.error(), arguments->voice());
}

}  // namespace

namespace {

constexpr std::string_view files_and_rules =
    "FILE is a Pabulib file (.pb), an election as JSON (.json; docs/formats/election.schema.json), or the projects as\n"
    "CSV (.csv) together with --ballots FILE.csv, --budget KRONER, --kind "
    "approval|choose-1|points|ranking|knapsack\n"
    "(approval if not given and the ballots have no points) and a --pot NAME=KRONER for each sub-budget that its\n"
    "column pot names. --invalid-ballots refuse leaves out ballots with fewer projects than --min-length or more than\n"
    "--max-length; a Pabulib file and JSON say that themselves (invalid_ballots).\n"
    "--rule takes the name of a rule, as a result prints it or a Pabulib file has it, or a rule written in TOML. "
    "Without\n"
    "it the file's own rule counts.\n"
    "A file may be packed by gzip (.gz) or zstd (.zst).\n"
    "--language nb|nn|en is for all that is printed; English without it. What is wrong with a file or an option is "
    "told\n"
    "in it too, with line and column.\n";

const std::string count_details = std::string(files_and_rules) +
                                  "--what-if tells what one change leads to: budget=KRONER, cost:ID=KRONER, without=ID "
                                  "or rule=NAME. It may be given\n"
                                  "several times; each change is counted by itself.\n"
                                  "--pb writes the ballots with the result for everybody to count again: voters are "
                                  "numbered anew, in an order\n"
                                  "that does not tell when they came, and nothing else is told of them. With "
                                  "--keep-voters the file is written\n"
                                  "as it was read, with every column of its voters; do not publish that. Of META it "
                                  "has what is known to be\n"
                                  "about the vote or the rule; --keep-meta writes all of it. What was left out is "
                                  "said.\n"
                                  "The fingerprints (SHA-256) of the ballots and of the rule: "
                                  "docs/formats/count-fingerprint.md.\n";

constexpr std::string_view verify_details =
    "Counts ELECTION again, by both implementations, and says whether RESULT follows.\n"
    "RESULT is what `bypuls count --json` wrote, or a Pabulib file with the column `selected`. Everything in it is\n"
    "compared, and the first difference named. A result that was counted from other ballots is told by its "
    "fingerprint.\n"
    "--quick is for a first look at a large vote: it counts once, by the fast implementation alone, and does not "
    "compare\n"
    "how close it was (losers, margins, not_applicable). All else is compared: winners, money, rule, ties, rounds, "
    "votes,\n"
    "figures, other rules beside it, changes. What was left out is said.\n"
    "The rule is that of --rule, else the one that ELECTION names. If RESULT states another rule, or other ties or\n"
    "another seed, that is said. Only where neither names a rule is it taken from RESULT itself, which is said too; "
    "so\n"
    "is a lot's seed that stands in RESULT alone.\n"
    "The second implementation takes no shortcut; where that would take more than some minutes it counts the last "
    "raise\n"
    "alone, or not at all, and says so (--thorough: to the end).\n"
    "Exit code: 0 it follows, 1 it does not, 2 something cannot be read or makes no sense, 3 it follows, but the\n"
    "second implementation did not count all of it, 4 it follows by its own rule, which is not the one that ELECTION\n"
    "names.\n"
    "--language nb|nn|en is for all that is printed; English without it.\n\n";

}  // namespace

int count_command(std::span<const std::string> arguments, const Surroundings& surroundings) {
    return run_command(
        arguments,
        {.text = "count FILE [--rule NAME|FILE.toml] [--json | --pb [--keep-meta] [--keep-voters]] [--explain] "
                 "[--language nb|nn|en] [--what-if CHANGE]… [--which-rule]",
         .details = count_details,
         .files = 1,
         .options = {"--rule", "--json", "--pb", "--keep-voters", "--keep-meta", "--explain", "--language",
                     "--which-rule", "--what-if", "--ballots", "--budget", "--pot", "--kind", "--min-length",
                     "--max-length", "--invalid-ballots"}},
        surroundings, run_count);
}

int verify_count_command(std::span<const std::string> arguments, const Surroundings& surroundings) {
    return run_command(arguments,
                       {.text = "verify count ELECTION RESULT [--rule NAME|FILE.toml] [--quick | --thorough] "
                                "[--language nb|nn|en]",
                        .details = verify_details,
                        .files = 2,
                        .options = {"--rule", "--quick", "--thorough", "--language", "--ballots", "--budget", "--pot",
                                    "--kind", "--min-length", "--max-length", "--invalid-ballots"}},
                       surroundings, run_verify);
}

int compare_command(std::span<const std::string> arguments, const Surroundings& surroundings) {
    return run_command(arguments,
                       {.text = "compare FILE [--rules A,B,C] [--json] [--language nb|nn|en]",
                        .details = files_and_rules,
                        .files = 1,
                        .options = {"--rules", "--json", "--language", "--ballots", "--budget", "--pot", "--kind",
                                    "--min-length", "--max-length", "--invalid-ballots"}},
                       surroundings, run_compare);
}

}  // namespace bypuls::participation::explanation
