#include "platform/database/migrations.h"

#include <gmock/gmock.h>
#include <soci/soci.h>

#include "platform/database/testing/test_database.h"

namespace bypuls::database {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// A component with three steps, the last of which depends on data of the earlier ones.
Component library() {
    return {"library",
            {{1, "books", {"CREATE TABLE library_books (id BIGINT NOT NULL PRIMARY KEY, title TEXT NOT NULL)"}},
             {2,
              "loans",
              {"CREATE TABLE library_loans (book BIGINT NOT NULL REFERENCES library_books (id), days BIGINT NOT NULL)"},
              {"CREATE INDEX library_loans_sqlite ON library_loans (book)"},
              {"CREATE INDEX library_loans_postgresql ON library_loans USING btree (book)"}},
             {3,
              "how often a book was lent",
              {"ALTER TABLE library_books ADD COLUMN lent BIGINT NOT NULL DEFAULT 0",
               "UPDATE library_books SET lent = (SELECT count(*) FROM library_loans WHERE book = id)"}}}};
}

class Migrations : public testing::TestWithParam<Engine> {
protected:
    void SetUp() override {
        auto made = TestDatabase::make(GetParam());
        if (!made && made.error().code == Errc::unavailable) {
            GTEST_SKIP() << made.error().what;
        }
        ASSERT_TRUE(made) << made.error();
        place_ = std::make_unique<TestDatabase>(std::move(*made));
        database_ = place_->open();
    }

    void execute(const std::string& statement) {
        const auto done = database_->write("test", [&](soci::session& sql) -> Result<void> {
            sql << statement;
            return {};
        });
        ASSERT_TRUE(done) << done.error();
    }
    long long number(const std::string& query) {
        return database_
            ->read("test",
                   [&](soci::session& sql) -> Result<long long> {
                       long long value = -1;
                       sql << query, soci::into(value);
                       return value;
                   })
            .value();
    }
    bool has_table(const std::string& table) {
        return database_
            ->read("test",
                   [&](soci::session& sql) -> Result<void> {
                       sql << "SELECT 1 FROM " + table;
                       return {};
                   })
            .has_value();
    }
    /// Data such as a town would have at that version.
    void fill(int version) {
        if (version >= 1) {
            execute("INSERT INTO library_books (id, title) VALUES (1, 'Hedda Gabler'), (2, 'Sult')");
        }
        if (version >= 2) {
            execute("INSERT INTO library_loans (book, days) VALUES (2, 14), (2, 7)");
        }
    }

    std::unique_ptr<TestDatabase> place_;
    std::unique_ptr<Database> database_;
    SimulatedClock clock_{Instant{1'700'000'000s}};
};

TEST_P(Migrations, ANewDatabaseGetsThemAllInOrderOnce) {
    const auto first = migrate(*database_, {library()}, clock_);
    const auto second = migrate(*database_, {library()}, clock_);

    ASSERT_TRUE(first) << first.error();
    EXPECT_THAT(*first, ElementsAre(PendingMigration{"library", 1, "books"}, PendingMigration{"library", 2, "loans"},
                                    PendingMigration{"library", 3, "how often a book was lent"}));
    EXPECT_THAT(second.value(), IsEmpty());
    EXPECT_EQ(number("SELECT applied_at FROM schema_migrations WHERE number = 3"), 1'700'000'000'000'000);
}

TEST_P(Migrations, EveryEarlierVersionComesForwardWithItsData) {
    for (int version = 0; version <= 3; ++version) {
        auto made = TestDatabase::make(GetParam());
        ASSERT_TRUE(made) << made.error();
        place_ = std::make_unique<TestDatabase>(std::move(*made));
        database_ = place_->open();
        ASSERT_TRUE(migrate(*database_, {library()}, clock_, {.number_max = version}));
        fill(version);

        // A later start, by a program that knows more.
        database_ = place_->open();
        const auto done = migrate(*database_, {library()}, clock_);

        ASSERT_TRUE(done) << done.error();
        EXPECT_EQ(done->size(), 3U - static_cast<unsigned>(version));
        EXPECT_EQ(number("SELECT count(*) FROM library_books"), version >= 1 ? 2 : 0);
        EXPECT_EQ(number("SELECT count(*) FROM library_loans"), version >= 2 ? 2 : 0);
        if (version == 2) {
            EXPECT_EQ(number("SELECT lent FROM library_books WHERE id = 2"), 2);
        }
    }
}

TEST_P(Migrations, OneThatIsInterruptedLeavesNothingAndIsResumed) {
    for (int victim = 1; victim <= 3; ++victim) {
        auto made = TestDatabase::make(GetParam());
        ASSERT_TRUE(made) << made.error();
        place_ = std::make_unique<TestDatabase>(std::move(*made));
        database_ = place_->open();

        const auto interrupted = migrate(*database_, {library()}, clock_,
                                         {.before_commit = [&](const PendingMigration& step) -> Result<void> {
                                             if (step.number == victim) {
                                                 return fail(Errc::unavailable, "the plug was pulled");
                                             }
                                             return {};
                                         }});
        EXPECT_EQ(interrupted.error().what, "the plug was pulled");
        EXPECT_EQ(has_table("library_books"), victim > 1);
        EXPECT_EQ(has_table("library_loans"), victim > 2);
        database_ = place_->open();
        EXPECT_EQ(pending_migrations(*database_, {library()}).value().size(), 4U - static_cast<unsigned>(victim));

        const auto resumed = migrate(*database_, {library()}, clock_);

        ASSERT_TRUE(resumed) << resumed.error();
        EXPECT_EQ(resumed->front().number, victim);
        EXPECT_EQ(number("SELECT count(*) FROM schema_migrations"), 3);
    }
}

TEST_P(Migrations, TheListOfWhatWouldBeDoneChangesNothing) {
    const auto pending = pending_migrations(*database_, {library()});

    EXPECT_EQ(pending.value().size(), 3U);
    EXPECT_FALSE(has_table("schema_migrations"));
    EXPECT_FALSE(has_table("library_books"));
}

TEST_P(Migrations, ADatabaseFromANewerProgramIsRefusedUntouched) {
    ASSERT_TRUE(migrate(*database_, {library()}, clock_));
    Component older = library();
    older.migrations.pop_back();
    const Component unrelated{"chess", {{1, "boards", {"CREATE TABLE chess_boards (id BIGINT)"}}}};

    const auto refused = migrate(*database_, {unrelated, older}, clock_);

    EXPECT_EQ(refused.error().code, Errc::conflict);
    EXPECT_THAT(refused.error().what, HasSubstr("newer than this program"));
    EXPECT_THAT(refused.error().what, HasSubstr("how often a book was lent"));
    EXPECT_FALSE(has_table("chess_boards"));
}

TEST_P(Migrations, AnEditedMigrationIsRefused) {
    ASSERT_TRUE(migrate(*database_, {library()}, clock_));
    Component edited = library();
    edited.migrations[0].statements[0] += " ";

    EXPECT_EQ(migrate(*database_, {edited}, clock_).error().code, Errc::conflict);
}

TEST_P(Migrations, AFaultInTheSqlIsNamedAndUndone) {
    Component faulty = library();
    faulty.migrations[2].statements.emplace_back("ALTER TABLE library_nothing ADD COLUMN x BIGINT");

    const auto failed = migrate(*database_, {faulty}, clock_);

    EXPECT_THAT(failed.error().what, HasSubstr("library"));
    EXPECT_EQ(number("SELECT count(*) FROM schema_migrations"), 2);
    EXPECT_TRUE(migrate(*database_, {library()}, clock_));
}

TEST_P(Migrations, ComponentsAreNumberedApart) {
    const Component chess{"chess", {{1, "boards", {"CREATE TABLE chess_boards (id BIGINT)"}}}};

    ASSERT_TRUE(migrate(*database_, {library()}, clock_));
    const auto added = migrate(*database_, {library(), chess}, clock_);

    EXPECT_THAT(added.value(), ElementsAre(PendingMigration{"chess", 1, "boards"}));
}

INSTANTIATE_TEST_SUITE_P(Engines, Migrations, testing::Values(Engine::sqlite, Engine::postgresql),
                         [](const auto& tested) { return std::string(name_of(tested.param)); });

}  // namespace
}  // namespace bypuls::database
