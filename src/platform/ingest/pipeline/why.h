#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/clock.h"
#include "platform/observations/observation.h"

namespace bypuls::ingest::pipeline {

/// Why a unit could not be used. `sentence` says it in English, for senders and logs. `key` and `values` say the same
/// as `letters.say_KEY` of the messages does with these put in, so that each reader gets it in their own language.
struct Why {
    std::string sentence;
    std::string key = {};
    std::vector<std::pair<std::string, std::string>> values = {};
};

/// Key and values as they are kept: one JSON object with the key as "say". Empty when there is no key.
std::string saying_of(const Why& why);

/// A time that lies further ahead of the time of receipt than `ahead_max`.
Why ahead_of(Instant time, Instant received, Duration ahead_max);
/// What the store refused.
Why refused(observations::Refusal refusal);
/// Words of a parser or a codec, which are in English only, after a sentence that is not.
Why with_what(std::string key, std::string what);
/// The same, of a "line" or "row" of a message.
Why of_unit(std::string_view unit, std::size_t number, Why why);

}  // namespace bypuls::ingest::pipeline
