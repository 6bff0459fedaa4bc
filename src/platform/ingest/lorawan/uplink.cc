#include "platform/ingest/lorawan/uplink.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

namespace bypuls::ingest::lorawan {
namespace {

constexpr std::array<std::string_view, 8> kind_names{"up",    "join", "status",   "ack",
                                                     "txack", "log",  "location", "service"};

}  // namespace

std::string_view name_of(Kind kind) {
    return kind_names[static_cast<std::size_t>(kind)];
}

Result<Kind> kind_named(std::string_view name) {
    const auto found = std::ranges::find(kind_names, name);
    if (found == kind_names.end()) {
        return fail(Errc::malformed,
                    "the event must be one of up, join, status, ack, txack, log, location and integration");
    }
    return static_cast<Kind>(found - kind_names.begin());
}

std::string_view name_of(Network network) {
    return network == Network::chirpstack ? "chirpstack" : "tts";
}

std::string_view name_of(LogLevel level) {
    constexpr std::array<std::string_view, 3> names{"info", "warning", "error"};
    return names[static_cast<std::size_t>(level)];
}

Result<DevEui> DevEui::from_text(std::string_view hex) {
    DevEui eui;
    const auto bytes = hex.size() == 2 * eui.bytes.size() ? from_hex(hex) : fail(Errc::malformed, "");
    if (!bytes) {
        return fail(Errc::malformed, "a device EUI is sixteen hexadecimal digits");
    }
    std::ranges::transform(*bytes, eui.bytes.begin(),
                           [](std::byte byte) { return std::to_integer<std::uint8_t>(byte); });
    return eui;
}

std::string DevEui::to_text() const {
    return to_hex(std::as_bytes(std::span{bytes}));
}

Result<DevAddr> DevAddr::from_text(std::string_view hex) {
    DevAddr address;
    const auto [rest, code] = std::from_chars(hex.data(), hex.data() + hex.size(), address.value, 16);
    if (hex.size() != 8 || code != std::errc{} || rest != hex.data() + hex.size()) {
        return fail(Errc::malformed, "a device address is eight hexadecimal digits");
    }
    return address;
}

std::string DevAddr::to_text() const {
    return fmt::format("{:08x}", value);
}

}  // namespace bypuls::ingest::lorawan
