#include "platform/pages/parts.h"

#include <array>

#include <nlohmann/json.hpp>

#include "core/time/iso8601.h"
#include "core/words/format.h"

namespace bypuls::pages {

namespace {

using words::Words;

/// A message whose one argument is HTML: written with a mark that no message has, and cut there.
template <typename Write>
Html around(const Html& inner, Write write) {
    constexpr std::string_view mark = "\x1F";
    const std::string text = write(mark);
    const std::size_t at = text.find(mark);
    if (at == std::string::npos) {
        return html("{}", text);
    }
    return html("{}{}{}", std::string_view(text).substr(0, at), inner, std::string_view(text).substr(at + mark.size()));
}

/// With the time of day for paper, where an age means nothing.
Html aged_time(const Words& say, Instant t, std::string_view age) {
    return html(R"(<time datetime="{}" data-at="{}">{}</time>)", format_instant(t),
                words::date_and_time(say.language(), t), age);
}

Html age_sentence(const Words& say, const Value& value) {
    const Html age = aged_time(say, value.time, value.age);
    switch (value.certainty) {
        case Certainty::fresh:
            return around(age, [&](std::string_view mark) { return say("parts.measured", {{"age", mark}}); });
        case Certainty::last_good:
            return around(age, [&](std::string_view mark) { return say("parts.last_good", {{"age", mark}}); }) +
                   html(" {}", say("parts.last_good_why"));
        case Certainty::stale:
            return around(age, [&](std::string_view mark) { return say("parts.stale", {{"age", mark}}); });
        case Certainty::missing: break;
    }
    return html("{}", value.last_sent.empty() ? say("parts.missing_why")
                                              : say("parts.missing_since", {{"date", value.last_sent}}));
}

std::string_view name_of(Certainty certainty) {
    constexpr std::array<std::string_view, 4> names = {"fresh", "last_good", "stale", "missing"};
    return names.at(static_cast<std::size_t>(certainty));
}

/// Of a Value or an Entry.
template <typename Followed>
Html live_attributes(const Followed& followed) {
    return when(!followed.live.empty(), html(" data-live=\"{}\"", followed.live)) +
           when(followed.stale_after > std::chrono::seconds::zero(),
                html(" data-stale-after=\"{}\"", followed.stale_after.count()));
}

/// The names of all classes go along, since a live value knows only the id of its own.
Html class_tag(const Value& value) {
    if (value.classes.empty()) {
        return when(!value.class_name.empty(), html(" {}", tag(value.class_name, value.class_tone)));
    }
    nlohmann::json classes = nlohmann::json::object();
    for (const Value::Class& one : value.classes) {
        classes[one.id] = {one.name, one.tone};
    }
    return html(R"( <span class="ds-tag bp-tag" data-size="sm" data-tone="{}" data-live-classes="{}">{}</span>)",
                value.class_tone, classes.dump(), value.class_name);
}

Html number_with_unit(const Words& say, const Value& value) {
    if (value.certainty == Certainty::missing) {
        return html("<span class=\"bp-none\" data-live-number>{}</span>", say("parts.missing"));
    }
    return html(R"(<span data-live-number>{}</span>)", value.number) +
           when(!value.unit.empty(), html("<span class=\"bp-unit\">\u00A0{}</span>", value.unit));
}

Html marks(const Words& say, const Value& value) {
    const bool shown = value.certainty != Certainty::missing;
    return when(shown, class_tag(value)) +
           when(value.simulated && shown, html(" {}", tag(say("parts.simulated"), "simulated")));
}

}  // namespace

Html island(std::string_view name, std::string_view props_json, const Html& fallback) {
    return html(R"(<div data-island="{}" data-props="{}">{}</div>)", name, props_json, fallback);
}

std::string trend_text(const Words& say, double change, std::string_view unit, Duration span, bool steady) {
    const std::string hours = words::length_of_time(say.language(), span);
    if (steady) {
        return say("parts.trend_steady", {{"span", hours}});
    }
    const double amount = change < 0 ? -change : change;
    // From 60 % to 65 % is a rise of five points, and of eight per cent.
    const std::string size = unit == "%"
                                 ? say("parts.percentage_points", {{"count", words::number(say.language(), amount, 0)}})
                                 : words::quantity(say.language(), amount, words::decimals_of(unit), unit);
    return change > 0 ? say("parts.trend_rising", {{"change", size}, {"span", hours}})
                      : say("parts.trend_falling", {{"change", size}, {"span", hours}});
}

Html key_value(const Words& say, const Value& value) {
    return html(R"(<div class="bp-key" data-certainty="{}"{}>
<p class="bp-key-label">{}</p>
<p class="bp-key-number">{}{}</p>
<p class="bp-key-age"><span data-live-age>{}</span>{}{}</p>
</div>
)",
                name_of(value.certainty), live_attributes(value), value.label, number_with_unit(say, value),
                marks(say, value), age_sentence(say, value),
                when(!value.trend.empty(), html(" <span class=\"bp-trend\" data-live-trend>{}</span>", value.trend)),
                when(!value.source.empty(),
                     html(" <span class=\"bp-source\">{}</span>", say("parts.source", {{"source", value.source}}))));
}

Html value_row(const Words& say, const Value& value) {
    return html(
        R"(<div class="bp-row" data-certainty="{}"{}><dt>{}</dt><dd><span class="bp-row-number">{}</span>{}<br>)"
        R"(<span class="bp-quiet"><span data-live-age>{}</span>{}</span></dd></div>
)",
        name_of(value.certainty), live_attributes(value), value.label, number_with_unit(say, value), marks(say, value),
        age_sentence(say, value), when(!value.trend.empty(), html(" <span data-live-trend>{}</span>", value.trend)));
}

Html value_list(const Html& rows) {
    return html("<dl class=\"bp-rows\">\n{}</dl>\n", rows);
}

Html age_tag(const Words& say, Instant t, std::string_view text) {
    return html("<span data-live-age>{}</span>", aged_time(say, t, text));
}

Html untold_age() {
    return html("<span data-live-age></span>");
}

Html live_state() {
    return html("<p class=\"bp-quiet bp-live-state\" data-live-state></p>\n");
}

Html time_tag(Instant t, std::string_view text) {
    return html(R"(<time datetime="{}">{}</time>)", format_instant(t), text);
}

Html notice(const Words& say, Tone tone, std::string_view heading, const Html& body) {
    constexpr std::array<std::string_view, 4> names = {"info", "success", "warning", "danger"};
    constexpr std::array<std::string_view, 4> keys = {"parts.tone_info", "parts.tone_success", "parts.tone_warning",
                                                      "parts.tone_danger"};
    const auto at = static_cast<std::size_t>(tone);
    return html(
        R"(<div class="ds-alert" data-color="{}"><h2 class="ds-heading" data-size="2xs"><span class="ds-sr-only">{}: </span>{}</h2>{}</div>
)",
        names.at(at), say.lookup(keys.at(at)), heading, body);
}

Html tag(std::string_view text, std::string_view tone) {
    return html(R"(<span class="ds-tag bp-tag" data-size="sm" data-tone="{}">{}</span>)", tone, text);
}

Html empty_state(std::string_view heading, std::string_view sentence) {
    return html(R"(<div class="bp-empty"><h2>{}</h2><p>{}</p></div>
)",
                heading, sentence);
}

Html entry_list(const std::vector<Entry>& entries) {
    const Html items = each(entries, [](const Entry& entry) {
        Html position;
        if (entry.latitude && entry.longitude) {
            position = html(R"( data-latitude="{}" data-longitude="{}")", fmt::format("{:.6f}", *entry.latitude),
                            fmt::format("{:.6f}", *entry.longitude));
        }
        const bool grows_stale = entry.stale_after > std::chrono::seconds::zero();
        const bool says_certainty = grows_stale || !entry.live.empty() || entry.certainty != Certainty::fresh;
        return html(
            R"(<li data-entry="{}"{}{}{}><span class="bp-entry-front"{}>{}</span><div>{}<a class="ds-link" href="{}">{}</a>)"
            R"(<div class="bp-quiet">{}<span data-distance></span></div></div></li>
)",
            entry.id, position, when(says_certainty, html(" data-certainty=\"{}\"", name_of(entry.certainty))),
            live_attributes(entry), when(!entry.live.empty(), html(" data-live-quantity=\"{}\"", entry.none)),
            entry.front,
            when(!entry.mark.empty(), html(R"(<span class="bp-mark" aria-hidden="true">{}</span> )", entry.mark)),
            entry.href, entry.name, entry.details);
    });
    return html("<ul class=\"bp-entries\" data-entries>\n{}</ul>\n", items);
}

Html certainty_tag(Certainty certainty, const CertaintyWords& words) {
    const nlohmann::json all{{"last_good", words.last_good}, {"stale", words.stale}};
    const std::string now = all.value(std::string(name_of(certainty)), "");
    return html(R"( <span class="ds-tag bp-tag" data-size="sm" data-tone="warning" data-live-mark="{}"{}>{}</span>)",
                all.dump(), when(now.empty(), html(" hidden")), now);
}

Html table(std::string_view caption, const std::vector<Column>& columns, const std::vector<std::vector<Html>>& rows) {
    const Html headings = each(columns, [](const Column& column) {
        return html(R"(<th scope="col"{}>{}</th>)", when(column.number, html(" class=\"bp-number\"")), column.heading);
    });
    const Html body = each(rows, [&](const std::vector<Html>& row) {
        Html cells;
        for (std::size_t i = 0; i < row.size(); ++i) {
            const bool is_number = i < columns.size() && columns[i].number;
            cells += i == 0 ? html(R"(<th scope="row">{}</th>)", row[i])
                            : html("<td{}>{}</td>", when(is_number, html(" class=\"bp-number\"")), row[i]);
        }
        return html("<tr>{}</tr>\n", cells);
    });
    return html(
        R"(<div class="bp-scroll" tabindex="0" role="group" aria-label="{}"><table class="ds-table" data-size="sm" data-sortable><caption>{}</caption>
<thead><tr>{}</tr></thead>
<tbody>
{}</tbody></table></div>
)",
        caption, caption, headings, body);
}

Html chart(const Words& say, const Chart& chart) {
    const Html twin = html(R"(<details class="ds-details"><summary>{}</summary>
<div>{}</div></details>
)",
                           say("parts.show_numbers"), chart.table);
    const Html links =
        when(!chart.csv_href.empty(), download(chart.csv_href, say("parts.download_csv"))) +
        when(!chart.json_href.empty(), html(" ") + download(chart.json_href, say("parts.download_json")));
    return html(R"(<section class="bp-chart" aria-labelledby="{}-title">
<h2 id="{}-title">{}</h2>
<p class="bp-quiet">{}{}</p>
{}{}
<p class="bp-quiet">{} {}</p>
</section>
)",
                chart.id, chart.id, chart.title, chart.subtitle,
                when(chart.simulated, html(" {}", tag(say("parts.simulated"), "simulated"))),
                island(chart.island, chart.props_json, html("<p data-summary>{}</p>", chart.summary)), twin,
                when(!chart.source.empty(), html("{}", say("parts.source", {{"source", chart.source}}))), links);
}

Html breadcrumbs(const Words& say, const std::vector<Crumb>& crumbs) {
    std::size_t left = crumbs.size();
    const Html items = each(crumbs, [&](const Crumb& crumb) {
        return --left == 0 ? html(R"(<li><span aria-current="page">{}</span></li>)", crumb.text)
                           : html(R"(<li><a class="ds-link" href="{}">{}</a></li>)", crumb.href, crumb.text);
    });
    return html(R"(<nav class="bp-crumbs" aria-label="{}"><ol>{}</ol></nav>
)",
                say("parts.breadcrumbs"), items);
}

Html download(std::string_view href, std::string_view text) {
    return html(R"(<a class="ds-link" href="{}" download>{}</a>)", href, text);
}

}  // namespace bypuls::pages
