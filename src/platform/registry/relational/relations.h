#pragma once

#include <string>
#include <string_view>

#include "platform/registry/model.h"

/// In which tables the kinds are kept and linked. Part of the room's inside.
namespace bypuls::registry::rows {

/// "registry_things"
std::string_view table_of(Kind kind);

/// In `table` an id of the one kind stands beside one of the other.
struct Relation {
    std::string_view table;
    std::string_view from;  ///< the column of the kind that was asked for first
    std::string_view to;
};

/// Of two kinds that are linked: see registry::related().
Relation relation_of(Kind from, Kind to);

/// The column that keeps a text property: "encodingType" is in encoding_type.
std::string_view column_of(std::string_view property);

}  // namespace bypuls::registry::rows
