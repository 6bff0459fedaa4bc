#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <js/TypeDecls.h>

namespace bypuls::ingest::codecs {

constexpr std::size_t notes_max = 64;         ///< warnings and errors kept of one answer, each
constexpr std::size_t note_bytes_max = 1000;  ///< of one warning or error

std::string text_of(JSContext* cx, JS::Handle<JSString*> text);
/// At most note_bytes_max bytes, cut between characters.
std::string shortened(std::string text);

/// What became of writing a value as JSON.
struct JsonOutcome {
    bool written = false;  ///< false with an exception pending in the context, or with `too_much`
    std::string text;
    std::string too_much;  ///< a sentence when the value was too large or too deep
};

/// JSON.stringify (ECMA-262 §25.5.2) with a bound on size and depth. NaN and Infinity become null, with a sentence in
/// `notes` that names the field, `name` first. Runs the value's getters and toJSON, so under the caller's limits.
JsonOutcome write_json(JSContext* cx, JS::Handle<JS::Value> value, const char* name, std::size_t bytes_max,
                       std::vector<std::string>& notes);

}  // namespace bypuls::ingest::codecs
