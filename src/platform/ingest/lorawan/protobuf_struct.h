#pragma once

#include <string>

#include <protozero/pbf_reader.hpp>

#include "core/result.h"

namespace bypuls::ingest::lorawan {

/// google.protobuf.Struct as compact JSON. Numbers that are whole are written so, NaN and infinities become null.
/// Errc::malformed for a key given twice or text that is not UTF-8, Errc::exhausted when nested too deep.
/// Throws protozero::exception when the bytes are not protobuf.
Result<std::string> struct_to_json(protozero::pbf_reader message);

}  // namespace bypuls::ingest::lorawan
