#include "city/participation/counting/rule.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

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

Result<Rule> rule_named(std::string_view name) {
    std::string nearest;
    std::size_t distance = 4;  // farther than three letters is another word
    for (Rule& rule : all_builtin_rules()) {
        const std::string known = name_of(rule);
        if (known == name) {
            return std::move(rule);
        }
        if (const std::size_t far = edit_distance(known, name); far < distance) {
            distance = far;
            nearest = known;
        }
    }
    return fail(Errc::not_found, nearest.empty()
                                     ? fmt::format("there is no rule called '{}'; --help lists them", name)
                                     : fmt::format("there is no rule called '{}'; did you mean '{}'?", name, nearest));
}

}  // namespace bypuls::participation::counting
