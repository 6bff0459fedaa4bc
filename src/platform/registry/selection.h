#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "platform/query/expression.h"
#include "platform/registry/model.h"

namespace bypuls::registry {

enum class Kind : std::uint8_t;

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
    /// By own columns; the id is always the last key. Empty: by rising id.
    std::vector<query::Order> order;
    /// The key of paging: the values of `order` and the id of the last entity seen. Entities beyond it follow.
    struct After {
        std::vector<query::Value> values;
        std::int64_t id = 0;
    };
    std::optional<After> after;
    std::size_t limit = 100;  ///< 1 to page_max
};

/// Can a registry answer this filter for the kind by itself? Comparisons (eq ne gt ge lt le, also with null) of id, own
/// text properties and members of `properties` with literals, startswith, endswith and substringof on texts, the same
/// over navigation between registry entities (true for any when it leads to many), and, or, not of these. Everything
/// that touches readings, geometry or other functions is not.
bool can_select(Kind kind, const query::Expression& filter);
/// And this order? id and own text properties.
bool can_order(Kind kind, const std::vector<query::Order>& order);

}  // namespace bypuls::registry
