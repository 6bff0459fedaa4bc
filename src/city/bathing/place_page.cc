#include "city/bathing/place_page.h"

#include <algorithm>
#include <array>
#include <tuple>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "city/bathing/advice.h"
#include "city/bathing/answers.h"
#include "core/time/iso8601.h"
#include "core/words/format.h"
#include "platform/pages/parts.h"

namespace bypuls::bathing {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;
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

constexpr std::array uv_classes{UvClass::low, UvClass::moderate, UvClass::high, UvClass::very_high, UvClass::extreme};

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
                       .live = model.place.slug + "/" + condition.stream.property,
                       .stale_after = condition.stream.stale_after};
    if (condition.stream.property == "uv_index") {
        for (const UvClass uv : uv_classes) {
            const std::string id(name_of(uv));
            value.classes.push_back({id, say.lookup("bathing.uv." + id), tone_of(uv)});
        }
    }
    if (!condition.shown) {
        if (condition.newest) {
            value.last_sent = words::date(language, condition.newest->time);
        }
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
        return html("{}", say("bathing.no_value"));
    }
    const Condition& first = model.conditions.front();
    return html("{}", words::quantity(say.language(), *number_of(first.shown->value),
                                      words::decimals_of(first.stream.unit), first.stream.unit));
}

/// What is said of the number beside it: of what it is, how old, and how sure.
Html front_details(const words::Words& say, const PlaceModel& model) {
    if (model.conditions.empty()) {
        return {};
    }
    const Condition& first = model.conditions.front();
    // "22 cm" of what? At bathing places the page's question says it.
    Html details = pages::when(model.place.kind != "bathing", html("{} · ", label_of(say, first.stream.property)));
    details += first.shown
                   ? pages::age_tag(say, first.shown->time, words::age(say.language(), first.shown->time, model.now))
                   : pages::untold_age();
    return details +
           pages::certainty_tag(certainty_of(first.state), {say("bathing.mark.last_good"), say("bathing.mark.stale")});
}

pages::Entry entry_of(const words::Words& say, const PlaceModel& model) {
    const auto tag = words::tag_of(say.language());
    Html details = front_details(say, model);
    if (model.place.simulated()) {
        details += html(" {}", pages::tag(say("parts.simulated"), "simulated"));
    }
    if (!model.in_season) {
        details += html(" {}", pages::tag(say("bathing.out_of_season")));
    }
    pages::Entry entry{.id = model.place.slug,
                       .href = "/bading/" + model.place.slug,
                       .name = model.place.name.in(tag),
                       .front = front_of(say, model),
                       .details = details,
                       .certainty = pages::Certainty::missing,
                       .none = say("bathing.no_value"),
                       .latitude = model.place.latitude,
                       .longitude = model.place.longitude};
    if (!model.conditions.empty()) {
        const Condition& first = model.conditions.front();
        entry.certainty = certainty_of(first.state);
        entry.live = model.place.slug + "/" + first.stream.property;
        entry.stale_after = first.stream.stale_after;
    }
    return entry;
}

/// In season first, then kind by kind, the warmest or the deepest snow first, and last what is not measured.
bool comes_before(const PlaceModel* a, const PlaceModel* b) {
    const auto rank = [](const PlaceModel& model) {
        const bool known = !model.conditions.empty() && model.conditions.front().shown;
        return std::tuple{!model.in_season, model.place.kind, !known,
                          known ? -number_of(model.conditions.front().shown->value).value_or(0) : 0.0};
    };
    return rank(*a) < rank(*b);
}

std::vector<const PlaceModel*> in_order(const std::vector<PlaceModel>& places) {
    std::vector<const PlaceModel*> order;
    for (const PlaceModel& model : places) {
        order.push_back(&model);
    }
    std::ranges::stable_sort(order, comes_before);
    return order;
}

/// One list for the page, so that "nearest first" sorts them all. With a map, each has its number there.
Html list_of(const words::Words& say, const std::vector<const PlaceModel*>& order, bool with_marks) {
    std::vector<pages::Entry> entries;
    for (const PlaceModel* model : order) {
        pages::Entry entry = entry_of(say, *model);
        entry.mark = with_marks ? std::to_string(entries.size() + 1) : "";
        entries.push_back(std::move(entry));
    }
    return pages::entry_list(entries);
}

Html sketch_of(const words::Words& say, const std::vector<const PlaceModel*>& order, const ListMap* map) {
    if (map == nullptr) {
        return {};
    }
    std::vector<pages::SketchMark> marks;
    for (const PlaceModel* model : order) {
        marks.push_back({.number = std::to_string(marks.size() + 1),
                         .name = model->place.name.in(words::tag_of(say.language())),
                         .href = "/bading/" + model->place.slug,
                         .at = {model->place.longitude, model->place.latitude}});
    }
    return map->sketches.draw(say, marks);
}

json map_props(const words::Words& say, const std::vector<const PlaceModel*>& order, const ListMap* map,
               bool with_marks) {
    json points = json::array();
    bool approximate = false;
    for (const PlaceModel* place : order) {
        const PlaceModel& model = *place;
        std::string number;
        if (!model.conditions.empty() && model.conditions.front().shown) {
            const Condition& first = model.conditions.front();
            const double value = *number_of(first.shown->value);
            const int decimals = words::decimals_of(first.stream.unit);
            number = first.stream.unit == "Cel" ? words::number(say.language(), value, decimals) + "°"
                                                : words::quantity(say.language(), value, decimals, first.stream.unit);
        }
        approximate = approximate || model.place.approximate;
        points.push_back({{"name", model.place.name.in(words::tag_of(say.language()))},
                          {"href", "/bading/" + model.place.slug},
                          {"latitude", model.place.latitude},
                          {"longitude", model.place.longitude},
                          {"text", number}});
        if (!model.conditions.empty()) {
            points.back()["live"] = model.place.slug + "/" + model.conditions.front().stream.property;
        }
        if (with_marks) {
            points.back()["mark"] = std::to_string(points.size());
        }
    }
    json props{{"places", std::move(points)}, {"approximate", approximate}};
    if (map != nullptr && !map->site.map_tiles.empty()) {
        props["tiles"] = {{"url", map->site.map_tiles}, {"attribution", map->site.map_attribution}};
    }
    if (map != nullptr && !map->site.basemap.empty()) {
        props["borders"] = {{"url", map->site.basemap_path},
                            {"source", map->site.basemap_source},
                            {"neighbours", map->site.basemap.has_neighbours()}};
    }
    return props;
}

/// "Verdi (°C)"
std::string with_unit(std::string heading, std::string_view unit) {
    const std::string_view symbol = words::unit_symbol(unit);
    return symbol.empty() ? heading : fmt::format("{} ({})", heading, symbol);
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
    return pages::table(
        caption, {{say("bathing.table_time")}, {with_unit(say("bathing.table_value"), stream.unit), true}}, rows);
}

/// The lowest and highest usable reading of the last two days as text; nothing when there is none.
std::optional<std::pair<std::string, std::string>> recent_extremes(const words::Words& say, const PlaceModel& model,
                                                                   const publication::PublicStream& stream) {
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
        return std::nullopt;
    }
    const int decimals = words::decimals_of(stream.unit);
    return std::pair{words::number(say.language(), *low, decimals),
                     words::quantity(say.language(), *high, decimals, stream.unit)};
}

Html recent_chart(const words::Words& say, const PlaceModel& model) {
    const publication::PublicStream& stream = model.conditions.front().stream;
    const std::string label = label_of(say, stream.property);
    const std::string api = "/api/v1/places/" + model.place.slug + "/series";
    const auto extremes = recent_extremes(say, model, stream);
    const std::string title = extremes ? say("bathing.chart_finding",
                                             {{"label", label}, {"low", extremes->first}, {"high", extremes->second}})
                                       : say("bathing.chart_title", {{"label", label}});
    json readings = json::array();
    for (std::size_t i = 0; i < model.recent.size(); ++i) {
        if (number_of(model.recent.value(i))) {
            readings.push_back(reading_json(model.recent, i));
        }
    }
    const json props{{"place", model.place.slug},
                     {"name", say("bathing.chart_title", {{"label", label}})},
                     {"property", stream.property},
                     {"unit", stream.unit},
                     {"from", format_instant(model.now - 48h)},
                     {"to", format_instant(model.now)},
                     {"interval_seconds",
                      model.recent_is_a_choice ? std::max(stream.interval, 3600s).count() : stream.interval.count()},
                     {"latitude", model.place.latitude},
                     {"longitude", model.place.longitude},
                     {"readings", std::move(readings)}};
    return pages::chart(
        say, {.id = "recent",
              .title = title,
              .subtitle = say("bathing.chart_subtitle", {{"label", label}, {"unit", words::unit_symbol(stream.unit)}}) +
                          (model.recent_is_a_choice ? " " + say("bathing.chart_choice") : ""),
              .summary = extremes ? say("bathing.chart_summary", {{"low", extremes->first}, {"high", extremes->second}})
                                  : say("bathing.chart_empty"),
              .island = "curve",
              .props_json = props.dump(),
              .table = recent_table(say, model, stream),
              .source = stream.source,
              .csv_href = api + ".csv?property=" + stream.property,
              .json_href = api + "?property=" + stream.property,
              .simulated = stream.simulated});
}

/// Week by week in the table: a row for each of 120 days is no table twin, it is a flood.
Html season_table(const words::Words& say, const PlaceModel& model, const publication::PublicStream& stream) {
    std::vector<std::vector<Html>> rows;
    const auto text = [&](const std::optional<double>& value) {
        return html("{}", value ? words::number(say.language(), *value, words::decimals_of(stream.unit)) : "–");
    };
    for (std::size_t i = 0; i < model.season->days.size(); i += 7) {
        const SeasonDay& day = model.season->days[i];
        rows.push_back({pages::time_tag(day.day, words::day_and_month(say.language(), day.day)), text(day.mean),
                        text(day.earlier_mean)});
    }
    return pages::table(say("bathing.season_title", {{"season", season_name(model.place, model.season->year)}}),
                        {{say("bathing.table_time")},
                         {with_unit(say("bathing.this_year"), stream.unit), true},
                         {with_unit(say("bathing.earlier"), stream.unit), true}},
                        rows);
}

struct Compared {
    int above = 0;  ///< days warmer, or with more snow, than the mean of earlier years
    int days = 0;   ///< that have both
};

Compared compared_of(const Season& season) {
    Compared compared;
    for (const SeasonDay& day : season.days) {
        if (day.mean && day.earlier_mean) {
            compared.days += 1;
            compared.above += *day.mean > *day.earlier_mean ? 1 : 0;
        }
    }
    return compared;
}

Html season_chart(const words::Words& say, const PlaceModel& model) {
    const publication::PublicStream& stream = model.conditions.front().stream;
    const std::string api = "/api/v1/places/" + model.place.slug;
    const std::string season = season_name(model.place, model.season->year);
    const Interval span = season_span(model.place, model.season->year);
    const Compared compared = compared_of(*model.season);
    const std::string above = words::count(say.language(), compared.above);
    const std::string days = words::count(say.language(), compared.days);
    const std::string name = say("bathing.season_title", {{"season", season}});
    const json props{{"unit", stream.unit}, {"name", name}, {"src", api + "/season?property=" + stream.property}};
    return pages::chart(
        say, {.id = "season",
              .title = compared.days == 0
                           ? name
                           : say("bathing.season_finding", {{"season", season}, {"above", above}, {"days", days}}),
              .subtitle = say("bathing.season_subtitle", {{"unit", words::unit_symbol(stream.unit)},
                                                          {"first", words::day_and_month(say.language(), span.from)},
                                                          {"last", words::date(say.language(), span.to - 1us)}}),
              .summary = compared.days == 0 ? say("bathing.season_nothing")
                                            : say("bathing.season_summary", {{"above", above}, {"days", days}}),
              .island = "season",
              .props_json = props.dump(),
              .table = season_table(say, model, stream),
              .source = stream.source,
              .csv_href = api + "/series.csv?resolution=day&property=" + stream.property,
              .json_href = api + "/season?property=" + stream.property,
              .simulated = stream.simulated});
}

/// "simulert" beside figures that nobody measured.
Html simulated_tag(const words::Words& say, bool simulated) {
    return pages::when(simulated, html(" {}", pages::tag(say("parts.simulated"), "simulated")));
}

/// The highest and lowest ever, so that a reader can place today's number.
Html all_time(const words::Words& say, const PlaceModel& model) {
    const auto& [highest, lowest] = model.extremes;
    if (!highest || !lowest) {
        return {};
    }
    const std::string& unit = model.conditions.front().stream.unit;
    const auto text = [&](const Extreme& extreme) {
        return words::quantity(say.language(), extreme.value, words::decimals_of(unit), unit);
    };
    return html("<p>{}{}</p>",
                say("bathing.all_time", {{"high", text(*highest)},
                                         {"high_date", words::date(say.language(), highest->time)},
                                         {"low", text(*lowest)},
                                         {"low_date", words::date(say.language(), lowest->time)}}),
                simulated_tag(say, model.conditions.front().stream.simulated));
}

std::string tone_of(FhiClass fhi) {
    return fhi == FhiClass::good ? "good" : fhi == FhiClass::less_good ? "poor" : "bad";
}

Html quality_section(const words::Words& say, const PlaceModel& model) {
    Html body = html("<h2>{}</h2>", say("bathing.quality"));
    if (model.samples.empty()) {
        return body + pages::empty_state(say("bathing.no_samples"), say("bathing.no_samples_sentence"));
    }
    const Sample& newest = model.samples.front();
    const auto* stream = model.place.stream("e_coli");
    const Html simulated = simulated_tag(say, stream != nullptr && stream->simulated);
    if (const auto fhi = fhi_class(newest)) {
        body +=
            html("<p>{} {}{}</p>", say("bathing.newest_sample", {{"date", words::date(say.language(), newest.time)}}),
                 pages::tag(say.lookup("bathing.fhi." + std::string(name_of(*fhi))), tone_of(*fhi)), simulated);
    }
    const EuAssessment eu = eu_class(model.samples, model.place.coastal);
    const std::string water = say.lookup(model.place.coastal ? "bathing.water.coastal" : "bathing.water.inland");
    body += html("<p>{} {}{}</p>", say("bathing.eu", {{"water", water}}),
                 pages::tag(say.lookup("bathing.eu." + std::string(name_of(eu.eu)))), simulated);
    std::vector<std::vector<Html>> rows;
    const auto count = [&](const std::optional<double>& value) {
        return html("{}", value ? words::number(say.language(), *value, 0) : "–");
    };
    for (std::size_t i = 0; i < model.samples.size() && i < 8; ++i) {
        const Instant time = model.samples[i].time;
        rows.push_back({pages::time_tag(time, words::date(say.language(), time)), count(model.samples[i].e_coli),
                        count(model.samples[i].enterococci)});
    }
    return body +
           pages::table(say("bathing.samples_caption"),
                        {{say("bathing.table_time")}, {"E. coli", true}, {say("bathing.enterococci"), true}}, rows) +
           simulated;
}

/// What a neighbour would say: of the warmth, of the water's quality, and that the season is over.
Html advice_section(const words::Words& say, const PlaceModel& model) {
    Html out;
    if (!model.in_season) {
        const Interval season = season_span(model.place, season_year(model.place, model.now));
        out += html("<p>{}</p>",
                    say("bathing.season_closed", {{"first", words::day_and_month(say.language(), season.from)},
                                                  {"last", words::day_and_month(say.language(), season.to - 1us)}}));
    }
    if (model.conditions.empty()) {
        return out + html("<p>{}</p>", say("bathing.advice.unknown"));
    }
    const Condition& first = model.conditions.front();
    const auto advice = advice_of(first);
    if (advice) {
        json sentences = json::object();
        for (const char* key : {"icy", "cold", "fresh", "warm", "snow", "no_snow", "unknown"}) {
            sentences[key] = say.lookup("bathing.advice." + std::string(key));
        }
        out += html(R"(<p data-live-advice="{}/{}" data-sentences="{}">{}</p>)", model.place.slug,
                    first.stream.property, sentences.dump(), say.lookup("bathing.advice." + std::string(*advice)));
    }
    if (const auto caution = caution_of(model.samples, model.place.coastal, model.now);
        caution && model.place.kind == "bathing") {
        out += html("<p><strong>{}</strong></p>", say.lookup("bathing.caution." + std::string(*caution)));
    }
    return out;
}

Html nearby_section(const words::Words& say, const std::vector<Neighbour>& nearby) {
    if (nearby.empty()) {
        return {};
    }
    std::vector<pages::Entry> entries;
    for (const Neighbour& neighbour : nearby) {
        pages::Entry entry = entry_of(say, neighbour.model);
        const std::string distance = words::distance(say.language(), neighbour.metres);
        entry.details = html("{} · {}", say("bathing.away", {{"distance", distance}}), entry.details);
        entry.live.clear();  // the page listens to its own place alone
        entries.push_back(std::move(entry));
    }
    return html("<h2>{}</h2>{}", say("bathing.nearby"), pages::entry_list(entries));
}

}  // namespace

pages::Page list_page(const words::Words& say, const std::vector<PlaceModel>& places, const ListMap* map) {
    Html body = html("<h1>{}</h1><p>{}</p>", say("bathing.question"), say("bathing.lead"));
    if (places.empty()) {
        body += pages::empty_state(say("bathing.none"), say("bathing.none_sentence"));
    } else {
        const auto order = in_order(places);
        const Html sketch = sketch_of(say, order, map);
        const std::string props = map_props(say, order, map, !sketch.empty()).dump();
        body +=
            html("<div class=\"bp-halves\"><div>{}{}{}</div><div>{}</div></div>", pages::island("nearest", "{}", {}),
                 list_of(say, order, !sketch.empty()), pages::live_state(), pages::island("places-map", props, sketch));
    }
    body += html("<p><a href=\"/bading/om-malingene\">{}</a></p>", say("bathing.about"));
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

pages::Page place_page(const words::Words& say, const PlaceModel& model, const std::vector<Neighbour>& nearby) {
    const auto tag = words::tag_of(say.language());
    const std::string& name = model.place.name.in(tag);
    Html body = pages::breadcrumbs(say, {{say("bathing.title"), "/bading"}, {name, ""}});
    body += html("<h1>{}</h1>", name);
    if (!model.conditions.empty()) {
        body += pages::key_value(say, value_of(say, model, model.conditions.front())) + pages::live_state();
    }
    body += advice_section(say, model);
    if (model.conditions.size() > 1) {
        Html rows;
        for (std::size_t i = 1; i < model.conditions.size(); ++i) {
            rows += pages::value_row(say, value_of(say, model, model.conditions[i]));
        }
        body += html("<h2>{}</h2>{}", say("bathing.other"), pages::value_list(rows));
    }
    if (!model.conditions.empty()) {
        body += recent_chart(say, model);
        body += html("<p><a class=\"ds-link\" href=\"/bading/{}/historikk\">{}</a></p>", model.place.slug,
                     say("bathing.history_link"));
    }
    if (model.season) {
        body += season_chart(say, model) + all_time(say, model);
    }
    if (model.place.kind == "bathing") {
        body += quality_section(say, model);
    }
    const std::string apart =
        model.conditions.empty()
            ? ""
            : say("bathing.readings_apart",
                  {{"span", words::length_of_time(say.language(), model.conditions.front().stream.interval)}});
    body += html("<h2>{}</h2><p>{}</p><p>{} {} <a href=\"/bading/om-malingene\">{}</a></p>", say("bathing.about"),
                 model.place.description.in(tag), apart, say("bathing.about_sentence"), say("bathing.about_more"));
    if (model.place.approximate) {
        body += html("<p>{}</p>", say("bathing.approximate"));
    }
    Html links = pages::download("/api/v1/places/" + model.place.slug, say("bathing.api"));
    if (model.has_poster) {
        links += html(" · {}", pages::download("/bading/" + model.place.slug + "/plakat.svg", say("bathing.poster")));
    }
    body += html("<p>{}</p>", links) + nearby_section(say, nearby);
    return {.language = say.language(),
            .title = name,
            .description = model.place.description.in(tag),
            .path = "/bading/" + model.place.slug,
            .errand = "bathing",
            .body = body,
            .simulated = model.place.simulated(),
            .islands = {"curve", "season"}};
}

pages::Page about_page(const words::Words& say) {
    Html body = pages::breadcrumbs(say, {{say("bathing.title"), "/bading"}, {say("bathing.about"), ""}});
    body += html("<h1>{}</h1><p>{}</p>", say("bathing.about"), say("bathing.about_sentence"));
    body += html("<h2>{}</h2><p>{}</p>", say("bathing.about_age_heading"), say("bathing.about_age"));
    body += html("<h2>{}</h2><p>{}</p>", say("bathing.about_marks_heading"), say("bathing.about_marks"));
    body += html("<h2>{}</h2><p>{}</p><p>{}</p>", say("bathing.quality"), say("bathing.about_fhi"),
                 say("bathing.about_eu"));
    body += html("<h2>{}</h2><p>{}</p>", say("bathing.about_use_heading"), say("bathing.about_use"));
    return {.language = say.language(),
            .title = say("bathing.about"),
            .description = say("bathing.about_description"),
            .path = "/bading/om-malingene",
            .errand = "bathing",
            .body = body};
}

}  // namespace bypuls::bathing
