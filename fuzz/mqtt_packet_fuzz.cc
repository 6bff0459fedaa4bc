// A stream of MQTT packets as a stranger may send it: the first byte tells the version. What can be read can be
// written, and reads the same again.
#include <cstddef>
#include <cstdint>

#include "core/check.h"
#include "core/text.h"
#include "platform/mqtt/codec.h"
#include "platform/mqtt/topics.h"

using namespace bypuls;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) {
        return 0;
    }
    const auto version = data[0] % 2 == 0 ? mqtt::Version::v3_1_1 : mqtt::Version::v5;
    ByteView rest = std::as_bytes(std::span(data, size)).subspan(1);
    while (!rest.empty()) {
        const auto length = mqtt::packet_length(rest, 1U << 20U);
        if (!length || !*length || **length > rest.size()) {
            break;
        }
        check(**length >= 2, "a packet has a header");
        const auto packet = mqtt::decode(rest.first(**length), version);
        rest = rest.subspan(**length);
        if (!packet) {
            check(mqtt::is_refusal(packet.error().reason) && !packet.error().what.empty(), "a fault says what");
            continue;
        }
        const auto* connect = std::get_if<mqtt::Connect>(&*packet);
        const auto spoken = connect != nullptr ? connect->version : version;
        Bytes again;
        mqtt::encode(*packet, spoken, again);
        const auto written = mqtt::packet_length(again);
        check(written && *written && **written == again.size(), "what is written is one packet");
        const auto back = mqtt::decode(again, spoken);
        check(back && *back == *packet, "what is written reads the same");
        if (const auto* publish = std::get_if<mqtt::Publish>(&*packet); publish != nullptr && !publish->topic.empty()) {
            check(mqtt::matches("#", publish->topic) || publish->topic.starts_with('$'), "# matches every topic");
            check(mqtt::matches(publish->topic, publish->topic), "a topic matches itself");
        }
        if (const auto* subscribe = std::get_if<mqtt::Subscribe>(&*packet)) {
            for (const auto& request : subscribe->requests) {
                if (mqtt::is_topic_filter(request.filter)) {
                    check(mqtt::covers(request.filter, request.filter), "a filter covers itself");
                }
            }
        }
    }
    return 0;
}
