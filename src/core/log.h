#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace bypuls::log {

enum class Level { debug, info, warning, error };

/// One fact of a log line. Never a secret, a personal number, a code or a payload.
using Field = std::pair<std::string_view, std::string>;

/// Writes one JSON line to standard error: time, level, room, message, fields. Control characters are escaped.
/// Thread-safe; a line is written whole.
void write(Level level, std::string_view room, std::string_view message, std::initializer_list<Field> fields = {});

inline void debug(std::string_view room, std::string_view message, std::initializer_list<Field> fields = {}) {
    write(Level::debug, room, message, fields);
}
inline void info(std::string_view room, std::string_view message, std::initializer_list<Field> fields = {}) {
    write(Level::info, room, message, fields);
}
inline void warning(std::string_view room, std::string_view message, std::initializer_list<Field> fields = {}) {
    write(Level::warning, room, message, fields);
}
inline void error(std::string_view room, std::string_view message, std::initializer_list<Field> fields = {}) {
    write(Level::error, room, message, fields);
}

/// Lines below this level are dropped. Default: info.
void set_level(Level level);

}  // namespace bypuls::log
