#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <variant>
#include <vector>

#include "platform/registry/model.h"

namespace bypuls::registry {

/// The most writes that one Registry::apply takes.
constexpr std::size_t writes_max = 10'000;

/// In a list of writes, stands for the id that the write at `place` (from 0) gives.
template <typename IdType>
IdType id_from(std::size_t place) {
    return IdType{-1 - static_cast<std::int64_t>(place)};
}

/// What went away with an entity, so that its readings can be deleted too.
struct Removed {
    std::vector<DatastreamId> datastreams;  ///< multi-datastreams too
};

// One change to a registry. Wherever an id stands, id_from() may name an earlier write that makes such an entity.

/// Its own id is ignored.
struct Create {
    AnyEntity entity;
};
/// Replaces all of it, but for what Collection::update leaves alone.
struct Update {
    AnyEntity entity;
};
struct Remove {
    Kind kind = Kind::thing;
    std::int64_t id = 0;
};
/// The thing is at `locations` since `time`, or from now on.
struct Move {
    ThingId thing{};
    std::vector<LocationId> locations;
    std::optional<Instant> time;
};

using Write = std::variant<Create, Update, Remove, Move>;

struct Applied {
    /// For each write, in order: the new id, of a move that of the historical location, otherwise the id it was about.
    std::vector<std::int64_t> ids;
    Removed removed;
};

/// Puts ids in the place of what id_from() stands for. `kinds` and `ids` are of the writes before this one: what each
/// made, nothing when it made nothing. Errc::malformed for a place that does not make what is wanted there.
Result<void> resolve(Write& write, std::span<const std::optional<Kind>> kinds, std::span<const std::int64_t> ids);
/// What a write makes.
std::optional<Kind> made_by(const Write& write);
/// Why the write at `place` (from 0) was refused, with what it is called.
std::unexpected<Error> refused(Error why, std::size_t place, std::span<const std::string> names);

}  // namespace bypuls::registry
