#include "apps/bypuls/data_folder.h"

#include <filesystem>
#include <system_error>

#include <fmt/format.h>

#include "core/files.h"
#include "core/folders.h"

namespace bypuls::apps {
namespace {

namespace fs = std::filesystem;

std::unexpected<Error> trouble(const std::string& path, std::error_code code) {
    if (code == std::errc::permission_denied || code == std::errc::operation_not_permitted) {
        return fail(Errc::forbidden,
                    fmt::format("{}: {}. Run this as the account that runs the town, or give --data another folder",
                                path, code.message()));
    }
    return fail(Errc::unavailable, fmt::format("{}: {}", path, code.message()));
}

Result<void> check_holds(const std::string& data, std::string_view file) {
    const std::string path = fmt::format("{}/{}", data, file);
    TRY(const bool found, is_there(path));
    return found ? Result<void>{} : fail(Errc::not_found, fmt::format("{} holds no town: {} is not there", data, path));
}

}  // namespace

Result<bool> is_there(const std::string& path) {
    std::error_code code;
    const bool found = fs::exists(path, code);
    return code ? Result<bool>(trouble(path, code)) : found;
}

Result<void> check_holds_town(const std::string& data) {
    return check_holds(data, "internal/observations.db");
}

Result<void> check_holds_keys(const std::string& data) {
    return check_holds(data, "internal/registry.db");
}

Result<void> make_internal_folder(const std::string& folder) {
    if (const auto made = ensure_folder(posix_files(), folder); !made) {
        const bool forbidden = made.error().code == Errc::forbidden;
        return forbidden ? Result<void>(trouble(folder, std::make_error_code(std::errc::permission_denied))) : made;
    }
    std::error_code code;
    constexpr fs::perms others = fs::perms::group_all | fs::perms::others_all;
    const fs::perms now = fs::status(folder, code).permissions();
    if (!code && (now & others) != fs::perms::none) {
        fs::permissions(folder, others, fs::perm_options::remove, code);
    }
    return code ? Result<void>(trouble(folder, code)) : Result<void>{};
}

}  // namespace bypuls::apps
