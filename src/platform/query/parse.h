#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/result.h"
#include "platform/query/expression.h"

namespace bypuls::query {

/// Bounds of one request; Errc::malformed with a sentence beyond.
struct ParseLimits {
    std::size_t text_bytes = 16 << 10;
    std::size_t depth = 64;         ///< brackets, functions, signs and `not` within one another
    std::size_t nodes = 1000;       ///< of all expressions of the request
    std::size_t expand_depth = 10;  ///< nested $expand
    std::uint64_t top = 10'000;     ///< a larger $top is cut to this, as 18-088 §9.3.3.2 lets a service do
};

/// Where the names of $select and $expand begin, in bytes from 1 of the option's text. Whether they name anything is
/// for the entities' schema to judge, which so can say where. (Expressions hold their own positions.)
class Places {
public:
    /// "Datastreams/Observations" of an $expand, "Datastreams$select=properties/owner" of a $select within one.
    static std::string selected(std::string_view way, const Path& path);
    static std::string expanded(std::string_view way, std::string_view navigation);

    /// What stands twice is where it stood first.
    void note(std::string name, std::size_t position) { places_.try_emplace(std::move(name), position); }
    /// "at 7: ", or nothing when the name was not read from a text.
    std::string at(const std::string& name) const;

private:
    std::map<std::string, std::size_t> places_;
};

/// A $filter. Errc::malformed: "at 14: expected a value after 'eq', found ')'"; positions count bytes from 1.
/// Precedence as OData 4.0 Part 2 §5.1.1.9: minus, mul div mod, add sub, gt ge lt le, eq ne, not, and, or. (OData has
/// `not` first, where "not result eq 1" would negate a number; FROST and its tests take it as not (result eq 1), and
/// between truth values both are the same.)
/// A time may stand in quotes or without; its "+01:00" may have come through a URL as " 01:00".
Result<Expression> parse_filter(std::string_view text, const ParseLimits& limits = {});

/// A time as texts have it: an instant "2026-06-05T14:30:00Z", a span "…/…" or "…/P1D", or a date "2026-06-05".
Result<Value> parse_time(std::string_view text);

/// All options of a request: names and values as the URL had them, decoded. An unknown name that begins with '$',
/// a name given twice, or a bad value is Errc::malformed and names the option; other names are ignored.
/// $expand takes both forms, "A/B,C" and "A($expand=B;$top=1)", and merges what begins alike; the same step with two
/// different sets of options is malformed.
/// `places` is told where names stood; null: nobody asks.
Result<Options> parse_options(const std::vector<std::pair<std::string, std::string>>& query,
                              const ParseLimits& limits = {}, Places* places = nullptr);

/// "$filter=…&$top=…" not yet decoded, as MQTT topics and nextLinks carry it.
Result<Options> parse_options(std::string_view query, const ParseLimits& limits = {}, Places* places = nullptr);

/// The options as a query, escaped for a URL: parse_options(to_query(o)) == o. Empty for no options. For nextLinks.
std::string to_query(const Options& options);

}  // namespace bypuls::query
