#include "core/folders.h"

namespace bypuls {

Result<void> ensure_folder(FileSystem& files, const std::string& folder) {
    const auto slash = folder.rfind('/');
    const std::string parent = slash == std::string::npos ? "." : slash == 0 ? "/" : folder.substr(0, slash);
    const auto listed = files.list(folder);
    if (listed) {
        // It may have been made by a start that ended before its sync. Where the parent is closed to us, another made
        // the folder.
        const auto synced = files.sync_folder(parent);
        return synced || synced.error().code == Errc::forbidden ? Result<void>{} : synced;
    }
    if (listed.error().code != Errc::not_found) {
        return std::unexpected(listed.error());
    }
    if (parent != "." && parent != "/") {
        TRY_DO(ensure_folder(files, parent));
    }
    TRY_DO(files.create_folders(folder));
    return files.sync_folder(parent);
}

}  // namespace bypuls
