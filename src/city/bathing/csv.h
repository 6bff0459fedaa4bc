#pragma once

#include <optional>
#include <string>

#include "core/clock.h"
#include "platform/observations/observation.h"
#include "platform/observations/rollup.h"
#include "platform/publication/plane/catalogue.h"

/// Readings of a stream as CSV (RFC 4180, with \n): comma between columns, a decimal point, times in UTC. Every row
/// ends with `simulated,source,licence`, so that a row that is copied out of its file still says where it is from.
/// Pure.
namespace bypuls::bathing {

/// `time,value,unit,usable,flags,…`, or with `step` `time,date,count,mean,min,max,unit,…`.
std::string csv_head(const std::optional<observations::Step>& step);

class CsvWriter {
public:
    explicit CsvWriter(const publication::PublicStream& stream);

    void add(Instant time, double value, observations::Quality quality, std::string& out) const;
    /// `date` is the day in Oslo on which the step begins, since the day itself begins at 22 or 23 UTC.
    void add(const observations::Bucket& bucket, std::string& out) const;

private:
    std::string unit_;
    std::string tail_;
};

/// "landfalltjern-water_temperature-day.csv"; ends in "-simulert.csv" when nobody measured it.
std::string csv_file_name(const publication::PublicPlace& place, const publication::PublicStream& stream,
                          const std::optional<observations::Step>& step);

}  // namespace bypuls::bathing
