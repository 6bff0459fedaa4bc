#include "platform/observations/blocks/hot.h"

#include <algorithm>

#include "platform/observations/blocks/merge.h"

namespace bypuls::observations::blocks {

namespace {

constexpr std::int64_t day_micros = 86'400'000'000;

Columns late_rows(const Active& active, Interval interval, std::size_t limit, bool newest) {
    Columns out{.type = active.rows.type};
    auto from = active.late.lower_bound(interval.from);
    auto to = interval.empty() ? from : active.late.lower_bound(interval.to);
    if (!newest) {
        for (; from != to && out.size() < limit; ++from) {
            out.push_back(from->first, from->second.value, from->second.quality);
        }
        return out;
    }
    auto start = to;
    for (std::size_t taken = 0; start != from && taken < limit; ++taken) {
        --start;
    }
    for (; start != to; ++start) {
        out.push_back(start->first, start->second.value, start->second.quality);
    }
    return out;
}

constexpr Interval all_time{earliest_time, latest_time};

}  // namespace

std::int64_t day_of(Instant t) {
    return std::chrono::floor<std::chrono::days>(t).time_since_epoch().count();
}

Instant start_of(std::int64_t day) {
    return Instant{Duration{day * day_micros}};
}

void Snapshot::settle_upto(SettleNumber on_disk) {
    const auto drop = [this](Columns& rows) {
        if (!rows.empty()) {
            const std::int64_t first = day_of(rows.times.front());
            const std::int64_t last = day_of(rows.times.back());
            shape.fresh_from = shape.has_days() ? std::min(shape.fresh_from, first) : first;
            shape.fresh_to = std::max(shape.fresh_to, last);
            rows.clear();
        }
    };
    if (on_disk >= frozen_number) {
        drop(frozen);
        frozen_corrects = false;
    }
    if (on_disk >= active_number) {
        drop(active);
        active_corrects = false;
    }
}

Columns Snapshot::rows() const {
    return overlay(frozen, active);
}

Snapshot snapshot_of(const State& state, Interval interval, std::size_t limit, bool newest) {
    Snapshot out;
    out.head = state.head;
    out.shape = state.shape;
    out.frozen.type = state.head.type;
    out.active.type = state.head.type;
    if (state.frozen) {
        out.frozen = part(state.frozen->rows, interval, limit, newest);
        out.frozen_number = state.frozen->number;
        out.frozen_corrects = !state.frozen->corrections.empty();
    }
    if (state.active) {
        out.active = overlay(part(state.active->rows, interval, limit, newest),
                             late_rows(*state.active, interval, limit, newest));
        out.active_number = state.active->number;
        out.active_corrects = state.active->corrections > 0;
    }
    return out;
}

void freeze(State& state, SettleNumber number) {
    if (!state.active && !state.frozen) {
        return;
    }
    if (!state.frozen) {
        state.frozen = std::make_unique<Frozen>();
        state.frozen->rows.type = state.head.type;
    }
    Frozen& frozen = *state.frozen;
    frozen.number = number;
    frozen.head = state.head;
    if (!state.active) {
        return;
    }
    Active& active = *state.active;
    for (const auto& [time, late] : active.late) {
        if (late.corrects && find(frozen.rows, time) == frozen.rows.size()) {
            frozen.corrections.push_back(time);
        }
    }
    std::ranges::sort(frozen.corrections);
    const Columns late = late_rows(active, all_time, active.late.size(), false);
    const bool plain = frozen.rows.empty() && late.empty();
    frozen.rows = plain ? std::move(active.rows) : overlay(frozen.rows, overlay(active.rows, late));
    state.active.reset();
}

std::uint64_t remove_hot(State& state, std::span<const Interval> intervals) {
    const std::uint64_t before = own_rows(state);
    if (state.frozen) {
        state.frozen->rows = without(state.frozen->rows, intervals);
        std::erase_if(state.frozen->corrections, [&](Instant t) { return within(intervals, t); });
    }
    if (state.active) {
        state.active->rows = without(state.active->rows, intervals);
        std::erase_if(state.active->late, [&](const auto& late) {
            const bool gone = within(intervals, late.first);
            state.active->corrections -= gone && late.second.corrects ? 1 : 0;
            return gone;
        });
    }
    return before - own_rows(state);
}

std::uint64_t own_rows(const State& state) {
    std::uint64_t out = 0;
    if (state.frozen) {
        out += state.frozen->rows.size() - state.frozen->corrections.size();
    }
    if (state.active) {
        out += state.active->rows.size() + state.active->late.size() - state.active->corrections;
    }
    return out;
}

std::optional<Observation> find_hot(const State& state, Instant t) {
    if (state.active) {
        if (const auto late = state.active->late.find(t); late != state.active->late.end()) {
            return Observation{t, late->second.value, late->second.quality};
        }
        if (const std::size_t row = find(state.active->rows, t); row < state.active->rows.size()) {
            return state.active->rows.at(row);
        }
    }
    if (state.frozen) {
        if (const std::size_t row = find(state.frozen->rows, t); row < state.frozen->rows.size()) {
            return state.frozen->rows.at(row);
        }
    }
    return std::nullopt;
}

std::size_t cost_of(const Value& value, bool late) {
    constexpr std::size_t row = 24;        // time, value and what vectors keep in reserve
    constexpr std::size_t map_node = 120;  // a late reading's place in the map
    std::size_t text = 0;
    if (const auto* category = std::get_if<Category>(&value)) {
        text = sizeof(std::string) + category->value.size();
    } else if (const auto* json = std::get_if<Json>(&value)) {
        text = sizeof(std::string) + json->text.size();
    }
    return row + text + (late ? map_node : 0);
}

}  // namespace bypuls::observations::blocks
