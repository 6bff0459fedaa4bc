#pragma once

#include <memory>
#include <string_view>

#include "platform/database/database.h"

namespace bypuls::database {

/// Opens a database and, when it is a SQLite file, reads every page of it first (Database::verify), so that nothing is
/// served from a damaged one; for files of some tens of megabytes. Errc::damaged names the file, what is wrong with it,
/// and then says `remedy`: "restore the last backup". Otherwise the errors of Database::open.
///
/// A file without checksums of its pages, which an earlier version or a command made, gets them (page_checksums.h)
/// unless it is read alone. Before that, SQLite finds a page, an index or a reference that does not fit the others, but
/// no bit that turns over in a text that stands in no index.
Result<std::unique_ptr<Database>> open_whole(const Settings& settings, std::string_view remedy);

/// Errc::damaged becomes "PATH is damaged (…): REMEDY"; any other error stays as it is.
Error with_remedy(Error error, std::string_view path, std::string_view remedy);

}  // namespace bypuls::database
