#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.h"
#include "core/result.h"

namespace bypuls::apps {

constexpr std::string_view program_version = "0.1.0";

struct BackupFile {
    std::string path;  ///< below the data folder, with slashes
    std::uint64_t bytes = 0;
    std::string sha256;  ///< of the copy, 64 hexadecimal digits
};

/// `manifest.json` in a backup's folder. It is written last, so a folder without it is no backup.
struct Manifest {
    std::string program;  ///< version that made it
    Instant made{};
    std::uint64_t settled = 0;        ///< the observations' cursor: the last record of the journal that they hold
    std::uint64_t journal_first = 0;  ///< records in the copied journal; 0 and 0 when it is empty
    std::uint64_t journal_last = 0;
    std::vector<BackupFile> files;

    std::uint64_t bytes() const;
};

/// Copies everything in the data folder into `to`, which must not exist, while the town may run. Databases are copied
/// by SQLite as of one moment each; the journal after them, and the town keeps all of it meanwhile (JournalHold), so
/// that it reaches from the observations' cursor to after everything else: what the copy lacks, opening it applies
/// again. Everything is synced.
///
/// Errc::conflict when `to` exists, not_found when there is no town in `data`; after an error `to` is not there, but
/// `to` + ".part" may be.
Result<Manifest> make_backup(const std::string& data, const std::string& to, const Clock& clock);

/// Reads the manifest and every file's checksum. Errc::damaged names the first that differs.
Result<Manifest> check_backup(const std::string& from);

/// Lays a backup into `data`, which must be empty or not exist. Nothing is there before all of it is, checked.
Result<Manifest> restore_backup(const std::string& from, const std::string& data);

}  // namespace bypuls::apps
