#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/result.h"
#include "core/words/catalogue.h"
#include "platform/publication/plane/catalogue.h"

namespace bypuls::bathing {

/// The beginning of the address that a poster carries: `configured` where the town has said what it is called, else the
/// machine's own name (localhost, 127.0.0.0/8 or [::1], with a port or without) where the request was sent to that. Any
/// other `host` is what a stranger wrote into a header, and no poster leads there: then nothing.
std::optional<std::string> poster_origin(std::string_view configured, std::string_view host, bool secure);

/// An A4 poster as SVG 1.1: the place's name, a question, and a QR code (ISO/IEC 18004, error correction M) of the
/// page's permanent address; where the readings are simulated, it says so. Prints in black on white. Errc::malformed
/// when the address is too long for a QR code.
Result<std::string> poster_svg(const words::Words& say, const publication::PublicPlace& place,
                               std::string_view address);

}  // namespace bypuls::bathing
