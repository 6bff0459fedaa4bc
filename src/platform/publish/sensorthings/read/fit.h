#pragma once

#include "core/result.h"
#include "platform/publish/sensorthings/model/schema.h"
#include "platform/query/expression.h"
#include "platform/query/parse.h"

namespace bypuls::sensorthings {

/// Options checked against what the kind has: every name of filters, orders, selects and expands leads somewhere, at
/// every level. Times that stand as text in quotes beside a time are read as times, since 1.0's examples and clients
/// write them so. Errc::malformed with the option, the position and the reason; `places` come
/// from the parsing.
Result<query::Options> fit(Kind kind, query::Options options, const query::Places& places = {});

/// A filter alone.
Result<query::Expression> fit_filter(Kind kind, query::Expression filter);

/// What a path of a filter means for a kind.
struct PathMeaning {
    Kind kind = Kind::thing;             ///< whose property it is
    std::size_t navigations = 0;         ///< steps that lead to other entities
    bool many = false;                   ///< one of those leads to many, and none counts them
    const Property* property = nullptr;  ///< null: the id
};
Result<PathMeaning> meaning_of(Kind kind, const query::Path& path, std::uint32_t position = 0);

/// A path that begins with a navigation, without it.
query::Expression without_first_step(const query::Expression& expression);
/// Do all paths of the expression, and at least one, begin with this step?
bool all_paths_begin_with(const query::Expression& expression, std::string_view step);

}  // namespace bypuls::sensorthings
