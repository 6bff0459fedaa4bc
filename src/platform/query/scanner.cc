#include "platform/query/scanner.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/text.h"

namespace bypuls::query {
namespace {

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}
bool begins_name(char c) {
    return is_letter(c) || c == '_' || c == '@' || c == '$' || static_cast<unsigned char>(c) >= 0x80;
}

/// What stands at a place, short and on one line: a word, or a single character.
std::string shown(std::string_view rest) {
    if (rest.empty()) {
        return "the end";
    }
    constexpr std::size_t shown_max = 30;
    std::size_t size = 0;
    while (size < rest.size() && size < shown_max && in_name(rest[size])) {
        ++size;
    }
    // A cut in the middle of a character would not be UTF-8.
    while (size < rest.size() && (static_cast<unsigned char>(rest[size]) & 0xC0U) == 0x80U) {
        ++size;
    }
    return fmt::format("'{}'", rest.substr(0, std::max<std::size_t>(size, 1)));
}

}  // namespace

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
bool in_name(char c) {
    return begins_name(c) || is_digit(c) || c == '-' || c == '.';
}
bool is_name(std::string_view text) {
    return !text.empty() && begins_name(text.front()) && std::ranges::all_of(text, in_name);
}

void Scanner::skip_space() {
    while (is_space(peek())) {
        ++at_;
    }
}

bool Scanner::eat(char c) {
    if (done() || peek() != c) {
        return false;
    }
    ++at_;
    return true;
}

bool Scanner::eat_word(std::string_view word) {
    if (!equal_ignoring_ascii_case(rest().substr(0, word.size()), word) || in_name(peek(word.size()))) {
        return false;
    }
    at_ += word.size();
    return true;
}

std::string_view Scanner::take_name(bool digits_first) {
    const char first = peek();
    if (done() || !(digits_first ? in_name(first) : begins_name(first))) {
        return {};
    }
    const std::size_t from = at_;
    while (!done() && in_name(peek())) {
        ++at_;
    }
    return text_.substr(from, at_ - from);
}

std::string_view Scanner::take_until(std::string_view stops) {
    const auto taken = rest().substr(0, rest().find_first_of(stops));
    at_ += taken.size();
    return taken;
}

Result<std::string> Scanner::take_quoted() {
    const std::size_t from = at_;
    std::string out;
    skip(1);
    while (!done()) {
        if (!eat('\'')) {
            out += peek();
            skip(1);
        } else if (eat('\'')) {
            out += '\'';
        } else {
            return out;
        }
    }
    return fault(from, "the text that begins here has no closing quote");
}

std::unexpected<Error> Scanner::expected(std::string_view what) const {
    return fault(at_, fmt::format("expected {}, found {}", what, shown(rest())));
}

std::unexpected<Error> Scanner::fault(std::size_t position, std::string_view what) const {
    return fail(Errc::malformed, fmt::format("at {}: {}", position + 1, what));
}

}  // namespace bypuls::query
