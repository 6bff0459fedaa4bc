#include "platform/http/language.h"

#include "core/text.h"

namespace bypuls::http {
namespace {

/// "q=0.5" in thousandths; 1000 when there is none or it cannot be read (RFC 9110 §12.4.2).
int weight_of(std::string_view parameters) {
    for (std::string_view parameter : split(parameters, ';')) {
        parameter = trim(parameter);
        if (parameter.size() < 3 || (parameter[0] != 'q' && parameter[0] != 'Q') || parameter[1] != '=') {
            continue;
        }
        parameter.remove_prefix(2);
        int weight = 0;
        int scale = 1000;
        for (const char c : parameter) {
            if (c == '.' && scale == 1000) {
                continue;
            }
            if (c < '0' || c > '9' || scale == 0) {
                return 1000;
            }
            weight += (c - '0') * scale;
            scale /= 10;
        }
        return weight > 1000 ? 1000 : weight;
    }
    return 1000;
}

}  // namespace

std::optional<Language> language_of(std::string_view tag) {
    const std::string primary = to_lower_ascii(trim(tag.substr(0, tag.find('-'))));
    if (primary == "nb" || primary == "no") {
        return Language::nb;
    }
    if (primary == "nn") {
        return Language::nn;
    }
    if (primary == "en") {
        return Language::en;
    }
    return std::nullopt;
}

std::optional<Language> accepted_language(std::string_view header) {
    std::optional<Language> best;
    int best_weight = 0;
    for (const std::string_view range : split(header, ',')) {
        const auto semicolon = range.find(';');
        const auto language = language_of(range.substr(0, semicolon));
        const int weight = semicolon == std::string_view::npos ? 1000 : weight_of(range.substr(semicolon + 1));
        if (language && weight > best_weight) {
            best = language;
            best_weight = weight;
        }
    }
    return best;
}

}  // namespace bypuls::http
