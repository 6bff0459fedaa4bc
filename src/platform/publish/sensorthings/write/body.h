#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/clock.h"
#include "core/result.h"
#include "platform/observations/details/detail.h"
#include "platform/publish/sensorthings/model/schema.h"
#include "platform/publish/sensorthings/read/entity.h"
#include "platform/registry/model.h"

/// JSON bodies and entities: what 18-088 §10 lets clients send, read with a sentence that names the member.
namespace bypuls::sensorthings {

/// A body as a tree. Errc::malformed with the byte; exhausted when it is nested too deep.
Result<nlohmann::json> parse_body(std::string_view text);

/// The properties of a registry's entity as a body has them, and back. Relations are left alone: they stay as `into`
/// has them. Errc::malformed for a member that is missing, unknown or of the wrong kind; bounds are the registry's to
/// check.
Result<registry::AnyEntity> entity_from(Kind kind, const nlohmann::json& body, registry::AnyEntity into);
nlohmann::json body_of(const registry::AnyEntity& entity);
/// An entity of the kind with nothing in it.
registry::AnyEntity blank(Kind kind);
Kind kind_of(const registry::AnyEntity& entity);

/// What a body says of an observation, beside its relations.
struct ObservationBody {
    std::optional<Instant> time;    ///< none: the server's time
    std::string result;             ///< JSON
    observations::Detail detail{};  ///< without the feature
};
Result<ObservationBody> observation_from(const nlohmann::json& body);
nlohmann::json body_of(const Reading& reading);

/// {"@iot.id": 5}, also with a self link: stands for an entity that is there already. Nothing for an inline entity.
std::optional<nlohmann::json> link_in(const nlohmann::json& body);

/// Does a result fit a datastream, or with components a multi-datastream? Errc::malformed says what it holds.
Result<void> check_result(std::string_view result, registry::ResultType type,
                          std::span<const registry::ResultType> components);

/// One row for the way in (Sink::submit). Without a time it is of when it was received.
std::string row_of(registry::DatastreamId datastream, std::optional<Instant> time, const ObservationBody& body,
                   bool with_details);

}  // namespace bypuls::sensorthings
