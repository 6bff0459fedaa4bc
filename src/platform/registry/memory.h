#pragma once

#include <memory>

#include "core/clock.h"
#include "platform/registry/registry.h"

namespace bypuls::registry {

/// A registry that is gone when it is let go, for tests and for trying things. `clock` outlives it.
std::unique_ptr<Registry> make_memory_registry(const Clock& clock);

}  // namespace bypuls::registry
