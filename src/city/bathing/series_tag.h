#pragma once

#include <string>

#include "core/result.h"
#include "platform/publication/plane/plane.h"

namespace bypuls::bathing {

/// A validator (RFC 9110 §8.8.3) of the readings one by one, as a file: the same for the same rows, whenever they are
/// asked for and wherever the interval's ends lie beyond them. It reads all of them.
Result<std::string> series_tag(const publication::Plane& plane, const publication::PublicStream& stream,
                               Interval interval);

}  // namespace bypuls::bathing
