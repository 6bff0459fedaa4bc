#include "city/bathing/csv.h"

#include <fmt/format.h>

#include "city/bathing/history.h"
#include "core/time/iso8601.h"
#include "platform/observations/flags.h"

namespace bypuls::bathing {
namespace {

/// In quotes where a comma, a quote or a line's end would end it (RFC 4180 §2).
std::string field(std::string_view text) {
    if (text.find_first_of(",\"\r\n") == std::string_view::npos) {
        return std::string(text);
    }
    std::string quoted = "\"";
    for (const char letter : text) {
        quoted += letter == '"' ? "\"\"" : std::string(1, letter);
    }
    return quoted + '"';
}

}  // namespace

std::string csv_head(const std::optional<observations::Step>& step) {
    return std::string(step ? "time,date,count,mean,min,max,unit" : "time,value,unit,usable,flags") +
           ",simulated,source,licence\n";
}

CsvWriter::CsvWriter(const publication::PublicStream& stream)
    : unit_(field(stream.unit)),
      tail_(fmt::format("{},{},{}\n", stream.simulated, field(stream.source), field(stream.licence))) {}

void CsvWriter::add(Instant time, double value, observations::Quality quality, std::string& out) const {
    std::string flags = observations::to_string(quality);
    std::erase(flags, ',');
    out += fmt::format("{},{},{},{},{},{}", format_instant(time), value, unit_, quality.usable(), flags, tail_);
}

void CsvWriter::add(const observations::Bucket& bucket, std::string& out) const {
    out += fmt::format("{},{},{},{:.3f},{},{},{},{}", format_instant(bucket.span.from), day_name(bucket.span.from),
                       bucket.values.count, bucket.values.mean(), bucket.values.min, bucket.values.max, unit_, tail_);
}

std::string csv_file_name(const publication::PublicPlace& place, const publication::PublicStream& stream,
                          const std::optional<observations::Step>& step) {
    const std::string_view length = !step                               ? ""
                                    : *step == observations::Step::hour ? "-hour"
                                    : *step == observations::Step::day  ? "-day"
                                                                        : "-month";
    return fmt::format("{}-{}{}{}.csv", place.slug, stream.property, length, stream.simulated ? "-simulert" : "");
}

}  // namespace bypuls::bathing
