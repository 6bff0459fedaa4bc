#include "city/bathing/questions.h"

#include <charconv>

#include <fmt/format.h>

#include "city/bathing/history.h"
#include "core/text.h"
#include "core/time/iso8601.h"

namespace bypuls::bathing {
namespace {

/// A sentence in the asker's language.
std::string_view in(const http::Request& request, std::string_view nb, std::string_view nn, std::string_view en) {
    switch (request.language) {
        case http::Language::nn: return nn;
        case http::Language::en: return en;
        default: return nb;
    }
}

std::unexpected<Error> bad(const http::Request& request, std::string_view parameter, std::string_view wanted) {
    return fail(Errc::malformed,
                fmt::format(fmt::runtime(in(request, "Parameteren «{}» må være {}.", "Parameteren «{}» må vere {}.",
                                            "The parameter “{}” must be {}.")),
                            parameter, wanted));
}

std::optional<double> read_double(std::string_view text) {
    double value = 0;
    const auto [end, trouble] = std::from_chars(text.data(), text.data() + text.size(), value);
    return trouble == std::errc{} && end == text.data() + text.size() ? std::optional{value} : std::nullopt;
}

}  // namespace

const publication::PublicPlace* nearest_spelling(const publication::Catalogue& catalogue, std::string_view slug) {
    const publication::PublicPlace* best = nullptr;
    std::size_t best_distance = 4;
    for (const auto& place : catalogue.places) {
        const std::size_t distance = edit_distance(slug.substr(0, 80), place.slug);
        if (distance < best_distance) {
            best = &place;
            best_distance = distance;
        }
    }
    return best;
}

std::string no_such_place(const http::Request& request) {
    return fmt::format(fmt::runtime(in(request, "Det finnes ikke noe sted som heter «{}».",
                                       "Det finst ingen stad som heiter «{}».", "There is no place called “{}”.")),
                       request.path_parameter("slug"));
}

Result<const publication::PublicPlace*> asked_place(const publication::Catalogue& catalogue,
                                                    const http::Request& request) {
    const std::string_view slug = request.path_parameter("slug");
    if (const auto* place = catalogue.place(slug)) {
        return place;
    }
    std::string sentence = no_such_place(request);
    if (const auto* near = nearest_spelling(catalogue, slug)) {
        sentence += fmt::format(fmt::runtime(in(request, " Mente du «{}»?", " Meinte du «{}»?", " Did you mean “{}”?")),
                                near->slug);
    }
    return fail(Errc::not_found, std::move(sentence));
}

Result<const publication::PublicStream*> asked_stream(const publication::PublicPlace& place,
                                                      const http::Request& request) {
    const auto property = request.query.get("property");
    std::string known;
    for (const auto& stream : place.streams) {
        if (property == stream.property) {
            return &stream;
        }
        known += (known.empty() ? "" : ", ") + stream.property;
    }
    return bad(request, "property", known);
}

Result<Interval> asked_interval(const http::Request& request, Instant now) {
    Interval interval{now - std::chrono::days{7}, now + std::chrono::minutes{10}};
    const auto wanted = in(request, "et tidspunkt som 2026-06-05T12:00:00Z", "eit tidspunkt som 2026-06-05T12:00:00Z",
                           "a time such as 2026-06-05T12:00:00Z");
    if (const auto to = request.query.get("to")) {
        const auto read = parse_instant(*to);
        if (!read) {
            return bad(request, "to", wanted);
        }
        interval = {*read - std::chrono::days{7}, *read};
    }
    if (const auto from = request.query.get("from")) {
        const auto read = parse_instant(*from);
        if (!read) {
            return bad(request, "from", wanted);
        }
        interval.from = *read;
    }
    if (interval.to < interval.from) {
        return bad(request, "from", in(request, "før «to»", "før «to»", "before “to”"));
    }
    return interval;
}

Result<std::optional<Instant>> asked_day(const http::Request& request, std::string_view parameter) {
    const auto text = request.query.get(parameter).value_or("");
    if (text.empty()) {
        return std::nullopt;
    }
    const auto day = day_named(text);
    return day ? Result<std::optional<Instant>>{day}
               : bad(request, parameter,
                     in(request, "en dag som 2026-06-05", "ein dag som 2026-06-05", "a day such as 2026-06-05"));
}

Result<std::optional<observations::Step>> asked_step(const http::Request& request) {
    const auto resolution = request.query.get("resolution").value_or("raw");
    if (resolution == "raw") {
        return std::nullopt;
    }
    if (resolution == "hour") {
        return observations::Step::hour;
    }
    if (resolution == "day") {
        return observations::Step::day;
    }
    if (resolution == "month") {
        return observations::Step::month;
    }
    return bad(request, "resolution", "raw, hour, day, month");
}

Result<int> asked_year(const http::Request& request, int newest) {
    const auto year = request.query.integer("year", newest, 1900, 2200);
    return year ? Result<int>(static_cast<int>(*year))
                : bad(request, "year",
                      in(request, "et år fra 1900 til 2200", "eit år frå 1900 til 2200", "a year from 1900 to 2200"));
}

Result<std::optional<Point>> asked_near(const http::Request& request) {
    const auto near = request.query.get("near");
    if (!near) {
        return std::nullopt;
    }
    const auto comma = near->find(',');
    const auto latitude = read_double(near->substr(0, comma));
    const auto longitude = comma == std::string_view::npos ? std::nullopt : read_double(near->substr(comma + 1));
    if (!latitude || !longitude || *latitude < -90 || *latitude > 90 || *longitude < -180 || *longitude > 180) {
        return bad(request, "near", "59.744,10.204");
    }
    return Point{*latitude, *longitude};
}

}  // namespace bypuls::bathing
