#include "platform/ingest/codecs/tally.h"

namespace bypuls::ingest::codecs {

Result<Decoded> Tally::decode(const Codec& codec, const Uplink& uplink) {
    auto answer = decoder_.decode(codec, uplink);
    if (answer) {
        count(codec.id, {&*answer, 1});
    }
    return answer;
}

Result<std::vector<Decoded>> Tally::decode_batch(const Codec& codec, std::span<const Uplink> uplinks) {
    auto answers = decoder_.decode_batch(codec, uplinks);
    if (answers) {
        count(codec.id, *answers);
    }
    return answers;
}

Tally::Counts Tally::counts(std::string_view codec_id) const {
    const std::lock_guard lock(mutex_);
    const auto found = counts_.find(codec_id);
    return found == counts_.end() ? Counts{} : found->second;
}

void Tally::count(const std::string& codec_id, std::span<const Decoded> answers) {
    const std::lock_guard lock(mutex_);
    Counts& counts = counts_[codec_id];
    for (const Decoded& answer : answers) {
        (answer.ok() ? counts.decoded : counts.failed) += 1;
    }
}

}  // namespace bypuls::ingest::codecs
