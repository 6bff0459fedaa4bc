#include "platform/database/testing/earlier.h"

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <vector>

#include <fmt/format.h>
#include <sqlite3.h>

#include "core/check.h"
#include "core/files.h"
#include "platform/database/page_checksums.h"

namespace bypuls::database {
namespace {

struct Close {
    void operator()(sqlite3* file) const { sqlite3_close(file); }
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using File = std::unique_ptr<sqlite3, Close>;
using Row = std::function<void(sqlite3_stmt*)>;

Result<File> open_file(const std::string& path) {
    use_page_checksums();
    sqlite3* opened = nullptr;
    const int state = sqlite3_open(path.c_str(), &opened);
    File file(opened);
    if (state != SQLITE_OK) {
        return fail(Errc::unavailable, fmt::format("{}: {}", path, sqlite3_errmsg(opened)));
    }
    return file;
}

Result<void> each(sqlite3* file, const std::string& query, const Row& row) {
    sqlite3_stmt* prepared = nullptr;
    if (sqlite3_prepare_v2(file, query.c_str(), -1, &prepared, nullptr) != SQLITE_OK) {
        return fail(Errc::malformed, fmt::format("{}: {}", query, sqlite3_errmsg(file)));
    }
    const std::unique_ptr<sqlite3_stmt, Close> statement(prepared);
    int state = SQLITE_ROW;
    while ((state = sqlite3_step(prepared)) == SQLITE_ROW) {
        row(prepared);
    }
    return state == SQLITE_DONE ? Result<void>{} : fail(Errc::damaged, sqlite3_errmsg(file));
}

std::string text(sqlite3_stmt* row, int column) {
    const auto* found = reinterpret_cast<const char*>(sqlite3_column_text(row, column));
    return found == nullptr ? "" : found;
}

/// The frozen files of several components may go into one file, and each has its own lines of this table.
std::string creation(std::string sql) {
    constexpr std::string_view history = "CREATE TABLE schema_migrations ";
    if (sql.starts_with(history)) {
        sql.insert(std::string_view("CREATE TABLE ").size(), "IF NOT EXISTS ");
    }
    return sql;
}

Result<void> freeze_rows(sqlite3* file, const std::string& table, std::string& out) {
    std::string columns;
    TRY_DO(each(file, fmt::format("PRAGMA table_info({})", table), [&](sqlite3_stmt* row) {
        columns += fmt::format("{}quote({})", columns.empty() ? "" : " || ', ' || ", text(row, 1));
    }));
    return each(file, fmt::format("SELECT {} FROM {}", columns, table),
                [&](sqlite3_stmt* row) { out += fmt::format("INSERT INTO {} VALUES ({});\n", table, text(row, 0)); });
}

Result<void> freeze_pragma(sqlite3* file, std::string_view name, std::string& out) {
    return each(file, fmt::format("PRAGMA {}", name), [&](sqlite3_stmt* row) {
        if (sqlite3_column_int64(row, 0) != 0) {
            out += fmt::format("PRAGMA {} = {};\n", name, sqlite3_column_int64(row, 0));
        }
    });
}

/// What the missing file of a version holds: the version before, brought forward.
std::unexpected<Error> missing(std::string_view room, const Component& component, int version) {
    const std::string file = earlier_file(room, component.name, version);
    TRY(const auto before, version > 1 ? thaw(room, component, version - 1) : TestDatabase::make(Engine::sqlite));
    const SystemClock clock;
    TRY_DO(migrate(*before.open(), {component}, clock, {.number_max = version}));
    TRY(const auto frozen, freeze(before.path()));
    const std::string made = (std::filesystem::temp_directory_path() / std::filesystem::path(file).filename()).string();
    TRY_DO(write_text_file(made, frozen));
    return fail(Errc::not_found,
                fmt::format("{} is not there; what it should hold stands in {}: add rows of what is new, as a town of "
                            "that version would have them",
                            file, made));
}

}  // namespace

std::string earlier_file(std::string_view room, std::string_view component, int version) {
    const char* source = std::getenv("BYPULS_SOURCE_DIR");
    check(source != nullptr, "BYPULS_SOURCE_DIR tells where the sources are, as CTest does");
    return fmt::format("{}/src/{}/earlier/{}-{}.sql", source, room, component, version);
}

Result<TestDatabase> thaw(std::string_view room, const Component& component, int version) {
    const std::string file = earlier_file(room, component.name, version);
    if (!std::filesystem::exists(file)) {
        return missing(room, component, version);
    }
    TRY(auto place, TestDatabase::make(Engine::sqlite));
    TRY_DO(thaw_into(place.path(), file));
    TRY(const auto pending, pending_migrations(*place.open(), {component}));
    const auto newer = component.migrations.size() - static_cast<std::size_t>(version);
    if (pending.size() != newer || (newer > 0 && pending.front().number != version + 1)) {
        return fail(Errc::damaged, fmt::format("{} is not of version {}", file, version));
    }
    return place;
}

Result<void> for_every_version(std::string_view room, const Component& component,
                               const std::function<void(int version, Database& today)>& look) {
    const SystemClock clock;
    for (int version = 1; version <= static_cast<int>(component.migrations.size()); ++version) {
        TRY(const auto place, thaw(room, component, version));
        const auto database = place.open();
        TRY_DO(migrate(*database, {component}, clock));
        look(version, *database);
    }
    return {};
}

Result<void> thaw_into(const std::string& path, const std::string& frozen) {
    TRY(const auto script, read_text_file(frozen));
    TRY(const auto file, open_file(path));
    if (sqlite3_exec(file.get(), script.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
        return fail(Errc::malformed, fmt::format("{}: {}", frozen, sqlite3_errmsg(file.get())));
    }
    return {};
}

Result<std::string> freeze(const std::string& path) {
    TRY(const auto file, open_file(path));
    std::string out;
    TRY_DO(freeze_pragma(file.get(), "application_id", out));
    TRY_DO(freeze_pragma(file.get(), "user_version", out));
    std::vector<std::string> tables;
    TRY_DO(each(file.get(),
                "SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY rowid",
                [&](sqlite3_stmt* row) {
                    tables.push_back(text(row, 0));
                    out += creation(text(row, 1)) + ";\n";
                }));
    for (const auto& table : tables) {
        TRY_DO(freeze_rows(file.get(), table, out));
    }
    TRY_DO(each(file.get(), "SELECT sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL ORDER BY rowid",
                [&](sqlite3_stmt* row) { out += text(row, 0) + ";\n"; }));
    return out;
}

}  // namespace bypuls::database
