#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <soci/soci.h>

#include "platform/observations/details/details.h"

/// Rows of the table of details, each with a checksum of its own. Part of the room's inside.
namespace bypuls::observations {

inline std::int64_t micros(Instant t) {
    return t.time_since_epoch().count();
}

/// CRC-32C of what a row says: its key and its body, from which the other columns are made.
std::int64_t checksum_of(ObservationKey key, std::string_view body);

/// A row as it is read. Columns may hold anything when the file is damaged.
struct DetailRow {
    long long datastream = 0;
    long long time = 0;
    std::string body{};
    long long checksum = 0;
    soci::indicator has_body = soci::i_null;
    soci::indicator has_checksum = soci::i_null;  ///< none in a row of before there were checksums

    ObservationKey key() const { return {DatastreamId{datastream}, Instant{Duration{time}}}; }
    /// Errc::damaged when it is not what was written.
    Result<Detail> detail() const;
};

}  // namespace bypuls::observations
