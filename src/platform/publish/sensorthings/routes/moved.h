#pragma once

#include <map>
#include <memory>
#include <mutex>

#include "platform/database/database.h"
#include "platform/database/migrations.h"
#include "platform/publish/sensorthings/write/sink.h"

namespace bypuls::sensorthings {

/// Moved observations in a table, and all of them in memory, since they are few: a person has changed the time of each.
class MovedTable final : public MovedKeeper {
public:
    /// Beyond it note() is Errc::exhausted.
    static constexpr std::size_t moved_max = 1'000'000;

    static const database::Component& schema();
    /// `database` has been migrated and outlives it; null: in memory alone.
    static Result<std::unique_ptr<MovedTable>> open(database::Database* database);

    std::optional<ObservationPlace> place_of(std::int64_t id) const override;
    std::optional<std::int64_t> id_of(const ObservationPlace& place) const override;
    Result<void> note(std::int64_t id, const ObservationPlace& place) override;

private:
    explicit MovedTable(database::Database* database) : database_(database) {}
    void keep(std::int64_t id, const ObservationPlace& place);

    database::Database* database_;
    mutable std::mutex mutex_;
    std::map<std::int64_t, ObservationPlace> places_;
    std::map<ObservationPlace, std::int64_t> ids_;
};

}  // namespace bypuls::sensorthings
