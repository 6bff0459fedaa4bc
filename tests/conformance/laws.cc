#include "tests/conformance/laws.h"

#include <algorithm>
#include <functional>

#include <rapidcheck.h>

#include "core/time/iso8601.h"
#include "platform/publish/sensorthings/read/fit.h"
#include "platform/publish/sensorthings/read/order.h"

namespace bypuls::sensorthings::conformance {
namespace {

using Shared = std::shared_ptr<const Entity>;

std::vector<Shared> all_readings(World& world, Session& session) {
    std::vector<Shared> all;
    for (const auto id : world.store->datastreams()) {
        const auto series = world.store->range(id, {observations::earliest_time, observations::latest_time}).value();
        for (std::size_t row = 0; row < series.columns.size(); ++row) {
            const Instant time = series.columns.times[row];
            const auto detail = world.details->get({id, time}).value();
            all.push_back(std::make_shared<const Entity>(
                session.reading({id, time}, series.columns.value(row), detail.value_or(observations::Detail{}))));
        }
    }
    return all;
}

template <typename Entities>
std::vector<Shared> all_of(const Entities& entities) {
    std::vector<Shared> all;
    auto page = entities.list({}, 1000).value();
    for (auto& entity : page.items) {
        all.push_back(std::make_shared<const Entity>(std::move(entity)));
    }
    return all;
}

std::vector<Shared> all_of_kind(World& world, Session& session, Kind kind) {
    const registry::View& registry = *world.registry;
    switch (kind) {
        case Kind::thing: return all_of(registry.things());
        case Kind::location: return all_of(registry.locations());
        case Kind::historical_location: return all_of(registry.historical_locations());
        case Kind::datastream: return all_of(registry.datastreams());
        case Kind::multi_datastream: return all_of(registry.multi_datastreams());
        case Kind::sensor: return all_of(registry.sensors());
        case Kind::observed_property: return all_of(registry.observed_properties());
        case Kind::feature_of_interest: return all_of(registry.features());
        case Kind::observation: break;
    }
    return all_readings(world, session);
}

bool belongs(const Entity& entity, const Origin& of) {
    if (const auto* reading = std::get_if<Reading>(&entity)) {
        return of.kind == Kind::datastream && reading->place.datastream.value == of.id;
    }
    const auto* stream = std::get_if<registry::Datastream>(&entity);
    return stream != nullptr && of.kind == Kind::thing && stream->thing.value == of.id;
}

}  // namespace

namespace {

/// Readings of a set, at moments some of which coincide.
void add_readings(World& world, const std::string& of, const std::function<json()>& result) {
    const int rows = *rc::gen::inRange(0, 8);
    for (int row = 0; row < rows; ++row) {
        const auto t = parse_instant("2026-06-01T00:00:00Z").value() + std::chrono::hours{*rc::gen::inRange(0, 40)};
        json body{{"phenomenonTime", format_instant(t)}, {"result", result()}};
        if (*rc::gen::inRange(0, 3) == 0) {
            body["resultTime"] = format_instant(t + std::chrono::minutes{*rc::gen::inRange(0, 90)});
        }
        const int status = world.post(of + "/Observations", body).status;
        RC_ASSERT(status == 201 || status == 409);  // another known since another time is not taken in its place
    }
}

json multi_datastream_body() {
    const json single = datastream_body(*rc::gen::element<std::string>("w", "x"));
    const json number = om("OM_Measurement");
    return {{"name", single["name"]},
            {"description", ""},
            {"multiObservationDataTypes", {number, number}},
            {"unitOfMeasurements", {single["unitOfMeasurement"], single["unitOfMeasurement"]}},
            {"Sensor", single["Sensor"]},
            {"ObservedProperties", {single["ObservedProperty"], single["ObservedProperty"]}}};
}

}  // namespace

Town::Town() {
    const int things = *rc::gen::inRange(1, 5);
    for (int i = 0; i < things; ++i) {
        json body = whole_thing(*rc::gen::element<std::string>("air", "water", "Ås", "o'hare"));
        body["properties"]["depth"] = *rc::gen::inRange(0, 3);
        body["Datastreams"] = json::array();
        const int streams = *rc::gen::inRange(i == 0 ? 1 : 0, 3);
        for (int s = 0; s < streams; ++s) {
            body["Datastreams"].push_back(datastream_body(*rc::gen::element<std::string>("t", "u", "v")));
        }
        if (*rc::gen::inRange(0, 4) == 0) {
            body["MultiDatastreams"] = json::array({multi_datastream_body()});
        }
        const auto made = world.post("Things", body);
        RC_ASSERT(made.status == 201);
    }
    for (const auto& stream : world.list("Datastreams?$top=1000")) {
        add_readings(world, stream["@iot.selfLink"], [] { return json(*rc::gen::inRange(-3, 4)); });
    }
    for (const auto& stream : world.list("MultiDatastreams?$top=1000")) {
        add_readings(world, stream["@iot.selfLink"], [] {
            return json{*rc::gen::inRange(-3, 4), *rc::gen::inRange(0, 2) == 0 ? json(nullptr) : json(0.5)};
        });
    }
}

std::vector<std::int64_t> naive(World& world, Kind kind, const query::Options& options,
                                const std::optional<Origin>& of) {
    const auto fitted = fit(kind, options).value();
    Session session(world.data, world.clock, ReadLimits{});
    const auto all = all_of_kind(world, session, kind);
    std::vector<std::pair<PageEnd, std::int64_t>> kept;
    for (const auto& entity : all) {
        if (of && !belongs(*entity, *of)) {
            continue;
        }
        if (fitted.filter && !query::matches(*fitted.filter, EntityRecord(session, entity), session.now()).value()) {
            continue;
        }
        PageEnd end{keys_of(session, fitted.order, entity).value(), {id_of(*entity)}};
        if (const auto* reading = std::get_if<Reading>(entity.get())) {
            end.place = {reading->place.datastream.value, reading->place.time.time_since_epoch().count()};
        }
        kept.emplace_back(std::move(end), id_of(*entity));
    }
    std::ranges::sort(kept, [&](const auto& a, const auto& b) { return compare(a.first, b.first, fitted.order) < 0; });
    std::vector<std::int64_t> ids;
    for (const auto& [end, id] : kept) {
        ids.push_back(id);
    }
    return ids;
}

}  // namespace bypuls::sensorthings::conformance
