#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "platform/query/expression.h"

namespace bypuls::sensorthings {

/// Where a page ended: the values of its order's keys and what tells the last entity apart. Opaque to clients, and only
/// good for the same question.
struct PageEnd {
    std::vector<query::Value> keys;
    std::vector<std::int64_t> place;  ///< of an entity: its id; of an observation: datastream and time (µs since 1970)
    /// Where each value is shown once, there is no such place: the next page is found by how many values come before,
    /// as $skip says it. No part of the token.
    std::uint64_t skip = 0;

    friend bool operator==(const PageEnd&, const PageEnd&) = default;
};

/// The `$skiptoken`: unreserved characters only.
std::string to_token(const PageEnd& end);
/// Errc::malformed for what to_token() does not write.
Result<PageEnd> page_end_from(std::string_view token);

}  // namespace bypuls::sensorthings
