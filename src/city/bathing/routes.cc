#include "city/bathing/routes.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "city/bathing/answers.h"
#include "city/bathing/csv.h"
#include "city/bathing/page_routes.h"
#include "city/bathing/questions.h"
#include "city/bathing/series_tag.h"
#include "core/log.h"
#include "core/time/iso8601.h"
#include "platform/http/problem.h"
#include "platform/policy/policy.h"

namespace bypuls::bathing {
namespace {

using nlohmann::json;

constexpr std::string_view live_topic_all = "places";
constexpr std::chrono::hours news_age_max{6};

std::string topic_of(std::string_view slug) {
    return fmt::format("place/{}", slug);
}

words::Language language_of(const http::Request& request) {
    return static_cast<words::Language>(request.language);
}

/// `tag` is made from the body unless it is given.
http::Response open_data(const http::Request& request, http::Response response, std::string tag = {}) {
    response.headers.set("Cache-Control", "public, max-age=30");
    response.headers.set("Vary", "Accept-Language, Cookie");
    return tag.empty() ? http::with_etag(request, std::move(response))
                       : http::with_etag(request, std::move(response), std::move(tag));
}

Result<http::Response> list_places(const Parts& parts, const http::Request& request) {
    TRY(const auto near, asked_near(request));
    const auto kind = request.query.get("kind");
    const auto catalogue = parts.plane.catalogue();
    std::vector<json> places;
    for (const auto& place : catalogue->places) {
        if (kind && *kind != place.kind) {
            continue;
        }
        json made = place_json(parts, place, language_of(request));
        if (near) {
            made["distance_m"] =
                std::round(distance_m(near->latitude, near->longitude, place.latitude, place.longitude));
        }
        places.push_back(std::move(made));
    }
    if (near) {
        std::ranges::stable_sort(places, {}, [](const json& place) { return place.at("distance_m").get<double>(); });
    }
    return open_data(request, http::json(json{{"places", places}}.dump()));
}

Result<http::Response> get_place(const Parts& parts, const http::Request& request) {
    const auto catalogue = parts.plane.catalogue();
    TRY(const auto* place, asked_place(*catalogue, request));
    return open_data(request, http::json(place_json(parts, *place, language_of(request)).dump()));
}

Result<http::Response> get_series(const Parts& parts, const http::Request& request) {
    const auto catalogue = parts.plane.catalogue();
    TRY(const auto* place, asked_place(*catalogue, request));
    TRY(const auto* stream, asked_stream(*place, request));
    TRY(const auto interval, asked_interval(request, parts.clock.now()));
    TRY(const auto step, asked_step(request));
    TRY(const json answer, series_json(parts, {*place, *stream, interval, step}));
    return open_data(request, http::json(answer.dump()));
}

/// Pulls one page of rows after another out of the plane, on the pool, so that a file of any length stays small here.
class CsvRows {
public:
    CsvRows(const Parts& parts, const publication::PublicStream& stream, Interval interval)
        : parts_(parts), id_(stream.id), writer_(stream), interval_(interval) {}

    Task<Result<bool>> pull(std::string& chunk) {
        chunk = std::exchange(head_, "");
        const auto series = co_await parts_.pool.run(
            [this] { return parts_.plane.range(id_, interval_, {.limit = 10'000, .after = after_}); });
        if (!series) {
            co_return std::unexpected(series.error());
        }
        for (std::size_t i = 0; i < series->columns.size(); ++i) {
            if (const auto value = number_of(series->columns.value(i))) {
                writer_.add(series->columns.times[i], *value, series->columns.quality_of(i), chunk);
            }
        }
        if (!series->columns.empty()) {
            after_ = series->columns.times.back();
        }
        co_return series->more;
    }

private:
    Parts parts_;
    publication::DatastreamId id_;
    CsvWriter writer_;
    Interval interval_;
    std::optional<Instant> after_;
    std::string head_ = csv_head({});
};

Result<http::Response> get_series_csv(const Parts& parts, const http::Request& request) {
    const auto catalogue = parts.plane.catalogue();
    TRY(const auto* place, asked_place(*catalogue, request));
    TRY(const auto* stream, asked_stream(*place, request));
    TRY(auto interval, asked_interval(request, parts.clock.now()));
    TRY(const auto step, asked_step(request));
    if (!request.query.get("from")) {
        interval.from = observations::earliest_time;  // a file is everything, unless asked otherwise
    }
    const std::string type = "text/csv; charset=utf-8; header=present";
    const std::string name = fmt::format("attachment; filename=\"{}\"", csv_file_name(*place, *stream, step));
    if (step) {
        TRY(const auto rollup, parts.plane.rollup(stream->id, interval, *step));
        std::string text = csv_head(step);
        const CsvWriter writer(*stream);
        for (const observations::Bucket& bucket : rollup) {
            writer.add(bucket, text);
        }
        auto response = http::content(type, std::move(text));
        response.headers.set("Content-Disposition", name);
        return open_data(request, std::move(response));
    }
    TRY(auto tag, series_tag(parts.plane, *stream, interval));
    if (http::not_modified(request, tag)) {
        return open_data(request, http::content(type, std::string()), std::move(tag));
    }
    auto rows = std::make_shared<CsvRows>(parts, *stream, interval);
    auto response = http::content(type, http::Stream{[rows](std::string& chunk) { return rows->pull(chunk); }});
    response.headers.set("Content-Disposition", name);
    return open_data(request, std::move(response), std::move(tag));
}

Result<http::Response> get_season(const Parts& parts, const http::Request& request) {
    const auto catalogue = parts.plane.catalogue();
    TRY(const auto* place, asked_place(*catalogue, request));
    TRY(const auto* stream, asked_stream(*place, request));
    const int newest = season_year(*place, parts.clock.now());
    TRY(const int year, asked_year(request, newest));
    TRY(const json answer, season_json(parts, *place, *stream, year));
    return open_data(request, http::json(answer.dump()));
}

Result<http::Response> list_samples(const Parts& parts, const http::Request& request) {
    const auto catalogue = parts.plane.catalogue();
    TRY(const auto* place, asked_place(*catalogue, request));
    TRY(const json answer, samples_json(parts, *place));
    return open_data(request, http::json(answer.dump()));
}

using Answer = Result<http::Response> (*)(const Parts&, const http::Request&);

/// What questions.h and the pages say themselves, in the asker's language.
constexpr auto sentences_of_ours = {Errc::malformed, Errc::not_found};

/// Answers on the pool, since the plane may read from disk.
http::Route answer(std::string pattern, const Parts& parts, Answer work) {
    return {.method = http::Method::get,
            .pattern = std::move(pattern),
            .handler = [parts, work](http::Request& request) -> Task<http::Response> {
                auto response = co_await parts.pool.run([&] { return work(parts, request); });
                co_return response ? std::move(*response)
                                   : http::problem_for_reader(request, response.error(), sentences_of_ours);
            },
            .sharing = http::Sharing::open_data,
            .permission = std::string(policy::anyone)};
}

std::string live_data(const publication::PublicPlace& place, const Condition& condition, Instant now) {
    return json{{"place", place.slug}, {"condition", condition_json(condition, now)}}.dump();
}

/// What is known now as events, so that who has just come never waits for the next reading.
std::string current_events(const Parts& parts, const publication::Catalogue& catalogue,
                           std::optional<std::string_view> slug) {
    const Instant now = parts.clock.now();
    std::string events;
    for (const auto& place : catalogue.places) {
        if (slug && place.slug != *slug) {
            continue;
        }
        for (const Condition& condition : conditions_at(parts, place)) {
            events += fmt::format("event: condition\ndata: {}\n\n", live_data(place, condition, now));
        }
    }
    return events;
}

Task<http::Response> listen(const Parts& parts, http::Request& request) {
    const auto slug = request.query.get("place");
    const auto catalogue = parts.plane.catalogue();
    if (slug && catalogue->place(*slug) == nullptr) {
        co_return http::problem(request, 404, "not-found");
    }
    // Subscribed first, so that nothing falls between the state and the events that change it.
    auto subscribed = parts.hub.subscribe(request, {slug ? topic_of(*slug) : std::string(live_topic_all)});
    auto& response = subscribed.response;
    if (!subscribed.resumed && std::holds_alternative<http::OpenStream>(response.body)) {
        live::begin_with(response, co_await parts.pool.run([&] { return current_events(parts, *catalogue, slug); }));
    }
    co_return std::move(response);
}

}  // namespace

std::vector<http::Route> routes(Parts parts) {
    std::vector<http::Route> table = page_routes(parts);
    table.push_back(answer("/api/v1/places", parts, list_places));
    table.push_back(answer("/api/v1/places/{slug}", parts, get_place));
    table.push_back(answer("/api/v1/places/{slug}/series", parts, get_series));
    table.push_back(answer("/api/v1/places/{slug}/series.csv", parts, get_series_csv));
    table.push_back(answer("/api/v1/places/{slug}/season", parts, get_season));
    table.push_back(answer("/api/v1/places/{slug}/samples", parts, list_samples));
    return table;
}

http::Handler live_handler(Parts parts) {
    return [parts](http::Request& request) { return listen(parts, request); };
}

void announce(const Parts& parts, const std::set<publication::DatastreamId>& streams) {
    const auto catalogue = parts.plane.catalogue();
    const Instant now = parts.clock.now();
    for (const auto& place : catalogue->places) {
        const bool touched = std::ranges::any_of(place.streams, [&](const publication::PublicStream& stream) {
            const auto latest = streams.contains(stream.id) ? parts.plane.latest(stream.id) : std::nullopt;
            return latest && now - latest->time < news_age_max;  // history being loaded is no news
        });
        if (!touched) {
            continue;
        }
        for (const Condition& condition : conditions_at(parts, place)) {
            if (streams.contains(condition.stream.id)) {
                const std::string data = live_data(place, condition, now);
                parts.hub.publish(topic_of(place.slug), "condition", data);
                parts.hub.publish(live_topic_all, "condition", data);
            }
        }
    }
}

}  // namespace bypuls::bathing
