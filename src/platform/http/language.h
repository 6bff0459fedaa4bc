#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace bypuls::http {

/// The languages every public sentence exists in.
enum class Language : std::uint8_t {
    nb,  ///< bokmål, the default
    nn,  ///< nynorsk
    en,
};

/// "nb", "nn", "en": what stands in `lang` and Content-Language.
std::string_view tag_of(Language language);

/// One BCP 47 tag: "nb-NO" and "no" are nb, "en-GB" is en; nothing for a language we do not speak. Pure.
std::optional<Language> language_of(std::string_view tag);

/// The best of an Accept-Language header (RFC 9110 §12.5.4): the highest weight wins, the first among equals.
/// A header that does not follow its format counts for what of it could be read. Pure; never fails.
std::optional<Language> accepted_language(std::string_view header);

}  // namespace bypuls::http
