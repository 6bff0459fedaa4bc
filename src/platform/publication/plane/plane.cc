#include "platform/publication/plane/plane.h"

#include <algorithm>
#include <array>

#include "core/check.h"
#include "core/files.h"
#include "core/folders.h"
#include "core/log.h"
#include "platform/database/migrations.h"
#include "platform/database/whole.h"
#include "platform/observations/blocks/block_store.h"

namespace bypuls::publication {

Result<std::unique_ptr<PlaneFiles>> PlaneFiles::open(const std::string& folder, Role role) {
    TRY_DO(ensure_folder(posix_files(), folder));
    std::unique_ptr<PlaneFiles> plane(new PlaneFiles(folder, role));
    TRY_DO(plane->load_catalogue());
    TRY_DO(plane->open_registry());
    auto opened = plane->load_store();
    if (opened) {
        opened = plane->open_details();
    }
    if (!opened) {
        return std::unexpected(database::with_remedy(std::move(opened).error(), plane->store_path(),
                                                     "restore the last backup, with `bypuls restore`"));
    }
    return plane;
}

/// Beside the readings, in their file, so that both settle in one transaction.
Result<void> PlaneFiles::open_details() {
    auto opened = std::make_shared<DetailsFile>();
    const std::vector<database::Component> components{observations::Details::schema()};
    const bool writes = role_ == Role::gate;
    TRY(opened->database, database::Database::open({.url = "sqlite:" + store_path(), .read_only = !writes}));
    if (writes) {
        TRY_DO(database::migrate(*opened->database, components, clock_));
    } else {
        TRY(const auto pending, database::pending_migrations(*opened->database, components));
        if (!pending.empty()) {
            return {};  // until the gate has brought it forward, nothing but readings is public
        }
    }
    opened->details = observations::Details::open(
        opened->database.get(), writes ? observations::Details::Role::keeper : observations::Details::Role::reader);
    const std::lock_guard lock(mutex_);
    details_ = std::move(opened);
    return {};
}

std::shared_ptr<const observations::Details> PlaneFiles::details() const {
    const std::lock_guard lock(mutex_);
    return details_ ? std::shared_ptr<const observations::Details>(details_, details_->details.get()) : nullptr;
}

observations::Details& PlaneFiles::details_for_gate() {
    check(role_ == Role::gate, "details are put by the gate alone");
    return *details_->details;
}

Result<void> PlaneFiles::load_catalogue() {
    const Stamp stamp = stamp_of(catalogue_path());
    auto text = read_text_file(catalogue_path());
    auto loaded = std::make_shared<Catalogue>();
    if (text) {
        auto read = catalogue_from_json(*text);
        if (read) {
            *loaded = std::move(*read);
        } else if (role_ == Role::gate) {
            log::warning("publication", "the public catalogue is damaged and is made anew",
                         {{"file", catalogue_path()}, {"why", read.error().what}});
        } else {
            return std::unexpected(database::with_remedy(
                std::move(read).error(), catalogue_path(),
                "the gate makes it anew from the internal plane when the program starts with both planes"));
        }
    } else if (text.error().code != Errc::not_found) {
        return std::unexpected(std::move(text).error());
    }
    const std::lock_guard lock(mutex_);
    catalogue_ = std::move(loaded);
    catalogue_stamp_ = stamp;
    return {};
}

Result<void> PlaneFiles::load_store() {
    const Stamp main = stamp_of(store_path());
    const Stamp wal = stamp_of(store_path() + "-wal");
    TRY(auto opened, observations::open_block_store({.path = store_path()}));
    const std::lock_guard lock(mutex_);
    store_ = std::move(opened);
    store_stamp_ = main;
    wal_stamp_ = wal;
    last_ = store_->settled();
    return {};
}

PlaneFiles::Stamp PlaneFiles::stamp_of(const std::string& path) {
    std::error_code trouble;
    Stamp stamp;
    stamp.time = std::filesystem::last_write_time(path, trouble);
    stamp.size = trouble ? 0 : std::filesystem::file_size(path, trouble);
    return trouble ? Stamp{} : stamp;
}

Result<bool> PlaneFiles::refresh() {
    bool changed = false;
    if (stamp_of(catalogue_path()) != catalogue_stamp_) {
        TRY_DO(load_catalogue());
        changed = true;
    }
    if (stamp_of(store_path()) != store_stamp_ || stamp_of(store_path() + "-wal") != wal_stamp_) {
        TRY_DO(load_store());
        changed = true;
    }
    if (!details()) {
        TRY_DO(open_details());
    }
    TRY(const bool registry_changed, refresh_registry());
    return changed || registry_changed;
}

std::shared_ptr<observations::Store> PlaneFiles::store() const {
    const std::lock_guard lock(mutex_);
    return store_;
}

std::shared_ptr<const Catalogue> PlaneFiles::catalogue() const {
    const std::lock_guard lock(mutex_);
    return catalogue_;
}

std::optional<observations::Observation> PlaneFiles::latest(DatastreamId id) const {
    return store()->latest(id);
}

std::optional<observations::Observation> PlaneFiles::latest_usable(DatastreamId id) const {
    return store()->latest_usable(id);
}

std::uint64_t PlaneFiles::count(DatastreamId id) const {
    return store()->count(id);
}

Result<std::uint64_t> PlaneFiles::count(DatastreamId id, Interval interval) const {
    return store()->count(id, interval);
}

Result<observations::Series> PlaneFiles::range(DatastreamId id, Interval interval,
                                               const observations::RangeOptions& options) const {
    return store()->range(id, interval, options);
}

Result<Bytes> PlaneFiles::fingerprint(DatastreamId id, Interval interval) const {
    return store()->fingerprint(id, interval);
}

Result<std::vector<observations::Bucket>> PlaneFiles::rollup(DatastreamId id, Interval interval,
                                                             observations::Step step) const {
    return store()->rollup(id, interval, step);
}

Result<observations::Aggregate> PlaneFiles::aggregate(DatastreamId id, Interval interval) const {
    return store()->aggregate(id, interval);
}

Result<void> PlaneFiles::put(Catalogue catalogue) {
    std::ranges::sort(catalogue.places, {}, [](const PublicPlace& place) { return place.name.nb; });
    TRY_DO(write_text_file(catalogue_path(), to_json(catalogue)));
    auto made = std::make_shared<const Catalogue>(std::move(catalogue));
    const std::lock_guard lock(mutex_);
    catalogue_ = std::move(made);
    return {};
}

Result<void> PlaneFiles::append(std::span<const observations::Arrival> rows, journal::Position position) {
    const auto into = store();
    if (rows.empty() || position <= into->settled()) {
        return {};
    }
    std::vector<observations::Outcome> outcomes(rows.size());
    auto appended = into->append(rows, position, outcomes);
    if (!appended && appended.error().code == Errc::exhausted) {
        TRY_DO(settle());
        appended = into->append(rows, position, outcomes);
    }
    TRY_DO(std::move(appended));
    last_ = position;
    return {};
}

Result<void> PlaneFiles::advance(journal::Position position) {
    const auto into = store();
    if (position > into->settled()) {
        TRY_DO(into->append({}, position, {}));
        last_ = position;
    }
    return {};
}

Result<void> PlaneFiles::settle() {
    TRY_DO(forget_deleted());
    const auto into = store();
    if (last_ <= into->settled()) {
        return {};
    }
    const std::array<observations::Companion*, 1> companions{&details_for_gate()};
    return into->settle(last_, companions);
}

journal::Position PlaneFiles::settled() const {
    return store()->settled();
}

Result<void> PlaneFiles::remove(DatastreamId id, std::span<const Interval> intervals) {
    TRY_DO(store()->remove_all(id, intervals));
    return details_for_gate().remove(id, intervals);
}

}  // namespace bypuls::publication
