#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "city/bathing/conditions.h"
#include "city/bathing/routes.h"
#include "city/bathing/season.h"
#include "city/bathing/water_quality.h"
#include "core/result.h"
#include "core/words/language.h"

/// The answers of the API in JSON, as api/openapi.yaml says. Each reads the plane and may block.
namespace bypuls::bathing {

struct SeriesQuestion {
    const publication::PublicPlace& place;
    const publication::PublicStream& stream;
    Interval interval;
    std::optional<observations::Step> step;  ///< none: raw readings
};

/// Reads the plane: newest readings and the last hours.
std::vector<Condition> conditions_at(const Parts& parts, const publication::PublicPlace& place);

nlohmann::json place_json(const Parts& parts, const publication::PublicPlace& place, words::Language language);
nlohmann::json condition_json(const Condition& condition, Instant now);
Result<nlohmann::json> series_json(const Parts& parts, const SeriesQuestion& question);
/// One reading as the API and the curve write it; the value must be a number.
nlohmann::json reading_json(const observations::Columns& columns, std::size_t row);

/// Daily means of the stream's whole history against the season that begins in `year`.
Result<Season> season_at(const Parts& parts, const publication::PublicPlace& place,
                         const publication::PublicStream& stream, int year);
nlohmann::json days_json(const Season& season);
Result<nlohmann::json> season_json(const Parts& parts, const publication::PublicPlace& place,
                                   const publication::PublicStream& stream, int year);

/// The samples of the place, newest first, from its streams `e_coli` and `intestinal_enterococci`.
Result<std::vector<Sample>> samples_at(const Parts& parts, const publication::PublicPlace& place);
Result<nlohmann::json> samples_json(const Parts& parts, const publication::PublicPlace& place);

/// Properties that stand in the list of conditions: all but those of samples.
bool is_condition(std::string_view property);

/// The highest and lowest usable readings ever: the day is found in the rollup, the reading in the day.
Result<Extremes> extremes_of(const Parts& parts, const publication::PublicStream& stream);

/// Great-circle distance in metres (haversine, mean radius 6 371 008.8 m).
double distance_m(double latitude_a, double longitude_a, double latitude_b, double longitude_b);

/// The places nearest to `place` with their distances in metres, nearest first: at most three, of those that have a
/// page here.
std::vector<std::pair<const publication::PublicPlace*, double>> nearest_of(const publication::Catalogue& catalogue,
                                                                           const publication::PublicPlace& place);

}  // namespace bypuls::bathing
