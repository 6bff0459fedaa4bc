#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/bytes.h"
#include "core/clock.h"
#include "core/result.h"

namespace bypuls::ingest::codecs {

/// A LoRaWAN payload codec: one JavaScript source as The Things Stack and ChirpStack v4 run it.
/// Functions, in the order they are looked for: `decodeUplink(input)` (with an optional `normalizeUplink({data})`),
/// `Decode(fPort, bytes, variables)`, `Decoder(bytes, port)`; at top level or in `module.exports`.
struct Codec {
    std::string id;       ///< stable name, "elsys"
    std::string version;  ///< which text this is; goes into the dead letter. codec_version(source) is a good one
    std::string source;   ///< at most Options::source_bytes_max bytes of UTF-8
};

/// The first 12 hex digits of a SHA-256 over the source: the same text, the same version, everywhere.
std::string codec_version(std::string_view source);

/// One frame's application payload, already decrypted by the network server.
struct Uplink {
    std::uint8_t f_port = 1;                       ///< 1..223 in LoRaWAN 1.0.4 §4.3.2; 0 is passed on too
    Bytes bytes;                                   ///< at most 4096
    Instant received{};                            ///< `input.recvTime`, and what Date.now() and new Date() answer
    std::map<std::string, std::string> variables;  ///< ChirpStack's device variables

    friend bool operator==(const Uplink&, const Uplink&) = default;
};

/// Why a codec gave no answer. The codec or its author is at fault, never the device.
struct Fault {
    enum class Kind : std::uint8_t {
        syntax,       ///< the source does not parse
        runtime,      ///< an exception nobody caught, or an answer that is no object
        cpu,          ///< stopped at the CPU-time limit
        memory,       ///< stopped at the memory limit
        output,       ///< the answer is larger or deeper than allowed
        no_function,  ///< none of the functions above is there
        crashed,      ///< the worker died twice over this frame
    };
    Kind kind = Kind::runtime;
    std::uint32_t line = 0;    ///< in the codec's own text, first line is 1; 0 when unknown
    std::uint32_t column = 0;  ///< first column is 1; 0 when unknown
    std::string sentence;      ///< English, with the engine's own message: "TypeError: x is undefined"

    friend bool operator==(const Fault&, const Fault&) = default;
};

std::string_view name_of(Fault::Kind kind);
/// "codec elsys, line 12, column 5: TypeError: x is undefined"
std::string describe(const Fault& fault, std::string_view codec_id);

/// What a codec made of one uplink.
struct Decoded {
    /// JSON text of `data` in the codec's own key order, as JSON.stringify would write it; empty when there is none.
    /// NaN and Infinity become null, and a warning names the field.
    std::string data;
    /// JSON text of a list: what normalizeUplink returned; nothing when the codec has no such function.
    std::optional<std::string> normalized;
    std::vector<std::string> warnings;
    /// The codec's own errors: it ran, and says that the payload is not decodable.
    std::vector<std::string> errors;
    /// Set when the codec did not run to its end; then everything above is empty.
    std::optional<Fault> fault;

    bool ok() const { return !fault && errors.empty(); }
    friend bool operator==(const Decoded&, const Decoded&) = default;
};

/// Runs codecs. A pure function of codec and uplink: no state passes from one call to the next, the clock is the
/// uplink's receive time, Math.random is a fixed sequence. Thread-safe.
class Decoder {
public:
    virtual ~Decoder() = default;
    /// An Error is trouble of the machinery and says nothing of codec or frame, so the frame waits and is tried again:
    /// Errc::exhausted (too many callers wait), Errc::timed_out (no worker became free), Errc::unavailable (no worker
    /// can be started). A codec's own trouble is in Decoded::fault.
    virtual Result<Decoded> decode(const Codec& codec, const Uplink& uplink) = 0;
    /// The same for many frames with one message each way; answers in order, one for each uplink. The limits hold for
    /// each frame alone.
    virtual Result<std::vector<Decoded>> decode_batch(const Codec& codec, std::span<const Uplink> uplinks) = 0;
};

}  // namespace bypuls::ingest::codecs
