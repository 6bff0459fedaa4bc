#include "platform/ingest/lorawan/words.h"

#include <algorithm>
#include <array>

namespace bypuls::ingest::lorawan {

Result<Kind> chirpstack_kind(std::string_view event_name) {
    return kind_named(event_name == "integration" ? "service" : event_name);
}

std::string coding_rate_of(std::string_view word) {
    struct Rate {
        std::string_view name;
        std::string_view number;
        std::string_view shown;
    };
    // gw.CodeRate of ChirpStack's API; LI is the long interleaver of LoRa on 2.4 GHz.
    constexpr std::array rates{
        Rate{"CR_UNDEFINED", "0", ""},    Rate{"CR_4_5", "1", "4/5"},       Rate{"CR_4_6", "2", "4/6"},
        Rate{"CR_4_7", "3", "4/7"},       Rate{"CR_4_8", "4", "4/8"},       Rate{"CR_3_8", "5", "3/8"},
        Rate{"CR_2_6", "6", "2/6"},       Rate{"CR_1_4", "7", "1/4"},       Rate{"CR_1_6", "8", "1/6"},
        Rate{"CR_5_6", "9", "5/6"},       Rate{"CR_LI_4_5", "10", "4/5LI"}, Rate{"CR_LI_4_6", "11", "4/6LI"},
        Rate{"CR_LI_4_8", "12", "4/8LI"},
    };
    const auto found =
        std::ranges::find_if(rates, [&](const Rate& rate) { return rate.name == word || rate.number == word; });
    return std::string(found == rates.end() ? word : found->shown);
}

LogLevel log_level_of(std::string_view word) {
    if (word == "ERROR" || word == "2") {
        return LogLevel::error;
    }
    return word == "WARNING" || word == "1" ? LogLevel::warning : LogLevel::info;
}

std::optional<DevAddr> dev_addr_of(std::string_view text) {
    if (const auto address = DevAddr::from_text(text)) {
        return *address;
    }
    const auto bytes = from_base64(text);
    if (!bytes || bytes->size() != 4) {
        return std::nullopt;
    }
    const auto address = DevAddr::from_text(to_hex(*bytes));
    return address ? std::optional(*address) : std::nullopt;
}

std::string_view shortened(std::string_view key) {
    std::size_t size = std::min<std::size_t>(key.size(), 64);
    while (size > 0 && size < key.size() && (static_cast<unsigned char>(key[size]) & 0xc0) == 0x80) {
        --size;
    }
    return key.substr(0, size);
}

std::optional<double> battery_of(double percent) {
    return percent > 0 && percent <= 100 ? std::optional(percent) : std::nullopt;
}

bool on_earth(const Location& location) {
    // Written so that NaN is not on the earth either.
    return location.latitude >= -90 && location.latitude <= 90 && location.longitude >= -180 &&
           location.longitude <= 180;
}

bool is_known(const Location& location) {
    return on_earth(location) && (location.latitude != 0 || location.longitude != 0);
}

}  // namespace bypuls::ingest::lorawan
