#include "platform/ingest/pipeline/ahead.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>

namespace bypuls::ingest::pipeline {
namespace {

bool is_of(const Ahead::Frame& frame, const codecs::Codec& codec, const codecs::Uplink& uplink) {
    // By the text too: a codec that was removed and made anew begins at version 1 again.
    return frame.uplink == uplink && frame.codec.id == codec.id && frame.codec.version == codec.version &&
           frame.codec.source == codec.source;
}

}  // namespace

void Ahead::look(std::vector<Frame> frames) {
    foreseen_.clear();
    std::map<std::pair<std::string, std::string>, std::vector<std::size_t>> by_codec;
    for (std::size_t i = 0; i < frames.size(); ++i) {
        by_codec[{frames[i].codec.id, frames[i].codec.version}].push_back(i);
    }
    std::vector<std::optional<codecs::Decoded>> answers(frames.size());
    for (const auto& [codec, members] : by_codec) {
        std::vector<codecs::Uplink> uplinks;
        for (const std::size_t i : members) {
            uplinks.push_back(frames[i].uplink);
        }
        auto decoded = decoder_.decode_batch(frames[members.front()].codec, uplinks);
        for (std::size_t k = 0; decoded && k < members.size(); ++k) {
            answers[members[k]] = std::move((*decoded)[k]);
        }
    }
    for (std::size_t i = 0; i < frames.size(); ++i) {
        if (answers[i]) {
            foreseen_.push_back({std::move(frames[i]), std::move(*answers[i])});
        }
    }
}

Result<codecs::Decoded> Ahead::decode(const codecs::Codec& codec, const codecs::Uplink& uplink) {
    const auto found =
        std::ranges::find_if(foreseen_, [&](const Foreseen& each) { return is_of(each.frame, codec, uplink); });
    if (found == foreseen_.end()) {
        return decoder_.decode(codec, uplink);
    }
    codecs::Decoded decoded = std::move(found->decoded);
    // Those before it came twice, or were refused before they were to be decoded.
    foreseen_.erase(foreseen_.begin(), found + 1);
    return decoded;
}

}  // namespace bypuls::ingest::pipeline
