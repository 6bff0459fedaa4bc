#include "city/bathing/page_routes.h"

#include <functional>
#include <memory>

#include "city/bathing/answers.h"
#include "city/bathing/history.h"
#include "city/bathing/place_page.h"
#include "city/bathing/poster.h"
#include "city/bathing/questions.h"
#include "city/bathing/recent.h"
#include "core/text.h"
#include "core/time/oslo.h"
#include "platform/pages/answer/answer.h"
#include "platform/policy/policy.h"

namespace bypuls::bathing {
namespace {

using namespace std::chrono_literals;

PlaceModel model_of(const Parts& parts, const publication::PublicPlace& place) {
    const Instant now = parts.clock.now();
    const CivilTime today = Zone::oslo().civil(now);
    return {.place = place,
            .conditions = conditions_at(parts, place),
            .now = now,
            .in_season = place.in_season({today.month, today.day})};
}

http::Response as_response(const Parts& parts, const http::Request& request, const pages::Page& page) {
    return pages::answer(parts.site, request, page, std::chrono::seconds{30});
}

std::optional<std::string> poster_origin_for(const Parts& parts, const http::Request& request) {
    return poster_origin(parts.site.origin, request.header("host").value_or(""), request.secure);
}

Result<http::Response> list(const Parts& parts, pages::Sketches& sketches, const http::Request& request) {
    const auto catalogue = parts.plane.catalogue();
    std::vector<PlaceModel> places;
    for (const auto& place : catalogue->places) {
        if (place.kind == "bathing" || place.kind == "ski") {
            places.push_back(model_of(parts, place));
        }
    }
    const auto say = parts.site.words(static_cast<words::Language>(request.language));
    const ListMap map{parts.site, sketches};
    return as_response(parts, request, list_page(say, places, &map));
}

std::vector<Neighbour> nearby_of(const Parts& parts, const publication::Catalogue& catalogue,
                                 const publication::PublicPlace& place) {
    std::vector<Neighbour> nearby;
    for (const auto& [other, metres] : nearest_of(catalogue, place)) {
        nearby.push_back({model_of(parts, *other), metres});
    }
    return nearby;
}

Result<http::Response> one(const Parts& parts, const http::Request& request) {
    const auto catalogue = parts.plane.catalogue();
    TRY(const auto* place, asked_place(*catalogue, request));
    PlaceModel model = model_of(parts, *place);
    if (!model.conditions.empty()) {
        const publication::PublicStream& first = model.conditions.front().stream;
        constexpr std::size_t readings_max = 20'000;  // one in ten seconds; of a device that sends oftener, the newest
        TRY(auto recent, parts.plane.range(first.id, {model.now - 48h, model.now + 10min},
                                           {.order = observations::Order::newest_first, .limit = readings_max}));
        recent.columns.reverse();
        model.recent = shown_of_recent(recent.columns);
        model.recent_is_a_choice = model.recent.size() < recent.columns.size();
        TRY(model.extremes, extremes_of(parts, first));
        TRY(model.season, season_at(parts, *place, first, season_year(*place, model.now)));
    }
    TRY(model.samples, samples_at(parts, *place));
    model.has_poster = poster_origin_for(parts, request).has_value();
    const auto say = parts.site.words(static_cast<words::Language>(request.language));
    return as_response(parts, request, place_page(say, model, nearby_of(parts, *catalogue, *place)));
}

Result<http::Response> history(const Parts& parts, const http::Request& request) {
    const auto catalogue = parts.plane.catalogue();
    TRY(const auto* place, asked_place(*catalogue, request));
    const auto first = std::ranges::find_if(place->streams, is_condition, &publication::PublicStream::property);
    if (first == place->streams.end()) {
        return one(parts, request);  // it measures nothing that has a history
    }
    const publication::PublicStream* stream = &*first;
    if (request.query.get("property")) {
        TRY(stream, asked_stream(*place, request));
    }
    TRY(const auto from, asked_day(request, "from"));
    TRY(const auto to, asked_day(request, "to"));
    const Instant now = parts.clock.now();
    HistoryModel model{.place = *place, .stream = *stream, .span = days_between(from, to, now), .now = now};
    model.step = step_for(model.span);
    TRY_DO(read_history(parts.plane, model));
    const auto say = parts.site.words(static_cast<words::Language>(request.language));
    return as_response(parts, request, history_page(say, model));
}

Result<http::Response> about(const Parts& parts, const http::Request& request) {
    return as_response(parts, request, about_page(parts.site.words(static_cast<words::Language>(request.language))));
}

Result<http::Response> poster(const Parts& parts, const http::Request& request) {
    const auto catalogue = parts.plane.catalogue();
    TRY(const auto* place, asked_place(*catalogue, request));
    const auto origin = poster_origin_for(parts, request);
    const auto say = parts.site.words(static_cast<words::Language>(request.language));
    if (!origin) {
        return fail(Errc::not_found, say("bathing.no_poster"));
    }
    auto svg = poster_svg(say, *place, *origin + "/bading/" + place->slug);
    if (!svg) {
        return fail(svg.error().code, say("bathing.poster_too_long"));
    }
    return http::with_etag(request, http::content("image/svg+xml", std::move(*svg)));
}

http::Response failure(const Parts& parts, const http::Request& request, const Error& error) {
    const int status = error.code == Errc::not_found ? 404 : error.code == Errc::malformed ? 400 : 500;
    const auto language = static_cast<words::Language>(request.language);
    std::string detail = status == 500 ? "" : error.what;
    std::optional<std::string> suggestion;
    std::string suggestion_name;
    const std::string_view slug = request.path_parameter("slug");
    const auto catalogue = parts.plane.catalogue();
    const auto permanent = pages::permanent_path(request.path);
    if (permanent && catalogue->place(to_lower_ascii(slug)) != nullptr) {
        return pages::moved(request, *permanent);
    }
    if (status == 404 && catalogue->place(slug) == nullptr) {
        detail = no_such_place(request);
        if (const auto* near = nearest_spelling(*catalogue, slug)) {
            suggestion = "/bading/" + near->slug;
            suggestion_name = near->name.in(words::tag_of(language));
        }
    }
    return http::html(pages::error_document(parts.site, {.status = status,
                                                         .language = language,
                                                         .path = request.path,
                                                         .detail = std::move(detail),
                                                         .id = request.id,
                                                         .suggestion = std::move(suggestion),
                                                         .suggestion_name = std::move(suggestion_name)}),
                      status);
}

using Work = std::function<Result<http::Response>(const Parts&, const http::Request&)>;

http::Route page(std::string pattern, const Parts& parts, const Work& work) {
    return {.method = http::Method::get,
            .pattern = std::move(pattern),
            .handler = [parts, work](http::Request& request) -> Task<http::Response> {
                auto response = co_await parts.pool.run([&] { return work(parts, request); });
                co_return response ? std::move(*response) : failure(parts, request, response.error());
            },
            .permission = std::string(policy::anyone)};
}

}  // namespace

std::vector<http::Route> page_routes(const Parts& parts) {
    const Work places = [sketches = std::make_shared<pages::Sketches>(parts.site.basemap, parts.site.basemap_source)](
                            const Parts& given, const http::Request& request) {
        return list(given, *sketches, request);
    };
    return {page("/", parts, places),
            page("/bading", parts, places),
            page("/bading/om-malingene", parts, about),
            page("/bading/{slug}", parts, one),
            page("/bading/{slug}/historikk", parts, history),
            page("/bading/{slug}/plakat.svg", parts, poster)};
}

}  // namespace bypuls::bathing
