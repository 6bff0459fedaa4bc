#include "platform/journal/shelf.h"

#include <algorithm>

#include "core/check.h"

namespace bypuls::journal {

void Shelf::add(Segment segment) {
    const std::lock_guard lock(mutex_);
    if (!segments_.empty()) {
        auto& before = segments_.rbegin()->second;
        check(before.first < segment.first, "segments are added in order");
        before.end = segment.first;
    }
    next_ = std::max(next_, segment.end);
    segments_.emplace(segment.first, std::move(segment));
}

void Shelf::grow(Position end, std::uint64_t bytes) {
    const std::lock_guard lock(mutex_);
    auto& newest = segments_.rbegin()->second;
    newest.end = end;
    newest.bytes = bytes;
    next_ = end;
}

void Shelf::remove_if_empty(const std::string& name) {
    const std::lock_guard lock(mutex_);
    if (!segments_.empty() && segments_.rbegin()->second.name == name &&
        segments_.rbegin()->second.end == segments_.rbegin()->first) {
        segments_.erase(std::prev(segments_.end()));
    }
}

Position Shelf::next() const {
    const std::lock_guard lock(mutex_);
    return next_;
}

void Shelf::set_next(Position next) {
    const std::lock_guard lock(mutex_);
    next_ = std::max(next_, next);
}

std::optional<Segment> Shelf::find(Position position) const {
    const std::lock_guard lock(mutex_);
    auto it = segments_.upper_bound(position);
    if (it != segments_.begin()) {
        --it;
    }
    while (it != segments_.end() && it->second.end <= position) {
        ++it;
    }
    // A segment without records yet holds nothing that comes before another.
    while (it != segments_.end() && it->second.end <= it->second.first) {
        ++it;
    }
    return it == segments_.end() ? std::nullopt : std::optional{it->second};
}

Position Shelf::first() const {
    const std::lock_guard lock(mutex_);
    return segments_.empty() ? next_ : segments_.begin()->first;
}

std::uint64_t Shelf::bytes() const {
    const std::lock_guard lock(mutex_);
    std::uint64_t sum = 0;
    for (const auto& [first, segment] : segments_) {
        sum += segment.bytes;
    }
    return sum;
}

std::size_t Shelf::count() const {
    const std::lock_guard lock(mutex_);
    return segments_.size();
}

std::optional<Segment> Shelf::oldest_before(Position keep_from) const {
    const std::lock_guard lock(mutex_);
    if (segments_.size() < 2 || segments_.begin()->second.end > keep_from) {
        return std::nullopt;
    }
    return segments_.begin()->second;
}

void Shelf::remove(Position first) {
    const std::lock_guard lock(mutex_);
    segments_.erase(first);
}

}  // namespace bypuls::journal
