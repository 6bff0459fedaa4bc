#pragma once

#include <cstddef>
#include <vector>

#include "core/result.h"
#include "platform/query/expression.h"
#include "platform/query/parse.h"
#include "platform/query/scanner.h"

namespace bypuls::query {

/// The nodes that one request may still make, over all its expressions.
struct NodeBudget {
    std::size_t left = 0;
};

/// One expression from where the scanner stands; stops before what cannot belong to it.
Result<Expression> take_expression(Scanner& in, const ParseLimits& limits, NodeBudget& budget);

/// "Datastreams/properties/a[0]", a name at least.
Result<Path> take_path(Scanner& in);

}  // namespace bypuls::query
