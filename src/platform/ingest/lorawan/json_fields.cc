#include "platform/ingest/lorawan/json_fields.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "core/time/iso8601.h"
#include "platform/ingest/lorawan/uplink.h"
#include "platform/ingest/lorawan/words.h"

namespace bypuls::ingest::lorawan {
namespace {

namespace dom = simdjson::dom;

std::string member_path(std::string_view path, std::string_view key) {
    const std::string_view shown = shortened(key);
    return path.empty() ? std::string(shown) : fmt::format("{}.{}", path, shown);
}

/// simdjson takes {"a":1,"a":2} and leaves the choice to whoever reads; two readers that choose differently are a hole.
Result<void> no_key_twice(dom::element element, const std::string& path) {
    if (element.is_array()) {
        std::size_t index = 0;
        for (const dom::element item : element.get_array().value_unsafe()) {
            if (item.is_object() || item.is_array()) {
                TRY_DO(no_key_twice(item, fmt::format("{}[{}]", path, index)));
            }
            ++index;
        }
    }
    if (!element.is_object()) {
        return {};
    }
    std::vector<std::string_view> keys;
    for (const dom::key_value_pair member : element.get_object().value_unsafe()) {
        keys.push_back(member.key);
        if (member.value.is_object() || member.value.is_array()) {
            TRY_DO(no_key_twice(member.value, member_path(path, member.key)));
        }
    }
    std::ranges::sort(keys);
    const auto twice = std::ranges::adjacent_find(keys);
    if (twice != keys.end()) {
        return fail(Errc::malformed, fmt::format("{}: given twice", member_path(path, *twice)));
    }
    return {};
}

}  // namespace

void Fault::note(Errc code, std::string_view path, std::string_view sentence) {
    if (!first_) {
        first_ = Error{code, fmt::format("{}: {}", path, sentence)};
    }
}

Result<void> JsonDocument::read(std::string_view body) {
    if (body.size() > body_bytes_max) {
        return fail(Errc::exhausted, fmt::format("the message is larger than {} bytes", body_bytes_max));
    }
    simdjson::error_code code = parser_.allocate(std::max<std::size_t>(body.size(), 64), json_depth_max);
    if (code == simdjson::SUCCESS) {
        code = parser_.parse(body.data(), body.size()).get(root_);
    }
    switch (code) {
        case simdjson::SUCCESS: return no_key_twice(root_, {});
        case simdjson::UTF8_ERROR: return fail(Errc::malformed, "the message is not UTF-8");
        case simdjson::EMPTY: return fail(Errc::malformed, "the message is empty");
        case simdjson::DEPTH_ERROR:
            return fail(Errc::exhausted, fmt::format("the message is nested deeper than {} levels", json_depth_max));
        case simdjson::MEMALLOC:
        case simdjson::CAPACITY: return fail(Errc::exhausted, "there is no memory for the message");
        default:
            return fail(Errc::malformed, fmt::format("the message is not JSON: {}", simdjson::error_message(code)));
    }
}

std::optional<dom::element> JsonFields::find(std::string_view key) const {
    dom::element found;
    if (object_.at_key(key).get(found) != simdjson::SUCCESS || found.is_null()) {
        return std::nullopt;
    }
    return found;
}

std::string JsonFields::path_of(std::string_view key) const {
    return member_path(path_, key);
}

std::string JsonFields::text(std::string_view key) const {
    const auto found = find(key);
    std::string_view text;
    if (found && found->get(text) != simdjson::SUCCESS) {
        wrong(key, "not a text");
    }
    return std::string(text);
}

std::string JsonFields::word(std::string_view key) const {
    const auto found = find(key);
    std::int64_t number = 0;
    return found && found->get(number) == simdjson::SUCCESS ? std::to_string(number) : text(key);
}

double JsonFields::number(std::string_view key) const {
    const auto found = find(key);
    double number = 0;
    if (found && found->get(number) != simdjson::SUCCESS) {
        std::string_view text;
        const bool unsaid =
            found->get(text) == simdjson::SUCCESS && (text == "NaN" || text == "Infinity" || text == "-Infinity");
        if (!unsaid) {
            wrong(key, "not a number");
        }
        return 0;
    }
    return number;
}

std::uint64_t JsonFields::whole(std::string_view key, std::uint64_t max) const {
    const auto found = find(key);
    if (!found) {
        return 0;
    }
    std::uint64_t value = 0;
    double real = 0;
    std::string_view text;
    bool read = found->get(value) == simdjson::SUCCESS;
    if (!read && found->get(real) == simdjson::SUCCESS && real >= 0 && real < 0x1p53 && real == std::floor(real)) {
        value = static_cast<std::uint64_t>(real);
        read = true;
    } else if (!read && found->get(text) == simdjson::SUCCESS) {
        const auto [rest, code] = std::from_chars(text.data(), text.data() + text.size(), value);
        read = code == std::errc{} && rest == text.data() + text.size();
    }
    if (!read) {
        wrong(key, "not a whole number from 0 up");
        return 0;
    }
    if (value > max) {
        wrong(key, fmt::format("larger than {}", max));
        return 0;
    }
    return value;
}

bool JsonFields::flag(std::string_view key) const {
    const auto found = find(key);
    bool flag = false;
    if (found && found->get(flag) != simdjson::SUCCESS) {
        wrong(key, "neither true nor false");
    }
    return flag;
}

Bytes JsonFields::base64(std::string_view key, std::size_t bytes_max) const {
    const std::string encoded = text(key);
    if (encoded.size() / 4 * 3 > bytes_max + 2) {
        wrong(key, fmt::format("longer than {} bytes", bytes_max), Errc::exhausted);
        return {};
    }
    auto bytes = from_base64(encoded);
    if (!bytes) {
        wrong(key, "not base64");
        return {};
    }
    if (bytes->size() > bytes_max) {
        wrong(key, fmt::format("longer than {} bytes", bytes_max), Errc::exhausted);
        return {};
    }
    return std::move(*bytes);
}

std::optional<Instant> JsonFields::time(std::string_view key) const {
    const std::string written = text(key);
    if (written.empty()) {
        return std::nullopt;
    }
    const auto instant = parse_instant(written);
    if (!instant) {
        wrong(key, "not a time like 2026-06-01T12:00:00Z");
        return std::nullopt;
    }
    return *instant;
}

std::vector<std::string> JsonFields::texts(std::string_view key, std::size_t count_max) const {
    std::vector<std::string> out;
    const auto found = find(key);
    dom::array array;
    if (!found) {
        return out;
    }
    if (found->get(array) != simdjson::SUCCESS) {
        wrong(key, "not a list");
        return out;
    }
    for (const dom::element item : array) {
        std::string_view text;
        if (out.size() == count_max) {
            wrong(key, fmt::format("more than {} entries", count_max), Errc::exhausted);
            return {};
        }
        if (item.get(text) != simdjson::SUCCESS) {
            wrong(fmt::format("{}[{}]", key, out.size()), "not a text");
        }
        out.emplace_back(text);
    }
    return out;
}

std::vector<std::pair<std::string, std::string>> JsonFields::pairs(std::string_view key, std::size_t count_max) const {
    std::vector<std::pair<std::string, std::string>> out;
    const auto found = find(key);
    dom::object object;
    if (!found) {
        return out;
    }
    if (found->get(object) != simdjson::SUCCESS) {
        wrong(key, "not an object");
        return out;
    }
    const JsonFields members(object, path_of(key), *fault_);
    for (const dom::key_value_pair member : object) {
        if (out.size() == count_max) {
            wrong(key, fmt::format("more than {} entries", count_max), Errc::exhausted);
            return {};
        }
        out.emplace_back(member.key, members.text(member.key));
    }
    return out;
}

std::optional<JsonFields> JsonFields::object(std::string_view key) const {
    const auto found = find(key);
    dom::object object;
    if (!found) {
        return std::nullopt;
    }
    if (found->get(object) != simdjson::SUCCESS) {
        wrong(key, "not an object");
        return std::nullopt;
    }
    return JsonFields(object, path_of(key), *fault_);
}

void JsonFields::each_object(std::string_view key, std::size_t count_max,
                             const std::function<void(const JsonFields&)>& take) const {
    const auto found = find(key);
    dom::array array;
    if (!found) {
        return;
    }
    if (found->get(array) != simdjson::SUCCESS) {
        wrong(key, "not a list");
        return;
    }
    std::size_t index = 0;
    for (const dom::element item : array) {
        dom::object object;
        const std::string place = fmt::format("{}[{}]", key, index);
        if (index == count_max) {
            wrong(key, fmt::format("more than {} entries", count_max), Errc::exhausted);
            return;
        }
        if (item.get(object) != simdjson::SUCCESS) {
            wrong(place, "not an object");
            return;
        }
        take(JsonFields(object, path_of(place), *fault_));
        ++index;
    }
}

std::string JsonFields::json(std::string_view key) const {
    const auto found = find(key);
    return found ? simdjson::minify(*found) : std::string();
}

Result<void> read_json_object(std::string_view body, const std::function<void(const JsonFields&)>& read) {
    JsonDocument document;
    TRY_DO(document.read(body));
    dom::object object;
    if (document.root().get(object) != simdjson::SUCCESS) {
        return fail(Errc::malformed, "the message is not a JSON object");
    }
    Fault fault;
    read(JsonFields(object, {}, fault));
    if (fault) {
        return std::unexpected(fault.error());
    }
    return {};
}

}  // namespace bypuls::ingest::lorawan
