#include "platform/database/testing/earlier.h"

#include <filesystem>

#include <gmock/gmock.h>
#include <soci/soci.h>

#include "core/files.h"

namespace bypuls::database {
namespace {

using testing::HasSubstr;

Component library() {
    return {"library",
            {{1, "books", {"CREATE TABLE library_books (id BIGINT NOT NULL PRIMARY KEY, title TEXT, weight REAL)"}},
             {2, "an index", {"CREATE INDEX library_books_title ON library_books (title)"}}}};
}

TEST(FrozenTables, ComeBackAsTheyWere) {
    const SystemClock clock;
    const auto place = TestDatabase::make(Engine::sqlite).value();
    ASSERT_TRUE(migrate(*place.open(), {library()}, clock));
    ASSERT_TRUE(place.open()->write("test", [](soci::session& sql) -> Result<void> {
        sql << "INSERT INTO library_books VALUES (1, 'Sult; og ''Pan''', 0.1), (2, NULL, 1e300)";
        return {};
    }));
    const std::string frozen = freeze(place.path()).value();
    const std::string file = place.folder() + "/library-2.sql";
    ASSERT_TRUE(write_text_file(file, frozen));

    const auto other = TestDatabase::make(Engine::sqlite).value();
    ASSERT_TRUE(thaw_into(other.path(), file));

    EXPECT_EQ(freeze(other.path()).value(), frozen);
    EXPECT_TRUE(pending_migrations(*other.open(), {library()})->empty());
    const auto twice = thaw_into(other.path(), file);
    ASSERT_FALSE(twice);
    EXPECT_THAT(twice.error().what, HasSubstr("library-2.sql"));
}

TEST(FrozenTables, AreAskedForByNameWhenTheyAreMissing) {
    const auto missing = thaw("platform/nowhere", library(), 2);
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().code, Errc::not_found);
    EXPECT_THAT(missing.error().what, HasSubstr("src/platform/nowhere/earlier/library-1.sql is not there"));
    std::filesystem::remove(std::filesystem::temp_directory_path() / "library-1.sql");
}

}  // namespace
}  // namespace bypuls::database
