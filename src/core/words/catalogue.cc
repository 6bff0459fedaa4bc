#include "core/words/catalogue.h"

#include <algorithm>
#include <optional>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/check.h"
#include "core/files.h"
#include "core/text.h"
#include "core/words/format.h"

namespace bypuls::words {

namespace {

const std::vector<Catalogue::File>& embedded_files() {
    static const std::vector<Catalogue::File> files = {
#include "core/words/messages.inc"
    };
    return files;
}

/// Walks a message: text goes to `text`, what stands in braces to `name`. False when braces do not match.
template <typename Text, typename Name>
bool walk(std::string_view message, Text text, Name name) {
    while (!message.empty()) {
        const std::size_t open = message.find_first_of("{}");
        text(message.substr(0, open));
        if (open == std::string_view::npos) {
            return true;
        }
        const std::size_t close = message.find_first_of("{}", open + 1);
        if (message[open] == '}' || close == std::string_view::npos || message[close] == '{' || close == open + 1) {
            return false;
        }
        name(message.substr(open + 1, close - open - 1));
        message.remove_prefix(close + 1);
    }
    return true;
}

/// The names in braces, sorted; an empty optional when the braces do not match.
std::optional<std::set<std::string, std::less<>>> names_in(std::string_view message) {
    std::set<std::string, std::less<>> names;
    const bool well_formed =
        walk(message, [](std::string_view) {}, [&](std::string_view name) { names.emplace(name); });
    return well_formed ? std::optional(std::move(names)) : std::nullopt;
}

std::string put_in(std::string_view message, Arguments arguments, std::string_view n = {}) {
    std::string out;
    out.reserve(message.size() + 16);
    walk(
        message, [&](std::string_view text) { out += text; },
        [&](std::string_view name) {
            const auto* const found = std::ranges::find(arguments, name, &Argument::name);
            if (found != arguments.end()) {
                out += found->text;
            } else if (name == "n" && !n.empty()) {
                out += n;
            } else {
                out.append("{").append(name).append("}");
            }
        });
    return out;
}

/// The texts of one file; faults are added to `faults`.
std::map<std::string, std::string, std::less<>> read_file(const Catalogue::File& file, std::string& faults) {
    std::map<std::string, std::string, std::less<>> texts;
    std::set<std::string, std::less<>> seen;
    const auto notice_doubles = [&](int depth, nlohmann::json::parse_event_t event, nlohmann::json& parsed) {
        if (depth == 1 && event == nlohmann::json::parse_event_t::key) {
            if (!seen.insert(parsed.get<std::string>()).second) {
                faults += fmt::format("{}: key '{}' stands there twice\n", file.name, parsed.get<std::string>());
            }
        }
        return true;
    };
    const auto json = nlohmann::json::parse(file.json, notice_doubles, false);
    if (!json.is_object()) {
        faults += fmt::format("{}: not a JSON object of texts\n", file.name);
        return texts;
    }
    for (const auto& [key, value] : json.items()) {
        if (!value.is_string() || value.get_ref<const std::string&>().empty()) {
            faults += fmt::format("{}: '{}' is not a text\n", file.name, key);
        } else if (!names_in(value.get_ref<const std::string&>())) {
            faults += fmt::format("{}: the braces of '{}' do not match\n", file.name, key);
        } else {
            texts.emplace(key, value.get<std::string>());
        }
    }
    return texts;
}

constexpr std::string_view one_suffix = ".one";
constexpr std::string_view other_suffix = ".other";

void compare_languages(const std::array<std::map<std::string, std::string, std::less<>>, 3>& texts,
                       std::string& faults) {
    std::set<std::string_view> keys;
    for (const auto& of_language : texts) {
        for (const auto& [key, text] : of_language) {
            keys.insert(key);
        }
    }
    for (const std::string_view key : keys) {
        std::optional<std::set<std::string, std::less<>>> names;
        for (const Language language : all_languages) {
            const auto& of_language = texts.at(static_cast<std::size_t>(language));
            const auto found = of_language.find(key);
            if (found == of_language.end()) {
                faults += fmt::format("{} lacks '{}'\n", tag_of(language), key);
                continue;
            }
            auto here = names_in(found->second);
            if (names && here != names) {
                faults += fmt::format("'{}': {} has other names in braces\n", key, tag_of(language));
            }
            names = std::move(here);
        }
        if (key.ends_with(one_suffix) &&
            !keys.contains(std::string(key.substr(0, key.size() - one_suffix.size())) + std::string(other_suffix))) {
            faults += fmt::format("'{}' has no .other\n", key);
        }
    }
}

}  // namespace

Result<Catalogue> Catalogue::parse(const std::vector<File>& files) {
    Catalogue catalogue;
    std::string faults;
    for (const File& file : files) {
        Texts& into = catalogue.texts_.at(static_cast<std::size_t>(file.language));
        for (auto& [key, text] : read_file(file, faults)) {
            if (!into.emplace(key, std::move(text)).second) {
                faults += fmt::format("{}: key '{}' stands in another file too\n", file.name, key);
            }
        }
    }
    compare_languages(catalogue.texts_, faults);
    if (!faults.empty()) {
        faults.pop_back();
        return fail(Errc::malformed, std::move(faults));
    }
    return catalogue;
}

const Catalogue& Catalogue::built_in() {
    static const Catalogue catalogue = [] {
        auto parsed = parse(embedded_files());
        check(parsed.has_value(), parsed ? "" : parsed.error().what);
        return std::move(parsed).value();
    }();
    return catalogue;
}

Result<Catalogue> Catalogue::built_in_with(const std::string& folder) {
    Catalogue catalogue = built_in();
    std::string faults;
    TRY(const auto names, posix_files().list(folder));
    for (const std::string& name : names) {
        const auto parts = split(name, '.');
        const auto language = parts.size() == 3 && parts[2] == "json" ? language_of(parts[1]) : std::nullopt;
        if (!language) {
            continue;
        }
        TRY(auto json, read_text_file(folder + "/" + name));
        for (auto& [key, text] : read_file({.name = name, .language = *language, .json = std::move(json)}, faults)) {
            auto& into = catalogue.texts_.at(static_cast<std::size_t>(*language));
            const auto known = into.find(key);
            if (known == into.end()) {
                faults += fmt::format("{}: the program has no message '{}'\n", name, key);
            } else if (names_in(known->second) != names_in(text)) {
                faults +=
                    fmt::format("{}: '{}' must have the same names in braces as «{}»\n", name, key, known->second);
            } else {
                known->second = std::move(text);
            }
        }
    }
    if (!faults.empty()) {
        faults.pop_back();
        return fail(Errc::malformed, std::move(faults));
    }
    return catalogue;
}

std::string Catalogue::text(Language language, Key key, Arguments arguments) const {
    return lookup(language, key.text(), arguments);
}

std::string Catalogue::lookup(Language language, std::string_view key, Arguments arguments) const {
    const Texts& texts = texts_.at(static_cast<std::size_t>(language));
    const auto found = texts.find(key);
    return found == texts.end() ? fmt::format("[{}]", key) : put_in(found->second, arguments);
}

std::string Catalogue::plural(Language language, PluralKey key, long long n, Arguments arguments) const {
    const Texts& texts = texts_.at(static_cast<std::size_t>(language));
    const auto found = texts.find(fmt::format("{}{}", key.text(), n == 1 ? one_suffix : other_suffix));
    return found == texts.end() ? fmt::format("[{}]", key.text())
                                : put_in(found->second, arguments, count(language, n));
}

bool Catalogue::has(std::string_view key) const {
    return texts_[0].contains(key);
}

std::vector<std::string_view> Catalogue::keys() const {
    std::vector<std::string_view> keys;
    for (const auto& [key, text] : texts_[0]) {
        keys.push_back(key);
    }
    return keys;
}

}  // namespace bypuls::words
