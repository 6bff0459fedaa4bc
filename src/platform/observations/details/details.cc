#include "platform/observations/details/details.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <soci/soci.h>

#include "core/check.h"
#include "core/log.h"
#include "core/time/iso8601.h"
#include "platform/observations/details/rows.h"

namespace bypuls::observations {
namespace {

constexpr std::size_t pending_max = 20'000;

/// A time of the JSON in a column of its own: whole seconds, and the digits behind their point.
std::string in_columns(std::string_view column, std::string_view member) {
    return fmt::format(
        "UPDATE observation_detail SET {0} = CAST(strftime('%s', json_extract(body, '$.{1}')) AS BIGINT) "
        "* 1000000 + CASE WHEN instr(json_extract(body, '$.{1}'), '.') = 0 THEN 0 ELSE CAST(substr("
        "rtrim(substr(json_extract(body, '$.{1}'), instr(json_extract(body, '$.{1}'), '.') + 1), 'Z') "
        "|| '000000', 1, 6) AS BIGINT) END WHERE json_extract(body, '$.{1}') IS NOT NULL",
        column, member);
}

/// Damaged rows that are remembered, and stepped over in one search.
constexpr std::size_t damaged_max = 1'000;

}  // namespace

const database::Component& Details::schema() {
    static const database::Component component{
        "observation",
        {{1,
          "details",
          {"CREATE TABLE observation_detail (datastream BIGINT NOT NULL, time BIGINT NOT NULL, feature BIGINT, "
           "body TEXT NOT NULL, PRIMARY KEY (datastream, time))",
           "CREATE INDEX observation_detail_feature ON observation_detail (feature, datastream, time) "
           "WHERE feature IS NOT NULL"}},
         {2,
          "what the details of a datastream say together",
          {"ALTER TABLE observation_detail ADD COLUMN result_time BIGINT",
           "ALTER TABLE observation_detail ADD COLUMN phenomenon_end BIGINT",
           "CREATE INDEX observation_detail_result ON observation_detail (datastream, result_time) "
           "WHERE result_time IS NOT NULL",
           "CREATE INDEX observation_detail_end ON observation_detail (datastream, phenomenon_end) "
           "WHERE phenomenon_end IS NOT NULL",
           "CREATE INDEX observation_detail_named ON observation_detail (datastream, feature) "
           "WHERE feature IS NOT NULL"},
          {in_columns("result_time", "resultTime"), in_columns("phenomenon_end", "phenomenonTimeEnd")}},
         {3,
          "details have a checksum",
          {"ALTER TABLE observation_detail ADD COLUMN checksum BIGINT",
           "CREATE INDEX observation_detail_unsealed ON observation_detail (datastream, time) "
           "WHERE checksum IS NULL"}}}};
    return component;
}

std::unique_ptr<Details> Details::open(database::Database* database, Role role) {
    return std::unique_ptr<Details>(new Details(database, role));
}

void Details::put(ObservationKey key, const Detail& detail) {
    {
        const std::lock_guard lock(mutex_);
        pending_.insert_or_assign(key, Pending{detail, ++puts_});
        may_have_.insert(key.datastream);
    }
    if (told_) {
        told_({key, detail});
    }
}

Result<void> Details::remove(DatastreamId id, std::span<const Interval> intervals) {
    {
        const std::lock_guard lock(mutex_);
        for (const Interval& interval : intervals) {
            pending_.erase(pending_.lower_bound({id, interval.from}), pending_.lower_bound({id, interval.to}));
        }
    }
    TRY(const bool some, may_have(id));
    if (database_ == nullptr || !some) {
        return {};
    }
    // A settle that is under way holds the database; this waits for it and then takes what it wrote too.
    TRY_DO(database_->write("removing details of observations", [&](soci::session& sql) -> Result<void> {
        const long long datastream = id.value;
        long long from = 0;
        long long to = 0;
        soci::statement statement =
            (sql.prepare << "DELETE FROM observation_detail WHERE datastream = :id AND time >= :from AND time < :to",
             soci::use(datastream), soci::use(from), soci::use(to));
        for (const Interval& interval : intervals) {
            from = micros(interval.from);
            to = micros(interval.to);
            statement.execute(true);
        }
        return {};
    }));
    const std::lock_guard lock(mutex_);
    for (const Interval& interval : intervals) {
        damaged_.erase(damaged_.lower_bound({id, interval.from}), damaged_.lower_bound({id, interval.to}));
    }
    return {};
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
        const auto rows_max = static_cast<long long>(limit + damaged_max);
        DetailRow row{.datastream = id.value};
        soci::statement statement =
            (sql.prepare << "SELECT time, body, checksum FROM observation_detail WHERE datastream = :id AND "
                            "time >= :from AND time < :to ORDER BY time LIMIT :most",
             soci::use(datastream), soci::use(from), soci::use(to), soci::use(rows_max), soci::into(row.time),
             soci::into(row.body, row.has_body), soci::into(row.checksum, row.has_checksum));
        statement.execute();
        for (std::size_t whole = 0; whole < limit && statement.fetch();) {
            if (auto detail = row.detail()) {
                found.try_emplace(row.key(), std::move(*detail));
                ++whole;
            } else {
                note_damaged(row.key(), detail.error());
            }
        }
        return {};
    }));
    return found;
}

Result<std::optional<Detail>> Details::get(ObservationKey key) const {
    const auto or_nothing = [](Detail detail) {
        return detail.empty() ? std::nullopt : std::optional(std::move(detail));
    };
    if (auto found = pending_between(key, {key.datastream, key.time + Duration{1}}); !found.empty()) {
        return or_nothing(std::move(found.begin()->second));
    }
    if (database_ == nullptr) {
        return std::nullopt;
    }
    // What this read says of the row, and not what an earlier one did.
    return database_->read(
        "reading details of an observation", [&](soci::session& sql) -> Result<std::optional<Detail>> {
            const long long datastream = key.datastream.value;
            DetailRow row{.datastream = key.datastream.value, .time = micros(key.time)};
            const long long time = row.time;
            sql << "SELECT body, checksum FROM observation_detail WHERE datastream = :id AND time = :time",
                soci::use(datastream), soci::use(time), soci::into(row.body, row.has_body),
                soci::into(row.checksum, row.has_checksum);
            if (!sql.got_data()) {
                return std::nullopt;
            }
            auto detail = row.detail();
            if (!detail) {
                note_damaged(key, detail.error());
                return fail(Errc::damaged,
                            fmt::format("the details of the observation of datastream {} at {} are damaged",
                                        key.datastream.value, format_instant(key.time)));
            }
            return or_nothing(std::move(*detail));
        });
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
            const auto rows_max = static_cast<long long>(limit + waiting.size() + damaged_max);
            DetailRow row;
            soci::statement statement =
                (sql.prepare << "SELECT datastream, time, body, checksum FROM observation_detail WHERE "
                                "feature = :feature AND (datastream > :id OR (datastream = :same AND time > :time)) "
                                "ORDER BY datastream, time LIMIT :most",
                 soci::use(wanted), soci::use(datastream), soci::use(datastream), soci::use(time), soci::use(rows_max),
                 soci::into(row.datastream), soci::into(row.time), soci::into(row.body, row.has_body),
                 soci::into(row.checksum, row.has_checksum));
            statement.execute();
            for (std::size_t whole = 0; whole < limit && statement.fetch();) {
                if (waiting.contains(row.key())) {
                    continue;
                }
                auto detail = row.detail();
                if (detail && detail->feature == feature) {
                    found.try_emplace(row.key(), std::move(*detail));
                    ++whole;
                } else {
                    note_damaged(row.key(), detail ? Error{Errc::damaged, "its feature is another"} : detail.error());
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

/// One look finds all that have some: the next datastream's first detail is sought in the key.
Result<bool> Details::may_have(DatastreamId id) const {
    if (database_ == nullptr || role_ == Role::reader) {
        return true;
    }
    {
        const std::lock_guard lock(mutex_);
        if (looked_) {
            return may_have_.contains(id);
        }
    }
    TRY(auto found, look());
    const std::lock_guard lock(mutex_);
    may_have_.merge(found);
    looked_ = true;
    return may_have_.contains(id);
}

Result<std::set<DatastreamId>> Details::look() const {
    std::set<DatastreamId> found;
    TRY_DO(database_->read("looking for observations with details", [&](soci::session& sql) -> Result<void> {
        long long datastream = 0;
        soci::statement statement =
            (sql.prepare << "WITH RECURSIVE those(id) AS (SELECT min(datastream) FROM observation_detail UNION ALL "
                            "SELECT (SELECT min(datastream) FROM observation_detail WHERE datastream > those.id) FROM "
                            "those WHERE those.id IS NOT NULL) SELECT id FROM those WHERE id IS NOT NULL",
             soci::into(datastream));
        statement.execute();
        while (statement.fetch()) {
            found.insert(DatastreamId{datastream});
        }
        return {};
    }));
    return found;
}

Result<std::vector<DatastreamId>> Details::datastreams() const {
    std::set<DatastreamId> found;
    if (database_ != nullptr) {
        TRY(found, look());
    }
    const std::lock_guard lock(mutex_);
    for (const auto& [key, pending] : pending_) {
        found.insert(key.datastream);
    }
    return std::vector<DatastreamId>(found.begin(), found.end());
}

std::map<ObservationKey, Detail> Details::waiting(DatastreamId id) const {
    return pending_between({id, Instant::min()}, {id, Instant::max()});
}

Result<bool> Details::any(DatastreamId id) const {
    TRY(const bool maybe, may_have(id));
    if (!maybe) {
        return false;
    }
    TRY(const auto found, of_datastream(id, {Instant::min(), Instant::max()}, 1));
    return !found.empty();
}

/// The first of an index's values whose row is whole and not about to be replaced.
std::optional<Instant> Details::first_kept(soci::session& sql, const Column& column, std::string_view order,
                                           DatastreamId id, const std::map<ObservationKey, Detail>& waiting) const {
    const bool rising = order == "ASC";
    const long long datastream = id.value;
    const auto rows_max = static_cast<long long>(waiting.size() + damaged_max + 1);
    DetailRow row{.datastream = id.value};
    long long value = 0;
    soci::statement statement =
        (sql.prepare << fmt::format("SELECT time, {0}, body, checksum FROM observation_detail WHERE datastream = :id "
                                    "AND {0} IS NOT NULL ORDER BY {0} {1} LIMIT :most",
                                    column.name, order),
         soci::use(datastream), soci::use(rows_max), soci::into(row.time), soci::into(value),
         soci::into(row.body, row.has_body), soci::into(row.checksum, row.has_checksum));
    statement.execute();
    std::optional<Instant> best;
    while (statement.fetch()) {
        // Migration 2 made the columns of rows that have no checksum yet, and SQLite rounds some fractions up, so the
        // first by the column may be up to a second from the first.
        const Instant told{Duration{value}};
        if (best && (rising ? told - std::chrono::seconds{1} >= *best : told <= *best)) {
            break;
        }
        if (waiting.contains(row.key())) {
            continue;
        }
        const auto detail = row.detail();
        const std::optional<Instant> time = detail ? (*detail).*column.member : std::nullopt;
        if (time && (*time == told || row.has_checksum == soci::i_null)) {
            best = !best ? *time : rising ? std::min(*best, *time) : std::max(*best, *time);
        } else {
            note_damaged(row.key(), detail ? Error{Errc::damaged, "a time of it is another"} : detail.error());
        }
    }
    return best;
}

Result<void> Details::read_spans(DatastreamId id, const std::map<ObservationKey, Detail>& waiting, Spans& spans) const {
    return database_->read("reading the spans of details", [&](soci::session& sql) -> Result<void> {
        const Column result_time{"result_time", &Detail::result_time};
        const auto from = first_kept(sql, result_time, "ASC", id, waiting);
        const auto to = first_kept(sql, result_time, "DESC", id, waiting);
        if (from && to) {
            spans.results = Interval{*from, *to};
        }
        spans.phenomenon_end = first_kept(sql, {"phenomenon_end", &Detail::phenomenon_end}, "DESC", id, waiting);
        return {};
    });
}

void Details::note_damaged(ObservationKey key, const Error& why) const {
    const std::lock_guard lock(mutex_);
    if (damaged_.size() < damaged_max && damaged_.insert(key).second) {
        log::error("observations", "the details of an observation are damaged, and are left out",
                   {{"datastream", std::to_string(key.datastream.value)},
                    {"time", format_instant(key.time)},
                    {"why", why.what}});
    }
}

Result<std::uint64_t> Details::read_all() const {
    if (database_ == nullptr) {
        return 0;
    }
    return database_->read("reading all details", [&](soci::session& sql) -> Result<std::uint64_t> {
        std::uint64_t rows = 0;
        DetailRow row;
        soci::statement statement = (sql.prepare << "SELECT datastream, time, body, checksum FROM observation_detail",
                                     soci::into(row.datastream), soci::into(row.time),
                                     soci::into(row.body, row.has_body), soci::into(row.checksum, row.has_checksum));
        statement.execute();
        for (; statement.fetch(); ++rows) {
            if (const auto detail = row.detail(); !detail) {
                note_damaged(row.key(), detail.error());
            }
        }
        return rows;
    });
}

std::size_t Details::damaged() const {
    const std::lock_guard lock(mutex_);
    return damaged_.size();
}

Result<Details::Spans> Details::spans(DatastreamId id) const {
    Spans spans;
    const auto pending = waiting(id);
    if (database_ != nullptr) {
        TRY_DO(read_spans(id, pending, spans));
    }
    for (const auto& [key, detail] : pending) {
        if (const auto& time = detail.result_time) {
            spans.results = spans.results
                                ? Interval{std::min(spans.results->from, *time), std::max(spans.results->to, *time)}
                                : Interval{*time, *time};
        }
        if (const auto& end = detail.phenomenon_end) {
            spans.phenomenon_end = std::max(spans.phenomenon_end.value_or(*end), *end);
        }
    }
    return spans;
}

Result<std::map<std::int64_t, std::uint64_t>> Details::read_features(
    DatastreamId id, const std::map<ObservationKey, Detail>& waiting) const {
    std::map<std::int64_t, std::uint64_t> found;
    TRY_DO(database_->read("reading the features that details name", [&](soci::session& sql) -> Result<void> {
        const long long datastream = id.value;
        long long feature = 0;
        long long number = 0;
        soci::statement all = (sql.prepare << "SELECT feature, count(*) FROM observation_detail WHERE datastream = :id "
                                              "AND feature IS NOT NULL GROUP BY feature",
                               soci::use(datastream), soci::into(feature), soci::into(number));
        all.execute();
        while (all.fetch()) {
            found[feature] = static_cast<std::uint64_t>(number);
        }
        if (waiting.empty()) {
            return {};
        }
        const long long from = micros(waiting.begin()->first.time);
        const long long to = micros(waiting.rbegin()->first.time);
        long long time = 0;
        soci::statement replaced =
            (sql.prepare << "SELECT time, feature FROM observation_detail WHERE datastream = :id AND time >= :from AND "
                            "time <= :to AND feature IS NOT NULL",
             soci::use(datastream), soci::use(from), soci::use(to), soci::into(time), soci::into(feature));
        replaced.execute();
        while (replaced.fetch()) {
            if (waiting.contains({id, Instant{Duration{time}}})) {
                --found[feature];
            }
        }
        return {};
    }));
    return found;
}

Result<std::vector<Details::Named>> Details::features(DatastreamId id, std::size_t limit) const {
    const auto pending = waiting(id);
    std::map<std::int64_t, std::uint64_t> found;
    if (database_ != nullptr) {
        TRY(found, read_features(id, pending));
    }
    for (const auto& [key, detail] : pending) {
        if (detail.feature != 0) {
            ++found[detail.feature];
        }
    }
    std::vector<Named> named;
    for (const auto& [feature, observations] : found) {
        if (observations > 0 && named.size() < limit) {
            named.push_back({feature, observations});
        }
    }
    return named;
}

Result<std::uint64_t> Details::count(DatastreamId id) const {
    const auto pending = waiting(id);
    std::uint64_t all = 0;
    if (database_ != nullptr) {
        TRY_DO(database_->read("counting details", [&](soci::session& sql) -> Result<void> {
            const long long datastream = id.value;
            long long number = 0;
            sql << "SELECT count(*) FROM observation_detail WHERE datastream = :id", soci::use(datastream),
                soci::into(number);
            all = static_cast<std::uint64_t>(number);
            for (const auto& [key, detail] : pending) {
                const long long time = micros(key.time);
                sql << "SELECT count(*) FROM observation_detail WHERE datastream = :id AND time = :time",
                    soci::use(datastream), soci::use(time), soci::into(number);
                all -= static_cast<std::uint64_t>(number);
            }
            return {};
        }));
    }
    return all + static_cast<std::uint64_t>(
                     std::ranges::count_if(pending, [](const auto& one) { return !one.second.empty(); }));
}

void Details::freeze() {
    const std::lock_guard lock(mutex_);
    frozen_ = puts_;
}

Result<void> Details::write(Transaction& transaction, journal::Position /*upto*/) {
    // What was put again since the freeze is left for the next time: its record comes after the cursor.
    std::vector<Found> frozen;
    {
        const std::lock_guard lock(mutex_);
        for (const auto& [key, pending] : pending_) {
            if (pending.number <= frozen_) {
                frozen.push_back({key, pending.detail});
            }
        }
    }
    using Bound = Transaction::Bound;
    for (const auto& [key, detail] : frozen) {
        const std::string body = to_json(detail);
        const auto time_or_null = [](const std::optional<Instant>& time) {
            return time ? Bound{micros(*time)} : Bound{std::monostate{}};
        };
        const std::array<Bound, 7> values{key.datastream.value,
                                          micros(key.time),
                                          detail.feature == 0 ? Bound{std::monostate{}} : Bound{detail.feature},
                                          Bound{std::string_view(body)},
                                          time_or_null(detail.result_time),
                                          time_or_null(detail.phenomenon_end),
                                          checksum_of(key, body)};
        if (detail.empty()) {
            TRY_DO(transaction.execute("DELETE FROM observation_detail WHERE datastream = $1 AND time = $2",
                                       std::span(values).first(2)));
        } else {
            TRY_DO(transaction.execute(
                "INSERT INTO observation_detail (datastream, time, feature, body, result_time, phenomenon_end, "
                "checksum) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (datastream, time) DO UPDATE SET feature = "
                "excluded.feature, body = excluded.body, result_time = excluded.result_time, phenomenon_end = "
                "excluded.phenomenon_end, checksum = excluded.checksum",
                values));
        }
    }
    return {};
}

void Details::settled() {
    if (database_ == nullptr) {
        return;
    }
    const std::lock_guard lock(mutex_);
    std::erase_if(pending_, [&](const auto& entry) {
        if (entry.second.number > frozen_) {
            return false;
        }
        damaged_.erase(entry.first);  // its row is new
        return true;
    });
}

bool Details::wants_settle() const {
    const std::lock_guard lock(mutex_);
    return database_ != nullptr && pending_.size() >= pending_max;
}

}  // namespace bypuls::observations
