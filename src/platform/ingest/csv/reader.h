#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/clock.h"
#include "core/result.h"
#include "core/time/oslo.h"
#include "platform/ingest/csv/map.h"

namespace bypuls::ingest::csv {

using Value = std::variant<double, std::int64_t, bool, std::string>;

/// A value with its place: `column` indexes Map::columns.
struct Cell {
    std::size_t column = 0;
    Value value;
    friend bool operator==(const Cell&, const Cell&) = default;
};

/// One record that could be read. Columns whose cell says "missing" have no Cell.
struct Row {
    std::uint64_t number = 0;  ///< of the record, the first after the heading is 1
    Instant time{};
    std::vector<Cell> cells;
    std::size_t missing = 0;  ///< declared columns without a value
    friend bool operator==(const Row&, const Row&) = default;
};

/// A record that could not, for the reject file.
struct Reject {
    std::uint64_t number = 0;
    std::string column;  ///< heading, or empty when the record as a whole is wrong
    std::string reason;  ///< "'abc' is not a number"
    std::string line;    ///< as it stood in the file, at most reject_bytes_max
    friend bool operator==(const Reject&, const Reject&) = default;
};

struct Limits {
    std::size_t line_bytes = 1 << 20;  ///< of one record, quoted newlines included
    std::size_t columns = 4096;
    std::size_t reject_bytes = 4096;  ///< of Reject::line
};

/// Where an import stands; written down, it lets a later one go on. Small, and safe to keep as text.
struct Position {
    std::uint64_t bytes = 0;          ///< of the file already accounted for: always the start of a record
    std::uint64_t rows = 0;           ///< records read, good and bad, the heading not counted
    char separator = 0;               ///< what was found; 0 before the first record
    std::size_t columns = 0;          ///< how many the first record has
    std::vector<std::size_t> places;  ///< of the time column and then of each of Map::columns
    std::optional<Instant> last;      ///< time of the last good record
    friend bool operator==(const Position&, const Position&) = default;

    /// "bypuls-csv 1 4096 100 59 3 0,1,2 1748772000000000"
    std::string to_text() const;
    /// Errc::malformed when it is not such a text.
    static Result<Position> from_text(std::string_view text);
};

/// Reads a file piece by piece; memory is bounded by Limits whatever the file holds.
///
///     TRY(auto reader, Reader::open(map));
///     while (…) { TRY_DO(reader.feed(piece, sink)); }
///     TRY_DO(reader.finish(sink));
class Reader {
public:
    /// Takes what was read. Called in the order of the file.
    class Sink {
    public:
        virtual ~Sink() = default;
        virtual void row(const Row& row) = 0;
        virtual void reject(const Reject& reject) = 0;
    };

    /// Errc::malformed when the map contradicts itself, Errc::not_found for a zone that does not exist.
    static Result<Reader> open(Map map, const Limits& limits = {});
    /// Goes on from `position`: the first piece fed must begin at its byte.
    static Result<Reader> resume(Map map, const Position& position, const Limits& limits = {});

    /// Errc::malformed when the heading lacks a declared column or the file is not text (a NUL byte), Errc::exhausted
    /// for a record beyond the limits. After a failure the reader stays failed.
    Result<void> feed(std::string_view piece, Sink& sink);
    /// The last record may lack its newline. Errc::malformed when it lacks its closing quote.
    Result<void> finish(Sink& sink);

    /// As of the last whole record.
    const Position& position() const { return position_; }
    /// The heading as read; empty before it is.
    const std::vector<std::string>& heading() const { return heading_; }

private:
    enum class State : std::uint8_t { field_start, plain, quoted, quote_in_quoted };

    Reader(Map map, const Limits& limits, Zone zone);

    Result<void> failing(Error error);
    State next_state(char byte) const;
    bool in_byte_order_mark(std::size_t offset, char byte) const;
    Result<void> take_record(std::string_view record, std::size_t size, Sink& sink);
    Result<void> read_first(std::string_view record);
    Result<std::size_t> place_of(std::string_view name) const;
    Result<void> split(std::string_view record);
    Result<Row> read_row();

    Map map_;
    Limits limits_;
    Zone zone_;
    Position position_;
    std::vector<std::string> heading_;
    std::string pending_;  // the unfinished record
    State state_ = State::field_start;
    std::vector<std::string_view> fields_;  // of the record at hand; in it, or in unquoted_
    std::string unquoted_;
    std::string bad_column_;  // of the record at hand
    std::optional<Error> failed_;
};

/// What a person sees before an import: the first rows and how they were understood.
struct Preview {
    char separator = 0;
    std::vector<std::string> heading;
    std::vector<Row> rows;
    std::vector<Reject> rejects;
};

enum class Extent : std::uint8_t { whole, beginning };

/// Reads the first `rows_max` records of `text`, which is a whole file or its beginning.
Result<Preview> preview(std::string_view text, Extent extent, const Map& map, std::size_t rows_max = 10,
                        const Limits& limits = {});

}  // namespace bypuls::ingest::csv
