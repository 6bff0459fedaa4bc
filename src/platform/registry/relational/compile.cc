#include "platform/registry/relational/compile.h"

#include <algorithm>

#include "core/check.h"
#include "platform/registry/conditions.h"
#include "platform/registry/relational/relations.h"

namespace bypuls::registry::rows {
namespace {

using database::Engine;
using query::Operator;

constexpr std::string_view always = "(1 = 1)";
constexpr std::string_view never = "(1 = 0)";
constexpr std::string_view unknown = "CAST(NULL AS BOOLEAN)";

std::string_view sign(Operator op) {
    switch (op) {
        case Operator::eq: return "=";
        case Operator::ne: return "<>";
        case Operator::gt: return ">";
        case Operator::ge: return ">=";
        case Operator::lt: return "<";
        case Operator::le: return "<=";
        default: break;
    }
    check(false, "a comparison has one of the six operators");
    return {};
}

/// How a member of `properties` is looked at: its JSON type and its value.
struct Member {
    std::string is_null;
    std::string is_truth;
    std::string is_number;
    std::string is_text;
    std::string truth;   ///< whether it is true
    std::string number;  ///< where is_number
    std::string text;    ///< where is_text
};

class Compiler {
public:
    Compiler(Engine engine, Kind kind) : engine_(engine), kind_(kind), table_(table_of(kind)) {}

    std::vector<std::pair<std::string, Value>> take_values() { return std::move(values_); }

    std::string condition(const Condition& condition) {
        switch (condition.form) {
            case Condition::Form::constant: return std::string(condition.truth ? always : never);
            case Condition::Form::negation: return fmt::format("(NOT {})", this->condition(condition.parts.front()));
            case Condition::Form::conjunction:
            case Condition::Form::disjunction: {
                const std::string_view joint = condition.form == Condition::Form::conjunction ? " AND " : " OR ";
                std::string joined;
                for (const Condition& part : condition.parts) {
                    joined += (joined.empty() ? "" : joint);
                    joined += this->condition(part);
                }
                return "(" + joined + ")";
            }
            case Condition::Form::comparison:
            case Condition::Form::text:
                return along(condition.target, 0, table_,
                             [&](const std::string& at) { return predicate(condition, at); });
        }
        return std::string(never);
    }

    /// Linked to this one.
    std::string linked(const Related& of) {
        const Relation relation = relation_of(of.kind, kind_);
        const std::string id = integer(of.id);
        if (relation.to == "id") {
            return fmt::format("({}.{} = {})", table_, relation.from, id);
        }
        return fmt::format("({}.id IN (SELECT {} FROM {} WHERE {} = {}))", table_, relation.to, relation.table,
                           relation.from, id);
    }

    /// What one key of an order is compared by: one expression, or three for JSON (type, number, text).
    std::vector<std::string> key(const Key& key) {
        std::vector<std::string> parts;
        const std::size_t count = key.target.content == Content::json ? 3 : 1;
        for (std::size_t part = 0; part < count; ++part) {
            parts.push_back(
                along(key.target, 0, table_, [&](const std::string& at) { return key_part(key, part, at); }));
        }
        return parts;
    }

    /// The same of a value.
    std::vector<std::string> key_of(const Key& key, const query::Value& value) {
        switch (key.target.content) {
            case Content::id: return {number(value)};
            case Content::text: return {text(std::get<std::string>(value))};
            case Content::instant: return {integer(std::get<Instant>(value).time_since_epoch().count())};
            case Content::json:
            case Content::absent: break;
        }
        // In the order of query::compare_for_order: null, truth, numbers, texts, and what is an object or array.
        if (const auto* truth = std::get_if<bool>(&value)) {
            return {"1", real(*truth ? 1 : 0), "''"};
        }
        if (std::holds_alternative<std::int64_t>(value) || std::holds_alternative<double>(value)) {
            return {"2", engine_ == Engine::sqlite ? number(value) : real(as_double(value)), "''"};
        }
        if (const auto* words = std::get_if<std::string>(&value)) {
            return {"3", "0", text(*words)};
        }
        return {std::holds_alternative<std::monostate>(value) ? "0" : "4", "0", "''"};
    }

private:
    std::string bind(Value value) {
        values_.emplace_back(fmt::format("p{}", values_.size()), std::move(value));
        return ":" + values_.back().first;
    }
    std::string text(const std::string& value) { return fmt::format("CAST({} AS TEXT)", bind(value)); }
    std::string integer(std::int64_t value) {
        return fmt::format("CAST({} AS BIGINT)", bind(static_cast<long long>(value)));
    }
    std::string real(double value) { return fmt::format("CAST({} AS DOUBLE PRECISION)", bind(value)); }
    static double as_double(const query::Value& value) {
        const auto* whole = std::get_if<std::int64_t>(&value);
        return whole != nullptr ? static_cast<double>(*whole) : std::get<double>(value);
    }
    std::string number(const query::Value& value) {
        const auto* whole = std::get_if<std::int64_t>(&value);
        return whole != nullptr ? integer(*whole) : real(std::get<double>(value));
    }
    std::string by_bytes(std::string expression) const {
        return engine_ == Engine::postgresql ? fmt::format("({} COLLATE \"C\")", expression) : std::move(expression);
    }

    /// What `inside` says of the entity at the end of the way, from the row `at`: through one it is that one's, through
    /// many it is whether it holds for any.
    template <typename Inside>
    std::string along(const Target& target, std::size_t step, std::string_view at, Inside inside) {
        if (step == target.way.size()) {
            return inside(std::string(at));
        }
        const Kind from = step == 0 ? kind_ : target.way[step - 1]->to;
        const Navigation& next = *target.way[step];
        const Relation relation = relation_of(from, next.to);
        const std::string row = fmt::format("n{}", ++aliases_);
        std::string source;
        if (relation.to == "id") {
            source = fmt::format("{} {} WHERE {}.{} = {}.id", table_of(next.to), row, row, relation.from, at);
        } else if (relation.from == "id") {
            source = fmt::format("{} {} WHERE {}.id = {}.{}", table_of(next.to), row, row, at, relation.to);
        } else {
            source = fmt::format("{} l{} JOIN {} {} ON {}.id = l{}.{} WHERE l{}.{} = {}.id", relation.table, aliases_,
                                 table_of(next.to), row, row, aliases_, relation.to, aliases_, relation.from, at);
        }
        const std::string said = along(target, step + 1, row, inside);
        return next.many ? fmt::format("EXISTS (SELECT 1 FROM {} AND {})", source, said)
                         : fmt::format("(SELECT {} FROM {})", said, source);
    }

    std::string text_column(const Target& target, const std::string& at) {
        if (target.name != "observationType") {
            return by_bytes(fmt::format("{}.{}", at, column_of(target.name)));
        }
        if (target.kind == Kind::multi_datastream) {
            return by_bytes(fmt::format("CAST('{}' AS TEXT)", complex_observation));
        }
        std::string cases;
        for (const auto type : {ResultType::number, ResultType::integer, ResultType::boolean, ResultType::category}) {
            cases += fmt::format("WHEN '{}' THEN '{}' ", observations::name_of(type), observation_type_uri(type));
        }
        return by_bytes(
            fmt::format("(CASE {}.result_type {}ELSE '{}' END)", at, cases, observation_type_uri(ResultType::json)));
    }

    Member member(const Target& target, const std::string& at) {
        if (engine_ == Engine::sqlite) {
            std::string path = "$";
            for (const std::string& step : target.members) {
                path += fmt::format(".\"{}\"", step);
            }
            const std::string bound = bind(path);
            const std::string type = fmt::format("json_type({}.properties, {})", at, bound);
            const std::string value = fmt::format("json_extract({}.properties, {})", at, bound);
            return {.is_null = fmt::format("(coalesce({}, 'null') = 'null')", type),
                    .is_truth = fmt::format("({} IN ('true', 'false'))", type),
                    .is_number = fmt::format("({} IN ('integer', 'real'))", type),
                    .is_text = fmt::format("({} = 'text')", type),
                    .truth = fmt::format("({} = 'true')", type),
                    .number = value,
                    .text = value};
        }
        std::string value = fmt::format("CAST({}.properties AS JSONB)", at);
        for (const std::string& step : target.members) {
            value = fmt::format("({} -> {})", value, text(step));
        }
        const std::string type = fmt::format("jsonb_typeof({})", value);
        const std::string plain = fmt::format("({} #>> '{{}}')", value);
        return {.is_null = fmt::format("(coalesce({}, 'null') = 'null')", type),
                .is_truth = fmt::format("({} = 'boolean')", type),
                .is_number = fmt::format("({} = 'number')", type),
                .is_text = fmt::format("({} = 'string')", type),
                .truth = fmt::format("({} = 'true')", plain),
                .number = plain,
                .text = by_bytes(plain)};
    }

    std::string predicate(const Condition& condition, const std::string& at) {
        const Target& target = condition.target;
        if (condition.form == Condition::Form::text) {
            if (target.content != Content::json) {
                return text_test(condition, text_column(target, at));
            }
            const Member found = member(target, at);
            return fmt::format("(CASE WHEN {} THEN {} ELSE {} END)", found.is_text, text_test(condition, found.text),
                               unknown);
        }
        if (std::holds_alternative<std::monostate>(condition.literal)) {
            const bool wants_null = condition.op == Operator::eq;
            if (target.content != Content::json) {
                return std::string(wants_null ? never : always);
            }
            const std::string is_null = member(target, at).is_null;
            return wants_null ? is_null : fmt::format("(NOT {})", is_null);
        }
        switch (target.content) {
            case Content::id: return fmt::format("({}.id {} {})", at, sign(condition.op), number(condition.literal));
            case Content::text:
                return fmt::format("({} {} {})", text_column(target, at), sign(condition.op),
                                   text(std::get<std::string>(condition.literal)));
            case Content::instant:
                return fmt::format("({}.at {} {})", at, sign(condition.op),
                                   integer(std::get<Instant>(condition.literal).time_since_epoch().count()));
            case Content::json: return json_comparison(condition, member(target, at));
            case Content::absent: break;
        }
        return std::string(never);
    }

    // False for what cannot be compared, whatever the operator.
    std::string json_comparison(const Condition& condition, const Member& found) {
        const std::string_view op = sign(condition.op);
        if (const auto* truth = std::get_if<bool>(&condition.literal)) {
            const bool wants_true = *truth == (condition.op == Operator::eq);
            return fmt::format("(CASE WHEN {} THEN {}{} ELSE {} END)", found.is_truth, wants_true ? "" : "NOT ",
                               found.truth, never);
        }
        if (const auto* words = std::get_if<std::string>(&condition.literal)) {
            return fmt::format("(CASE WHEN {} THEN {} {} {} ELSE {} END)", found.is_text, found.text, op, text(*words),
                               never);
        }
        std::string left = found.number;
        std::string right = number(condition.literal);
        if (engine_ == Engine::postgresql) {
            // Whole numbers compare exactly, however large.
            const bool whole = std::holds_alternative<std::int64_t>(condition.literal);
            left = fmt::format("CAST({} AS {})", left, whole ? "NUMERIC" : "DOUBLE PRECISION");
        }
        return fmt::format("(CASE WHEN {} THEN {} {} {} ELSE {} END)", found.is_number, left, op, right, never);
    }

    // Without LIKE, whose letter case and escapes differ between the engines.
    std::string text_test(const Condition& condition, const std::string& subject) {
        const std::string words = text(std::get<std::string>(condition.literal));
        switch (condition.function) {
            case query::Function::startswith: return fmt::format("(substr({0}, 1, length({1})) = {1})", subject, words);
            case query::Function::endswith:
                return fmt::format("(length({0}) >= length({1}) AND substr({0}, length({0}) - length({1}) + 1) = {1})",
                                   subject, words);
            default:
                return fmt::format("({}({}, {}) > 0)", engine_ == Engine::sqlite ? "instr" : "strpos", subject, words);
        }
    }

    std::string key_part(const Key& key, std::size_t part, const std::string& at) {
        switch (key.target.content) {
            case Content::id: return at + ".id";
            case Content::text: return text_column(key.target, at);
            case Content::instant: return at + ".at";
            case Content::json:
            case Content::absent: break;
        }
        const Member found = member(key.target, at);
        const std::string value =
            engine_ == Engine::postgresql ? fmt::format("CAST({} AS DOUBLE PRECISION)", found.number) : found.number;
        switch (part) {
            case 0:
                return fmt::format("(CASE WHEN {} THEN 0 WHEN {} THEN 1 WHEN {} THEN 2 WHEN {} THEN 3 ELSE 4 END)",
                                   found.is_null, found.is_truth, found.is_number, found.is_text);
            case 1:
                return fmt::format("(CASE WHEN {} THEN {} WHEN {} THEN (CASE WHEN {} THEN 1 ELSE 0 END) ELSE 0 END)",
                                   found.is_number, value, found.is_truth, found.truth);
            default: return by_bytes(fmt::format("(CASE WHEN {} THEN {} ELSE '' END)", found.is_text, found.text));
        }
    }

    const Engine engine_;
    const Kind kind_;
    const std::string_view table_;
    std::vector<std::pair<std::string, Value>> values_;
    std::size_t aliases_ = 0;
};

/// One expression that is ordered by, and the value after which the page begins.
struct Ordered {
    std::string by;
    bool descending = false;
    std::string after;
};

/// Beyond all of `keys` from this one on: a < x or (a = x and …). The first part by itself narrows an index.
std::string beyond(std::span<const Ordered> keys) {
    const Ordered& first = keys.front();
    const std::string_view side = first.descending ? "<" : ">";
    if (keys.size() == 1) {
        return fmt::format("({} {} {})", first.by, side, first.after);
    }
    return fmt::format("({0} {1}= {2} AND ({0} {1} {2} OR {3}))", first.by, side, first.after, beyond(keys.subspan(1)));
}

Result<std::string> condition_in(Compiler& compiler, Kind kind, const std::optional<Related>& of,
                                 const query::Expression* where) {
    if (of && !related(kind, of->kind)) {
        return fail(Errc::malformed, fmt::format("a {} is not linked to a {}", name_of(kind), name_of(of->kind)));
    }
    std::string text = of ? compiler.linked(*of) : std::string(always);
    if (where != nullptr) {
        TRY(const auto condition, condition_of(kind, *where));
        text += " AND " + compiler.condition(condition);
    }
    return text;
}

}  // namespace

Result<Where> compile(Engine engine, Kind kind, const std::optional<Related>& of, const query::Expression* where) {
    Compiler compiler(engine, kind);
    Where compiled;
    TRY(compiled.text, condition_in(compiler, kind, of, where));
    compiled.values = compiler.take_values();
    return compiled;
}

Result<Where> compile(Engine engine, Kind kind, const Selection& selection) {
    Compiler compiler(engine, kind);
    Where compiled;
    TRY(compiled.text, condition_in(compiler, kind, selection.of, selection.where));
    TRY(const auto keys, keys_of(kind, selection.order));
    std::vector<query::Value> place;
    if (selection.after) {
        TRY(place, place_in(keys, selection.order, *selection.after));
    }
    std::vector<Ordered> ordered;
    compiled.order.clear();
    for (std::size_t i = 0; i < keys.size(); ++i) {
        std::vector<std::string> after;
        if (selection.after) {
            after = compiler.key_of(keys[i], place[i]);
        }
        const auto parts = compiler.key(keys[i]);
        for (std::size_t part = 0; part < parts.size(); ++part) {
            compiled.order += fmt::format("{}{}{}", compiled.order.empty() ? "" : ", ", parts[part],
                                          keys[i].descending ? " DESC" : "");
            ordered.push_back({parts[part], keys[i].descending, selection.after ? after[part] : std::string()});
        }
    }
    if (selection.after) {
        compiled.text += " AND " + beyond(ordered);
    }
    compiled.values = compiler.take_values();
    compiled.limit = std::clamp<std::size_t>(selection.limit, 1, page_max) + 1;
    return compiled;
}

}  // namespace bypuls::registry::rows
