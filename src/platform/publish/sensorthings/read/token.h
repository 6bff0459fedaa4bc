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

    friend bool operator==(const PageEnd&, const PageEnd&) = default;
};

/// The `$skiptoken`: unreserved characters only.
std::string to_token(const PageEnd& end);
/// Errc::malformed for what to_token() does not write.
Result<PageEnd> page_end_from(std::string_view token);

}  // namespace bypuls::sensorthings
