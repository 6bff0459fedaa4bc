// What the ledger keeps of events of devices that are no frames.
#include <array>
#include <utility>

#include <soci/soci.h>

#include "platform/ingest/pipeline/ledger.h"

namespace bypuls::ingest::pipeline {
namespace {

using Bound = observations::Transaction::Bound;

std::int64_t micros(Instant t) {
    return t.time_since_epoch().count();
}

Bound truth(bool value) {
    return std::int64_t{value ? 1 : 0};
}

/// By number in the statement.
using Columns = std::array<Bound, 16>;
Columns columns_of(const DeviceEvent& event) {
    Columns columns{std::string_view(event.dev_eui), std::string_view(event.name), lorawan::name_of(event.kind),
                    static_cast<std::int64_t>(event.position.value), micros(event.time)};
    if (event.status) {
        columns[5] = event.status->battery_percent ? Bound{*event.status->battery_percent} : Bound{};
        columns[6] = truth(event.status->external_power);
        columns[7] = std::int64_t{event.status->margin_db};
    }
    if (event.level) {
        columns[8] = lorawan::name_of(*event.level);
    }
    columns[9] = std::string_view(event.code);
    columns[10] = std::string_view(event.description);
    if (event.acknowledged) {
        columns[11] = truth(*event.acknowledged);
    }
    columns[12] = std::string_view(event.gateway);
    if (event.spot) {
        columns[13] = event.spot->latitude;
        columns[14] = event.spot->longitude;
    }
    columns[15] = std::string_view(event.dev_addr);
    return columns;
}

std::optional<lorawan::LogLevel> level_named(std::string_view name) {
    for (const auto level : {lorawan::LogLevel::info, lorawan::LogLevel::warning, lorawan::LogLevel::error}) {
        if (lorawan::name_of(level) == name) {
            return level;
        }
    }
    return std::nullopt;
}

/// Errc::malformed for a kind that this program does not know.
Result<DeviceEvent> event_from(const soci::row& row, const std::string& dev_eui) {
    const auto there = [&](std::size_t column) { return row.get_indicator(column) != soci::i_null; };
    DeviceEvent event{.dev_eui = dev_eui,
                      .name = row.get<std::string>(0),
                      .position = {static_cast<std::uint64_t>(row.get<long long>(2))},
                      .time = Instant{Duration{row.get<long long>(3)}},
                      .code = row.get<std::string>(8),
                      .description = row.get<std::string>(9),
                      .gateway = row.get<std::string>(11),
                      .dev_addr = row.get<std::string>(14)};
    TRY(event.kind, lorawan::kind_named(row.get<std::string>(1)));
    if (there(6)) {
        event.status = lorawan::Status{.margin_db = static_cast<std::int32_t>(row.get<long long>(6)),
                                       .external_power = there(5) && row.get<long long>(5) != 0,
                                       .battery_percent = there(4) ? std::optional(row.get<double>(4)) : std::nullopt};
    }
    event.level = there(7) ? level_named(row.get<std::string>(7)) : std::nullopt;
    event.acknowledged = there(10) ? std::optional(row.get<long long>(10) != 0) : std::nullopt;
    if (there(12) && there(13)) {
        event.spot = DeviceEvent::Spot{row.get<double>(12), row.get<double>(13)};
    }
    return event;
}

}  // namespace

void Ledger::note_event(const lorawan::Event& event, const FrameKey& key, const RadioFrame& frame, Spots spots) {
    constexpr std::size_t row_bytes = 300;
    DeviceEvent kept = kept_of(event);
    kept.dev_eui = key.dev_eui;
    kept.name = key.session;
    if (spots == Spots::left_out) {
        kept.spot.reset();
    }
    kept.position = frame.position;
    kept.time = frame.heard();
    pending_.bytes += row_bytes + kept.name.size() + kept.description.size();
    pending_.events.push_back(std::move(kept));
}

Result<void> Ledger::write_events(observations::Transaction& transaction) const {
    std::set<std::pair<std::string_view, lorawan::Kind>> grown;
    for (const DeviceEvent& event : frozen_.events) {
        // One that is delivered again after the memory of frames has forgotten it is still the same.
        TRY_DO(transaction.execute(
            "INSERT INTO ingest_device_event (dev_eui, name, kind, position, time, battery_percent, external_power, "
            "margin_db, level, code, description, acknowledged, gateway, latitude, longitude, dev_addr) VALUES ($1, "
            "$2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) ON CONFLICT (dev_eui, name) DO NOTHING",
            columns_of(event)));
        grown.emplace(event.dev_eui, event.kind);
    }
    for (const auto& [dev_eui, kind] : grown) {
        const std::array<Bound, 3> bound{dev_eui, lorawan::name_of(kind),
                                         static_cast<std::int64_t>(retention_.last_events)};
        TRY_DO(transaction.execute(
            "DELETE FROM ingest_device_event WHERE dev_eui = $1 AND kind = $2 AND name NOT IN (SELECT name FROM "
            "ingest_device_event WHERE dev_eui = $1 AND kind = $2 ORDER BY time DESC, position DESC LIMIT $3)",
            bound));
    }
    return {};
}

Result<void> Ledger::purge_events(observations::Transaction& transaction, Instant now) const {
    const std::array<Bound, 1> bound{micros(now - retention_.device_events)};
    return transaction.execute("DELETE FROM ingest_device_event WHERE time < $1", bound);
}

Result<std::vector<DeviceEvent>> Ledger::last_events(std::string_view dev_eui) const {
    return database_.read("listing events of a device", [&](soci::session& sql) -> Result<std::vector<DeviceEvent>> {
        const std::string device(dev_eui);
        const soci::rowset<soci::row> rows =
            (sql.prepare << "SELECT name, kind, position, time, battery_percent, external_power, margin_db, level, "
                            "code, description, acknowledged, gateway, latitude, longitude, dev_addr FROM "
                            "ingest_device_event WHERE dev_eui = :device ORDER BY time DESC, position DESC",
             soci::use(device, "device"));
        std::vector<DeviceEvent> found;
        for (const soci::row& row : rows) {
            if (auto event = event_from(row, device)) {  // one that cannot be read hides none of the others
                found.push_back(std::move(*event));
            }
        }
        return found;
    });
}

}  // namespace bypuls::ingest::pipeline
