#include "platform/observations/blocks/head.h"

#include <bit>

#include "platform/observations/blocks/disk.h"

namespace bypuls::observations::blocks {
namespace {

void put(Bytes& out, std::int64_t value) {
    put_u64(out, static_cast<std::uint64_t>(value));
}

void put(Bytes& out, const std::string& text) {
    put_u64(out, text.size());
    const ByteView bytes = as_bytes(text);
    out.insert(out.end(), bytes.begin(), bytes.end());
}

void put(Bytes& out, const Observation& reading) {
    put(out, reading.time.time_since_epoch().count());
    switch (type_of(reading.value)) {
        case ResultType::number:
            // SQLite may give -0.0 back as 0.0.
            put_u64(out, std::bit_cast<std::uint64_t>(std::get<double>(reading.value) + 0.0));
            break;
        case ResultType::integer: put(out, std::get<std::int64_t>(reading.value)); break;
        case ResultType::boolean: put(out, std::int64_t{std::get<bool>(reading.value)}); break;
        case ResultType::category: put(out, std::get<Category>(reading.value).value); break;
        case ResultType::json: put(out, std::get<Json>(reading.value).text); break;
    }
    put(out, std::int64_t{reading.quality.bits()});
}

constexpr int checksum_column = 12;

}  // namespace

const char* const head_columns =
    "id, type, count, merged_upto, fresh_from, fresh_to, latest_time, latest_value, latest_quality, usable_time, "
    "usable_value, usable_quality, checksum";

std::uint32_t checksum_of(const StoredHead& stored) {
    Bytes out;
    put(out, stored.id.value);
    put(out, static_cast<std::int64_t>(stored.head.type));
    put_u64(out, stored.head.count);
    put(out, stored.shape.merged_upto.time_since_epoch().count());
    put(out, stored.shape.fresh_from);
    put(out, stored.shape.fresh_to);
    put(out, stored.head.latest);
    if (stored.head.usable) {
        put(out, *stored.head.usable);
    }
    return crc32c(out);
}

std::optional<StoredHead> read_head_unchecked(const Statement& row) {
    const std::int64_t type = row.integer(1);
    if (type < static_cast<std::int64_t>(ResultType::number) || type > static_cast<std::int64_t>(ResultType::json)) {
        return std::nullopt;
    }
    StoredHead stored;
    stored.id = DatastreamId{row.integer(0)};
    stored.head.type = static_cast<ResultType>(type);
    stored.head.count = static_cast<std::uint64_t>(row.integer(2));
    stored.shape = {Instant{Duration{row.integer(3)}}, row.integer(4), row.integer(5)};
    const auto reading = [&](int column) {
        return Observation{Instant{Duration{row.integer(column)}}, read_value(row, column + 1, stored.head.type),
                           Quality{static_cast<std::uint8_t>(row.integer(column + 2))}};
    };
    stored.head.latest = reading(6);
    if (!row.null(9)) {
        stored.head.usable = reading(9);
    }
    return stored;
}

std::optional<StoredHead> read_head(const Statement& row) {
    auto stored = read_head_unchecked(row);
    if (stored && (row.null(checksum_column) || row.integer(checksum_column) != checksum_of(*stored))) {
        stored.reset();
    }
    return stored;
}

}  // namespace bypuls::observations::blocks
