#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/result.h"
#include "platform/database/database.h"

namespace bypuls::database {

/// One step forward of a schema. Once released it is never edited: its checksum is kept in every database.
///
/// The SQL is the subset that both engines read: BIGINT, DOUBLE PRECISION, TEXT, CHECK, REFERENCES, upserts and
/// RETURNING. Times are BIGINT microseconds UTC, truth is a BIGINT 0 or 1, JSON is TEXT. It calls no program code, so a
/// database of any age can be brought forward without the code of that age.
struct Migration {
    int number = 0;  ///< 1, 2, 3 … without gaps
    std::string name;
    std::vector<std::string> statements;
    /// Run after `statements` on the one engine, for what the subset lacks.
    std::vector<std::string> sqlite_only = {};
    std::vector<std::string> postgresql_only = {};
};

/// A room with tables of its own, which all begin with its name.
struct Component {
    std::string name;
    std::vector<Migration> migrations;
};

struct PendingMigration {
    std::string component;
    int number = 0;
    std::string name;

    friend bool operator==(const PendingMigration&, const PendingMigration&) = default;
};

struct MigrationOptions {
    /// Stops after this number in every component. For tests that need an older database.
    int number_max = 1'000'000;
    /// Called inside each migration's transaction before it commits; an error rolls it back and ends the run.
    std::function<Result<void>(const PendingMigration&)> before_commit = nullptr;
};

/// Brings the components forward, each migration with its line in `schema_migrations` in one transaction, so that an
/// interrupted run resumes where it stopped. Two programs may do it at once. Returns what was applied.
///
/// Errc::conflict, with nothing changed, when the database is newer than this program or when an applied migration
/// differs from the one this program knows.
Result<std::vector<PendingMigration>> migrate(Database& database, const std::vector<Component>& components,
                                              const Clock& clock, const MigrationOptions& options = {});

/// What migrate() would apply, in order; changes nothing. The same errors.
Result<std::vector<PendingMigration>> pending_migrations(Database& database, const std::vector<Component>& components);

}  // namespace bypuls::database
