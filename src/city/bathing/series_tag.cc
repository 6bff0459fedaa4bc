#include "city/bathing/series_tag.h"

#include <bit>
#include <optional>

#include <fmt/format.h>

#include "city/bathing/conditions.h"
#include "core/bytes.h"
#include "platform/http/message.h"

namespace bypuls::bathing {
namespace {

// Raised when the form of the file changes, so that nobody keeps one of an earlier version.
constexpr int form = 1;
constexpr std::size_t rows_at_once = 10'000;

}  // namespace

Result<std::string> series_tag(const publication::Plane& plane, const publication::PublicStream& stream,
                               Interval interval) {
    // What stands at the end of each row, and in the file's name.
    std::string tag = http::etag_of(fmt::format("{}|{}|{}|{}|{}|{}", form, stream.property, stream.unit,
                                                stream.simulated, stream.source, stream.licence));
    std::optional<Instant> after;
    for (bool more = true; more;) {
        TRY(const auto series, plane.range(stream.id, interval, {.limit = rows_at_once, .after = after}));
        const ByteView before = as_bytes(tag);
        Bytes rows(before.begin(), before.end());
        for (std::size_t i = 0; i < series.columns.size(); ++i) {
            if (const auto value = number_of(series.columns.value(i))) {
                put_u64(rows, static_cast<std::uint64_t>(series.columns.times[i].time_since_epoch().count()));
                put_u64(rows, std::bit_cast<std::uint64_t>(*value));
                put_u32(rows, series.columns.quality_of(i).bits());
            }
        }
        tag = http::etag_of(as_text(rows));
        more = series.more;
        if (!series.columns.empty()) {
            after = series.columns.times.back();
        }
    }
    return tag;
}

}  // namespace bypuls::bathing
