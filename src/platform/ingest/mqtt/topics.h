#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/ingest/message.h"
#include "platform/mqtt/ports.h"

/// What MQTT topics mean on the way in. The bodies are those of HTTP's ways in, and take the same way from there.
namespace bypuls::ingest {

enum class TopicKind : std::uint8_t {
    chirpstack,    ///< application/{id}/device/{dev_eui}/event/{event}: JSON, or protobuf
    tts,           ///< v3/{application}@{tenant}/devices/{device}/{up, join, …}: JSON
    lines,         ///< ingest/lines, ingest/lines/{ns, us, ms, s}: InfluxDB line protocol
    observations,  ///< ingest/observations: a batch in JSON, or in NDJSON by its content type
};
std::string_view name_of(TopicKind kind);
/// Errc::malformed names the kinds that there are.
Result<TopicKind> topic_kind_named(std::string_view name);

/// Nothing: the topic carries no readings.
std::optional<TopicKind> kind_of(std::string_view topic);
/// Filters that together match what kind_of() knows: what a key with the scope ingest may publish.
const std::vector<std::string>& ingest_filters();
/// "v1.1/#" and "v1.0/#": what the SensorThings service answers for itself, and says who may what.
const std::vector<std::string>& sensorthings_filters();
/// Those of one kind: what a bridge subscribes to.
std::vector<std::string> filters_of(TopicKind kind);
/// Where network servers listen for downlinks: what a key with the scope ingest may subscribe to.
const std::vector<std::string>& command_filters();

/// The message as the pipeline takes it. Its key is the client and the packet identifier, so that one that is sent
/// again is known even when its readings have no time of their own. Pure.
Message message_from(TopicKind kind, const mqtt::Arrival& arrival);

}  // namespace bypuls::ingest
