#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace bypuls::words {

/// The languages in which every public sentence exists.
enum class Language : std::uint8_t {
    nb,  ///< bokmål, the default
    nn,  ///< nynorsk
    en,
};

inline constexpr std::array all_languages = {Language::nb, Language::nn, Language::en};

/// "nb", "nn", "en": BCP 47, for `lang` and Content-Language.
constexpr std::string_view tag_of(Language language) {
    constexpr std::array<std::string_view, 3> tags = {"nb", "nn", "en"};
    return tags.at(static_cast<std::size_t>(language));
}

/// What a language calls itself: "Bokmål".
constexpr std::string_view own_name_of(Language language) {
    constexpr std::array<std::string_view, 3> names = {"Bokmål", "Nynorsk", "English"};
    return names.at(static_cast<std::size_t>(language));
}

/// Exactly one of the three tags; the rules of Accept-Language live with HTTP.
constexpr std::optional<Language> language_of(std::string_view tag) {
    for (const Language language : all_languages) {
        if (tag_of(language) == tag) {
            return language;
        }
    }
    return std::nullopt;
}

}  // namespace bypuls::words
