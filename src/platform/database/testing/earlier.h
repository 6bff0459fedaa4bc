#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "core/result.h"
#include "platform/database/migrations.h"
#include "platform/database/testing/test_database.h"

/// Tables as they were at earlier versions, each frozen with rows of its time in the folder of its room:
/// `src/platform/identity/earlier/identity-1.sql`. A frozen file is never edited, as its migration is not. Whoever adds
/// a migration adds the file of the version that it makes: thaw() says what it holds, to which rows of what is new are
/// added.
namespace bypuls::database {

/// Where the frozen file of a version is, or should be. `room` as in src/CMakeLists.txt.
std::string earlier_file(std::string_view room, std::string_view component, int version);

/// A SQLite database with the tables and rows of that version, not brought forward.
///
/// Errc::not_found when the file is missing; the sentence names a file with what it should hold, made from the version
/// before. Errc::damaged when it holds another version than its name says, malformed when it is no SQL.
Result<TestDatabase> thaw(std::string_view room, const Component& component, int version);

/// Calls `look` with a database of each version from 1 to today's, brought forward. Stops with the errors of thaw() and
/// migrate().
Result<void> for_every_version(std::string_view room, const Component& component,
                               const std::function<void(int version, Database& today)>& look);

/// Adds the tables and rows of a frozen file to a SQLite file, which may hold those of other components.
Result<void> thaw_into(const std::string& path, const std::string& frozen);

/// All tables, rows and indexes of a SQLite file as SQL, one statement a line, with its version and application id.
Result<std::string> freeze(const std::string& path);

}  // namespace bypuls::database
