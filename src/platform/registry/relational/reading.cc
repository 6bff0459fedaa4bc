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
    std::vector<std::int64_t> ids() const {
        std::vector<std::int64_t> ids;
        for (const Entity& entity : found_) {
            ids.push_back(entity.id.value);
        }
        return ids;
    }

private:
    std::vector<Entity>& found_;
    std::unordered_map<std::int64_t, std::size_t> places_;
};

}  // namespace

void read_links(soci::session& sql, std::vector<Thing>& found) {
    ById<Thing> things(found);
    select_links<long long>(sql, thing_locations, things.ids(), [&](long long owner, long long location) {
        things.at(owner).locations.push_back(LocationId{location});
    });
}

void read_links(soci::session& sql, std::vector<HistoricalLocation>& found) {
    ById<HistoricalLocation> rows(found);
    select_links<long long>(sql, historical_locations, rows.ids(), [&](long long owner, long long location) {
        rows.at(owner).locations.push_back(LocationId{location});
    });
}

void read_links(soci::session& sql, std::vector<Datastream>& found) {
    ById<Datastream> datastreams(found);
    select_links<std::string>(sql, datastream_keys, datastreams.ids(), [&](long long owner, const std::string& key) {
        datastreams.at(owner).external_keys.push_back(key);
    });
}

void read_links(soci::session& sql, std::vector<MultiDatastream>& found) {
    ById<MultiDatastream> datastreams(found);
    in_lists(datastreams.ids(), [&](const std::string& list) {
        long long owner = 0;
        long long property = 0;
        Unit unit;
        std::string type;
        soci::statement statement =
            (sql.prepare << fmt::format("SELECT multi_datastream, observed_property, unit_name, unit_symbol, "
                                        "unit_definition, result_type FROM registry_components "
                                        "WHERE multi_datastream IN ({}) ORDER BY multi_datastream, position",
                                        list),
             soci::into(owner), soci::into(property), soci::into(unit.name), soci::into(unit.symbol),
             soci::into(unit.definition), soci::into(type));
        statement.execute();
        while (statement.fetch()) {
            datastreams.at(owner).components.push_back(
                {.observed_property = ObservedPropertyId{property},
                 .unit = unit,
                 .result_type = result_type_named(type).value_or(ResultType::json)});
        }
    });
    select_links<std::string>(
        sql, multi_datastream_keys, datastreams.ids(),
        [&](long long owner, const std::string& key) { datastreams.at(owner).external_keys.push_back(key); });
}

void read_links(soci::session& sql, std::vector<Place>& found) {
    ById<Place> places(found);
    select_links<long long>(sql, place_things, places.ids(), [&](long long owner, long long thing) {
        places.at(owner).things.push_back(ThingId{thing});
    });
    select_links<long long>(sql, place_datastreams, places.ids(), [&](long long owner, long long datastream) {
        places.at(owner).datastreams.push_back(DatastreamId{datastream});
    });
}

namespace {

std::vector<Stream> read_single_streams(soci::session& sql, long long after) {
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

}  // namespace

std::vector<Stream> read_streams(soci::session& sql, Version changed_after) {
    const auto after = static_cast<long long>(changed_after);
    std::vector<Stream> streams = read_single_streams(sql, after);
    // There are few of these: whole entities do.
    Where changed{.text = "version > :after AND id > :last", .values = {{"after", after}, {"last", 0LL}}};
    while (true) {
        const auto page = read<MultiDatastream>(sql, changed);
        for (const MultiDatastream& datastream : page) {
            streams.push_back(stream_of(datastream));
        }
        if (page.size() < changed.limit) {
            return streams;
        }
        changed.values.back().second = static_cast<long long>(page.back().id.value);
    }
}

Version read_version(soci::session& sql) {
    long long version = 0;
    sql << "SELECT value FROM registry_counters WHERE name = 'version'", soci::into(version);
    return static_cast<Version>(version);
}

}  // namespace bypuls::registry::rows
