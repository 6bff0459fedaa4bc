#pragma once

#include <string>
#include <string_view>

#include "core/result.h"

namespace bypuls::query {

/// The place in a text that is being parsed. Words run from character to character, so what a character means is for
/// the grammar at that place to say: a digit begins a time in one place and an index in another.
class Scanner {
public:
    explicit Scanner(std::string_view text) : text_(text) {}

    std::size_t position() const { return at_; }
    bool done() const { return at_ == text_.size(); }
    /// '\0' beyond the end.
    char peek(std::size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }
    std::string_view rest() const { return text_.substr(at_); }
    void skip(std::size_t bytes) { at_ += bytes; }
    void skip_space();

    bool eat(char c);
    /// A whole word, in any case of ASCII letters; nothing is eaten when the word goes on.
    bool eat_word(std::string_view word);
    /// A name as SensorThings and JSON keys have it: letters, digits, _ - . @ $ and all beyond ASCII. Empty when none
    /// begins here; a first digit or '-' only where `digits_first`.
    std::string_view take_name(bool digits_first = false);
    /// All up to one of the characters, or the end.
    std::string_view take_until(std::string_view stops);
    /// 'It''s' without its quotes. Stands at the first quote.
    Result<std::string> take_quoted();

    /// "at 14: expected a value, found ')'"; positions count bytes from 1.
    std::unexpected<Error> expected(std::string_view what) const;
    std::unexpected<Error> fault(std::size_t position, std::string_view what) const;

private:
    std::string_view text_;
    std::size_t at_ = 0;
};

bool is_digit(char c);
/// May a name go on with this?
bool in_name(char c);
/// Can a path be begun with it, unquoted?
bool is_name(std::string_view text);

}  // namespace bypuls::query
