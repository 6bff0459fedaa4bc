#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/bytes.h"

namespace sqlite_api {
struct sqlite3;  // as SOCI names it
}  // namespace sqlite_api

/// A checksum in the last eight bytes of every page of a SQLite file, written as the page is and held against it
/// whenever it is read: https://sqlite.org/cksumvfs.html, in whose format they are. So a bit that turns over in any row
/// or index is an error of the statement that reads it, and never another answer. Pages in the log (`-wal`) have that
/// one's checksums.
///
/// SQLite itself keeps the eight bytes free (byte 20 of the header) and reads such a file without us. It does not keep
/// the sums: a page that another program has written is a damaged one.
namespace bypuls::database {

/// Every SQLite file that this process opens from now on, by whatever way, is read and written with its checksums if it
/// has them; one without is as before. Whoever moves the log of any of them into the file keeps writers out meanwhile.
/// Any number of times, from any thread.
void use_page_checksums();

/// Whether the database that this connection reads has them, by what its first page says, wherever that stands. From
/// then on the connection holds every page against its sum. After the connection's first statement.
bool has_page_checksums(sqlite_api::sqlite3* connection);

/// The next VACUUM on this connection gives them to every page.
void reserve_page_checksums(sqlite_api::sqlite3* connection);

/// For VACUUM INTO from a database that has them: the path as a URI. SQLite may write the first page of the copy after
/// others, and from that page alone would be seen that it has them.
std::string uri_with_page_checksums(const std::string& path);

struct DamagedPage {
    std::string path;
    std::int64_t number = 0;  ///< from 1
};

/// The last page that did not hold on this thread since it was asked for.
std::optional<DamagedPage> take_damaged_page();

/// The first page of each file that did not hold in this process, for whoever watches over it. Files by the path that
/// SQLite gives them: absolute, links followed.
std::vector<DamagedPage> damaged_pages();
std::optional<DamagedPage> first_damaged_page(std::string_view path);
/// The file has been read whole since, and every page of it held.
void forget_damaged_page(std::string_view path);

/// "page 7 of /var/lib/bypuls/town/internal/registry.db does not hold its checksum"
std::string sentence_of(const DamagedPage& page);

/// Whether the sum at the end of a page holds. A page of zeros does.
bool page_holds(ByteView page);

}  // namespace bypuls::database
