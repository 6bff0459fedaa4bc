#include "platform/identity/throttle.h"

#include <algorithm>

#include "core/check.h"

namespace bypuls::identity {

Throttle::Throttle(const Clock& clock, std::size_t burst, std::chrono::milliseconds refill, std::size_t names_max)
    : clock_(clock), burst_(burst), refill_(refill), names_max_(names_max) {
    check(burst > 0 && refill.count() > 0 && names_max > 0, "a throttle lets something through");
}

std::chrono::milliseconds Throttle::attempt(std::string_view name) {
    const std::lock_guard lock(mutex_);
    const Steady now = clock_.steady();
    const auto capacity = refill_ * static_cast<std::int64_t>(burst_);
    const auto found = full_at_.find(std::string(name));
    const Steady full_at = found == full_at_.end() ? now : std::max(now, found->second);
    const auto after = full_at + refill_;
    if (after - now > capacity) {
        return std::chrono::ceil<std::chrono::milliseconds>(after - now - capacity);
    }
    if (found != full_at_.end()) {
        found->second = after;
    } else {
        make_room(now);
        full_at_.emplace(std::string(name), after);
    }
    return std::chrono::milliseconds::zero();
}

void Throttle::forgive(std::string_view name) {
    const std::lock_guard lock(mutex_);
    full_at_.erase(std::string(name));
}

void Throttle::make_room(Steady now) {
    if (full_at_.size() < names_max_) {
        return;
    }
    std::erase_if(full_at_, [&](const auto& entry) { return entry.second <= now; });
    if (full_at_.size() >= names_max_) {
        // All are waiting: the one that would be let through first loses least by being forgotten.
        full_at_.erase(std::ranges::min_element(full_at_, {}, [](const auto& entry) { return entry.second; }));
    }
}

}  // namespace bypuls::identity
