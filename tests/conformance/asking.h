#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "platform/publish/sensorthings/model/schema.h"
#include "platform/query/expression.h"

/// Random questions to a set of entities. To be called within a RapidCheck property.
namespace bypuls::sensorthings::conformance {

using Text = std::string;
/// Options as names and values.
using Asked = std::vector<std::pair<Text, Text>>;

/// 0 up to but not including `bound`.
int below(int bound);

/// Three kinds of entity, of all that there are.
std::vector<Kind> some_kinds();

/// $filter, $orderby, $top, $skip and $count; each but the last may be left out.
Asked page_options(Kind kind);

/// "name=value" with something between them.
Text joined(const Asked& options, std::string_view by);
query::Options parsed(const Asked& options);

}  // namespace bypuls::sensorthings::conformance
