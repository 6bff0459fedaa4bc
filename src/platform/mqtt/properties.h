#pragma once

#include "platform/mqtt/codec.h"
#include "platform/mqtt/wire_format.h"

namespace bypuls::mqtt {

/// Where properties stand; a will's are not those of its CONNECT.
enum class PropertyPlace : std::uint8_t {
    connect,
    connack,
    publish,
    acknowledgement,  ///< PUBACK, PUBREC, PUBREL, PUBCOMP
    subscribe,
    suback,  ///< and UNSUBACK
    unsubscribe,
    disconnect,
    auth,
    will,
};

Decoded<Properties> read_properties(FieldReader& in, PropertyPlace place);
void write_properties(Bytes& out, const Properties& properties);

}  // namespace bypuls::mqtt
