#include "city/participation/explanation/commands.h"

#include <algorithm>
#include <ostream>
#include <thread>

#include <fmt/format.h>

#include "city/participation/explanation/command_line.h"
#include "city/participation/explanation/report.h"

namespace bypuls::participation::explanation {

using counting::CountResult;
using counting::Election;
using counting::ProjectIndex;
using counting::Rule;

namespace {

int refuse(const Surroundings& around, const Error& error) {
    around.err << error.what << "\n";
    return exit_usage;
}

/// For counts by many rules; the answers are the same whatever their number.
std::size_t threads_at_hand() {
    constexpr unsigned most = 8;
    return std::clamp(std::thread::hardware_concurrency(), 1U, most);
}

int list_fitting_rules(const Loaded& loaded, const Surroundings& around) {
    if (!loaded.published.present) {
        around.err << "the file has no column 'selected', so there is no published outcome to compare with\n";
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
    if (is_large(loaded.election)) {
        around.err << fmt::format("counting by {} rules", rules.size()) << std::endl;
    }
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
        around.err << "no built-in rule leads to the published outcome\n";
    }
    return any ? exit_ok : exit_differs;
}

void print_plainly(const Loaded& loaded, const Rule& rule, const CountResult& result, const Surroundings& around) {
    around.out << fmt::format("{}: {} of {} projects, {} of {} {}\n", result.rule, result.winners.size(),
                              loaded.election.projects.size(), counting::format_money(result.spent),
                              counting::format_money(result.budget), loaded.election.currency);
    const Election& election = loaded.election;
    const bool points = counted_in_points(election, rule);
    const bool pots = !election.pots.empty();
    around.out << fmt::format("{:>12}  {}{:>10}  {}project\n", "paid", points ? "    points  " : "",
                              points ? "voters" : "votes", pots ? "pot  " : "");
    for (const counting::Round& round : result.rounds) {
        const counting::Project& project = election.projects[round.project];
        const std::string score = counting::format_points(result.scores[round.project], election.points_per_one);
        const std::string pot = project.pot.empty() ? "(common)" : project.pot;
        around.out << fmt::format("{:>12}  {}{:>10}  {}{}  {}\n", counting::format_money(round.paid),
                                  points ? fmt::format("{:>10}  ", score) : "", result.votes[round.project],
                                  pots ? pot + "  " : "", project.id, project.name);
    }
    for (const counting::Tie& tie : result.ties) {
        around.out << fmt::format("tie: {} before the others of {}, by {}{}\n", loaded.election.projects[tie.chosen].id,
                                  ids(loaded.election, tie.tied), name_of(tie.broken_by),
                                  tie.alternatives.empty() ? "" : "; this decided the outcome");
    }
}

void print_supposed(const Loaded& loaded, const std::vector<Supposed>& supposed, const Surroundings& around) {
    for (const auto& [change, difference] : supposed) {
        around.out << fmt::format("what if {}: {} of {} {}; gained: {}; lost: {}\n", change,
                                  counting::format_money(difference.result.spent),
                                  counting::format_money(difference.result.budget), loaded.election.currency,
                                  difference.gained.empty() ? "none" : ids(loaded.election, difference.gained),
                                  difference.lost.empty() ? "none" : ids(loaded.election, difference.lost));
    }
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
    around.out << "\n";
    for (const std::string& line : tell_figures(counted, figures, language)) {
        around.out << line << "\n";
    }
    for (const Beside& other : beside) {
        around.out << tell_beside(counted.election, other, language) << "\n";
    }
}

Result<int> run_count(const Arguments& arguments, const Surroundings& around) {
    TRY(const Loaded loaded, load(arguments.files[0], arguments, around));
    for (const std::string& remark : loaded.remarks) {
        around.err << arguments.files[0] << ": " << remark << "\n";
    }
    if (arguments.which_rule) {
        return list_fitting_rules(loaded, around);
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
        const pabulib::Document document = loaded.document ? *loaded.document : pabulib::to_document(loaded.election);
        around.out << print(pabulib::with_result(document, loaded.election, rule, result));
    } else if (arguments.json) {
        around.out << print_result(loaded.election, rule, result,
                                   {.distances = arguments.explain ? &distance : nullptr,
                                    .metrics = &figures,
                                    .remarks = &loaded.remarks,
                                    .what_if = std::move(supposed),
                                    .beside = arguments.explain ? &beside : nullptr});
    } else {
        print_plainly(loaded, rule, result, around);
        print_supposed(loaded, supposed, around);
        if (arguments.explain) {
            explain({.election = loaded.election, .rule = rule, .result = result}, distance, figures, beside,
                    arguments.language, around);
        }
    }
    return exit_ok;
}

Result<int> run_compare(const Arguments& arguments, const Surroundings& around) {
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
    if (is_large(loaded.election)) {
        around.err << fmt::format("counting by {} rules", rules.size()) << std::endl;
    }
    auto counted = count_by_each(loaded.election, rules, {}, threads_at_hand());
    std::vector<std::pair<Rule, CountResult>> results;
    for (std::size_t i = 0; i < rules.size(); ++i) {
        TRY(CountResult result, std::move(counted[i]));
        results.emplace_back(rules[i], std::move(result));
    }
    const std::vector<pabulib::VoterGroup> groups = loaded.groups();
    if (arguments.json) {
        around.out << "[";
        for (std::size_t i = 0; i < results.size(); ++i) {
            const Metrics figures = metrics(loaded.election, results[i].first, results[i].second, groups);
            std::string text =
                print_result(loaded.election, results[i].first, results[i].second, {.metrics = &figures});
            text.pop_back();
            around.out << (i == 0 ? "\n" : ",\n") << text;
        }
        around.out << "\n]\n";
        return exit_ok;
    }
    around.out << fmt::format("{:<28} {:>8} {:>14} {:>10} {:>8} {:>8}\n", "rule", "winners", "spent", "excluded",
                              "mean", "gini");
    for (const auto& [rule, result] : results) {
        const Metrics figures = metrics(loaded.election, rule, result);
        around.out << fmt::format("{:<28} {:>8} {:>14} {:>9}% {:>8.2f} {:>8.3f}\n", result.rule, result.winners.size(),
                                  counting::format_money(result.spent),
                                  percent_digits(words::Language::en, figures.excluded_voters, 1), figures.mean_winners,
                                  figures.gini_kroner);
    }
    for (ProjectIndex project = 0; project < loaded.election.projects.size(); ++project) {
        const auto wins = std::ranges::count_if(results, [&](const auto& one) { return one.second.won(project); });
        if (wins == 0 || wins == static_cast<std::ptrdiff_t>(results.size())) {
            continue;
        }
        around.out << fmt::format("{} {}:", loaded.election.projects[project].id,
                                  loaded.election.projects[project].name);
        for (const auto& [rule, result] : results) {
            around.out << (result.won(project) ? " " + result.rule : "");
        }
        around.out << "\n";
    }
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
        return refuse(around, arguments.error());
    }
    const Result<int> code = run(*arguments, around);
    return code ? *code : refuse(around, code.error());
}

}  // namespace

namespace {

constexpr std::string_view files_and_rules =
    "FILE is a Pabulib file (.pb), an election as JSON (.json; docs/formats/election.schema.json), or the projects as\n"
    "CSV (.csv) together with --ballots FILE.csv, --budget KRONER, --kind "
    "approval|choose-1|points|ranking|knapsack\n"
    "(approval if not given and the ballots have no points) and a --pot NAME=KRONER for each sub-budget that its\n"
    "column pot names.\n"
    "--rule takes the name of a built-in rule or a rule written in TOML. Without it the file's own rule counts.\n";

const std::string count_details = std::string(files_and_rules) +
                                  "--what-if tells what one change leads to: budget=KRONER, cost:ID=KRONER, without=ID "
                                  "or rule=NAME. It may be given\n"
                                  "several times; each change is counted by itself.\n";

constexpr std::string_view verify_details =
    "Counts ELECTION again, by both implementations (--quick: by the fast one alone), and says whether RESULT "
    "follows.\n"
    "RESULT is what `bypuls count --json` wrote, or a Pabulib file with the column `selected`. Everything in it is\n"
    "compared, and the first difference named; but with --quick not how close it was (losers, margins), which is "
    "said.\n"
    "The rule is that of --rule, else the one that ELECTION names. If RESULT states another rule, or other ties or\n"
    "another seed, that is said. Only where neither names a rule is it taken from RESULT itself, which is said too; "
    "so\n"
    "is a lot's seed that stands in RESULT alone.\n"
    "The second implementation takes no shortcut; where that would take more than some minutes it counts the last "
    "raise\n"
    "alone, or not at all, and says so (--thorough: to the end).\n"
    "Exit code: 0 it follows, 1 it does not, 2 something cannot be read or makes no sense, 3 it follows, but the\n"
    "second implementation did not count all of it, 4 it follows by its own rule, which is not the one that ELECTION\n"
    "names.\n\n";

}  // namespace

int count_command(std::span<const std::string> arguments, const Surroundings& surroundings) {
    return run_command(arguments,
                       {.text = "count FILE [--rule NAME|FILE.toml] [--json | --pb] [--explain] [--language nb|nn|en] "
                                "[--what-if CHANGE]… [--which-rule]",
                        .details = count_details,
                        .files = 1,
                        .options = {"--rule", "--json", "--pb", "--explain", "--language", "--which-rule", "--what-if",
                                    "--ballots", "--budget", "--pot", "--kind"}},
                       surroundings, run_count);
}

int verify_count_command(std::span<const std::string> arguments, const Surroundings& surroundings) {
    return run_command(arguments,
                       {.text = "verify count ELECTION RESULT [--rule NAME|FILE.toml] [--quick | --thorough]",
                        .details = verify_details,
                        .files = 2,
                        .options = {"--rule", "--quick", "--thorough", "--ballots", "--budget", "--pot", "--kind"}},
                       surroundings, run_verify);
}

int compare_command(std::span<const std::string> arguments, const Surroundings& surroundings) {
    return run_command(arguments,
                       {.text = "compare FILE [--rules A,B,C] [--json]",
                        .details = files_and_rules,
                        .files = 1,
                        .options = {"--rules", "--json", "--ballots", "--budget", "--pot", "--kind"}},
                       surroundings, run_compare);
}

}  // namespace bypuls::participation::explanation
