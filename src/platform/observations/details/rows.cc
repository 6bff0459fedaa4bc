#include "platform/observations/details/rows.h"

#include "core/bytes.h"

namespace bypuls::observations {

std::int64_t checksum_of(ObservationKey key, std::string_view body) {
    Bytes head;
    put_varint(head, zigzag(key.datastream.value));
    put_varint(head, zigzag(key.time.time_since_epoch().count()));
    return crc32c(as_bytes(body), crc32c(head));
}

Result<Detail> DetailRow::detail() const {
    if (has_body != soci::i_ok || (has_checksum == soci::i_ok && checksum != checksum_of(key(), body))) {
        return fail(Errc::damaged, "a stored detail does not hold its checksum");
    }
    auto detail = detail_from_json(body);
    if (!detail) {
        return fail(Errc::damaged, "a stored detail: " + detail.error().what);
    }
    return detail;
}

}  // namespace bypuls::observations
