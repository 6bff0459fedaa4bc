#include "core/folders.h"

namespace bypuls {

Result<void> ensure_folder(FileSystem& files, const std::string& folder) {
    const auto listed = files.list(folder);
    if (listed || listed.error().code != Errc::not_found) {
        return listed ? Result<void>{} : std::unexpected(listed.error());
    }
    const auto slash = folder.rfind('/');
    const std::string parent = slash == std::string::npos ? "." : slash == 0 ? "/" : folder.substr(0, slash);
    if (parent != "." && parent != "/") {
        TRY_DO(ensure_folder(files, parent));
    }
    TRY_DO(files.create_folders(folder));
    return files.sync_folder(parent);
}

}  // namespace bypuls
