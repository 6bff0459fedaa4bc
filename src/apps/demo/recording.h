#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/bytes.h"
#include "core/clock.h"
#include "core/files.h"
#include "core/result.h"

namespace bypuls::demo {

/// Recorded events, one JSON object a line, as they are or packed with zstd (RFC 8878); which it is, the first bytes
/// tell. Reads as it goes, so a recording may be larger than memory. Not thread-safe.
class Recording {
public:
    /// A line longer than this is Errc::exhausted: a real event is 1 to 8 KiB.
    static constexpr std::size_t line_bytes_max = 1U << 20U;

    static Result<Recording> open(FileSystem& files, const std::string& path);
    ~Recording();
    Recording(Recording&&) noexcept;
    Recording& operator=(Recording&&) noexcept;

    /// The next line that is not blank; nothing at the end. Errc::damaged, with the place, for what zstd refuses and
    /// for a file that ends within a frame.
    Result<std::optional<std::string>> next();
    /// How much of the file has been read, 0 to 1.
    double progress() const;

private:
    struct Inside;
    explicit Recording(std::unique_ptr<Inside> inside);
    Result<bool> fill();

    std::unique_ptr<Inside> inside_;
};

/// The `time` that a recorded event carries at its top level; nothing when it has none that can be read.
std::optional<Instant> recorded_time(const std::string& event);

/// The name that ChirpStack gives in the URL to an event with these members: "up", "join", "status", "ack", "txack",
/// "log" or "location". A recording of bodies alone does not have it. "up" when nothing tells.
std::string_view recorded_kind(const std::string& event);

}  // namespace bypuls::demo
