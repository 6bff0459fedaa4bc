#include "platform/publish/live/readings.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/text.h"
#include "core/time/iso8601.h"
#include "platform/http/problem.h"
#include "platform/policy/policy.h"
#include "platform/publish/live/entities.h"
#include "platform/publish/live/filter.h"
#include "platform/publish/live/wanted.h"
#include "platform/publish/sensorthings/model/schema.h"

namespace bypuls::publish {
namespace {

using nlohmann::json;
using publication::DatastreamId;

constexpr std::string_view topic_all = "observations";
constexpr std::string_view event_name = "observation";
constexpr std::chrono::hours news_age_max{6};

std::string topic_of(DatastreamId id) {
    return fmt::format("datastream/{}", id.value);
}

json result_json(const observations::Value& value) {
    struct AsJson {
        json operator()(double number) const { return number; }
        json operator()(std::int64_t number) const { return number; }
        json operator()(bool truth) const { return truth; }
        json operator()(const observations::Category& category) const { return category.value; }
        json operator()(const observations::Json& text) const { return json::parse(text.text, nullptr, false); }
    };
    return std::visit(AsJson{}, value);
}

std::string event_data(DatastreamId id, const observations::Observation& reading) {
    return json{{"datastream", id.value},
                {"phenomenonTime", format_instant(reading.time)},
                {"result", result_json(reading.value)},
                {"usable", reading.quality.usable()},
                {"quality", observations::to_string(reading.quality)}}
        .dump(-1, ' ', false, json::error_handler_t::replace);
}

Result<std::vector<DatastreamId>> asked_streams(const publication::Catalogue& catalogue, const http::Request& request) {
    const auto texts = request.query.all("datastream");
    if (texts.size() > live_datastreams_max) {
        return fail(Errc::malformed,
                    fmt::format("datastream: at most {} at once; ?set=Observations gives all", live_datastreams_max));
    }
    std::vector<DatastreamId> ids;
    for (const std::string_view text : texts) {
        DatastreamId id;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id.value);
        if (error != std::errc{} || end != text.data() + text.size()) {
            return fail(Errc::malformed, "datastream: must be the whole number of a datastream");
        }
        if (catalogue.place_of(id) == nullptr) {
            return fail(Errc::not_found, fmt::format("there is no published datastream {}", id.value));
        }
        if (std::ranges::find(ids, id) == ids.end()) {
            ids.push_back(id);
        }
    }
    return ids;
}

std::vector<DatastreamId> all_streams(const publication::Catalogue& catalogue) {
    std::vector<DatastreamId> ids;
    for (const auto& place : catalogue.places) {
        for (const auto& stream : place.streams) {
            ids.push_back(stream.id);
        }
    }
    return ids;
}

/// What is known now, so that who has just come never waits for the next
/// reading.
std::string current_events(const LiveParts& parts, const std::vector<DatastreamId>& ids, const Wanted& wanted) {
    std::string events;
    for (const DatastreamId id : ids) {
        const auto latest = parts.plane.latest(id);
        const std::string data = latest ? event_data(id, *latest) : std::string();
        if (latest && (!wanted || wanted(data))) {
            events += fmt::format("event: {}\ndata: {}\n\n", event_name, data);
        }
    }
    return events;
}

/// Null without a $filter.
Task<Result<Wanted>> wanted_of(const LiveParts& parts, const http::Request& request) {
    const auto text = request.query.get("$filter");
    if (!text) {
        co_return Wanted{};
    }
    auto filter = co_await parts.pool.run([&] { return read_live_filter(*text, parts.plane); });
    if (!filter) {
        co_return std::unexpected(std::move(filter).error());
    }
    co_return [kept = std::make_shared<const LiveFilter>(std::move(*filter)),
               &clock = parts.clock](std::string_view data) { return kept->fits(data, clock.now()); };
}

Task<http::Response> listen(LiveParts parts, http::Request& request) {
    const auto set = request.query.get("set");
    const auto kind = set ? sensorthings::kind_of_set(*set) : sensorthings::Kind::observation;
    if (!kind) {
        co_return http::problem(request, fail(Errc::malformed, "set: one of SensorThings', as 'Observations'").error());
    }
    if (*kind != sensorthings::Kind::observation) {
        co_return listen_to_entities(parts, request, *kind);
    }
    const auto catalogue = parts.plane.catalogue();
    auto asked = asked_streams(*catalogue, request);
    if (!asked) {
        co_return http::problem(request, asked.error());
    }
    std::vector<std::string> topics;
    if (set) {
        *asked = all_streams(*catalogue);
        topics.emplace_back(topic_all);
    } else {
        std::ranges::transform(*asked, std::back_inserter(topics), topic_of);
    }
    auto wanted = co_await wanted_of(parts, request);
    if (!wanted) {
        co_return http::problem(request, wanted.error());
    }
    // Subscribed first, so that nothing falls between the state and the events
    // that change it.
    auto subscribed = parts.hub.subscribe(request, std::move(topics));
    auto& response = subscribed.response;
    if (std::holds_alternative<http::OpenStream>(response.body)) {
        if (*wanted) {
            leave_wanted(response, std::string(event_name), *wanted);
        }
        if (!subscribed.resumed) {
            live::begin_with(response, co_await parts.pool.run([&] { return current_events(parts, *asked, *wanted); }));
        }
    }
    co_return std::move(response);
}

}  // namespace

http::Route live_route(const LiveParts& parts, http::Handler places) {
    return {.method = http::Method::get,
            .pattern = "/live",
            .handler = [parts, places = std::move(places)](http::Request& request) -> Task<http::Response> {
                const bool readings = request.query.get("datastream") || request.query.get("set");
                return readings ? listen(parts, request) : places(request);
            },
            .sharing = http::Sharing::open_data,
            .permission = std::string(policy::anyone)};
}

void announce_readings(const LiveParts& parts, const std::set<DatastreamId>& streams) {
    const auto catalogue = parts.plane.catalogue();
    const Instant now = parts.clock.now();
    for (const DatastreamId id : streams) {
        const auto latest = catalogue->place_of(id) != nullptr ? parts.plane.latest(id) : std::nullopt;
        if (!latest || now - latest->time >= news_age_max) {
            continue;
        }
        const std::string data = event_data(id, *latest);
        parts.hub.publish(topic_of(id), event_name, data);
        parts.hub.publish(topic_all, event_name, data);
    }
}

}  // namespace bypuls::publish
