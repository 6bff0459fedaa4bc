#pragma once

#include <cstddef>
#include <deque>
#include <vector>

#include "core/result.h"
#include "platform/ingest/codecs/decoder.h"

namespace bypuls::ingest::pipeline {

/// Frames decoded before their turn, with one message each way to the other process for many of them: that way costs
/// more than the decoding. A codec is a pure function of frame and version, so what is foreseen is what would be
/// answered; a frame that was not foreseen, or whose codec has changed meanwhile, is decoded when it is asked for. One
/// thread.
class Ahead {
public:
    struct Frame {
        codecs::Codec codec;
        codecs::Uplink uplink;
    };
    /// So many hold up whoever waits behind them for 3.2 s at the most, should each use its whole limit of 50 ms.
    static constexpr std::size_t frames_max = 64;

    explicit Ahead(codecs::Decoder& decoder) : decoder_(decoder) {}

    /// In the order in which they will be asked for. Trouble of the machinery is left for the frame's own turn.
    void look(std::vector<Frame> frames);
    /// As Decoder::decode().
    Result<codecs::Decoded> decode(const codecs::Codec& codec, const codecs::Uplink& uplink);

private:
    struct Foreseen {
        Frame frame;
        codecs::Decoded decoded;
    };

    codecs::Decoder& decoder_;
    std::deque<Foreseen> foreseen_;
};

}  // namespace bypuls::ingest::pipeline
