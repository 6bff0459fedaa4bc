#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"

/// History in CSV files: what the columns mean, and a streaming reader. Pure; no I/O.
namespace bypuls::ingest::csv {

enum class ValueType : std::uint8_t { number, integer, boolean, category };
/// "number"/"tall", "integer"/"heltall", "boolean"/"bool", "category"/"kategori"; Errc::malformed otherwise.
Result<ValueType> value_type_named(std::string_view name);

enum class TimeFormat : std::uint8_t {
    iso,       ///< "2024-05-21 13:29:27", T or space, fraction and zone optional
    pattern,   ///< Map::time_pattern
    epoch_s,   ///< seconds since 1970, decimals allowed
    epoch_ms,  ///< milliseconds since 1970
};

/// How decimals and thousands are written. `automatic` takes "1234,5" and "1234.5" alike, but no thousands.
enum class Decimal : std::uint8_t { automatic, point, comma };

/// What an hour that the clocks show twice means. `in_order` takes the earlier until the file's times would stand still
/// or run backwards, and then the later: right for a logger's own file, whose records are in the order of time.
enum class Doubled : std::uint8_t { earlier, later, in_order, refuse };

/// One column that holds values.
struct Column {
    std::string name;        ///< heading, or "#3" for the third column of a file without headings
    std::string datastream;  ///< where its values go; the column's own name when not said
    ValueType type = ValueType::number;
    std::string unit;  ///< UCUM; empty when not said
    friend bool operator==(const Column&, const Column&) = default;
};

/// What a file means, declared and never guessed from its first rows.
struct Map {
    std::string time_column;
    TimeFormat time_format = TimeFormat::iso;
    std::string time_pattern;          ///< of %Y %m %d %H %M %S %f %y %z %% and literal text, e.g. "%d.%m.%Y %H:%M"
    std::string zone = "Europe/Oslo";  ///< for times that do not say their own
    Doubled doubled_hour = Doubled::earlier;
    char separator = 0;  ///< , ; or tab; 0: found from the first line
    char quote = '"';
    Decimal decimal = Decimal::automatic;
    bool thousands_space = false;  ///< "3 484 248", with no-break spaces too
    bool has_header = true;
    std::vector<std::string> missing = {"", "-", "NaN", "nan", "NA", "null", "NULL"};
    std::vector<Column> columns;
    friend bool operator==(const Map&, const Map&) = default;
};

/// "time=tid,zone=Europe/Oslo,water=temperatur:number:Cel". Keys: time, format (iso, epoch_s, epoch_ms, or a pattern),
/// zone, separator (comma, semicolon, tab), decimal (comma, point, auto), thousands (space, none), doubled (earlier,
/// later, in_order, refuse), header (yes, no), missing (words parted by |). Any other key is a datastream and its value
/// column[:type[:unit]]. A backslash makes the next character plain. Errc::malformed names the key.
Result<Map> parse_map_words(std::string_view words);

/// The same keys as TOML 1.0, with the columns as a list of such words:
///
///     time = "tid"
///     zone = "Europe/Oslo"
///     columns = ["water=temperatur:number:Cel", "air=lufttemperatur:number:Cel"]
///
/// Errc::malformed tells all faults with their lines.
Result<Map> parse_map_toml(std::string_view toml);

/// Errc::malformed for a map that contradicts itself: no columns, one datastream twice, a unit that is no
/// UCUM, a pattern without a day.
Result<void> check_map(const Map& map);

}  // namespace bypuls::ingest::csv
