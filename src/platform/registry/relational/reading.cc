#include "platform/registry/relational/reading.h"

namespace bypuls::registry::rows {
namespace {

/// Finds a row by id among those that were read.
template <typename Entity>
class ById {
public:
    explicit ById(std::vector<Entity>& found) : found_(found) {
        for (std::size_t i = 0; i < found.size(); ++i) {
            places_.emplace(found[i].id.value, i);
        }
    }
    Entity& at(long long id) { return found_[places_.at(id)]; }

private:
    std::vector<Entity>& found_;
    std::unordered_map<std::int64_t, std::size_t> places_;
};

}  // namespace

void read_links(soci::session& sql, const Where& where, std::vector<Thing>& found) {
    ById<Thing> things(found);
    select_links<Thing, long long>(sql, thing_locations, where, [&](long long owner, long long location) {
        things.at(owner).locations.push_back(LocationId{location});
    });
}

void read_links(soci::session& sql, const Where& where, std::vector<HistoricalLocation>& found) {
    ById<HistoricalLocation> rows(found);
    select_links<HistoricalLocation, long long>(
        sql, historical_locations, where,
        [&](long long owner, long long location) { rows.at(owner).locations.push_back(LocationId{location}); });
}

void read_links(soci::session& sql, const Where& where, std::vector<Datastream>& found) {
    ById<Datastream> datastreams(found);
    select_links<Datastream, std::string>(sql, datastream_keys, where, [&](long long owner, const std::string& key) {
        datastreams.at(owner).external_keys.push_back(key);
    });
}

void read_links(soci::session& sql, const Where& where, std::vector<Place>& found) {
    ById<Place> places(found);
    select_links<Place, long long>(sql, place_things, where, [&](long long owner, long long thing) {
        places.at(owner).things.push_back(ThingId{thing});
    });
    select_links<Place, long long>(sql, place_datastreams, where, [&](long long owner, long long datastream) {
        places.at(owner).datastreams.push_back(DatastreamId{datastream});
    });
}

std::vector<Stream> read_streams(soci::session& sql, Version changed_after) {
    const auto after = static_cast<long long>(changed_after);
    long long id = 0;
    Row<Datastream> row;
    soci::statement statement = (sql.prepare << "SELECT id, thing, sensor, observed_property, result_type, access, "
                                                "simulated FROM registry_datastreams WHERE version > :after",
                                 soci::use(after), soci::into(id), soci::into(row.thing), soci::into(row.sensor),
                                 soci::into(row.observed_property), soci::into(row.result_type), soci::into(row.access),
                                 soci::into(row.simulated));
    std::vector<Stream> streams;
    statement.execute();
    while (statement.fetch()) {
        streams.push_back(stream_of(row.entity(id)));
    }
    ById<Stream> by_id(streams);
    long long owner = 0;
    std::string key;
    soci::statement keys =
        (sql.prepare << "SELECT k.datastream, k.external_key FROM registry_datastream_keys k JOIN registry_datastreams "
                        "d ON d.id = k.datastream WHERE d.version > :after ORDER BY k.datastream, k.position",
         soci::use(after), soci::into(owner), soci::into(key));
    keys.execute();
    while (keys.fetch()) {
        by_id.at(owner).external_keys.push_back(key);
    }
    return streams;
}

Version read_version(soci::session& sql) {
    long long version = 0;
    sql << "SELECT value FROM registry_counters WHERE name = 'version'", soci::into(version);
    return static_cast<Version>(version);
}

}  // namespace bypuls::registry::rows
