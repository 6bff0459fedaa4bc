#include "platform/database/whole.h"

#include <fmt/format.h>

#include "core/log.h"

namespace bypuls::database {
namespace {

Result<std::unique_ptr<Database>> open_verified(const Settings& settings) {
    TRY(auto database, Database::open(settings));
    if (database->engine() != Engine::sqlite) {
        return database;
    }
    TRY_DO(database->verify());
    if (settings.read_only) {
        return database;
    }
    const auto added = database->add_page_checksums();
    if (!added && added.error().code == Errc::damaged) {
        return std::unexpected(added.error());
    }
    if (!added) {
        log::warning("database",
                     "an earlier version's file has no checksums of its pages yet; the next start tries again",
                     {{"why", added.error().what}});
    } else if (*added) {
        // From the first session on.
        database.reset();
        return Database::open(settings);
    }
    return database;
}

}  // namespace

Error with_remedy(Error error, std::string_view path, std::string_view remedy) {
    if (error.code == Errc::damaged) {
        error.what = fmt::format("{} is damaged ({}): {}", path, error.what, remedy);
    }
    return error;
}

Result<std::unique_ptr<Database>> open_whole(const Settings& settings, std::string_view remedy) {
    auto database = open_verified(settings);
    if (!database) {
        const std::string_view url = settings.url;
        return std::unexpected(with_remedy(std::move(database).error(), url.substr(url.find(':') + 1), remedy));
    }
    return database;
}

}  // namespace bypuls::database
