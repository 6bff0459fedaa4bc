#pragma once

#include <vector>

#include "platform/registry/relational/tables.h"

/// Entities with their links. Part of the room's inside; throws as SOCI does.
namespace bypuls::registry::rows {

inline void read_links(soci::session& /*sql*/, const Where& /*where*/, std::vector<Location>& /*found*/) {}
inline void read_links(soci::session& /*sql*/, const Where& /*where*/, std::vector<Sensor>& /*found*/) {}
inline void read_links(soci::session& /*sql*/, const Where& /*where*/, std::vector<ObservedProperty>& /*found*/) {}
inline void read_links(soci::session& /*sql*/, const Where& /*where*/, std::vector<FeatureOfInterest>& /*found*/) {}
void read_links(soci::session& sql, const Where& where, std::vector<Thing>& found);
void read_links(soci::session& sql, const Where& where, std::vector<HistoricalLocation>& found);
void read_links(soci::session& sql, const Where& where, std::vector<Datastream>& found);
void read_links(soci::session& sql, const Where& where, std::vector<Place>& found);

template <typename Entity>
std::vector<Entity> read(soci::session& sql, const Where& where) {
    std::vector<Entity> found = select<Entity>(sql, where);
    if (!found.empty()) {
        read_links(sql, where, found);
    }
    return found;
}

/// What the cache keeps of the datastreams that changed after a version; of all, when it is 0.
std::vector<Stream> read_streams(soci::session& sql, Version changed_after);

Version read_version(soci::session& sql);

}  // namespace bypuls::registry::rows
