#pragma once

#include <iosfwd>
#include <map>
#include <optional>
#include <string>

#include "core/clock.h"
#include "platform/ingest/codecs/codec_host.h"

namespace bypuls::ingest::codecs {

/// `bypuls decode lorawan --codec FILE --fport N [--time T] [--variable K=V] HEX`
struct DecodeArguments {
    std::string codec_file;
    int f_port = 1;
    std::string payload_hex;  ///< upper or lower case; spaces, colons and a leading 0x are ignored
    Instant received{};
    std::map<std::string, std::string> variables;
    CodecHost::Options host;
};

/// Prints {"data", "normalized", "warnings", "errors", "fault"} as one line of JSON on `out`; trouble before a codec
/// could run goes to `err` as a sentence. Returns the exit code: 0 decoded, 1 the codec has errors or a fault, 2 wrong
/// arguments or an unreadable file, 3 no worker could be started.
int decode_command(const DecodeArguments& arguments, std::ostream& out, std::ostream& err);

}  // namespace bypuls::ingest::codecs
