#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "city/participation/counting/fault.h"
#include "core/huge_pages.h"

namespace bypuls::participation::pabulib {

/// A table of text, flat in memory: a city's ballots are a hundred thousand rows.
class Table {
public:
    std::vector<std::string> columns;

    std::size_t rows() const { return columns.empty() ? 0 : cells() / columns.size(); }
    /// Empty for a column the row does not have.
    std::string_view at(std::size_t row, std::size_t column) const;
    /// Ignoring case, since files spell both "project_id" and "Project_ID".
    std::optional<std::size_t> column(std::string_view name) const;
    /// The line of the file a row came from, 1 is the first; 0 for a row added here.
    std::size_t line(std::size_t row) const { return row < lines_.size() ? lines_[row] : 0; }

    /// Makes room beforehand, for as much as that together; more is as good, and slower.
    void expect(std::size_t rows, std::size_t bytes);
    void add_cell(std::string_view text);
    /// Fills up the row begun with empty cells.
    void end_row(std::size_t line = 0);

    friend bool operator==(const Table& a, const Table& b) {
        return a.columns == b.columns && a.text_ == b.text_ && a.ends_ == b.ends_;
    }

private:
    std::size_t cells() const { return ends_.size(); }

    HugeString text_;
    HugeVector<std::uint32_t> ends_;
    HugeVector<std::uint32_t> lines_;
};

/// A Pabulib file (pabulib.org/format): META, PROJECTS and VOTES as they stand, unknown keys and columns kept.
struct Document {
    std::vector<std::pair<std::string, std::string>> meta;  ///< in order of the file
    Table projects;
    Table votes;

    /// Empty if the key is not there.
    std::string_view meta_value(std::string_view key) const;
    bool has_meta(std::string_view key) const;
    /// For faults, where the value stands: line 4, column 2; the path "META, budget" if it came from no file.
    counting::Place meta_place(std::string_view key) const;
    /// The line an entry of `meta` came from, 1 is the first; 0 for one added here.
    std::size_t meta_line(std::size_t entry) const { return entry < meta_lines.size() ? meta_lines[entry] : 0; }
    void set_meta(std::string_view key, std::string_view value);
    /// Takes out every key that begins so, ignoring case.
    void remove_meta(std::string_view prefix);

    /// Beside `meta`, as far as it was read from a file; see meta_line().
    std::vector<std::uint32_t> meta_lines = {};

    /// Wherever things stand in their files.
    friend bool operator==(const Document& a, const Document& b) {
        return a.meta == b.meta && a.projects == b.projects && a.votes == b.votes;
    }
};

/// A file's bytes as UTF-8. What is not UTF-8 is taken for Windows-1252, as spreadsheets save it; then `converted`.
struct Decoded {
    std::string text;
    bool converted = false;
};
Decoded decode(std::string bytes);

/// Reads a `.pb` file: with or without byte order mark, any line ending, `;` or `,` between fields as its header has
/// it, quoted fields, blank lines, short rows, sections in any order. Errc::malformed with line and column;
/// Errc::exhausted beyond 2^32 bytes.
counting::Attempt<Document> parse(std::string_view bytes);

/// Reads one table with a header, as a spreadsheet saves it: `;` or `,` between fields, quotes as in a `.pb` file.
/// Errc::malformed with line and column.
counting::Attempt<Table> parse_table(std::string_view csv);

/// The file again: `;` between fields, quotes only where needed, line feeds. parse(print(d)) == d.
std::string print(const Document& document);

}  // namespace bypuls::participation::pabulib
