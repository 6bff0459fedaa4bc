#include "city/participation/explanation/command_line.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <ostream>

#include <fmt/format.h>

#include "city/participation/counting/refuse.h"
#include "city/participation/pabulib/packed.h"
#include "core/text.h"
#include "core/words/format.h"

namespace bypuls::participation::explanation {

using counting::Attempt;
using counting::Election;
using counting::ProjectIndex;
using counting::put_at;
using counting::refuse;
using counting::Rule;

Voice::Voice(Language language) : say_(words::Catalogue::built_in(), language_of(language)) {}

std::string Voice::number(std::int64_t value) const {
    return say_.language() == words::Language::en ? std::to_string(value) : words::count(say_.language(), value);
}

std::string Voice::money(counting::Money amount) const {
    if (say_.language() == words::Language::en) {
        return counting::format_money(amount);
    }
    const bool whole = amount % counting::one_krone == 0;
    return words::number(say_.language(), static_cast<double>(amount) / counting::one_krone, whole ? 0 : 2);
}

std::string Voice::points(std::int64_t points, std::int64_t points_per_one) const {
    std::string exact = counting::format_points(points, points_per_one);
    if (say_.language() == words::Language::en) {
        return exact;
    }
    const std::size_t point = exact.find('.');
    const int decimals = point == std::string::npos ? 0 : static_cast<int>(exact.size() - point - 1);
    return words::number(say_.language(), static_cast<double>(points) / static_cast<double>(points_per_one), decimals);
}

std::string Voice::decimal(double value, int decimals) const {
    return say_.language() == words::Language::en ? fmt::format("{:.{}f}", value, decimals)
                                                  : words::number(say_.language(), value, decimals);
}

std::string Voice::percent(double share, int decimals) const {
    return say_("counting.percent", {{"share", percent_digits(say_.language(), share, decimals)}});
}

namespace {

Attempt<Language> language_named(std::string_view name) {
    if (name == "nb") {
        return Language::bokmaal;
    }
    if (name == "nn") {
        return Language::nynorsk;
    }
    if (name == "en") {
        return Language::english;
    }
    return refuse(Errc::malformed, "command.fault_language", {{"text", std::string(name)}});
}

Attempt<counting::BallotKind> kind_named(std::string_view name) {
    for (const auto kind :
         {counting::BallotKind::approval, counting::BallotKind::choose_one, counting::BallotKind::points,
          counting::BallotKind::ranking, counting::BallotKind::knapsack}) {
        if (name_of(kind) == name) {
            return kind;
        }
    }
    return refuse(Errc::malformed, "command.fault_kind", {{"text", std::string(name)}});
}

Attempt<std::int64_t> length_of(std::string_view option, std::string_view text) {
    std::int64_t length = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), length);
    if (problem != std::errc() || end != text.data() + text.size() || length < 1) {
        return refuse(Errc::malformed, "command.fault_length",
                      {{"option", std::string(option)}, {"text", std::string(text)}});
    }
    return length;
}

/// Reads the value of an option that has one.
Attempt<void> take_value(Arguments& arguments, std::string_view option, const std::string& value) {
    if (option == "--rule") {
        arguments.rule = value;
    } else if (option == "--rules") {
        for (const std::string_view name : split(value, ',')) {
            arguments.rules.emplace_back(trim(name));
        }
    } else if (option == "--what-if") {
        arguments.what_if.push_back(value);
    } else if (option == "--language") {
        TRY(arguments.language, language_named(value));
    } else if (option == "--ballots") {
        arguments.ballots = value;
    } else if (option == "--budget") {
        TRY(arguments.budget, counting::parse_money(value));
    } else if (option == "--pot") {
        const std::size_t equals = value.rfind('=');
        if (equals == std::string::npos) {
            return refuse(Errc::malformed, "command.fault_pot", {{"text", value}});
        }
        counting::Pot pot{.name = std::string(trim(std::string_view(value).substr(0, equals)))};
        TRY(pot.budget, counting::parse_money(std::string_view(value).substr(equals + 1)));
        arguments.pots.push_back(std::move(pot));
    } else if (option == "--min-length") {
        TRY(arguments.min_length, length_of(option, value));
    } else if (option == "--max-length") {
        TRY(arguments.max_length, length_of(option, value));
    } else if (option == "--invalid-ballots") {
        if (value != "count" && value != "refuse") {
            return refuse(Errc::malformed, "command.fault_invalid", {{"text", value}});
        }
        arguments.invalid = value == "refuse" ? pabulib::InvalidBallots::refuse : pabulib::InvalidBallots::count;
    } else {
        TRY(arguments.kind, kind_named(value));
    }
    return {};
}

}  // namespace

std::optional<Language> language_asked_for(std::span<const std::string> given) {
    const auto option = std::ranges::find(given, "--language");
    if (option == given.end() || option + 1 == given.end()) {
        return std::nullopt;
    }
    const auto language = language_named(*(option + 1));
    return language ? std::optional(*language) : std::nullopt;
}

Attempt<Arguments> read_arguments(std::span<const std::string> given, const Usage& usage) {
    Arguments arguments;
    for (std::size_t i = 0; i < given.size(); ++i) {
        const std::string& word = given[i];
        if (!word.starts_with("--")) {
            arguments.files.push_back(word);
            continue;
        }
        if (std::ranges::find(usage.options, word) == usage.options.end()) {
            return refuse(Errc::malformed, "command.fault_option",
                          {{"option", word}, {"usage", std::string(usage.text)}});
        }
        constexpr std::array valued = {"--rule",           "--rules", "--what-if", "--language",   "--ballots",
                                       "--budget",         "--pot",   "--kind",    "--min-length", "--max-length",
                                       "--invalid-ballots"};
        const bool takes_value = std::ranges::find(valued, word) != valued.end();
        if (takes_value && i + 1 == given.size()) {
            return refuse(Errc::malformed, "command.fault_value",
                          {{"option", word}, {"usage", std::string(usage.text)}});
        }
        if (takes_value) {
            TRY_DO(take_value(arguments, word, given[++i]));
        }
        arguments.json |= word == "--json";
        arguments.pb |= word == "--pb";
        arguments.keep_voters |= word == "--keep-voters";
        arguments.keep_meta |= word == "--keep-meta";
        arguments.explain |= word == "--explain";
        arguments.which_rule |= word == "--which-rule";
        arguments.quick |= word == "--quick";
        arguments.thorough |= word == "--thorough";
    }
    if (arguments.json && arguments.pb) {
        return refuse(Errc::malformed, "command.fault_two_answers");
    }
    if (arguments.keep_voters && !arguments.pb) {
        return refuse(Errc::malformed, "command.fault_keep_voters");
    }
    if (arguments.keep_meta && !arguments.pb) {
        return refuse(Errc::malformed, "command.fault_keep_meta");
    }
    if (arguments.files.size() != usage.files) {
        return std::unexpected(counting::Fault(Error{Errc::malformed, std::string(usage.text)}));
    }
    return arguments;
}

namespace {

/// A file as UTF-8. Another encoding is remarked upon: letters of names may be wrong, ids stay apart.
Attempt<std::string> read_text(const std::string& path, const Surroundings& around,
                               std::vector<counting::Finding>& remarks) {
    TRY(std::string bytes, read_file(path, around));
    pabulib::Decoded decoded = pabulib::decode(std::move(bytes));
    if (decoded.converted) {
        remarks.push_back(counting::finding("remark.not_utf8"));
    }
    return std::move(decoded.text);
}

/// The first given of the options that say which ballots are refused; empty if there is none.
std::string limit_given(const Arguments& arguments) {
    return arguments.min_length   ? "--min-length"
           : arguments.max_length ? "--max-length"
           : arguments.invalid    ? "--invalid-ballots"
                                  : "";
}

/// An option that would say nothing is refused: whoever gives it would believe that ballots were left out.
Attempt<void> check_limits(const Arguments& arguments) {
    const bool lengths = arguments.min_length || arguments.max_length;
    const bool refuses = arguments.invalid == pabulib::InvalidBallots::refuse;
    if (lengths && !refuses) {
        return refuse(Errc::malformed, "command.fault_length_alone", {{"option", limit_given(arguments)}});
    }
    if (refuses && !lengths) {
        return refuse(Errc::malformed, "command.fault_refuse_alone");
    }
    return {};
}

Attempt<Election> load_csv(const std::string& path, const Arguments& arguments, const Surroundings& around,
                           std::vector<counting::Finding>& remarks) {
    if (!arguments.ballots || !arguments.budget) {
        return refuse(Errc::malformed, "command.fault_csv", {}, {.file = path});
    }
    TRY_DO(check_limits(arguments));
    TRY(const std::string projects, read_text(path, around, remarks));
    TRY(const std::string ballots, read_text(*arguments.ballots, around, remarks));
    auto election = pabulib::read_csv({.projects = projects,
                                       .ballots = ballots,
                                       .budget = *arguments.budget,
                                       .kind = arguments.kind,
                                       .pots = arguments.pots,
                                       .min_length = arguments.min_length,
                                       .max_length = arguments.max_length,
                                       .invalid = arguments.invalid.value_or(pabulib::InvalidBallots::count)},
                                      &remarks);
    if (!election) {
        return put_at(std::move(election.error()), {.file = fmt::format("{} + {}", path, *arguments.ballots)});
    }
    return election;
}

}  // namespace

Attempt<std::string> read_file(const std::string& path, const Surroundings& around) {
    auto bytes = around.read_file(path);
    if (!bytes && bytes.error().code == Errc::not_found) {
        return refuse(Errc::not_found, "command.fault_no_file", {}, {.file = path});
    }
    if (!bytes) {
        return std::unexpected(counting::Fault(std::move(bytes.error())));
    }
    auto unpacked = pabulib::unpacked(std::move(*bytes));
    return unpacked ? unpacked : Attempt<std::string>(put_at(std::move(unpacked.error()), {.file = path}));
}

Attempt<Loaded> load(const std::string& path, const Arguments& arguments, const Surroundings& around) {
    Loaded loaded;
    const std::string_view name = pabulib::without_packing(path);
    if (name.ends_with(".csv")) {
        TRY(loaded.election, load_csv(path, arguments, around, loaded.remarks));
        return loaded;
    }
    if (const std::string option = limit_given(arguments); !option.empty()) {
        return refuse(Errc::malformed, "command.fault_limit_elsewhere", {{"option", option}}, {.file = path});
    }
    if (name.ends_with(".json")) {
        TRY(const std::string text, read_file(path, around));
        auto election = pabulib::read_json(text, &loaded.remarks);
        if (!election) {
            return put_at(std::move(election.error()), {.file = path});
        }
        loaded.election = std::move(*election);
        return loaded;
    }
    TRY(const std::string text, read_text(path, around, loaded.remarks));
    auto document = pabulib::parse(text);
    if (!document) {
        return put_at(std::move(document.error()), {.file = path});
    }
    auto reading = pabulib::read_election(*document);
    if (!reading) {
        return put_at(std::move(reading.error()), {.file = path});
    }
    loaded.election = std::move(reading->election);
    loaded.published = std::move(reading->published);
    loaded.remarks.insert(loaded.remarks.end(), reading->remarks.begin(), reading->remarks.end());
    loaded.document = std::move(*document);
    return loaded;
}

void tell_remarks(const Loaded& loaded, const Arguments& arguments, const Surroundings& around) {
    const Voice say = arguments.voice();
    for (const counting::Finding& remark : loaded.remarks) {
        around.err << arguments.files[0] << ": " << remark.in(say.words()) << "\n";
    }
}

Attempt<Rule> builtin(std::string_view name) {
    TRY(Rule rule, counting::rule_named(counting::our_name(name)));
    rule.electorate = counting::Electorate::everyone;
    rule.ties = {counting::TieBreak::lower_cost, counting::TieBreak::more_votes, counting::TieBreak::alphabetical};
    return rule;
}

Attempt<Rule> own_rule(const Loaded& loaded, const std::string& path) {
    if (!loaded.document) {
        return refuse(Errc::not_found, "fault.no_rule", {}, {.file = path});
    }
    auto rule = pabulib::rule_of(*loaded.document);
    return rule ? rule : Attempt<Rule>(put_at(std::move(rule.error()), {.file = path}));
}

Attempt<Rule> rule_for(const Arguments& arguments, const Loaded& loaded, const Surroundings& around) {
    if (arguments.rule && arguments.rule->ends_with(".toml")) {
        TRY(const std::string text, read_file(*arguments.rule, around));
        auto rule = counting::parse_rule(text);
        return rule ? rule : Attempt<Rule>(put_at(std::move(rule.error()), {.file = *arguments.rule}));
    }
    if (arguments.rule) {
        return pabulib::rule_asked_for(*arguments.rule, loaded.election, loaded.document ? &*loaded.document : nullptr);
    }
    return own_rule(loaded, arguments.files[0]);
}

bool Loaded::tells_of_voters() const {
    const auto has = [&](std::string_view column) { return document->votes.column(column).has_value(); };
    return document && (has("age") || has("neighborhood") || has("district"));
}

std::string ids(const Election& election, const std::vector<ProjectIndex>& projects) {
    std::string text;
    for (const ProjectIndex project : projects) {
        text += (text.empty() ? "" : " ") + election.projects[project].id;
    }
    return text;
}

Attempt<std::vector<Supposed>> suppose(const std::vector<std::string>& changes, const Arguments& arguments,
                                       const Loaded& loaded, const Rule& rule, const counting::CountResult& result,
                                       const Surroundings& around) {
    const auto rule_named = [&](std::string_view name) {
        Arguments other = arguments;
        other.rule = std::string(name);
        return rule_for(other, loaded, around);
    };
    std::vector<Supposed> supposed;
    for (const std::string& text : changes) {
        TRY(const WhatIf change, parse_what_if(loaded.election, text, rule_named));
        TRY(Difference difference, what_if(loaded.election, rule, result, change));
        supposed.push_back({.change = text, .difference = std::move(difference)});
    }
    return supposed;
}

counting::CountOptions telling(const Surroundings& around) {
    counting::CountOptions options;
    if (around.watched) {
        // Counts say the same again and again; whoever watches needs it once.
        options.progress = [&err = around.err, before = std::string()](std::string_view what) mutable {
            if (what != before) {
                err << what << std::endl;
                before = what;
            }
        };
    }
    return options;
}

void tell_progress(const Election& election, const std::string& what, const Surroundings& around) {
    if (around.watched && is_large(election)) {
        around.err << what << std::endl;
    }
}

bool is_large(const Election& election) {
    constexpr std::size_t large = 200'000;
    return election.ballots.size() * election.projects.size() > large;
}

}  // namespace bypuls::participation::explanation
