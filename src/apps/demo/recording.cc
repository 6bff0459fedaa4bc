#include "apps/demo/recording.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <zstd.h>

#include "core/text.h"
#include "core/time/iso8601.h"

namespace bypuls::demo {

namespace {

struct FreeStream {
    void operator()(ZSTD_DStream* stream) const { ZSTD_freeDStream(stream); }
};
constexpr std::array<std::byte, 4> zstd_magic{std::byte{0x28}, std::byte{0xb5}, std::byte{0x2f}, std::byte{0xfd}};
/// The largest window that is accepted: what zstd's own program writes without --ultra --long.
constexpr int window_log_max = 27;

}  // namespace

struct Recording::Inside {
    std::string path;
    std::unique_ptr<File> file;
    std::uint64_t size = 0;
    std::uint64_t at = 0;  // read so far
    bool packed = false;
    bool frame_open = false;  // within a frame of zstd
    bool ended = false;
    std::unique_ptr<ZSTD_DStream, FreeStream> stream;
    Bytes read = Bytes(64U << 10U);
    std::string text;  // unpacked, from `taken` on not yet given out
    std::size_t taken = 0;
};

Recording::Recording(std::unique_ptr<Inside> inside) : inside_(std::move(inside)) {}
Recording::~Recording() = default;
Recording::Recording(Recording&&) noexcept = default;
Recording& Recording::operator=(Recording&&) noexcept = default;

Result<Recording> Recording::open(FileSystem& files, const std::string& path) {
    auto inside = std::make_unique<Inside>();
    inside->path = path;
    TRY(inside->file, files.open(path, OpenMode::read));
    TRY(inside->size, inside->file->size());
    std::array<std::byte, 4> first{};
    TRY(const std::size_t count, inside->file->read_at(0, first));
    inside->packed = count == first.size() && first == zstd_magic;
    if (inside->packed) {
        inside->stream.reset(ZSTD_createDStream());
        if (!inside->stream ||
            ZSTD_isError(ZSTD_DCtx_setParameter(inside->stream.get(), ZSTD_d_windowLogMax, window_log_max)) != 0) {
            return fail(Errc::exhausted, "no memory to unpack with");
        }
    }
    return Recording(std::move(inside));
}

/// Unpacks the next piece behind `text`; false at the end of the file.
Result<bool> Recording::fill() {
    Inside& in = *inside_;
    in.text.erase(0, std::exchange(in.taken, 0));
    TRY(const std::size_t count, in.file->read_at(in.at, in.read));
    in.at += count;
    if (count == 0) {
        if (in.frame_open) {
            return fail(Errc::damaged, fmt::format("{}: ends in the middle of its packed data", in.path));
        }
        return false;
    }
    if (!in.packed) {
        in.text += as_text(ByteView(in.read).first(count));
        return true;
    }
    ZSTD_inBuffer input{in.read.data(), count, 0};
    std::array<char, 128U << 10U> unpacked{};
    bool full = false;
    while (input.pos < input.size || full) {
        ZSTD_outBuffer output{unpacked.data(), unpacked.size(), 0};
        const std::size_t left = ZSTD_decompressStream(in.stream.get(), &output, &input);
        if (ZSTD_isError(left) != 0) {
            return fail(Errc::damaged, fmt::format("{}: before byte {}: {}", in.path, in.at, ZSTD_getErrorName(left)));
        }
        in.frame_open = left != 0;
        full = output.pos == output.size;
        in.text.append(unpacked.data(), output.pos);
    }
    return true;
}

Result<std::optional<std::string>> Recording::next() {
    Inside& in = *inside_;
    std::size_t searched = in.taken;
    for (;;) {
        const std::size_t end = in.text.find('\n', searched);
        if (end == std::string::npos && !in.ended) {
            const std::size_t rest = in.text.size() - in.taken;
            if (rest > line_bytes_max) {
                return fail(Errc::exhausted, fmt::format("{}: a line is longer than an event can be", in.path));
            }
            TRY(const bool more, fill());
            in.ended = !more;
            searched = in.taken + rest;
            continue;
        }
        const std::size_t stop = end == std::string::npos ? in.text.size() : end;
        const std::string_view line = trim(std::string_view(in.text).substr(in.taken, stop - in.taken));
        if (line.size() > line_bytes_max) {
            return fail(Errc::exhausted, fmt::format("{}: a line is longer than an event can be", in.path));
        }
        std::string found(line);
        in.taken = std::min(stop + 1, in.text.size());
        searched = in.taken;
        if (!found.empty()) {
            return found;
        }
        if (end == std::string::npos) {
            return std::nullopt;
        }
    }
}

double Recording::progress() const {
    return inside_->size == 0 ? 1 : static_cast<double>(inside_->at) / static_cast<double>(inside_->size);
}

std::optional<Instant> recorded_time(const std::string& event) {
    const auto read = nlohmann::json::parse(event, nullptr, /*allow_exceptions=*/false);
    const auto time = read.is_object() ? read.find("time") : read.end();
    if (!read.is_object() || time == read.end() || !time->is_string()) {
        return std::nullopt;
    }
    const auto instant = parse_instant(time->get<std::string>());
    return instant ? std::optional(*instant) : std::nullopt;
}

std::string_view recorded_kind(const std::string& event) {
    const auto read = nlohmann::json::parse(event, nullptr, /*allow_exceptions=*/false);
    const auto has = [&](const char* name) { return read.is_object() && read.contains(name); };
    if (has("fCnt") || has("data") || has("rxInfo")) {
        return "up";
    }
    if (has("margin")) {
        return "status";
    }
    if (has("level") && has("code")) {
        return "log";
    }
    if (has("acknowledged")) {
        return "ack";
    }
    if (has("queueItemId")) {
        return "txack";
    }
    if (has("location")) {
        return "location";
    }
    return has("devAddr") ? "join" : "up";
}

}  // namespace bypuls::demo
