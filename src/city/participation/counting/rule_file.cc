#include <algorithm>

#include <fmt/format.h>

#include "city/participation/counting/refuse.h"
#include "city/participation/counting/rule.h"
#include "core/config/toml.h"
#include "core/text.h"

namespace bypuls::participation::counting {
namespace {

/// Every value an enumeration has, for reading it by name.
template <typename Value>
Value last_of();
template <>
Method last_of() {
    return Method::cumulative_transfer;
}
template <>
Misfit last_of() {
    return Misfit::stop;
}
template <>
Order last_of() {
    return Order::score_per_cost;
}
template <>
Utility last_of() {
    return Utility::points;
}
template <>
Completion last_of() {
    return Completion::add_opt;
}
template <>
Comparison last_of() {
    return Comparison::exclusion;
}
template <>
Electorate last_of() {
    return Electorate::everyone;
}
template <>
RankingScore last_of() {
    return RankingScore::approval;
}
template <>
TieBreak last_of() {
    return TieBreak::alphabetical;
}
template <>
Excess last_of() {
    return Excess::greatest_support_per_cost;
}
template <>
Shortfall last_of() {
    return Shortfall::minimal_transfers;
}
template <>
LeftOver last_of() {
    return LeftOver::to_common;
}

/// What a choice must be for another to mean something.
struct Needed {
    std::string_view key;
    std::string_view values;
};

class RuleReader {
public:
    explicit RuleReader(const toml::table& table) : table_(table) {}

    Rule read();
    const std::vector<Finding>& faults() const { return faults_; }

private:
    void fault(const toml::node& node, words::Key key, Given given = {}) {
        const auto [line, column] = node.source().begin;
        faults_.push_back(finding(key, std::move(given), {.line = line, .column = column}));
    }

    const toml::node* take(std::string_view key) {
        known_.emplace_back(key);
        return table_.get(key);
    }

    template <typename Value>
    void read_name(const toml::node& node, Value& into, std::string_view key) {
        const auto text = node.value<std::string>();
        std::string choices;
        for (std::uint8_t i = 0; i <= static_cast<std::uint8_t>(last_of<Value>()); ++i) {
            const auto value = static_cast<Value>(i);
            if (text && node.is_string() && *text == name_of(value)) {
                into = value;
                return;
            }
            choices += fmt::format("{}{}", choices.empty() ? "" : ", ", name_of(value));
        }
        fault(node, "recount.fault.rule_one_of", {{"key", std::string(key)}, {"choices", choices}});
    }

    template <typename Value>
    void name(std::string_view key, Value& into) {
        if (const toml::node* node = take(key)) {
            read_name(*node, into, key);
        }
    }

    void number(std::string_view key, std::int64_t& into, std::int64_t from, std::int64_t to) {
        const toml::node* node = take(key);
        if (node == nullptr) {
            return;
        }
        const auto value = node->is_integer() ? node->value<std::int64_t>() : std::nullopt;
        if (!value || *value < from || *value > to) {
            fault(*node, "recount.fault.rule_number",
                  {{"key", std::string(key)}, {"from", std::to_string(from)}, {"to", std::to_string(to)}});
            return;
        }
        into = *value;
    }

    void yes_or_no(std::string_view key, bool& into) {
        const toml::node* node = take(key);
        if (node != nullptr && !node->is_boolean()) {
            fault(*node, "recount.fault.rule_yes_no", {{"key", std::string(key)}});
        } else if (node != nullptr) {
            into = node->value<bool>().value_or(into);
        }
    }

    void amount(std::string_view key, Money& into);
    void ties(Rule& rule);
    void seed(Rule& rule);
    template <typename Value>
    void idle(std::string_view key, bool asked_for, const Value& value, const Value& otherwise, const Needed& where);
    void find_idle(const Rule& rule);
    void find_unknown();

    const toml::table& table_;
    std::vector<std::string> known_;
    std::vector<Finding> faults_;
};

void RuleReader::amount(std::string_view key, Money& into) {
    const toml::node* node = take(key);
    if (node == nullptr) {
        return;
    }
    const auto text = node->is_string() ? node->value<std::string>() : std::nullopt;
    const auto money = text ? parse_money(*text) : parse_money("-");
    if (!money || *money <= 0) {
        fault(*node, "recount.fault.rule_amount", {{"key", std::string(key)}});
        return;
    }
    into = *money;
}

void RuleReader::ties(Rule& rule) {
    const toml::node* node = take("ties");
    if (node == nullptr) {
        return;
    }
    const toml::array* list = node->as_array();
    if (list == nullptr || list->empty() || list->size() > 5) {
        fault(*node, "recount.fault.rule_ties");
        return;
    }
    rule.ties.clear();
    for (const toml::node& entry : *list) {
        TieBreak reason = TieBreak::lot;
        read_name(entry, reason, "ties");
        if (std::ranges::find(rule.ties, reason) != rule.ties.end()) {
            fault(entry, "recount.fault.rule_tie_twice", {{"reason", std::string(name_of(reason))}});
        }
        rule.ties.push_back(reason);
    }
}

void RuleReader::seed(Rule& rule) {
    const toml::node* node = take("seed");
    if (node == nullptr) {
        return;
    }
    if (!node->is_string()) {
        fault(*node, "recount.fault.rule_seed");
    }
    rule.seed = node->value<std::string>().value_or("");
    if (!rule.seed.empty() && std::ranges::find(rule.ties, TieBreak::lot) == rule.ties.end()) {
        fault(*node, "recount.fault.rule_seed_idle");
    }
}

/// A choice that nothing asks for must be what stands for none, as the rule in full has it: a council that writes
/// another meant something by it.
template <typename Value>
void RuleReader::idle(std::string_view key, bool asked_for, const Value& value, const Value& otherwise,
                      const Needed& where) {
    const toml::node* node = table_.get(key);
    if (node != nullptr && !asked_for && value != otherwise) {
        fault(*node, "recount.fault.rule_idle",
              {{"key", std::string(key)}, {"other", std::string(where.key)}, {"values", std::string(where.values)}});
    }
}

void RuleReader::find_idle(const Rule& rule) {
    const Rule none;
    const auto method = [&](Method one) { return rule.method == one; };
    const bool shares = method(Method::equal_shares);
    const bool loads = method(Method::phragmen) || method(Method::maximin_support);
    const bool transfer = method(Method::cumulative_transfer);
    constexpr Needed greedy = {"method", "greedy"};
    constexpr Needed equal_shares = {"method", "equal-shares"};
    constexpr Needed cumulative = {"method", "cumulative-transfer"};
    idle("misfit", method(Method::greedy), rule.misfit, none.misfit, greedy);
    idle("order", method(Method::greedy), rule.order, none.order, greedy);
    idle("partial_funding", method(Method::knapsack), rule.partial_funding, none.partial_funding,
         {"method", "knapsack"});
    idle("utility", shares || transfer, rule.utility, none.utility, {"method", "equal-shares / cumulative-transfer"});
    idle("completion", shares, rule.completion, none.completion, equal_shares);
    idle("comparison", shares, rule.comparison, none.comparison, equal_shares);
    idle("whole_endowment", shares, rule.whole_endowment, none.whole_endowment, equal_shares);
    idle("step", shares && raises_by_steps(rule.completion), rule.step, none.step,
         {"completion", "add1 / add1e / add1u / add1eu"});
    idle("overrun", loads, rule.overrun, none.overrun, {"method", "phragmen / maximin-support"});
    idle("excess", transfer, rule.excess, none.excess, cumulative);
    idle("shortfall", transfer, rule.shortfall, none.shortfall, cumulative);
    idle("ranking_top", rule.ranking == RankingScore::approval, rule.ranking_top, none.ranking_top,
         {"ranking", "approval"});
}

void RuleReader::find_unknown() {
    for (const auto& [key, node] : table_) {
        if (std::ranges::find(known_, key.str()) != known_.end()) {
            continue;
        }
        std::string nearest;
        for (const std::string& known : known_) {
            if (nearest.empty() || edit_distance(known, key.str()) < edit_distance(nearest, key.str())) {
                nearest = known;
            }
        }
        const std::string told(beginning(key.str(), 60));
        if (edit_distance(nearest, key.str()) <= 3) {
            fault(node, "fault.rule_unknown_key_near", {{"key", told}, {"nearest", nearest}});
        } else {
            fault(node, "recount.fault.rule_unknown_key", {{"key", told}});
        }
    }
}

Rule RuleReader::read() {
    Rule rule;
    if (table_.get("method") == nullptr) {
        faults_.push_back(finding("recount.fault.rule_no_method", {}, {.line = 1, .column = 1}));
    }
    name("method", rule.method);
    name("misfit", rule.misfit);
    name("order", rule.order);
    yes_or_no("partial_funding", rule.partial_funding);
    name("utility", rule.utility);
    name("completion", rule.completion);
    name("comparison", rule.comparison);
    amount("step", rule.step);
    yes_or_no("whole_endowment", rule.whole_endowment);
    name("overrun", rule.overrun);
    name("excess", rule.excess);
    name("shortfall", rule.shortfall);
    number("score_min", rule.score_min, 0, 1'000'000'000'000);
    number("eligibility", rule.eligibility, 0, 1'000'000);
    yes_or_no("fully_funded", rule.fully_funded);
    name("electorate", rule.electorate);
    name("ranking", rule.ranking);
    number("ranking_top", rule.ranking_top, 0, 1'000'000);
    ties(rule);
    seed(rule);
    name("left_over", rule.left_over);
    if (faults_.empty()) {
        find_idle(rule);
    }
    find_unknown();
    return rule;
}

}  // namespace

Attempt<Rule> parse_rule(std::string_view text) {
    const auto parsed = config::parse_toml(text);
    if (!parsed) {
        const config::Fault& fault = parsed.error();
        return refuse(Errc::malformed, "fault.rule_toml", {{"why", fault.sentence}},
                      {.line = fault.line, .column = fault.column});
    }
    RuleReader reader(*parsed);
    Rule rule = reader.read();
    if (reader.faults().empty()) {
        return rule;
    }
    return std::unexpected(Fault(Errc::malformed, reader.faults()));
}

std::string print_rule(const Rule& rule) {
    std::string ties;
    for (const TieBreak reason : rule.ties) {
        ties += fmt::format("{}\"{}\"", ties.empty() ? "" : ", ", name_of(reason));
    }
    std::string seed;
    append_json_string(seed, rule.seed);
    std::string text = fmt::format("# {}\nmethod = \"{}\"\n", name_of(rule), name_of(rule.method));
    if (rule.method == Method::max_welfare) {
        text +=
            "# of several sets with the greatest total score, the one that holds the first project, in the order of\n"
            "# ties, that is not in all of them; and so on\n";
    }
    const auto add = [&](std::string_view key, const auto& value) { text += fmt::format("{} = {}\n", key, value); };
    const auto quoted = [&](std::string_view key, std::string_view value) {
        text += fmt::format("{} = \"{}\"\n", key, value);
    };
    quoted("misfit", name_of(rule.misfit));
    quoted("order", name_of(rule.order));
    add("score_min", rule.score_min);
    add("partial_funding", rule.partial_funding);
    quoted("utility", name_of(rule.utility));
    quoted("completion", name_of(rule.completion));
    quoted("comparison", name_of(rule.comparison));
    add("eligibility", rule.eligibility);
    quoted("step", format_money(rule.step));
    add("whole_endowment", rule.whole_endowment);
    quoted("overrun", name_of(rule.overrun));
    quoted("excess", name_of(rule.excess));
    quoted("shortfall", name_of(rule.shortfall));
    quoted("electorate", name_of(rule.electorate));
    quoted("ranking", name_of(rule.ranking));
    add("ranking_top", rule.ranking_top);
    add("fully_funded", rule.fully_funded);
    text += fmt::format("ties = [{}]\n", ties);
    text += fmt::format("seed = {}\n", seed);
    quoted("left_over", name_of(rule.left_over));
    return text;
}

}  // namespace bypuls::participation::counting
