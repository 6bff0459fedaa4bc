#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>

#include "core/bytes.h"
#include "core/clock.h"
#include "core/random.h"
#include "core/simulated/files.h"
#include "platform/journal/format.h"
#include "platform/journal/journal.h"

/// What the tests of the journal have in common.
namespace bypuls::journal {

/// A journal on a simulated disk, with commits made inline unless the test says otherwise.
struct Bench {
    explicit Bench(std::uint64_t seed = 1) : files(seed), random(seed) {
        options.mode = Mode::inline_commit;
        options.reserve_bytes = 0;
        options.write_ahead_bytes = 0;
        options.random = &random;
        options.on_change = [this](const Health&) { ++changes; };
    }

    Result<std::unique_ptr<Journal>> try_open() {
        return bypuls::journal::open(files, "data/journal", options, clock, report);
    }
    std::unique_ptr<Journal> open() {
        auto journal = try_open();
        EXPECT_TRUE(journal.has_value()) << (journal ? "" : journal.error().what);
        return journal ? std::move(*journal) : nullptr;
    }
    static std::string path(Position first = {1}) { return "data/journal/" + segment_name(first); }

    SimulatedFileSystem files;
    SeededRandom random;
    SimulatedClock clock{Instant{std::chrono::hours{480'000}}};
    Options options;
    RecoveryReport report;
    std::atomic<int> changes{0};  ///< how often the journal told that writing fails or works again
};

inline Entry entry(std::string_view text) {
    return {.type = 1, .source = "test", .received = {}, .payload = as_bytes(text)};
}

inline Bytes bytes_of(std::string_view text) {
    const auto view = as_bytes(text);
    return {view.begin(), view.end()};
}

inline std::vector<Record> read_all(const Journal& journal, Position from = {1}) {
    std::vector<Record> records;
    auto reader = journal.read_from(from);
    EXPECT_TRUE(reader.has_value()) << (reader ? "" : reader.error().what);
    while (reader) {
        auto record = reader->next();
        EXPECT_TRUE(record.has_value()) << (record ? "" : record.error().what);
        if (!record || !*record) {
            break;
        }
        records.push_back(std::move(**record));
    }
    return records;
}

inline std::vector<std::string> payloads(const std::vector<Record>& records) {
    std::vector<std::string> texts;
    for (const auto& record : records) {
        texts.emplace_back(as_text(record.payload));
    }
    return texts;
}

}  // namespace bypuls::journal
