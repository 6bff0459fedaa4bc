// Any bytes as a batch and as lines: every row is kept or reported, in order, and never both.
#include <cmath>
#include <cstdint>

#include "core/check.h"
#include "core/text.h"
#include "platform/ingest/observations/batch.h"

namespace {

void check_batch(const bypuls::Result<bypuls::ingest::batch::Batch>& batch) {
    using bypuls::check;
    if (!batch) {
        check(bypuls::is_utf8(batch.error().what), "the fault is a sentence");
        return;
    }
    std::size_t next = 0;
    for (const auto& row : batch->rows) {
        check(row.index >= next, "rows keep their order");
        next = row.index + 1;
        const double* const number = std::get_if<double>(&row.value);
        check(number == nullptr || std::isfinite(*number), "numbers are finite");
    }
    for (const auto& error : batch->errors) {
        check(bypuls::is_utf8(error.what) && bypuls::is_utf8(error.field), "a fault is text");
        for (const auto& row : batch->rows) {
            check(row.index != error.index, "a row is good or bad");
        }
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace bypuls::ingest::batch;
    const std::string_view body{reinterpret_cast<const char*>(data), size};
    check_batch(parse_json(body, {.rows = 64, .value_bytes = 32}));
    check_batch(parse_ndjson(body, {.rows = 64, .value_bytes = 32}));
    return 0;
}
