// The rule a file names, and how a file is made to name one.
#include <algorithm>

#include <fmt/format.h>

#include "city/participation/pabulib/numbers.h"
#include "city/participation/pabulib/pabulib.h"
#include "core/text.h"

namespace bypuls::participation::pabulib {

using counting::Completion;
using counting::Method;
using counting::Rule;

namespace {

/// Keys of META that hold a rule in full, each a line of its TOML: "rule.method" is "\"greedy\"".
constexpr std::string_view key_prefix = "rule.";

/// What every file without a rule in full means: all ballots count, and since files do not say how ties were broken,
/// the last reason keeps a count from stopping; every tie is reported.
Result<Rule> common_rule(const Document& document) {
    Rule rule;
    rule.electorate = counting::Electorate::everyone;
    rule.ties = {counting::TieBreak::lower_cost, counting::TieBreak::more_votes, counting::TieBreak::alphabetical};
    rule.fully_funded = trim(document.meta_value("fully_funded")) == "1";
    const std::string_view threshold = trim(document.meta_value("min_project_score_threshold"));
    const auto least = threshold.empty() ? std::optional<std::int64_t>(0) : whole(threshold);
    if (!least) {
        return fail(Errc::not_found,
                    fmt::format("{}: min_project_score_threshold is '{}', not a whole number; the file names no "
                                "complete rule, give one with --rule",
                                document.meta_place("min_project_score_threshold"), threshold));
    }
    rule.score_min = *least;
    return rule;
}

bool has_groups(const Document& document) {
    const auto column = document.projects.column("exclusive");
    for (std::size_t row = 0; column && row < document.projects.rows(); ++row) {
        if (!trim(document.projects.at(row, *column)).empty()) {
            return true;
        }
    }
    return false;
}

Result<Rule> greedy_of(const Document& document, std::string_view name, Rule rule) {
    rule.method = Method::greedy;
    if (name == "greedy-exclusive" && !has_groups(document)) {
        return fail(Errc::not_found,
                    document.meta_place("rule") +
                        ": the file's rule 'greedy-exclusive' names no complete rule: which projects exclude each "
                        "other is not in the file (PROJECTS, column exclusive); give a rule with --rule");
    }
    if (name == "greedy-threshold" && trim(document.meta_value("min_project_score_threshold")).empty()) {
        return fail(Errc::not_found, document.meta_place("rule") +
                                         ": the file's rule 'greedy-threshold' names no complete rule: META has no "
                                         "min_project_score_threshold; give a rule with --rule");
    }
    rule.misfit = name == "greedy-no-skip" ? counting::Misfit::stop : counting::Misfit::skip;
    return rule;
}

Result<Rule> rule_by_name(const Document& document, std::string_view name) {
    if (name.empty()) {
        return fail(Errc::not_found, "the file names no rule; give one with --rule");
    }
    TRY(Rule rule, common_rule(document));
    for (const std::string_view greedy : {"greedy", "greedy-threshold", "greedy-exclusive", "greedy-no-skip"}) {
        if (name == greedy) {
            return greedy_of(document, name, std::move(rule));
        }
    }
    rule.method = Method::equal_shares;
    if (name == "equalshares" || name == "equalshares/none") {
        return rule;
    }
    if (name == "equalshares/add1" || name == "equalshares/add1-comparison") {
        rule.completion = Completion::add1;
        rule.comparison = name.ends_with("comparison") ? counting::Comparison::majority : counting::Comparison::none;
        return rule;
    }
    if (auto ours = counting::rule_named(name)) {
        ours->electorate = rule.electorate;
        ours->ties = rule.ties;
        ours->fully_funded = ours->fully_funded || rule.fully_funded;
        ours->score_min = std::max(ours->score_min, rule.score_min);
        return std::move(*ours);
    }
    return fail(
        Errc::not_found,
        fmt::format("{}: the file's rule '{}' is a name without a definition; give one with --rule, or see with "
                    "--which-rule which of the built-in rules lead to the published outcome",
                    document.meta_place("rule"), name));
}

bool begins_with_prefix(std::string_view key) {
    return equal_ignoring_ascii_case(key.substr(0, key_prefix.size()), key_prefix);
}

/// The rule in full; empty where META has none. Each value stands on the line and at the column that it has in the
/// file, so that faults tell where they are.
std::string text_of_rule(const Document& document) {
    std::string text;
    std::size_t line = 1;
    for (std::size_t i = 0; i < document.meta.size(); ++i) {
        const auto& [key, value] = document.meta[i];
        if (!begins_with_prefix(key)) {
            continue;
        }
        if (line < document.meta_line(i)) {
            text.append(document.meta_line(i) - line, '\n');
            line = document.meta_line(i);
        }
        // "rule.KEY;VALUE" in the file.
        text += fmt::format("{}    = {}\n", std::string_view(key).substr(key_prefix.size()), value);
        line += 1 + static_cast<std::size_t>(std::ranges::count(value, '\n'));
    }
    return text;
}

}  // namespace

Result<Rule> rule_of(const Document& document) {
    const std::string_view name = trim(document.meta_value("rule"));
    const std::string text = text_of_rule(document);
    if (text.empty()) {
        return rule_by_name(document, name);
    }
    auto rule = counting::parse_rule(text);
    if (!rule) {
        return fail(rule.error(), "META, the keys that begin with 'rule.'");
    }
    const auto named = rule_by_name(document, name);
    if (name != name_of(*rule) && !(named && name_of(*named) == name_of(*rule))) {
        return fail(Errc::malformed,
                    fmt::format("{}: META says that the rule is '{}', but the keys that begin with 'rule.' "
                                "describe '{}'",
                                document.meta_place("rule"), name, name_of(*rule)));
    }
    return rule;
}

void set_rule(Document& document, const Rule& rule) {
    if (const auto named = rule_of(document); named && *named == rule) {
        return;
    }
    document.remove_meta(key_prefix);
    document.set_meta("rule", name_of(rule));
    // A name that tells more than a built-in rule's is written in full too, for readers that know only those.
    const auto known = counting::builtin_rules();
    const bool short_name = std::ranges::find(known, document.meta_value("rule")) != known.end();
    if (const auto named = rule_of(document); short_name && named && *named == rule) {
        return;
    }
    const std::string text = print_rule(rule);
    for (const std::string_view line : split(text, '\n')) {
        const std::size_t equals = line.find(" = ");
        if (!line.starts_with('#') && equals != std::string_view::npos) {
            document.set_meta(fmt::format("{}{}", key_prefix, line.substr(0, equals)), line.substr(equals + 3));
        }
    }
}

}  // namespace bypuls::participation::pabulib
