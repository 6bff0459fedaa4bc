// The rule a file names, and how a file is made to name one.
#include <algorithm>

#include <fmt/format.h>

#include "city/participation/counting/refuse.h"
#include "city/participation/pabulib/numbers.h"
#include "city/participation/pabulib/pabulib.h"
#include "core/text.h"

namespace bypuls::participation::pabulib {

using counting::Attempt;
using counting::Completion;
using counting::Method;
using counting::refuse;
using counting::Rule;

namespace {

/// Keys of META that hold a rule in full, each a line of its TOML: "rule.method" is "\"greedy\"".
constexpr std::string_view key_prefix = "rule.";

/// What every file without a rule in full means: all ballots count, and since files do not say how ties were broken,
/// the last reason keeps a count from stopping; every tie is reported.
Attempt<Rule> common_rule(const Document& document) {
    Rule rule;
    rule.electorate = counting::Electorate::everyone;
    rule.ties = {counting::TieBreak::lower_cost, counting::TieBreak::more_votes, counting::TieBreak::alphabetical};
    rule.fully_funded = trim(document.meta_value("fully_funded")) == "1";
    const std::string_view threshold = trim(document.meta_value("min_project_score_threshold"));
    const auto least = threshold.empty() ? std::optional<std::int64_t>(0) : whole(threshold);
    if (!least) {
        return refuse(Errc::not_found, "fault.threshold", {{"text", std::string(threshold)}},
                      document.meta_place("min_project_score_threshold"));
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

Attempt<Rule> greedy_of(const Document& document, std::string_view name, Rule rule) {
    rule.method = Method::greedy;
    if (name == "greedy-exclusive" && !has_groups(document)) {
        return refuse(Errc::not_found, "fault.no_groups", {}, document.meta_place("rule"));
    }
    if (name == "greedy-threshold" && trim(document.meta_value("min_project_score_threshold")).empty()) {
        return refuse(Errc::not_found, "fault.no_threshold", {}, document.meta_place("rule"));
    }
    rule.misfit = name == "greedy-no-skip" ? counting::Misfit::stop : counting::Misfit::skip;
    return rule;
}

Attempt<Rule> rule_by_name(const Document& document, std::string_view name) {
    if (name.empty()) {
        return refuse(Errc::not_found, "fault.no_rule");
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
    if (auto ours = counting::rule_named(counting::our_name(name))) {
        ours->electorate = rule.electorate;
        ours->ties = rule.ties;
        ours->fully_funded = ours->fully_funded || rule.fully_funded;
        ours->score_min = std::max(ours->score_min, rule.score_min);
        return std::move(*ours);
    }
    return refuse(Errc::not_found, "fault.undefined_rule", {{"name", std::string(name)}}, document.meta_place("rule"));
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

Attempt<Rule> rule_of(const Document& document) {
    const std::string_view name = trim(document.meta_value("rule"));
    const std::string text = text_of_rule(document);
    if (text.empty()) {
        return rule_by_name(document, name);
    }
    auto rule = counting::parse_rule(text);
    if (!rule) {
        return put_at(std::move(rule.error()), {.path = "META, rule.*"});
    }
    const auto named = rule_by_name(document, name);
    if (name != name_of(*rule) && !(named && name_of(*named) == name_of(*rule))) {
        return refuse(Errc::malformed, "recount.fault.other_rule_text",
                      {{"name", std::string(name)}, {"other", name_of(*rule)}}, document.meta_place("rule"));
    }
    return rule;
}

Attempt<Rule> rule_asked_for(std::string_view name, const counting::Election& election, const Document* document) {
    const auto file_has = [&](std::string_view key) {
        return document != nullptr && !trim(document->meta_value(key)).empty();
    };
    Document nothing;
    if (name == "greedy-exclusive" && election.exclusive.empty()) {
        return refuse(Errc::not_found, "fault.no_groups");
    }
    if (name == "greedy-threshold" && !file_has("min_project_score_threshold")) {
        return refuse(Errc::not_found, "fault.no_threshold");
    }
    if (name == "greedy-threshold") {
        nothing.set_meta("min_project_score_threshold", document->meta_value("min_project_score_threshold"));
    }
    TRY(Rule rule, common_rule(nothing));
    if (name == "greedy-threshold" || name == "greedy-exclusive") {
        rule.method = Method::greedy;
        return rule;
    }
    TRY(Rule ours, counting::rule_named(counting::our_name(name)));
    ours.electorate = rule.electorate;
    ours.ties = rule.ties;
    return ours;
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
