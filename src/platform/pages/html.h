#pragma once

#include <concepts>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "core/text.h"

namespace bypuls::pages {

/// Text that is HTML already, so that what is not cannot be taken for it. Made by html() alone.
class Html {
public:
    Html() = default;

    const std::string& text() const { return text_; }
    bool empty() const { return text_.empty(); }
    Html& operator+=(const Html& other) {
        text_ += other.text_;
        return *this;
    }
    friend Html operator+(Html left, const Html& right) { return std::move(left += right); }
    friend bool operator==(const Html&, const Html&) = default;

    /// For what a library of ours has drawn, such as an SVG of a QR code. The caller vouches for every byte.
    static Html trusted(std::string text) {
        Html html;
        html.text_ = std::move(text);
        return html;
    }

private:
    std::string text_;
};

namespace detail {
template <typename T>
auto escaped(const T& value) {
    if constexpr (std::same_as<T, Html>) {
        return std::string_view(value.text());
    } else if constexpr (std::convertible_to<const T&, std::string_view>) {
        return escape_html(value);
    } else {
        static_assert(std::integral<T> && !std::same_as<T, bool>, "write numbers for people with core/words/format.h");
        return value;
    }
}
template <typename T>
using Escaped = decltype(escaped(std::declval<const T&>()));
}  // namespace detail

/// `html("<p class=\"age\">{}</p>", sentence)`: the template is a literal of the program, checked when it is compiled;
/// what is put in is escaped unless it is Html. Attributes stand in double quotes. Addresses that come from outside
/// must be checked to be paths of ours or https before they are put into href.
template <typename... Args>
Html html(fmt::format_string<detail::Escaped<Args>...> literal, const Args&... args) {
    return Html::trusted(fmt::format(literal, detail::escaped(args)...));
}

/// One after another.
inline Html join(std::span<const Html> parts) {
    Html all;
    for (const Html& part : parts) {
        all += part;
    }
    return all;
}

/// `each(places, [&](const Place& place) { return html("<li>{}</li>", place.name); })`
template <typename Range, typename Write>
Html each(const Range& range, Write write) {
    Html all;
    for (const auto& item : range) {
        all += write(item);
    }
    return all;
}

/// The part when the condition holds, else nothing.
inline Html when(bool condition, Html part) {
    return condition ? std::move(part) : Html();
}

}  // namespace bypuls::pages
