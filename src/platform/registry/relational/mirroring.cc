#include <unordered_map>

#include "platform/registry/relational/writing.h"

namespace bypuls::registry::rows {
namespace {

std::vector<Copy::LocationFeatures> read_all_location_features(soci::session& sql) {
    long long location = 0;
    long long since = 0;
    long long feature = 0;
    soci::statement statement =
        (sql.prepare << "SELECT location, since, feature FROM registry_location_features ORDER BY location, since",
         soci::into(location), soci::into(since), soci::into(feature));
    std::vector<Copy::LocationFeatures> all;
    statement.execute();
    while (statement.fetch()) {
        if (all.empty() || all.back().location.value != location) {
            all.push_back({LocationId{location}, {}});
        }
        all.back().features.push_back({Instant{Duration{since}}, FeatureId{feature}});
    }
    return all;
}

}  // namespace

bool holds_exactly(soci::session& sql, const Copy& copy) {
    return read_all<Datastream>(sql) == copy.datastreams && read_all<Thing>(sql) == copy.things &&
           read_all<Location>(sql) == copy.locations &&
           read_all<HistoricalLocation>(sql) == copy.historical_locations && read_all<Sensor>(sql) == copy.sensors &&
           read_all<ObservedProperty>(sql) == copy.observed_properties &&
           read_all<MultiDatastream>(sql) == copy.multi_datastreams &&
           read_all<FeatureOfInterest>(sql) == copy.features &&
           read_all_location_features(sql) == copy.location_features &&
           read_kept_where(sql, "0 = 0") == copy.kept_features;
}

template <typename Entity>
std::vector<std::int64_t> Writing::put_rows(const std::vector<Entity>& wanted, std::vector<const Entity*>& changed) {
    std::unordered_map<std::int64_t, Entity> held;
    for (Entity& entity : read_all<Entity>(sql_)) {
        const auto id = entity.id.value;
        held.emplace(id, std::move(entity));
    }
    for (const Entity& entity : wanted) {
        const auto known = held.extract(entity.id.value);
        if (known.empty()) {
            insert(sql_, entity, version_);
            // It may have been here before.
            auto bound = values(entity.id.value);
            bound.emplace_back("kind", static_cast<long long>(Row<Entity>::kind));
            execute(sql_, "DELETE FROM registry_removals WHERE kind = :kind AND id = :id", bound);
        } else if (known.mapped() == entity) {
            continue;
        } else {
            update(sql_, entity, version_);
        }
        changed.push_back(&entity);
    }
    std::vector<std::int64_t> gone;
    for (const auto& [id, entity] : held) {
        gone.push_back(id);
    }
    return gone;
}

template <typename Entity>
Result<void> Writing::remove_each(const std::vector<std::int64_t>& ids) {
    for (const auto id : ids) {
        TRY_DO(remove<Entity>(decltype(Entity::id){id}));
    }
    return {};
}

void Writing::link(const Thing& thing) {
    replace_links(sql_, thing_locations, thing.id.value, thing.locations);
}

void Writing::link(const HistoricalLocation& location) {
    replace_links(sql_, historical_locations, location.id.value, location.locations);
}

Result<void> Writing::become(const Copy& copy) {
    std::vector<const Thing*> things;
    std::vector<const Location*> locations;
    std::vector<const HistoricalLocation*> history;
    std::vector<const Sensor*> sensors;
    std::vector<const ObservedProperty*> properties;
    std::vector<const Datastream*> datastreams;
    std::vector<const MultiDatastream*> multi_datastreams;
    std::vector<const FeatureOfInterest*> features;
    // Rows before the links between them, and what is gone last, since nothing refers to it any more by then.
    const auto gone_things = put_rows(copy.things, things);
    const auto gone_locations = put_rows(copy.locations, locations);
    const auto gone_sensors = put_rows(copy.sensors, sensors);
    const auto gone_properties = put_rows(copy.observed_properties, properties);
    const auto gone_features = put_rows(copy.features, features);
    const auto gone_history = put_rows(copy.historical_locations, history);
    const auto gone_datastreams = put_rows(copy.datastreams, datastreams);
    const auto gone_multi_datastreams = put_rows(copy.multi_datastreams, multi_datastreams);
    const auto link_each = [&](const auto& changed) {
        for (const auto* entity : changed) {
            link(*entity);
        }
    };
    link_each(things);
    link_each(history);
    link_each(datastreams);
    link_each(multi_datastreams);
    TRY_DO(remove_each<Datastream>(gone_datastreams));
    TRY_DO(remove_each<MultiDatastream>(gone_multi_datastreams));
    TRY_DO(remove_each<HistoricalLocation>(gone_history));
    TRY_DO(remove_each<Thing>(gone_things));
    TRY_DO(remove_each<Location>(gone_locations));
    TRY_DO(remove_each<Sensor>(gone_sensors));
    TRY_DO(remove_each<ObservedProperty>(gone_properties));
    TRY_DO(remove_each<FeatureOfInterest>(gone_features));
    execute(sql_, "DELETE FROM registry_location_features", {});
    RowWriter rows(sql_, "registry_location_features", {"location", "since", "feature"});
    for (const auto& [location, known] : copy.location_features) {
        for (const FeatureSince& one : known) {
            rows.add({static_cast<long long>(location.value),
                      static_cast<long long>(one.since.time_since_epoch().count()),
                      static_cast<long long>(one.feature.value)});
        }
    }
    rows.flush();
    execute(sql_, "DELETE FROM registry_kept_features", {});
    RowWriter kept(sql_, "registry_kept_features", {"thing", "since", "until", "feature"});
    for (const FeatureStay& stay : copy.kept_features) {
        kept.add({static_cast<long long>(stay.thing.value),
                  static_cast<long long>(stay.during.from.time_since_epoch().count()),
                  static_cast<long long>(stay.during.to.time_since_epoch().count()),
                  static_cast<long long>(stay.feature.value)});
    }
    kept.flush();
    return {};
}

}  // namespace bypuls::registry::rows
