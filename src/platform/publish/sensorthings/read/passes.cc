#include "platform/publish/sensorthings/read/passes.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "core/check.h"
#include "platform/publish/sensorthings/read/fit.h"
#include "platform/publish/sensorthings/read/pages.h"

namespace bypuls::sensorthings {
namespace {

using query::Expression;
using query::Operator;
using Shared = std::shared_ptr<const Entity>;
using Truth = std::optional<bool>;  // nothing: unknown, as null is
using Variables = std::map<std::string, Kind, std::less<>>;

constexpr std::size_t followed_max = 10'000;  // entities between the one that is asked about and its observations

bool is_operation(const Expression& e, Operator op) {
    return e.kind == Expression::Kind::operation && e.op == op;
}

/// Does a path of the expression lead through observations?
bool asks_observations(Kind kind, const Expression& e, Variables& variables) {
    const bool is_any = e.kind == Expression::Kind::any;
    Kind at = kind;
    if (e.kind == Expression::Kind::path || is_any) {
        std::size_t step = 0;
        if (const auto bound = variables.find(e.path.steps.front()); bound != variables.end()) {
            at = bound->second;
            step = 1;
        }
        for (; step < e.path.steps.size(); ++step) {
            const auto* navigation = type_of(at).navigation(e.path.steps[step]);
            if (navigation == nullptr) {
                break;
            }
            at = navigation->target;
            if (at == Kind::observation) {
                return true;
            }
        }
    }
    const auto shadowed = is_any ? variables.find(e.variable) : variables.end();
    const auto outer = shadowed == variables.end() ? std::optional<Kind>{} : std::optional(shadowed->second);
    if (is_any) {
        variables[e.variable] = at;
    }
    const bool found = std::ranges::any_of(
        e.arguments, [&](const Expression& argument) { return asks_observations(kind, argument, variables); });
    if (is_any) {
        variables.erase(e.variable);
        if (outer) {
            variables[e.variable] = *outer;
        }
    }
    return found;
}

bool asks_observations(Kind kind, const Expression& e) {
    Variables variables;
    return asks_observations(kind, e, variables);
}

bool is_truth(const Expression& e) {
    switch (e.kind) {
        case Expression::Kind::operation: return e.op <= Operator::le;
        case Expression::Kind::call: return query::is_truth_function(e.function);
        case Expression::Kind::any: return true;
        case Expression::Kind::literal:
        case Expression::Kind::path: break;
    }
    return false;
}

bool has_path(const Expression& e) {
    return e.kind == Expression::Kind::path || e.kind == Expression::Kind::any ||
           std::ranges::any_of(e.arguments, has_path);
}

/// Is it so for many exactly when it is so for one of them? `not` is not: it says that there is none. Nor is what asks
/// about a truth, what is true of nothing, or what does not have to be so for the same one.
bool holds_by_one(Kind kind, const Expression& e) {
    if (is_operation(e, Operator::logical_or)) {
        return std::ranges::all_of(e.arguments,
                                   [kind](const Expression& a) { return has_path(a) && holds_by_one(kind, a); });
    }
    if (is_operation(e, Operator::logical_and)) {
        return std::ranges::all_of(e.arguments, [kind](const Expression& a) {
            return !has_path(a) || (asks_observations(kind, a) && holds_by_one(kind, a));
        });
    }
    return !is_operation(e, Operator::logical_not) && std::ranges::none_of(e.arguments, is_truth);
}

/// The navigation with which all paths of the expression begin, when what it leads to can be asked one by one.
const Navigation* common_navigation(Kind kind, const Expression& e) {
    if (!holds_by_one(kind, e)) {
        return nullptr;
    }
    for (const Navigation& navigation : type_of(kind).navigations) {
        if (all_paths_begin_with(e, navigation.name)) {
            return &navigation;
        }
    }
    return nullptr;
}

/// `Observations/any(o: o/result gt 5)` and `Observations/any()` ask of each what stands inside; as a filter of what
/// the path leads to, when it leads there in one step and nothing inside is about what lies around it.
std::optional<Expression> inside_any(const Expression& e) {
    if (e.kind != Expression::Kind::any || e.path.steps.size() != 1) {
        return std::nullopt;
    }
    if (e.arguments.empty()) {
        return query::literal(true);
    }
    const Expression& condition = e.arguments.front();
    return all_paths_begin_with(condition, e.variable) ? std::optional(without_first_step(condition)) : std::nullopt;
}

class Judge {
public:
    explicit Judge(Session& session) : session_(session) {}

    Result<Truth> truth(const Expression& e, const Shared& entity) {
        const Kind kind = kind_of(*entity);
        if (!asks_observations(kind, e)) {
            return evaluated(e, entity);
        }
        if (is_operation(e, Operator::logical_and)) {
            return all_of(e, entity);
        }
        if (is_operation(e, Operator::logical_or)) {
            TRY(const Truth left, truth(e.arguments.front(), entity));
            if (left == true) {
                return left;
            }
            TRY(const Truth right, truth(e.arguments.back(), entity));
            return right == true ? right : left && right ? Truth(false) : Truth();
        }
        if (is_operation(e, Operator::logical_not)) {
            TRY(const Truth operand, truth(e.arguments.front(), entity));
            return operand ? Truth(!*operand) : Truth();
        }
        if (const auto condition = inside_any(e)) {
            const auto* navigation = type_of(kind).navigation(e.path.steps.front());
            check(navigation != nullptr, "the filter was fitted");
            return any_of(*navigation, *condition, entity);
        }
        TRY(const Expression counted, with_counts(e, entity));
        if (const auto* navigation = common_navigation(kind, counted)) {
            return any_of(*navigation, without_first_step(counted), entity);
        }
        return evaluated(counted, entity);
    }

private:
    Result<Truth> evaluated(const Expression& e, const Shared& entity) {
        TRY(const auto value, query::evaluate(e, EntityRecord(session_, entity), session_.now()));
        const auto* known = std::get_if<bool>(&value);
        return known != nullptr ? Truth(*known) : Truth();
    }

    /// What goes along the same relation to observations is asked together, the cheap before the dear.
    Result<Truth> all_of(const Expression& e, const Shared& entity) {
        const Kind kind = kind_of(*entity);
        std::map<const Navigation*, std::vector<const Expression*>> together;
        std::vector<const Expression*> dear;
        bool all_known = true;
        for (const Expression* part : query::conjuncts(e)) {
            if (asks_observations(kind, *part)) {
                const auto* navigation = part->kind == Expression::Kind::any || counts(kind, *part)
                                             ? nullptr
                                             : common_navigation(kind, *part);
                (navigation == nullptr ? dear : together[navigation]).push_back(part);
                continue;
            }
            TRY(const Truth one, evaluated(*part, entity));
            if (one == false) {
                return one;
            }
            all_known = all_known && one.has_value();
        }
        for (const auto& [navigation, parts] : together) {
            TRY(const Truth found, any_of(*navigation, without_first_step(*query::conjunction(parts)), entity));
            if (found != true) {
                return found;
            }
        }
        for (const Expression* part : dear) {
            TRY(const Truth one, truth(*part, entity));
            if (one == false) {
                return one;
            }
            all_known = all_known && one.has_value();
        }
        return all_known ? Truth(true) : Truth();
    }

    /// Is the filter true for any of what the navigation leads to?
    Result<Truth> any_of(const Navigation& navigation, const Expression& filter, const Shared& entity) {
        if (navigation.target == Kind::observation) {
            query::Options options;
            options.filter = filter;
            options.top = 1;
            // The newest are in memory.
            options.order = {{.by = query::path({"phenomenonTime"}), .descending = true}};
            TRY(const auto page, observation_page(session_, Origin{kind_of(*entity), id_of(*entity)}, options));
            return Truth(!page.rows.empty());
        }
        TRY(const auto related, session_.related(*entity, navigation, followed_max));
        if (related.size() >= followed_max) {
            return fail(Errc::exhausted, fmt::format("$filter: '{}' leads to more than {} entities; narrow it",
                                                     navigation.name, followed_max));
        }
        for (const auto& one : related) {
            TRY(const Truth found, truth(filter, one));
            if (found == true) {
                return found;
            }
        }
        return Truth(false);
    }

    static bool is_count(Kind kind, const query::Path& path) {
        if (path.steps.size() != 2 || path.steps.back() != "$count") {
            return false;
        }
        const auto* navigation = type_of(kind).navigation(path.steps.front());
        return navigation != nullptr && navigation->target == Kind::observation;
    }
    static bool counts(Kind kind, const Expression& e) {
        return (e.kind == Expression::Kind::path && is_count(kind, e.path)) ||
               std::ranges::any_of(e.arguments, [kind](const Expression& inner) { return counts(kind, inner); });
    }

    /// "Observations/$count" as the number that it is.
    Result<Expression> with_counts(const Expression& e, const Shared& entity) {
        if (e.kind == Expression::Kind::path && is_count(kind_of(*entity), e.path)) {
            query::Options options;
            options.top = 0;
            options.count = true;
            TRY(const auto page, observation_page(session_, Origin{kind_of(*entity), id_of(*entity)}, options));
            return query::literal(static_cast<std::int64_t>(page.count.value_or(0)));
        }
        Expression made = e;
        for (Expression& argument : made.arguments) {
            TRY(argument, with_counts(argument, entity));
        }
        return made;
    }

    Session& session_;
};

}  // namespace

Result<bool> passes(Session& session, const Expression& filter, const Shared& entity) {
    TRY(const Truth truth, Judge(session).truth(filter, entity));
    return truth == true;
}

}  // namespace bypuls::sensorthings
