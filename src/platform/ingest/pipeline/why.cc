#include "platform/ingest/pipeline/why.h"

#include <chrono>

#include <fmt/format.h>

#include "core/text.h"
#include "core/time/iso8601.h"

namespace bypuls::ingest::pipeline {
namespace {

std::string_view key_of(observations::Refusal refusal) {
    using enum observations::Refusal;
    switch (refusal) {
        case wrong_type: return "other_type";
        case not_finite: return "not_finite";
        case time_out_of_range: return "time_out_of_range";
        case text_too_long: return "text_too_long";
        case unknown: return "no_such_datastream";
        case removed: return "removed";
        case none: break;
    }
    return {};
}

}  // namespace

std::string saying_of(const Why& why) {
    if (why.key.empty()) {
        return {};
    }
    std::string out = R"({"say":)";
    append_json_string(out, why.key);
    for (const auto& [name, value] : why.values) {
        out += ',';
        append_json_string(out, name);
        out += ':';
        append_json_string(out, value);
    }
    return out + '}';
}

Why ahead_of(Instant time, Instant received, Duration ahead_max) {
    const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(ahead_max).count();
    return {.sentence = fmt::format(
                "stamped {}, which is more than {} minutes after it was received, {}: is the sender's clock right?",
                format_instant(time), minutes, format_instant(received)),
            .key = "future",
            .values = {{"time", format_instant(time)},
                       {"minutes", fmt::to_string(minutes)},
                       {"received", format_instant(received)}}};
}

Why refused(observations::Refusal refusal) {
    return {.sentence = std::string(observations::sentence(refusal)), .key = std::string(key_of(refusal))};
}

Why with_what(std::string key, std::string what) {
    Why why{.sentence = what, .key = std::move(key)};
    why.values.emplace_back("what", std::move(what));
    return why;
}

Why of_unit(std::string_view unit, std::size_t number, Why why) {
    why.sentence = fmt::format("{} {}: {}", unit, number, why.sentence);
    if (!why.key.empty()) {
        why.values.emplace_back(unit, fmt::to_string(number));
    }
    return why;
}

}  // namespace bypuls::ingest::pipeline
