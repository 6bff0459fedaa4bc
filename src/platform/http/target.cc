#include "platform/http/target.h"

#include <charconv>

#include <fmt/format.h>

#include "core/text.h"

namespace bypuls::http {
namespace {

bool has_control(std::string_view text) {
    for (const char c : text) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
            return true;
        }
    }
    return false;
}

/// A query value may hold line breaks and tabs (a form's text area), but no other control character.
bool has_control_beside_white_space(std::string_view text) {
    for (const char c : text) {
        if ((static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\r' && c != '\t') || c == 0x7F) {
            return true;
        }
    }
    return false;
}

Result<std::string> decode_query_part(std::string_view text) {
    TRY(auto decoded, percent_decode(text, true));
    if (!is_utf8(decoded)) {
        return fail(Errc::malformed, "query: not UTF-8 after decoding");
    }
    if (has_control_beside_white_space(decoded)) {
        return fail(Errc::malformed, "query: contains a control character");
    }
    return decoded;
}

/// One segment between slashes. A slash or backslash that comes out of an escape would make the path mean something
/// else to whoever splits it again.
Result<void> append_segment(std::string& path, std::string_view raw) {
    TRY(const auto segment, percent_decode(raw));
    if (segment.find_first_of("/\\") != std::string::npos) {
        return fail(Errc::malformed, "target: an escaped slash or a backslash in the path");
    }
    if (segment == "." || segment == "..") {
        return fail(Errc::malformed, "target: '.' and '..' may not stand in the path");
    }
    path += '/';
    path += segment;
    return {};
}

Result<std::string> decode_path(std::string_view raw) {
    std::string path;
    path.reserve(raw.size());
    raw.remove_prefix(1);
    while (true) {
        const auto slash = raw.find('/');
        TRY_DO(append_segment(path, raw.substr(0, slash)));
        if (slash == std::string_view::npos) {
            break;
        }
        raw.remove_prefix(slash + 1);
    }
    if (has_control(path)) {
        return fail(Errc::malformed, "target: a control character in the path");
    }
    if (!is_utf8(path)) {
        return fail(Errc::malformed, "target: the path is not UTF-8 after decoding");
    }
    return path;
}

/// RFC 9112 §3.2.2: a server accepts the absolute form; only its path and query matter here.
std::string_view without_origin(std::string_view target) {
    for (const std::string_view scheme : {"http://", "https://"}) {
        if (target.size() >= scheme.size() && equal_ignoring_ascii_case(target.substr(0, scheme.size()), scheme)) {
            const auto path = target.find_first_of("/?", scheme.size());
            return path == std::string_view::npos ? std::string_view{"/"} : target.substr(path);
        }
    }
    return target;
}

}  // namespace

std::optional<std::string_view> Query::get(std::string_view name) const {
    for (const auto& [key, value] : items_) {
        if (key == name) {
            return value;
        }
    }
    return std::nullopt;
}

std::vector<std::string_view> Query::all(std::string_view name) const {
    std::vector<std::string_view> values;
    for (const auto& [key, value] : items_) {
        if (key == name) {
            values.emplace_back(value);
        }
    }
    return values;
}

Result<long long> Query::integer(std::string_view name, long long absent, long long min, long long max) const {
    const auto text = get(name);
    if (!text) {
        return absent;
    }
    long long value = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
    if (error != std::errc{} || end != text->data() + text->size() || value < min || value > max) {
        return fail(Errc::malformed, fmt::format("{}: must be a whole number from {} to {}", name, min, max));
    }
    return value;
}

Result<Query> parse_query(std::string_view text, std::size_t pairs_max) {
    Query query;
    while (!text.empty()) {
        const auto ampersand = text.find('&');
        const std::string_view pair = text.substr(0, ampersand);
        text = ampersand == std::string_view::npos ? std::string_view{} : text.substr(ampersand + 1);
        if (pair.empty()) {
            continue;
        }
        if (query.items().size() == pairs_max) {
            return fail(Errc::exhausted, fmt::format("query: more than {} parameters", pairs_max));
        }
        const auto equals = pair.find('=');
        TRY(auto name, decode_query_part(pair.substr(0, equals)));
        TRY(auto value,
            decode_query_part(equals == std::string_view::npos ? std::string_view{} : pair.substr(equals + 1)));
        query.add(std::move(name), std::move(value));
    }
    return query;
}

Result<Target> parse_target(std::string_view target) {
    if (target == "*") {
        return Target{.path = "*", .query = {}};
    }
    target = without_origin(target);
    if (target.find('#') != std::string_view::npos) {
        return fail(Errc::malformed, "target: a fragment may not be sent");
    }
    const auto question = target.find('?');
    std::string_view path = target.substr(0, question);
    if (path.empty() && question == 0) {
        path = "/";  // "http://host?query"
    }
    if (!path.starts_with('/')) {
        return fail(Errc::malformed, "target: must begin with '/'");
    }
    Target parsed;
    TRY(parsed.path, decode_path(path));
    if (question != std::string_view::npos) {
        TRY(parsed.query, parse_query(target.substr(question + 1)));
    }
    return parsed;
}

}  // namespace bypuls::http
