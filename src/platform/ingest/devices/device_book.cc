#include "platform/ingest/devices/device_book.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <soci/soci.h>

namespace bypuls::ingest::devices {
namespace {

Instant from_micros(long long micros) {
    return Instant{Duration{micros}};
}
long long to_micros(Instant t) {
    return t.time_since_epoch().count();
}

Result<void> load_profiles(soci::session& sql, Snapshot& into) {
    const soci::rowset<soci::row> rows = (sql.prepare << "SELECT id, definition FROM devices_profile");
    for (const soci::row& row : rows) {
        const auto id = row.get<std::string>(0);
        TRY(auto profile, profile_from_json(id, row.get<std::string>(1)));
        into.profiles.emplace(id, std::move(profile));
    }
    return {};
}

void load_codecs(soci::session& sql, Snapshot& into) {
    const soci::rowset<soci::row> rows =
        (sql.prepare << "SELECT id, name, version, script, saved FROM devices_codec c WHERE version = "
                        "(SELECT MAX(version) FROM devices_codec WHERE id = c.id)");
    for (const soci::row& row : rows) {
        StoredCodec codec{.id = row.get<std::string>(0),
                          .name = row.get<std::string>(1),
                          .version = row.get<long long>(2),
                          .script = row.get<std::string>(3),
                          .saved = from_micros(row.get<long long>(4))};
        into.codecs.emplace(codec.id, std::move(codec));
    }
}

Result<void> load_devices(soci::session& sql, Snapshot& into) {
    const soci::rowset<soci::row> rows =
        (sql.prepare << "SELECT dev_eui, name, profile, thing, place, adopted FROM devices_device");
    for (const soci::row& row : rows) {
        Device device;
        TRY(device.dev_eui, lorawan::DevEui::from_text(row.get<std::string>(0)));
        device.name = row.get<std::string>(1);
        device.profile = row.get<std::string>(2);
        device.thing = row.get<long long>(3);
        device.place = row.get<std::string>(4);
        device.adopted = from_micros(row.get<long long>(5));
        into.devices.emplace(device.dev_eui.to_text(), std::move(device));
    }
    const soci::rowset<soci::row> streams =
        (sql.prepare << "SELECT dev_eui, field, datastream FROM devices_datastream");
    for (const soci::row& row : streams) {
        const auto device = into.devices.find(row.get<std::string>(0));
        if (device != into.devices.end()) {
            device->second.datastreams.emplace(row.get<std::string>(1),
                                               observations::DatastreamId{row.get<long long>(2)});
        }
    }
    return {};
}

}  // namespace

const Device* Snapshot::device(const lorawan::DevEui& dev_eui) const {
    const auto found = devices.find(dev_eui.to_text());
    return found == devices.end() ? nullptr : &found->second;
}

const Profile* Snapshot::profile(std::string_view id) const {
    const auto found = profiles.find(id);
    return found == profiles.end() ? nullptr : &found->second;
}

const StoredCodec* Snapshot::codec(std::string_view id) const {
    const auto found = codecs.find(id);
    return found == codecs.end() ? nullptr : &found->second;
}

std::vector<const Device*> Snapshot::devices_of(std::string_view profile) const {
    std::vector<const Device*> found;
    for (const auto& [dev_eui, device] : devices) {
        if (device.profile == profile) {
            found.push_back(&device);
        }
    }
    std::ranges::sort(found, {},
                      [](const Device* device) { return std::pair(device->name, device->dev_eui.to_text()); });
    return found;
}

std::vector<const Profile*> Snapshot::profiles_with(std::string_view codec) const {
    std::vector<const Profile*> found;
    for (const auto& [id, profile] : profiles) {
        if (profile.codec == codec) {
            found.push_back(&profile);
        }
    }
    std::ranges::stable_sort(found, {}, &Profile::name);
    return found;
}

const database::Component& DeviceBook::schema() {
    static const database::Component component{
        "devices",
        {{1,
          "profiles, codecs and devices",
          {"CREATE TABLE devices_profile (id TEXT PRIMARY KEY, definition TEXT NOT NULL)",
           "CREATE TABLE devices_codec (id TEXT NOT NULL, version BIGINT NOT NULL, name TEXT NOT NULL, "
           "script TEXT NOT NULL, saved BIGINT NOT NULL, PRIMARY KEY (id, version))",
           "CREATE TABLE devices_device (dev_eui TEXT PRIMARY KEY, name TEXT NOT NULL, profile TEXT NOT NULL, "
           "thing BIGINT NOT NULL, place TEXT NOT NULL, adopted BIGINT NOT NULL)",
           "CREATE TABLE devices_datastream (dev_eui TEXT NOT NULL REFERENCES devices_device (dev_eui), "
           "field TEXT NOT NULL, datastream BIGINT NOT NULL, PRIMARY KEY (dev_eui, field))"}}}};
    return component;
}

Result<std::unique_ptr<DeviceBook>> DeviceBook::open(database::Database& database, const Clock& clock) {
    std::unique_ptr<DeviceBook> book(new DeviceBook(database, clock));
    TRY_DO(book->load());
    return book;
}

Result<void> DeviceBook::load() {
    return database_.read("loading devices", [&](soci::session& sql) -> Result<void> {
        Snapshot loaded;
        TRY_DO(load_profiles(sql, loaded));
        load_codecs(sql, loaded);
        TRY_DO(load_devices(sql, loaded));
        publish(std::move(loaded));
        return {};
    });
}

std::shared_ptr<const Snapshot> DeviceBook::snapshot() const {
    const std::lock_guard lock(reading_);
    return snapshot_;
}

void DeviceBook::publish(Snapshot next) {
    auto made = std::make_shared<const Snapshot>(std::move(next));
    const std::lock_guard lock(reading_);
    snapshot_ = std::move(made);
}

Result<void> DeviceBook::put(const Profile& profile) {
    const std::lock_guard lock(writing_);
    const std::string definition = to_json(profile);
    TRY_DO(database_.write("keeping a profile", [&](soci::session& sql) -> Result<void> {
        sql << "INSERT INTO devices_profile (id, definition) VALUES (:id, :definition) "
               "ON CONFLICT (id) DO UPDATE SET definition = excluded.definition",
            soci::use(profile.id, "id"), soci::use(definition, "definition");
        return {};
    }));
    Snapshot next = *snapshot();
    next.profiles.insert_or_assign(profile.id, profile);
    publish(std::move(next));
    return {};
}

Result<std::int64_t> DeviceBook::put_codec(std::string_view id, std::string_view name, std::string_view script,
                                           std::int64_t expected_version) {
    if (!is_id(id)) {
        return fail(Errc::malformed, "a codec's id has 1 to 64 letters, digits, _ or -");
    }
    const std::lock_guard lock(writing_);
    const auto now = snapshot();
    const StoredCodec* newest = now->codec(id);
    const std::int64_t version = newest == nullptr ? 0 : newest->version;
    if (version != expected_version) {
        return fail(Errc::conflict,
                    fmt::format("codec {} has version {} by now, not {}", id, version, expected_version));
    }
    StoredCodec codec{std::string(id), std::string(name), version + 1, std::string(script), clock_.now()};
    const long long number = codec.version;
    const long long saved = to_micros(codec.saved);
    TRY_DO(database_.write("keeping a codec", [&](soci::session& sql) -> Result<void> {
        sql << "INSERT INTO devices_codec (id, version, name, script, saved) "
               "VALUES (:id, :version, :name, :script, :saved)",
            soci::use(codec.id, "id"), soci::use(number, "version"), soci::use(codec.name, "name"),
            soci::use(codec.script, "script"), soci::use(saved, "saved");
        return {};
    }));
    Snapshot next = *now;
    next.codecs.insert_or_assign(codec.id, std::move(codec));
    publish(std::move(next));
    return number;
}

Result<void> DeviceBook::put(const Device& device) {
    const std::lock_guard lock(writing_);
    const std::string dev_eui = device.dev_eui.to_text();
    const long long thing = device.thing;
    const long long adopted = to_micros(device.adopted);
    TRY_DO(database_.write("keeping a device", [&](soci::session& sql) -> Result<void> {
        sql << "INSERT INTO devices_device (dev_eui, name, profile, thing, place, adopted) "
               "VALUES (:dev_eui, :name, :profile, :thing, :place, :adopted) "
               "ON CONFLICT (dev_eui) DO UPDATE SET name = excluded.name, profile = excluded.profile, "
               "thing = excluded.thing, place = excluded.place",
            soci::use(dev_eui, "dev_eui"), soci::use(device.name, "name"), soci::use(device.profile, "profile"),
            soci::use(thing, "thing"), soci::use(device.place, "place"), soci::use(adopted, "adopted");
        sql << "DELETE FROM devices_datastream WHERE dev_eui = :dev_eui", soci::use(dev_eui, "dev_eui");
        for (const auto& [field, datastream] : device.datastreams) {
            const long long id = datastream.value;
            sql << "INSERT INTO devices_datastream (dev_eui, field, datastream) VALUES (:dev_eui, :field, :datastream)",
                soci::use(dev_eui, "dev_eui"), soci::use(field, "field"), soci::use(id, "datastream");
        }
        return {};
    }));
    Snapshot next = *snapshot();
    next.devices.insert_or_assign(dev_eui, device);
    publish(std::move(next));
    return {};
}

Result<void> DeviceBook::remove_profile(std::string_view id) {
    const std::lock_guard lock(writing_);
    Snapshot next = *snapshot();
    const std::string key(id);
    if (next.profiles.erase(key) == 0) {
        return fail(Errc::not_found, fmt::format("there is no profile {}", id));
    }
    if (!next.devices_of(id).empty()) {
        return fail(Errc::conflict, fmt::format("devices have the profile {}", id));
    }
    return remove_row("DELETE FROM devices_profile WHERE id = :id", key, std::move(next));
}

Result<void> DeviceBook::remove_codec(std::string_view id) {
    const std::lock_guard lock(writing_);
    Snapshot next = *snapshot();
    const std::string key(id);
    if (next.codecs.erase(key) == 0) {
        return fail(Errc::not_found, fmt::format("there is no codec {}", id));
    }
    if (!next.profiles_with(id).empty()) {
        return fail(Errc::conflict, fmt::format("profiles decode with the codec {}", id));
    }
    return remove_row("DELETE FROM devices_codec WHERE id = :id", key, std::move(next));
}

Result<void> DeviceBook::remove_row(const char* statement, const std::string& id, Snapshot without) {
    TRY_DO(database_.write("taking away what is not used", [&](soci::session& sql) -> Result<void> {
        sql << statement, soci::use(id, "id");
        return {};
    }));
    publish(std::move(without));
    return {};
}

Result<void> DeviceBook::remove_device(const lorawan::DevEui& dev_eui) {
    const std::lock_guard lock(writing_);
    Snapshot next = *snapshot();
    const std::string key = dev_eui.to_text();
    if (next.devices.erase(key) == 0) {
        return fail(Errc::not_found, fmt::format("there is no device {}", key));
    }
    TRY_DO(database_.write("retiring a device", [&](soci::session& sql) -> Result<void> {
        sql << "DELETE FROM devices_datastream WHERE dev_eui = :dev_eui", soci::use(key, "dev_eui");
        sql << "DELETE FROM devices_device WHERE dev_eui = :dev_eui", soci::use(key, "dev_eui");
        return {};
    }));
    publish(std::move(next));
    return {};
}

}  // namespace bypuls::ingest::devices
