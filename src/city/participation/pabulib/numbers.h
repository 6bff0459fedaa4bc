#pragma once

// For the readers of this room only.
#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>

#include "core/text.h"

namespace bypuls::participation::pabulib {

/// "12", and "12.0" too; nothing for anything else or below zero.
inline std::optional<std::int64_t> whole(std::string_view text) {
    text = trim(text);
    std::int64_t value = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (problem != std::errc{} || value < 0) {
        return std::nullopt;
    }
    const std::string_view rest(end, static_cast<std::size_t>(text.data() + text.size() - end));
    const bool zeros = rest.starts_with('.') && rest.find_first_not_of('0', 1) == std::string_view::npos;
    return rest.empty() || zeros ? std::optional(value) : std::nullopt;
}

/// A number with up to three decimals as thousandths; more decimals only if zero. At most `most` before the point.
inline std::optional<std::int64_t> thousandths(std::string_view text, std::int64_t most = 1'000'000) {
    text = trim(text);
    const std::size_t dot = text.find('.');
    const auto head = whole(text.substr(0, dot));
    if (!head || *head > most) {
        return std::nullopt;
    }
    std::int64_t value = *head * 1000;
    std::int64_t unit = 100;
    for (std::size_t i = dot; i != std::string_view::npos && i + 1 < text.size(); ++i, unit /= 10) {
        const char digit = text[i + 1];
        if (digit < '0' || digit > '9' || (unit == 0 && digit != '0')) {
            return std::nullopt;
        }
        value += (digit - '0') * unit;
    }
    return value;
}

/// The largest score whose thousandths fit.
inline constexpr std::int64_t score_max = 9'000'000'000'000'000;

/// Points as whole numbers of 1/per_one, which is 1 or 1000.
inline std::optional<std::int64_t> points_of(std::string_view text, std::int64_t per_one) {
    return per_one == 1 ? whole(text) : thousandths(text);
}

}  // namespace bypuls::participation::pabulib
