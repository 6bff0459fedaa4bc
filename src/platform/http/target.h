#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/percent.h"
#include "core/result.h"

namespace bypuls::http {

/// The part of a request target after `?`, decoded. Keeps order and repeated names.
class Query {
public:
    /// The first value of the name; nothing when the name is absent. `?x` and `?x=` are both the empty text.
    std::optional<std::string_view> get(std::string_view name) const;
    /// Every value of a repeated name, in order.
    std::vector<std::string_view> all(std::string_view name) const;
    /// A whole number in [min, max], or `absent` when the name is not there. Errc::malformed says which and why.
    Result<long long> integer(std::string_view name, long long absent, long long min, long long max) const;

    const std::vector<std::pair<std::string, std::string>>& items() const { return items_; }
    void add(std::string name, std::string value) { items_.emplace_back(std::move(name), std::move(value)); }

private:
    std::vector<std::pair<std::string, std::string>> items_;
};

/// A request target taken apart (RFC 9112 §3.2: origin form, absolute form, and `*`).
struct Target {
    /// Decoded, begins with '/'; "*" for the asterisk form.
    std::string path;
    Query query;
};

using bypuls::percent_decode;
using bypuls::percent_encode;

/// `a=1&b=%C3%A5`: a query, or a body of application/x-www-form-urlencoded. At most `pairs_max` pairs.
Result<Query> parse_query(std::string_view text, std::size_t pairs_max = 256);

/// Errc::malformed, with a sentence, for all that has no business in a target: other forms, invalid escapes, control
/// characters, backslashes and slashes that are escaped, `.` and `..` as segments, a path or query that does not decode
/// to UTF-8 (RFC 3629), a fragment. Pure.
Result<Target> parse_target(std::string_view target);

}  // namespace bypuls::http
