#include <algorithm>

#include <fmt/format.h>

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

class RuleReader {
public:
    explicit RuleReader(const toml::table& table) : table_(table) {}

    Rule read();
    const std::vector<std::string>& faults() const { return faults_; }

private:
    void fault(const toml::node& node, std::string sentence) {
        faults_.push_back(fmt::format("line {}: {}", node.source().begin.line, sentence));
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
        fault(node, fmt::format("{} is one of {}", key, choices));
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
            fault(*node, fmt::format("{} is a whole number from {} to {}", key, from, to));
            return;
        }
        into = *value;
    }

    void yes_or_no(std::string_view key, bool& into) {
        const toml::node* node = take(key);
        if (node != nullptr && !node->is_boolean()) {
            fault(*node, fmt::format("{} is true or false", key));
        } else if (node != nullptr) {
            into = node->value<bool>().value_or(into);
        }
    }

    void amount(std::string_view key, Money& into);
    void ties(Rule& rule);
    void find_unknown();

    const toml::table& table_;
    std::vector<std::string> known_;
    std::vector<std::string> faults_;
};

void RuleReader::amount(std::string_view key, Money& into) {
    const toml::node* node = take(key);
    if (node == nullptr) {
        return;
    }
    const auto text = node->is_string() ? node->value<std::string>() : std::nullopt;
    const auto money = text ? parse_money(*text) : parse_money("-");
    if (!money || *money <= 0) {
        fault(*node, fmt::format("{} is an amount of money in quotes, such as \"1\" or \"0.50\"", key));
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
        fault(*node, "ties is a list of one to five reasons, in the order in which they decide");
        return;
    }
    rule.ties.clear();
    for (const toml::node& entry : *list) {
        TieBreak reason = TieBreak::lot;
        read_name(entry, reason, "each of ties");
        rule.ties.push_back(reason);
    }
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
        const bool near = edit_distance(nearest, key.str()) <= 3;
        fault(node, fmt::format("a rule has no '{}'{}", std::string_view(key.str()).substr(0, 60),
                                near ? fmt::format("; did you mean '{}'?", nearest) : std::string()));
    }
}

Rule RuleReader::read() {
    Rule rule;
    if (table_.get("method") == nullptr) {
        faults_.emplace_back("line 1, column 1: the rule does not say its method");
    }
    name("method", rule.method);
    name("misfit", rule.misfit);
    name("order", rule.order);
    number("score_min", rule.score_min, 0, 1'000'000'000'000);
    yes_or_no("partial_funding", rule.partial_funding);
    name("utility", rule.utility);
    name("completion", rule.completion);
    name("comparison", rule.comparison);
    number("eligibility", rule.eligibility, 0, 1'000'000);
    amount("step", rule.step);
    yes_or_no("whole_endowment", rule.whole_endowment);
    name("overrun", rule.overrun);
    name("excess", rule.excess);
    name("shortfall", rule.shortfall);
    name("electorate", rule.electorate);
    name("ranking", rule.ranking);
    number("ranking_top", rule.ranking_top, 0, 1'000'000);
    ties(rule);
    if (const toml::node* node = take("seed")) {
        if (!node->is_string()) {
            fault(*node, "seed is a text in quotes");
        }
        rule.seed = node->value<std::string>().value_or("");
    }
    name("left_over", rule.left_over);
    find_unknown();
    return rule;
}

}  // namespace

Result<Rule> parse_rule(std::string_view text) {
    const auto parsed = config::parse_toml(text);
    if (!parsed) {
        return fail(Errc::malformed, fmt::format("line {}: {}", parsed.error().line, parsed.error().sentence));
    }
    RuleReader reader(*parsed);
    Rule rule = reader.read();
    if (reader.faults().empty()) {
        return rule;
    }
    std::string sentence;
    for (const std::string& fault : reader.faults()) {
        sentence += (sentence.empty() ? "" : "\n") + fault;
    }
    return fail(Errc::malformed, sentence);
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
    text += fmt::format("ties = [{}]\n", ties);
    text += fmt::format("seed = {}\n", seed);
    quoted("left_over", name_of(rule.left_over));
    return text;
}

}  // namespace bypuls::participation::counting
