// A write-ahead log and its index of arbitrary bytes are read to their end.
#include "platform/database/write_ahead_log.h"

#include <cstdint>
#include <span>

#include "core/check.h"
#include "core/simulated/files.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace bypuls;
    constexpr std::size_t index_bytes = 100;
    const auto input = std::as_bytes(std::span{data, size});
    // The index first, since it has a length of its own.
    const auto index = input.first(std::min(index_bytes, input.size()));
    const auto log = input.subspan(index.size());
    SimulatedFileSystem files(1);
    files.put("town.db-shm", index);
    files.put("town.db-wal", log);
    const auto report = database::look_at_log(files, "town.db");
    check(report.has_value(), "a disk without faults can be read");
    check(report->bad_offset <= log.size() + 65536 + 24, "it is read no further than it goes");
    check(report->state == database::LogReport::State::whole || !database::sentence_of(*report, "town.db").empty(),
          "what is not whole is named");
    return 0;
}
