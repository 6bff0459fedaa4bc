#include "platform/publish/sensorthings/read/token.h"

#include <nlohmann/json.hpp>

namespace bypuls::sensorthings {
namespace {

using Tree = nlohmann::json;

constexpr std::size_t token_bytes_max = 16U << 10U;
constexpr std::string_view digits = "0123456789abcdef";

/// Numbers and texts stand for themselves; other values are an object with the kind's letter. Objects and arrays among
/// the keys are all alike to an order, so nothing of them is kept.
Tree to_tree(const query::Value& value) {
    struct Visit {
        Tree operator()(std::monostate) const { return nullptr; }
        Tree operator()(bool v) const { return v; }
        Tree operator()(std::int64_t v) const { return v; }
        Tree operator()(double v) const { return v; }
        Tree operator()(const std::string& v) const { return v; }
        Tree operator()(Instant v) const { return {{"t", v.time_since_epoch().count()}}; }
        Tree operator()(const query::Span& v) const {
            return {{"s", {v.from.time_since_epoch().count(), v.to.time_since_epoch().count()}}};
        }
        Tree operator()(Duration v) const { return {{"d", v.count()}}; }
        Tree operator()(query::Date v) const { return {{"y", v.day.time_since_epoch().count()}}; }
        Tree operator()(query::TimeOfDay v) const { return {{"h", v.since_midnight.count()}}; }
        Tree operator()(const query::Geometry& v) const { return {{"g", v.geojson}}; }
        Tree operator()(const query::Json& v) const { return {{"j", v.text}}; }
    };
    return std::visit(Visit{}, value);
}

std::int64_t whole(const Tree& tree) {
    return tree.get<std::int64_t>();
}

query::Value from_tree(const Tree& tree) {
    switch (tree.type()) {
        case Tree::value_t::null: return {};
        case Tree::value_t::boolean: return tree.get<bool>();
        case Tree::value_t::number_integer:
        case Tree::value_t::number_unsigned: return whole(tree);
        case Tree::value_t::number_float: return tree.get<double>();
        case Tree::value_t::string: return tree.get<std::string>();
        default: break;
    }
    if (!tree.is_object() || tree.size() != 1 || tree.begin().key().size() != 1) {
        throw Tree::type_error::create(302, "no value of a key", nullptr);
    }
    const Tree& inside = *tree.begin();
    switch (tree.begin().key().front()) {
        case 't': return Instant{Duration{whole(inside)}};
        case 's': return query::Span{Instant{Duration{whole(inside.at(0))}}, Instant{Duration{whole(inside.at(1))}}};
        case 'd': return Duration{whole(inside)};
        case 'y': return query::Date{std::chrono::sys_days{std::chrono::days{inside.get<int>()}}};
        case 'h': return query::TimeOfDay{Duration{whole(inside)}};
        case 'g': return query::Geometry{inside.get<std::string>()};
        default: return query::Json{inside.get<std::string>()};
    }
}

std::unexpected<Error> unknown() {
    return fail(Errc::malformed, "$skiptoken: this is not one that the service gave; begin from the first page");
}

Result<std::string> from_hex(std::string_view text) {
    if (text.size() % 2 != 0 || text.size() > 2 * token_bytes_max) {
        return unknown();
    }
    std::string bytes;
    for (std::size_t i = 0; i < text.size(); i += 2) {
        const auto high = digits.find(text[i]);
        const auto low = digits.find(text[i + 1]);
        if (high == std::string_view::npos || low == std::string_view::npos) {
            return unknown();
        }
        bytes += static_cast<char>(high * 16 + low);
    }
    return bytes;
}

}  // namespace

std::string to_token(const PageEnd& end) {
    Tree keys = Tree::array();
    for (const auto& key : end.keys) {
        keys.push_back(to_tree(key));
    }
    const std::string bytes = Tree{std::move(keys), end.place}.dump(-1, ' ', false, Tree::error_handler_t::replace);
    std::string token;
    for (const char byte : bytes) {
        const auto number = static_cast<unsigned char>(byte);
        token += digits[number >> 4U];
        token += digits[number & 15U];
    }
    return token;
}

Result<PageEnd> page_end_from(std::string_view token) {
    TRY(const auto bytes, from_hex(token));
    try {
        const Tree tree = Tree::parse(bytes);
        PageEnd end;
        for (const Tree& key : tree.at(0)) {
            end.keys.push_back(from_tree(key));
        }
        end.place = tree.at(1).get<std::vector<std::int64_t>>();
        return end;
    } catch (const Tree::exception&) {
        return unknown();
    }
}

}  // namespace bypuls::sensorthings
