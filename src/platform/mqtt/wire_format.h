#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "platform/mqtt/codec.h"

/// The data representations of MQTT (§1.5). Part of the room's inside.
namespace bypuls::mqtt {

inline std::unexpected<Fault> malformed(std::string what) {
    return std::unexpected(Fault{Reason::malformed_packet, std::move(what)});
}
inline std::unexpected<Fault> broken(std::string what) {
    return std::unexpected(Fault{Reason::protocol_error, std::move(what)});
}

/// Reads fields, never past the end.
class FieldReader {
public:
    explicit FieldReader(ByteView bytes) : bytes_(bytes) {}

    std::size_t remaining() const { return bytes_.size(); }
    Decoded<std::uint8_t> u8();
    Decoded<std::uint16_t> u16();
    Decoded<std::uint32_t> u32();
    /// Variable Byte Integer: at most four bytes, and the fewest that can hold it.
    Decoded<std::uint32_t> varint();
    /// UTF-8 without U+0000 and surrogates.
    Decoded<std::string> text();
    Decoded<std::string> binary();
    Decoded<ByteView> take(std::size_t count);
    std::string rest();

private:
    ByteView bytes_;
};

void write_u8(Bytes& out, std::uint8_t value);
void write_u16(Bytes& out, std::uint16_t value);
void write_u32(Bytes& out, std::uint32_t value);
void write_varint(Bytes& out, std::uint32_t value);
/// A text or binary with its length before it.
void write_text(Bytes& out, std::string_view text);
void write_raw(Bytes& out, std::string_view bytes);

}  // namespace bypuls::mqtt
