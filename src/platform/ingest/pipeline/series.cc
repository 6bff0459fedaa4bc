#include "platform/ingest/pipeline/series.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace bypuls::ingest::pipeline {
namespace {

constexpr std::string_view sensor_name = "InfluxDB line protocol";

void append_tags(std::string& out, std::span<const line_protocol::Tag> tags) {
    if (std::ranges::is_sorted(tags, {}, &line_protocol::Tag::key)) {
        for (const auto& tag : tags) {
            out.append(",").append(tag.key).append("=").append(tag.value);
        }
        return;
    }
    std::vector<line_protocol::Tag> sorted(tags.begin(), tags.end());
    std::ranges::sort(sorted, {}, &line_protocol::Tag::key);
    append_tags(out, sorted);
}

}  // namespace

void append_series_key(std::string& out, const line_protocol::Batch& batch, const line_protocol::Point& point,
                       const line_protocol::Field& field) {
    out.append("line:").append(point.measurement);
    append_tags(out, batch.tags(point));
    out.append(":").append(field.key);
}

Result<std::vector<observations::DatastreamId>> RegistrySeries::make(const std::vector<WantedSeries>& wanted) {
    TRY_DO(prepare_shared());
    std::vector<observations::DatastreamId> ids(wanted.size());
    std::vector<registry::Datastream> fresh;
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        if (const auto* known = registry_.streams()->find(wanted[i].key)) {
            ids[i] = known->id;
            continue;
        }
        if (made_ + fresh.size() >= series_max_) {
            continue;
        }
        TRY(const auto thing, thing_of(wanted[i]));
        TRY(const auto property, property_of(wanted[i].field));
        fresh.push_back({.thing = thing,
                         .sensor = sensor_,
                         .observed_property = property,
                         .name = wanted[i].measurement + " " + wanted[i].field,
                         .description = "Made when a line named it: " + wanted[i].key,
                         .unit = {.name = "unknown", .symbol = "", .definition = "1"},
                         .result_type = wanted[i].type,
                         .external_keys = {wanted[i].key}});
        places.push_back(i);
    }
    if (!fresh.empty()) {
        TRY(const auto made, registry_.create_all(fresh));
        for (std::size_t i = 0; i < made.size(); ++i) {
            ids[places[i]] = made[i];
        }
        made_ += made.size();
    }
    return ids;
}

Result<void> RegistrySeries::prepare_shared() {
    if (sensor_) {
        return {};
    }
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

Result<registry::ThingId> RegistrySeries::thing_of(const WantedSeries& wanted) {
    const std::string key = wanted.key.substr(0, wanted.key.size() - wanted.field.size() - 1);
    auto known = registry_.thing_by_key(key);
    if (known) {
        return known->id;
    }
    if (known.error().code != Errc::not_found) {
        return std::unexpected(std::move(known).error());
    }
    return registry_.things().create(
        {.name = key.substr(5), .description = "Made when a line named it.", .external_key = key});
}

Result<registry::ObservedPropertyId> RegistrySeries::property_of(const std::string& field) {
    TRY(const auto known, registry_.observed_properties().find_by_name(field));
    if (!known.empty()) {
        return known.front().id;
    }
    return registry_.observed_properties().create(
        {.name = field, .definition = "urn:bypuls:property:" + field, .description = "Made when a line named it."});
}

}  // namespace bypuls::ingest::pipeline
