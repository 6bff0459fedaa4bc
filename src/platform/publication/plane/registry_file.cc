#include <sys/stat.h>

#include "platform/database/migrations.h"
#include "platform/database/whole.h"
#include "platform/publication/plane/plane.h"
#include "platform/registry/memory.h"
#include "platform/registry/relational/relational_registry.h"

namespace bypuls::publication {

struct PlaneFiles::RegistryFile {
    ino_t file = 0;  // 0: not there yet, and the view is of nothing
    std::unique_ptr<database::Database> database;
    std::unique_ptr<registry::Mirror> mirror;  // the gate's
    std::unique_ptr<registry::View> reader;    // the others'

    const registry::View& view() const { return mirror ? mirror->view() : *reader; }
};

namespace {

constexpr std::string_view remake_remedy =
    "move it away with its -wal and -shm; the gate makes it anew from the internal plane when the program starts";

ino_t file_at(const std::string& path) {
    struct stat found{};
    return ::stat(path.c_str(), &found) == 0 ? found.st_ino : 0;
}

}  // namespace

Result<void> PlaneFiles::open_registry() {
    auto opened = std::make_shared<RegistryFile>();
    const std::vector<database::Component> components{registry::registry_component()};
    if (role_ == Role::gate) {
        TRY(opened->database, database::open_whole({.url = "sqlite:" + registry_path()}, remake_remedy));
        TRY_DO(database::migrate(*opened->database, components, clock_));
        TRY(opened->mirror, registry::open_relational_mirror(*opened->database, clock_));
        opened->file = file_at(registry_path());
    } else if (const ino_t file = file_at(registry_path()); file != 0) {
        TRY(opened->database,
            database::open_whole({.url = "sqlite:" + registry_path(), .read_only = true}, remake_remedy));
        TRY(const auto pending, database::pending_migrations(*opened->database, components));
        if (pending.empty()) {
            TRY(opened->reader, registry::open_relational_view(*opened->database, clock_));
            opened->file = file;
        }
    }
    if (!opened->mirror && !opened->reader) {
        // The gate has not made it, or not brought it forward; until then nothing is public.
        opened->reader = registry::make_memory_registry(clock_);
    }
    const std::lock_guard lock(mutex_);
    registry_ = std::move(opened);
    return {};
}

std::shared_ptr<PlaneFiles::RegistryFile> PlaneFiles::registry_file() const {
    const std::lock_guard lock(mutex_);
    return registry_;
}

std::shared_ptr<const registry::View> PlaneFiles::registry() const {
    auto held = registry_file();
    const registry::View* view = &held->view();
    return {std::move(held), view};
}

Result<bool> PlaneFiles::refresh_registry() {
    const auto held = registry_file();
    if (held->mirror) {
        return false;
    }
    if (file_at(registry_path()) != held->file) {
        TRY_DO(open_registry());
        return registry_file()->file != held->file;
    }
    const auto before = held->reader->streams()->version();
    TRY(const auto now, held->reader->refresh());
    return now != before;
}

Result<bool> PlaneFiles::put(const registry::Copy& copy) {
    const auto held = registry_file();
    if (!held->mirror) {
        return fail(Errc::forbidden, "the public registry is written by the gate alone");
    }
    TRY(const bool changed, held->mirror->become(copy));
    if (changed) {
        deleted_remains_ = true;
        // A reader may be in the way for a moment; settle() tries again.
        if (const auto done = forget_deleted(); !done && done.error().code != Errc::unavailable) {
            return std::unexpected(done.error());
        }
    }
    return changed;
}

Result<void> PlaneFiles::forget_deleted() {
    if (deleted_remains_) {
        TRY_DO(registry_file()->database->checkpoint());
        deleted_remains_ = false;
    }
    return {};
}

}  // namespace bypuls::publication
