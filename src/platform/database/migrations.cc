#include "platform/database/migrations.h"

#include <map>
#include <optional>

#include <fmt/format.h>
#include <soci/soci.h>

#include "core/bytes.h"
#include "core/check.h"

namespace bypuls::database {
namespace {

struct Applied {
    std::string name;
    std::string checksum;
};
using History = std::map<int, Applied>;

std::string checksum_of(const Migration& migration) {
    std::uint32_t sum = crc32c(as_bytes(migration.name));
    for (const auto* part : {&migration.statements, &migration.sqlite_only, &migration.postgresql_only}) {
        for (const auto& statement : *part) {
            sum = crc32c(as_bytes(statement), sum);
        }
        sum = crc32c(as_bytes("|"), sum);
    }
    return fmt::format("{:08x}", sum);
}

void check_numbers(const Component& component) {
    int expected = 1;
    for (const auto& migration : component.migrations) {
        check(migration.number == expected++, "migrations are numbered 1, 2, 3 without gaps");
    }
}

bool has_history(soci::session& sql, Engine engine) {
    int count = 0;
    sql << (engine == Engine::sqlite
                ? "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'schema_migrations'"
                : "SELECT count(*) FROM pg_tables WHERE schemaname = current_schema() AND tablename = "
                  "'schema_migrations'"),
        soci::into(count);
    return count > 0;
}

History read_history(soci::session& sql, const std::string& component) {
    History history;
    int number = 0;
    Applied applied;
    soci::statement rows =
        (sql.prepare << "SELECT number, name, checksum FROM schema_migrations WHERE component = :component",
         soci::use(component), soci::into(number), soci::into(applied.name), soci::into(applied.checksum));
    rows.execute();
    while (rows.fetch()) {
        history[number] = applied;
    }
    return history;
}

Result<void> check_history(const Component& component, const History& history) {
    const int known = static_cast<int>(component.migrations.size());
    if (!history.empty() && history.rbegin()->first > known) {
        const auto& [number, newest] = *history.rbegin();
        return fail(Errc::conflict,
                    fmt::format("the database is newer than this program: '{}' has migration {} ({}), and this program "
                                "knows up to {}; start the newer program, or restore the backup made before it",
                                component.name, number, newest.name, known));
    }
    for (const auto& migration : component.migrations) {
        const auto found = history.find(migration.number);
        if (found != history.end() && found->second.checksum != checksum_of(migration)) {
            return fail(Errc::conflict,
                        fmt::format("migration {} ({}) of '{}' is not the one that was applied to this database as "
                                    "'{}'; this program and the database come from different histories",
                                    migration.number, migration.name, component.name, found->second.name));
        }
    }
    return {};
}

void create_history(soci::session& sql, Engine engine) {
    if (engine == Engine::postgresql) {
        // Held to the end of the transaction: two programs that start at once migrate one after the other.
        sql << "SELECT pg_advisory_xact_lock(7163120981)";
    }
    sql << "CREATE TABLE IF NOT EXISTS schema_migrations (component TEXT NOT NULL, number BIGINT NOT NULL, "
           "name TEXT NOT NULL, checksum TEXT NOT NULL, applied_at BIGINT NOT NULL, PRIMARY KEY (component, number))";
}

void execute_all(soci::session& sql, const std::vector<std::string>& statements) {
    for (const auto& statement : statements) {
        sql << statement;
    }
}

void apply(soci::session& sql, Engine engine, const Component& component, const Migration& migration, Instant now) {
    execute_all(sql, migration.statements);
    execute_all(sql, engine == Engine::sqlite ? migration.sqlite_only : migration.postgresql_only);
    const long long applied_at = now.time_since_epoch().count();
    const std::string checksum = checksum_of(migration);
    sql << "INSERT INTO schema_migrations (component, number, name, checksum, applied_at) "
           "VALUES (:component, :number, :name, :checksum, :applied_at)",
        soci::use(component.name), soci::use(migration.number), soci::use(migration.name), soci::use(checksum),
        soci::use(applied_at);
}

/// Applies the first migration of the component that is missing; nothing when there is none.
Result<std::optional<PendingMigration>> apply_next(Database& database, const Component& component, const Clock& clock,
                                                   const MigrationOptions& options) {
    return database.write("migrations of '" + component.name + "'",
                          [&](soci::session& sql) -> Result<std::optional<PendingMigration>> {
                              create_history(sql, database.engine());
                              const History history = read_history(sql, component.name);
                              TRY_DO(check_history(component, history));
                              for (const auto& migration : component.migrations) {
                                  if (history.contains(migration.number) || migration.number > options.number_max) {
                                      continue;
                                  }
                                  PendingMigration step{component.name, migration.number, migration.name};
                                  apply(sql, database.engine(), component, migration, clock.now());
                                  if (options.before_commit) {
                                      TRY_DO(options.before_commit(step));
                                  }
                                  return step;
                              }
                              return std::nullopt;
                          });
}

}  // namespace

Result<std::vector<PendingMigration>> pending_migrations(Database& database, const std::vector<Component>& components) {
    return database.read("migrations", [&](soci::session& sql) -> Result<std::vector<PendingMigration>> {
        std::vector<PendingMigration> pending;
        const bool recorded = has_history(sql, database.engine());
        for (const auto& component : components) {
            check_numbers(component);
            const History history = recorded ? read_history(sql, component.name) : History{};
            TRY_DO(check_history(component, history));
            for (const auto& migration : component.migrations) {
                if (!history.contains(migration.number)) {
                    pending.push_back({component.name, migration.number, migration.name});
                }
            }
        }
        return pending;
    });
}

Result<std::vector<PendingMigration>> migrate(Database& database, const std::vector<Component>& components,
                                              const Clock& clock, const MigrationOptions& options) {
    // Every refusal comes before the first change.
    TRY_DO(pending_migrations(database, components));
    std::vector<PendingMigration> applied;
    for (const auto& component : components) {
        while (true) {
            TRY(const auto step, apply_next(database, component, clock, options));
            if (!step) {
                break;
            }
            applied.push_back(*step);
        }
    }
    return applied;
}

}  // namespace bypuls::database
