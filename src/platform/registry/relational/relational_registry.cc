#include "platform/registry/relational/relational_registry.h"

#include <algorithm>
#include <mutex>
#include <tuple>

#include "core/log.h"
#include "platform/registry/limits.h"
#include "platform/registry/relational/compile.h"
#include "platform/registry/relational/writing.h"

namespace bypuls::registry {
namespace {

using rows::read;
using rows::Value;
using rows::Where;
using rows::Writing;

constexpr std::chrono::seconds write_wait_max(10);

/// The database and the datastreams known from it.
class Keeper {
public:
    Keeper(database::Database& database, const Clock& clock) : database_(database), clock_(clock) {}

    Result<void> load() {
        return database_.read("registry", [&](soci::session& sql) -> Result<void> {
            const Version version = rows::read_version(sql);
            set_streams(std::make_shared<const Streams>(version, rows::read_streams(sql, 0)));
            return {};
        });
    }

    database::Engine engine() const { return database_.engine(); }
    Instant now() const { return clock_.now(); }

    template <typename Work>
    auto view(std::string_view what, Work work) const {
        return database_.read(what, work);
    }

    /// Runs work(Writing&) in a transaction and brings the streams up to it. Writers of this process go one after the
    /// other, as they would in the database, so that the streams change in the order of the versions.
    template <typename Work>
    std::invoke_result_t<Work&, Writing&> change(std::string_view what, Work work) {
        std::unique_lock lock(writing_, write_wait_max);
        if (!lock) {
            return fail(Errc::timed_out, "the registry is busy with other changes; try again");
        }
        Version version = 0;
        std::vector<Stream> changed;
        std::vector<DatastreamId> removed;
        auto result = database_.write(what, [&](soci::session& sql) -> std::invoke_result_t<Work&, Writing&> {
            Writing writing(sql, clock_.now());
            auto done = work(writing);
            version = writing.version();
            changed = writing.changed();
            removed = writing.removed();
            return done;
        });
        if (result) {
            follow(version, std::move(changed), removed);
        }
        return result;
    }

    std::shared_ptr<const Streams> streams() const {
        const std::lock_guard lock(streams_mutex_);
        return streams_;
    }

    Result<Version> refresh() {
        std::unique_lock lock(writing_, write_wait_max);
        if (!lock) {
            return fail(Errc::timed_out, "the registry is busy with changes; try again");
        }
        return catch_up();
    }

private:
    void set_streams(std::shared_ptr<const Streams> streams) {
        const std::lock_guard lock(streams_mutex_);
        streams_.swap(streams);
    }

    void follow(Version version, std::vector<Stream> changed, const std::vector<DatastreamId>& removed) {
        const auto known = streams();
        if (known->version() + 1 == version) {
            set_streams(known->with(version, std::move(changed), removed));
            return;
        }
        // Another process has written since; take its changes and ours together.
        if (const auto caught_up = catch_up(); !caught_up) {
            log::warning("registry", "the change is stored but not yet seen here",
                         {{"reason", caught_up.error().what}});
        }
    }

    Result<Version> catch_up() {
        const auto known = streams();
        return database_.read("registry", [&](soci::session& sql) -> Result<Version> {
            const Version version = rows::read_version(sql);
            if (version == known->version()) {
                return version;
            }
            std::vector<DatastreamId> removed;
            for (const auto id : rows::column<long long>(
                     sql, "SELECT id FROM registry_removals WHERE kind IN (:single, :multi) AND version > :after",
                     {{"single", static_cast<long long>(Kind::datastream)},
                      {"multi", static_cast<long long>(Kind::multi_datastream)},
                      {"after", static_cast<long long>(known->version())}})) {
                removed.push_back(DatastreamId{id});
            }
            set_streams(known->with(version, rows::read_streams(sql, known->version()), removed));
            return version;
        });
    }

    database::Database& database_;
    const Clock& clock_;
    std::timed_mutex writing_;
    mutable std::mutex streams_mutex_;
    std::shared_ptr<const Streams> streams_;
};

template <typename Entity>
Result<Entity> first(soci::session& sql, Where where, std::string_view what) {
    where.limit = 1;
    auto found = read<Entity>(sql, where);
    if (found.empty()) {
        return fail(Errc::not_found, fmt::format("there is no {} {}", rows::Row<Entity>::what, what));
    }
    return std::move(found.front());
}

template <typename Entity>
Result<void> must_exist(soci::session& sql, decltype(Entity::id) id) {
    TRY_DO(first<Entity>(sql, {.text = "id = :id", .values = rows::values(id.value)}, fmt::to_string(id.value)));
    return {};
}

template <typename Entity>
Page<Entity> page(soci::session& sql, Where where, std::size_t limit) {
    limit = std::clamp<std::size_t>(limit, 1, page_max);
    where.limit = limit + 1;
    Page<Entity> page{.items = read<Entity>(sql, where), .more = false};
    page.more = page.items.size() > limit;
    page.items.resize(std::min(page.items.size(), limit));
    return page;
}

template <typename Entity>
class RelationalCollection final : public Collection<Entity> {
public:
    using IdOf = typename Collection<Entity>::IdOf;

    explicit RelationalCollection(Keeper& keeper) : keeper_(keeper) {}

    Result<IdOf> create(const Entity& entity) override {
        return keeper_.change(rows::Row<Entity>::what, [&](Writing& writing) { return writing.add(entity); });
    }
    Result<void> update(const Entity& entity) override {
        return keeper_.change(rows::Row<Entity>::what, [&](Writing& writing) { return writing.replace(entity); });
    }
    Result<Removed> remove(IdOf id) override {
        return keeper_.change(rows::Row<Entity>::what, [&](Writing& writing) { return writing.remove<Entity>(id); });
    }
    Result<Entity> get(IdOf id) const override {
        return keeper_.view(rows::Row<Entity>::what, [&](soci::session& sql) {
            return first<Entity>(sql, {.text = "id = :id", .values = {{"id", static_cast<long long>(id.value)}}},
                                 fmt::to_string(id.value));
        });
    }
    Result<std::vector<Entity>> get_all(std::span<const IdOf> ids) const override {
        TRY_DO(at_most_a_page(ids.size()));
        return keeper_.view(rows::Row<Entity>::what, [&](soci::session& sql) -> Result<std::vector<Entity>> {
            std::vector<Entity> found;
            rows::in_lists(rows::sorted(ids), [&](const std::string& list) {
                std::ranges::move(read<Entity>(sql, {.text = fmt::format("id IN ({})", list)}),
                                  std::back_inserter(found));
            });
            return found;
        });
    }
    Result<Page<Entity>> list(IdOf after, std::size_t limit) const override {
        return keeper_.view(rows::Row<Entity>::what, [&](soci::session& sql) -> Result<Page<Entity>> {
            return page<Entity>(
                sql, {.text = "id > :after", .values = {{"after", static_cast<long long>(after.value)}}}, limit);
        });
    }
    Result<std::vector<Entity>> find_by_name(std::string_view name) const override {
        if constexpr (std::is_same_v<Entity, HistoricalLocation>) {
            return std::vector<Entity>{};
        } else {
            return keeper_.view(rows::Row<Entity>::what, [&](soci::session& sql) -> Result<std::vector<Entity>> {
                return read<Entity>(sql, {.text = fmt::format("{} = :name", rows::Row<Entity>::name_column),
                                          .values = {{"name", std::string(name)}}});
            });
        }
    }
    Result<Page<Entity>> select(const Selection& selection) const override {
        TRY(const auto where, rows::compile(keeper_.engine(), rows::Row<Entity>::kind, selection));
        return keeper_.view(rows::Row<Entity>::what, [&](soci::session& sql) -> Result<Page<Entity>> {
            return page<Entity>(sql, where, selection.limit);
        });
    }
    Result<std::uint64_t> count(const std::optional<Related>& of, const query::Expression* where) const override {
        TRY(const auto wanted, rows::compile(keeper_.engine(), rows::Row<Entity>::kind, of, where));
        return keeper_.view(rows::Row<Entity>::what, [&](soci::session& sql) -> Result<std::uint64_t> {
            const auto text = fmt::format("SELECT count(*) FROM {} WHERE {}", rows::table_of<Entity>(), wanted.text);
            return static_cast<std::uint64_t>(rows::column<long long>(sql, text, wanted.values).at(0));
        });
    }

private:
    Keeper& keeper_;
};

/// The changes of one kind, at most `limit`.
template <typename Entity>
void read_changes(soci::session& sql, Version after, std::size_t limit, std::vector<Change>& changes) {
    const auto since = static_cast<long long>(after);
    long long id = 0;
    long long version = 0;
    soci::statement statement =
        (sql.prepare << fmt::format("SELECT id, version FROM {} WHERE version > :since LIMIT {}",
                                    rows::table_of<Entity>(), limit),
         soci::use(since), soci::into(id), soci::into(version));
    statement.execute();
    while (statement.fetch()) {
        changes.push_back({static_cast<Version>(version), rows::Row<Entity>::kind, id, false});
    }
}

void read_removals(soci::session& sql, Version after, std::size_t limit, std::vector<Change>& changes) {
    const auto since = static_cast<long long>(after);
    long long kind = 0;
    long long id = 0;
    long long version = 0;
    soci::statement statement =
        (sql.prepare << fmt::format("SELECT kind, id, version FROM registry_removals WHERE version > :since LIMIT {}",
                                    limit),
         soci::use(since), soci::into(kind), soci::into(id), soci::into(version));
    statement.execute();
    while (statement.fetch()) {
        changes.push_back({static_cast<Version>(version), static_cast<Kind>(kind), id, true});
    }
}

Changes read_all_changes(soci::session& sql, Version after) {
    Changes found{.version = rows::read_version(sql), .complete = true, .changes = {}};
    constexpr std::size_t limit = changes_max + 1;
    read_changes<Thing>(sql, after, limit, found.changes);
    read_changes<Location>(sql, after, limit, found.changes);
    read_changes<HistoricalLocation>(sql, after, limit, found.changes);
    read_changes<Sensor>(sql, after, limit, found.changes);
    read_changes<ObservedProperty>(sql, after, limit, found.changes);
    read_changes<Datastream>(sql, after, limit, found.changes);
    read_changes<MultiDatastream>(sql, after, limit, found.changes);
    read_changes<FeatureOfInterest>(sql, after, limit, found.changes);
    read_changes<Place>(sql, after, limit, found.changes);
    read_removals(sql, after, limit, found.changes);
    if (found.changes.size() > changes_max) {
        found.complete = false;
        found.changes.clear();
    }
    std::ranges::sort(found.changes, {}, [](const Change& c) { return std::tuple(c.version, c.kind, c.id); });
    return found;
}

Where where_of(const DatastreamFilter& filter, DatastreamId after) {
    Where where{.text = "id > :after", .values = {{"after", static_cast<long long>(after.value)}}};
    const auto also = [&](const std::string& column, Value value) {
        where.text += fmt::format(" AND {0} = :{0}", column);
        where.values.emplace_back(column, std::move(value));
    };
    if (filter.thing) {
        also("thing", static_cast<long long>(filter.thing->value));
    }
    if (filter.sensor) {
        also("sensor", static_cast<long long>(filter.sensor->value));
    }
    if (filter.observed_property) {
        also("observed_property", static_cast<long long>(filter.observed_property->value));
    }
    if (filter.access) {
        also("access", std::string(name_of(*filter.access)));
    }
    return where;
}

class RelationalRegistry final : public Registry {
public:
    RelationalRegistry(database::Database& database, const Clock& clock) : keeper_(database, clock) {}
    Result<void> load() { return keeper_.load(); }
    Result<bool> become(const Copy& copy) {
        const auto alike =
            keeper_.view("copy", [&](soci::session& sql) -> Result<bool> { return rows::holds_exactly(sql, copy); });
        if (!alike) {
            return alike;
        }
        if (*alike) {
            return false;
        }
        return keeper_.change("copy", [&](Writing& writing) -> Result<bool> {
            TRY_DO(writing.become(copy));
            return true;
        });
    }

    Collection<Thing>& things() override { return things_; }
    Collection<Location>& locations() override { return locations_; }
    Collection<HistoricalLocation>& historical_locations() override { return historical_locations_; }
    Collection<Sensor>& sensors() override { return sensors_; }
    Collection<ObservedProperty>& observed_properties() override { return observed_properties_; }
    Collection<Datastream>& datastreams() override { return datastreams_; }
    Collection<MultiDatastream>& multi_datastreams() override { return multi_datastreams_; }
    Collection<FeatureOfInterest>& features() override { return features_; }
    Collection<Place>& places() override { return places_; }
    const Entities<Thing>& things() const override { return things_; }
    const Entities<Location>& locations() const override { return locations_; }
    const Entities<HistoricalLocation>& historical_locations() const override { return historical_locations_; }
    const Entities<Sensor>& sensors() const override { return sensors_; }
    const Entities<ObservedProperty>& observed_properties() const override { return observed_properties_; }
    const Entities<Datastream>& datastreams() const override { return datastreams_; }
    const Entities<MultiDatastream>& multi_datastreams() const override { return multi_datastreams_; }
    const Entities<FeatureOfInterest>& features() const override { return features_; }
    const Entities<Place>& places() const override { return places_; }

    Result<Applied> apply(std::span<const Write> writes, std::span<const std::string> names,
                          const ObservedDuring& observed) override {
        return keeper_.change("changes", [&](Writing& writing) { return writing.apply(writes, names, observed); });
    }

    Result<InsertedThing> insert(const NewThing& thing) override {
        return keeper_.change("thing", [&](Writing& writing) { return writing.add_deep(thing); });
    }

    Result<std::vector<DatastreamId>> create_all(const std::vector<Datastream>& datastreams) override {
        if (datastreams.size() > bulk_max) {
            return fail(Errc::exhausted, fmt::format("at most {} datastreams are made at once", bulk_max));
        }
        return keeper_.change("datastreams", [&](Writing& writing) { return writing.add_all(datastreams); });
    }

    Result<HistoricalLocationId> move(ThingId thing, const std::vector<LocationId>& locations, Instant time) override {
        return keeper_.change("historical location",
                              [&](Writing& writing) { return writing.move(thing, locations, time); });
    }

    Result<std::vector<HistoricalLocation>> historical_locations(ThingId thing, Instant before,
                                                                 std::size_t limit) const override {
        using Found = Result<std::vector<HistoricalLocation>>;
        return keeper_.view("historical locations", [&](soci::session& sql) -> Found {
            const auto id = static_cast<long long>(thing.value);
            TRY_DO(must_exist<Thing>(sql, thing));
            return read<HistoricalLocation>(
                sql, {.text = "thing = :thing AND at < :before",
                      .values = {{"thing", id}, {"before", static_cast<long long>(before.time_since_epoch().count())}},
                      .order = "at DESC, id DESC",
                      .limit = std::clamp<std::size_t>(limit, 1, page_max)});
        });
    }

    Result<std::optional<FeatureId>> feature_at(ThingId thing, Instant time) const override {
        using Found = Result<std::optional<FeatureId>>;
        return keeper_.view("feature of interest", [&](soci::session& sql) -> Found {
            const auto then = rows::read_feature_at(sql, thing, time);
            if (!then) {
                TRY_DO(must_exist<Thing>(sql, thing));
            }
            return then && then->feature ? std::optional(then->feature) : std::nullopt;
        });
    }
    Result<std::vector<Featured>> featured(FeatureId feature) const override {
        return keeper_.view("feature of interest", [&](soci::session& sql) -> Result<std::vector<Featured>> {
            TRY_DO(must_exist<FeatureOfInterest>(sql, feature));
            return rows::read_featured(sql, feature);
        });
    }
    Result<std::vector<FeatureStay>> features_of(std::span<const ThingId> things) const override {
        TRY_DO(at_most_a_page(things.size()));
        return keeper_.view("features of interest", [&](soci::session& sql) -> Result<std::vector<FeatureStay>> {
            return rows::read_features_of(sql, things);
        });
    }
    Result<std::vector<FeatureStay>> kept_features(std::span<const ThingId> things) const override {
        TRY_DO(at_most_a_page(things.size()));
        return keeper_.view("features of interest", [&](soci::session& sql) -> Result<std::vector<FeatureStay>> {
            return rows::read_kept(sql, rows::sorted(things));
        });
    }
    Result<std::vector<FeatureSince>> location_features(LocationId location) const override {
        return keeper_.view("features of interest", [&](soci::session& sql) -> Result<std::vector<FeatureSince>> {
            TRY_DO(must_exist<Location>(sql, location));
            return std::move(rows::read_location_features(sql, {location.value})[location.value]);
        });
    }
    Result<FeatureId> feature_of(ThingId thing) override { return feature_of(thing, keeper_.now()); }
    Result<FeatureId> feature_of(ThingId thing, Instant time) override {
        TRY(const auto made, feature_at(thing, time));
        if (made) {
            return *made;
        }
        return keeper_.change("feature of interest", [&](Writing& writing) { return writing.feature_of(thing, time); });
    }

    Result<Thing> thing_by_key(std::string_view key) const override {
        // The empty key is what things without one have.
        return by<Thing>("external_key = :key AND external_key <> ''", key);
    }
    Result<Datastream> datastream_by_key(std::string_view key) const override {
        return by<Datastream>("id IN (SELECT datastream FROM registry_datastream_keys WHERE external_key = :key)", key);
    }
    Result<Place> place_by_slug(std::string_view slug) const override { return by<Place>("slug = :key", slug); }

    Result<Page<Datastream>> datastreams_where(const DatastreamFilter& filter, DatastreamId after,
                                               std::size_t limit) const override {
        return keeper_.view("datastreams", [&](soci::session& sql) -> Result<Page<Datastream>> {
            return page<Datastream>(sql, where_of(filter, after), limit);
        });
    }

    Result<std::vector<ThingId>> things_at(LocationId location) const override {
        return keeper_.view("things", [&](soci::session& sql) -> Result<std::vector<ThingId>> {
            std::vector<ThingId> things;
            for (const auto id : rows::column<long long>(
                     sql, "SELECT thing FROM registry_thing_locations WHERE location = :location ORDER BY thing",
                     {{"location", static_cast<long long>(location.value)}})) {
                things.push_back(ThingId{id});
            }
            return things;
        });
    }

    Result<Changes> changes_since(Version version) const override {
        return keeper_.view("changes",
                            [&](soci::session& sql) -> Result<Changes> { return read_all_changes(sql, version); });
    }

    std::shared_ptr<const Streams> streams() const override { return keeper_.streams(); }
    Result<Version> refresh() override { return keeper_.refresh(); }

private:
    template <typename Entity>
    Result<Entity> by(const std::string& condition, std::string_view key) const {
        return keeper_.view(rows::Row<Entity>::what, [&](soci::session& sql) {
            return first<Entity>(sql, {.text = condition, .values = {{"key", std::string(key)}}},
                                 fmt::format("'{}'", key));
        });
    }

    Keeper keeper_;
    RelationalCollection<Thing> things_{keeper_};
    RelationalCollection<Location> locations_{keeper_};
    RelationalCollection<HistoricalLocation> historical_locations_{keeper_};
    RelationalCollection<Sensor> sensors_{keeper_};
    RelationalCollection<ObservedProperty> observed_properties_{keeper_};
    RelationalCollection<Datastream> datastreams_{keeper_};
    RelationalCollection<MultiDatastream> multi_datastreams_{keeper_};
    RelationalCollection<FeatureOfInterest> features_{keeper_};
    RelationalCollection<Place> places_{keeper_};
};

class RelationalMirror final : public Mirror {
public:
    RelationalMirror(database::Database& database, const Clock& clock) : registry_(database, clock) {}
    Result<void> load() { return registry_.load(); }
    const View& view() const override { return registry_; }
    Result<bool> become(const Copy& copy) override { return registry_.become(copy); }

private:
    RelationalRegistry registry_;
};

template <typename Opened, typename As>
Result<std::unique_ptr<As>> open(database::Database& database, const Clock& clock) {
    auto opened = std::make_unique<Opened>(database, clock);
    TRY_DO(opened->load());
    return opened;
}

}  // namespace

Result<std::unique_ptr<Registry>> open_relational_registry(database::Database& database, const Clock& clock) {
    return open<RelationalRegistry, Registry>(database, clock);
}

Result<std::unique_ptr<View>> open_relational_view(database::Database& database, const Clock& clock) {
    return open<RelationalRegistry, View>(database, clock);
}

Result<std::unique_ptr<Mirror>> open_relational_mirror(database::Database& database, const Clock& clock) {
    return open<RelationalMirror, Mirror>(database, clock);
}

}  // namespace bypuls::registry
