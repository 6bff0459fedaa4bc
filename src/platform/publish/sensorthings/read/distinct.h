#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_set>

#include "platform/publish/sensorthings/read/token.h"
#include "platform/query/expression.h"

namespace bypuls::sensorthings {

/// Values that pass by, each to be shown once, in pages: $skip, $top and $count are about values, not about entities.
/// Keeps every value it has seen, so what passes by is bounded by the limits of reading.
class DistinctValues {
public:
    DistinctValues(const query::Options& options, std::size_t page_limit)
        : skip_(options.skip), limit_(page_limit), counts_(options.count) {}

    /// Is it new, and on this page?
    bool shows(std::string value) {
        if (!seen_.insert(std::move(value)).second || seen_.size() <= skip_) {
            return false;
        }
        more_ = more_ || seen_.size() - skip_ > limit_;
        return !more_;
    }
    /// Nothing that may come would change the page.
    bool is_full() const { return more_ && !counts_; }
    std::optional<std::uint64_t> count() const { return counts_ ? std::optional(seen_.size()) : std::nullopt; }
    /// The next page begins so many values on.
    std::optional<PageEnd> next() const {
        return more_ && limit_ > 0 ? std::optional(PageEnd{.skip = skip_ + limit_}) : std::nullopt;
    }

private:
    std::uint64_t skip_;
    std::size_t limit_;
    bool counts_;
    bool more_ = false;
    std::unordered_set<std::string> seen_;
};

}  // namespace bypuls::sensorthings
