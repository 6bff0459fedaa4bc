#include "platform/publish/sensorthings/read/json.h"

#include <array>
#include <charconv>

#include <nlohmann/json.hpp>

#include "core/text.h"
#include "core/time/iso8601.h"

namespace bypuls::sensorthings::json {
namespace {

using Tree = nlohmann::json;

Tree parse(std::string_view text) {
    return Tree::parse(text, nullptr, false);
}

void append_digits(std::string& out, std::int64_t value, int count) {
    std::array<char, 20> digits{};
    for (int i = count - 1; i >= 0; --i) {
        digits.at(static_cast<std::size_t>(i)) = static_cast<char>('0' + value % 10);
        value /= 10;
    }
    out.append(digits.data(), static_cast<std::size_t>(count));
}

struct Append {
    std::string& out;
    TimeForm form;

    void operator()(std::monostate) const { out += "null"; }
    void operator()(bool value) const { out += value ? "true" : "false"; }
    void operator()(std::int64_t value) const { append_integer(out, value); }
    void operator()(double value) const { append_number(out, value); }
    void operator()(const std::string& value) const { append_json_string(out, value); }
    void operator()(Instant value) const { append_instant_text(out, value, form); }
    void operator()(const query::Span& value) const { append_span_text(out, value, form); }
    void operator()(Duration value) const { append_number(out, std::chrono::duration<double>(value).count()); }
    void operator()(query::Date value) const {
        std::string text;
        append_instant(text, Instant{value.day.time_since_epoch()}, TimeForm::shortest);
        append_json_string(out, text.substr(0, text.find('T')));
    }
    void operator()(query::TimeOfDay value) const {
        std::string text;
        append_instant(text, Instant{value.since_midnight}, TimeForm::shortest);
        append_json_string(out, text.substr(text.find('T') + 1, text.size() - text.find('T') - 2));
    }
    void operator()(const query::Geometry& value) const { out += value.geojson; }
    void operator()(const query::Json& value) const { out += value.text; }
};

}  // namespace

void append_integer(std::string& out, std::int64_t value) {
    std::array<char, 24> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
    out.append(text.data(), end);
}

void append_number(std::string& out, double value) {
    std::array<char, 40> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
    out.append(text.data(), end);
}

void append_instant(std::string& out, Instant t, TimeForm form) {
    using namespace std::chrono;
    const auto day = floor<days>(t);
    const year_month_day civil{day};
    const auto micros = (t - day).count();
    const auto second_of_day = micros / 1'000'000;
    const auto fraction = micros % 1'000'000;
    append_digits(out, static_cast<int>(civil.year()), 4);
    out += '-';
    append_digits(out, static_cast<unsigned>(civil.month()), 2);
    out += '-';
    append_digits(out, static_cast<unsigned>(civil.day()), 2);
    out += 'T';
    append_digits(out, second_of_day / 3600, 2);
    out += ':';
    append_digits(out, second_of_day / 60 % 60, 2);
    out += ':';
    append_digits(out, second_of_day % 60, 2);
    if (fraction % 1000 != 0) {
        out += '.';
        append_digits(out, fraction, 6);
    } else if (fraction != 0 || form == TimeForm::milliseconds) {
        out += '.';
        append_digits(out, fraction / 1000, 3);
    }
    out += 'Z';
}

void append_instant_text(std::string& out, Instant t, TimeForm form) {
    out += '"';
    append_instant(out, t, form);
    out += '"';
}

void append_span_text(std::string& out, const query::Span& span, TimeForm form) {
    out += '"';
    append_instant(out, span.from, form);
    out += '/';
    append_instant(out, span.to, form);
    out += '"';
}

void append_value(std::string& out, const query::Value& value, TimeForm form) {
    std::visit(Append{out, form}, value);
}

std::optional<std::string> step_inside(std::string_view text, std::string_view step) {
    const Tree tree = parse(text);
    if (tree.is_object()) {
        const auto found = tree.find(step);
        return found == tree.end() ? std::nullopt : std::optional(found->dump());
    }
    std::size_t index = 0;
    const auto [end, trouble] = std::from_chars(step.data(), step.data() + step.size(), index);
    const bool whole = trouble == std::errc{} && end == step.data() + step.size();
    if (tree.is_array() && whole && index < tree.size()) {
        return tree[index].dump();
    }
    return std::nullopt;
}

query::Value value_of(std::string_view text) {
    const Tree tree = parse(text);
    switch (tree.type()) {
        case Tree::value_t::boolean: return tree.get<bool>();
        case Tree::value_t::number_integer: return tree.get<std::int64_t>();
        case Tree::value_t::number_unsigned:
            return tree.get<std::uint64_t>() <= INT64_MAX ? query::Value(tree.get<std::int64_t>())
                                                          : query::Value(tree.get<double>());
        case Tree::value_t::number_float: return tree.get<double>();
        case Tree::value_t::string: return tree.get<std::string>();
        case Tree::value_t::object:
        case Tree::value_t::array: return query::Json{std::string(text)};
        default: return std::monostate{};
    }
}

}  // namespace bypuls::sensorthings::json
