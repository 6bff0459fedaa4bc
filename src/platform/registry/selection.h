#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <vector>

#include "platform/query/expression.h"
#include "platform/registry/model.h"

namespace bypuls::registry {

/// "of Thing 7": only entities that are linked to this one (18-088 §8.1, figure 2). Between two kinds there is at most
/// one relation, so the kinds name it.
struct Related {
    Kind kind;
    std::int64_t id = 0;
    friend bool operator==(const Related&, const Related&) = default;
};

/// Which entities of a kind, in which order. What is given here a registry answers exactly, whatever it keeps them in;
/// what it cannot is for the caller to evaluate over what it gives (see can_select).
struct Selection {
    std::optional<Related> of;
    /// Null: all. Must outlive the call. Only what can_select() accepts: Errc::malformed otherwise.
    const query::Expression* where = nullptr;
    /// The id is always the last key, rising unless it is named. Empty: by rising id.
    std::vector<query::Order> order;
    /// The key of paging: the values of `order` and the id of the last entity seen. Entities beyond it follow.
    struct After {
        std::vector<query::Value> values;
        std::int64_t id = 0;
    };
    std::optional<After> after;
    std::size_t limit = 100;  ///< 1 to page_max
};

/// Can a registry answer this filter for the kind by itself? It can for `true`, `false` and, joined by and, or, not:
///  - eq ne gt ge lt le between a path and a literal, either first: an id with a number, a text with a text, the time
///  of
///    a historical location with an instant, a member of `properties` with a number, text or boolean (eq and ne), each
///    also with null;
///  - startswith, endswith, substringof of a path to a text or a member of `properties`, and a text;
/// where the path may lead over navigations between registry entities (true for any when they lead to many). Everything
/// that touches readings, geometry or other functions is not. Names are those of 18-088 §8.2: "encodingType",
/// "unitOfMeasurement/symbol", "properties/owner/name", "Thing/Locations/name".
bool can_select(Kind kind, const query::Expression& filter);
/// And this order? The id, own texts and times, members of `properties`, and the same of what a navigation to one leads
/// to. null comes first in a rising order, then booleans, numbers, texts, and what is an object or array, all alike.
bool can_order(Kind kind, const std::vector<query::Order>& order);

/// How two values of such an order compare: query::compare_for_order, with objects and arrays all alike.
std::weak_ordering compare_keys(const query::Value& a, const query::Value& b);

}  // namespace bypuls::registry
