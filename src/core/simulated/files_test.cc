#include "core/simulated/files.h"

#include <thread>

#include <gmock/gmock.h>

#include "core/folders.h"

namespace bypuls {
namespace {

using testing::ElementsAre;

std::unique_ptr<File> opened(SimulatedFileSystem& files, const std::string& path, OpenMode mode = OpenMode::write) {
    auto file = files.open(path, mode);
    EXPECT_TRUE(file.has_value()) << (file ? "" : file.error().what);
    return std::move(*file);
}

std::string text_of(const SimulatedFileSystem& files, const std::string& path) {
    const auto bytes = files.contents(path);
    return bytes ? std::string(as_text(*bytes)) : "(" + std::string(name_of(bytes.error().code)) + ")";
}

TEST(SimulatedFiles, WhatIsWrittenCanBeRead) {
    SimulatedFileSystem files;
    ASSERT_TRUE(files.create_folders("a/b").has_value());
    const auto file = opened(files, "a/b/c");
    ASSERT_TRUE(file->write_at(2, as_bytes("xyz")).has_value());
    ASSERT_TRUE(file->truncate(4).has_value());

    Bytes into(10);
    EXPECT_EQ(file->read_at(1, into).value(), 3U);
    EXPECT_EQ(text_of(files, "a/b/c"), std::string("\0\0xy", 4));
    EXPECT_THAT(files.list("a").value(), ElementsAre("b"));
    EXPECT_THAT(files.list("a/b").value(), ElementsAre("c"));
    EXPECT_EQ(files.open("a/b/c", OpenMode::create).error().code, Errc::conflict);
    EXPECT_EQ(files.open("a/b/d", OpenMode::read).error().code, Errc::not_found);
    EXPECT_EQ(files.open("q/d", OpenMode::write).error().code, Errc::not_found);
    EXPECT_EQ(opened(files, "a/b/c", OpenMode::read)->write_at(0, as_bytes("q")).error().code, Errc::forbidden);
}

TEST(SimulatedFiles, RenamingReplacesAndRemovingRemoves) {
    SimulatedFileSystem files;
    files.put("a/old", as_bytes("old"));
    files.put("a/new", as_bytes("new"));
    ASSERT_TRUE(files.rename("a/new", "a/old").has_value());
    EXPECT_EQ(text_of(files, "a/old"), "new");
    ASSERT_TRUE(files.remove("a/old").has_value());
    EXPECT_THAT(files.list("a").value(), ElementsAre());
    EXPECT_EQ(files.remove("a/old").error().code, Errc::not_found);
}

TEST(SimulatedFiles, ACrashKeepsWhatWasSyncedAndMayDropWhatWasNot) {
    bool dropped = false;
    bool kept = false;
    bool torn = false;
    const std::string late(2000, 'b');
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        SimulatedFileSystem files(seed);
        const auto file = opened(files, "f");
        ASSERT_TRUE(file->write_at(0, as_bytes("synced")).has_value());
        ASSERT_TRUE(file->sync().has_value());
        ASSERT_TRUE(files.sync_folder(".").has_value());
        ASSERT_TRUE(file->write_at(6, as_bytes(late)).has_value());

        files.crash();

        const auto text = text_of(files, "f");
        ASSERT_TRUE(text.starts_with("synced")) << "seed " << seed;
        dropped |= text == "synced";
        kept |= text == "synced" + late;
        torn |= text != "synced" && text != "synced" + late;
        EXPECT_EQ(file->write_at(0, as_bytes("x")).error().code, Errc::unavailable) << "an old handle is dead";
        EXPECT_EQ(file->sync().error().code, Errc::unavailable);
        ASSERT_EQ(text_of(files, "f"), text);
    }
    EXPECT_TRUE(dropped);
    EXPECT_TRUE(torn);
    EXPECT_TRUE(kept);
}

TEST(SimulatedFiles, AnEntryIsDurableOnlyWithItsFolder) {
    bool undone = false;
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        SimulatedFileSystem files(seed);
        const auto file = opened(files, "f");
        ASSERT_TRUE(file->write_at(0, as_bytes("x")).has_value());
        ASSERT_TRUE(file->sync().has_value());
        files.crash();
        undone |= !files.contents("f").has_value();

        files.put("g", as_bytes("g"));
        ASSERT_TRUE(files.remove("g").has_value());
        ASSERT_TRUE(files.sync_folder(".").has_value());
        files.crash();
        ASSERT_FALSE(files.contents("g").has_value()) << "a synced removal stays";
    }
    EXPECT_TRUE(undone);
}

TEST(SimulatedFiles, AnEnsuredFolderIsThereAfterAPowerCutWithThoseAboveIt) {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        SimulatedFileSystem files(seed);
        ASSERT_TRUE(ensure_folder(files, "town/data/internal").has_value());
        ASSERT_TRUE(ensure_folder(files, "town/data/internal").has_value()) << "it may be there";
        const auto file = opened(files, "town/data/internal/f");
        ASSERT_TRUE(file->write_at(0, as_bytes("x")).has_value() && file->sync().has_value());
        ASSERT_TRUE(files.sync_folder("town/data/internal").has_value());
        files.crash();
        ASSERT_EQ(text_of(files, "town/data/internal/f"), "x");
    }
}

TEST(SimulatedFiles, AnEnsuredFolderIsThereAfterAPowerCutAlsoWhenItWasMadeByAStartThatWasStopped) {
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        // The first start is stopped after each of its steps in turn.
        for (std::uint64_t stopped_at = 1; stopped_at <= 10; ++stopped_at) {
            SimulatedFileSystem files(seed);
            files.fail_operation(stopped_at, DiskFault::input_output, FaultLength::until_mended);
            const auto first = ensure_folder(files, "town/data/internal");
            files.mend();
            ASSERT_EQ(first.has_value(), stopped_at == 10) << "it takes nine steps";
            ASSERT_TRUE(ensure_folder(files, "town/data/internal").has_value());
            const auto file = opened(files, "town/data/internal/f");
            ASSERT_TRUE(file->write_at(0, as_bytes("x")).has_value() && file->sync().has_value());
            ASSERT_TRUE(files.sync_folder("town/data/internal").has_value());
            files.crash();
            ASSERT_EQ(text_of(files, "town/data/internal/f"), "x") << "stopped at " << stopped_at;
        }
    }
}

TEST(SimulatedFiles, AFailedSyncForgetsThatBytesWereDue) {
    bool lost = false;
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        SimulatedFileSystem files(seed);
        const auto file = opened(files, "f");
        ASSERT_TRUE(files.sync_folder(".").has_value());
        ASSERT_TRUE(file->write_at(0, as_bytes("x")).has_value());
        files.fail_operation(FileOperation::sync, 1, DiskFault::input_output);
        ASSERT_EQ(file->sync().error().code, Errc::unavailable);
        ASSERT_TRUE(file->sync().has_value()) << "the second sync claims success";
        ASSERT_EQ(text_of(files, "f"), "x") << "and reading agrees";

        files.crash();

        lost |= text_of(files, "f") != "x";
    }
    EXPECT_TRUE(lost);
}

TEST(SimulatedFiles, TheNthOperationFails) {
    SimulatedFileSystem files;
    const auto file = opened(files, "f");
    files.fail_operation(2, DiskFault::no_space);
    EXPECT_TRUE(file->size().has_value());
    EXPECT_EQ(file->size().error().code, Errc::exhausted);
    EXPECT_TRUE(file->size().has_value());
    files.fail_operation(FileOperation::write, 1, DiskFault::input_output, FaultLength::until_mended);
    EXPECT_TRUE(file->size().has_value());
    EXPECT_EQ(file->write_at(0, as_bytes("x")).error().code, Errc::unavailable);
    EXPECT_EQ(file->write_at(0, as_bytes("x")).error().code, Errc::unavailable);
    files.mend();
    EXPECT_TRUE(file->write_at(0, as_bytes("x")).has_value());
    EXPECT_EQ(files.operations(FileOperation::write), 3U);
    EXPECT_EQ(files.operations(), 8U);
}

TEST(SimulatedFiles, AFullDiskTakesWhatFitsAndGoesOnWhenThereIsSpace) {
    SimulatedFileSystem files;
    const auto file = opened(files, "f");
    files.set_capacity(5);
    EXPECT_EQ(file->write_at(0, as_bytes("1234567")).error().code, Errc::exhausted);
    EXPECT_EQ(text_of(files, "f"), "12345");
    EXPECT_EQ(files.free_bytes(".").value(), 0U);
    EXPECT_TRUE(file->write_at(0, as_bytes("abc")).has_value()) << "overwriting needs no space";
    files.set_capacity(100);
    EXPECT_TRUE(file->write_at(5, as_bytes("67")).has_value());
    EXPECT_EQ(text_of(files, "f"), "abc4567");
    EXPECT_EQ(files.used_bytes(), 7U);
}

TEST(SimulatedFiles, AFlippedBitIsThereToStay) {
    SimulatedFileSystem files;
    files.put("f", as_bytes("a"));
    files.flip_bit("f", 0, 1);
    EXPECT_EQ(text_of(files, "f"), "c");
    files.crash();
    EXPECT_EQ(text_of(files, "f"), "c");
}

TEST(SimulatedFiles, AHeldSyncWaitsUntilItIsReleased) {
    SimulatedFileSystem files;
    const auto file = opened(files, "f");
    files.hold_syncs();
    std::atomic<bool> synced{false};
    std::thread syncing([&] {
        EXPECT_TRUE(file->sync().has_value());
        synced = true;
    });
    files.await_held_sync();
    EXPECT_FALSE(synced);
    files.release_syncs();
    syncing.join();
    EXPECT_TRUE(synced);
}

}  // namespace
}  // namespace bypuls
