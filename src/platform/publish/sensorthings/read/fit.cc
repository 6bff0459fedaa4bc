#include "platform/publish/sensorthings/read/fit.h"

#include <algorithm>
#include <map>
#include <span>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "platform/query/parse.h"

namespace bypuls::sensorthings {
namespace {

using query::Expression;

std::string where(std::uint32_t position) {
    return position == 0 ? "" : fmt::format("at {}: ", position);
}

std::string names_of(const EntityType& type) {
    std::vector<std::string_view> names{"id"};
    for (const auto& property : type.properties) {
        names.push_back(property.name);
    }
    for (const auto& navigation : type.navigations) {
        names.push_back(navigation.name);
    }
    return fmt::format("{}", fmt::join(names, ", "));
}

std::unexpected<Error> no_such(const EntityType& type, std::string_view name, std::uint32_t position) {
    return fail(Errc::malformed,
                fmt::format("{}{} has no '{}'; it has {}", where(position), type.name, name, names_of(type)));
}

bool has_inside(Content content) {
    return content == Content::json || content == Content::geometry || content == Content::result;
}

bool is_time(Content content) {
    return content == Content::time || content == Content::instant;
}

/// A text that is a time becomes one; anything else stays and compares as what it is.
void read_as_time(Expression& literal) {
    const auto* text = std::get_if<std::string>(&literal.literal);
    if (text == nullptr) {
        return;
    }
    if (auto time = query::parse_time(*text)) {
        literal.literal = std::move(*time);
    }
}

bool is_comparison(query::Operator op) {
    return op >= query::Operator::eq && op <= query::Operator::le;
}

class Fitter {
public:
    explicit Fitter(Kind kind) : kind_(kind) {}

    Result<void> fit_condition(Expression& condition) {
        TRY_DO(fit(condition));
        return check_condition(condition);
    }

    Result<void> fit_order(Expression& key) {
        TRY_DO(fit(key));
        return check_single(key);
    }

    Result<void> fit(Expression& expression) {
        if (expression.kind == Expression::Kind::path) {
            TRY_DO(meaning(expression));
        }
        if (expression.kind == Expression::Kind::any) {
            return fit_any(expression);
        }
        for (Expression& argument : expression.arguments) {
            TRY_DO(fit(argument));
        }
        const bool two_sided = expression.arguments.size() == 2;
        if (expression.kind == Expression::Kind::operation && is_comparison(expression.op) && two_sided) {
            read_time_beside(expression.arguments[0], expression.arguments[1]);
            read_time_beside(expression.arguments[1], expression.arguments[0]);
        }
        return {};
    }

private:
    /// A path that begins with the variable of an any() is about what that stands for.
    Result<PathMeaning> meaning(const Expression& path) const {
        const auto bound = variables_.find(path.path.steps.front());
        if (bound == variables_.end()) {
            return meaning_of(kind_, path.path, path.position);
        }
        const query::Path rest{{path.path.steps.begin() + 1, path.path.steps.end()}};
        return meaning_of(bound->second, rest, path.position);
    }

    Result<void> fit_any(Expression& expression) {
        const auto& steps = expression.path.steps;
        const auto bound = steps.size() > 1 ? variables_.find(steps.front()) : variables_.end();
        Kind kind = bound == variables_.end() ? kind_ : bound->second;
        for (const std::string& step : std::span(steps).subspan(bound == variables_.end() ? 0 : 1)) {
            const auto* navigation = type_of(kind).navigation(step);
            if (navigation == nullptr) {
                return no_such(type_of(kind), step, expression.position);
            }
            kind = navigation->target;
        }
        const auto outer = variables_;
        variables_[expression.variable] = kind;
        for (Expression& argument : expression.arguments) {
            TRY_DO(fit_condition(argument));
        }
        variables_ = outer;
        return {};
    }

    /// What there are many of is in no order.
    Result<void> check_single(const Expression& e) const {
        if (e.kind == Expression::Kind::path) {
            TRY(const auto found, meaning(e));
            if (found.many) {
                return fail(Errc::malformed, fmt::format("{}'{}' leads to many and gives no order", where(e.position),
                                                         query::to_text(e)));
            }
        }
        for (const Expression& argument : e.arguments) {
            TRY_DO(e.kind == Expression::Kind::any ? Result<void>{} : check_single(argument));
        }
        return {};
    }

    /// Something that is true or false, as far as its kind tells: JSON and results may hold a truth value.
    Result<void> check_condition(const Expression& e) const {
        using query::Operator;
        const bool joins =
            e.kind == Expression::Kind::operation &&
            (e.op == Operator::logical_and || e.op == Operator::logical_or || e.op == Operator::logical_not);
        if (joins) {
            for (const Expression& argument : e.arguments) {
                TRY_DO(check_condition(argument));
            }
            return {};
        }
        if (may_be_true(e)) {
            return {};
        }
        constexpr std::size_t shown_max = 80;
        return fail(
            Errc::malformed,
            fmt::format("{}a filter is a condition, true or false, which '{}' is not; compare it with something, "
                        "with eq, lt or the like",
                        where(e.position), query::to_text(e).substr(0, shown_max)));
    }

    bool may_be_true(const Expression& e) const {
        switch (e.kind) {
            case Expression::Kind::literal: return std::holds_alternative<bool>(e.literal);
            case Expression::Kind::operation: return is_comparison(e.op);
            case Expression::Kind::call: return query::is_truth_function(e.function);
            case Expression::Kind::any: return true;
            case Expression::Kind::path: break;
        }
        const auto found = meaning(e);
        return found && found->property != nullptr &&
               (found->property->content == Content::json || found->property->content == Content::result);
    }

    void read_time_beside(const Expression& path, Expression& literal) const {
        if (path.kind != Expression::Kind::path || literal.kind != Expression::Kind::literal) {
            return;
        }
        const auto found = meaning(path);
        if (found && found->property != nullptr && is_time(found->property->content)) {
            read_as_time(literal);
        }
    }

    Kind kind_;
    std::map<std::string, Kind, std::less<>> variables_;
};

/// `at`: where the path stands.
Result<void> fit_select(const EntityType& type, const query::Path& path, const std::string& at) {
    const std::string& first = path.steps.front();
    if (is_id(first) || is_self_link(first) || (path.steps.size() == 1 && type.navigation(first) != nullptr)) {
        return {};
    }
    if (type.navigation(first) != nullptr) {
        return fail(Errc::malformed,
                    fmt::format("{0}'{1}' is another entity; what is shown of it is said where it is expanded: "
                                "$expand={1}($select={2})",
                                at, first, fmt::join(path.steps.begin() + 1, path.steps.end(), "/")));
    }
    const auto* property = type.property(first);
    if (property == nullptr) {
        return fail(Errc::malformed, at + no_such(type, first, 0).error().what);
    }
    if (path.steps.size() > 1 && !has_inside(property->content)) {
        return fail(Errc::malformed, fmt::format("{}'{}' of {} has nothing inside", at, first, type.name));
    }
    return {};
}

Result<query::Options> fit_below(Kind kind, query::Options options, const query::Places& places,
                                 const std::string& way);

Result<void> fit_expand(const EntityType& type, query::Options::Expand& expand, const query::Places& places,
                        const std::string& way) {
    const std::string below = query::Places::expanded(way, expand.navigation);
    const auto* navigation = type.navigation(expand.navigation);
    if (navigation == nullptr) {
        std::vector<std::string_view> names;
        std::ranges::transform(type.navigations, std::back_inserter(names), &Navigation::name);
        return fail(Errc::malformed,
                    fmt::format("$expand: {}'{}' is no link of a {} to other entities; those are {}", places.at(below),
                                expand.navigation, type.name, fmt::join(names, ", ")));
    }
    auto fitted = fit_below(navigation->target, std::move(expand.options), places, below);
    if (!fitted) {
        return fail(fitted.error(), fmt::format("$expand={}", expand.navigation));
    }
    expand.options = std::move(*fitted);
    return {};
}

}  // namespace

Result<PathMeaning> meaning_of(Kind kind, const query::Path& path, std::uint32_t position) {
    PathMeaning meaning{.kind = kind};
    for (std::size_t i = 0; i < path.steps.size(); ++i) {
        const EntityType& type = type_of(meaning.kind);
        const std::string& step = path.steps[i];
        if (const auto* navigation = type.navigation(step)) {
            meaning.kind = navigation->target;
            ++meaning.navigations;
            meaning.many = meaning.many || navigation->many;
            continue;
        }
        const bool last = i + 1 == path.steps.size();
        if (step == "$count" && last && i > 0) {
            meaning.many = false;
            return meaning;
        }
        meaning.property = type.property(step);
        if (meaning.property == nullptr && !is_id(step)) {
            return no_such(type, step, position);
        }
        if (!last && (meaning.property == nullptr || !has_inside(meaning.property->content))) {
            return fail(Errc::malformed,
                        fmt::format("{}'{}' of {} has nothing inside", where(position), step, type.name));
        }
        return meaning;
    }
    return fail(Errc::malformed, fmt::format("{}'{}' leads to entities; name one of their properties", where(position),
                                             fmt::join(path.steps, "/")));
}

Result<Expression> fit_filter(Kind kind, Expression filter) {
    TRY_DO(Fitter(kind).fit_condition(filter));
    return filter;
}

Result<query::Options> fit(Kind kind, query::Options options, const query::Places& places) {
    return fit_below(kind, std::move(options), places, "");
}

namespace {

Result<query::Options> fit_below(Kind kind, query::Options options, const query::Places& places,
                                 const std::string& way) {
    const EntityType& type = type_of(kind);
    if (options.filter) {
        if (auto fitted = fit_filter(kind, std::move(*options.filter))) {
            options.filter = std::move(*fitted);
        } else {
            return fail(fitted.error(), "$filter");
        }
    }
    for (query::Order& order : options.order) {
        if (auto fitted = Fitter(kind).fit_order(order.by); !fitted) {
            return fail(fitted.error(), "$orderby");
        }
    }
    for (const query::Path& path : options.select) {
        if (auto fitted = fit_select(type, path, places.at(query::Places::selected(way, path))); !fitted) {
            return fail(fitted.error(), "$select");
        }
    }
    for (query::Options::Expand& expand : options.expand) {
        TRY_DO(fit_expand(type, expand, places, way));
    }
    return options;
}

/// Calls `act` with each path of the expression that is about the entity itself, not about an any()'s variable.
template <typename Tree, typename Act>
void each_own_path(Tree& expression, std::vector<std::string>& variables, Act act) {
    const bool is_any = expression.kind == Expression::Kind::any;
    if (expression.kind == Expression::Kind::path || is_any) {
        if (std::ranges::find(variables, expression.path.steps.front()) == variables.end()) {
            act(expression.path);
        }
    }
    if (is_any) {
        variables.push_back(expression.variable);
    }
    for (auto& argument : expression.arguments) {
        each_own_path(argument, variables, act);
    }
    if (is_any) {
        variables.pop_back();
    }
}

}  // namespace

Expression without_first_step(const Expression& expression) {
    Expression shorter = expression;
    std::vector<std::string> variables;
    each_own_path(shorter, variables, [](query::Path& path) { path.steps.erase(path.steps.begin()); });
    return shorter;
}

bool all_paths_begin_with(const Expression& expression, std::string_view step) {
    bool any = false;
    bool all = true;
    std::vector<std::string> variables;
    each_own_path(expression, variables, [&](const query::Path& path) {
        any = true;
        all = all && path.steps.size() > 1 && path.steps.front() == step;
    });
    return any && all;
}

}  // namespace bypuls::sensorthings
