#include "platform/journal/format.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "core/check.h"

namespace bypuls::journal {
namespace {

constexpr std::string_view magic = "BYPULSJL";
constexpr std::string_view extension = ".log";
constexpr std::size_t name_digits = 20;

// Offsets in a record's header.
constexpr std::size_t at_header_crc = 4;
constexpr std::size_t at_body_crc = 8;
constexpr std::size_t at_payload_bytes = 12;
constexpr std::size_t at_position = 16;
constexpr std::size_t at_received = 24;
constexpr std::size_t at_commit = 32;
constexpr std::size_t at_source_bytes = 36;
constexpr std::size_t at_type = 37;
constexpr std::size_t at_flags = 38;

constexpr std::uint16_t hole_flag = 1;

template <typename T>
void store(std::span<std::byte> out, std::size_t offset, T value) {
    for (std::size_t i = 0; i < sizeof(T); ++i) {
        out[offset + i] = static_cast<std::byte>(value >> (8 * i));
    }
}

template <typename T>
T load(ByteView bytes, std::size_t offset) {
    T value = 0;
    for (std::size_t i = 0; i < sizeof(T); ++i) {
        value |= static_cast<T>(static_cast<T>(bytes[offset + i]) << (8 * i));
    }
    return value;
}

std::uint32_t header_crc(ByteView header) {
    return crc32c(header.subspan(at_body_crc, record_header_bytes - at_body_crc), crc32c(header.first(at_header_crc)));
}

}  // namespace

std::string segment_name(Position first) {
    const std::string digits = std::to_string(first.value);
    return std::string(name_digits - digits.size(), '0').append(digits).append(extension);
}

std::optional<Position> position_of_name(std::string_view name) {
    if (name.size() != name_digits + extension.size() || !name.ends_with(extension)) {
        return std::nullopt;
    }
    Position first;
    const auto digits = name.substr(0, name_digits);
    const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), first.value);
    if (code != std::errc{} || end != digits.data() + digits.size() || first.value == 0) {
        return std::nullopt;
    }
    return first;
}

Bytes encode_segment_header(const SegmentHeader& header) {
    Bytes copy;
    copy.reserve(segment_header_bytes);
    std::ranges::copy(as_bytes(magic), std::back_inserter(copy));
    put_u32(copy, format_version);
    put_u32(copy, header.marker);
    put_u64(copy, header.first.value);
    put_u64(copy, static_cast<std::uint64_t>(header.created.time_since_epoch().count()));
    put_u64(copy, 0);
    put_u32(copy, 0);
    put_u32(copy, crc32c(copy));
    check(copy.size() == segment_header_bytes, "a segment header has its size");
    Bytes out(records_offset);
    std::ranges::copy(copy, out.begin());
    std::ranges::copy(copy, out.begin() + header_copy_offset);
    return out;
}

Result<SegmentHeader> parse_segment_header(ByteView copy) {
    ByteReader reader(copy);
    TRY(const auto summed, reader.take(segment_header_bytes - 4));
    TRY(const auto crc, reader.u32());
    if (crc32c(summed) != crc) {
        return fail(Errc::damaged, "the segment header fails its checksum");
    }
    ByteReader fields(summed);
    TRY(const auto name, fields.take(magic.size()));
    TRY(const auto version, fields.u32());
    if (as_text(name) != magic || version != format_version) {
        return fail(Errc::malformed, "not a journal segment of version " + std::to_string(format_version));
    }
    SegmentHeader header;
    TRY(header.marker, fields.u32());
    TRY(header.first.value, fields.u64());
    TRY(const auto created, fields.u64());
    header.created = Instant{Duration{static_cast<std::int64_t>(created)}};
    if (header.first.value == 0) {
        return fail(Errc::malformed, "a journal segment begins at position 0");
    }
    return header;
}

void encode_entry(Bytes& out, const Entry& entry) {
    check(entry.source.size() <= source_bytes_max && entry.payload.size() <= payload_bytes_cap,
          "an entry within its limits");
    RecordHeader header{.payload_bytes = static_cast<std::uint32_t>(entry.payload.size()),
                        .source_bytes = static_cast<std::uint8_t>(entry.source.size())};
    const auto begin = out.size();
    put_u64(out, 0);
    put_u32(out, 0);
    put_u32(out, header.payload_bytes);
    put_u64(out, 0);
    put_u64(out, static_cast<std::uint64_t>(entry.received.time_since_epoch().count()));
    put_u32(out, 0);
    put_u32(out, std::uint32_t{header.source_bytes} | static_cast<std::uint32_t>(entry.type) << 8U);
    out.insert(out.end(), as_bytes(entry.source).begin(), as_bytes(entry.source).end());
    out.insert(out.end(), entry.payload.begin(), entry.payload.end());
    out.resize(begin + header.record_bytes());
    const auto record = std::span{out}.subspan(begin);
    store(record, at_body_crc, crc32c(record.subspan(record_header_bytes)));
}

std::size_t encoded_record_bytes(ByteView record) {
    const RecordHeader header{.payload_bytes = load<std::uint32_t>(record, at_payload_bytes),
                              .source_bytes = load<std::uint8_t>(record, at_source_bytes)};
    return header.record_bytes();
}

void seal_record(std::span<std::byte> record, std::uint32_t marker, Position position,
                 std::uint32_t commit_bytes_before) {
    store(record, 0, marker);
    store(record, at_position, position.value);
    store(record, at_commit, commit_bytes_before);
    store(record, at_header_crc, header_crc(record));
}

void encode_hole(std::span<std::byte> place, std::uint32_t marker, Position first, Position last,
                 std::uint32_t commit_bytes_before) {
    check(place.size() >= record_header_bytes && place.size() % alignment == 0,
          "a hole is as long as a header at least");
    std::ranges::fill(place.first(record_header_bytes), std::byte{0});
    const auto body = place.subspan(record_header_bytes);
    store(place, at_body_crc, crc32c(body));
    store(place, at_payload_bytes, static_cast<std::uint32_t>(body.size()));
    store(place, at_received, last.value);
    store(place, at_flags, hole_flag);
    seal_record(place, marker, first, commit_bytes_before);
}

Result<RecordHeader> parse_record_header(ByteView bytes, std::uint32_t marker) {
    if (bytes.size() < record_header_bytes || load<std::uint32_t>(bytes, 0) != marker ||
        load<std::uint32_t>(bytes, at_header_crc) != header_crc(bytes)) {
        return fail(Errc::damaged, "no record begins here");
    }
    RecordHeader header;
    header.body_crc = load<std::uint32_t>(bytes, at_body_crc);
    header.payload_bytes = load<std::uint32_t>(bytes, at_payload_bytes);
    header.position.value = load<std::uint64_t>(bytes, at_position);
    const auto received = load<std::uint64_t>(bytes, at_received);
    header.received = Instant{Duration{static_cast<std::int64_t>(received)}};
    header.commit_bytes_before = load<std::uint32_t>(bytes, at_commit);
    header.source_bytes = load<std::uint8_t>(bytes, at_source_bytes);
    header.type = load<std::uint8_t>(bytes, at_type);
    const auto flags = load<std::uint16_t>(bytes, at_flags);
    header.hole = flags == hole_flag;
    if (header.hole) {
        header.hole_last = {received};
    }
    if (header.payload_bytes > payload_bytes_cap || header.position.value == 0 || header.last() < header.position ||
        (flags != 0 && !header.hole)) {
        return fail(Errc::damaged, "a record header breaks its own rules");
    }
    return header;
}

Result<Record> parse_record_body(const RecordHeader& header, ByteView body) {
    if (body.size() != header.body_bytes() || crc32c(body) != header.body_crc) {
        return fail(Errc::damaged, "the record fails its checksum");
    }
    const auto payload = body.subspan(header.source_bytes, header.payload_bytes);
    return Record{.position = header.position,
                  .type = header.type,
                  .source = std::string(as_text(body.first(header.source_bytes))),
                  .received = header.received,
                  .payload = Bytes(payload.begin(), payload.end())};
}

}  // namespace bypuls::journal
