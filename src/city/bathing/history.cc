#include "city/bathing/history.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "city/bathing/answers.h"
#include "core/time/iso8601.h"
#include "core/time/oslo.h"
#include "core/words/format.h"
#include "platform/observations/flags.h"
#include "platform/pages/parts.h"

namespace bypuls::bathing {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using observations::Step;
using pages::Html;
using pages::html;

std::string path_of(const HistoryModel& model) {
    return "/bading/" + model.place.slug + "/historikk";
}

std::string query_of(std::string_view property, Interval span) {
    return fmt::format("property={}&from={}&to={}", property, day_name(span.from), day_name(span.to - 1us));
}

std::string_view name_of(const std::optional<Step>& step) {
    if (!step) {
        return "raw";
    }
    return *step == Step::hour ? "hour" : *step == Step::day ? "day" : "month";
}

std::string label_of(const words::Words& say, std::string_view property) {
    return say.lookup("bathing.property." + std::string(property));
}

std::string_view name_of(Period period) {
    switch (period) {
        case Period::hour: return "hour";
        case Period::day: return "day";
        case Period::month: return "month";
        case Period::year: return "year";
    }
    return "year";
}

Period period_of(Step step) {
    return step == Step::hour ? Period::hour : step == Step::day ? Period::day : Period::month;
}

/// The whole period that holds `t`.
Interval span_of(Instant t, Period period) {
    if (period != Period::year) {
        constexpr std::array steps{Step::hour, Step::day, Step::month};
        return observations::bucket_of(t, steps.at(static_cast<std::size_t>(period)));
    }
    const int year = Zone::oslo().civil(t).year;
    const auto starts = [](int of) { return *Zone::oslo().instant({.year = of}, Ambiguous::earlier); };
    return {starts(year), starts(year + 1)};
}

std::string time_text(const words::Words& say, const std::optional<Period>& period, Instant t) {
    const auto language = say.language();
    if (!period || *period == Period::hour) {
        return words::date_and_time(language, t);
    }
    if (*period == Period::day) {
        return words::date(language, t);
    }
    const CivilTime civil = Zone::oslo().civil(t);
    return *period == Period::year ? std::to_string(civil.year)
                                   : fmt::format("{} {}", words::month_name(language, civil.month), civil.year);
}

std::string time_text(const words::Words& say, const HistoryModel& model, Instant t) {
    return time_text(say, model.step ? std::optional(period_of(*model.step)) : std::nullopt, t);
}

std::string number_text(const words::Words& say, const HistoryModel& model, double value) {
    return words::number(say.language(), value, words::decimals_of(model.stream.unit));
}

std::string marks_text(const words::Words& say, observations::Quality quality) {
    std::string text;
    for (const std::string_view flag : observations::flag_names(quality)) {
        text += (text.empty() ? "" : ", ") + say.lookup("bathing.flag." + std::string(flag));
    }
    return text;
}

std::string caption_of(const words::Words& say, const HistoryModel& model) {
    return say("bathing.history_caption",
               {{"label", label_of(say, model.stream.property)}, {"unit", words::unit_symbol(model.stream.unit)}});
}

/// Every reading with its marks, newest first, as the page beside it.
Html table_of_readings(const words::Words& say, const HistoryModel& model) {
    std::vector<std::vector<Html>> rows;
    for (auto row = model.rows.rbegin(); row != model.rows.rend(); ++row) {
        rows.push_back({pages::time_tag(row->time, time_text(say, {}, row->time)),
                        html("{}", number_text(say, model, row->value)), html("{}", marks_text(say, row->quality))});
    }
    return pages::table(caption_of(say, model),
                        {{say("bathing.table_time")}, {say("bathing.table_value"), true}, {say("bathing.marks")}},
                        rows);
}

/// Hours, days, months or years, newest first. With `leads_on` each leads to a page of its own. Of readings put
/// together it says too how many are doubted and what they are marked with; steps know nothing of those.
Html table_of_periods(const words::Words& say, const HistoryModel& model, const std::vector<HistoryRow>& periods,
                      Period period, bool leads_on) {
    std::vector<std::vector<Html>> rows;
    for (auto row = periods.rbegin(); row != periods.rend(); ++row) {
        const Html time = pages::time_tag(row->time, time_text(say, period, row->time));
        const Html link = html("<a class=\"ds-link\" href=\"{}?{}\">{}</a>", path_of(model),
                               query_of(model.stream.property, span_of(row->time, period)), time);
        const auto number = [&](double value) {
            return html("{}", row->count == 0 ? "–" : number_text(say, model, value));
        };
        const auto count = [&](std::uint64_t n) {
            return html("{}", words::count(say.language(), static_cast<std::int64_t>(n)));
        };
        rows.push_back(
            {leads_on ? link : time, number(row->value), number(row->low), number(row->high), count(row->count)});
        if (!model.step) {
            rows.back().push_back(count(row->doubted));
            rows.back().push_back(html("{}", marks_text(say, row->quality)));
        }
    }
    std::vector<pages::Column> heads{{say("bathing.table_time")},
                                     {say("bathing.mean"), true},
                                     {say("bathing.lowest"), true},
                                     {say("bathing.highest"), true},
                                     {say("bathing.readings"), true}};
    if (!model.step) {
        heads.push_back({say("bathing.doubted"), true});
        heads.push_back({say("bathing.marks")});
    }
    return pages::table(caption_of(say, model), heads, rows);
}

Html table_of(const words::Words& say, const HistoryModel& model) {
    if (model.rows.size() > table_rows_max) {
        const auto longer =
            model.step ? static_cast<Period>(static_cast<int>(period_of(*model.step)) + 1) : Period::hour;
        const bool leads_on = longer != Period::hour;  // a page is a day at least
        return html("<p>{}</p>", say.lookup("bathing.history_table." + std::string(name_of(longer)))) +
               table_of_periods(say, model, model.hours.empty() ? by_period(model.rows, longer) : model.hours, longer,
                                leads_on);
    }
    return model.step ? table_of_periods(say, model, model.rows, period_of(*model.step), false)
                      : table_of_readings(say, model);
}

std::string summary_of(const words::Words& say, const HistoryModel& model) {
    const HistoryRow* low = nullptr;
    const HistoryRow* high = nullptr;
    for (const HistoryRow& row : model.rows) {
        if (row.quality.usable()) {
            low = low == nullptr || row.low < low->low ? &row : low;
            high = high == nullptr || row.high > high->high ? &row : high;
        }
    }
    if (low == nullptr) {
        return say("bathing.history_all_doubted");
    }
    const auto text = [&](double value) {
        return words::quantity(say.language(), value, words::decimals_of(model.stream.unit), model.stream.unit);
    };
    return say("bathing.history_summary", {{"low", text(low->low)},
                                           {"low_time", time_text(say, model, low->time)},
                                           {"high", text(high->high)},
                                           {"high_time", time_text(say, model, high->time)}});
}

/// Rows are lists, since there are many: seconds since `from`, the value, and then of a step its lowest and highest, of
/// a doubted reading 0.
json props_of(const HistoryModel& model) {
    const auto rounded = [](double value) { return std::round(value * 1000) / 1000; };
    json rows = json::array();
    for (const HistoryRow& row : model.rows) {
        json made{std::chrono::duration_cast<std::chrono::seconds>(row.time - model.span.from).count(),
                  rounded(row.value)};
        if (model.step) {
            made.push_back(rounded(row.low));
            made.push_back(rounded(row.high));
        } else if (!row.quality.usable()) {
            made.push_back(0);
        }
        rows.push_back(std::move(made));
    }
    return {{"unit", model.stream.unit},
            {"resolution", name_of(model.step)},
            {"from", format_instant(model.span.from)},
            {"to", format_instant(std::min(model.span.to, model.now))},
            {"interval_seconds", model.stream.interval.count()},
            {"rows", std::move(rows)}};
}

Html chart_of(const words::Words& say, const HistoryModel& model) {
    const std::string label = label_of(say, model.stream.property);
    const std::string api = "/api/v1/places/" + model.place.slug;
    const std::string span = fmt::format("property={}&from={}&to={}", model.stream.property,
                                         format_instant(model.span.from), format_instant(model.span.to));
    return pages::chart(
        say, {.id = "history",
              .title = say.lookup(day_name(model.span.from) == day_name(model.span.to - 1us) ? "bathing.history_day"
                                                                                             : "bathing.history_chart",
                                  {{"label", label},
                                   {"from", words::date(say.language(), model.span.from)},
                                   {"to", words::date(say.language(), model.span.to - 1us)}}),
              .subtitle = say.lookup("bathing.history_subtitle." + std::string(name_of(model.step)),
                                     {{"unit", words::unit_symbol(model.stream.unit)}}),
              .summary = summary_of(say, model),
              .island = "history",
              .props_json = props_of(model).dump(),
              .table = table_of(say, model),
              .source = model.stream.source,
              .csv_href = fmt::format("{}/series.csv?{}", api, span),
              .json_href = fmt::format("{}/series?{}&resolution={}", api, span, name_of(model.step)),
              .simulated = model.stream.simulated});
}

/// There are no readings, or none that can be put together. Those can be read one by one, and a link leads to the
/// newest.
Html nothing_to_draw(const words::Words& say, const HistoryModel& model) {
    if (model.doubted == 0) {
        return pages::empty_state(say("bathing.history_empty"), say("bathing.history_empty_sentence"));
    }
    const Interval day = span_of(model.newest_doubted, Period::day);
    return pages::empty_state(say.plural("bathing.history_doubted", static_cast<long long>(model.doubted)),
                              say("bathing.history_doubted_sentence")) +
           html("<p><a class=\"ds-link\" href=\"{}?{}\">{}</a></p>", path_of(model),
                query_of(model.stream.property, day),
                say("bathing.history_doubted_newest", {{"day", words::date(say.language(), day.from)}}));
}

/// Which property and which days, and the spans that people ask for most.
Html questions_of(const words::Words& say, const HistoryModel& model) {
    std::vector<std::pair<std::string, std::string>> choices;
    for (const publication::PublicStream& stream : model.place.streams) {
        if (is_condition(stream.property)) {
            choices.emplace_back(stream.property, label_of(say, stream.property));
        }
    }
    Html fields = pages::field(say, {.name = "property",
                                     .label = say("bathing.history_property"),
                                     .value = model.stream.property,
                                     .type = "select",
                                     .required = true,
                                     .choices = std::move(choices)});
    fields += pages::field(say, {.name = "from",
                                 .label = say("bathing.history_from"),
                                 .value = day_name(model.span.from),
                                 .type = "date",
                                 .required = true});
    fields += pages::field(say, {.name = "to",
                                 .label = say("bathing.history_to"),
                                 .value = day_name(model.span.to - 1us),
                                 .type = "date",
                                 .required = true});
    Html links;
    const Zone zone = Zone::oslo();
    for (const auto& [key, days] :
         {std::pair{"bathing.history_week", 7}, {"bathing.history_month", 30}, {"bathing.history_year", 365}}) {
        const Interval span{zone.day_after(model.now, 1 - days), zone.day_after(model.now)};
        links += html("<li><a class=\"ds-link\" href=\"{}?{}\">{}</a></li>", path_of(model),
                      query_of(model.stream.property, span), say.lookup(key));
    }
    return pages::form({.action = path_of(model), .button = say("bathing.history_show")}, fields) +
           html("<ul class=\"bp-choices\">{}</ul>", links);
}

/// `sum.value` is a sum until the period is whole.
void add(const HistoryRow& row, HistoryRow& sum) {
    sum.quality = sum.quality | row.quality;
    if (!row.quality.usable()) {
        sum.doubted += row.count;
        return;
    }
    sum.value += row.value * static_cast<double>(row.count);
    sum.low = sum.count == 0 ? row.low : std::min(sum.low, row.low);
    sum.high = sum.count == 0 ? row.high : std::max(sum.high, row.high);
    sum.count += row.count;
}

}  // namespace

std::optional<Instant> day_named(std::string_view text) {
    CivilTime day;
    const auto number = [&](std::size_t at, std::size_t width, auto& into) {
        const char* begin = text.data() + at;
        const auto [end, trouble] = std::from_chars(begin, begin + width, into);
        return trouble == std::errc{} && end == begin + width;
    };
    if (text.size() != 10 || text[4] != '-' || text[7] != '-' || !number(0, 4, day.year) || !number(5, 2, day.month) ||
        !number(8, 2, day.day) || day.year < 1900 || day.year > 2400) {
        return std::nullopt;
    }
    const auto start = Zone::oslo().instant(day, Ambiguous::earlier);
    return start ? std::optional(*start) : std::nullopt;
}

std::string day_name(Instant t) {
    const CivilTime civil = Zone::oslo().civil(t);
    return fmt::format("{:04}-{:02}-{:02}", civil.year, civil.month, civil.day);
}

Interval days_between(std::optional<Instant> first, std::optional<Instant> last, Instant now) {
    const Zone zone = Zone::oslo();
    Instant to = last.value_or(first ? zone.day_after(*first, 6) : now);
    Instant from = first.value_or(zone.day_after(to, -6));
    if (to < from) {
        std::swap(from, to);
    }
    return {zone.start_of_day(from), zone.day_after(to)};
}

std::optional<Step> step_for(Interval span) {
    const Duration length = span.to - span.from;
    if (length <= 3 * 24h + 1h) {
        return std::nullopt;
    }
    return length <= 15 * 24h ? Step::hour : length <= 400 * 24h ? Step::day : Step::month;
}

std::vector<HistoryRow> by_period(const std::vector<HistoryRow>& rows, Period period) {
    std::vector<HistoryRow> periods;
    for (const HistoryRow& row : rows) {
        const Instant begins = span_of(row.time, period).from;
        if (periods.empty() || periods.back().time != begins) {
            periods.push_back({.time = begins, .count = 0});
        }
        add(row, periods.back());
    }
    for (HistoryRow& sum : periods) {
        sum.value = sum.count == 0 ? 0 : sum.value / static_cast<double>(sum.count);
    }
    return periods;
}

pages::Page history_page(const words::Words& say, const HistoryModel& model) {
    const std::string& name = model.place.name.in(words::tag_of(say.language()));
    const std::string title = say("bathing.history_title", {{"place", name}});
    Html body = pages::breadcrumbs(
        say, {{say("bathing.title"), "/bading"}, {name, "/bading/" + model.place.slug}, {say("bathing.history"), ""}});
    body += html("<h1>{}</h1>", title) + questions_of(say, model);
    body += model.rows.empty() ? nothing_to_draw(say, model) : chart_of(say, model);
    if (model.more) {
        body += html("<p>{}</p>", say("bathing.history_more"));
    }
    return {.language = say.language(),
            .title = title,
            .description = say("bathing.history_description", {{"place", name}}),
            .path = path_of(model),
            .query = query_of(model.stream.property, model.span),
            .errand = "bathing",
            .body = body,
            .simulated = model.place.simulated(),
            .islands = {"history"}};
}

}  // namespace bypuls::bathing
