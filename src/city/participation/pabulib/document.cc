#include "city/participation/pabulib/document.h"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "city/participation/counting/refuse.h"
#include "core/check.h"
#include "core/text.h"

namespace bypuls::participation::pabulib {

std::string_view Table::at(std::size_t row, std::size_t column) const {
    const std::size_t cell = row * columns.size() + column;
    if (column >= columns.size() || cell >= ends_.size()) {
        return {};
    }
    const std::size_t from = cell == 0 ? 0 : ends_[cell - 1];
    return std::string_view(text_).substr(from, ends_[cell] - from);
}

std::optional<std::size_t> Table::column(std::string_view name) const {
    const auto at = std::ranges::find_if(
        columns, [&](const std::string& column) { return equal_ignoring_ascii_case(column, name); });
    return at == columns.end() ? std::nullopt : std::optional(static_cast<std::size_t>(at - columns.begin()));
}

void Table::expect(std::size_t rows, std::size_t bytes) {
    text_.reserve(bytes);
    // Every cell but the first of a row has a separator before it, so there are no more than bytes and rows allow.
    ends_.reserve(std::min(rows * columns.size(), bytes + rows));
    lines_.reserve(rows);
}

void Table::add_cell(std::string_view text) {
    text_ += text;
    check(text_.size() < UINT32_MAX, "a table's text is less than 4 GB");
    ends_.push_back(static_cast<std::uint32_t>(text_.size()));
}

void Table::end_row(std::size_t line) {
    check(!columns.empty(), "a table has columns before it has rows");
    while (ends_.size() % columns.size() != 0) {
        add_cell("");
    }
    if (line > 0) {
        lines_.resize(rows() - 1, 0);
        lines_.push_back(static_cast<std::uint32_t>(std::min<std::size_t>(line, UINT32_MAX)));
    }
}

using counting::Attempt;
using counting::refuse;

namespace {

auto entry_of(const Document& document, std::string_view key) {
    return std::ranges::find_if(document.meta,
                                [&](const auto& entry) { return equal_ignoring_ascii_case(entry.first, key); });
}

}  // namespace

std::string_view Document::meta_value(std::string_view key) const {
    const auto at = entry_of(*this, key);
    return at == meta.end() ? std::string_view{} : std::string_view(at->second);
}

bool Document::has_meta(std::string_view key) const {
    return entry_of(*this, key) != meta.end();
}

counting::Place Document::meta_place(std::string_view key) const {
    const auto at = entry_of(*this, key);
    const std::size_t line = meta_line(static_cast<std::size_t>(at - meta.begin()));
    return line > 0 ? counting::Place{.line = line, .column = 2}
                    : counting::Place{.path = fmt::format("META, {}", key)};
}

void Document::set_meta(std::string_view key, std::string_view value) {
    for (auto& [known, text] : meta) {
        if (equal_ignoring_ascii_case(known, key)) {
            text = value;
            return;
        }
    }
    meta.emplace_back(key, value);
}

void Document::remove_meta(std::string_view prefix) {
    std::vector<std::pair<std::string, std::string>> kept;
    std::vector<std::uint32_t> lines;
    for (std::size_t i = 0; i < meta.size(); ++i) {
        if (!equal_ignoring_ascii_case(std::string_view(meta[i].first).substr(0, prefix.size()), prefix)) {
            kept.push_back(std::move(meta[i]));
            lines.push_back(static_cast<std::uint32_t>(meta_line(i)));
        }
    }
    meta = std::move(kept);
    meta_lines = std::move(lines);
}

namespace {

constexpr std::size_t columns_max = 1000;

enum class Section : std::uint8_t { none, meta, projects, votes };

class Parser {
public:
    explicit Parser(std::string_view text) : text_(text) {
        if (text_.starts_with("\xEF\xBB\xBF")) {
            text_.remove_prefix(3);
        }
    }

    Attempt<Document> run() {
        TRY_DO(each_record([&](std::size_t line) { return take(line); }));
        if (document_.projects.columns.empty() || document_.votes.columns.empty()) {
            return refuse(Errc::malformed, "recount.fault.no_section",
                          {{"section", document_.projects.columns.empty() ? "PROJECTS" : "VOTES"}}, begins(line_));
        }
        return std::move(document_);
    }

    Attempt<Table> run_table() {
        awaits_header_ = true;
        guess_separator();
        TRY_DO(each_record([&](std::size_t line) { return take_row(document_.votes, line); }));
        if (document_.votes.columns.empty()) {
            return refuse(Errc::malformed, "fault.empty_table", {}, begins(1));
        }
        return std::move(document_.votes);
    }

private:
    template <typename Take>
    Attempt<void> each_record(Take take_record) {
        while (at_ < text_.size()) {
            line_start_ = at_;
            const std::size_t line = line_;
            if (skip_blank_line()) {
                continue;
            }
            TRY_DO(read_record());
            TRY_DO(take_record(line));
        }
        return {};
    }

    counting::Place place() const { return {.line = line_, .column = at_ - line_start_ + 1}; }
    static counting::Place begins(std::size_t line) { return {.line = line, .column = 1}; }

    bool skip_blank_line() {
        std::size_t end = at_;
        while (end < text_.size() && (text_[end] == ' ' || text_[end] == '\t')) {
            ++end;
        }
        if (end < text_.size() && text_[end] != '\n' && text_[end] != '\r') {
            return false;
        }
        at_ = end;
        end_line();
        return true;
    }

    void end_line() {
        if (at_ < text_.size() && text_[at_] == '\r') {
            ++at_;
        }
        if (at_ < text_.size() && text_[at_] == '\n') {
            ++at_;
        }
        ++line_;
        line_start_ = at_;
    }

    bool at_end_of_line() const { return at_ >= text_.size() || text_[at_] == '\n' || text_[at_] == '\r'; }

    std::size_t end_of_field(std::size_t at) const {
        const std::string_view text = text_;
        const char separator = separator_;
        while (at < text.size() && text[at] != separator && text[at] != '\n' && text[at] != '\r') {
            ++at;
        }
        return at;
    }

    /// Splits one record into fields_; quoted fields may run over lines.
    Attempt<void> read_record() {
        fields_.clear();
        unquoted_.clear();
        while (true) {
            if (at_ < text_.size() && text_[at_] == '"') {
                TRY_DO(read_quoted());
            } else {
                const std::size_t from = at_;
                at_ = end_of_field(from);
                fields_.push_back(text_.substr(from, at_ - from));
            }
            if (at_end_of_line()) {
                end_line();
                return {};
            }
            ++at_;
        }
    }

    Attempt<void> read_quoted() {
        const counting::Place opened = place();
        ++at_;
        std::string text;
        while (true) {
            if (at_ >= text_.size()) {
                return refuse(Errc::malformed, "recount.fault.open_quote", {}, opened);
            }
            if (text_[at_] == '"') {
                ++at_;
                if (at_ >= text_.size() || text_[at_] != '"') {
                    break;
                }
            }
            if (text_[at_] == '\n') {
                ++line_;
                line_start_ = at_ + 1;
            }
            text += text_[at_++];
        }
        // Some files have text after the closing quote; it belongs to the field.
        const std::size_t from = std::exchange(at_, end_of_field(at_));
        text += text_.substr(from, at_ - from);
        unquoted_.push_back(std::make_unique<std::string>(std::move(text)));
        fields_.push_back(*unquoted_.back());
        return {};
    }

    static Section section_named(std::string_view text) {
        text = trim(text);
        while (text.ends_with(';') || text.ends_with(',')) {
            text.remove_suffix(1);
        }
        if (equal_ignoring_ascii_case(text, "META")) {
            return Section::meta;
        }
        if (equal_ignoring_ascii_case(text, "PROJECTS")) {
            return Section::projects;
        }
        return equal_ignoring_ascii_case(text, "VOTES") ? Section::votes : Section::none;
    }

    bool only_first_field() const {
        return std::ranges::all_of(fields_.begin() + 1, fields_.end(),
                                   [](std::string_view field) { return trim(field).empty(); });
    }

    Attempt<void> take(std::size_t line) {
        if (only_first_field()) {
            if (const Section section = section_named(fields_.front()); section != Section::none) {
                section_ = section;
                awaits_header_ = true;
                guess_separator();
                return {};
            }
        }
        switch (section_) {
            case Section::none:
                return refuse(Errc::malformed, "recount.fault.not_sections",
                              {{"found", std::string(beginning(fields_.front(), 40))}}, begins(line));
            case Section::meta: return take_meta(line);
            case Section::projects: return take_row(document_.projects, line);
            case Section::votes: return take_row(document_.votes, line);
        }
        return {};
    }

    /// The header of a section tells what parts its fields; vote lists inside a field always have commas.
    void guess_separator() {
        // Blank lines may stand before it, as anywhere.
        const std::size_t from = std::min(text_.find_first_not_of(" \t\r\n", at_), text_.size());
        const std::string_view header = text_.substr(from, text_.find_first_of("\r\n", from) - from);
        separator_ = header.contains(';') || !header.contains(',') ? ';' : ',';
    }

    Attempt<void> take_meta(std::size_t line) {
        if (std::exchange(awaits_header_, false) && equal_ignoring_ascii_case(trim(fields_.front()), "key")) {
            return {};
        }
        // A comment may hold the separator without quotes.
        std::string value(fields_.size() > 1 ? fields_[1] : std::string_view{});
        for (std::size_t i = 2; i < fields_.size(); ++i) {
            if (!only_empty_from(i)) {
                value += separator_;
                value += fields_[i];
            }
        }
        document_.meta.emplace_back(std::string(trim(fields_.front())), std::move(value));
        document_.meta_lines.push_back(static_cast<std::uint32_t>(std::min<std::size_t>(line, UINT32_MAX)));
        return {};
    }

    bool only_empty_from(std::size_t i) const {
        return std::ranges::all_of(fields_.begin() + static_cast<std::ptrdiff_t>(i), fields_.end(),
                                   [](std::string_view f) { return f.empty(); });
    }

    Attempt<void> take_row(Table& table, std::size_t line) {
        if (std::exchange(awaits_header_, false)) {
            if (!table.columns.empty()) {
                return refuse(Errc::malformed, "recount.fault.section_twice", {}, begins(line));
            }
            if (fields_.size() > columns_max) {
                return refuse(Errc::malformed, "recount.fault.many_columns", {{"most", std::to_string(columns_max)}},
                              begins(line));
            }
            for (const std::string_view field : fields_) {
                table.columns.emplace_back(trim(field));
            }
            if (&table == &document_.votes) {
                // The many rows of a file; others that follow make these too many.
                const std::string_view rest = text_.substr(at_);
                table.expect(static_cast<std::size_t>(std::ranges::count(rest, '\n')) + 1, rest.size());
            }
            return {};
        }
        if (fields_.size() > table.columns.size() && !only_empty_from(table.columns.size())) {
            return refuse(Errc::malformed, "recount.fault.many_fields",
                          {{"found", std::to_string(fields_.size())},
                           {"expected", std::to_string(table.columns.size())},
                           {"separator", std::string(1, separator_)}},
                          begins(line));
        }
        for (std::size_t i = 0; i < std::min(fields_.size(), table.columns.size()); ++i) {
            table.add_cell(fields_[i]);
        }
        table.end_row(line);
        return {};
    }

    std::string_view text_;
    std::size_t at_ = 0;
    std::size_t line_ = 1;
    std::size_t line_start_ = 0;
    char separator_ = ';';
    Section section_ = Section::none;
    bool awaits_header_ = false;
    std::vector<std::string_view> fields_;
    std::vector<std::unique_ptr<std::string>> unquoted_;
    Document document_;
};

/// Where a field stands in its line.
enum class At : std::uint8_t { first, alone, later };

/// A first field that reads like a section is quoted too, and one alone that would make its line blank.
bool needs_quotes(std::string_view field, At at) {
    static constexpr std::array<std::string_view, 3> sections = {"META", "PROJECTS", "VOTES"};
    return field.find_first_of(";\"\r\n") != std::string_view::npos || (at == At::alone && trim(field).empty()) ||
           (at != At::later && std::ranges::any_of(sections, [&](std::string_view s) {
                return equal_ignoring_ascii_case(trim(field), s);
            }));
}

void print_field(std::string& out, std::string_view field, At at) {
    if (!needs_quotes(field, at)) {
        out += field;
        return;
    }
    out += '"';
    for (const char c : field) {
        out += c;
        if (c == '"') {
            out += c;
        }
    }
    out += '"';
}

void print_table(std::string& out, std::string_view name, const Table& table) {
    const auto at = [&](std::size_t column) {
        return column > 0 ? At::later : table.columns.size() == 1 ? At::alone : At::first;
    };
    out += fmt::format("{}\n", name);
    for (std::size_t column = 0; column < table.columns.size(); ++column) {
        out += column == 0 ? "" : ";";
        print_field(out, table.columns[column], at(column));
    }
    out += '\n';
    for (std::size_t row = 0; row < table.rows(); ++row) {
        for (std::size_t column = 0; column < table.columns.size(); ++column) {
            out += column == 0 ? "" : ";";
            print_field(out, table.at(row, column), at(column));
        }
        out += '\n';
    }
}

}  // namespace

Attempt<Document> parse(std::string_view bytes) {
    if (bytes.size() >= UINT32_MAX) {
        return refuse(Errc::exhausted, "fault.huge");
    }
    return Parser(bytes).run();
}

Attempt<Table> parse_table(std::string_view csv) {
    if (csv.size() >= UINT32_MAX) {
        return refuse(Errc::exhausted, "fault.huge");
    }
    return Parser(csv).run_table();
}

Decoded decode(std::string bytes) {
    if (is_utf8(bytes)) {
        return {.text = std::move(bytes)};
    }
    // What Windows-1252 has where Latin-1 has control characters; the five it leaves open stay those.
    static constexpr std::array<char16_t, 32> high = {0x20AC, 0x0081, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
                                                      0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0x008D, 0x017D, 0x008F,
                                                      0x0090, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
                                                      0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x009D, 0x017E, 0x0178};
    std::string text;
    text.reserve(bytes.size() + bytes.size() / 8);
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        const unsigned letter = byte >= 0x80 && byte < 0xA0 ? high[byte - 0x80U] : byte;
        if (letter < 0x80) {
            text += c;
        } else if (letter < 0x800) {
            text += static_cast<char>(0xC0U | letter >> 6U);
            text += static_cast<char>(0x80U | (letter & 0x3FU));
        } else {
            text += static_cast<char>(0xE0U | letter >> 12U);
            text += static_cast<char>(0x80U | (letter >> 6U & 0x3FU));
            text += static_cast<char>(0x80U | (letter & 0x3FU));
        }
    }
    return {.text = std::move(text), .converted = true};
}

std::string print(const Document& document) {
    std::string out = "META\nkey;value\n";
    for (const auto& [key, value] : document.meta) {
        print_field(out, key, At::first);
        out += ';';
        print_field(out, value, At::later);
        out += '\n';
    }
    print_table(out, "PROJECTS", document.projects);
    print_table(out, "VOTES", document.votes);
    return out;
}

}  // namespace bypuls::participation::pabulib
