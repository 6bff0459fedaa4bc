#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>

#include "platform/ingest/codecs/decoder.h"

namespace bypuls::ingest::codecs {

/// Counts what each codec did since the program started, in front of the decoder that does the work. Thread-safe.
class Tally final : public Decoder {
public:
    struct Counts {
        std::uint64_t decoded = 0;  ///< frames that the codec answered with a value
        std::uint64_t failed = 0;   ///< frames with a fault or the codec's own error
        friend bool operator==(const Counts&, const Counts&) = default;
    };

    /// `decoder` outlives it.
    explicit Tally(Decoder& decoder) : decoder_(decoder) {}

    Result<Decoded> decode(const Codec& codec, const Uplink& uplink) override;
    Result<std::vector<Decoded>> decode_batch(const Codec& codec, std::span<const Uplink> uplinks) override;
    /// Decodes without counting, to try a text that is not in use.
    Result<Decoded> try_out(const Codec& codec, const Uplink& uplink) { return decoder_.decode(codec, uplink); }

    Counts counts(std::string_view codec_id) const;

private:
    void count(const std::string& codec_id, std::span<const Decoded> answers);

    Decoder& decoder_;
    mutable std::mutex mutex_;
    std::map<std::string, Counts, std::less<>> counts_;
};

}  // namespace bypuls::ingest::codecs
