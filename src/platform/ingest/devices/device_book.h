#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/clock.h"
#include "core/result.h"
#include "platform/database/migrations.h"
#include "platform/ingest/devices/profile.h"
#include "platform/ingest/lorawan/uplink.h"
#include "platform/observations/observation.h"

namespace bypuls::ingest::devices {

/// A payload codec as it is kept: every saving makes a new version.
struct StoredCodec {
    std::string id;
    std::string name;
    std::int64_t version = 0;  ///< 1, 2, …
    std::string script;
    Instant saved{};
};

/// A device that has been adopted.
struct Device {
    lorawan::DevEui dev_eui;
    std::string name;
    std::string profile;  ///< id
    std::int64_t thing = 0;
    std::string place;  ///< slug; empty when it belongs to none
    Instant adopted{};
    /// Which datastream each field of the profile goes to.
    std::map<std::string, observations::DatastreamId, std::less<>> datastreams;
};

/// Everything of one moment; never changes, so that a reader needs no lock.
struct Snapshot {
    std::unordered_map<std::string, Device> devices;  ///< by DevEui text
    std::map<std::string, Profile, std::less<>> profiles;
    std::map<std::string, StoredCodec, std::less<>> codecs;

    const Device* device(const lorawan::DevEui& dev_eui) const;
    const Profile* profile(std::string_view id) const;
    const StoredCodec* codec(std::string_view id) const;
    /// Those of a profile, by name.
    std::vector<const Device*> devices_of(std::string_view profile) const;
    /// Those that decode with a codec, by name.
    std::vector<const Profile*> profiles_with(std::string_view codec) const;
};

/// Profiles, codecs and devices: in the relational database, with all of it in memory for the pipeline.
/// Thread-safe; changes are durable when they return, and in the next snapshot.
class DeviceBook {
public:
    static const database::Component& schema();
    /// The schema must have been migrated. `clock` and `database` must outlive the book.
    static Result<std::unique_ptr<DeviceBook>> open(database::Database& database, const Clock& clock);

    std::shared_ptr<const Snapshot> snapshot() const;

    Result<void> put(const Profile& profile);
    /// Errc::conflict when `expected_version` is not the newest (0 for a new codec). Returns the version made.
    Result<std::int64_t> put_codec(std::string_view id, std::string_view name, std::string_view script,
                                   std::int64_t expected_version);
    Result<void> put(const Device& device);

    /// What others still name stays: Errc::conflict when a device has the profile, or a profile the codec.
    /// Errc::not_found when there is none.
    Result<void> remove_profile(std::string_view id);
    /// With all its versions; a new one of that id begins at version 1.
    Result<void> remove_codec(std::string_view id);
    /// The device is nobody's from now on. Its thing, datastreams and readings are not the book's, and stay.
    Result<void> remove_device(const lorawan::DevEui& dev_eui);

private:
    DeviceBook(database::Database& database, const Clock& clock) : database_(database), clock_(clock) {}
    Result<void> load();
    /// With the lock held. `without` is what is left when the row of that id has gone.
    Result<void> remove_row(const char* statement, const std::string& id, Snapshot without);
    void publish(Snapshot next);

    database::Database& database_;
    const Clock& clock_;
    std::mutex writing_;  // one change at a time, so that none is lost between two snapshots
    mutable std::mutex reading_;
    std::shared_ptr<const Snapshot> snapshot_;
};

}  // namespace bypuls::ingest::devices
