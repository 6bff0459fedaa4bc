#include "platform/ingest/mqtt/topics.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "core/text.h"
#include "platform/mqtt/topics.h"

namespace bypuls::ingest {
namespace {

constexpr std::array<std::pair<TopicKind, std::string_view>, 4> names{{{TopicKind::chirpstack, "chirpstack"},
                                                                       {TopicKind::tts, "tts"},
                                                                       {TopicKind::lines, "lines"},
                                                                       {TopicKind::observations, "observations"}}};

const std::vector<std::pair<TopicKind, std::string>>& table() {
    static const std::vector<std::pair<TopicKind, std::string>> rows{
        {TopicKind::lines, "ingest/lines"},
        {TopicKind::lines, "ingest/lines/+"},
        {TopicKind::observations, "ingest/observations"},
        {TopicKind::chirpstack, "application/+/device/+/event/+"},
        {TopicKind::tts, "v3/+/devices/+/up"},
        {TopicKind::tts, "v3/+/devices/+/join"},
        {TopicKind::tts, "v3/+/devices/+/location/solved"},
        {TopicKind::tts, "v3/+/devices/+/service/data"},
        {TopicKind::tts, "v3/+/devices/+/down/queued"},
        {TopicKind::tts, "v3/+/devices/+/down/sent"},
        {TopicKind::tts, "v3/+/devices/+/down/ack"},
        {TopicKind::tts, "v3/+/devices/+/down/nack"},
        {TopicKind::tts, "v3/+/devices/+/down/failed"},
    };
    return rows;
}

std::string last_level(std::string_view topic) {
    return std::string(topic.substr(topic.rfind('/') + 1));
}

}  // namespace

std::string_view name_of(TopicKind kind) {
    return std::ranges::find(names, kind, &std::pair<TopicKind, std::string_view>::first)->second;
}

Result<TopicKind> topic_kind_named(std::string_view name) {
    for (const auto& [kind, known] : names) {
        if (known == name) {
            return kind;
        }
    }
    return fail(Errc::malformed, fmt::format("'{}' is none of chirpstack, tts, lines and observations", name));
}

std::optional<TopicKind> kind_of(std::string_view topic) {
    for (const auto& [kind, filter] : table()) {
        if (mqtt::matches(filter, topic)) {
            return kind;
        }
    }
    return std::nullopt;
}

const std::vector<std::string>& ingest_filters() {
    static const std::vector<std::string> filters = [] {
        std::vector<std::string> all;
        for (const auto& [kind, filter] : table()) {
            all.push_back(filter);
        }
        return all;
    }();
    return filters;
}

const std::vector<std::string>& sensorthings_filters() {
    static const std::vector<std::string> filters{"v1.1/#", "v1.0/#"};
    return filters;
}

std::vector<std::string> filters_of(TopicKind kind) {
    std::vector<std::string> filters;
    for (const auto& [each, filter] : table()) {
        if (each == kind) {
            filters.push_back(filter);
        }
    }
    return filters;
}

const std::vector<std::string>& command_filters() {
    static const std::vector<std::string> filters{"application/+/device/+/command/+", "v3/+/devices/+/down/push",
                                                  "v3/+/devices/+/down/replace"};
    return filters;
}

Message message_from(TopicKind kind, const mqtt::Arrival& arrival) {
    const mqtt::Message& sent = *arrival.message;
    Message message{.sender = arrival.sender, .received = arrival.received, .body = sent.payload};
    switch (kind) {
        case TopicKind::chirpstack:
            // Protobuf never begins like this: it would be the start of a group, which proto3 does not have.
            message.way = sent.payload.starts_with('{') ? Way::chirpstack_json : Way::chirpstack_protobuf;
            message.detail = last_level(sent.topic);
            break;
        case TopicKind::tts: message.way = Way::tts_json; break;
        case TopicKind::lines:
            message.way = Way::lines;
            message.detail = mqtt::matches("ingest/lines/+", sent.topic) ? last_level(sent.topic) : "ns";
            break;
        case TopicKind::observations: {
            const auto type = sent.properties.text(mqtt::PropertyId::content_type).value_or("");
            message.way = type.starts_with("application/x-ndjson") ? Way::batch_ndjson : Way::batch_json;
            break;
        }
    }
    if (arrival.packet_id != 0) {
        message.key = fmt::format("{}/{}", sent.publisher, arrival.packet_id);
        message.redelivered = arrival.redelivered;
    }
    return message;
}

}  // namespace bypuls::ingest
