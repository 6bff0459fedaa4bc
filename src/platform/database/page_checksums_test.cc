// Bits turned over in files with page checksums: whoever reads gets the answer of before, or an error with the page's
// name.
#include "platform/database/page_checksums.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <set>
#include <span>
#include <thread>

#include <gmock/gmock.h>
#include <soci/soci.h>

#include "core/files.h"
#include "core/random.h"
#include "platform/database/testing/test_database.h"
#include "platform/database/whole.h"

namespace bypuls::database {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

constexpr std::size_t page_bytes = 4096;

Result<void> execute(Database& database, const std::string& statement) {
    return database.write("test", [&](soci::session& sql) -> Result<void> {
        sql << statement;
        return {};
    });
}

std::unique_ptr<Database> open_again(const std::string& path) {
    return Database::open({.url = "sqlite:" + path}).value();
}

/// Every row of the table, as one text.
Result<std::string> all_rows(Database& database) {
    return database.read("rows", [](soci::session& sql) -> Result<std::string> {
        std::string text;
        sql << "SELECT coalesce(group_concat(id || ':' || name || ':' || access, ';'), '') FROM "
               "(SELECT * FROM streams ORDER BY id)",
            soci::into(text);
        return text;
    });
}

void turn_bit(const std::string& path, std::uint64_t at, unsigned bit) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(static_cast<std::streamoff>(at));
    const int byte = file.get();
    file.seekp(static_cast<std::streamoff>(at));
    file.put(static_cast<char>(byte ^ (1 << bit)));
}

bool says_checksums(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    file.seekg(20);
    return file.get() == 8;
}

/// Pages of a file whose checksum does not hold, by what is in the file and by no code of ours but the sum.
int pages_that_do_not_hold(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::array<char, page_bytes> page{};
    int found = 0;
    while (file.read(page.data(), page.size())) {
        found += page_holds(std::as_bytes(std::span(page))) ? 0 : 1;
    }
    return found;
}

class PageChecksums : public testing::Test {
protected:
    /// Rows enough for pages of every kind: inner and outer ones of a table and an index, overflow and free ones.
    void SetUp() override {
        const auto database = open_whole({.url = place_.url()}, "restore").value();
        fill(*database);
    }

    static void fill(Database& database) {
        ASSERT_TRUE(execute(database,
                            "CREATE TABLE streams (id BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL UNIQUE, "
                            "access TEXT NOT NULL)"));
        ASSERT_TRUE(execute(database,
                            "INSERT INTO streams WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
                            "WHERE i < 900) SELECT i, 'stream' || i || substr(hex(zeroblob(3000)), 1, (i % 97 = 0) * "
                            "6000), 'internal' FROM n"));
        ASSERT_TRUE(execute(database, "DELETE FROM streams WHERE id BETWEEN 500 AND 700"));
    }

    std::string copy() {
        const std::string path = place_.folder() + "/copy" + std::to_string(++copies_) + ".db";
        fs::copy_file(place_.path(), path);
        return path;
    }

    TestDatabase place_ = TestDatabase::make(Engine::sqlite).value();
    SeededRandom random_{20};
    int copies_ = 0;
};

TEST_F(PageChecksums, AreInEveryPageOfAFileThatIsOpenedWhole) {
    EXPECT_TRUE(says_checksums(place_.path()));
    EXPECT_GT(fs::file_size(place_.path()), 20 * page_bytes);
    EXPECT_EQ(pages_that_do_not_hold(place_.path()), 0);
}

TEST_F(PageChecksums, ABitThatTurnedOverIsNamedOrInAFreePageAndNeverAnotherAnswer) {
    const std::string whole = all_rows(*open_again(place_.path())).value();
    const auto size = fs::file_size(place_.path());
    std::uint64_t free_pages = 0;
    ASSERT_TRUE(open_again(place_.path())->read("free", [&](soci::session& sql) -> Result<void> {
        long long count = 0;
        sql << "PRAGMA freelist_count", soci::into(count);
        free_pages = static_cast<std::uint64_t>(count);
        return {};
    }));
    ASSERT_GT(free_pages, 0U);
    ASSERT_LT(free_pages, size / page_bytes / 2);
    std::set<std::uint64_t> unnamed;
    int named = 0;
    // Every bit of the header, then some of every page.
    const auto pages = size / page_bytes;
    const std::uint64_t header_bits = 100 * 8;
    for (std::uint64_t round = 0; round < header_bits + pages * 8; ++round) {
        const std::uint64_t page = round < header_bits ? 0 : (round - header_bits) % pages;
        const std::uint64_t at = round < header_bits ? round / 8 : page * page_bytes + random_.below(page_bytes);
        const auto bit = static_cast<unsigned>(round < header_bits ? round % 8 : random_.below(8));
        SCOPED_TRACE(std::to_string(at) + " bit " + std::to_string(bit));
        const std::string path = copy();
        turn_bit(path, at, bit);
        const auto opened = open_whole({.url = "sqlite:" + path}, "restore the last backup");
        if (opened) {
            // Only what nobody reads.
            unnamed.insert(page);
            EXPECT_EQ(all_rows(**opened).value(), whole);
            EXPECT_TRUE(execute(**opened, "INSERT INTO streams SELECT id + 1000, name || 'b', access FROM streams"));
            EXPECT_TRUE((*opened)->verify());
        } else {
            named += 1;
            EXPECT_EQ(opened.error().code, Errc::damaged) << opened.error();
            EXPECT_THAT(opened.error().what, AllOf(HasSubstr(path), HasSubstr(": restore the last backup")));
        }
        fs::remove(path);
    }
    EXPECT_LE(unnamed.size(), free_pages);
    EXPECT_FALSE(unnamed.contains(0));
    EXPECT_GT(named, 900);
}

TEST_F(PageChecksums, WhatIsDamagedWhileItIsOpenIsAnErrorOfWhoeverReadsIt) {
    const std::string path = copy();
    const std::string whole = all_rows(*open_again(path)).value();
    const std::string all = read_text_file(path).value();
    const auto at = all.find("internal", page_bytes);
    ASSERT_NE(at, std::string::npos);
    turn_bit(path, at, 0);
    const auto database = open_again(path);
    const auto rows = all_rows(*database);
    ASSERT_FALSE(rows);
    EXPECT_EQ(rows.error().code, Errc::damaged);
    EXPECT_THAT(rows.error().what,
                HasSubstr("page " + std::to_string(at / page_bytes + 1) + " of " + path + " does not hold"));
    EXPECT_THAT(database->damaged_page().value_or(""), HasSubstr(" of " + path + " does not hold"));
    EXPECT_EQ(open_again(place_.path())->damaged_page(), std::nullopt) << "another file";
    EXPECT_FALSE(database->verify());
    // And of whoever changes it.
    EXPECT_EQ(execute(*database, "UPDATE streams SET access = 'public'").error().code, Errc::damaged);
    turn_bit(path, at, 0);
    EXPECT_EQ(all_rows(*database).value(), whole) << "the sessions are as good as new";
    EXPECT_TRUE(database->damaged_page()) << "nobody has read all of it since";
    EXPECT_TRUE(database->verify());
    EXPECT_EQ(database->damaged_page(), std::nullopt);
    EXPECT_TRUE(std::ranges::none_of(damaged_pages(), [&](const DamagedPage& page) { return page.path == path; }));
}

TEST_F(PageChecksums, ADamagedPageIsTheFilesUnderWhateverNameItWasOpened) {
    const std::string path = copy();
    const std::string link = place_.folder() + "/link.db";
    fs::create_symlink(path, link);
    turn_bit(path, 5 * page_bytes + 100, 0);
    const auto database = open_again(link);
    ASSERT_FALSE(database->verify());
    EXPECT_TRUE(database->damaged_page());
    EXPECT_TRUE(open_again(path)->damaged_page());
    turn_bit(path, 5 * page_bytes + 100, 0);
    EXPECT_TRUE(open_again(path)->verify());
    EXPECT_FALSE(database->damaged_page());
}

TEST_F(PageChecksums, AFileThatWasCutShortIsNamed) {
    for (int round = 0; round < 40; ++round) {
        const std::string path = copy();
        fs::resize_file(path, random_.below(fs::file_size(path) - 1) + 1);
        SCOPED_TRACE(fs::file_size(path));
        const auto opened = open_whole({.url = "sqlite:" + path}, "restore");
        ASSERT_FALSE(opened);
        EXPECT_EQ(opened.error().code, Errc::damaged) << opened.error();
    }
}

TEST_F(PageChecksums, AFileOfAnEarlierVersionGetsThemOnceItHasBeenReadWhole) {
    auto earlier = TestDatabase::make(Engine::sqlite).value();
    std::string rows;
    {
        const auto database = earlier.open();
        fill(*database);
        rows = all_rows(*database).value();
    }
    ASSERT_FALSE(says_checksums(earlier.path()));
    {
        const auto onlooker = open_whole({.url = earlier.url(), .read_only = true}, "restore");
        ASSERT_TRUE(onlooker) << onlooker.error();
        EXPECT_FALSE(says_checksums(earlier.path()));
    }
    for (int start = 0; start < 2; ++start) {
        const auto database = open_whole({.url = earlier.url()}, "restore").value();
        EXPECT_EQ(all_rows(*database).value(), rows);
        EXPECT_FALSE(database->add_page_checksums().value()) << "it has them";
    }
    EXPECT_TRUE(says_checksums(earlier.path()));
    EXPECT_EQ(pages_that_do_not_hold(earlier.path()), 0);
}

TEST_F(PageChecksums, AConnectionFromBeforeTheyCameWritesThemToo) {
    auto earlier = TestDatabase::make(Engine::sqlite).value();
    const auto before = earlier.open();
    fill(*before);
    ASSERT_TRUE(before->add_page_checksums().value());
    // The log goes into the file on one connection; then the old one writes, and moves what it wrote.
    ASSERT_TRUE(open_again(earlier.path())->checkpoint());
    ASSERT_TRUE(execute(*before, "UPDATE streams SET access = 'public' WHERE id = 7"));
    ASSERT_TRUE(before->write("test", [](soci::session& sql) -> Result<void> {
        sql << "UPDATE streams SET access = 'public' WHERE id = 800";
        return {};
    }));
    ASSERT_TRUE(before->checkpoint());
    EXPECT_TRUE(says_checksums(earlier.path()));
    EXPECT_EQ(pages_that_do_not_hold(earlier.path()), 0);
    EXPECT_TRUE(open_whole({.url = earlier.url()}, "restore"));
}

TEST_F(PageChecksums, AreInEveryPageOfABackupHoweverLarge) {
    const auto database = open_again(place_.path());
    // More than SQLite's cache holds, so that pages are written before the first one.
    ASSERT_TRUE(execute(*database,
                        "INSERT INTO streams WITH RECURSIVE n (i) AS (SELECT 2000 UNION ALL SELECT i + 1 FROM n "
                        "WHERE i < 4500) SELECT i, 'large' || i || hex(randomblob(3000)), 'internal' FROM n"));
    const std::string path = place_.folder() + "/back up?#%.db";
    ASSERT_TRUE(database->backup(path));
    ASSERT_TRUE(fs::exists(path));
    EXPECT_TRUE(says_checksums(path));
    EXPECT_GT(fs::file_size(path), std::uint64_t{10} << 20U);
    EXPECT_EQ(pages_that_do_not_hold(path), 0);
    const auto restored = open_whole({.url = "sqlite:" + path}, "restore");
    ASSERT_TRUE(restored) << restored.error();
    EXPECT_EQ(all_rows(**restored).value(), all_rows(*database).value());
}

TEST_F(PageChecksums, SurviveManyWritersReadersAndCheckpoints) {
    const auto database = open_again(place_.path());
    std::vector<std::jthread> threads;
    std::atomic<int> failures{0};
    for (int t = 0; t < 3; ++t) {
        threads.emplace_back([&, t] {
            for (int i = 0; i < 40; ++i) {
                const bool done = t == 0
                                      ? all_rows(*database).has_value()
                                      : execute(*database, "UPDATE streams SET name = name || 'w" + std::to_string(t) +
                                                               "' WHERE id % 40 = " + std::to_string(i))
                                            .has_value();
                failures += done ? 0 : 1;
                if (t == 2) {
                    std::ignore = database->checkpoint();  // others may be reading
                }
            }
        });
    }
    threads.clear();
    EXPECT_EQ(failures, 0);
    EXPECT_TRUE(database->verify());
    ASSERT_TRUE(database->checkpoint());
    EXPECT_EQ(pages_that_do_not_hold(place_.path()), 0);
}

}  // namespace
}  // namespace bypuls::database
