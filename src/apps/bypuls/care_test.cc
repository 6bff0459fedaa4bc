// A small town's folder, and what an operator does with it: backup, restore, verify, doctor, the lock.
#include <atomic>
#include <filesystem>
#include <thread>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include "apps/bypuls/backup.h"
#include "apps/bypuls/commands.h"
#include "apps/bypuls/data_folder.h"
#include "apps/bypuls/data_lock.h"
#include "apps/bypuls/doctor.h"
#include "apps/bypuls/operate.h"
#include "apps/bypuls/verify.h"
#include "core/files.h"
#include "platform/database/migrations.h"
#include "platform/http/server.h"
#include "platform/journal/journal.h"
#include "platform/observations/blocks/block_store.h"
#include "platform/publication/plane/catalogue.h"
#include "platform/registry/relational/relational_registry.h"

namespace bypuls::apps {
namespace {

namespace fs = std::filesystem;
using observations::DatastreamId;
using ::testing::HasSubstr;

constexpr Instant start{std::chrono::sys_days{std::chrono::year{2026} / 3 / 1}};
constexpr Duration minute = std::chrono::minutes(1);
constexpr DatastreamId stream{1};
constexpr Interval always{observations::earliest_time, observations::latest_time};

/// The parts that keep things, as InternalPlane opens them, with small segments so that many come and go.
class TinyTown {
public:
    static Result<std::unique_ptr<TinyTown>> open(const std::string& data) {
        auto town = std::make_unique<TinyTown>();
        TRY_DO(posix_files().create_folders(data + "/internal"));
        TRY_DO(posix_files().create_folders(data + "/public"));
        TRY_DO(write_text_file(data + "/public/catalogue.json", publication::to_json({})));
        TRY(town->database, database::Database::open({.url = "sqlite:" + data + "/internal/registry.db"}));
        TRY_DO(database::migrate(*town->database, {registry::registry_component()}, town->clock));
        TRY(town->registry, registry::open_relational_registry(*town->database, town->clock));
        TRY(town->store, observations::open_block_store({.path = data + "/internal/observations.db"}));
        journal::RecoveryReport report;
        town->journal_folder = data + "/internal/journal";
        TRY(town->journal, journal::open(posix_files(), town->journal_folder,
                                         {.segment_bytes = 4096,
                                          .write_ahead_bytes = 0,
                                          .highest_seen = town->store->settled(),
                                          .mode = journal::Mode::inline_commit},
                                         town->clock, report));
        TRY_DO(town->replay());
        return town;
    }

    /// One record, one reading: the record's number is both its minute and its value.
    Result<void> take_in() {
        TRY(const auto position, journal->append_and_wait(journal::Entry{.type = 1, .source = "test"}));
        return apply(position);
    }

    Result<void> settle() {
        TRY_DO(store->settle(journal->last()));
        return JournalHold::is_held(journal_folder) ? Result<void>() : journal->release_before(store->settled().next());
    }

    Result<void> replay() {
        if (store->settled() >= journal->last()) {
            return {};
        }
        TRY(auto reader, journal->read_from(store->settled().next()));
        while (true) {
            TRY(const auto record, reader.next());
            if (!record) {
                return reader.take_gaps().empty() ? Result<void>() : fail(Errc::damaged, "records are missing");
            }
            TRY_DO(apply(record->position));
        }
    }

    Result<void> apply(journal::Position position) {
        const auto n = static_cast<std::int64_t>(position.value);
        const observations::Arrival row{stream, {start + n * minute, static_cast<double>(n), {}}};
        observations::Outcome outcome;
        return store->append({&row, 1}, position, {&outcome, 1});
    }

    SystemClock clock;
    std::string journal_folder;
    std::unique_ptr<database::Database> database;
    std::unique_ptr<registry::Registry> registry;
    std::unique_ptr<observations::Store> store;
    std::unique_ptr<journal::Journal> journal;
};

class CareTest : public ::testing::Test {
protected:
    void SetUp() override {
        const auto* name = ::testing::UnitTest::GetInstance()->current_test_info()->name();
        root_ = fmt::format("{}bypuls-care-{}-{}", ::testing::TempDir(), ::getpid(), name);
        fs::remove_all(root_);
        fs::create_directories(root_);
        data_ = root_ + "/town";
        to_ = root_ + "/copy";
    }
    void TearDown() override { fs::remove_all(root_); }

    std::unique_ptr<TinyTown> town(const std::string& data) {
        auto opened = TinyTown::open(data);
        EXPECT_TRUE(opened) << opened.error();
        return std::move(*opened);
    }

    void fill(int records) {
        const auto filled = town(data_);
        for (int i = 0; i < records; ++i) {
            ASSERT_TRUE(filled->take_in());
            if (i == records / 2) {
                ASSERT_TRUE(filled->settle());
            }
        }
    }

    /// Turns over one byte of a file, `from_end` from its end.
    static void damage(const std::string& path, std::uint64_t from_end) {
        const auto file = posix_files().open(path, OpenMode::write);
        ASSERT_TRUE(file);
        const std::uint64_t at = *(*file)->size() - from_end;
        std::array<std::byte, 1> byte{};
        ASSERT_TRUE((*file)->read_at(at, byte));
        byte[0] ^= std::byte{0xFF};
        ASSERT_TRUE((*file)->write_at(at, byte));
    }

    Settings settings() const {
        Settings settings;
        settings.data = data_;
        settings.listen.port = 0;
        settings.web = root_ + "/web";
        return settings;
    }

    /// What the doctor says of one thing.
    Finding examined(std::string_view what) { return examined(what, settings()); }
    Finding examined(std::string_view what, const Settings& asked) {
        for (Finding& finding : examine(asked, clock_)) {
            if (finding.what == what) {
                return finding;
            }
        }
        return {"nothing", Finding::State::fault, ""};
    }

    std::string root_;
    std::string data_;
    std::string to_;
    SimulatedClock clock_{start};
};

TEST_F(CareTest, ABackupMadeWhileReadingsComeInHoldsAllThatCameBeforeIt) {
    const auto running = town(data_);
    for (int i = 0; i < 300; ++i) {
        ASSERT_TRUE(running->take_in());
    }
    std::atomic<bool> enough = false;
    std::thread load([&] {
        for (int i = 0; !enough; ++i) {
            ASSERT_TRUE(running->take_in());
            if (i % 50 == 0) {
                ASSERT_TRUE(running->settle());
            }
        }
    });
    const std::uint64_t before = running->journal->last().value;
    const auto made = make_backup(data_, to_, clock_);
    enough = true;
    load.join();
    ASSERT_TRUE(made) << made.error();

    const std::string restored = root_ + "/restored";
    const auto laid = restore_backup(to_, restored);
    ASSERT_TRUE(laid) << laid.error();
    const auto again = town(restored);
    const std::uint64_t reached = again->store->count(stream);
    EXPECT_GE(reached, before);
    EXPECT_EQ(reached, made->journal_last);
    const auto original = running->store->range(stream, {start, start + static_cast<int>(reached + 1) * minute});
    const auto copy = again->store->range(stream, always);
    ASSERT_TRUE(original && copy);
    EXPECT_EQ(original->columns, copy->columns);
    ASSERT_TRUE(again->take_in()) << "the restored town takes readings in";
    EXPECT_EQ(again->store->count(stream), reached + 1);
}

TEST_F(CareTest, WhoeverCopiesTheJournalKeepsTheTownFromLettingGoOfIt) {
    fs::create_directories(data_);
    EXPECT_FALSE(JournalHold::is_held(data_));
    EXPECT_FALSE(JournalHold::is_held(data_ + "/nowhere"));
    {
        const auto one = JournalHold::take(data_);
        const auto other = JournalHold::take(data_);
        ASSERT_TRUE(one && other);
        EXPECT_TRUE(JournalHold::is_held(data_));
        EXPECT_TRUE(JournalHold::is_held(data_)) << "looking takes nothing away";
    }
    EXPECT_FALSE(JournalHold::is_held(data_));
    EXPECT_TRUE(JournalHold::take(data_ + "/nowhere")) << "a town that has no journal yet";
}

TEST_F(CareTest, ARestoredTownIsWholeAndSoIsItsRegistry) {
    {
        const auto running = town(data_);
        ASSERT_TRUE(running->registry->things().create({.name = "Landfalltjern"}));
    }
    fill(100);
    ASSERT_TRUE(make_backup(data_, to_, clock_));
    ASSERT_TRUE(restore_backup(to_ + "/", root_ + "/restored/"));
    for (const Finding& finding : verify_data(root_ + "/restored")) {
        EXPECT_EQ(finding.state, Finding::State::ok) << finding.what << ": " << finding.sentence;
    }
    const auto things = town(root_ + "/restored")->registry->things().find_by_name("Landfalltjern");
    ASSERT_TRUE(things);
    EXPECT_EQ(things->size(), 1U);
    EXPECT_TRUE(fs::exists(root_ + "/restored/public/catalogue.json"));
    EXPECT_FALSE(fs::exists(root_ + "/restored/internal/lock"));
    EXPECT_EQ(fs::status(root_ + "/restored").permissions(), fs::perms::owner_all);
}

TEST_F(CareTest, ADamagedBackupIsNotRestored) {
    fill(100);
    const auto made = make_backup(data_, to_, clock_);
    ASSERT_TRUE(made) << made.error();
    ASSERT_GE(made->files.size(), 4U);
    for (const BackupFile& file : made->files) {
        if (file.bytes == 0) {
            continue;
        }
        damage(to_ + "/" + file.path, 1);
        const auto laid = restore_backup(to_, root_ + "/restored");
        ASSERT_FALSE(laid) << file.path;
        EXPECT_EQ(laid.error().code, Errc::damaged);
        EXPECT_THAT(laid.error().what, HasSubstr(file.path));
        EXPECT_FALSE(fs::exists(root_ + "/restored"));
        damage(to_ + "/" + file.path, 1);
    }
    fs::remove(to_ + "/" + made->files[0].path);
    EXPECT_EQ(restore_backup(to_, root_ + "/restored").error().code, Errc::damaged);
}

TEST_F(CareTest, AManifestThatIsCutStrangeOrReachesOutIsRefused) {
    fill(10);
    ASSERT_TRUE(make_backup(data_, to_, clock_));
    const std::string path = to_ + "/manifest.json";
    const auto whole = read_text_file(path);
    ASSERT_TRUE(whole);
    const auto refused_as = [&](std::string_view text) {
        EXPECT_TRUE(write_text_file(path, text));
        const auto laid = restore_backup(to_, root_ + "/restored");
        EXPECT_FALSE(laid);
        EXPECT_FALSE(fs::exists(root_ + "/restored"));
        return laid ? Errc::malformed : laid.error().code;
    };
    EXPECT_EQ(refused_as(std::string_view(*whole).substr(0, whole->size() / 2)), Errc::damaged);
    EXPECT_EQ(refused_as("[]"), Errc::damaged);
    std::string reaching = *whole;
    reaching.replace(reaching.find("internal/registry.db"), 20, "../../etc/cron.d/xyz");
    EXPECT_EQ(refused_as(reaching), Errc::damaged);
    fs::remove(path);
    EXPECT_EQ(restore_backup(to_, root_ + "/restored").error().code, Errc::not_found);
}

TEST_F(CareTest, NothingIsOverwritten) {
    fill(10);
    ASSERT_TRUE(make_backup(data_, to_, clock_));
    EXPECT_EQ(make_backup(data_, to_, clock_).error().code, Errc::conflict);
    EXPECT_EQ(restore_backup(to_, data_).error().code, Errc::conflict);
    EXPECT_EQ(make_backup(root_ + "/nowhere", root_ + "/other", clock_).error().code, Errc::not_found);
    fs::create_directory(root_ + "/empty");
    EXPECT_TRUE(restore_backup(to_, root_ + "/empty"));
}

TEST_F(CareTest, VerifyTellsDamageInJournalDatabaseAndBlocksByItsExitCode) {
    fill(200);
    ASSERT_TRUE(make_backup(data_, to_, clock_));
    EXPECT_EQ(verify(settings(), false), exit_ok);

    const auto segments = posix_files().list(data_ + "/internal/journal");
    ASSERT_TRUE(segments);
    ASSERT_GE(segments->size(), 2U);
    damage(data_ + "/internal/journal/" + segments->front(), 7);
    EXPECT_EQ(verify(settings(), true), exit_failed);
    damage(data_ + "/internal/journal/" + segments->front(), 7);
    EXPECT_EQ(verify(settings(), false), exit_ok);

    const auto registry = posix_files().open(data_ + "/internal/registry.db", OpenMode::write);
    ASSERT_TRUE(registry);
    ASSERT_TRUE((*registry)->write_at(4096, Bytes(4096, std::byte{0x5A})));
    EXPECT_EQ(verify(settings(), false), exit_failed);

    Settings nothing;
    nothing.data = root_ + "/nowhere";
    EXPECT_EQ(verify(nothing, false), exit_failed);
}

TEST_F(CareTest, OneProgramAtATimeHasTheData) {
    fs::create_directories(data_ + "/internal");
    auto held = DataLock::take(data_ + "/internal");
    ASSERT_TRUE(held) << held.error();
    const auto second = DataLock::take(data_ + "/internal");
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, Errc::conflict);
    EXPECT_THAT(second.error().what, HasSubstr(std::to_string(::getpid())));
    EXPECT_EQ(examined("lock").sentence, "the town runs");
    held->reset();
    EXPECT_TRUE(DataLock::take(data_ + "/internal"));
}

TEST_F(CareTest, TheDoctorNamesWhatIsWrong) {
    fs::create_directories(data_ + "/internal");
    fs::permissions(data_ + "/internal", fs::perms::owner_all);
    EXPECT_EQ(examined("clock").state, Finding::State::ok);
    EXPECT_EQ(examined("syncing").state, Finding::State::ok);
    EXPECT_EQ(examined("port").state, Finding::State::ok);
    EXPECT_EQ(examined("schema").state, Finding::State::ok);
    EXPECT_EQ(examined("permissions").state, Finding::State::ok);
    EXPECT_EQ(examined("web app").state, Finding::State::fault);
    EXPECT_THAT(examined("web app").sentence, HasSubstr(root_ + "/web"));

    fs::permissions(data_ + "/internal", fs::perms::all);
    EXPECT_EQ(examined("permissions").state, Finding::State::warning);
    clock_.jump_to(Instant{});
    EXPECT_EQ(examined("clock").state, Finding::State::fault);
    ASSERT_TRUE(write_text_file(data_ + "/internal/registry.db", std::string(8192, 'x')));
    EXPECT_EQ(examined("schema").state, Finding::State::fault);
    EXPECT_EQ(doctor(settings(), true), exit_failed);
    EXPECT_TRUE(posix_files().list(data_)->size() == 1U) << "it leaves nothing behind";
}

TEST_F(CareTest, TheDoctorSaysWhenTheTownListensElsewhere) {
    fs::create_directories(data_ + "/internal");
    const auto held = DataLock::take(data_ + "/internal");
    ASSERT_TRUE(held) << held.error();
    EXPECT_EQ(examined("port").state, Finding::State::ok) << "any free one was asked for";
    Settings asked = settings();
    http::Router router;
    {
        const auto server = http::start_server(router).value();
        asked.listen.port = server->port();
        EXPECT_THAT(examined("port", asked).sentence, HasSubstr("in use, as it should be"));
    }
    EXPECT_EQ(examined("port", asked).state, Finding::State::warning);
    EXPECT_THAT(examined("port", asked).sentence, HasSubstr("if that one serves, it listens elsewhere"))
        << "whoever holds the data need not serve";
}

/// Who may read everything is nobody for a while.
class AsNobody {
public:
    AsNobody() {
        if (::geteuid() == 0) {
            EXPECT_EQ(::seteuid(65'534), 0);
        }
    }
    ~AsNobody() {
        if (::getuid() == 0) {
            EXPECT_EQ(::seteuid(0), 0);
        }
    }
};

TEST_F(CareTest, WhoeverMayNotLookIsToldSo) {
    const std::string internal = data_ + "/internal";
    ASSERT_TRUE(make_internal_folder(internal));
    fs::permissions(root_, fs::perms::all);
    if (::geteuid() != 0) {
        fs::permissions(internal, fs::perms::none);
    }
    {
        const AsNobody nobody;
        EXPECT_EQ(is_there(internal + "/lock").error().code, Errc::forbidden);
        EXPECT_THAT(make_backup(data_, root_ + "/backup", clock_).error().what, HasSubstr("the account that runs"));
        const auto verified = verify_data(data_);
        ASSERT_EQ(verified.size(), 1U);
        EXPECT_THAT(verified.front().sentence, HasSubstr("the account that runs"));
        EXPECT_EQ(examined("lock").state, Finding::State::fault);
        EXPECT_EQ(examined("schema").state, Finding::State::fault);
        EXPECT_EQ(query(settings(), {.sql = "select 1"}), exit_failed);
    }
    fs::permissions(internal, fs::perms::owner_all);
}

TEST_F(CareTest, TheInternalFolderIsClosedToOthersAlsoWhenItWasMadeBefore) {
    const std::string internal = data_ + "/internal";
    fs::create_directories(internal);
    fs::permissions(internal, fs::perms::all);
    ASSERT_TRUE(make_internal_folder(internal));
    EXPECT_EQ(fs::status(internal).permissions(), fs::perms::owner_all);
    fs::remove(internal);
    ASSERT_TRUE(make_internal_folder(internal));
    EXPECT_EQ(fs::status(internal).permissions(), fs::perms::owner_all);
}

}  // namespace
}  // namespace bypuls::apps
