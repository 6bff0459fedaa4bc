#include "platform/ingest/lorawan/protobuf_struct.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <fmt/format.h>

#include "core/text.h"
#include "platform/ingest/lorawan/uplink.h"
#include "platform/ingest/lorawan/words.h"

// Field numbers: google/protobuf/struct.proto.
namespace bypuls::ingest::lorawan {
namespace {

using protozero::pbf_reader;
using protozero::tag_and_type;
constexpr auto varint = protozero::pbf_wire_type::varint;
constexpr auto bytes_type = protozero::pbf_wire_type::length_delimited;
constexpr auto fixed64 = protozero::pbf_wire_type::fixed64;

Result<void> append_struct(pbf_reader message, std::size_t depth, std::string& out);
Result<void> append_value(pbf_reader message, std::size_t depth, std::string& out);

Result<std::string_view> text_of(pbf_reader& message) {
    const auto view = message.get_view();
    const std::string_view text{view.data(), view.size()};
    if (!is_utf8(text)) {
        return fail(Errc::malformed, "object: not UTF-8");
    }
    return text;
}

void append_number(double number, std::string& out) {
    if (!std::isfinite(number)) {
        out += "null";
    } else if (number == std::floor(number) && std::abs(number) < 0x1p53) {
        fmt::format_to(std::back_inserter(out), "{}", static_cast<std::int64_t>(number));
    } else {
        fmt::format_to(std::back_inserter(out), "{}", number);
    }
}

Result<void> append_list(pbf_reader message, std::size_t depth, std::string& out) {
    out += '[';
    bool first = true;
    while (message.next(1, bytes_type)) {
        out += first ? "" : ",";
        first = false;
        TRY_DO(append_value(message.get_message(), depth + 1, out));
    }
    out += ']';
    return {};
}

/// A oneof: the last member wins, and a value without any is null.
Result<void> append_value(pbf_reader message, std::size_t depth, std::string& out) {
    if (depth > json_depth_max) {
        return fail(Errc::exhausted, fmt::format("object: nested deeper than {} levels", json_depth_max));
    }
    const std::size_t start = out.size();
    out += "null";
    while (message.next()) {
        switch (message.tag_and_type()) {
            case tag_and_type(1, varint):
                message.skip();
                out.replace(start, out.npos, "null");
                break;
            case tag_and_type(2, fixed64):
                out.resize(start);
                append_number(message.get_double(), out);
                break;
            case tag_and_type(3, bytes_type): {
                TRY(const auto text, text_of(message));
                out.resize(start);
                append_json_string(out, text);
                break;
            }
            case tag_and_type(4, varint): out.replace(start, out.npos, message.get_bool() ? "true" : "false"); break;
            case tag_and_type(5, bytes_type):
                out.resize(start);
                TRY_DO(append_struct(message.get_message(), depth + 1, out));
                break;
            case tag_and_type(6, bytes_type):
                out.resize(start);
                TRY_DO(append_list(message.get_message(), depth + 1, out));
                break;
            default: message.skip();
        }
    }
    return {};
}

Result<void> append_struct(pbf_reader message, std::size_t depth, std::string& out) {
    std::vector<std::string_view> keys;
    out += '{';
    while (message.next(1, bytes_type)) {
        pbf_reader entry = message.get_message();
        std::string_view key;
        pbf_reader value;
        while (entry.next()) {
            switch (entry.tag_and_type()) {
                case tag_and_type(1, bytes_type): {
                    TRY(key, text_of(entry));
                    break;
                }
                case tag_and_type(2, bytes_type): value = entry.get_message(); break;
                default: entry.skip();
            }
        }
        out += keys.empty() ? "" : ",";
        keys.push_back(key);
        append_json_string(out, key);
        out += ':';
        TRY_DO(append_value(value, depth + 1, out));
    }
    out += '}';
    std::ranges::sort(keys);
    if (const auto twice = std::ranges::adjacent_find(keys); twice != keys.end()) {
        return fail(Errc::malformed, fmt::format("object.{}: given twice", shortened(*twice)));
    }
    return {};
}

}  // namespace

Result<std::string> struct_to_json(pbf_reader message) {
    std::string out;
    TRY_DO(append_struct(std::move(message), 1, out));
    return out;
}

}  // namespace bypuls::ingest::lorawan
