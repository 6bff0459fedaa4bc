#pragma once

#include <algorithm>
#include <compare>
#include <vector>

#include "platform/publish/sensorthings/read/session.h"
#include "platform/publish/sensorthings/read/token.h"

namespace bypuls::sensorthings {

/// The keys of $orderby for one entity.
Result<std::vector<query::Value>> keys_of(Session& session, const std::vector<query::Order>& order,
                                          const std::shared_ptr<const Entity>& entity);

/// Compares places in an order: the keys, each in its direction, then the place: of entities the id, always rising,
/// as registry::Selection has it; of observations in the direction of the last key, so that turning an order around
/// turns all of it.
std::weak_ordering compare(const PageEnd& a, const PageEnd& b, const std::vector<query::Order>& order);

/// The first `wanted` of all that are offered, in an order.
template <typename Item>
class Best {
public:
    Best(const std::vector<query::Order>& order, std::size_t wanted, std::size_t kept_max)
        : order_(order), wanted_(wanted), kept_max_(kept_max) {}

    /// Errc::exhausted when more would have to be kept than there is room for.
    Result<void> offer(PageEnd place, Item item) {
        const auto before = [this](const auto& a, const auto& b) { return compare(a.first, b.first, order_) < 0; };
        if (kept_.size() == wanted_) {
            if (wanted_ == 0 || !(compare(place, kept_.front().first, order_) < 0)) {
                return {};
            }
            std::ranges::pop_heap(kept_, before);
            kept_.pop_back();
        }
        if (kept_.size() >= kept_max_) {
            return fail(Errc::exhausted,
                        "the question sorts more than the service holds at once; narrow it with $filter");
        }
        kept_.emplace_back(std::move(place), std::move(item));
        std::ranges::push_heap(kept_, before);
        return {};
    }

    std::vector<std::pair<PageEnd, Item>> take() {
        std::ranges::sort_heap(kept_,
                               [this](const auto& a, const auto& b) { return compare(a.first, b.first, order_) < 0; });
        return std::move(kept_);
    }

private:
    const std::vector<query::Order>& order_;
    std::size_t wanted_;
    std::size_t kept_max_;
    std::vector<std::pair<PageEnd, Item>> kept_;
};

}  // namespace bypuls::sensorthings
