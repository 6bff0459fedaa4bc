// Any bytes: no crash, views stay inside, every line is a point, an error, a comment or blank.
#include "platform/ingest/line_protocol/line_protocol.h"

#include <cmath>
#include <cstdint>
#include <string_view>

#include "core/check.h"
#include "core/text.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace bypuls;
    using namespace bypuls::ingest::line_protocol;
    const std::string_view body{reinterpret_cast<const char*>(data), size};
    const auto batch = parse(body, {.precision = Precision::milliseconds, .errors_max = size + 1});
    check(batch.has_value(), "nothing this small exceeds a limit");
    check(batch->errors().size() == batch->rejected(), "every fault is described");
    std::uint32_t line = 0;
    for (const Point& point : batch->points()) {
        check(point.line > line, "lines go forward");
        line = point.line;
        check(!point.measurement.empty() && is_utf8(point.measurement), "a measurement has a name in UTF-8");
        check(point.field_count > 0, "a point has a field");
        for (const Tag& tag : batch->tags(point)) {
            check(is_utf8(tag.key) && is_utf8(tag.value) && !tag.value.empty(), "tags are text");
        }
        for (const Field& field : batch->fields(point)) {
            const double* const number = std::get_if<double>(&field.value);
            check(is_utf8(field.key) && (number == nullptr || std::isfinite(*number)), "fields are finite");
            const std::string_view* const text = std::get_if<std::string_view>(&field.value);
            check(text == nullptr || is_utf8(*text), "strings are UTF-8");
        }
    }
    for (const LineError& error : batch->errors()) {
        check(error.line > 0 && error.column > 0 && is_utf8(error.what), "an error has its place");
    }
    return 0;
}
