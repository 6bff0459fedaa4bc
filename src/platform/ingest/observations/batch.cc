#include "platform/ingest/observations/batch.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>

#include <fmt/format.h>
#include <simdjson.h>

#include "core/text.h"
#include "core/time/iso8601.h"
#include "platform/observations/flags.h"

namespace bypuls::ingest::batch {
namespace {

namespace dom = simdjson::dom;

/// Why a row is left out; thrown away when the row is good.
struct Bad {
    Errc code = Errc::malformed;
    std::string field;
    std::string what;
};

template <typename T>
using Read = std::expected<T, Bad>;

std::unexpected<Bad> bad(std::string field, std::string what, Errc code = Errc::malformed) {
    return std::unexpected(Bad{code, std::move(field), std::move(what)});
}

Error parse_error(simdjson::error_code code, const Limits& limits) {
    switch (code) {
        case simdjson::UTF8_ERROR: return {Errc::malformed, "the text is not UTF-8"};
        case simdjson::EMPTY: return {Errc::malformed, "the text is empty"};
        case simdjson::DEPTH_ERROR:
            return {Errc::exhausted, fmt::format("the text is nested deeper than {} levels", limits.depth)};
        case simdjson::MEMALLOC:
        case simdjson::CAPACITY: return {Errc::exhausted, "there is no memory for the text"};
        default: return {Errc::malformed, fmt::format("the text is not JSON: {}", simdjson::error_message(code))};
    }
}

std::optional<std::string> with_numbers_that_fit(std::string_view text);

Result<dom::element> parse(dom::parser& parser, std::string_view text, const Limits& limits) {
    dom::element root;
    simdjson::error_code code = simdjson::SUCCESS;
    const std::size_t capacity = std::max<std::size_t>(text.size(), 64);
    if (parser.capacity() < capacity || parser.max_depth() != limits.depth) {
        code = parser.allocate(capacity, limits.depth);
    }
    if (code == simdjson::SUCCESS) {
        code = parser.parse(text.data(), text.size()).get(root);
    }
    if (code == simdjson::NUMBER_ERROR) {
        if (const auto replaced = with_numbers_that_fit(text)) {
            code = parser.allocate(std::max(replaced->size(), capacity), limits.depth);
            if (code == simdjson::SUCCESS) {
                code = parser.parse(replaced->data(), replaced->size()).get(root);
            }
        }
    }
    if (code != simdjson::SUCCESS) {
        return std::unexpected(parse_error(code, limits));
    }
    return root;
}

/// Where the number that begins at `at` ends; `at` itself when what stands there is no number of JSON's grammar.
std::size_t end_of_number(std::string_view text, std::size_t at) {
    const auto digits = [&](std::size_t from) {
        while (from < text.size() && text[from] >= '0' && text[from] <= '9') {
            ++from;
        }
        return from;
    };
    const std::size_t whole = at + (text[at] == '-' ? 1 : 0);
    std::size_t end = digits(whole);
    if (end == whole || (text[whole] == '0' && end != whole + 1)) {
        return at;
    }
    if (end < text.size() && text[end] == '.') {
        const std::size_t fraction = end + 1;
        end = digits(fraction);
        if (end == fraction) {
            return at;
        }
    }
    if (end < text.size() && (text[end] == 'e' || text[end] == 'E')) {
        const std::size_t sign = end + 1;
        const std::size_t exponent = sign + (sign < text.size() && (text[sign] == '+' || text[sign] == '-') ? 1 : 0);
        end = digits(exponent);
        if (end == exponent) {
            return at;
        }
    }
    return end;
}

/// Stands in the text for a number that no double holds. Control characters are around it, so that nobody sends it by
/// chance.
constexpr std::string_view too_large = "\u0001no number\u0001";
constexpr std::string_view too_large_json = R"("\u0001no number\u0001")";

/// What the parser takes in place of a number that it does not: a whole one beyond 64 bits as a fraction, one beyond
/// 1.8e308 as what read_member() tells of. Nothing where it takes the number.
std::optional<std::string> fitting(std::string_view number) {
    if (std::isinf(std::strtod(std::string(number).c_str(), nullptr))) {
        return std::string(too_large_json);
    }
    constexpr std::size_t digits_of_64_bits = 19;
    const bool whole = number.find_first_of(".eE") == std::string_view::npos;
    return whole && number.size() > digits_of_64_bits ? std::optional(std::string(number) + ".0") : std::nullopt;
}

/// The text with each number that the parser does not take replaced, so that it is one row's matter and not the whole
/// text's. Nothing when there is none, so that the text is at fault otherwise.
std::optional<std::string> with_numbers_that_fit(std::string_view text) {
    std::string out;
    std::size_t copied = 0;
    bool in_string = false;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const char c = text[at];
        if (in_string) {
            at += c == '\\' ? 1 : 0;
            in_string = c != '"';
        } else if (c == '"') {
            in_string = true;
        } else if (c == '-' || (c >= '0' && c <= '9')) {
            const std::size_t end = end_of_number(text, at);
            if (end == at) {
                return std::nullopt;
            }
            if (const auto instead = fitting(text.substr(at, end - at))) {
                out.append(text.substr(copied, at - copied)).append(*instead);
                copied = end;
            }
            at = end - 1;
        }
    }
    if (copied == 0) {
        return std::nullopt;
    }
    return out.append(text.substr(copied));
}

bool has_too_large(dom::element element) {
    if (element.is_array()) {
        return std::ranges::any_of(element.get_array().value_unsafe(), has_too_large);
    }
    if (element.is_object()) {
        return std::ranges::any_of(element.get_object().value_unsafe(),
                                   [](const dom::key_value_pair& member) { return has_too_large(member.value); });
    }
    return element.is_string() && element.get_string().value_unsafe() == too_large;
}

/// A key as a person may see it: at most 64 bytes, cut between characters.
std::string shown(std::string_view key) {
    std::size_t size = std::min<std::size_t>(key.size(), 64);
    while (size > 0 && size < key.size() && (static_cast<unsigned char>(key[size]) & 0xc0) == 0x80) {
        --size;
    }
    return std::string(key.substr(0, size));
}

/// A key that stands twice in an object, at any depth; two readers could choose differently.
std::optional<std::string> key_twice(dom::element element) {
    std::vector<std::string_view> keys;
    if (element.is_array()) {
        for (const dom::element item : element.get_array().value_unsafe()) {
            if (auto found = key_twice(item)) {
                return found;
            }
        }
    } else if (element.is_object()) {
        for (const dom::key_value_pair member : element.get_object().value_unsafe()) {
            keys.push_back(member.key);
            if (auto found = key_twice(member.value)) {
                return found;
            }
        }
        std::ranges::sort(keys);
        if (const auto found = std::ranges::adjacent_find(keys); found != keys.end()) {
            return shown(*found);
        }
    }
    return std::nullopt;
}

Read<DatastreamRef> read_datastream(dom::element element, const Limits& limits) {
    std::int64_t number = 0;
    if (element.get(number) == simdjson::SUCCESS) {
        if (number <= 0) {
            return bad("datastream", "'datastream' must be a number above 0 or a name");
        }
        return number;
    }
    std::string_view name;
    if (element.get(name) != simdjson::SUCCESS || trim(name).empty()) {
        return bad("datastream", "'datastream' must be a number above 0 or a name");
    }
    if (name.size() > limits.name_bytes) {
        return bad("datastream", fmt::format("'datastream' is longer than {} bytes", limits.name_bytes),
                   Errc::exhausted);
    }
    return std::string(name);
}

Read<std::optional<Instant>> read_time(dom::element element) {
    if (element.is_null()) {
        return std::nullopt;
    }
    std::string_view text;
    const auto instant = element.get(text) == simdjson::SUCCESS ? parse_instant(text) : fail(Errc::malformed, "");
    if (!instant) {
        return bad("time", "'time' must be a time with a zone, like 2026-06-01T12:00:00Z or 2026-06-01T14:00:00+02:00");
    }
    return *instant;
}

Read<Value> read_value(dom::element element, const Limits& limits) {
    std::string text;
    switch (element.type()) {
        case dom::element_type::INT64: return element.get_int64().value_unsafe();
        // Beyond 64 bits with sign: still a number, though no longer a whole one.
        case dom::element_type::UINT64: return static_cast<double>(element.get_uint64().value_unsafe());
        case dom::element_type::DOUBLE: return element.get_double().value_unsafe();
        case dom::element_type::BOOL: return element.get_bool().value_unsafe();
        case dom::element_type::NULL_VALUE: return bad("value", "'value' is missing");
        case dom::element_type::STRING: text = element.get_string().value_unsafe(); break;
        case dom::element_type::ARRAY:
        case dom::element_type::OBJECT: text = simdjson::minify(element); break;
    }
    if (text.size() > limits.value_bytes) {
        return bad("value", fmt::format("'value' is longer than {} bytes", limits.value_bytes), Errc::exhausted);
    }
    if (element.is_string()) {
        return text;
    }
    return Json{std::move(text)};
}

Read<observations::Quality> read_quality(dom::element element, const Limits& limits) {
    dom::array array;
    observations::Quality quality;
    if (element.is_null()) {
        return quality;
    }
    if (element.get(array) != simdjson::SUCCESS) {
        return bad("quality", "'quality' must be a list of words");
    }
    std::size_t place = 0;
    for (const dom::element item : array) {
        std::string_view word;
        if (place == limits.quality_flags) {
            return bad("quality", fmt::format("'quality' has more than {} words", limits.quality_flags),
                       Errc::exhausted);
        }
        const auto flag = item.get(word) == simdjson::SUCCESS ? observations::flag_named(word) : std::nullopt;
        if (!flag) {
            return bad(fmt::format("quality[{}]", place),
                       fmt::format("a flag is one of {}", to_string(observations::Quality{0xff})));
        }
        quality.set(*flag);
        ++place;
    }
    return quality;
}

Read<std::string> read_details(dom::element element, const Limits& limits) {
    if (element.is_null()) {
        return std::string{};
    }
    if (!element.is_object()) {
        return bad("details", "'details' must be an object");
    }
    std::string text = simdjson::minify(element);
    if (text.size() > limits.details_bytes) {
        return bad("details", fmt::format("'details' is longer than {} bytes", limits.details_bytes), Errc::exhausted);
    }
    return text;
}

Read<void> read_member(const dom::key_value_pair& member, const Limits& limits, Row& row) {
    if (has_too_large(member.value)) {
        return bad(shown(member.key), fmt::format("'{}' has a number beyond 1.8e308", shown(member.key)));
    }
    if (member.key == "datastream") {
        TRY(row.datastream, read_datastream(member.value, limits));
    } else if (member.key == "time") {
        TRY(row.time, read_time(member.value));
    } else if (member.key == "value") {
        TRY(row.value, read_value(member.value, limits));
    } else if (member.key == "quality") {
        TRY(row.quality, read_quality(member.value, limits));
    } else if (member.key == "details") {
        TRY(row.details, read_details(member.value, limits));
    } else {
        // A misspelt "time" would otherwise become the time of receipt, and nobody would know.
        return bad(shown(member.key),
                   fmt::format("a row has datastream, time, value, quality and details, not '{}'", shown(member.key)));
    }
    return {};
}

Read<Row> read_row(dom::element element, std::size_t index, const Limits& limits) {
    dom::object object;
    if (element.get(object) != simdjson::SUCCESS) {
        return bad("", "a row must be an object with datastream, time and value");
    }
    if (const auto key = key_twice(element)) {
        return bad(*key, fmt::format("'{}' is given twice", *key));
    }
    Row row;
    row.index = index;
    bool has_datastream = false;
    bool has_value = false;
    for (const dom::key_value_pair member : object) {
        TRY_DO(read_member(member, limits, row));
        has_datastream = has_datastream || member.key == "datastream";
        has_value = has_value || member.key == "value";
    }
    if (!has_datastream || !has_value) {
        const std::string_view missing = has_datastream ? "value" : "datastream";
        return bad(std::string(missing), fmt::format("'{}' is missing", missing));
    }
    return row;
}

void take_row(dom::element element, std::size_t index, const Limits& limits, Batch& batch) {
    Read<Row> row = read_row(element, index, limits);
    if (row) {
        batch.rows.push_back(std::move(*row));
    } else {
        batch.errors.push_back({index, row.error().code, std::move(row.error().field), std::move(row.error().what)});
    }
}

std::unexpected<Error> too_many_rows(const Limits& limits) {
    return fail(Errc::exhausted, fmt::format("more than {} rows in one batch", limits.rows));
}

Result<void> check_size(std::string_view body, const Limits& limits) {
    if (body.size() > limits.body_bytes) {
        return fail(Errc::exhausted,
                    fmt::format("a batch of {} bytes exceeds the limit of {}", body.size(), limits.body_bytes));
    }
    return {};
}

/// The list of rows, alone or as the one member "observations".
Result<dom::array> rows_of(dom::element root) {
    dom::array rows;
    if (root.get(rows) == simdjson::SUCCESS) {
        return rows;
    }
    dom::object object;
    if (root.get(object) != simdjson::SUCCESS || object.size() != 1 ||
        object["observations"].get(rows) != simdjson::SUCCESS) {
        return fail(Errc::malformed, "a batch is a list of rows, or an object whose only member 'observations' is one");
    }
    return rows;
}

}  // namespace

Result<Batch> parse_json(std::string_view body, const Limits& limits) {
    TRY_DO(check_size(body, limits));
    dom::parser parser;
    TRY(const dom::element root, parse(parser, body, limits));
    TRY(const dom::array rows, rows_of(root));
    Batch batch;
    std::size_t index = 0;
    for (const dom::element element : rows) {
        if (index == limits.rows) {
            return too_many_rows(limits);
        }
        take_row(element, index, limits, batch);
        ++index;
    }
    return batch;
}

Result<Batch> parse_ndjson(std::string_view body, const Limits& limits) {
    TRY_DO(check_size(body, limits));
    dom::parser parser;
    Batch batch;
    std::size_t index = 0;
    for (std::size_t start = 0; start < body.size(); ++index) {
        const std::size_t end = std::min(body.find('\n', start), body.size());
        const std::string_view line = trim(body.substr(start, end - start));
        start = end + 1;
        if (line.empty()) {
            continue;
        }
        if (batch.rows.size() + batch.errors.size() == limits.rows) {
            return too_many_rows(limits);
        }
        const auto element = parse(parser, line, limits);
        if (element) {
            take_row(*element, index, limits, batch);
        } else {
            batch.errors.push_back({index, element.error().code, {}, element.error().what});
        }
    }
    return batch;
}

}  // namespace bypuls::ingest::batch
