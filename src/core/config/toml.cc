#include "core/config/toml.h"

#include <algorithm>
#include <cstdint>
#include <string>

#include <fmt/format.h>

#include "core/text.h"

namespace bypuls::config {
namespace {

bool is_ascii(char letter) {
    return static_cast<unsigned char>(letter) < 0x80;
}

/// The letter that begins at `at` of a text in UTF-8, as an escape of a basic string; `at` moves past it.
std::string escaped(std::string_view text, std::size_t& at) {
    const auto first = static_cast<unsigned char>(text[at]);
    const std::size_t bytes = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    std::uint32_t letter = first & (0xffU >> (bytes + 1));
    for (std::size_t i = 1; i < bytes; ++i) {
        letter = letter << 6U | (static_cast<unsigned char>(text[at + i]) & 0x3fU);
    }
    at += bytes;
    return fmt::format("\\U{:08X}", letter);
}

/// Writes a TOML text anew in ASCII: every string becomes a basic one, with escapes. Lines stay lines.
class Rewriting {
public:
    explicit Rewriting(std::string_view text) : text_(text) {}

    std::expected<std::string, Fault> run() {
        constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
        at_ = text_.starts_with(byte_order_mark) ? byte_order_mark.size() : 0;
        while (at_ < text_.size()) {
            const char letter = text_[at_];
            if (letter == '#') {
                comment();
            } else if (letter == '"' || letter == '\'') {
                string(letter);
            } else if (is_ascii(letter)) {
                out_ += letter;
                ++at_;
            } else {
                const auto line = static_cast<std::size_t>(std::ranges::count(text_.substr(0, at_), '\n')) + 1;
                const std::size_t feed = text_.substr(0, at_).rfind('\n');
                const std::size_t column = feed == std::string_view::npos ? at_ + 1 : at_ - feed;
                return std::unexpected(Fault{line, "letters beyond a to z stand in quotes only", column});
            }
        }
        return std::move(out_);
    }

private:
    void comment() {
        for (; at_ < text_.size() && text_[at_] != '\n'; ++at_) {
            out_ += is_ascii(text_[at_]) ? text_[at_] : '?';
        }
    }

    /// To its closing quote or, when it lacks one, to the end of the line or text: toml++ then says so.
    void string(char quote) {
        const bool many_lines = text_.substr(at_, 3) == std::string(3, quote);
        const std::size_t width = many_lines ? 3 : 1;
        out_.append(width, '"');
        at_ += width;
        while (at_ < text_.size() && (many_lines || text_[at_] != '\n')) {
            if (text_.substr(at_, width) == std::string(width, quote)) {
                close(quote, many_lines);
                return;
            }
            quote == '"' ? basic_letter() : literal_letter();
        }
    }

    /// A string of many lines may end in one or two quotes of its own before the three that close it.
    void close(char quote, bool many_lines) {
        std::size_t quotes = 1;
        const std::size_t most = many_lines ? 5 : 1;
        while (quotes < most && at_ + quotes < text_.size() && text_[at_ + quotes] == quote) {
            ++quotes;
        }
        at_ += quotes;
        out_.append(many_lines ? quotes - 3 : 0, quote).append(many_lines ? 3 : 1, '"');
    }

    void basic_letter() {
        if (text_[at_] == '\\' && at_ + 1 < text_.size()) {
            // An escape that TOML does not have stays one: "\é" must not become a backslash and the letter's escape.
            const bool known = is_ascii(text_[at_ + 1]);
            out_.append("\\").append(1, known ? text_[at_ + 1] : '?');
            at_ += 2;
            while (!known && at_ < text_.size() && (static_cast<unsigned char>(text_[at_]) & 0xc0U) == 0x80U) {
                ++at_;
            }
        } else {
            plain_letter();
        }
    }

    void literal_letter() {
        if (text_[at_] == '"' || text_[at_] == '\\') {
            out_ += '\\';
        }
        plain_letter();
    }

    void plain_letter() {
        if (is_ascii(text_[at_])) {
            out_ += text_[at_++];
        } else {
            out_ += escaped(text_, at_);
        }
    }

    std::string_view text_;
    std::string out_;
    std::size_t at_ = 0;
};

/// The line of that number, from 1; empty if there is none.
std::string_view line_of(std::string_view text, std::size_t number) {
    for (; number > 1 && !text.empty(); --number) {
        text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
    }
    return text.substr(0, text.find('\n'));
}

}  // namespace

std::expected<toml::table, Fault> parse_toml(std::string_view text) {
    if (!is_utf8(text)) {
        return std::unexpected(Fault{1, "the text is not UTF-8"});
    }
    auto ascii = Rewriting(text).run();
    if (!ascii) {
        return std::unexpected(std::move(ascii).error());
    }
    toml::parse_result parsed = toml::parse(*ascii);
    if (!parsed) {
        const auto [line, column] = parsed.error().source().begin;
        // Columns of a line that was written anew are not those of the text.
        const bool as_written = line_of(text, line) == line_of(*ascii, line);
        return std::unexpected(Fault{line, std::string(parsed.error().description()), as_written ? column : 0});
    }
    return std::move(parsed).table();
}

}  // namespace bypuls::config
