#include "apps/bypuls/backup.h"

#include <algorithm>
#include <array>
#include <filesystem>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sodium.h>
#include <sys/stat.h>

#include "apps/bypuls/data_folder.h"
#include "apps/bypuls/data_lock.h"
#include "core/bytes.h"
#include "core/files.h"
#include "core/time/iso8601.h"
#include "platform/database/database.h"
#include "platform/journal/journal.h"
#include "platform/observations/blocks/block_store.h"

namespace bypuls::apps {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view observations_file = "internal/observations.db";
constexpr std::string_view journal_folder = "internal/journal";
constexpr int attempts_max = 3;

Error trouble(std::string_view doing, const std::error_code& code) {
    return {code == std::errc::no_space_on_device ? Errc::exhausted : Errc::unavailable,
            fmt::format("{}: {}", doing, code.message())};
}

/// Visits a file's bytes from the start.
template <typename Visit>
Result<std::uint64_t> read_through(const std::string& path, Visit&& visit) {
    TRY(const auto file, posix_files().open(path, OpenMode::read));
    Bytes buffer(1U << 20U);
    std::uint64_t at = 0;
    while (true) {
        TRY(const std::size_t got, file->read_at(at, buffer));
        TRY_DO(visit(at, ByteView(buffer).first(got)));
        at += got;
        if (got < buffer.size()) {
            return at;
        }
    }
}

Result<BackupFile> described(const std::string& folder, const std::string& path) {
    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state);
    TRY(const std::uint64_t bytes,
        read_through(folder + "/" + path, [&](std::uint64_t, ByteView piece) -> Result<void> {
            crypto_hash_sha256_update(&state, reinterpret_cast<const unsigned char*>(piece.data()), piece.size());
            return {};
        }));
    std::array<std::byte, crypto_hash_sha256_BYTES> digest{};
    crypto_hash_sha256_final(&state, reinterpret_cast<unsigned char*>(digest.data()));
    return BackupFile{.path = path, .bytes = bytes, .sha256 = to_hex(digest)};
}

/// As many bytes as there are now; a file that grows meanwhile is copied again later. Private, as all that is kept.
Result<void> copy_file(const std::string& from, const std::string& to) {
    std::error_code ignored;
    fs::remove(to, ignored);
    TRY(const auto out, posix_files().open(to, OpenMode::create));
    ::chmod(to.c_str(), 0600);
    TRY_DO(read_through(from, [&](std::uint64_t at, ByteView piece) { return out->write_at(at, piece); }));
    return out->sync();
}

/// Regular files below `folder`, with paths relative to it, sorted.
Result<std::vector<std::string>> files_below(const std::string& folder) {
    std::vector<std::string> found;
    std::error_code code;
    for (auto it = fs::recursive_directory_iterator(folder, code); !code && it != fs::recursive_directory_iterator();
         it.increment(code)) {
        std::error_code gone;  // a file may go away while we look
        if (it->is_regular_file(gone)) {
            found.push_back(fs::relative(it->path(), folder, gone).generic_string());
        }
    }
    if (code) {
        return std::unexpected(trouble(folder, code));
    }
    std::ranges::sort(found);
    return found;
}

bool is_database(std::string_view path) {
    return path.ends_with(".db");
}

/// SQLite's companions are within its own copy; the lock is the running program's; parts were never finished.
bool is_left_out(std::string_view path) {
    return path.ends_with("-wal") || path.ends_with("-shm") || path.ends_with("-journal") || path.ends_with(".part") ||
           path == "internal/lock";
}

bool is_journal(std::string_view path) {
    return path.starts_with(std::string(journal_folder) + "/");
}

class Copier {
public:
    Copier(const std::string& data, const std::string& part) : data_(data), part_(part) {}

    /// The order is what makes the copy whole; see make_backup.
    Result<void> copy() {
        TRY_DO(posix_files().create_folders(part_));
        ::chmod(part_.c_str(), 0700);
        TRY(const auto hold, JournalHold::take(data_ + "/" + std::string(journal_folder)));
        TRY_DO(copy_database(std::string(observations_file)));
        TRY(const auto paths, files_below(data_));
        for (const std::string& path : paths) {
            if (path == observations_file || is_left_out(path) || is_journal(path)) {
                continue;
            }
            TRY_DO(is_database(path) ? copy_database(path) : copy_plain(path));
        }
        return copy_journal();
    }

    /// Sizes and sums of the copies, and the positions that they reach.
    Result<Manifest> describe(const Clock& clock) const {
        Manifest manifest{.program = std::string(program_version), .made = clock.now(), .files = {}};
        TRY(const auto store, observations::open_block_store({.path = part_ + "/" + std::string(observations_file)}));
        manifest.settled = store->settled().value;
        TRY(const auto report, journal::verify(posix_files(), part_ + "/" + std::string(journal_folder)));
        manifest.journal_first = report.first.value;
        manifest.journal_last = report.last.value;
        return manifest;
    }

    Result<void> add_files(Manifest& manifest) const {
        TRY(const auto paths, files_below(part_));
        for (const std::string& path : paths) {
            if (!is_left_out(path)) {
                TRY(auto file, described(part_, path));
                manifest.files.push_back(std::move(file));
            }
        }
        return {};
    }

private:
    Result<void> make_room_for(const std::string& path) const {
        return posix_files().create_folders(fs::path(part_ + "/" + path).parent_path().string());
    }

    Result<void> copy_plain(const std::string& path) const {
        TRY_DO(make_room_for(path));
        return copy_file(data_ + "/" + path, part_ + "/" + path);
    }

    Result<void> copy_database(const std::string& path) const {
        TRY_DO(make_room_for(path));
        std::error_code ignored;
        fs::remove(part_ + "/" + path, ignored);
        TRY(const auto open, database::Database::open({.url = "sqlite:" + data_ + "/" + path}));
        return open->backup(part_ + "/" + path);
    }

    /// As it is by now. Segments that the town lets go of meanwhile had settled before the observations were copied.
    Result<void> copy_journal() const {
        const std::string folder = data_ + "/" + std::string(journal_folder);
        TRY_DO(posix_files().create_folders(part_ + "/" + std::string(journal_folder)));
        TRY(const bool found, is_there(folder));
        if (!found) {
            return {};
        }
        TRY(const auto names, posix_files().list(folder));
        for (const std::string& name : names) {
            const std::string from = folder + "/" + name;
            auto copied = copy_file(from, part_ + "/" + std::string(journal_folder) + "/" + name);
            if (!copied) {
                TRY(const bool still, is_there(from));
                if (still) {
                    return copied;
                }
            }
        }
        return {};
    }

    const std::string& data_;
    const std::string& part_;
};

/// Does the copied journal hold every record after the observations' cursor, up to its own end?
bool covers(const Manifest& manifest) {
    return manifest.journal_last == 0 || manifest.journal_last < manifest.journal_first ||
           (manifest.journal_first <= manifest.settled + 1 && manifest.settled <= manifest.journal_last);
}

std::string to_json(const Manifest& manifest) {
    nlohmann::ordered_json json{{"format", "bypuls-backup"},
                                {"version", 1},
                                {"program", manifest.program},
                                {"made", format_instant(manifest.made)},
                                {"settled", manifest.settled},
                                {"journal", {{"first", manifest.journal_first}, {"last", manifest.journal_last}}},
                                {"files", nlohmann::ordered_json::array()}};
    for (const BackupFile& file : manifest.files) {
        json["files"].push_back({{"path", file.path}, {"bytes", file.bytes}, {"sha256", file.sha256}});
    }
    return json.dump(1) + "\n";
}

/// A path that stays where it is laid.
bool is_inside(const std::string& path) {
    const fs::path whole(path);
    return !path.empty() && whole.is_relative() &&
           std::ranges::none_of(whole, [](const fs::path& part) { return part == ".." || part == "."; });
}

Result<Manifest> manifest_from(std::string_view text) {
    const auto json = nlohmann::json::parse(text, nullptr, false);
    try {
        if (json.at("format") != "bypuls-backup" || json.at("version") != 1) {
            return fail(Errc::damaged, "manifest.json is not of a backup that this program knows");
        }
        Manifest manifest{.program = json.at("program"),
                          .settled = json.at("settled"),
                          .journal_first = json.at("journal").at("first"),
                          .journal_last = json.at("journal").at("last"),
                          .files = {}};
        TRY(manifest.made, parse_instant(json.at("made").get<std::string>()));
        for (const auto& file : json.at("files")) {
            manifest.files.push_back({.path = file.at("path"), .bytes = file.at("bytes"), .sha256 = file.at("sha256")});
            if (!is_inside(manifest.files.back().path)) {
                return fail(Errc::damaged, "manifest.json names a file outside the backup");
            }
        }
        return manifest;
    } catch (const nlohmann::json::exception&) {
        return fail(Errc::damaged, "manifest.json is incomplete or not JSON");
    }
}

Result<void> sync_folders(const std::string& folder) {
    std::error_code code;
    for (auto it = fs::recursive_directory_iterator(folder, code); !code && it != fs::recursive_directory_iterator();
         it.increment(code)) {
        std::error_code gone;
        if (it->is_directory(gone)) {
            TRY_DO(posix_files().sync_folder(it->path().string()));
        }
    }
    return posix_files().sync_folder(folder);
}

/// Gives the finished folder its name, for good.
Result<void> appear(const std::string& part, const std::string& name) {
    TRY_DO(sync_folders(part));
    TRY_DO(posix_files().rename(part, name));
    return posix_files().sync_folder(fs::absolute(name).parent_path().string());
}

std::string without_slash(std::string path) {
    while (path.size() > 1 && path.ends_with('/')) {
        path.pop_back();
    }
    return path;
}

Result<void> check_empty(const std::string& data) {
    std::error_code code;
    if (fs::exists(data, code) && !fs::is_empty(data, code)) {
        return fail(Errc::conflict,
                    fmt::format("{} is not empty. A backup is restored into a folder of its own", data));
    }
    return code && code != std::errc::no_such_file_or_directory ? Result<void>(std::unexpected(trouble(data, code)))
                                                                : Result<void>();
}

}  // namespace

std::uint64_t Manifest::bytes() const {
    std::uint64_t sum = 0;
    for (const BackupFile& file : files) {
        sum += file.bytes;
    }
    return sum;
}

Result<Manifest> make_backup(const std::string& data, const std::string& to, const Clock& clock) {
    const std::string name = without_slash(to);
    TRY(const bool exists, is_there(name));
    if (exists) {
        return fail(Errc::conflict, fmt::format("{} exists already", name));
    }
    TRY_DO(check_holds_town(data));
    const std::string part = name + ".part";
    for (int attempt = 0; attempt < attempts_max; ++attempt) {
        std::error_code ignored;
        fs::remove_all(part, ignored);
        Copier copier(data, part);
        TRY_DO(copier.copy());
        TRY(auto manifest, copier.describe(clock));
        if (!covers(manifest)) {
            continue;  // a town of an earlier version, which keeps no journal for us, let go of records meanwhile
        }
        TRY_DO(copier.add_files(manifest));
        TRY_DO(write_text_file(part + "/manifest.json", to_json(manifest), 0600));
        TRY_DO(appear(part, name));
        return manifest;
    }
    return fail(Errc::unavailable,
                "the journal moved on faster than it could be copied; try again, or to a faster disk");
}

Result<Manifest> check_backup(const std::string& from) {
    const auto text = read_text_file(from + "/manifest.json");
    if (!text) {
        return fail(Errc::not_found, fmt::format("{} is no whole backup: {}", from, text.error().what));
    }
    TRY(auto manifest, manifest_from(*text));
    for (const BackupFile& file : manifest.files) {
        const auto found = described(from, file.path);
        if (!found) {
            return fail(Errc::damaged, fmt::format("the backup lacks {}: {}", file.path, found.error().what));
        }
        if (found->bytes != file.bytes || found->sha256 != file.sha256) {
            return fail(Errc::damaged, fmt::format("{} in the backup is not what was written there", file.path));
        }
    }
    return manifest;
}

Result<Manifest> restore_backup(const std::string& from, const std::string& data) {
    const std::string name = without_slash(data);
    TRY_DO(check_empty(name));
    TRY(auto manifest, check_backup(from));
    const std::string part = name + ".part";
    std::error_code ignored;
    fs::remove_all(part, ignored);
    for (const BackupFile& file : manifest.files) {
        const std::string to = part + "/" + file.path;
        TRY_DO(posix_files().create_folders(fs::path(to).parent_path().string()));
        TRY_DO(copy_file(from + "/" + file.path, to));
        TRY(const auto copy, described(part, file.path));
        if (copy.sha256 != file.sha256) {
            return fail(Errc::damaged, fmt::format("{} changed while it was copied", file.path));
        }
    }
    ::chmod(part.c_str(), 0700);
    fs::remove(name, ignored);  // an empty folder
    TRY_DO(appear(part, name));
    return manifest;
}

}  // namespace bypuls::apps
