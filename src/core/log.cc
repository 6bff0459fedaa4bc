#include "core/log.h"

#include <atomic>
#include <chrono>
#include <ctime>

#include <unistd.h>

#include "core/text.h"

namespace bypuls::log {
namespace {

std::atomic<Level> lowest{Level::info};

std::string_view word(Level level) {
    switch (level) {
        case Level::debug: return "debug";
        case Level::info: return "info";
        case Level::warning: return "warning";
        case Level::error: return "error";
    }
    return "error";
}

std::string utc_now() {
    // The log is the one place that reads the wall clock for itself: a line must carry real time even in a simulation.
    const auto now = std::chrono::system_clock::now();
    const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
    const auto millis = std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count() % 1000;
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", parts.tm_year + 1900, parts.tm_mon + 1,
                       parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec, millis);
}

}  // namespace

void set_level(Level level) {
    lowest = level;
}

void write(Level level, std::string_view room, std::string_view message, std::initializer_list<Field> fields) {
    if (level < lowest.load(std::memory_order_relaxed)) {
        return;
    }
    std::string line = fmt::format(R"({{"time":"{}","level":"{}","room":)", utc_now(), word(level));
    append_json_string(line, room);
    line += ",\"message\":";
    append_json_string(line, message);
    for (const auto& [name, value] : fields) {
        line += ',';
        append_json_string(line, name);
        line += ':';
        append_json_string(line, value);
    }
    line += "}\n";
    std::ignore = ::write(STDERR_FILENO, line.data(), line.size());  // one call, so lines never mix
}

}  // namespace bypuls::log
