#pragma once

#include <memory>
#include <string>
#include <vector>

#include "platform/publish/sensorthings/model/schema.h"
#include "platform/query/expression.h"

namespace bypuls::sensorthings {

/// What of an entity is shown: $select and $expand, worked out once for all entities of a level.
struct Projection {
    struct Shown {
        const Property* property = nullptr;
        std::vector<std::vector<std::string>> into;  ///< only these parts of its JSON; empty: all of it
    };
    struct Expansion {
        const Navigation* navigation = nullptr;
        const query::Options* options = nullptr;
        std::unique_ptr<Projection> inside;
    };

    const EntityType* type = nullptr;
    bool everything = true;  ///< nothing was selected
    bool id = true;
    bool self_link = true;
    std::vector<Shown> properties;
    std::vector<const Navigation*> links;
    std::vector<Expansion> expansions;

    /// Is this how observations look when nobody asks for anything? Then they are written straight from columns.
    bool plain() const { return everything && expansions.empty(); }
};

/// `options` have been fitted and outlive it.
Projection make_projection(Kind kind, const query::Options& options, bool v1_0);

}  // namespace bypuls::sensorthings
