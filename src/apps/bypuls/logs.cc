#include "apps/bypuls/logs.h"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "apps/bypuls/data_folder.h"
#include "core/files.h"
#include "core/log.h"
#include "platform/database/database.h"
#include "platform/database/write_ahead_log.h"

namespace bypuls::apps {
namespace {

namespace fs = std::filesystem;
using State = database::LogReport::State;

/// The log as it was found, beside it and under a name that is free. Where it went; empty when there is none.
Result<std::string> put_aside(const std::string& log) {
    TRY(const bool found, is_there(log));
    if (!found) {
        return std::string();
    }
    for (int number = 1;; ++number) {
        const std::string aside = fmt::format("{}.damaged-{}", log, number);
        std::error_code code;
        if (fs::copy_file(log, aside, code)) {
            TRY(const auto file, posix_files().open(aside, OpenMode::write));
            TRY_DO(file->sync());
            return aside;
        }
        if (code != std::errc::file_exists) {
            return fail(Errc::unavailable, fmt::format("{}: {}", aside, code.message()));
        }
    }
}

/// SQLite takes what it can read into the file, and the log is empty afterwards: what was given up is not found again.
Result<void> give_up(const std::string& path, const std::string& sentence) {
    TRY(const std::string aside, put_aside(path + "-wal"));
    log::warning("database", "a damaged log is given up", {{"file", path}, {"why", sentence}, {"kept_as", aside}});
    TRY(const auto open, database::Database::open({.url = "sqlite:" + path}));
    return open->checkpoint();
}

bool names(const std::vector<std::string>& files, const std::string& data, const std::string& name) {
    return std::ranges::any_of(files, [&](const std::string& file) {
        std::error_code none;
        return file == name + "-wal" || fs::equivalent(file, data + "/" + name + "-wal", none);
    });
}

}  // namespace

std::vector<std::string> databases_of(const std::string& data) {
    std::vector<std::string> found;
    for (const auto* folder : {"internal", "public"}) {
        std::error_code code;
        for (const auto& entry : fs::directory_iterator(data + "/" + folder, code)) {
            if (entry.path().extension() == ".db") {
                found.push_back(fmt::format("{}/{}", folder, entry.path().filename().string()));
            }
        }
    }
    std::ranges::sort(found);
    return found;
}

Result<void> mind_logs(const std::string& data, Planes planes, const std::vector<std::string>& accept_loss) {
    std::vector<std::string> sentences;
    std::vector<std::string> flags;
    const bool writes = planes == Planes::both;
    for (const std::string& name : databases_of(data)) {
        if (!writes && !name.starts_with("public/")) {
            continue;
        }
        const std::string path = data + "/" + name;
        TRY(const auto report, database::look_at_log(posix_files(), path));
        const std::string sentence = database::sentence_of(report, path);
        const bool accepted = names(accept_loss, data, name);
        if (report.state == State::damaged && !(accepted && writes)) {
            sentences.push_back(sentence);
            flags.push_back(fmt::format("--accept-loss {}-wal", name));
        } else if (report.state == State::damaged || (report.state == State::in_doubt && writes)) {
            TRY_DO(give_up(path, sentence));
        } else if (!sentence.empty()) {
            log::info("database", "a log ends early", {{"why", sentence}});
        }
    }
    if (sentences.empty()) {
        return {};
    }
    return fail(
        Errc::damaged,
        fmt::format("{}. Changes that were acknowledged are in it, such as a key that was revoked. `bypuls restore` "
                    "brings back the last backup, into a new folder; or `bypuls serve {}` goes on once without them, "
                    "and keeps the damaged log beside",
                    fmt::join(sentences, "; "), fmt::join(flags, " ")));
}

}  // namespace bypuls::apps
