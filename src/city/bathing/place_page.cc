#include "city/bathing/place_page.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "core/time/iso8601.h"
#include "core/words/format.h"
#include "platform/pages/parts.h"

namespace bypuls::bathing {
namespace {

using nlohmann::json;
using pages::Html;
using pages::html;

std::string label_of(const words::Words& say, std::string_view property) {
    return say.lookup("bathing.property." + std::string(property));
}

pages::Certainty certainty_of(State state) {
    switch (state) {
        case State::fresh: return pages::Certainty::fresh;
        case State::last_good: return pages::Certainty::last_good;
        case State::stale: return pages::Certainty::stale;
        case State::missing: return pages::Certainty::missing;
    }
    return pages::Certainty::missing;
}

std::string tone_of(UvClass uv) {
    constexpr std::array<const char*, 5> tones{"good", "fair", "poor", "bad", "extreme"};
    return tones.at(static_cast<std::size_t>(uv));
}

pages::Value value_of(const words::Words& say, const PlaceModel& model, const Condition& condition) {
    const auto language = say.language();
    pages::Value value{.label = label_of(say, condition.stream.property),
                       .certainty = certainty_of(condition.state),
                       .source = condition.stream.source,
                       .simulated = condition.stream.simulated,
                       .live = model.place.slug + "/" + condition.stream.property};
    if (!condition.shown) {
        return value;
    }
    const double number = *number_of(condition.shown->value);
    value.number = words::number(language, number, words::decimals_of(condition.stream.unit));
    value.unit = std::string(words::unit_symbol(condition.stream.unit));
    value.time = condition.shown->time;
    value.age = words::age(language, condition.shown->time, model.now);
    if (condition.stream.property == "uv_index") {
        value.class_name = say.lookup("bathing.uv." + std::string(name_of(uv_class(number))));
        value.class_tone = tone_of(uv_class(number));
    }
    if (condition.trend) {
        value.trend = pages::trend_text(say, condition.trend->change, condition.stream.unit, condition.trend->span,
                                        condition.trend->direction == Trend::Direction::steady);
    }
    return value;
}

/// The number in front of a place in the list.
Html front_of(const words::Words& say, const PlaceModel& model) {
    if (model.conditions.empty() || !model.conditions.front().shown) {
        return html("<span class=\"by-front-none\">{}</span>", say("bathing.no_value"));
    }
    const Condition& first = model.conditions.front();
    return html("{}", words::quantity(say.language(), *number_of(first.shown->value),
                                      words::decimals_of(first.stream.unit), first.stream.unit));
}

pages::Entry entry_of(const words::Words& say, const PlaceModel& model) {
    const auto tag = words::tag_of(say.language());
    Html details;
    if (!model.conditions.empty() && model.conditions.front().shown) {
        details = pages::time_tag(model.conditions.front().shown->time,
                                  words::age(say.language(), model.conditions.front().shown->time, model.now));
    }
    if (model.place.simulated()) {
        details += html(" {}", pages::tag(say("parts.simulated")));
    }
    if (!model.in_season) {
        details += html(" {}", pages::tag(say("bathing.out_of_season")));
    }
    return {.id = model.place.slug,
            .href = "/bading/" + model.place.slug,
            .name = model.place.name.in(tag),
            .front = front_of(say, model),
            .details = details,
            .latitude = model.place.latitude,
            .longitude = model.place.longitude};
}

Html list_of(const words::Words& say, const std::vector<PlaceModel>& places, std::string_view kind,
             const std::string& heading) {
    std::vector<pages::Entry> entries;
    for (const PlaceModel& model : places) {
        if (model.place.kind == kind) {
            entries.push_back(entry_of(say, model));
        }
    }
    if (entries.empty()) {
        return {};
    }
    return html("<section><h2 class=\"ds-heading\" data-size=\"sm\">{}</h2>{}</section>", heading,
                pages::entry_list(entries));
}

json map_props(const words::Words& say, const std::vector<PlaceModel>& places) {
    json points = json::array();
    for (const PlaceModel& model : places) {
        const pages::Entry entry = entry_of(say, model);
        points.push_back(
            {{"slug", model.place.slug},
             {"name", entry.name},
             {"href", entry.href},
             {"latitude", model.place.latitude},
             {"longitude", model.place.longitude},
             {"text", model.conditions.empty() || !model.conditions.front().shown
                          ? ""
                          : words::quantity(say.language(), *number_of(model.conditions.front().shown->value),
                                            words::decimals_of(model.conditions.front().stream.unit),
                                            model.conditions.front().stream.unit)}});
    }
    return {{"places", std::move(points)}};
}

Html recent_table(const words::Words& say, const PlaceModel& model, const publication::PublicStream& stream) {
    std::vector<std::vector<Html>> rows;
    for (std::size_t i = model.recent.size(); i-- > 0;) {
        const auto value = number_of(model.recent.value(i));
        if (!value || !model.recent.quality_of(i).usable()) {
            continue;
        }
        rows.push_back(
            {pages::time_tag(model.recent.times[i], words::date_and_time(say.language(), model.recent.times[i])),
             html("{}", words::number(say.language(), *value, words::decimals_of(stream.unit)))});
    }
    const std::string caption = say("bathing.chart_title", {{"label", label_of(say, stream.property)}});
    return pages::table(caption, {{say("bathing.table_time")}, {say("bathing.table_value"), true}}, rows);
}

std::string recent_summary(const words::Words& say, const PlaceModel& model, const publication::PublicStream& stream) {
    std::optional<double> low;
    std::optional<double> high;
    for (std::size_t i = 0; i < model.recent.size(); ++i) {
        const auto value = number_of(model.recent.value(i));
        if (value && model.recent.quality_of(i).usable()) {
            low = low ? std::min(*low, *value) : *value;
            high = high ? std::max(*high, *value) : *value;
        }
    }
    if (!low) {
        return say("bathing.chart_empty");
    }
    const auto text = [&](double value) {
        return words::quantity(say.language(), value, words::decimals_of(stream.unit), stream.unit);
    };
    return say("bathing.chart_summary", {{"low", text(*low)}, {"high", text(*high)}});
}

Html recent_chart(const words::Words& say, const PlaceModel& model) {
    const publication::PublicStream& stream = model.conditions.front().stream;
    const std::string label = label_of(say, stream.property);
    const std::string api = "/api/v1/places/" + model.place.slug + "/series";
    const json props{{"slug", model.place.slug},         {"property", stream.property},        {"unit", stream.unit},
                     {"latitude", model.place.latitude}, {"longitude", model.place.longitude}, {"hours", 48}};
    return pages::chart(
        say, {.id = "recent",
              .title = say("bathing.chart_title", {{"label", label}}),
              .subtitle = say("bathing.chart_subtitle", {{"label", label}, {"unit", words::unit_symbol(stream.unit)}}),
              .summary = recent_summary(say, model, stream),
              .island = "curve",
              .props_json = props.dump(),
              .table = recent_table(say, model, stream),
              .source = stream.source,
              .csv_href = api + ".csv?property=" + stream.property,
              .json_href = api + "?property=" + stream.property,
              .simulated = stream.simulated});
}

}  // namespace

std::string advice(const words::Words& say, const PlaceModel& model) {
    if (model.conditions.empty() || model.conditions.front().state == State::missing ||
        model.conditions.front().state == State::stale) {
        return say("bathing.advice.unknown");
    }
    const Condition& first = model.conditions.front();
    const double value = *number_of(first.shown->value);
    if (first.stream.property == "water_temperature") {
        // 15 °C is where cold shock begins to be likely for the unaccustomed; 18 is what most call pleasant.
        return value < 15   ? say("bathing.advice.cold")
               : value < 18 ? say("bathing.advice.fresh")
                            : say("bathing.advice.warm");
    }
    if (first.stream.property == "snow_depth") {
        return value >= 20 ? say("bathing.advice.snow") : say("bathing.advice.no_snow");
    }
    return "";
}

pages::Page list_page(const words::Words& say, const std::vector<PlaceModel>& places) {
    Html body = html("<h1 class=\"ds-heading\" data-size=\"lg\">{}</h1><p>{}</p>", say("bathing.question"),
                     say("bathing.lead"));
    if (places.empty()) {
        body += pages::empty_state(say("bathing.none"), say("bathing.none_sentence"));
    }
    Html lists = list_of(say, places, "bathing", say("bathing.summer"));
    lists += list_of(say, places, "ski", say("bathing.winter"));
    body += pages::island("nearest", "{}", {});
    body += html("<div class=\"by-split\"><div>{}</div>{}</div>", lists,
                 pages::island("places-map", map_props(say, places).dump(), {}));
    const bool simulated = std::ranges::any_of(places, [](const PlaceModel& model) { return model.place.simulated(); });
    return {.language = say.language(),
            .title = say("bathing.title"),
            .description = say("bathing.lead"),
            .path = "/bading",
            .errand = "bathing",
            .body = body,
            .simulated = simulated,
            .islands = {"nearest", "places-map"},
            .wide = true};
}

pages::Page place_page(const words::Words& say, const PlaceModel& model) {
    const auto tag = words::tag_of(say.language());
    const std::string& name = model.place.name.in(tag);
    Html body = pages::breadcrumbs(say, {{say("bathing.title"), "/bading"}, {name, ""}});
    body += html("<h1 class=\"ds-heading\" data-size=\"lg\">{}</h1><p class=\"by-question\">{}</p>", name,
                 say.lookup("bathing.place_question." + model.place.kind));
    if (!model.conditions.empty()) {
        body += pages::key_value(say, value_of(say, model, model.conditions.front()));
    }
    body += html("<p>{}</p>", advice(say, model));
    if (!model.conditions.empty()) {
        body += recent_chart(say, model);
    }
    if (model.conditions.size() > 1) {
        Html rows;
        for (std::size_t i = 1; i < model.conditions.size(); ++i) {
            rows += pages::value_row(say, value_of(say, model, model.conditions[i]));
        }
        body +=
            html("<h2 class=\"ds-heading\" data-size=\"sm\">{}</h2>{}", say("bathing.other"), pages::value_list(rows));
    }
    body += html("<h2 class=\"ds-heading\" data-size=\"sm\">{}</h2><p>{}</p><p>{}</p>", say("bathing.about"),
                 model.place.description.in(tag), say("bathing.about_sentence"));
    if (model.place.approximate) {
        body += html("<p>{}</p>", say("bathing.approximate"));
    }
    body += html("<p>{}</p>", pages::download("/api/v1/places/" + model.place.slug, say("bathing.api")));
    return {.language = say.language(),
            .title = name,
            .description = model.place.description.in(tag),
            .path = "/bading/" + model.place.slug,
            .errand = "bathing",
            .body = body,
            .simulated = model.place.simulated(),
            .islands = {"curve"}};
}

}  // namespace bypuls::bathing
