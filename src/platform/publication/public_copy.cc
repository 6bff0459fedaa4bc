#include "platform/publication/public_copy.h"

#include <algorithm>
#include <set>

#include <nlohmann/json.hpp>

namespace bypuls::publication {
namespace {

using registry::Access;
using registry::Copy;

template <typename Entity>
Entity plain(Entity entity) {
    entity.properties = public_properties(entity.properties);
    return entity;
}

template <typename Stream>
Stream without_keys(Stream stream) {
    stream.external_keys.clear();
    return plain(std::move(stream));
}

/// What the entities that pass refer to, so that it passes too.
struct Needed {
    std::set<registry::ThingId> things;
    std::set<registry::LocationId> locations;
    std::set<registry::SensorId> sensors;
    std::set<registry::ObservedPropertyId> properties;
    std::set<registry::FeatureId> features;
};

Result<void> add_streams(const registry::View& view, Copy& copy, Needed& needed) {
    registry::DatastreamId after{};
    for (bool more = true; more;) {
        TRY(auto page, view.datastreams_where({.access = Access::open}, after, registry::page_max));
        for (auto& datastream : page.items) {
            after = datastream.id;
            needed.things.insert(datastream.thing);
            needed.sensors.insert(datastream.sensor);
            needed.properties.insert(datastream.observed_property);
            copy.datastreams.push_back(public_part(std::move(datastream)));
        }
        more = page.more;
    }
    after = {};
    for (bool more = true; more;) {
        TRY(auto page, view.multi_datastreams().list(after, registry::page_max));
        for (auto& datastream : page.items) {
            after = datastream.id;
            if (datastream.access != Access::open) {
                continue;
            }
            needed.things.insert(datastream.thing);
            needed.sensors.insert(datastream.sensor);
            for (const registry::Component& component : datastream.components) {
                needed.properties.insert(component.observed_property);
            }
            copy.multi_datastreams.push_back(public_part(std::move(datastream)));
        }
        more = page.more;
    }
    return {};
}

Result<void> add_thing(registry::Registry& registry, registry::ThingId id, Copy& copy, Needed& needed) {
    TRY(auto thing, registry.things().get(id));
    TRY(auto history, registry.historical_locations(id, Instant::max(), registry::page_max));
    TRY(const auto kept, registry.kept_features({&id, 1}));
    needed.locations.insert(thing.locations.begin(), thing.locations.end());
    for (auto& stay : history) {
        needed.locations.insert(stay.locations.begin(), stay.locations.end());
        if (!stay.locations.empty()) {
            TRY_DO(registry.feature_of(id, stay.time));
        }
        copy.historical_locations.push_back(std::move(stay));
    }
    const auto make_where_it_was = [&](const Result<registry::FeatureId>& made) -> Result<void> {
        return made || made.error().code == Errc::not_found ? Result<void>{} : std::unexpected(made.error());
    };
    if (!thing.locations.empty()) {
        // Where a location was corrected since the thing came there, what is observed now is about another feature.
        TRY_DO(make_where_it_was(registry.feature_of(id)));
    }
    if (!kept.empty()) {
        // What was kept stands for the beginning of some stays only.
        TRY_DO(make_where_it_was(registry.feature_of(id, observations::earliest_time)));
    }
    for (const registry::FeatureStay& stay : kept) {
        TRY_DO(make_where_it_was(registry.feature_of(id, stay.during.to)));
        needed.features.insert(stay.feature);
        copy.kept_features.push_back(stay);
    }
    copy.things.push_back(public_part(std::move(thing)));
    return {};
}

Result<void> add_location(const registry::View& view, registry::LocationId id, Copy& copy, Needed& needed) {
    TRY(auto location, view.locations().get(id));
    TRY(auto features, view.location_features(id));
    for (const registry::FeatureSince& one : features) {
        if (one.feature) {
            needed.features.insert(one.feature);
        }
    }
    copy.locations.push_back(public_part(std::move(location)));
    copy.location_features.push_back({id, std::move(features)});
    return {};
}

template <typename Entity>
Result<void> add_each(const registry::Entities<Entity>& all, const std::set<decltype(Entity::id)>& ids,
                      std::vector<Entity>& copied) {
    for (const auto id : ids) {
        TRY(auto entity, all.get(id));
        copied.push_back(public_part(std::move(entity)));
    }
    return {};
}

}  // namespace

std::string public_properties(std::string_view properties) {
    const auto parsed = nlohmann::json::parse(properties, nullptr, /*allow_exceptions=*/false);
    if (!parsed.is_object() || !parsed.contains("public")) {
        return "{}";
    }
    return nlohmann::json{{"public", parsed.at("public")}}.dump();
}

registry::Thing public_part(registry::Thing thing) {
    thing.external_key.clear();
    return plain(std::move(thing));
}

registry::Location public_part(registry::Location location) {
    return plain(std::move(location));
}

registry::Sensor public_part(registry::Sensor sensor) {
    return plain(std::move(sensor));
}

registry::ObservedProperty public_part(registry::ObservedProperty property) {
    return plain(std::move(property));
}

registry::Datastream public_part(registry::Datastream datastream) {
    return without_keys(std::move(datastream));
}

registry::MultiDatastream public_part(registry::MultiDatastream datastream) {
    return without_keys(std::move(datastream));
}

registry::FeatureOfInterest public_part(registry::FeatureOfInterest feature) {
    return plain(std::move(feature));
}

namespace {

/// What an observation of a public datastream is said to be about is said in public.
Result<void> add_named_features(const registry::View& view, const observations::Details& details, const Copy& copy,
                                Needed& needed) {
    const auto add = [&](const auto& streams) -> Result<void> {
        for (const auto& stream : streams) {
            TRY(const bool any, details.any(stream.id));
            if (any) {
                TRY(const auto named, details.features(stream.id, registry::page_max));
                for (const auto& one : named) {
                    const registry::FeatureId feature{one.feature};
                    const auto there = view.features().get(feature);
                    if (there) {
                        needed.features.insert(feature);
                    } else if (there.error().code != Errc::not_found) {  // observations may outlive what they name
                        return std::unexpected(there.error());
                    }
                }
            }
        }
        return {};
    };
    TRY_DO(add(copy.datastreams));
    return add(copy.multi_datastreams);
}

}  // namespace

Result<Copy> public_copy(registry::Registry& registry, const observations::Details* details) {
    const registry::View& view = registry;
    Copy copy;
    Needed needed;
    TRY_DO(add_streams(view, copy, needed));
    for (const auto id : needed.things) {
        TRY_DO(add_thing(registry, id, copy, needed));
    }
    std::ranges::sort(copy.historical_locations, {}, &registry::HistoricalLocation::id);
    for (const auto id : needed.locations) {
        TRY_DO(add_location(view, id, copy, needed));
    }
    TRY_DO(add_each(view.sensors(), needed.sensors, copy.sensors));
    TRY_DO(add_each(view.observed_properties(), needed.properties, copy.observed_properties));
    if (details != nullptr) {
        TRY_DO(add_named_features(view, *details, copy, needed));
    }
    TRY_DO(add_each(view.features(), needed.features, copy.features));
    return copy;
}

}  // namespace bypuls::publication
