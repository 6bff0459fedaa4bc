#pragma once

#include <string>

#include "core/result.h"
#include "platform/publication/plane/plane.h"

namespace bypuls::bathing {

/// A validator (RFC 9110 §8.8.3) of the readings one by one, as a file: another for other rows, and the same however
/// often they are asked for and wherever the interval's ends lie beyond them, until the store puts them elsewhere. Made
/// from what the store knows its blocks by, without reading the rows.
Result<std::string> series_tag(const publication::Plane& plane, const publication::PublicStream& stream,
                               Interval interval);

}  // namespace bypuls::bathing
