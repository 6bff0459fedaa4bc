#include "platform/observations/details/details.h"

#include <algorithm>
#include <array>

#include <soci/soci.h>

#include "core/check.h"

namespace bypuls::observations {
namespace {

constexpr std::size_t pending_max = 20'000;

std::int64_t micros(Instant t) {
    return t.time_since_epoch().count();
}

/// What a settle writes is read by whoever wrote it, so a row that does not parse is damage.
Result<Detail> stored_detail(const std::string& text) {
    auto detail = detail_from_json(text);
    if (!detail) {
        return fail(Errc::damaged, "a stored detail: " + detail.error().what);
    }
    return detail;
}

}  // namespace

const database::Component& Details::schema() {
    static const database::Component component{
        "observation",
        {{1,
          "details",
          {"CREATE TABLE observation_detail (datastream BIGINT NOT NULL, time BIGINT NOT NULL, feature BIGINT, "
           "body TEXT NOT NULL, PRIMARY KEY (datastream, time))",
           "CREATE INDEX observation_detail_feature ON observation_detail (feature, datastream, time) "
           "WHERE feature IS NOT NULL"}}}};
    return component;
}

std::unique_ptr<Details> Details::open(database::Database* database) {
    return std::unique_ptr<Details>(new Details(database));
}

void Details::put(ObservationKey key, const Detail& detail) {
    const std::lock_guard lock(mutex_);
    pending_.insert_or_assign(key, Pending{detail, ++puts_});
}

Result<void> Details::remove(DatastreamId id, Interval interval) {
    {
        const std::lock_guard lock(mutex_);
        pending_.erase(pending_.lower_bound({id, interval.from}), pending_.lower_bound({id, interval.to}));
    }
    if (database_ == nullptr) {
        return {};
    }
    // A settle that is under way holds the database; this waits for it and then takes what it wrote too.
    return database_->write("removing details of observations", [&](soci::session& sql) -> Result<void> {
        const long long datastream = id.value;
        const long long from = micros(interval.from);
        const long long to = micros(interval.to);
        sql << "DELETE FROM observation_detail WHERE datastream = :id AND time >= :from AND time < :to",
            soci::use(datastream), soci::use(from), soci::use(to);
        return {};
    });
}

std::map<ObservationKey, Detail> Details::pending_between(ObservationKey first, ObservationKey last) const {
    std::map<ObservationKey, Detail> found;
    const std::lock_guard lock(mutex_);
    for (auto entry = pending_.lower_bound(first); entry != pending_.end() && entry->first < last; ++entry) {
        found.emplace_hint(found.end(), entry->first, entry->second.detail);
    }
    return found;
}

Result<std::map<ObservationKey, Detail>> Details::of_datastream(DatastreamId id, Interval interval,
                                                                std::size_t limit) const {
    // First what waits, then what is written: a settle in between leaves it in both, never in neither.
    auto found = pending_between({id, interval.from}, {id, interval.to});
    if (database_ == nullptr) {
        return found;
    }
    TRY_DO(database_->read("reading details of observations", [&](soci::session& sql) -> Result<void> {
        const long long datastream = id.value;
        const long long from = micros(interval.from);
        const long long to = micros(interval.to);
        const auto rows_max = static_cast<long long>(limit);
        long long time = 0;
        std::string body;
        soci::statement statement =
            (sql.prepare << "SELECT time, body FROM observation_detail WHERE datastream = :id AND time >= :from AND "
                            "time < :to ORDER BY time LIMIT :most",
             soci::use(datastream), soci::use(from), soci::use(to), soci::use(rows_max), soci::into(time),
             soci::into(body));
        statement.execute();
        while (statement.fetch()) {
            TRY(Detail detail, stored_detail(body));
            found.try_emplace({id, Instant{Duration{time}}}, std::move(detail));
        }
        return {};
    }));
    return found;
}

Result<std::optional<Detail>> Details::get(ObservationKey key) const {
    TRY(const auto found, of_datastream(key.datastream, {key.time, key.time + Duration{1}}, 1));
    if (found.empty() || found.begin()->second.empty()) {
        return std::nullopt;
    }
    return found.begin()->second;
}

Result<std::vector<Details::Found>> Details::range(DatastreamId id, Interval interval) const {
    TRY(auto found, of_datastream(id, interval, std::size_t{1} << 40U));
    std::vector<Found> all;
    for (auto& [key, detail] : found) {
        if (!detail.empty()) {
            all.push_back({key, std::move(detail)});
        }
    }
    return all;
}

Result<std::vector<Details::Found>> Details::of_feature(std::int64_t feature, std::optional<ObservationKey> after,
                                                        std::size_t limit) const {
    check(limit >= 1 && limit <= 100'000, "a page of details has 1 to 100 000");
    const ObservationKey past = after.value_or(ObservationKey{DatastreamId{INT64_MIN}, Instant::min()});
    const auto waiting = pending_between(past, {DatastreamId{INT64_MAX}, Instant::max()});
    std::map<ObservationKey, Detail> found;
    for (const auto& [key, detail] : waiting) {
        if (detail.feature == feature && key > past) {
            found.emplace_hint(found.end(), key, detail);
        }
    }
    if (database_ != nullptr) {
        TRY_DO(database_->read("reading observations of a feature", [&](soci::session& sql) -> Result<void> {
            const long long wanted = feature;
            const long long datastream = past.datastream.value;
            const long long time = micros(past.time);
            // Those that wait with another feature are passed over, so as many more are asked for.
            const auto rows_max = static_cast<long long>(limit + waiting.size());
            long long id = 0;
            long long at = 0;
            std::string body;
            soci::statement statement =
                (sql.prepare << "SELECT datastream, time, body FROM observation_detail WHERE feature = :feature AND "
                                "(datastream > :id OR (datastream = :same AND time > :time)) "
                                "ORDER BY datastream, time LIMIT :most",
                 soci::use(wanted), soci::use(datastream), soci::use(datastream), soci::use(time), soci::use(rows_max),
                 soci::into(id), soci::into(at), soci::into(body));
            statement.execute();
            while (statement.fetch()) {
                const ObservationKey key{DatastreamId{id}, Instant{Duration{at}}};
                if (!waiting.contains(key)) {
                    TRY(Detail detail, stored_detail(body));
                    found.try_emplace(key, std::move(detail));
                }
            }
            return {};
        }));
    }
    std::vector<Found> page;
    for (auto& [key, detail] : found) {
        if (page.size() < limit) {
            page.push_back({key, std::move(detail)});
        }
    }
    return page;
}

Result<bool> Details::any(DatastreamId id) const {
    TRY(const auto found, of_datastream(id, {Instant::min(), Instant::max()}, 1));
    return !found.empty();
}

Result<void> Details::write(Transaction& transaction, journal::Position /*upto*/) {
    const std::lock_guard lock(mutex_);
    using Bound = Transaction::Bound;
    for (const auto& [key, pending] : pending_) {
        const std::string body = to_json(pending.detail);
        const std::array<Bound, 4> values{
            key.datastream.value, micros(key.time),
            pending.detail.feature == 0 ? Bound{std::monostate{}} : Bound{pending.detail.feature},
            Bound{std::string_view(body)}};
        if (pending.detail.empty()) {
            TRY_DO(transaction.execute("DELETE FROM observation_detail WHERE datastream = $1 AND time = $2",
                                       std::span(values).first(2)));
        } else {
            TRY_DO(transaction.execute(
                "INSERT INTO observation_detail (datastream, time, feature, body) VALUES ($1, $2, $3, $4) "
                "ON CONFLICT (datastream, time) DO UPDATE SET feature = excluded.feature, body = excluded.body",
                values));
        }
    }
    written_ = puts_;
    return {};
}

void Details::settled() {
    if (database_ == nullptr) {
        return;
    }
    const std::lock_guard lock(mutex_);
    std::erase_if(pending_, [&](const auto& entry) { return entry.second.number <= written_; });
}

bool Details::wants_settle() const {
    const std::lock_guard lock(mutex_);
    return database_ != nullptr && pending_.size() >= pending_max;
}

}  // namespace bypuls::observations
