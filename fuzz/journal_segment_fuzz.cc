// A folder whose newest segment holds arbitrary bytes: opening, reading, appending and reopening stand it, and what was
// served before is served again.
#include <cstdint>
#include <span>
#include <vector>

#include "core/check.h"
#include "core/clock.h"
#include "core/random.h"
#include "core/simulated/files.h"
#include "platform/journal/format.h"
#include "platform/journal/journal.h"

namespace {

using namespace bypuls;

constexpr const char* folder = "journal";

std::vector<journal::Record> read_all(const journal::Journal& log) {
    std::vector<journal::Record> records;
    auto reader = log.read_from({1});
    check(reader.has_value(), "a journal can be read from its beginning");
    for (;;) {
        auto record = reader->next();
        check(record.has_value(), "a disk without faults can be read");
        if (!*record) {
            return records;
        }
        check(records.empty() || records.back().position < (*record)->position, "positions grow");
        records.push_back(std::move(**record));
    }
}

/// The first byte says whether to repair the headers: without, few inputs would come past them.
Bytes segment_from(ByteView input) {
    Bytes segment;
    if (!input.empty() && input[0] == std::byte{1}) {
        segment = journal::encode_segment_header({.marker = 0x4C4E524A, .first = {1}, .created = {}});
    }
    const auto rest = input.empty() ? input : input.subspan(1);
    segment.insert(segment.end(), rest.begin(), rest.end());
    return segment;
}

/// Checksums are hard to guess: under a first byte of 2 the rest is taken as records to be made whole, and cut short.
Bytes whole_records_from(ByteView input) {
    Bytes segment = journal::encode_segment_header({.marker = 0x4C4E524A, .first = {1}, .created = {}});
    journal::Position position{1};
    auto rest = input.subspan(1);
    while (rest.size() > 4) {
        const auto count = std::min<std::size_t>(rest.size() - 4, static_cast<std::size_t>(rest[0]));
        const auto begin = segment.size();
        journal::encode_entry(segment, {.type = static_cast<std::uint8_t>(rest[1]),
                                        .source = "fuzz",
                                        .received = {},
                                        .payload = rest.subspan(4, count)});
        const auto record = std::span{segment}.subspan(begin);
        journal::seal_record(record, 0x4C4E524A, position, static_cast<std::uint32_t>(rest[2]) * 8);
        record[static_cast<std::size_t>(rest[3]) % record.size()] ^= rest[2] & std::byte{1};
        position = {position.value + 1 + (rest[2] == std::byte{0xFF} ? 1 : 0)};
        rest = rest.subspan(4 + count);
    }
    return segment;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto input = std::as_bytes(std::span{data, size});
    const bool repair = !input.empty() && input[0] == std::byte{2};
    SimulatedFileSystem files(1);
    files.put(std::string(folder) + "/" + journal::segment_name({1}),
              repair ? whole_records_from(input) : segment_from(input));
    SimulatedClock clock{Instant{}};
    SeededRandom random(1);
    journal::Options options;
    options.mode = journal::Mode::inline_commit;
    options.reserve_bytes = 0;
    options.write_ahead_bytes = 512;
    options.random = &random;
    journal::RecoveryReport report;
    auto log = journal::open(files, folder, options, clock, report);
    if (!log) {
        check(log.error().code == Errc::malformed, "only another version is refused");
        return 0;
    }
    const auto before = read_all(**log);
    const auto appended = (*log)->append_and_wait({.type = 9, .source = "x", .received = {}, .payload = input});
    check(appended.has_value(), "a recovered journal can be written");
    check(before.empty() || before.back().position < *appended, "no position is given twice");
    log->reset();
    log = journal::open(files, folder, options, clock, report);
    check(log.has_value() && report.cuts.empty() && report.records_in_doubt == 0, "what was cut is cut once");
    auto after = read_all(**log);
    check(after.size() == before.size() + 1 && after.back().position == *appended, "what was appended is there");
    after.pop_back();
    check(after == before, "what was served is served again");
    return 0;
}
