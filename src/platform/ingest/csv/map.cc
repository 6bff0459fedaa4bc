#include "platform/ingest/csv/map.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "core/config/config.h"
#include "core/text.h"
#include "core/ucum.h"
#include "platform/ingest/csv/values.h"

namespace bypuls::ingest::csv {
namespace {

template <typename T>
struct Word {
    std::string_view word;
    T meaning;
};

template <typename T, std::size_t N>
Result<T> meaning_of(std::string_view word, std::string_view key, const std::array<Word<T>, N>& words) {
    const auto found = std::ranges::find(words, word, &Word<T>::word);
    if (found == words.end()) {
        std::string known;
        for (const Word<T>& entry : words) {
            known += (known.empty() ? "" : ", ") + std::string(entry.word);
        }
        return fail(Errc::malformed, fmt::format("'{}' is one of {}, not '{}'", key, known, word));
    }
    return found->meaning;
}

/// Parts at a separator that no backslash stands before; the backslashes stay, for the next level.
std::vector<std::string_view> split_plain(std::string_view text, char separator, std::size_t parts_max) {
    std::vector<std::string_view> parts;
    std::size_t start = 0;
    for (std::size_t i = 0; i < text.size() && parts.size() + 1 < parts_max; ++i) {
        if (text[i] == '\\') {
            ++i;
        } else if (text[i] == separator) {
            parts.push_back(text.substr(start, i - start));
            start = i + 1;
        }
    }
    parts.push_back(text.substr(start));
    return parts;
}

std::string without_backslashes(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        i += text[i] == '\\' && i + 1 < text.size() ? 1 : 0;
        out += text[i];
    }
    return out;
}

Result<void> set_format(std::string_view word, Map& map) {
    if (word.find('%') != std::string_view::npos) {
        map.time_format = TimeFormat::pattern;
        map.time_pattern = word;
        return check_pattern(word);
    }
    constexpr std::array words{Word<TimeFormat>{"iso", TimeFormat::iso},
                               Word<TimeFormat>{"epoch_s", TimeFormat::epoch_s},
                               Word<TimeFormat>{"epoch_ms", TimeFormat::epoch_ms}};
    TRY(map.time_format, meaning_of(word, "format", words));
    return {};
}

Result<void> set_missing(std::string_view word, Map& map) {
    map.missing = {""};
    for (const std::string_view marker : split(word, '|')) {
        map.missing.emplace_back(marker);
    }
    return {};
}

/// One key that is not a column; false when there is no such key.
Result<bool> set_key(std::string_view key, const std::string& word, Map& map) {
    if (key == "time") {
        map.time_column = word;
    } else if (key == "format") {
        TRY_DO(set_format(word, map));
    } else if (key == "zone") {
        map.zone = word;
    } else if (key == "separator") {
        constexpr std::array words{Word<char>{"comma", ','}, Word<char>{"semicolon", ';'}, Word<char>{"tab", '\t'},
                                   Word<char>{"auto", '\0'}};
        TRY(map.separator, meaning_of(word, key, words));
    } else if (key == "decimal") {
        constexpr std::array words{Word<Decimal>{"comma", Decimal::comma}, Word<Decimal>{"point", Decimal::point},
                                   Word<Decimal>{"auto", Decimal::automatic}};
        TRY(map.decimal, meaning_of(word, key, words));
    } else if (key == "thousands") {
        constexpr std::array words{Word<bool>{"space", true}, Word<bool>{"none", false}};
        TRY(map.thousands_space, meaning_of(word, key, words));
    } else if (key == "doubled") {
        constexpr std::array words{Word<Doubled>{"earlier", Doubled::earlier}, Word<Doubled>{"later", Doubled::later},
                                   Word<Doubled>{"in_order", Doubled::in_order},
                                   Word<Doubled>{"refuse", Doubled::refuse}};
        TRY(map.doubled_hour, meaning_of(word, key, words));
    } else if (key == "header") {
        constexpr std::array words{Word<bool>{"yes", true}, Word<bool>{"no", false}};
        TRY(map.has_header, meaning_of(word, key, words));
    } else if (key == "missing") {
        TRY_DO(set_missing(word, map));
    } else {
        return false;
    }
    return true;
}

Result<Column> column_of(std::string_view datastream, std::string_view words) {
    const auto parts = split_plain(words, ':', 3);
    Column column{.name = without_backslashes(parts[0]),
                  .datastream = std::string(datastream),
                  .type = ValueType::number,
                  .unit = parts.size() > 2 ? without_backslashes(parts[2]) : std::string()};
    if (parts.size() > 1) {
        TRY(column.type, value_type_named(parts[1]));
    }
    return column;
}

Result<void> set_pair(std::string_view pair, Map& map) {
    const auto parts = split_plain(pair, '=', 2);
    if (parts.size() != 2 || trim(parts[0]).empty() || parts[1].empty()) {
        return fail(Errc::malformed, fmt::format("'{}' should be key=value, as in time=tid", pair));
    }
    const std::string key = without_backslashes(trim(parts[0]));
    TRY(const bool known, set_key(key, without_backslashes(parts[1]), map));
    if (!known) {
        TRY(Column column, column_of(key, parts[1]));
        map.columns.push_back(std::move(column));
    }
    return {};
}

}  // namespace

Result<ValueType> value_type_named(std::string_view name) {
    constexpr std::array words{
        Word<ValueType>{"number", ValueType::number},   Word<ValueType>{"integer", ValueType::integer},
        Word<ValueType>{"boolean", ValueType::boolean}, Word<ValueType>{"category", ValueType::category},
        Word<ValueType>{"tall", ValueType::number},     Word<ValueType>{"heltall", ValueType::integer},
        Word<ValueType>{"bool", ValueType::boolean},    Word<ValueType>{"kategori", ValueType::category},
    };
    return meaning_of(name, "type", words);
}

Result<void> check_map(const Map& map) {
    if (map.time_column.empty()) {
        return fail(Errc::malformed, "the map does not say which column holds the time: time=…");
    }
    if (map.columns.empty()) {
        return fail(Errc::malformed, "the map names no column with values: datastream=column");
    }
    for (std::size_t i = 0; i < map.columns.size(); ++i) {
        if (const Column& column = map.columns[i]; !column.unit.empty() && !is_ucum(column.unit)) {
            return fail(Errc::malformed,
                        fmt::format("the unit '{}' of the column '{}' is no code of UCUM, such as Cel, %, m3/h or 1",
                                    column.unit, column.name));
        }
        for (std::size_t j = 0; j < i; ++j) {
            if (map.columns[i].datastream == map.columns[j].datastream) {
                return fail(Errc::malformed,
                            fmt::format("two columns go to the datastream '{}'", map.columns[i].datastream));
            }
        }
    }
    return map.time_format == TimeFormat::pattern ? check_pattern(map.time_pattern) : Result<void>{};
}

Result<Map> parse_map_words(std::string_view words) {
    Map map;
    for (const std::string_view pair : split_plain(words, ',', 1000)) {
        TRY_DO(set_pair(pair, map));
    }
    TRY_DO(check_map(map));
    return map;
}

Result<Map> parse_map_toml(std::string_view toml) {
    Map map;
    config::Reader reader(toml);
    std::string faults;
    const auto note = [&](std::string_view sentence) {
        faults += (faults.empty() ? "" : "; ") + std::string(sentence);
    };
    for (const std::string_view key :
         {"time", "format", "zone", "separator", "decimal", "thousands", "doubled", "header"}) {
        const std::string word = reader.text(key, "");
        if (word.empty()) {
            continue;
        }
        if (const auto set = set_key(key, word, map); !set) {
            note(set.error().what);
        }
    }
    if (const auto missing = reader.texts("missing"); !missing.empty()) {
        map.missing = missing;
    }
    for (const std::string& words : reader.texts("columns")) {
        const auto parts = split_plain(words, '=', 2);
        const auto column = parts.size() == 2
                                ? column_of(without_backslashes(trim(parts[0])), parts[1])
                                : fail(Errc::malformed, fmt::format("'{}' should be datastream=column", words));
        if (column) {
            map.columns.push_back(*column);
        } else {
            note(column.error().what);
        }
    }
    for (const config::Fault& fault : reader.finish()) {
        note(fault.line == 0 ? fault.sentence : fmt::format("line {}: {}", fault.line, fault.sentence));
    }
    if (!faults.empty()) {
        return fail(Errc::malformed, faults);
    }
    TRY_DO(check_map(map));
    return map;
}

}  // namespace bypuls::ingest::csv
