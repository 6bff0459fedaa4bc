// What a datastream says of itself that follows from its observations: 18-088 §8.2.4, table 8.

#include <algorithm>
#include <set>

#include "core/geo/shape.h"
#include "platform/publish/sensorthings/read/session.h"

namespace bypuls::sensorthings {
namespace {

constexpr std::size_t features_max = 10'000;  // that one datastream's observations name

Interval both(const Interval& a, const Interval& b) {
    return {std::max(a.from, b.from), std::min(a.to, b.to)};
}

}  // namespace

Result<std::optional<query::Value>> Session::stream_value(observations::DatastreamId id,
                                                          const std::string& observed_area, registry::ThingId thing,
                                                          std::string_view property) {
    using Found = std::optional<query::Value>;
    if (property == "phenomenonTime") {
        TRY(auto span, phenomenon_span(id));
        return Found(std::move(span));
    }
    if (property == "resultTime") {
        TRY(auto span, result_span(id));
        return Found(std::move(span));
    }
    if (property != "observedArea") {
        return Found{};
    }
    if (!observed_area.empty()) {
        return Found(query::Geometry{observed_area});
    }
    TRY(auto area, observed_bounds(id, thing));
    return Found(std::move(area));
}

Result<bool> Session::has_details(observations::DatastreamId id) {
    if (data_.details == nullptr) {
        return false;
    }
    return data_.details->any(id);
}

Result<std::optional<Interval>> Session::observed_during(observations::DatastreamId id) const {
    const auto newest = data_.store.latest(id);
    if (!newest) {
        return std::nullopt;
    }
    TRY(const auto oldest, data_.store.oldest(id));
    return Interval{oldest.value_or(newest->time), newest->time};
}

Result<query::Value> Session::phenomenon_span(observations::DatastreamId id) {
    TRY(const auto during, observed_during(id));
    if (!during) {
        return query::Value{};
    }
    query::Span span{during->from, during->to};
    TRY(const bool detailed, has_details(id));
    if (detailed) {
        TRY(const auto spans, data_.details->spans(id));
        span.to = std::max(span.to, spans.phenomenon_end.value_or(span.to));
    }
    return query::Value{span};
}

Result<query::Value> Session::result_span(observations::DatastreamId id) {
    TRY(const bool detailed, has_details(id));
    if (!detailed) {
        return query::Value{};
    }
    TRY(const auto spans, data_.details->spans(id));
    return spans.results ? query::Value{query::Span{spans.results->from, spans.results->to}} : query::Value{};
}

/// Of the features that the datastream's observations name, and of where its thing was while it had others.
Result<std::vector<std::int64_t>> Session::features_observed(observations::DatastreamId id, registry::ThingId thing) {
    std::set<std::int64_t> features;
    std::uint64_t naming = 0;
    TRY(const bool detailed, has_details(id));
    if (detailed) {
        TRY(const auto named, data_.details->features(id, features_max));
        for (const auto& one : named) {
            features.insert(one.feature);
            naming += one.observations;
        }
    }
    TRY(const auto during, observed_during(id));
    if (during && naming < data_.store.count(id)) {
        const Interval whole{during->from, during->to + Duration{1}};
        TRY(const auto* stays, features_of(thing));
        const auto there =
            std::ranges::count_if(*stays, [&](const auto& one) { return !both(one.during, whole).empty(); });
        for (const auto& one : *stays) {
            const Interval then = both(one.during, whole);
            if (then.empty() || features.contains(one.feature.value)) {
                continue;
            }
            TRY(const auto readings, there == 1 ? Result<std::uint64_t>(1) : data_.store.count(id, then));
            if (readings > 0) {
                features.insert(one.feature.value);
            }
        }
    }
    return std::vector<std::int64_t>(features.begin(), features.end());
}

Result<query::Value> Session::observed_bounds(observations::DatastreamId id, registry::ThingId thing) {
    std::optional<geo::Bounds> bounds;
    TRY(const auto features, features_observed(id, thing));
    for (const std::int64_t feature : features) {
        TRY(const auto entity, get(Kind::feature_of_interest, feature));
        const auto* about = entity ? std::get_if<registry::FeatureOfInterest>(entity.get()) : nullptr;
        // A feature in another encoding has no place that is known here.
        const auto shape = about == nullptr ? fail(Errc::not_found, "") : geo::Shape::from_geojson(about->feature);
        const auto own = shape ? shape->bounds() : std::nullopt;
        if (own) {
            bounds = bounds ? bounds->with(*own) : *own;
        }
    }
    return bounds ? query::Value{query::Geometry{bounds->geojson()}} : query::Value{};
}

}  // namespace bypuls::sensorthings
