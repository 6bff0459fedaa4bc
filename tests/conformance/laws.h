#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "platform/publish/sensorthings/read/session.h"

#include "tests/conformance/world.h"

/// What laws are tried on: random towns, and an answer to every question that uses no index and no plan.
namespace bypuls::sensorthings::conformance {

/// A town of random things and readings, of one value and of two. Made within a RapidCheck property.
struct Town {
    Town();
    World world;
};

/// What a question to things, datastreams or observations finds, in its order, before $skip and $top: everything is
/// looked at one by one. `of`: only what belongs to that thing or datastream. `options` are as the client gave them.
std::vector<std::int64_t> naive(World& world, Kind kind, const query::Options& options,
                                const std::optional<Origin>& of = std::nullopt);

}  // namespace bypuls::sensorthings::conformance
