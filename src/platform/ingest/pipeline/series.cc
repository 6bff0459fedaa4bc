#include "platform/ingest/pipeline/series.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace bypuls::ingest::pipeline {
namespace {

constexpr std::string_view sensor_name = "InfluxDB line protocol";

registry::Thing thing_for(const WantedSeries& wanted) {
    const std::string key = wanted.key.substr(0, wanted.key.size() - wanted.field.size() - 1);
    return {.name = key.substr(5), .description = "Made when a line named it.", .external_key = key};
}

registry::ObservedProperty property_for(const std::string& field) {
    return {.name = field, .definition = "urn:bypuls:property:" + field, .description = "Made when a line named it."};
}

}  // namespace

void append_series_key(std::string& out, const line_protocol::Batch& batch, const line_protocol::Point& point,
                       const line_protocol::Field& field) {
    out.append("line:").append(point.measurement);
    for (const line_protocol::Tag& tag : batch.tags(point)) {  // sorted by key: one series has one spelling
        out.append(",").append(tag.key).append("=").append(tag.value);
    }
    out.append(":").append(field.key);
}

Result<std::vector<observations::DatastreamId>> RegistrySeries::make(const std::vector<WantedSeries>& wanted) {
    TRY_DO(prepare_shared());
    std::vector<observations::DatastreamId> ids(wanted.size());
    std::vector<registry::Datastream> fresh;
    std::vector<std::size_t> places;
    const auto create = [&]() -> Result<void> {
        if (fresh.empty()) {
            return {};
        }
        TRY(const auto made, registry_.create_all(fresh));
        for (std::size_t i = 0; i < made.size(); ++i) {
            ids[places[i]] = made[i];
        }
        made_ += made.size();
        fresh.clear();
        places.clear();
        return {};
    };
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        if (const auto* known = registry_.streams()->find(wanted[i].key)) {
            ids[i] = known->id;
            continue;
        }
        if (made_ + fresh.size() >= series_max_) {
            continue;
        }
        registry::Datastream series{.sensor = sensor_,
                                    .name = wanted[i].measurement + " " + wanted[i].field,
                                    .description = "Made when a line named it: " + wanted[i].key,
                                    .unit = {.name = "unknown", .symbol = "", .definition = "1"},
                                    .result_type = wanted[i].type,
                                    .external_keys = {wanted[i].key}};
        const registry::Thing thing = thing_for(wanted[i]);
        const registry::ObservedProperty property = property_for(wanted[i].field);
        if (!registry::validate(series) || !registry::validate(thing) || !registry::validate(property)) {
            continue;  // a name that the registry cannot hold, such as one of a thousand letters
        }
        TRY(series.thing, thing_of(thing));
        TRY(series.observed_property, property_of(property));
        fresh.push_back(std::move(series));
        places.push_back(i);
        if (fresh.size() == registry::bulk_max) {
            TRY_DO(create());
        }
    }
    TRY_DO(create());
    return ids;
}

Result<void> RegistrySeries::prepare_shared() {
    // Looked up again when it was deleted, or when the bound is reached, since others delete datastreams too.
    if (sensor_ && made_ < series_max_ && registry_.sensors().get(sensor_)) {
        return {};
    }
    sensor_ = {};
    TRY(const auto found, registry_.sensors().find_by_name(sensor_name));
    if (!found.empty()) {
        sensor_ = found.front().id;
    } else {
        TRY(sensor_, registry_.sensors().create(
                         {.name = std::string(sensor_name),
                          .description = "Whatever wrote the line; its tags tell more.",
                          .encoding_type = "text/plain",
                          .metadata = "https://docs.influxdata.com/influxdb/v2/reference/syntax/line-protocol/"}));
    }
    made_ = 0;
    registry_.streams()->for_each([&](const registry::Stream& stream) { made_ += stream.sensor == sensor_ ? 1 : 0; });
    return {};
}

Result<registry::ThingId> RegistrySeries::thing_of(const registry::Thing& wanted) {
    auto known = registry_.thing_by_key(wanted.external_key);
    if (known) {
        return known->id;
    }
    if (known.error().code != Errc::not_found) {
        return std::unexpected(std::move(known).error());
    }
    return registry_.things().create(wanted);
}

Result<registry::ObservedPropertyId> RegistrySeries::property_of(const registry::ObservedProperty& wanted) {
    TRY(const auto known, registry_.observed_properties().find_by_name(wanted.name));
    if (!known.empty()) {
        return known.front().id;
    }
    return registry_.observed_properties().create(wanted);
}

}  // namespace bypuls::ingest::pipeline
