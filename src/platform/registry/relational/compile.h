#pragma once

#include "platform/database/database.h"
#include "platform/registry/relational/tables.h"
#include "platform/registry/selection.h"

/// Questions as SQL. Part of the room's inside.
///
/// What a question brings is bound, never written into the text; names come from tables of this room. Texts compare by
/// their bytes, JSON by its types, and a path through many is EXISTS, all as platform/query evaluates them.
namespace bypuls::registry::rows {

/// The condition, order and limit (one row more than the page) of a selection, over the kind's table.
/// Errc::malformed as Entities::select.
Result<Where> compile(database::Engine engine, Kind kind, const Selection& selection);
/// The condition alone.
Result<Where> compile(database::Engine engine, Kind kind, const std::optional<Related>& of,
                      const query::Expression* where);

}  // namespace bypuls::registry::rows
