#pragma once

#include <optional>
#include <string_view>

#include "core/words/language.h"

namespace bypuls::http {

using words::Language;
using words::tag_of;

/// One BCP 47 tag: "nb-NO" and "no" are nb, "en-GB" is en; nothing for a language we do not speak. Pure.
std::optional<Language> language_of(std::string_view tag);

/// The best of an Accept-Language header (RFC 9110 §12.5.4): the highest weight wins, the first among equals.
/// A header that does not follow its format counts for what of it could be read. Pure; never fails.
std::optional<Language> accepted_language(std::string_view header);

}  // namespace bypuls::http
