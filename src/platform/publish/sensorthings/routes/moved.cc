#include "platform/publish/sensorthings/routes/moved.h"

#include <soci/soci.h>

namespace bypuls::sensorthings {

const database::Component& MovedTable::schema() {
    static const database::Component component{
        "sensorthings",
        {{1,
          "moved observations",
          {"CREATE TABLE sensorthings_moved (id BIGINT NOT NULL PRIMARY KEY, datastream BIGINT NOT NULL, "
           "time BIGINT NOT NULL)"}}}};
    return component;
}

Result<std::unique_ptr<MovedTable>> MovedTable::open(database::Database* database) {
    std::unique_ptr<MovedTable> opened(new MovedTable(database));
    if (database == nullptr) {
        return opened;
    }
    TRY_DO(database->read("reading moved observations", [&](soci::session& sql) -> Result<void> {
        const soci::rowset<soci::row> rows = (sql.prepare << "SELECT id, datastream, time FROM sensorthings_moved");
        for (const soci::row& row : rows) {
            opened->keep(row.get<long long>(0),
                         {observations::DatastreamId{row.get<long long>(1)}, Instant{Duration{row.get<long long>(2)}}});
        }
        return {};
    }));
    return opened;
}

void MovedTable::keep(std::int64_t id, const ObservationPlace& place) {
    if (const auto before = places_.find(id); before != places_.end()) {
        ids_.erase(before->second);
    }
    places_.insert_or_assign(id, place);
    ids_.insert_or_assign(place, id);
}

std::optional<ObservationPlace> MovedTable::place_of(std::int64_t id) const {
    const std::lock_guard lock(mutex_);
    const auto found = places_.find(id);
    return found == places_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<std::int64_t> MovedTable::id_of(const ObservationPlace& place) const {
    const std::lock_guard lock(mutex_);
    if (ids_.empty()) {
        return std::nullopt;
    }
    const auto found = ids_.find(place);
    return found == ids_.end() ? std::nullopt : std::optional(found->second);
}

Result<void> MovedTable::note(std::int64_t id, const ObservationPlace& place) {
    const std::lock_guard lock(mutex_);
    if (places_.size() >= moved_max && !places_.contains(id)) {
        return fail(Errc::exhausted, "too many observations have been moved in time");
    }
    if (database_ != nullptr) {
        TRY_DO(database_->write("noting a moved observation", [&](soci::session& sql) -> Result<void> {
            const long long number = id;
            const long long datastream = place.datastream.value;
            const long long time = place.time.time_since_epoch().count();
            sql << "DELETE FROM sensorthings_moved WHERE id = :id", soci::use(number);
            sql << "INSERT INTO sensorthings_moved (id, datastream, time) VALUES (:id, :datastream, :time)",
                soci::use(number), soci::use(datastream), soci::use(time);
            return {};
        }));
    }
    keep(id, place);
    return {};
}

}  // namespace bypuls::sensorthings
