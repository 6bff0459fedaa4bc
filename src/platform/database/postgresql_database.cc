#include <fmt/format.h>
#include <soci/postgresql/soci-postgresql.h>
#include <soci/soci.h>

#include "platform/database/engines.h"
#include "platform/database/session_pool.h"

namespace bypuls::database {
namespace {

std::string show(soci::session& session, const std::string& setting) {
    std::string value;
    session << "SHOW " + setting, soci::into(value);
    return value;
}

Result<void> check_durability(soci::session& session) {
    if (show(session, "fsync") != "on") {
        return fail(Errc::forbidden,
                    "PostgreSQL runs with fsync off, so a power cut may lose everything; turn it on in "
                    "postgresql.conf");
    }
    if (show(session, "synchronous_commit") == "off") {
        return fail(Errc::forbidden,
                    "PostgreSQL runs with synchronous_commit off, so a crash may lose what was acknowledged; turn it "
                    "on in postgresql.conf or for this role");
    }
    if (show(session, "full_page_writes") != "on") {
        return fail(Errc::forbidden,
                    "PostgreSQL runs with full_page_writes off, so a power cut may tear pages; turn it on in "
                    "postgresql.conf");
    }
    if (show(session, "server_encoding") != "UTF8") {
        return fail(Errc::forbidden, "the PostgreSQL database is not in UTF8; create it with ENCODING 'UTF8'");
    }
    return {};
}

// SOCI says only that it could not connect; libpq knows why.
Result<void> check_connection(const Settings& settings) {
    const std::unique_ptr<PGconn, decltype(&PQfinish)> connection(PQconnectdb(settings.url.c_str()), &PQfinish);
    if (PQstatus(connection.get()) == CONNECTION_OK) {
        return {};
    }
    const std::string reason = PQerrorMessage(connection.get());
    return fail(Errc::unavailable,
                "database " + without_password(settings.url) + ": " + reason.substr(0, reason.find('\n')));
}

Result<std::unique_ptr<soci::session>> connect(const Settings& settings) {
    try {
        return std::make_unique<soci::session>(soci::postgresql, settings.url);
    } catch (const soci::soci_error&) {
        TRY_DO(check_connection(settings));
        return fail(Errc::unavailable, "database " + without_password(settings.url) + ": the connection failed once");
    }
}

Result<std::unique_ptr<soci::session>> open_session(const Settings& settings) {
    return run("database " + without_password(settings.url), [&]() -> Result<std::unique_ptr<soci::session>> {
        TRY(auto session, connect(settings));
        *session << fmt::format("SET lock_timeout = {}", settings.wait_max.count());
        *session << fmt::format("SET statement_timeout = {}", settings.statement_max.count());
        *session << fmt::format("SET idle_in_transaction_session_timeout = {}", 2 * settings.statement_max.count());
        *session << "SET client_encoding = 'UTF8'";
        *session << "SET client_min_messages = warning";
        TRY_DO(check_durability(*session));
        return session;
    });
}

class PostgresqlDatabase final : public Database {
public:
    explicit PostgresqlDatabase(const Settings& settings)
        : settings_(settings),
          sessions_(settings.sessions_max, settings.wait_max, [this] { return open_session(settings_); }) {}

    Engine engine() const override { return Engine::postgresql; }

    Result<Transaction> begin(Access access) override {
        TRY(auto held,
            HeldSession::begin(sessions_, access == Access::write ? "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"
                                                                  : "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"));
        return Transaction(std::move(held));
    }

    Result<void> backup(const std::string& /*path*/) override {
        return fail(Errc::forbidden,
                    "the relational data is in PostgreSQL: back it up with pg_dump or pg_basebackup, which also know "
                    "its other databases");
    }

    Result<void> checkpoint() override { return {}; }
    std::optional<std::string> damaged_page() const override { return std::nullopt; }

    Result<bool> add_page_checksums() override { return false; }

    // PostgreSQL keeps its own checksums; reading every constraint again is amcheck's and pg_checksums' work.
    Result<void> verify() override {
        return read("verify", [](soci::session& sql) -> Result<void> {
            int one = 0;
            sql << "SELECT count(*) FROM pg_constraint WHERE NOT convalidated", soci::into(one);
            if (one != 0) {
                return fail(Errc::damaged, fmt::format("verify: {} constraints have not been validated", one));
            }
            return {};
        });
    }

private:
    const Settings settings_;
    SessionPool sessions_;
};

}  // namespace

Result<std::unique_ptr<Database>> open_postgresql(const Settings& settings) {
    auto database = std::make_unique<PostgresqlDatabase>(settings);
    TRY_DO(database->begin(Database::Access::read));
    return database;
}

}  // namespace bypuls::database
