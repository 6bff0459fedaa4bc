#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace bypuls::config {

/// One thing that is wrong with a configuration, with the line where it stands (0: it is missing or came from a
/// default).
struct Fault {
    std::size_t line = 0;
    std::string sentence;
    std::size_t column = 0;  ///< in bytes from 1; 0 where only the line is known

    friend bool operator==(const Fault&, const Fault&) = default;
};

/// Reads a TOML text (TOML 1.0) key by key. Everything has a default; every fault is collected, so that the operator
/// mends them all at once; a key that nobody asked for is a fault too, with the known names that it was likely meant to
/// be.
///
///     config::Reader reader(text);
///     options.listen = reader.text("server.listen", "127.0.0.1:8080");
///     options.flush = reader.duration("journal.flush_delay", 10ms, 0ms, 1s);
///     if (auto faults = reader.finish(); !faults.empty()) { ... }
///
/// A file larger than 1 MiB, or one that is not TOML, gives one fault and all defaults. Not thread-safe.
class Reader {
public:
    explicit Reader(std::string_view toml);
    ~Reader();
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;

    std::string text(std::string_view key, std::string_view fallback);
    /// One of `allowed`.
    std::string choice(std::string_view key, std::string_view fallback, const std::vector<std::string_view>& allowed);
    std::int64_t integer(std::string_view key, std::int64_t fallback, std::int64_t min, std::int64_t max);
    double number(std::string_view key, double fallback, double min, double max);
    bool flag(std::string_view key, bool fallback);
    /// A text such as "10 ms", "5 s", "2 min", "6 h", "30 d".
    std::chrono::milliseconds duration(std::string_view key, std::chrono::milliseconds fallback,
                                       std::chrono::milliseconds min, std::chrono::milliseconds max);
    /// A text such as "512 KiB", "8 MiB", "2 GiB", or a whole number of bytes.
    std::uint64_t bytes(std::string_view key, std::uint64_t fallback, std::uint64_t min, std::uint64_t max);
    std::vector<std::string> texts(std::string_view key);
    /// How many `[[key]]` there are; what stands in each is asked for as "key[0].name".
    std::size_t tables(std::string_view key);

    /// What only the caller can see is wrong with a key's value, as the rest of a sentence that begins with the key:
    /// "must not be empty". Stands among the other faults, with its line.
    void fault(std::string_view key, std::string_view sentence);

    /// All faults, in the order of the file.
    std::vector<Fault> finish();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// "10 ms" and the like, as Reader::duration reads them.
Result<std::chrono::milliseconds> parse_duration(std::string_view text);
/// "8 MiB" and the like, as Reader::bytes reads them.
Result<std::uint64_t> parse_bytes(std::string_view text);

}  // namespace bypuls::config
