#include "city/bathing/series_tag.h"

#include <fmt/format.h>

#include "core/bytes.h"
#include "platform/http/message.h"

namespace bypuls::bathing {
namespace {

// Raised when the form of the file changes, so that nobody keeps one of an earlier version.
constexpr int form = 1;

}  // namespace

Result<std::string> series_tag(const publication::Plane& plane, const publication::PublicStream& stream,
                               Interval interval) {
    TRY(const Bytes rows, plane.fingerprint(stream.id, interval));
    // What stands at the end of each row, and in the file's name.
    const std::string tail = fmt::format("{}|{}|{}|{}|{}|{}|", form, stream.property, stream.unit, stream.simulated,
                                         stream.source, stream.licence);
    return http::etag_of(tail + std::string(as_text(rows)));
}

}  // namespace bypuls::bathing
