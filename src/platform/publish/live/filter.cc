#include "platform/publish/live/filter.h"

#include <algorithm>
#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/time/iso8601.h"
#include "platform/publish/sensorthings/read/fit.h"
#include "platform/query/evaluate.h"
#include "platform/query/parse.h"

namespace bypuls::publish {
namespace {

using nlohmann::json;
using publication::DatastreamId;
using query::Expression;

query::Value value_of(const json& value) {
    switch (value.type()) {
        case json::value_t::boolean: return value.get<bool>();
        case json::value_t::number_integer: return value.get<std::int64_t>();
        case json::value_t::number_unsigned:
        case json::value_t::number_float: return value.get<double>();
        case json::value_t::string: return value.get<std::string>();
        case json::value_t::array:
        case json::value_t::object: return query::Json{value.dump(-1, ' ', false, json::error_handler_t::replace)};
        default: return {};
    }
}

/// An event as the evaluator sees it.
class EventRecord final : public query::Record {
public:
    explicit EventRecord(const json& event) : event_(event) {}

    std::optional<query::Value> property(std::string_view name) const override {
        if (name == "result") {
            return value_of(event_.at("result"));
        }
        if (name == "phenomenonTime") {
            const auto time = parse_instant(event_.at("phenomenonTime").get_ref<const std::string&>());
            return time ? query::Value{*time} : query::Value{};
        }
        return std::nullopt;
    }
    Result<std::optional<Related>> navigate(std::string_view, std::size_t) const override { return std::nullopt; }

private:
    const json& event_;
};

query::Value time_of(const std::string& text) {
    if (text.contains('/')) {
        const auto span = parse_interval(text);
        return span ? query::Value{query::Span{span->from, span->to}} : query::Value{};
    }
    const auto instant = parse_instant(text);
    return instant ? query::Value{*instant} : query::Value{};
}

/// An entity as it was told, as the evaluator sees it.
class ToldEntity final : public query::Record {
public:
    ToldEntity(sensorthings::Kind kind, const json& entity) : type_(sensorthings::type_of(kind)), entity_(entity) {}

    std::optional<query::Value> property(std::string_view name) const override {
        using sensorthings::Content;
        const auto* property = type_.property(name);
        if (property == nullptr && !sensorthings::is_id(name)) {
            return std::nullopt;
        }
        const auto found = entity_.find(property == nullptr ? "@iot.id" : std::string(name));
        if (found == entity_.end()) {
            return query::Value{};
        }
        const Content content = property == nullptr ? Content::json : property->content;
        if (found->is_string() && (content == Content::instant || content == Content::time)) {
            return time_of(found->get_ref<const std::string&>());
        }
        return content == Content::geometry && found->is_object() ? query::Geometry{found->dump()} : value_of(*found);
    }
    Result<std::optional<Related>> navigate(std::string_view, std::size_t) const override { return std::nullopt; }

private:
    const sensorthings::EntityType& type_;
    const json& entity_;
};

bool is_about_itself(sensorthings::Kind kind, const Expression& e) {
    if (e.kind == Expression::Kind::any) {
        return false;
    }
    if (e.kind == Expression::Kind::path) {
        const auto meaning = sensorthings::meaning_of(kind, e.path);
        return meaning && meaning->navigations == 0;
    }
    return std::ranges::all_of(e.arguments, [&](const Expression& part) { return is_about_itself(kind, part); });
}

bool is_about_reading(const Expression& e) {
    if (e.kind == Expression::Kind::any) {
        return false;
    }
    if (e.kind == Expression::Kind::path) {
        const std::string& first = e.path.steps.front();
        return first == "result" || (first == "phenomenonTime" && e.path.steps.size() == 1);
    }
    return std::ranges::all_of(e.arguments, is_about_reading);
}

Result<void> narrow(LiveFilter& filter, const Expression& part, const registry::View& view) {
    const Expression asked = sensorthings::without_first_step(part);
    if (!registry::can_select(registry::Kind::datastream, asked)) {
        return fail(Errc::malformed, fmt::format("$filter: '{}' cannot be asked here; of a "
                                                 "Datastream its id, texts and "
                                                 "properties can, and those of what it is linked to",
                                                 query::to_text(part)));
    }
    TRY(const auto page, view.datastreams().select({.where = &asked, .limit = registry::page_max}));
    if (page.more) {
        return fail(Errc::exhausted,
                    fmt::format("$filter: more than {} datastreams fit; narrow it", registry::page_max));
    }
    std::set<DatastreamId> fitting;
    for (const auto& stream : page.items) {
        if (!filter.datastreams || filter.datastreams->contains(stream.id)) {
            fitting.insert(stream.id);
        }
    }
    filter.datastreams = std::move(fitting);
    return {};
}

}  // namespace

bool LiveFilter::fits(std::string_view data, Instant now) const {
    const json event = json::parse(data, nullptr, false);
    if (!event.is_object()) {
        return false;
    }
    if (datastreams && !datastreams->contains(DatastreamId{event.value("datastream", std::int64_t{0})})) {
        return false;
    }
    // What cannot be told of a reading does not fit, as in SensorThings.
    return !reading || query::matches(*reading, EventRecord(event), now).value_or(false);
}

Result<LiveFilter> read_live_filter(std::string_view text, const publication::Plane& plane) {
    TRY(const Expression parsed, query::parse_filter(text));
    TRY(const Expression whole, sensorthings::fit_filter(sensorthings::Kind::observation, parsed));
    LiveFilter filter;
    std::vector<const Expression*> about_reading;
    const auto view = plane.registry();
    for (const Expression* part : query::conjuncts(whole)) {
        if (sensorthings::all_paths_begin_with(*part, "Datastream")) {
            TRY_DO(narrow(filter, *part, *view));
        } else if (is_about_reading(*part)) {
            about_reading.push_back(part);
        } else {
            return fail(Errc::malformed, fmt::format("$filter: '{}' cannot be asked of what comes live; "
                                                     "'result' and 'phenomenonTime' "
                                                     "can, and, joined by 'and', what 'Datastream/' leads to",
                                                     query::to_text(*part)));
        }
    }
    filter.reading = query::conjunction(about_reading);
    return filter;
}

bool EntityFilter::fits(std::string_view data, Instant now) const {
    constexpr std::size_t members_of_address = 2;
    const json entity = json::parse(data, nullptr, false);
    if (!entity.is_object()) {
        return false;
    }
    return entity.size() == members_of_address || query::matches(asked, ToldEntity(kind, entity), now).value_or(false);
}

Result<EntityFilter> read_entity_filter(std::string_view text, sensorthings::Kind kind) {
    TRY(const Expression parsed, query::parse_filter(text));
    TRY(Expression whole, sensorthings::fit_filter(kind, parsed));
    if (!is_about_itself(kind, whole)) {
        return fail(Errc::malformed, fmt::format("$filter: of what comes live, the properties of a {} itself can be "
                                                 "asked, not what it is linked to",
                                                 sensorthings::type_of(kind).name));
    }
    return EntityFilter{kind, std::move(whole)};
}

}  // namespace bypuls::publish
