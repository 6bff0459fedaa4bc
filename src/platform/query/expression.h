#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/clock.h"

/// Questions to a set of entities as SensorThings asks them (18-088 §9.3, after OData 4.0 Part 2 §5.1): one grammar,
/// parsed once into a tree that stores compile and an evaluator runs. Pure; knows no entity and no store.
namespace bypuls::query {

/// A span of time as SensorThings writes it, [from, to): "2026-06-01T00:00:00Z/2026-06-02T00:00:00Z". The standard
/// leaves open whether the end belongs to it; that it does not is what FROST's tests ask for. Never ends before it
/// begins.
struct Span {
    Instant from{};
    Instant to{};
    friend bool operator==(const Span&, const Span&) = default;
};

/// A time without a date, 0 to 24 h after UTC midnight; and a date without a time, years 0001 to 9999.
struct TimeOfDay {
    Duration since_midnight{};
    friend auto operator<=>(const TimeOfDay&, const TimeOfDay&) = default;
};
struct Date {
    std::chrono::sys_days day{};
    friend auto operator<=>(const Date&, const Date&) = default;
};

/// A geometry as GeoJSON text (RFC 7946), WGS 84, longitude first. Literals come as WKT in geography'…' and are kept in
/// the form that geo::Shape::geojson() writes.
struct Geometry {
    std::string geojson;
    friend bool operator==(const Geometry&, const Geometry&) = default;
};

/// A JSON object or array that a path led to.
struct Json {
    std::string text;
    friend bool operator==(const Json&, const Json&) = default;
};

/// What a literal is and what a path or function gives. monostate is null: unknown, absent.
using Value = std::variant<std::monostate, bool, std::int64_t, double, std::string, Instant, Span, Duration, Date,
                           TimeOfDay, Geometry, Json>;

/// "Datastream/Thing/properties/owner/name": which of the steps are navigation is for the entity's schema to say. The
/// parser gives "id" for "@iot.id", and a step of digits for an index: "properties/levels[2]" is "properties/levels/2".
/// "Datastreams/$count" is how many there are.
struct Path {
    std::vector<std::string> steps;
    friend bool operator==(const Path&, const Path&) = default;
};

enum class Operator : std::uint8_t {
    logical_or,
    logical_and,
    logical_not,
    eq,
    ne,
    gt,
    ge,
    lt,
    le,
    add,
    sub,
    mul,
    div,
    mod,
    negate,
};

/// 18-088 tables 24 (query functions) and 9.3.3.5.2; the names are the grammar's.
enum class Function : std::uint8_t {
    // strings
    substringof,
    endswith,
    startswith,
    length,
    indexof,
    substring,
    tolower,
    toupper,
    trim,
    concat,
    // dates
    year,
    month,
    day,
    hour,
    minute,
    second,
    fractionalseconds,
    date,
    time,
    totaloffsetminutes,
    now,
    mindatetime,
    maxdatetime,
    // numbers
    round,
    floor,
    ceiling,
    // geometry
    geo_distance,
    geo_length,
    geo_intersects,
    st_equals,
    st_disjoint,
    st_touches,
    st_within,
    st_overlaps,
    st_crosses,
    st_intersects,
    st_contains,
    st_relate,
    // times and spans, as FROST has them
    before,
    after,
    meets,
    during,
    overlaps,
    starts,
    finishes,
};

std::string_view name_of(Operator op);
std::string_view name_of(Function function);
std::optional<Function> function_named(std::string_view name);

/// How many arguments a function takes, both ends included.
struct Arity {
    std::size_t min = 0;
    std::size_t max = 0;
};
Arity arity_of(Function function);
/// Does it give true or false?
bool is_truth_function(Function function);

/// A node of the tree: a literal, a path, an operator or a function over its arguments. Immutable once built.
struct Expression {
    /// any: "Datastreams/any(d: d/name eq 'air')", OData 4.0 Part 2 §5.1.1.5.1: the path leads to entities, and the one
    /// argument is asked of each; in it, paths that begin with the variable are the entity's.
    enum class Kind : std::uint8_t { literal, path, operation, call, any };

    Kind kind = Kind::literal;
    Value literal;                      ///< Kind::literal
    Path path;                          ///< Kind::path and Kind::any
    std::string variable;               ///< Kind::any
    Operator op = Operator::eq;         ///< Kind::operation: one argument for not and negate, else two
    Function function = Function::now;  ///< Kind::call
    std::vector<Expression> arguments;
    /// Where it begins in the text it was parsed from, in bytes: for messages. Does not count in comparisons.
    std::uint32_t position = 0;

    friend bool operator==(const Expression& a, const Expression& b) {
        return a.kind == b.kind && a.literal == b.literal && a.path == b.path && a.variable == b.variable &&
               a.op == b.op && a.function == b.function && a.arguments == b.arguments;
    }
};

/// The kinds of node, for whoever builds a tree by hand.
Expression literal(Value value);
Expression path(std::vector<std::string> steps);
Expression operation(Operator op, std::vector<Expression> arguments);
Expression call(Function function, std::vector<Expression> arguments);

/// The expression in the grammar's own words, brackets where they are needed: parse_filter(to_text(e)) == e for what
/// the grammar can say (not JSON literals).
std::string to_text(const Expression& expression);
/// "Datastream/properties/'odd key'".
std::string to_text(const Path& path);

/// A key of $orderby: any expression, usually a path.
struct Order {
    Expression by;
    bool descending = false;
    friend bool operator==(const Order&, const Order&) = default;
};

enum class ResultFormat : std::uint8_t { entities, data_array, csv, geojson };

/// The options of one request, or of one step of an $expand (18-088 §9.3).
struct Options {
    struct Expand;

    std::optional<Expression> filter;
    std::vector<Order> order;
    std::vector<Path> select;    ///< empty: everything
    bool distinct = false;       ///< $select=distinct:name or $distinct=name; of what is selected
    std::vector<Expand> expand;  ///< one for each first step, with what stands below it merged
    std::optional<std::uint64_t> top;
    std::uint64_t skip = 0;
    bool count = false;
    ResultFormat format = ResultFormat::entities;
    /// The opaque place where a page goes on, made by the service; empty at the start.
    std::string skip_token;

    Options();
    ~Options();
    Options(const Options&);
    Options(Options&&) noexcept;
    Options& operator=(const Options&);
    Options& operator=(Options&&) noexcept;
    bool operator==(const Options& other) const;
};

struct Options::Expand {
    std::string navigation;  ///< "Datastreams"
    Options options;
    bool operator==(const Expand&) const = default;
};

}  // namespace bypuls::query
