#pragma once

#include <string>

#include "core/result.h"
#include "core/words/catalogue.h"
#include "platform/publication/plane/catalogue.h"

namespace bypuls::bathing {

/// An A4 poster as SVG 1.1: the place's name, a question, and a QR code (ISO/IEC 18004, error correction M) of the
/// page's permanent address. Prints in black on white. Errc::malformed when the address is too long for a QR code.
Result<std::string> poster_svg(const words::Words& say, const publication::PublicPlace& place,
                               std::string_view address);

}  // namespace bypuls::bathing
