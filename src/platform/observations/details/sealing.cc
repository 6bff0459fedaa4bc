// Rows of before there were checksums get theirs.
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <soci/soci.h>

#include "platform/observations/details/details.h"
#include "platform/observations/details/rows.h"

namespace bypuls::observations {
namespace {

constexpr long long rows_sealed_at_once = 1'000;

}  // namespace

Result<bool> Details::maintain() {
    const std::lock_guard lock(sealing_);
    if (database_ == nullptr || role_ == Role::reader || all_sealed_) {
        return false;
    }
    auto upto = sealed_upto_;
    const auto done = seal_some(upto);
    if (!done) {
        // Not to be had: they stay without a checksum until the next start.
        all_sealed_ = done.error().code == Errc::damaged;
        return std::unexpected(done.error());
    }
    all_sealed_ = *done < rows_sealed_at_once;
    sealed_upto_ = upto;
    return !all_sealed_;
}

/// Gives the next rows of before there were checksums theirs, and makes their columns of their bodies: how many it saw.
Result<long long> Details::seal_some(ObservationKey& upto) {
    return database_->write("giving details their checksums", [&](soci::session& sql) -> Result<long long> {
        std::vector<std::pair<ObservationKey, std::string>> sound;
        long long seen = 0;
        {
            const long long datastream = upto.datastream.value;
            const long long time = micros(upto.time);
            DetailRow row;
            soci::statement statement =
                (sql.prepare << "SELECT datastream, time, body FROM observation_detail WHERE checksum IS NULL AND "
                                "(datastream > :id OR (datastream = :same AND time > :time)) ORDER BY datastream, time "
                                "LIMIT :most",
                 soci::use(datastream), soci::use(datastream), soci::use(time), soci::use(rows_sealed_at_once),
                 soci::into(row.datastream), soci::into(row.time), soci::into(row.body, row.has_body));
            statement.execute();
            for (; statement.fetch(); ++seen) {
                upto = row.key();
                if (const auto detail = row.detail()) {
                    sound.emplace_back(upto, row.body);
                } else {
                    note_damaged(upto, detail.error());
                }
            }
        }
        for (const auto& [key, body] : sound) {
            seal(sql, key, body);
        }
        return seen;
    });
}

void Details::seal(soci::session& sql, ObservationKey key, const std::string& body) {
    const Detail detail = detail_from_json(body).value();
    const auto bind = [](const auto& value) {
        return std::pair{value ? static_cast<long long>(*value) : 0LL, value ? soci::i_ok : soci::i_null};
    };
    const auto micros_of = [](const std::optional<Instant>& time) {
        return time ? std::optional(micros(*time)) : std::nullopt;
    };
    auto [feature, has_feature] = bind(detail.feature == 0 ? std::nullopt : std::optional(detail.feature));
    auto [result_time, has_result_time] = bind(micros_of(detail.result_time));
    auto [end, has_end] = bind(micros_of(detail.phenomenon_end));
    const long long checksum = checksum_of(key, body);
    const long long datastream = key.datastream.value;
    const long long time = micros(key.time);
    sql << "UPDATE observation_detail SET checksum = :checksum, feature = :feature, result_time = :result_time, "
           "phenomenon_end = :phenomenon_end WHERE datastream = :id AND time = :time",
        soci::use(checksum), soci::use(feature, has_feature), soci::use(result_time, has_result_time),
        soci::use(end, has_end), soci::use(datastream), soci::use(time);
}

}  // namespace bypuls::observations
