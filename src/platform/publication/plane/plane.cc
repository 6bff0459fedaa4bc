#include "platform/publication/plane/plane.h"

#include <algorithm>

#include "core/files.h"
#include "platform/observations/blocks/block_store.h"

namespace bypuls::publication {

Result<std::unique_ptr<PlaneFiles>> PlaneFiles::open(const std::string& folder, Role role) {
    TRY_DO(posix_files().create_folders(folder));
    std::unique_ptr<PlaneFiles> plane(new PlaneFiles(folder, role));
    TRY_DO(plane->load_catalogue());
    TRY_DO(plane->open_registry());
    TRY_DO(plane->load_store());
    return plane;
}

Result<void> PlaneFiles::load_catalogue() {
    const Stamp stamp = stamp_of(catalogue_path());
    auto text = read_text_file(catalogue_path());
    auto loaded = std::make_shared<Catalogue>();
    if (text) {
        TRY(*loaded, catalogue_from_json(*text));
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

Result<observations::Series> PlaneFiles::range(DatastreamId id, Interval interval,
                                               const observations::RangeOptions& options) const {
    return store()->range(id, interval, options);
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

Result<void> PlaneFiles::settle() {
    TRY_DO(forget_deleted());
    const auto into = store();
    return last_ > into->settled() ? into->settle(last_) : Result<void>{};
}

journal::Position PlaneFiles::settled() const {
    return store()->settled();
}

Result<void> PlaneFiles::remove(DatastreamId id, Interval interval) {
    TRY_DO(store()->remove(id, interval));
    return {};
}

}  // namespace bypuls::publication
