#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "core/percent.h"
#include "core/text.h"
#include "platform/query/filter_parser.h"
#include "platform/query/literal.h"
#include "platform/query/parse.h"

namespace bypuls::query {
namespace {

struct FormatName {
    ResultFormat format;
    std::string_view name;
};
constexpr std::array formats{FormatName{ResultFormat::entities, "json"},
                             FormatName{ResultFormat::data_array, "dataArray"}, FormatName{ResultFormat::csv, "csv"},
                             FormatName{ResultFormat::geojson, "geojson"}};

/// A token that stands without quotes: what does not end an option inside $expand.
bool plain_token(std::string_view token) {
    return !token.empty() && token.front() != '\'' && token.find_first_of(";) \t\r\n") == std::string_view::npos;
}

class OptionsParser {
public:
    OptionsParser(const ParseLimits& limits, Places* places)
        : limits_(limits), budget_{limits.nodes}, places_(places) {}

    /// Reads one option's value up to its end: the text's, or ';' or ')' inside an $expand.
    Result<void> value(std::string_view name, Scanner& in, Options& into, std::size_t depth) {
        if (name == "$filter") {
            TRY(into.filter, take_expression(in, limits_, budget_));
        } else if (name == "$orderby") {
            TRY_DO(order(in, into));
        } else if (name == "$select") {
            TRY_DO(select(in, into, in.rest().starts_with("distinct:")));
        } else if (name == "$distinct") {
            TRY_DO(select(in, into, true));
        } else if (name == "$expand") {
            TRY_DO(expand(in, into, depth));
        } else if (name == "$top") {
            TRY(const auto top, count(in));
            into.top = std::min(top, limits_.top);
        } else if (name == "$skip") {
            TRY(into.skip, count(in));
        } else if (name == "$count") {
            TRY(into.count, truth(in));
        } else if (name == "$resultFormat") {
            TRY(into.format, format(in));
        } else if (name == "$skiptoken") {
            TRY(into.skip_token, token(in, depth > 0));
        } else {
            return fail(Errc::malformed,
                        "there is no such option; there are $filter, $orderby, $select, $expand, $top, "
                        "$skip, $count, $resultFormat, $distinct and $skiptoken");
        }
        in.skip_space();
        return {};
    }

    /// A name may stand once. $select and $distinct both say what is selected.
    static Result<void> once(std::set<std::string, std::less<>>& seen, std::string_view name) {
        if (!seen.emplace(name).second) {
            return fail(Errc::malformed, "given twice");
        }
        if (seen.contains("$select") && seen.contains("$distinct")) {
            return fail(Errc::malformed,
                        "$select and $distinct may not both be given; $select=distinct:… says the same");
        }
        return {};
    }

private:
    Result<void> order(Scanner& in, Options& into) {
        do {
            TRY(auto by, take_expression(in, limits_, budget_));
            in.skip_space();
            Order key{.by = std::move(by)};
            if (in.eat_word("desc")) {
                key.descending = true;
            } else {
                in.eat_word("asc");
            }
            into.order.push_back(std::move(key));
            in.skip_space();
        } while (in.eat(','));
        return {};
    }

    Result<void> select(Scanner& in, Options& into, bool distinct) {
        into.distinct = distinct;
        if (in.rest().starts_with("distinct:")) {
            in.skip(std::string_view("distinct:").size());
        }
        do {
            in.skip_space();
            if (in.eat('*')) {
                into.select.push_back({{"*"}});
            } else {
                const std::size_t at = in.position();
                TRY(auto path, take_path(in));
                note(Places::selected(way_, path), at);
                into.select.push_back(std::move(path));
            }
            in.skip_space();
        } while (in.eat(','));
        // "*" alone is what no $select means.
        if (into.select.size() == 1 && into.select.front().steps.front() == "*" && !distinct) {
            into.select.clear();
        }
        return {};
    }

    Result<void> expand(Scanner& in, Options& into, std::size_t depth) {
        do {
            in.skip_space();
            const std::size_t at = in.position();
            TRY(auto item, expanded(in, depth));
            if (auto merged = merge(into.expand, std::move(item)); !merged) {
                return in.fault(at, merged.error().what);
            }
            in.skip_space();
        } while (in.eat(','));
        return {};
    }

    /// "Datastreams/Observations($top=1)": the options are the last step's.
    Result<Options::Expand> expanded(Scanner& in, std::size_t depth) {
        if (depth == limits_.expand_depth) {
            return in.fault(in.position(), fmt::format("$expand is nested deeper than {}", limits_.expand_depth));
        }
        const std::size_t at = in.position();
        const std::string_view name = in.take_name();
        if (name.empty()) {
            return in.expected("the name of a navigation link");
        }
        if (budget_.left == 0) {
            return in.fault(in.position(), fmt::format("the question has more than {} parts", limits_.nodes));
        }
        --budget_.left;
        const std::string above = std::exchange(way_, Places::expanded(way_, name));
        note(way_, at);
        Options::Expand item{.navigation = std::string(name)};
        if (in.eat('/')) {
            TRY(auto below, expanded(in, depth + 1));
            item.options.expand.push_back(std::move(below));
        } else if (in.eat('(')) {
            TRY_DO(nested(in, item.options, depth + 1));
        }
        way_ = above;
        return item;
    }

    Result<void> nested(Scanner& in, Options& into, std::size_t depth) {
        std::set<std::string, std::less<>> seen;
        in.skip_space();
        while (!in.eat(')')) {
            const std::size_t at = in.position();
            const std::string name(in.take_name());
            in.skip_space();
            if (name.empty() || !in.eat('=')) {
                return in.expected("an option such as $top=1, or ')'");
            }
            if (name == "$resultFormat") {
                return in.fault(at, "$resultFormat: is of the whole answer, and stands outside of $expand");
            }
            if (auto first = once(seen, name); !first) {
                return in.fault(at, fmt::format("{}: {}", name, first.error().what));
            }
            in.skip_space();
            if (auto read = value(name, in, into, depth); !read) {
                // The place is told by whoever found the fault; what has none is told where the option begins.
                return read.error().what.starts_with("at ") ? fail(Errc::malformed, std::move(read.error().what))
                                                            : in.fault(at, name + ": " + read.error().what);
            }
            if (in.peek() != ')' && !in.eat(';')) {
                return in.expected("';' or ')'");
            }
            in.skip_space();
        }
        return {};
    }

    /// The step is there once, with what stands below it joined.
    static Result<void> merge(std::vector<Options::Expand>& into, Options::Expand item) {
        const auto same = std::ranges::find(into, item.navigation, &Options::Expand::navigation);
        if (same == into.end()) {
            into.push_back(std::move(item));
            return {};
        }
        auto below = std::exchange(item.options.expand, {});
        auto kept = std::exchange(same->options.expand, {});
        if (same->options == Options{}) {
            same->options = std::move(item.options);
        } else if (item.options != Options{} && item.options != same->options) {
            return fail(Errc::malformed, fmt::format("{} is expanded twice with different options", item.navigation));
        }
        same->options.expand = std::move(kept);
        for (auto& deeper : below) {
            TRY_DO(merge(same->options.expand, std::move(deeper)));
        }
        return {};
    }

    static Result<std::uint64_t> count(Scanner& in) {
        const std::size_t at = in.position();
        const std::string_view digits = in.take_name(true);
        if (digits.empty() || !std::ranges::all_of(digits, is_digit)) {
            return in.fault(at, "expected a whole number, 0 or more");
        }
        std::uint64_t number = 0;
        if (std::from_chars(digits.data(), digits.data() + digits.size(), number).ec != std::errc{}) {
            number = std::numeric_limits<std::uint64_t>::max();
        }
        return number;
    }

    static Result<bool> truth(Scanner& in) {
        if (in.eat_word("true")) {
            return true;
        }
        if (in.eat_word("false")) {
            return false;
        }
        return in.expected("true or false");
    }

    static Result<ResultFormat> format(Scanner& in) {
        for (const auto& [format, name] : formats) {
            if (in.eat_word(name)) {
                return format;
            }
        }
        return in.expected("dataArray, csv, geojson or json");
    }

    static Result<std::string> token(Scanner& in, bool nested) {
        if (in.peek() == '\'') {
            return in.take_quoted();
        }
        return std::string(in.take_until(nested ? ";)" : ""));
    }

    void note(std::string name, std::size_t position) {
        if (places_ != nullptr) {
            places_->note(std::move(name), position + 1);
        }
    }

    const ParseLimits& limits_;
    NodeBudget budget_;
    Places* places_;
    std::string way_;  // of the $expand that is being read
};

/// The options as name and value, in the order of 18-088 §9.3.3.
std::vector<std::pair<std::string_view, std::string>> items(const Options& options);

std::string expand_text(const std::vector<Options::Expand>& expands) {
    std::string out;
    for (const Options::Expand& expand : expands) {
        out += out.empty() ? "" : ",";
        out += expand.navigation;
        const auto below = items(expand.options);
        for (const auto& [name, value] : below) {
            out += &name == &below.front().first ? '(' : ';';
            out += name;
            out += '=';
            out += value;
        }
        out += below.empty() ? "" : ")";
    }
    return out;
}

std::string select_text(const Options& options) {
    std::string out = options.distinct ? "distinct:" : "";
    for (const Path& path : options.select) {
        out += &path == &options.select.front() ? "" : ",";
        out += to_text(path);
    }
    return out;
}

std::string order_text(const std::vector<Order>& order) {
    std::string out;
    for (const Order& key : order) {
        out += out.empty() ? "" : ",";
        out += to_text(key.by);
        out += key.descending ? " desc" : "";
    }
    return out;
}

std::vector<std::pair<std::string_view, std::string>> items(const Options& options) {
    std::vector<std::pair<std::string_view, std::string>> out;
    if (!options.expand.empty()) {
        out.emplace_back("$expand", expand_text(options.expand));
    }
    if (!options.select.empty()) {
        out.emplace_back("$select", select_text(options));
    }
    if (!options.order.empty()) {
        out.emplace_back("$orderby", order_text(options.order));
    }
    if (options.top) {
        out.emplace_back("$top", fmt::format("{}", *options.top));
    }
    if (options.skip != 0) {
        out.emplace_back("$skip", fmt::format("{}", options.skip));
    }
    if (options.count) {
        out.emplace_back("$count", "true");
    }
    if (options.filter) {
        out.emplace_back("$filter", to_text(*options.filter));
    }
    if (options.format != ResultFormat::entities) {
        out.emplace_back("$resultFormat", std::ranges::find(formats, options.format, &FormatName::format)->name);
    }
    if (!options.skip_token.empty()) {
        out.emplace_back("$skiptoken",
                         plain_token(options.skip_token) ? options.skip_token : literal_text(options.skip_token));
    }
    return out;
}

}  // namespace

std::string Places::selected(std::string_view way, const Path& path) {
    return std::string(way) + "$select=" + to_text(path);
}

std::string Places::expanded(std::string_view way, std::string_view navigation) {
    return std::string(way) + (way.empty() ? "" : "/") + std::string(navigation);
}

std::string Places::at(const std::string& name) const {
    const auto found = places_.find(name);
    return found == places_.end() ? "" : fmt::format("at {}: ", found->second);
}

Result<Options> parse_options(const std::vector<std::pair<std::string, std::string>>& query, const ParseLimits& limits,
                              Places* places) {
    std::size_t bytes = 0;
    for (const auto& [name, value] : query) {
        bytes += name.size() + value.size();
    }
    if (bytes > limits.text_bytes) {
        return fail(Errc::malformed, fmt::format("the options are longer than {} bytes", limits.text_bytes));
    }
    Options options;
    OptionsParser parser(limits, places);
    std::set<std::string, std::less<>> seen;
    for (const auto& [name, value] : query) {
        if (!name.starts_with('$')) {
            continue;
        }
        const auto read = [&]() -> Result<void> {
            TRY_DO(OptionsParser::once(seen, name));
            if (!is_utf8(value)) {
                return fail(Errc::malformed, "not UTF-8");
            }
            Scanner in(value);
            in.skip_space();
            TRY_DO(parser.value(name, in, options, 0));
            return in.done() ? Result<void>{} : in.expected("the end");
        }();
        if (!read) {
            return fail(read.error(), name.substr(0, 40));
        }
    }
    return options;
}

Result<Options> parse_options(std::string_view query, const ParseLimits& limits, Places* places) {
    // Escaping takes three characters for one, so this bounds the work before decoding.
    if (query.size() > 3 * limits.text_bytes) {
        return fail(Errc::malformed, fmt::format("the options are longer than {} bytes", limits.text_bytes));
    }
    std::vector<std::pair<std::string, std::string>> pairs;
    for (const std::string_view part : split(query, '&')) {
        if (part.empty()) {
            continue;
        }
        const auto equals = part.find('=');
        TRY(auto name, percent_decode(part.substr(0, equals), true));
        TRY(auto value, percent_decode(equals == std::string_view::npos ? "" : part.substr(equals + 1), true));
        pairs.emplace_back(std::move(name), std::move(value));
    }
    return parse_options(pairs, limits, places);
}

std::string to_query(const Options& options) {
    std::string out;
    for (const auto& [name, value] : items(options)) {
        out += out.empty() ? "" : "&";
        out += name;
        out += '=';
        // What RFC 3986 §3.4 lets stand in a query and no form decoding changes, so that a link stays readable.
        out += percent_encode(value, "$/:@(),;='*!");
    }
    return out;
}

}  // namespace bypuls::query
