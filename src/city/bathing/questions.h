#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/clock.h"
#include "core/result.h"
#include "platform/http/message.h"
#include "platform/observations/rollup.h"
#include "platform/publication/plane/catalogue.h"

/// Reading what is asked in path and query. Each error's sentence is in the asker's language.
namespace bypuls::bathing {

/// That there is no place of `{slug}`, without a suggestion.
std::string no_such_place(const http::Request& request);
/// The place of `{slug}`; Errc::not_found with a suggestion when one is spelled nearly so.
Result<const publication::PublicPlace*> asked_place(const publication::Catalogue& catalogue,
                                                    const http::Request& request);
/// `property`, one that the place has.
Result<const publication::PublicStream*> asked_stream(const publication::PublicPlace& place,
                                                      const http::Request& request);
/// `from` and `to`; a week until now when they are absent.
Result<Interval> asked_interval(const http::Request& request, Instant now);
/// A day in Oslo such as 2026-06-05; nothing when it is absent or empty.
Result<std::optional<Instant>> asked_day(const http::Request& request, std::string_view parameter);
/// `resolution`: raw (nothing), hour, day or month.
Result<std::optional<observations::Step>> asked_step(const http::Request& request);
/// `year`, from 1900 to 2200; `newest` when it is absent.
Result<int> asked_year(const http::Request& request, int newest);
/// `near`: latitude,longitude.
struct Point {
    double latitude = 0;
    double longitude = 0;
};
Result<std::optional<Point>> asked_near(const http::Request& request);

/// The published place whose slug is nearest to what was asked for, if it is near at all.
const publication::PublicPlace* nearest_spelling(const publication::Catalogue& catalogue, std::string_view slug);

}  // namespace bypuls::bathing
