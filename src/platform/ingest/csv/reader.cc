#include "platform/ingest/csv/reader.h"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

#include "core/text.h"
#include "platform/ingest/csv/values.h"

namespace bypuls::ingest::csv {
namespace {

constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

/// The most frequent of the three outside quotes; a comma when none is there.
char separator_of(std::string_view record) {
    constexpr std::string_view candidates = ";\t,";
    std::array<std::size_t, 3> counts{};
    bool quoted = false;
    for (const char byte : record) {
        quoted = quoted != (byte == '"');
        const std::size_t index = candidates.find(byte);
        counts[index < 3 ? index : 0] += !quoted && index < 3 ? 1 : 0;
    }
    const auto most = std::ranges::max_element(counts);
    return *most == 0 ? ',' : candidates[static_cast<std::size_t>(most - counts.begin())];
}

template <typename Number>
bool read_number(std::string_view text, Number& out) {
    const auto [rest, code] = std::from_chars(text.data(), text.data() + text.size(), out);
    return code == std::errc{} && rest == text.data() + text.size();
}

std::string_view without_return(std::string_view record) {
    return record.ends_with('\r') ? record.substr(0, record.size() - 1) : record;
}

}  // namespace

std::string Position::to_text() const {
    std::string list;
    for (const std::size_t place : places) {
        list += fmt::format("{}{}", list.empty() ? "" : ",", place);
    }
    return fmt::format("bypuls-csv 1 {} {} {} {} {} {}", bytes, rows, static_cast<int>(separator), columns,
                       list.empty() ? "-" : list, last ? std::to_string(last->time_since_epoch().count()) : "-");
}

Result<Position> Position::from_text(std::string_view text) {
    const auto words = split(text, ' ');
    Position position;
    int separator_code = 0;
    bool good = words.size() == 8 && words[0] == "bypuls-csv" && words[1] == "1" &&
                read_number(words[2], position.bytes) && read_number(words[3], position.rows) &&
                read_number(words[4], separator_code) && read_number(words[5], position.columns) &&
                separator_code >= 0 && separator_code < 128 && (separator_code > 0 || position.columns == 0);
    position.separator = static_cast<char>(separator_code);
    if (good && words[6] != "-") {
        for (const std::string_view word : split(words[6], ',')) {
            std::size_t place = 0;
            good = good && read_number(word, place) && place < position.columns;
            position.places.push_back(place);
        }
    }
    std::int64_t last = 0;
    if (good && words[7] != "-") {
        good = read_number(words[7], last);
        position.last = Instant{Duration{last}};
    }
    if (!good) {
        return fail(Errc::malformed, "this is not the position of an import");
    }
    return position;
}

Reader::Reader(Map map, const Limits& limits, Zone zone) : map_(std::move(map)), limits_(limits), zone_(zone) {}

Result<Reader> Reader::open(Map map, const Limits& limits) {
    TRY_DO(check_map(map));
    TRY(const Zone zone, Zone::named(map.zone));
    return Reader(std::move(map), limits, zone);
}

Result<Reader> Reader::resume(Map map, const Position& position, const Limits& limits) {
    TRY(Reader reader, open(std::move(map), limits));
    if (position.columns > 0 && position.places.size() != reader.map_.columns.size() + 1) {
        return fail(Errc::malformed, "the import was begun with another map");
    }
    reader.position_ = position;
    return reader;
}

Result<void> Reader::failing(Error error) {
    failed_ = error;
    return std::unexpected(std::move(error));
}

Reader::State Reader::next_state(char byte) const {
    const char separator = position_.separator != 0 ? position_.separator : map_.separator;
    // Before the first record is whole the separator may be unknown: then any of the three begins a field.
    const bool separates = separator != 0 ? byte == separator : byte == ',' || byte == ';' || byte == '\t';
    switch (state_) {
        case State::quoted: return byte == map_.quote ? State::quote_in_quoted : State::quoted;
        case State::quote_in_quoted:
            if (byte == map_.quote) {
                return State::quoted;
            }
            return separates ? State::field_start : State::plain;
        case State::field_start:
            if (byte == map_.quote) {
                return State::quoted;
            }
            return separates ? State::field_start : State::plain;
        case State::plain: return separates ? State::field_start : State::plain;
    }
    return State::plain;
}

bool Reader::in_byte_order_mark(std::size_t offset, char byte) const {
    return position_.bytes == 0 && offset < byte_order_mark.size() && byte == byte_order_mark[offset];
}

Result<void> Reader::feed(std::string_view piece, Sink& sink) {
    if (failed_) {
        return std::unexpected(*failed_);
    }
    std::size_t start = 0;
    for (std::size_t i = 0; i < piece.size(); ++i) {
        const char byte = piece[i];
        const std::size_t offset = pending_.size() + (i - start);
        if (byte == '\0') {
            return failing({Errc::malformed, fmt::format("byte {} of the file is NUL: this is not a text file",
                                                         position_.bytes + offset)});
        }
        if (byte == '\n' && state_ != State::quoted) {
            const std::string_view tail = piece.substr(start, i - start);
            std::string whole;
            if (!pending_.empty()) {
                whole = std::move(pending_) + std::string(tail);
                pending_.clear();
            }
            const std::string_view record = whole.empty() ? tail : std::string_view(whole);
            state_ = State::field_start;
            start = i + 1;
            TRY_DO(take_record(record, record.size() + 1, sink));
            continue;
        }
        if (offset >= limits_.line_bytes) {
            return failing({Errc::exhausted, fmt::format("record {} is longer than {} bytes: is a quote left open?",
                                                         position_.rows + 1, limits_.line_bytes)});
        }
        if (!in_byte_order_mark(offset, byte)) {
            state_ = next_state(byte);
        }
    }
    pending_ += piece.substr(start);
    return {};
}

Result<void> Reader::finish(Sink& sink) {
    if (failed_) {
        return std::unexpected(*failed_);
    }
    if (state_ == State::quoted) {
        return failing({Errc::malformed, fmt::format("record {} lacks its closing quote", position_.rows + 1)});
    }
    const std::string record = std::move(pending_);
    pending_.clear();
    if (!record.empty()) {
        TRY_DO(take_record(record, record.size(), sink));
    }
    if (position_.columns == 0) {
        return failing({Errc::malformed, "the file is empty"});
    }
    return {};
}

/// `size` counts the line's end too.
Result<void> Reader::take_record(std::string_view record, std::size_t size, Sink& sink) {
    std::string_view text = without_return(record);
    if (position_.bytes == 0 && text.starts_with(byte_order_mark)) {
        text.remove_prefix(byte_order_mark.size());
    }
    const bool is_first = position_.columns == 0;
    if (trim(text).empty()) {
        position_.bytes += size;
        return {};
    }
    if (is_first) {
        if (const auto read = read_first(text); !read) {
            return failing(read.error());
        }
    }
    position_.bytes += size;
    if (is_first && map_.has_header) {
        return {};
    }
    ++position_.rows;
    bad_column_.clear();
    const auto fields = split(text);
    Result<Row> row = fields ? read_row() : std::unexpected(fields.error());
    if (row) {
        position_.last = row->time;
        sink.row(*row);
    } else {
        sink.reject({position_.rows, bad_column_, row.error().what, std::string(text.substr(0, limits_.reject_bytes))});
    }
    return {};
}

/// The heading, or in a file without one the first record, tells separator and columns.
Result<void> Reader::read_first(std::string_view record) {
    if (!is_utf8(record)) {
        return fail(Errc::malformed,
                    "the file is not UTF-8: convert it first, for instance with iconv -f latin1 -t utf8");
    }
    position_.separator = map_.separator != 0 ? map_.separator : separator_of(record);
    auto split_up = split(record);
    if (!split_up) {
        position_.separator = 0;
        return fail(split_up.error(), "the first record");
    }
    heading_.clear();
    for (std::size_t i = 0; i < fields_.size(); ++i) {
        heading_.push_back(map_.has_header ? std::string(trim(fields_[i])) : fmt::format("#{}", i + 1));
    }
    std::vector<std::size_t> places;
    TRY(places.emplace_back(), place_of(map_.time_column));
    for (const Column& column : map_.columns) {
        TRY(places.emplace_back(), place_of(column.name));
    }
    position_.columns = heading_.size();
    position_.places = std::move(places);
    return {};
}

Result<std::size_t> Reader::place_of(std::string_view name) const {
    const auto found = std::ranges::find(heading_, name);
    std::size_t number = 0;
    if (found == heading_.end()) {
        if (name.starts_with('#') && read_number(name.substr(1), number) && number >= 1 && number <= heading_.size()) {
            return number - 1;
        }
        std::string known;
        for (std::size_t i = 0; i < std::min<std::size_t>(heading_.size(), 20); ++i) {
            known += fmt::format("{}'{}'", known.empty() ? "" : ", ", heading_[i].substr(0, 64));
        }
        return fail(Errc::malformed, fmt::format("the file has no column '{}'; it has {}", name, known));
    }
    if (std::ranges::find(found + 1, heading_.end(), name) != heading_.end()) {
        return fail(Errc::malformed, fmt::format("the file has two columns '{}': say which by #number", name));
    }
    return static_cast<std::size_t>(found - heading_.begin());
}

/// RFC 4180: a field in quotes may hold separators, newlines and doubled quotes. Elsewhere a quote is a plain byte.
Result<void> Reader::split(std::string_view record) {
    fields_.clear();
    unquoted_.clear();
    unquoted_.reserve(record.size());  // so that it never moves while fields_ looks into it
    std::size_t at = 0;
    while (true) {
        if (fields_.size() == limits_.columns) {
            return fail(Errc::exhausted, fmt::format("more than {} columns", limits_.columns));
        }
        if (at < record.size() && record[at] == map_.quote) {
            const std::size_t start = unquoted_.size();
            for (++at; at < record.size(); ++at) {
                if (record[at] == map_.quote) {
                    if (at + 1 >= record.size() || record[at + 1] != map_.quote) {
                        break;
                    }
                    ++at;
                }
                unquoted_ += record[at];
            }
            if (at >= record.size()) {
                return fail(Errc::malformed, "a quote is left open");
            }
            ++at;
            fields_.push_back(std::string_view(unquoted_).substr(start));
            if (at < record.size() && record[at] != position_.separator) {
                return fail(Errc::malformed, "there is text after a closing quote");
            }
        } else {
            const std::size_t end = std::min(record.find(position_.separator, at), record.size());
            fields_.push_back(record.substr(at, end - at));
            at = end;
        }
        if (at >= record.size()) {
            return {};
        }
        ++at;  // the separator; one at the very end is followed by an empty field
    }
}

Result<Row> Reader::read_row() {
    const bool has_more = fields_.size() > position_.columns &&
                          std::ranges::any_of(fields_.begin() + static_cast<std::ptrdiff_t>(position_.columns),
                                              fields_.end(), [](std::string_view field) { return !field.empty(); });
    if (fields_.size() < position_.columns || has_more) {
        return fail(Errc::malformed,
                    fmt::format("the record has {} columns, not {}", fields_.size(), position_.columns));
    }
    Row row;
    row.number = position_.rows;
    bad_column_ = map_.time_column;
    const std::string_view time = trim(fields_[position_.places[0]]);
    if (!is_utf8(time)) {
        return fail(Errc::malformed, "the time is not UTF-8");
    }
    if (is_missing(time, map_)) {
        return fail(Errc::malformed, "there is no time");
    }
    TRY(row.time, read_time(time, map_, zone_, position_.last));
    for (std::size_t i = 0; i < map_.columns.size(); ++i) {
        const Column& column = map_.columns[i];
        bad_column_ = column.name;
        const std::string_view cell = trim(fields_[position_.places[i + 1]]);
        if (is_missing(cell, map_)) {
            ++row.missing;
            continue;
        }
        if (!is_utf8(cell)) {
            return fail(Errc::malformed, "the value is not UTF-8");
        }
        TRY(Value value, read_value(cell, column.type, map_));
        row.cells.push_back({i, std::move(value)});
    }
    return row;
}

Result<Preview> preview(std::string_view text, Extent extent, const Map& map, std::size_t rows_max,
                        const Limits& limits) {
    struct Collect final : Reader::Sink {
        Preview found;
        std::size_t rows_max = 0;
        bool full() const { return found.rows.size() + found.rejects.size() >= rows_max; }
        void row(const Row& row) override {
            if (!full()) {
                found.rows.push_back(row);
            }
        }
        void reject(const Reject& reject) override {
            if (!full()) {
                found.rejects.push_back(reject);
            }
        }
    } sink;
    sink.rows_max = rows_max;
    TRY(Reader reader, Reader::open(map, limits));
    constexpr std::size_t piece = 4096;
    for (std::size_t at = 0; at < text.size() && !sink.full(); at += piece) {
        TRY_DO(reader.feed(text.substr(at, piece), sink));
    }
    if (!sink.full() && extent == Extent::whole) {
        TRY_DO(reader.finish(sink));
    }
    sink.found.separator = reader.position().separator;
    sink.found.heading = reader.heading();
    return std::move(sink.found);
}

}  // namespace bypuls::ingest::csv
