#include "city/participation/counting/rule.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include <fmt/format.h>

#include "city/participation/counting/refuse.h"
#include "core/text.h"

namespace bypuls::participation::counting {
namespace {

template <typename Value, std::size_t n>
std::string_view pick(const std::array<std::string_view, n>& names, Value value) {
    return names[static_cast<std::size_t>(value)];
}

}  // namespace

std::string_view name_of(Method value) {
    static constexpr std::array<std::string_view, 7> names = {
        "greedy", "knapsack", "max-welfare", "equal-shares", "phragmen", "maximin-support", "cumulative-transfer"};
    return pick(names, value);
}

std::string_view name_of(Misfit value) {
    static constexpr std::array<std::string_view, 2> names = {"skip", "stop"};
    return pick(names, value);
}

std::string_view name_of(Order value) {
    static constexpr std::array<std::string_view, 2> names = {"score", "score-per-cost"};
    return pick(names, value);
}

std::string_view name_of(Utility value) {
    static constexpr std::array<std::string_view, 3> names = {"cost", "cardinality", "points"};
    return pick(names, value);
}

std::string_view name_of(Completion value) {
    static constexpr std::array<std::string_view, 7> names = {"none",   "add1", "add1e",  "add1u",
                                                              "add1eu", "util", "add-opt"};
    return pick(names, value);
}

std::string_view name_of(Comparison value) {
    static constexpr std::array<std::string_view, 3> names = {"none", "majority", "exclusion"};
    return pick(names, value);
}

std::string_view name_of(Electorate value) {
    static constexpr std::array<std::string_view, 2> names = {"with-choice", "everyone"};
    return pick(names, value);
}

std::string_view name_of(RankingScore value) {
    static constexpr std::array<std::string_view, 2> names = {"borda", "approval"};
    return pick(names, value);
}

std::string_view name_of(TieBreak value) {
    static constexpr std::array<std::string_view, 5> names = {"lower-cost", "more-votes", "lot", "listed-order",
                                                              "alphabetical"};
    return pick(names, value);
}

std::string_view name_of(Excess value) {
    static constexpr std::array<std::string_view, 2> names = {"greatest-excess", "greatest-support-per-cost"};
    return pick(names, value);
}

std::string_view name_of(Shortfall value) {
    static constexpr std::array<std::string_view, 2> names = {"eliminate-with-transfers", "minimal-transfers"};
    return pick(names, value);
}

std::string_view name_of(LeftOver value) {
    static constexpr std::array<std::string_view, 2> names = {"saved", "to-common"};
    return pick(names, value);
}

bool raises_by_steps(Completion completion) {
    return completion == Completion::add1 || completion == Completion::add1e || completion == Completion::add1u ||
           completion == Completion::add1eu;
}

namespace {

std::string greedy_name(const Rule& rule) {
    std::string name = rule.order == Order::score_per_cost ? "greedy-per-cost" : "greedy";
    return rule.misfit == Misfit::stop ? name + "-stop" : name;
}

std::string equal_shares_name(const Rule& rule) {
    std::string name = fmt::format("mes-{}", name_of(rule.utility));
    if (rule.completion != Completion::none) {
        name += fmt::format("-{}", name_of(rule.completion));
    }
    if (rule.step != one_krone && raises_by_steps(rule.completion)) {
        name += fmt::format("-step-{}", format_money(rule.step));
    }
    if (rule.whole_endowment) {
        name += "+whole-shares";
    }
    if (rule.comparison != Comparison::none) {
        name += rule.comparison == Comparison::majority ? "+comparison" : "+comparison-exclusion";
    }
    return name;
}

std::string cumulative_name(const Rule& rule) {
    return fmt::format("cstv-{}-{}{}", rule.excess == Excess::greatest_excess ? "ge" : "gsc",
                       rule.shortfall == Shortfall::eliminate_with_transfers ? "ewt" : "mt",
                       rule.utility == Utility::cardinality ? "+cardinality" : "");
}

std::string base_name(const Rule& rule) {
    switch (rule.method) {
        case Method::greedy: return greedy_name(rule);
        case Method::knapsack: return rule.partial_funding ? "knapsack-partial" : "knapsack-discrete";
        case Method::max_welfare: return "max-welfare";
        case Method::equal_shares: return equal_shares_name(rule);
        case Method::phragmen: return rule.overrun == Misfit::stop ? "phragmen" : "phragmen-skip";
        case Method::maximin_support: return rule.overrun == Misfit::stop ? "maximin-support" : "maximin-support-skip";
        case Method::cumulative_transfer: return cumulative_name(rule);
    }
    return "";
}

}  // namespace

std::string name_of(const Rule& rule) {
    std::string name = base_name(rule);
    if (rule.eligibility > 0) {
        name += rule.eligibility == 3 ? "+eligibility" : fmt::format("+eligibility-{}", rule.eligibility);
    }
    if (rule.score_min > 0) {
        name += fmt::format("-threshold-{}", rule.score_min);
    }
    if (rule.ranking == RankingScore::approval) {
        name += rule.ranking_top > 0 ? fmt::format("+top-{}", rule.ranking_top) : "+approval";
    }
    if (rule.left_over == LeftOver::to_common) {
        name += "+left-over-to-common";
    }
    return rule.fully_funded ? name + "+fully-funded" : name;
}

namespace {

std::vector<Rule> all_builtin_rules() {
    std::vector<Rule> rules;
    const auto add = [&](Rule rule, auto... changes) {
        (changes(rule), ...);
        rules.push_back(std::move(rule));
    };
    for (const Order order : {Order::score, Order::score_per_cost}) {
        for (const Misfit misfit : {Misfit::skip, Misfit::stop}) {
            add({.method = Method::greedy, .misfit = misfit, .order = order});
        }
    }
    add({.method = Method::knapsack});
    add({.method = Method::knapsack, .partial_funding = true});
    add({.method = Method::max_welfare});
    for (const Utility utility : {Utility::cost, Utility::cardinality, Utility::points}) {
        for (std::uint8_t i = 0; i <= static_cast<std::uint8_t>(Completion::add_opt); ++i) {
            const auto completion = static_cast<Completion>(i);
            add({.method = Method::equal_shares, .utility = utility, .completion = completion});
        }
        for (const Completion completion : {Completion::add1, Completion::add1u}) {
            add({.method = Method::equal_shares,
                 .utility = utility,
                 .completion = completion,
                 .comparison = Comparison::majority});
        }
        add({.method = Method::equal_shares,
             .utility = utility,
             .completion = Completion::add1,
             .comparison = Comparison::majority,
             .eligibility = 3});
    }
    for (const Method method : {Method::phragmen, Method::maximin_support}) {
        for (const Misfit overrun : {Misfit::stop, Misfit::skip}) {
            add({.method = method, .overrun = overrun});
        }
    }
    for (const Excess excess : {Excess::greatest_excess, Excess::greatest_support_per_cost}) {
        for (const Shortfall shortfall : {Shortfall::eliminate_with_transfers, Shortfall::minimal_transfers}) {
            add({.method = Method::cumulative_transfer, .excess = excess, .shortfall = shortfall});
        }
    }
    return rules;
}

}  // namespace

std::vector<std::string> builtin_rules() {
    std::vector<std::string> names;
    for (const Rule& rule : all_builtin_rules()) {
        names.push_back(name_of(rule));
    }
    return names;
}

namespace {

/// Takes a part off the end of a name.
bool take_end(std::string_view& name, std::string_view part) {
    if (!name.ends_with(part)) {
        return false;
    }
    name.remove_suffix(part.size());
    return true;
}

/// Takes "+top-3" off the end: what stands behind the last `part`, if it is a whole number and nothing else.
std::optional<std::int64_t> take_number(std::string_view& name, std::string_view part, std::int64_t most = 1'000'000) {
    const std::size_t at = name.rfind(part);
    if (at == std::string_view::npos) {
        return std::nullopt;
    }
    const std::string_view digits = name.substr(at + part.size());
    std::int64_t number = 0;
    const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (problem != std::errc{} || end != digits.data() + digits.size() || number <= 0 || number > most) {
        return std::nullopt;
    }
    name = name.substr(0, at);
    return number;
}

/// What stands behind the base of a name, from its end.
void take_all_rules_parts(std::string_view& name, Rule& rule) {
    rule.fully_funded = take_end(name, "+fully-funded");
    rule.left_over = take_end(name, "+left-over-to-common") ? LeftOver::to_common : LeftOver::saved;
    if (const auto top = take_number(name, "+top-")) {
        rule.ranking = RankingScore::approval;
        rule.ranking_top = *top;
    } else if (take_end(name, "+approval")) {
        rule.ranking = RankingScore::approval;
    }
    rule.score_min = take_number(name, "-threshold-", 1'000'000'000'000).value_or(0);
    rule.eligibility = take_end(name, "+eligibility") ? 3 : take_number(name, "+eligibility-").value_or(0);
}

/// What stands behind a base of Equal Shares.
void take_shares_parts(std::string_view& name, Rule& rule) {
    if (take_end(name, "+comparison")) {
        rule.comparison = Comparison::majority;
    } else if (take_end(name, "+comparison-exclusion")) {
        rule.comparison = Comparison::exclusion;
    }
    rule.whole_endowment = take_end(name, "+whole-shares");
    constexpr std::string_view step = "-step-";
    if (const std::size_t at = name.rfind(step); at != std::string_view::npos) {
        if (const auto amount = parse_money(name.substr(at + step.size())); amount && *amount > 0) {
            rule.step = *amount;
            name = name.substr(0, at);
        }
    }
}

/// A built-in rule with what the name tells beside.
std::optional<Rule> rule_of_name(std::string_view whole, const std::vector<Rule>& builtin) {
    std::string_view name = whole;
    Rule parts;
    take_all_rules_parts(name, parts);
    if (name.starts_with("mes-")) {
        take_shares_parts(name, parts);
    } else if (take_end(name, "+cardinality")) {
        parts.utility = Utility::cardinality;
    }
    const auto base = std::ranges::find(builtin, name, [](const Rule& rule) { return name_of(rule); });
    if (base == builtin.end()) {
        return std::nullopt;
    }
    Rule rule = *base;
    if (rule.method == Method::cumulative_transfer) {
        rule.utility = parts.utility;
    }
    rule.comparison = parts.comparison;
    rule.whole_endowment = parts.whole_endowment;
    rule.step = parts.step;
    rule.score_min = parts.score_min;
    rule.eligibility = parts.eligibility;
    rule.ranking = parts.ranking;
    rule.ranking_top = parts.ranking_top;
    rule.left_over = parts.left_over;
    rule.fully_funded = parts.fully_funded;
    // One spelling of each rule: "-step-1" and "-threshold-007" are none.
    return name_of(rule) == whole ? std::optional(rule) : std::nullopt;
}

}  // namespace

std::span<const OtherName> other_names() {
    static constexpr auto names = std::to_array<OtherName>({{"greedy-skip", "greedy"},
                                                            {"greedy-no-skip", "greedy-stop"},
                                                            {"greedy-per-cost-skip", "greedy-per-cost"},
                                                            {"greedy-per-cost-no-skip", "greedy-per-cost-stop"},
                                                            {"knapsack", "knapsack-discrete"},
                                                            {"mes-cost-none", "mes-cost"},
                                                            {"mes-cardinality-none", "mes-cardinality"},
                                                            {"mes-points-none", "mes-points"},
                                                            {"equalshares", "mes-cost"},
                                                            {"equalshares/none", "mes-cost"},
                                                            {"equalshares/add1", "mes-cost-add1"},
                                                            {"equalshares/add1-comparison", "mes-cost-add1+comparison"},
                                                            {"phragmen-stop", "phragmen"},
                                                            {"maximin-support-stop", "maximin-support"}});
    return names;
}

std::string_view our_name(std::string_view name) {
    const auto names = other_names();
    const auto other = std::ranges::find(names, name, &OtherName::name);
    return other == names.end() ? name : other->ours;
}

Attempt<Rule> rule_named(std::string_view name) {
    const std::vector<Rule> builtin = all_builtin_rules();
    if (auto rule = rule_of_name(name, builtin)) {
        return std::move(*rule);
    }
    std::string nearest;
    std::size_t distance = 4;  // farther than three letters is another word
    const auto look_at = [&](std::string_view known) {
        if (const std::size_t far = edit_distance(known, name); far < distance) {
            distance = far;
            nearest = known;
        }
    };
    for (const Rule& rule : builtin) {
        look_at(name_of(rule));
    }
    for (const OtherName& other : other_names()) {
        look_at(other.name);
    }
    // Whoever wrote another name of a rule is told ours.
    if (nearest == name) {
        nearest = our_name(name);
    }
    if (nearest.empty()) {
        return refuse(Errc::not_found, "fault.unknown_rule", {{"name", std::string(name)}});
    }
    return refuse(Errc::not_found, "fault.unknown_rule_near", {{"name", std::string(name)}, {"nearest", nearest}});
}

}  // namespace bypuls::participation::counting
