#include "platform/mqtt/wire_format.h"

#include "core/check.h"
#include "core/text.h"

namespace bypuls::mqtt {
namespace {

constexpr std::uint32_t varint_max = 268'435'455;

std::unexpected<Fault> too_short() {
    return malformed("the packet ends within a field");
}

}  // namespace

Decoded<ByteView> FieldReader::take(std::size_t count) {
    if (count > bytes_.size()) {
        return too_short();
    }
    const ByteView taken = bytes_.first(count);
    bytes_ = bytes_.subspan(count);
    return taken;
}

Decoded<std::uint8_t> FieldReader::u8() {
    TRY(const auto bytes, take(1));
    return std::to_integer<std::uint8_t>(bytes[0]);
}

Decoded<std::uint16_t> FieldReader::u16() {
    TRY(const auto bytes, take(2));
    return static_cast<std::uint16_t>(std::to_integer<unsigned>(bytes[0]) << 8U | std::to_integer<unsigned>(bytes[1]));
}

Decoded<std::uint32_t> FieldReader::u32() {
    TRY(const std::uint32_t high, u16());
    TRY(const std::uint32_t low, u16());
    return high << 16U | low;
}

Decoded<std::uint32_t> FieldReader::varint() {
    std::uint32_t value = 0;
    for (unsigned shift = 0; shift < 28; shift += 7) {
        TRY(const std::uint32_t byte, u8());
        value |= (byte & 0x7FU) << shift;
        if ((byte & 0x80U) == 0) {
            if (byte == 0 && shift > 0) {
                return malformed("a number is written with more bytes than it needs");
            }
            return value;
        }
    }
    return malformed("a number has more than four bytes");
}

Decoded<std::string> FieldReader::binary() {
    TRY(const auto length, u16());
    TRY(const auto bytes, take(length));
    return std::string(as_text(bytes));
}

Decoded<std::string> FieldReader::text() {
    TRY(auto text, binary());
    if (!is_utf8(text) || text.find('\0') != std::string::npos) {
        return malformed("a text is not UTF-8, or holds U+0000");
    }
    return text;
}

std::string FieldReader::rest() {
    std::string rest(as_text(bytes_));
    bytes_ = {};
    return rest;
}

void write_u8(Bytes& out, std::uint8_t value) {
    out.push_back(static_cast<std::byte>(value));
}

void write_u16(Bytes& out, std::uint16_t value) {
    write_u8(out, static_cast<std::uint8_t>(value >> 8U));
    write_u8(out, static_cast<std::uint8_t>(value & 0xFFU));
}

void write_u32(Bytes& out, std::uint32_t value) {
    write_u16(out, static_cast<std::uint16_t>(value >> 16U));
    write_u16(out, static_cast<std::uint16_t>(value & 0xFFFFU));
}

void write_varint(Bytes& out, std::uint32_t value) {
    check(value <= varint_max, "a length fits four bytes of seven bits");
    do {
        const auto low = static_cast<std::uint8_t>(value & 0x7FU);
        value >>= 7U;
        write_u8(out, value > 0 ? low | 0x80U : low);
    } while (value > 0);
}

void write_text(Bytes& out, std::string_view text) {
    check(text.size() <= 0xFFFF, "a text of MQTT is at most 65 535 bytes");
    write_u16(out, static_cast<std::uint16_t>(text.size()));
    write_raw(out, text);
}

void write_raw(Bytes& out, std::string_view bytes) {
    const ByteView view = as_bytes(bytes);
    out.insert(out.end(), view.begin(), view.end());
}

}  // namespace bypuls::mqtt
