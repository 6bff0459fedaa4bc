#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/result.h"
#include "platform/database/database.h"
#include "platform/observations/details/details.h"
#include "platform/observations/store.h"
#include "platform/publication/plane/catalogue.h"
#include "platform/registry/view.h"

namespace bypuls::registry {
struct Copy;
}  // namespace bypuls::registry

namespace bypuls::publication {

/// What anonymous readers are served from. Only reading; thread-safe. Handlers of the public plane are given this and
/// nothing else.
class Plane {
public:
    virtual ~Plane() = default;

    virtual std::shared_ptr<const Catalogue> catalogue() const = 0;
    /// What measures, as far as it is public, under the ids that it has inside: the datastreams of class public and
    /// what they refer to, without external keys, and of `properties` no more than the member "public".
    virtual std::shared_ptr<const registry::View> registry() const = 0;
    /// Newest reading, and newest usable one: from memory.
    virtual std::optional<observations::Observation> latest(DatastreamId id) const = 0;
    virtual std::optional<observations::Observation> latest_usable(DatastreamId id) const = 0;
    virtual std::uint64_t count(DatastreamId id) const = 0;
    /// All readings in the interval, usable or not.
    virtual Result<std::uint64_t> count(DatastreamId id, Interval interval) const = 0;
    virtual Result<observations::Series> range(DatastreamId id, Interval interval,
                                               const observations::RangeOptions& options = {}) const = 0;
    /// What the readings of the interval are known by, as observations::Store::fingerprint says.
    virtual Result<Bytes> fingerprint(DatastreamId id, Interval interval) const = 0;
    virtual Result<std::vector<observations::Bucket>> rollup(DatastreamId id, Interval interval,
                                                             observations::Step step) const = 0;
    virtual Result<observations::Aggregate> aggregate(DatastreamId id, Interval interval) const = 0;
};

/// The public plane's files: `catalogue.json`, `registry.db` and `observations.db` in one folder. One process writes
/// (the gate's), any number read.
class PlaneFiles final : public Plane {
public:
    enum class Role : std::uint8_t {
        gate,    ///< the one process that writes
        reader,  ///< opens `registry.db` to be read alone; it is empty until the gate has made it
    };
    /// Creates the folder when it is not there.
    static Result<std::unique_ptr<PlaneFiles>> open(const std::string& folder, Role role = Role::gate);

    std::shared_ptr<const Catalogue> catalogue() const override;
    std::shared_ptr<const registry::View> registry() const override;
    /// The published readings, as they are now: a process that only reads replaces them, and who holds these keeps
    /// them.
    std::shared_ptr<const observations::Store> readings() const { return store(); }
    /// What is published of observations beside their results. Null while the gate has not made the file for it.
    std::shared_ptr<const observations::Details> details() const;
    std::optional<observations::Observation> latest(DatastreamId id) const override;
    std::optional<observations::Observation> latest_usable(DatastreamId id) const override;
    std::uint64_t count(DatastreamId id) const override;
    Result<std::uint64_t> count(DatastreamId id, Interval interval) const override;
    Result<observations::Series> range(DatastreamId id, Interval interval,
                                       const observations::RangeOptions& options) const override;
    Result<Bytes> fingerprint(DatastreamId id, Interval interval) const override;
    Result<std::vector<observations::Bucket>> rollup(DatastreamId id, Interval interval,
                                                     observations::Step step) const override;
    Result<observations::Aggregate> aggregate(DatastreamId id, Interval interval) const override;

    // For the gate alone, in the process that writes.

    /// Durable when it returns.
    Result<void> put(Catalogue catalogue);
    /// What is not in it any more is in no file when this or the next settle() returns. False when it was so before.
    Result<bool> put(const registry::Copy& copy);
    /// Rows of the journal's record at `position`; those of records that are settled already are passed over.
    Result<void> append(std::span<const observations::Arrival> rows, journal::Position position);
    /// Nothing but details came of the record.
    Result<void> advance(journal::Position position);
    Result<void> settle();
    journal::Position settled() const;
    /// Intervals by rising time and apart.
    Result<void> remove(DatastreamId id, std::span<const Interval> intervals);
    /// What is said of observations beside their results; written when these settle.
    observations::Details& details_for_gate();

    // For a process that only reads.

    /// Looks whether the writer has changed the files, and reads anew what changed. True when something did.
    Result<bool> refresh();

private:
    struct Stamp {
        std::filesystem::file_time_type time{};
        std::uintmax_t size = 0;
        friend bool operator==(const Stamp&, const Stamp&) = default;
    };

    /// The registry with what it stands on.
    struct RegistryFile;
    /// The details with the database they are in.
    struct DetailsFile {
        std::unique_ptr<database::Database> database;
        std::unique_ptr<observations::Details> details;
    };

    PlaneFiles(std::string folder, Role role) : folder_(std::move(folder)), role_(role) {}
    Result<void> open_registry();
    Result<bool> refresh_registry();
    Result<void> forget_deleted();
    std::shared_ptr<RegistryFile> registry_file() const;
    std::string registry_path() const { return folder_ + "/registry.db"; }
    std::shared_ptr<observations::Store> store() const;
    std::string catalogue_path() const { return folder_ + "/catalogue.json"; }
    std::string store_path() const { return folder_ + "/observations.db"; }
    static Stamp stamp_of(const std::string& path);
    Result<void> load_catalogue();
    Result<void> load_store();
    Result<void> open_details();

    const std::string folder_;
    const Role role_;
    SystemClock clock_;
    bool deleted_remains_ = false;  // in the registry's log; of the gate's thread
    mutable std::mutex mutex_;      // guards the pointers, not what they point to
    std::shared_ptr<const Catalogue> catalogue_;
    std::shared_ptr<RegistryFile> registry_;
    std::shared_ptr<observations::Store> store_;
    std::shared_ptr<DetailsFile> details_;
    Stamp catalogue_stamp_;
    Stamp store_stamp_;
    Stamp wal_stamp_;
    journal::Position last_;  // the newest record appended
};

}  // namespace bypuls::publication
