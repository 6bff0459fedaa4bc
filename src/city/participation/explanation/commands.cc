#include "city/participation/explanation/commands.h"

#include <algorithm>
#include <array>
#include <optional>
#include <ostream>
#include <thread>

#include <fmt/format.h>

#include "city/participation/explanation/report.h"
#include "city/participation/explanation/sentences.h"
#include "city/participation/pabulib/pabulib.h"
#include "core/text.h"

namespace bypuls::participation::explanation {

using counting::CountResult;
using counting::Election;
using counting::ProjectIndex;
using counting::Rule;

namespace {

struct Arguments {
    std::vector<std::string> files;
    std::optional<std::string> rule;
    std::vector<std::string> rules;
    Language language = Language::bokmaal;
    bool json = false;
    bool pb = false;
    bool explain = false;
    bool which_rule = false;
    bool quick = false;
    // A table of projects as CSV needs what is not in it.
    std::optional<std::string> ballots;
    std::optional<counting::Money> budget;
    counting::BallotKind kind = counting::BallotKind::approval;
};

struct Usage {
    std::string_view text;
    std::string_view details;
    std::size_t files = 1;
    std::vector<std::string_view> options;
};

Result<Language> language_named(std::string_view name) {
    if (name == "nb") {
        return Language::bokmaal;
    }
    if (name == "nn") {
        return Language::nynorsk;
    }
    if (name == "en") {
        return Language::english;
    }
    return fail(Errc::malformed, fmt::format("--language is nb, nn or en, not '{}'", name));
}

Result<counting::BallotKind> kind_named(std::string_view name) {
    for (const auto kind :
         {counting::BallotKind::approval, counting::BallotKind::choose_one, counting::BallotKind::points,
          counting::BallotKind::ranking, counting::BallotKind::knapsack}) {
        if (name_of(kind) == name) {
            return kind;
        }
    }
    return fail(Errc::malformed,
                fmt::format("--kind is approval, choose-1, points, ranking or knapsack, not '{}'", name));
}

/// Reads the value of an option that has one.
Result<void> take_value(Arguments& arguments, std::string_view option, const std::string& value) {
    if (option == "--rule") {
        arguments.rule = value;
    } else if (option == "--rules") {
        for (const std::string_view name : split(value, ',')) {
            arguments.rules.emplace_back(trim(name));
        }
    } else if (option == "--language") {
        TRY(arguments.language, language_named(value));
    } else if (option == "--ballots") {
        arguments.ballots = value;
    } else if (option == "--budget") {
        TRY(arguments.budget, counting::parse_money(value));
    } else {
        TRY(arguments.kind, kind_named(value));
    }
    return {};
}

Result<Arguments> read_arguments(std::span<const std::string> given, const Usage& usage) {
    Arguments arguments;
    for (std::size_t i = 0; i < given.size(); ++i) {
        const std::string& word = given[i];
        if (!word.starts_with("--")) {
            arguments.files.push_back(word);
            continue;
        }
        if (std::ranges::find(usage.options, word) == usage.options.end()) {
            return fail(Errc::malformed, fmt::format("there is no option '{}'\n{}", word, usage.text));
        }
        constexpr std::array valued = {"--rule", "--rules", "--language", "--ballots", "--budget", "--kind"};
        const bool takes_value = std::ranges::find(valued, word) != valued.end();
        if (takes_value && i + 1 == given.size()) {
            return fail(Errc::malformed, fmt::format("{} needs a value\n{}", word, usage.text));
        }
        if (takes_value) {
            TRY_DO(take_value(arguments, word, given[++i]));
        }
        arguments.json |= word == "--json";
        arguments.pb |= word == "--pb";
        arguments.explain |= word == "--explain";
        arguments.which_rule |= word == "--which-rule";
        arguments.quick |= word == "--quick";
    }
    if (arguments.files.size() != usage.files) {
        return fail(Errc::malformed, std::string(usage.text));
    }
    return arguments;
}

/// An election from a file, with the document if it was Pabulib.
struct Loaded {
    Election election;
    std::optional<pabulib::Document> document;
    pabulib::Published published;
    std::vector<std::string> remarks;
};

Result<Election> load_csv(const std::string& path, const Arguments& arguments, const Surroundings& around) {
    if (!arguments.ballots || !arguments.budget) {
        return fail(Errc::malformed,
                    fmt::format("{} holds the projects; give the ballots with --ballots FILE.csv and the money with "
                                "--budget KRONER",
                                path));
    }
    TRY(const std::string projects, around.read_file(path));
    TRY(const std::string ballots, around.read_file(*arguments.ballots));
    auto election = pabulib::read_csv(
        {.projects = projects, .ballots = ballots, .budget = *arguments.budget, .kind = arguments.kind});
    return election ? std::move(election)
                    : Result<Election>(fail(election.error(), fmt::format("{} with {}", path, *arguments.ballots)));
}

Result<Loaded> load(const std::string& path, const Arguments& arguments, const Surroundings& around) {
    Loaded loaded;
    if (path.ends_with(".csv")) {
        TRY(loaded.election, load_csv(path, arguments, around));
        return loaded;
    }
    TRY(const std::string text, around.read_file(path));
    if (path.ends_with(".json")) {
        auto election = pabulib::read_json(text);
        if (!election) {
            return fail(election.error(), path);
        }
        loaded.election = std::move(*election);
        return loaded;
    }
    auto document = pabulib::parse(text);
    if (!document) {
        return fail(document.error(), path);
    }
    auto reading = pabulib::read_election(*document);
    if (!reading) {
        return fail(reading.error(), path);
    }
    loaded.election = std::move(reading->election);
    loaded.published = std::move(reading->published);
    loaded.remarks = std::move(reading->remarks);
    loaded.document = std::move(*document);
    return loaded;
}

/// A built-in rule counts everyone and breaks ties by cost, votes and id: what a file without its own rule text can
/// mean.
Result<Rule> builtin(std::string_view name) {
    TRY(Rule rule, counting::rule_named(name));
    rule.electorate = counting::Electorate::everyone;
    rule.ties = {counting::TieBreak::lower_cost, counting::TieBreak::more_votes, counting::TieBreak::alphabetical};
    return rule;
}

Result<Rule> rule_for(const Arguments& arguments, const Loaded& loaded, const Surroundings& around) {
    if (arguments.rule && arguments.rule->ends_with(".toml")) {
        TRY(const std::string text, around.read_file(*arguments.rule));
        auto rule = counting::parse_rule(text);
        return rule ? rule : Result<Rule>(fail(rule.error(), *arguments.rule));
    }
    if (arguments.rule) {
        return builtin(*arguments.rule);
    }
    if (!loaded.document) {
        return fail(Errc::not_found, "the file names no rule; give one with --rule");
    }
    return pabulib::rule_of(*loaded.document);
}

std::string ids(const Election& election, const std::vector<ProjectIndex>& projects) {
    std::string text;
    for (const ProjectIndex project : projects) {
        text += (text.empty() ? "" : " ") + election.projects[project].id;
    }
    return text;
}

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
        threshold = pabulib::rule_of(*loaded.document).value_or(Rule{}).score_min;
    }
    bool any = false;
    std::vector<Rule> rules;
    for (const std::string& name : counting::builtin_rules()) {
        rules.push_back(builtin(name).value());
        rules.back().score_min = threshold;
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

void print_plainly(const Loaded& loaded, const CountResult& result, const Surroundings& around) {
    around.out << fmt::format("{}: {} of {} projects, {} of {} {}\n", result.rule, result.winners.size(),
                              loaded.election.projects.size(), counting::format_money(result.spent),
                              counting::format_money(result.budget), loaded.election.currency);
    for (const counting::Round& round : result.rounds) {
        around.out << fmt::format("{:>12}  {:>10}  {}  {}\n", counting::format_money(round.paid),
                                  result.votes[round.project], loaded.election.projects[round.project].id,
                                  loaded.election.projects[round.project].name);
    }
    for (const counting::Tie& tie : result.ties) {
        around.out << fmt::format("tie: {} before the others of {}, by {}{}\n", loaded.election.projects[tie.chosen].id,
                                  ids(loaded.election, tie.tied), name_of(tie.broken_by),
                                  tie.alternatives.empty() ? "" : "; this decided the outcome");
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
    counting::CountOptions options;
    options.progress = [&](std::string_view what) { around.err << what << "\n"; };
    TRY(const CountResult result, count(loaded.election, rule, options));
    Distances distance;
    if (arguments.explain) {
        TRY(distance, distances(loaded.election, rule, result));
    }
    const Metrics figures = metrics(loaded.election, result);
    if (arguments.pb) {
        const pabulib::Document document = loaded.document ? *loaded.document : pabulib::to_document(loaded.election);
        around.out << print(pabulib::with_result(document, result.winners));
    } else if (arguments.json) {
        around.out << print_result(loaded.election, rule, result,
                                   {.distances = arguments.explain ? &distance : nullptr, .metrics = &figures});
    } else {
        print_plainly(loaded, result, around);
        if (arguments.explain) {
            around.out << "\n" << tell_whole(loaded.election, result, arguments.language) << "\n";
            for (const ProjectStory& story : tell(loaded.election, result, distance, arguments.language)) {
                around.out << story.text << "\n";
            }
        }
    }
    return exit_ok;
}

struct Claim {
    Rule rule;
    std::vector<std::string> winners;
    bool ordered = false;
    std::optional<counting::Money> spent;
};

Result<Claim> read_claim(const Arguments& arguments, const Loaded& loaded, const Surroundings& around) {
    if (arguments.files[1].ends_with(".json")) {
        TRY(const std::string text, around.read_file(arguments.files[1]));
        TRY(PublishedResult published, read_result(text));
        Claim claim{
            .rule = published.rule, .winners = std::move(published.winners), .ordered = true, .spent = published.spent};
        if (arguments.rule) {
            TRY(claim.rule, rule_for(arguments, loaded, around));
        }
        return claim;
    }
    TRY(const Loaded result, load(arguments.files[1], arguments, around));
    if (!result.published.present) {
        return fail(Errc::malformed, fmt::format("{}: there is no column 'selected'", arguments.files[1]));
    }
    TRY(Rule rule, rule_for(arguments, result, around));
    Claim claim{.rule = std::move(rule), .winners = {}, .ordered = false, .spent = std::nullopt};
    for (const ProjectIndex winner : result.published.winners) {
        claim.winners.push_back(result.election.projects[winner].id);
    }
    return claim;
}

bool same(const Election& election, std::vector<ProjectIndex> winners, const Claim& claim) {
    std::vector<std::string> found;
    for (const ProjectIndex winner : winners) {
        found.push_back(election.projects[winner].id);
    }
    std::vector<std::string> claimed = claim.winners;
    if (!claim.ordered) {
        std::ranges::sort(found);
        std::ranges::sort(claimed);
    }
    return found == claimed;
}

Result<int> run_verify(const Arguments& arguments, const Surroundings& around) {
    TRY(const Loaded loaded, load(arguments.files[0], arguments, around));
    TRY(const Claim claim, read_claim(arguments, loaded, around));
    TRY(const CountResult result, count(loaded.election, claim.rule));
    const bool follows =
        same(loaded.election, result.winners, claim) && claim.spent.value_or(result.spent) == result.spent;
    around.out << fmt::format("{} {} from the ballots by {}\n", arguments.files[1],
                              follows ? "follows" : "does NOT follow", result.rule);
    if (!follows) {
        around.out << "the ballots give: " << ids(loaded.election, result.winners) << "\n";
        return exit_differs;
    }
    if (arguments.quick) {
        return exit_ok;
    }
    const auto plain = count_plainly(loaded.election, claim.rule);
    if (!plain && plain.error().code == Errc::exhausted) {
        around.out << "not counted a second time: " << plain.error().what << "\n";
        return exit_ok;
    }
    if (!plain) {
        return std::unexpected(plain.error());
    }
    const bool agree = plain->winners == result.winners && plain->spent == result.spent;
    around.out << (agree ? "the second implementation agrees\n"
                         : "the second implementation DISAGREES; do not use this result\n");
    return agree ? exit_ok : exit_differs;
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
    auto counted = count_by_each(loaded.election, rules, {}, threads_at_hand());
    std::vector<std::pair<Rule, CountResult>> results;
    for (std::size_t i = 0; i < rules.size(); ++i) {
        TRY(CountResult result, std::move(counted[i]));
        results.emplace_back(rules[i], std::move(result));
    }
    if (arguments.json) {
        around.out << "[";
        for (std::size_t i = 0; i < results.size(); ++i) {
            const Metrics figures = metrics(loaded.election, results[i].second);
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
        const Metrics figures = metrics(loaded.election, result);
        around.out << fmt::format("{:<28} {:>8} {:>14} {:>9.1f}% {:>8.2f} {:>8.3f}\n", result.rule,
                                  result.winners.size(), counting::format_money(result.spent),
                                  figures.excluded_voters * 100, figures.mean_winners, figures.gini_kroner);
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
    "CSV (.csv) together with --ballots FILE.csv, --budget KRONER and --kind "
    "approval|choose-1|points|ranking|knapsack.\n"
    "--rule takes the name of a built-in rule or a rule written in TOML. Without it the file's own rule counts.\n";

constexpr std::string_view verify_details =
    "Counts ELECTION again, by both implementations (--quick: by the fast one alone), and says whether RESULT "
    "follows.\n"
    "RESULT is what `bypuls count --json` wrote, or a Pabulib file with the column `selected`.\n"
    "Exit code: 0 it follows, 1 it does not, 2 something cannot be read or makes no sense.\n\n";

}  // namespace

int count_command(std::span<const std::string> arguments, const Surroundings& surroundings) {
    return run_command(
        arguments,
        {.text = "count FILE [--rule NAME|FILE.toml] [--json | --pb] [--explain] [--language nb|nn|en] [--which-rule]",
         .details = files_and_rules,
         .files = 1,
         .options = {"--rule", "--json", "--pb", "--explain", "--language", "--which-rule", "--ballots", "--budget",
                     "--kind"}},
        surroundings, run_count);
}

int verify_count_command(std::span<const std::string> arguments, const Surroundings& surroundings) {
    return run_command(arguments,
                       {.text = "verify count ELECTION RESULT [--rule NAME|FILE.toml] [--quick]",
                        .details = verify_details,
                        .files = 2,
                        .options = {"--rule", "--quick", "--ballots", "--budget", "--kind"}},
                       surroundings, run_verify);
}

int compare_command(std::span<const std::string> arguments, const Surroundings& surroundings) {
    return run_command(arguments,
                       {.text = "compare FILE [--rules A,B,C] [--json]",
                        .details = files_and_rules,
                        .files = 1,
                        .options = {"--rules", "--json", "--ballots", "--budget", "--kind"}},
                       surroundings, run_compare);
}

}  // namespace bypuls::participation::explanation
