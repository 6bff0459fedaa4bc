#pragma once

#include <memory>

#include "platform/observations/store.h"

namespace bypuls::observations {

/// The store as one would draw it on a blackboard: sorted maps under one lock. The measure of the others, and enough
/// for tests of rooms above. Nothing outlives it; what companions write is accepted and forgotten.
std::unique_ptr<Store> make_memory_store();

}  // namespace bypuls::observations
