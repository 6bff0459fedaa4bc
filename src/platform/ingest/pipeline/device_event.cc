#include "platform/ingest/pipeline/device_event.h"

#include <algorithm>

#include "core/text.h"

namespace bypuls::ingest::pipeline {
namespace {

bool is_hex(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool is_alnum(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_base64(char c) {
    return is_alnum(c) || c == '+' || c == '/' || c == '-' || c == '_';
}

constexpr std::size_t key_digits = 32;

template <class Is>
std::size_t run_length(std::string_view text, Is is) {
    return static_cast<std::size_t>(std::ranges::find_if_not(text, is) - text.begin());
}

/// How much of the beginning of `text`, where a word begins, is a key in hexadecimal digits that are written in groups,
/// such as "2b:7e:15" or "0x2b, 0x7e, 0x15". 0: none is.
std::size_t grouped_key(std::string_view text) {
    std::size_t at = 0;
    std::size_t digits = 0;
    std::size_t end = 0;
    while (at < text.size()) {
        const std::string_view prefix = text.substr(at, 2);
        at += prefix == "0x" || prefix == "0X" || prefix == "\\x" ? 2 : 0;
        const std::size_t group = run_length(text.substr(at), is_hex);
        at += group;
        const bool ends = at >= text.size() || !is_alnum(text[at]);
        if (group == 0 || (group % 2 != 0 && group < key_digits) || !ends) {
            break;
        }
        digits += group;
        end = at;
        // A UUID is no key: only pairs stand with hyphens between.
        const auto is_between = [&](char c) {
            return std::string_view(" \t\n:,;").contains(c) || (c == '-' && group == 2);
        };
        constexpr std::size_t between_max = 3;
        const std::size_t between = run_length(text.substr(at), is_between);
        if (between > between_max || (between == 0 && text.substr(at, 2) != "\\x")) {
            break;
        }
        at += between;
    }
    return digits >= key_digits ? end : 0;
}

/// The same of a key in base64: 16 bytes or more, with the padding that they have, or as mixed as only such are.
bool is_base64_key(std::string_view run, std::string_view after) {
    constexpr std::size_t key_characters = 22;
    const auto has = [&](char low, char high) {
        return std::ranges::any_of(run, [=](char c) { return c >= low && c <= high; });
    };
    return run.size() >= key_characters &&
           (after.starts_with("==") || (has('0', '9') && has('a', 'z') && has('A', 'Z')));
}

/// How much of `text` from `at` on is a key.
std::size_t key_at(std::string_view text, std::size_t at) {
    const std::string_view rest = text.substr(at);
    const char before = at == 0 ? ' ' : text[at - 1];
    if (!is_alnum(before)) {
        if (const std::size_t length = grouped_key(rest); length > 0) {
            return length;
        }
    }
    if (!is_base64(before)) {
        const std::size_t length = run_length(rest, is_base64);
        const std::string_view after = rest.substr(length);
        if (is_base64_key(rest.substr(0, length), after)) {
            return length + run_length(after.substr(0, 2), [](char c) { return c == '='; });
        }
    }
    if (!is_hex(before)) {
        const std::size_t length = run_length(rest, is_hex);
        return length >= key_digits ? length : 0;
    }
    return 0;
}

/// A server's sentence of trouble at a join may quote what it was given.
std::string without_keys(std::string_view text) {
    std::string safe;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t length = key_at(text, at);
        safe += length > 0 ? std::string_view("…") : text.substr(at, 1);
        at += std::max<std::size_t>(length, 1);
    }
    return safe;
}

}  // namespace

std::string short_text(std::string_view text, std::size_t code_points_max) {
    return std::string(beginning(without_keys(text), code_points_max));
}

DeviceEvent kept_of(const lorawan::Event& event) {
    using lorawan::Kind;
    DeviceEvent kept{.kind = event.kind};
    switch (event.kind) {
        case Kind::up: break;
        case Kind::status: kept.status = event.status; break;
        case Kind::join: kept.dev_addr = event.dev_addr ? event.dev_addr->to_text() : ""; break;
        case Kind::ack:
            if (event.downlink) {
                kept.acknowledged = event.downlink->acknowledged;
            }
            break;
        case Kind::txack:
            if (event.downlink) {
                kept.gateway = short_text(event.downlink->gateway_id, DeviceEvent::code_max);
            }
            break;
        case Kind::log:
            if (event.log) {
                kept.level = event.log->level;
                kept.code = short_text(event.log->code, DeviceEvent::code_max);
                kept.description = short_text(event.log->description, DeviceEvent::description_max);
            }
            break;
        case Kind::location:
            if (event.location) {
                kept.spot = DeviceEvent::Spot{event.location->latitude, event.location->longitude};
            }
            kept.code = short_text(event.service, DeviceEvent::code_max);
            break;
        case Kind::service: kept.code = short_text(event.service, DeviceEvent::code_max); break;
    }
    return kept;
}

}  // namespace bypuls::ingest::pipeline
