#pragma once

#include <memory>
#include <string>

#include "core/result.h"
#include "core/testing/folder.h"
#include "platform/database/database.h"

namespace bypuls::database {

/// An empty database for one test, gone when it is let go.
///
/// PostgreSQL is a real server, started when first asked for on a socket in a folder of its own, without a network
/// port, as the user `postgres` when the tests run as root, and stopped when the test program ends.
class TestDatabase {
public:
    /// Errc::unavailable with the reason when this machine has no PostgreSQL 15 to start.
    static Result<TestDatabase> make(Engine engine);

    TestDatabase(TestDatabase&&) noexcept = default;
    TestDatabase& operator=(TestDatabase&&) = delete;

    Engine engine() const { return engine_; }
    const std::string& url() const { return url_; }
    /// The SQLite file.
    std::string path() const;
    /// A folder that goes with it.
    const std::string& folder() const { return folder_->path(); }
    /// Opens it; ends the test program when that fails.
    std::unique_ptr<Database> open(std::size_t sessions_max = 4) const;

private:
    TestDatabase(Engine engine, std::unique_ptr<TestFolder> folder, std::string url);

    Engine engine_;
    std::unique_ptr<TestFolder> folder_;  // null when moved from
    std::string url_;
};

/// Ends every connection to the PostgreSQL server of TestDatabase, as a restart would.
Result<void> drop_postgresql_connections();

/// The URL of a database on a second server that runs with the given settings, such as "fsync=off". The server stops
/// when the test program ends.
Result<std::string> start_postgresql_with(const std::string& setting);

}  // namespace bypuls::database
