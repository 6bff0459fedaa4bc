#include "platform/publish/sensorthings/read/projection.h"

#include <algorithm>

namespace bypuls::sensorthings {
namespace {

void select(Projection& projection, const query::Path& path) {
    const std::string& first = path.steps.front();
    if (is_id(first)) {
        projection.id = true;
        return;
    }
    if (is_self_link(first)) {
        projection.self_link = true;
        return;
    }
    if (const auto* navigation = projection.type->navigation(first)) {
        projection.links.push_back(navigation);
        return;
    }
    const auto* property = projection.type->property(first);
    auto shown = std::ranges::find(projection.properties, property, &Projection::Shown::property);
    const bool is_new = shown == projection.properties.end();
    if (is_new) {
        projection.properties.push_back({.property = property, .into = {}});
        shown = projection.properties.end() - 1;
    }
    if (path.steps.size() == 1) {
        shown->into.clear();
    } else if (is_new || !shown->into.empty()) {
        shown->into.emplace_back(path.steps.begin() + 1, path.steps.end());
    }
}

bool is_in_1_0(const Navigation& navigation) {
    return navigation.target != Kind::multi_datastream;
}

}  // namespace

Projection make_projection(Kind kind, const query::Options& options, bool v1_0) {
    Projection projection{.type = &type_of(kind), .everything = options.select.empty()};
    if (projection.everything) {
        for (const Property& property : projection.type->properties) {
            if (!v1_0 || !property.since_1_1) {
                projection.properties.push_back({.property = &property, .into = {}});
            }
        }
        for (const Navigation& navigation : projection.type->navigations) {
            if (!v1_0 || is_in_1_0(navigation)) {
                projection.links.push_back(&navigation);
            }
        }
    } else {
        projection.id = false;
        projection.self_link = false;
        for (const query::Path& path : options.select) {
            select(projection, path);
        }
    }
    for (const query::Options::Expand& expand : options.expand) {
        const auto* navigation = projection.type->navigation(expand.navigation);
        std::erase(projection.links, navigation);
        projection.expansions.push_back(
            {.navigation = navigation,
             .options = &expand.options,
             .inside = std::make_unique<Projection>(make_projection(navigation->target, expand.options, v1_0))});
    }
    return projection;
}

}  // namespace bypuls::sensorthings
