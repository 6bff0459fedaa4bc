#include "platform/mqtt/properties.h"

#include <algorithm>
#include <array>
#include <initializer_list>

#include <fmt/format.h>

#include "platform/mqtt/topics.h"

namespace bypuls::mqtt {
namespace {

enum class Form : std::uint8_t { flag, two_bytes, four_bytes, variable, text, binary, pair };
enum class Zero : std::uint8_t { allowed, refused };

constexpr std::uint16_t mask(std::initializer_list<PropertyPlace> places) {
    std::uint16_t bits = 0;
    for (const PropertyPlace place : places) {
        bits = static_cast<std::uint16_t>(bits | (1U << static_cast<unsigned>(place)));
    }
    return bits;
}

struct Row {
    PropertyId id;
    Form form;
    std::uint16_t places;
    Zero zero = Zero::allowed;
};

using enum PropertyPlace;
constexpr std::uint16_t messages = mask({publish, will});
constexpr std::uint16_t signing_in = mask({connect, connack, auth});
constexpr std::uint16_t everywhere = 0xFFFF;
constexpr std::uint16_t answers = mask({connack, acknowledgement, suback, disconnect, auth});

// §2.2.2.2, table 2-4.
constexpr std::array<Row, 27> rows{{
    {PropertyId::payload_format, Form::flag, messages},
    {PropertyId::message_expiry, Form::four_bytes, messages},
    {PropertyId::content_type, Form::text, messages},
    {PropertyId::response_topic, Form::text, messages},
    {PropertyId::correlation_data, Form::binary, messages},
    {PropertyId::subscription_id, Form::variable, mask({publish, subscribe}), Zero::refused},
    {PropertyId::session_expiry, Form::four_bytes, mask({connect, connack, disconnect})},
    {PropertyId::assigned_client_id, Form::text, mask({connack})},
    {PropertyId::server_keep_alive, Form::two_bytes, mask({connack})},
    {PropertyId::authentication_method, Form::text, signing_in},
    {PropertyId::authentication_data, Form::binary, signing_in},
    {PropertyId::request_problem_information, Form::flag, mask({connect})},
    {PropertyId::will_delay, Form::four_bytes, mask({will})},
    {PropertyId::request_response_information, Form::flag, mask({connect})},
    {PropertyId::response_information, Form::text, mask({connack})},
    {PropertyId::server_reference, Form::text, mask({connack, disconnect})},
    {PropertyId::reason_string, Form::text, answers},
    {PropertyId::receive_maximum, Form::two_bytes, mask({connect, connack}), Zero::refused},
    {PropertyId::topic_alias_maximum, Form::two_bytes, mask({connect, connack})},
    {PropertyId::topic_alias, Form::two_bytes, mask({publish}), Zero::refused},
    {PropertyId::maximum_qos, Form::flag, mask({connack})},
    {PropertyId::retain_available, Form::flag, mask({connack})},
    {PropertyId::user_property, Form::pair, everywhere},
    {PropertyId::maximum_packet_size, Form::four_bytes, mask({connect, connack}), Zero::refused},
    {PropertyId::wildcard_subscription_available, Form::flag, mask({connack})},
    {PropertyId::subscription_identifier_available, Form::flag, mask({connack})},
    {PropertyId::shared_subscription_available, Form::flag, mask({connack})},
}};

bool may_repeat(PropertyId id, PropertyPlace place) {
    return id == PropertyId::user_property || (id == PropertyId::subscription_id && place == publish);
}

Decoded<void> read_value(FieldReader& in, const Row& row, Property& property) {
    switch (row.form) {
        case Form::flag: {
            TRY(property.number, in.u8());
            break;
        }
        case Form::two_bytes: {
            TRY(property.number, in.u16());
            break;
        }
        case Form::four_bytes: {
            TRY(property.number, in.u32());
            break;
        }
        case Form::variable: {
            TRY(property.number, in.varint());
            break;
        }
        case Form::text: {
            TRY(property.text, in.text());
            return {};
        }
        case Form::binary: {
            TRY(property.text, in.binary());
            return {};
        }
        case Form::pair: {
            TRY(property.text, in.text());
            TRY(property.value, in.text());
            return {};
        }
    }
    if ((row.form == Form::flag && property.number > 1) || (row.zero == Zero::refused && property.number == 0)) {
        return broken(fmt::format("property {:#04x} may not be {}", static_cast<unsigned>(row.id), property.number));
    }
    return {};
}

}  // namespace

Decoded<Properties> read_properties(FieldReader& in, PropertyPlace place) {
    TRY(const auto length, in.varint());
    TRY(const auto bytes, in.take(length));
    FieldReader fields(bytes);
    Properties properties;
    std::uint64_t seen = 0;
    while (fields.remaining() > 0) {
        TRY(const auto id, fields.varint());
        const auto* row = std::ranges::find(rows, id, [](const Row& each) { return static_cast<unsigned>(each.id); });
        if (row == rows.end()) {
            return malformed(fmt::format("there is no property {:#04x}", id));
        }
        if ((row->places & (1U << static_cast<unsigned>(place))) == 0) {
            return broken(fmt::format("property {:#04x} does not belong in this packet", id));
        }
        const std::uint64_t bit = 1ULL << id;
        if ((seen & bit) != 0 && !may_repeat(row->id, place)) {
            return broken(fmt::format("property {:#04x} stands twice", id));
        }
        seen |= bit;
        if (properties.all().size() == properties_max) {
            return std::unexpected(Fault{Reason::quota_exceeded, "the packet has too many properties"});
        }
        Property property{.id = row->id};
        TRY_DO(read_value(fields, *row, property));
        if (row->id == PropertyId::response_topic && !is_topic_name(property.text)) {
            return std::unexpected(Fault{Reason::topic_name_invalid, "the response topic is not a topic name"});
        }
        properties.add(std::move(property));
    }
    return properties;
}

void write_properties(Bytes& out, const Properties& properties) {
    Bytes fields;
    for (const Property& property : properties.all()) {
        write_u8(fields, static_cast<std::uint8_t>(property.id));
        switch (std::ranges::find(rows, property.id, &Row::id)->form) {
            case Form::flag: write_u8(fields, static_cast<std::uint8_t>(property.number)); break;
            case Form::two_bytes: write_u16(fields, static_cast<std::uint16_t>(property.number)); break;
            case Form::four_bytes: write_u32(fields, property.number); break;
            case Form::variable: write_varint(fields, property.number); break;
            case Form::text:
            case Form::binary: write_text(fields, property.text); break;
            case Form::pair:
                write_text(fields, property.text);
                write_text(fields, property.value);
                break;
        }
    }
    write_varint(out, static_cast<std::uint32_t>(fields.size()));
    write_raw(out, as_text(fields));
}

}  // namespace bypuls::mqtt
