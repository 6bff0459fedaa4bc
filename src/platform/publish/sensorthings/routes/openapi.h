#pragma once

#include <string>

#include "platform/publish/sensorthings/read/data.h"

namespace bypuls::sensorthings {

/// The service described in OpenAPI 3.1, made from its own schema. `writable`: with what changes things.
std::string openapi(const Form& form, bool writable);

}  // namespace bypuls::sensorthings
