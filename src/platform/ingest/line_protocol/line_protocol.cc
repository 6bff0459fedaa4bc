#include "platform/ingest/line_protocol/line_protocol.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>

#include <fmt/format.h>

#include "core/text.h"

namespace bypuls::ingest::line_protocol {
namespace {

// What ends a token, as one bit a kind of token. Control characters end names, so that a stray tab is an error and not
// part of a measurement; in values they are let through, as InfluxDB does.
enum Stop : std::uint8_t {
    stop_measurement = 1 << 0,
    stop_key = 1 << 1,
    stop_tag_value = 1 << 2,
    stop_plain_value = 1 << 3,
    stop_string = 1 << 4,
    stop_comment = 1 << 5,
    stop_time = 1 << 6,
};

constexpr std::array<std::uint8_t, 256> stop_table = [] {
    std::array<std::uint8_t, 256> table{};
    const auto mark = [&](std::string_view bytes, int stops) {
        for (const char byte : bytes) {
            table[static_cast<unsigned char>(byte)] |= static_cast<std::uint8_t>(stops);
        }
    };
    for (unsigned byte = 0; byte < 256; ++byte) {
        if (byte < 0x20 || byte == 0x7f) {
            table[byte] |= stop_measurement | stop_key | stop_comment;
        }
        if (!(byte >= '0' && byte <= '9') && byte != '-') {
            table[byte] |= stop_time;
        }
    }
    mark(", ", stop_measurement);
    mark(",= ", stop_key);
    mark(",= \r\n", stop_tag_value);
    mark(", \r\n", stop_plain_value);
    mark("\"", stop_string);
    // A backslash is not the end, but the scan stops there to look at what it escapes.
    mark("\\", stop_measurement | stop_key | stop_tag_value | stop_string);
    return table;
}();

bool stops(char byte, std::uint8_t kind) {
    return (stop_table[static_cast<unsigned char>(byte)] & kind) != 0;
}

bool is_white(char byte) {
    return byte == ' ' || byte == '\r' || byte == '\n';
}

std::int64_t nanoseconds_in(Precision precision) {
    switch (precision) {
        case Precision::nanoseconds: return 1;
        case Precision::microseconds: return 1'000;
        case Precision::milliseconds: return 1'000'000;
        case Precision::seconds: return 1'000'000'000;
    }
    return 1;
}

std::int64_t floor_to(std::int64_t value, std::int64_t step) {
    const std::int64_t rest = value % step;
    return rest < 0 ? value - rest - step : value - rest;
}

/// The token as a person may see it in an error: short, and with nothing unprintable.
std::string shown(std::string_view token) {
    constexpr std::size_t bytes_max = 40;
    const bool is_text = is_utf8(token);
    std::string out;
    for (std::size_t i = 0; i < token.size(); ++i) {
        const auto byte = static_cast<unsigned char>(token[i]);
        const bool inside_character = is_text && (byte & 0xc0) == 0x80;
        if (i >= bytes_max && !inside_character) {
            return out + "…";
        }
        const bool printable = byte >= 0x20 && byte != 0x7f && (byte < 0x80 || is_text);
        out += printable ? std::string(1, token[i]) : fmt::format("\\x{:02x}", byte);
    }
    return out;
}

/// 64 KiB pieces; one string longer than that has a piece of its own.
class Arena {
public:
    explicit Arena(std::vector<std::unique_ptr<char[]>>& pieces) : pieces_(pieces) {}

    char* take(std::size_t size) {
        if (size > left_) {
            const std::size_t piece = std::max<std::size_t>(size, std::size_t{64} << 10);
            pieces_.push_back(std::make_unique_for_overwrite<char[]>(piece));
            next_ = pieces_.back().get();
            left_ = piece;
        }
        char* const taken = next_;
        next_ += size;
        left_ -= size;
        return taken;
    }

private:
    std::vector<std::unique_ptr<char[]>>& pieces_;
    char* next_ = nullptr;
    std::size_t left_ = 0;
};

}  // namespace

/// Walks over the body once. A method that returns false has filled fault_.
class Reader {
public:
    Reader(std::string_view body, const Options& options)
        : options_(options), at_(body.data()), end_(body.data() + body.size()), arena_(batch_.arena_) {}

    Result<Batch> read();

private:
    bool fail_at(const char* place, std::string what);
    bool at_end() const { return at_ == end_; }
    void skip_spaces();
    bool take_end_of_line();
    bool skip_to_line();
    bool token(std::uint8_t kind, std::string_view escapable, std::string_view& out);
    std::string_view unescaped(std::string_view token, std::string_view escapable);
    bool read_line(Point& point);
    bool read_tags(Point& point);
    bool read_tag();
    bool sort_tags(const Point& point);
    bool read_fields(Point& point);
    bool read_value(Field& field);
    bool read_string(Field& field);
    bool read_number(Field& field);
    template <typename Number>
    bool read_whole(std::string_view digits, Field& field, std::string_view kind);
    bool read_float(std::string_view text, Field& field);
    bool read_bool(Field& field);
    bool read_time(Point& point);
    void reserve_like(const Point& first, std::size_t bytes);
    void reject(const char* line_start, std::uint32_t line);

    const Options& options_;
    const char* at_;
    const char* const end_;
    Batch batch_;
    Arena arena_;
    std::uint32_t line_ = 1;
    const char* fault_place_ = nullptr;
    std::string fault_;
};

bool Reader::fail_at(const char* place, std::string what) {
    fault_place_ = place;
    fault_ = std::move(what);
    return false;
}

void Reader::skip_spaces() {
    while (at_ != end_ && *at_ == ' ') {
        ++at_;
    }
}

/// LF, CR LF, a CR at the very end, or the end itself. A CR elsewhere is no end.
bool Reader::take_end_of_line() {
    if (at_end()) {
        return true;
    }
    const std::size_t length = *at_ == '\r' ? 2 : 1;
    if (length == 2 && at_ + 1 == end_) {
        ++at_;
        return true;
    }
    if (at_[length - 1] != '\n') {
        return false;
    }
    at_ += length;
    ++line_;
    return true;
}

/// Over blank lines and comments to the next point; false at a comment with control characters in it.
bool Reader::skip_to_line() {
    while (true) {
        skip_spaces();
        if (at_end()) {
            return true;
        }
        if (*at_ == '#') {
            while (at_ != end_ && !stops(*at_, stop_comment)) {
                ++at_;
            }
            if (!take_end_of_line()) {
                return fail_at(at_, "a comment holds a control character");
            }
        } else if ((*at_ != '\n' && *at_ != '\r') || !take_end_of_line()) {
            return true;
        }
    }
}

/// Everything up to a byte that ends this kind of token, escapes undone. False when it is not UTF-8.
bool Reader::token(std::uint8_t kind, std::string_view escapable, std::string_view& out) {
    const char* const start = at_;
    const char* at = at_;
    bool escaped = false;
    unsigned char high = 0;
    while (at != end_) {
        if (!stops(*at, kind)) {
            high |= static_cast<unsigned char>(*at);
            ++at;
        } else if (*at != '\\') {
            break;
        } else if (at + 1 != end_ && escapable.find(at[1]) != std::string_view::npos) {
            escaped = true;
            at += 2;
        } else {
            ++at;  // a backslash before anything else stands for itself
        }
    }
    at_ = at;
    out = {start, static_cast<std::size_t>(at - start)};
    if ((high & 0x80) != 0 && !is_utf8(out)) {
        return fail_at(start, fmt::format("'{}' is not UTF-8", shown(out)));
    }
    if (escaped) {
        out = unescaped(out, escapable);
    }
    return true;
}

std::string_view Reader::unescaped(std::string_view token, std::string_view escapable) {
    char* const text = arena_.take(token.size());
    std::size_t size = 0;
    for (std::size_t i = 0; i < token.size(); ++i) {
        if (token[i] == '\\' && i + 1 < token.size() && escapable.find(token[i + 1]) != std::string_view::npos) {
            ++i;
        }
        text[size++] = token[i];
    }
    return {text, size};
}

bool Reader::read_line(Point& point) {
    const char* const start = at_;
    point.line = line_;
    if (!token(stop_measurement, ", ", point.measurement)) {
        return false;
    }
    if (point.measurement.empty()) {
        return fail_at(start, fmt::format("a measurement cannot begin with '{}'", shown({start, 1})));
    }
    if (!read_tags(point) || !read_fields(point)) {
        return false;
    }
    if (static_cast<std::size_t>(at_ - start) > options_.line_bytes_max) {
        return fail_at(start, fmt::format("the line is longer than {} bytes", options_.line_bytes_max));
    }
    return read_time(point);
}

bool Reader::read_tags(Point& point) {
    point.first_tag = static_cast<std::uint32_t>(batch_.tags_.size());
    while (!at_end() && *at_ == ',') {
        ++at_;
        if (!read_tag()) {
            return false;
        }
    }
    point.tag_count = static_cast<std::uint32_t>(batch_.tags_.size() - point.first_tag);
    if (at_end() || *at_ == '\r' || *at_ == '\n') {
        return fail_at(at_, "the line has no fields");
    }
    if (*at_ != ' ') {
        return fail_at(at_, fmt::format("a comma or a space was expected, not '{}'", shown({at_, 1})));
    }
    skip_spaces();
    return sort_tags(point);
}

bool Reader::read_tag() {
    // In its place at once: a copy would have to wait for what has just been written.
    Tag& tag = batch_.tags_.emplace_back();
    const char* const start = at_;
    if (!token(stop_key, ",= ", tag.key)) {
        return false;
    }
    if (tag.key.empty()) {
        return fail_at(start, "a tag's name was expected after the comma");
    }
    if (at_end() || *at_ != '=') {
        return fail_at(at_, fmt::format("the tag '{}' lacks its '='", shown(tag.key)));
    }
    ++at_;
    if (!token(stop_tag_value, ",= ", tag.value)) {
        return false;
    }
    if (tag.value.empty()) {
        return fail_at(at_, fmt::format("the tag '{}' has no value", shown(tag.key)));
    }
    return true;
}

/// Puts the tags in order, so that one series has one spelling, and finds those given twice.
bool Reader::sort_tags(const Point& point) {
    const std::span<Tag> tags = std::span(batch_.tags_).subspan(point.first_tag, point.tag_count);
    if (!std::ranges::is_sorted(tags, {}, &Tag::key)) {
        std::ranges::sort(tags, {}, &Tag::key);
    }
    const auto twice = std::ranges::adjacent_find(tags, {}, &Tag::key);
    return twice == tags.end() || fail_at(at_, fmt::format("the tag '{}' is given twice", shown(twice->key)));
}

bool Reader::read_fields(Point& point) {
    point.first_field = static_cast<std::uint32_t>(batch_.fields_.size());
    while (true) {
        Field& field = batch_.fields_.emplace_back();
        const char* const start = at_;
        if (!token(stop_key, ",= ", field.key)) {
            return false;
        }
        if (field.key.empty()) {
            return fail_at(start, "a field's name was expected");
        }
        if (at_end() || *at_ != '=') {
            return fail_at(at_, fmt::format("the field '{}' lacks its '='", shown(field.key)));
        }
        ++at_;
        if (!read_value(field)) {
            return false;
        }
        if (at_end() || *at_ != ',') {
            break;
        }
        ++at_;
    }
    point.field_count = static_cast<std::uint32_t>(batch_.fields_.size() - point.first_field);
    if (!at_end() && !is_white(*at_)) {
        return fail_at(at_, fmt::format("'{}' was not expected after a field", shown({at_, 1})));
    }
    return true;
}

bool Reader::read_value(Field& field) {
    if (at_end()) {
        return fail_at(at_, fmt::format("the field '{}' has no value", shown(field.key)));
    }
    switch (*at_) {
        case '"': return read_string(field);
        case 't':
        case 'T':
        case 'f':
        case 'F': return read_bool(field);
        default:
            if (*at_ == '-' || *at_ == '.' || (*at_ >= '0' && *at_ <= '9')) {
                return read_number(field);
            }
            return fail_at(at_, fmt::format("the value of '{}' is neither a number, a boolean nor a string in quotes",
                                            shown(field.key)));
    }
}

bool Reader::read_string(Field& field) {
    const char* const quote = at_++;
    std::string_view text;
    if (!token(stop_string, "\\\"", text)) {
        return false;
    }
    if (at_end()) {
        // A string may hold newlines, so a forgotten quote would swallow all that follows. It does not: reading goes on
        // with the next line. Nothing is read over and over, for there is no other quote up to the end.
        at_ = quote;
        return fail_at(quote, fmt::format("the text of '{}' lacks its closing quote", shown(field.key)));
    }
    ++at_;
    line_ += static_cast<std::uint32_t>(std::count(quote, at_, '\n'));
    field.value = text;
    return true;
}

bool Reader::read_number(Field& field) {
    const char* const start = at_;
    while (at_ != end_ && !stops(*at_, stop_plain_value)) {
        ++at_;
    }
    const std::string_view text{start, static_cast<std::size_t>(at_ - start)};
    const std::string_view digits = text.substr(0, text.size() - 1);
    switch (text.back()) {
        case 'i': return read_whole<std::int64_t>(digits, field, "integer");
        case 'u': return read_whole<std::uint64_t>(digits, field, "unsigned integer");
        default: return read_float(text, field);
    }
}

template <typename Number>
bool Reader::read_whole(std::string_view digits, Field& field, std::string_view kind) {
    Number value = 0;
    const auto [rest, code] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (code == std::errc::result_out_of_range) {
        return fail_at(digits.data(), fmt::format("the {} of '{}' is out of range", kind, shown(field.key)));
    }
    if (code != std::errc{} || rest != digits.data() + digits.size()) {
        return fail_at(digits.data(), fmt::format("'{}' is not an {}", shown(digits), kind));
    }
    field.value = value;
    return true;
}

bool Reader::read_float(std::string_view text, Field& field) {
    double value = 0;
    const auto [rest, code] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (code == std::errc::result_out_of_range) {
        // from_chars says the same of 1e999 and 1e-999; only the first is out of range, the second is almost nothing.
        value = rest == text.data() + text.size() ? std::strtod(std::string(text).c_str(), nullptr) : HUGE_VAL;
        if (std::isfinite(value)) {
            field.value = value;
            return true;
        }
        return fail_at(text.data(), fmt::format("the number of '{}' is out of range", shown(field.key)));
    }
    if (code != std::errc{} || rest != text.data() + text.size() || !std::isfinite(value)) {
        return fail_at(text.data(), fmt::format("'{}' is not a number", shown(text)));
    }
    field.value = value;
    return true;
}

bool Reader::read_bool(Field& field) {
    const char* const start = at_;
    while (at_ != end_ && !stops(*at_, stop_plain_value)) {
        ++at_;
    }
    const std::string_view word{start, static_cast<std::size_t>(at_ - start)};
    constexpr std::array<std::string_view, 5> truths{"t", "T", "true", "True", "TRUE"};
    constexpr std::array<std::string_view, 5> untruths{"f", "F", "false", "False", "FALSE"};
    if (std::ranges::find(truths, word) != truths.end()) {
        field.value = true;
        return true;
    }
    if (std::ranges::find(untruths, word) != untruths.end()) {
        field.value = false;
        return true;
    }
    return fail_at(start, fmt::format("'{}' is not a boolean", shown(word)));
}

bool Reader::read_time(Point& point) {
    const std::int64_t step = nanoseconds_in(options_.precision);
    point.time_ns = floor_to(options_.default_time_ns, step);
    skip_spaces();
    if (take_end_of_line()) {
        batch_.used_default_time_ = true;
        return true;
    }
    const char* const start = at_;
    while (at_ != end_ && !stops(*at_, stop_time)) {
        ++at_;
    }
    const char* const stop = at_;
    skip_spaces();
    if (start == stop || !take_end_of_line()) {
        at_ = stop;
        return fail_at(stop, start == stop ? "a time was expected" : "nothing was expected after the time");
    }
    std::int64_t value = 0;
    const auto [rest, code] = std::from_chars(start, stop, value);
    const bool whole = code == std::errc{} && rest == stop;
    if (!whole || __builtin_mul_overflow(value, step, &point.time_ns)) {
        at_ = stop;
        const std::string_view digits{start, static_cast<std::size_t>(stop - start)};
        const bool too_large = whole || code == std::errc::result_out_of_range;
        return fail_at(start, too_large ? fmt::format("the time {} is out of range", shown(digits))
                                        : fmt::format("'{}' is not a time", shown(digits)));
    }
    return true;
}

/// Notes the fault and goes on after the end of the line in which it lies.
void Reader::reject(const char* line_start, std::uint32_t line) {
    ++batch_.rejected_;
    const char* const place = fault_place_;
    const auto fault_line = line + static_cast<std::uint32_t>(std::count(line_start, place, '\n'));
    if (batch_.errors_.size() < options_.errors_max) {
        const char* start = place;
        while (start != line_start && start[-1] != '\n') {
            --start;
        }
        batch_.errors_.push_back({fault_line, static_cast<std::uint32_t>(place - start + 1), std::move(fault_)});
    }
    const char* const from = std::max(place, at_);
    line_ = line + static_cast<std::uint32_t>(std::count(line_start, from, '\n')) + 1;
    const void* const newline = from == end_ ? nullptr : std::memchr(from, '\n', static_cast<std::size_t>(end_ - from));
    at_ = newline == nullptr ? end_ : static_cast<const char*>(newline) + 1;
}

Result<Batch> Reader::read() {
    while (true) {
        const char* const start = at_;
        const std::uint32_t line = line_;
        if (!skip_to_line()) {
            reject(start, line);
            continue;
        }
        if (at_end()) {
            return std::move(batch_);
        }
        const std::size_t tags = batch_.tags_.size();
        const std::size_t fields = batch_.fields_.size();
        const char* const point_start = at_;
        const std::uint32_t point_line = line_;
        Point point;
        if (!read_line(point)) {
            batch_.tags_.resize(tags);
            batch_.fields_.resize(fields);
            reject(point_start, point_line);
            continue;
        }
        if (batch_.points_.size() == options_.points_max) {
            return fail(Errc::exhausted, fmt::format("more than {} points in one body", options_.points_max));
        }
        if (batch_.tags_.size() + batch_.fields_.size() > options_.cells_max) {
            return fail(Errc::exhausted, fmt::format("more than {} tags and fields in one body", options_.cells_max));
        }
        if (batch_.points_.empty()) {
            reserve_like(point, static_cast<std::size_t>(at_ - point_start));
        }
        batch_.points_.push_back(point);
    }
}

/// Lines of one body are much alike: room for as many tags and fields a line as the first has.
void Reader::reserve_like(const Point& first, std::size_t bytes) {
    const std::size_t lines = static_cast<std::size_t>(end_ - at_) / bytes + 1;
    const std::size_t wanted = std::min(lines + lines / 16, options_.points_max);
    batch_.points_.reserve(wanted);
    batch_.tags_.reserve(std::min(wanted * first.tag_count, options_.cells_max));
    batch_.fields_.reserve(std::min(wanted * first.field_count, options_.cells_max));
}

Result<Batch> parse(std::string_view body, const Options& options) {
    if (body.size() > options.body_bytes_max) {
        return fail(Errc::exhausted,
                    fmt::format("a body of {} bytes exceeds the limit of {}", body.size(), options.body_bytes_max));
    }
    return Reader(body, options).read();
}

Result<Precision> precision_named(std::string_view name) {
    if (name == "ns" || name == "n") {
        return Precision::nanoseconds;
    }
    if (name == "us" || name == "u" || name == "µs") {
        return Precision::microseconds;
    }
    if (name == "ms") {
        return Precision::milliseconds;
    }
    if (name == "s") {
        return Precision::seconds;
    }
    return fail(Errc::malformed, fmt::format("the precision is one of ns, us, ms and s, not '{}'", shown(name)));
}

Instant Point::time() const {
    return Instant{Duration{floor_to(time_ns, 1'000) / 1'000}};
}

std::string LineError::sentence() const {
    return fmt::format("line {}, column {}: {}", line, column, what);
}

}  // namespace bypuls::ingest::line_protocol
