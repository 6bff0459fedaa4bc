#include "platform/publish/developers/developer_page.h"

#include <array>
#include <string_view>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/words/format.h"
#include "platform/http/server.h"
#include "platform/mqtt/ports.h"
#include "platform/pages/parts.h"
#include "platform/publish/live/readings.h"
#include "platform/publish/sensorthings/read/data.h"
#include "platform/query/parse.h"

namespace bypuls::publish::developers {
namespace {

using pages::Html;
using pages::html;
using words::Words;

constexpr std::string_view nlod = "data.norge.no/nlod";
constexpr std::string_view standard_webhooks = "https://www.standardwebhooks.com/";

/// A sentence above, the example, and for a GET the link that opens its answer; script makes a button of it.
Html shown(const Words& say, const PageModel& model, std::string_view id) {
    const Example& it = example(id);
    Html block = html(
        R"(<pre class="bp-code" tabindex="0" role="group" aria-label="{}" data-example="{}" data-language="{}"><code>{}</code></pre>
)",
        say("developers.code_in", {{"language", it.label}}), it.id, it.language, filled(it.code, model.filling));
    if (it.path.empty()) {
        return block;
    }
    const std::string path = filled(it.path, model.filling);
    const Html link = html(R"(<p><a class="ds-link" href="{}">{}</a></p>)", path, say("developers.open_answer"));
    return block + pages::island("try-get", nlohmann::json{{"path", path}}.dump(), link);
}

Html named(const Words& say, const PageModel& model, std::string_view id) {
    return html("<h3>{}</h3>\n", example(id).label) + shown(say, model, id);
}

/// A part of the page, which the list at its top leads to.
struct Part {
    std::string_view id;
    std::string heading;
    Html body;
};

Part begin(const Words& say, const PageModel& model) {
    Html body = html("<p>{}</p>", say("developers.begin_latest")) + shown(say, model, "latest");
    body += html("<p>{}</p>", say("developers.begin_place")) + shown(say, model, "place");
    body += html("<p>{}</p>", say("developers.begin_more"));
    body += html(R"(<ul class="ds-list"><li><a class="ds-link" href="/sta/v1.1/">{}</a></li>)"
                 R"(<li><a class="ds-link" href="/sta/v1.1/api">{}</a></li>)"
                 R"(<li><a class="ds-link" href="/api/openapi.json">{}</a></li></ul>)",
                 say("developers.link_root"), say("developers.link_sta_api"), say("developers.link_api"));
    return {"start", say("developers.begin"), std::move(body)};
}

Part languages(const Words& say, const PageModel& model) {
    return {"series", say("developers.series"),
            html("<p>{}</p>", say("developers.series_text")) + named(say, model, "python") +
                named(say, model, "javascript") + named(say, model, "r")};
}

Part tables(const Words& say, const PageModel& model) {
    return {"tables", say("developers.tables"),
            html(R"(<ol class="ds-list"><li>{}</li><li>{}</li><li>{}</li></ol>)", say("developers.tables_excel"),
                 say("developers.tables_power_bi"), say("developers.tables_paste")) +
                shown(say, model, "powerquery") + html("<p>{}</p>", say("developers.tables_pages")) +
                html("<h3>{}</h3><p>{}</p>", say("developers.history"), say("developers.history_text")) +
                shown(say, model, "history")};
}

Part live(const Words& say, const PageModel& model) {
    return {"live", say("developers.live"),
            html("<p>{}</p>", say("developers.live_text")) + shown(say, model, "live") +
                html("<p>{}</p>", say("developers.live_browser")) + shown(say, model, "live-javascript") +
                html(R"(<p>{} <a class="ds-link" href="{}">{}</a></p>)", say("developers.live_webhooks"),
                     model.keys_here ? "#webhooks" : standard_webhooks,
                     model.keys_here ? say("developers.webhooks") : say("developers.webhooks_standard"))};
}

Part keys(const Words& say, const PageModel& model) {
    using Row = std::vector<Html>;
    const auto scope = [&](const char* name, std::string may) {
        return Row{html("<code>{}</code>", name), html("{}", may)};
    };
    Html body = html("<p>{}</p>", say("developers.keys_text"));
    body += pages::table(say("developers.keys_scopes"), {{say("developers.keys_scope")}, {say("developers.keys_may")}},
                         {scope("ingest", say("developers.keys_ingest")), scope("read", say("developers.keys_read")),
                          scope("admin", say("developers.keys_admin"))});
    if (!model.contact.empty()) {
        body += html(R"(<p>{} <a class="ds-link" href="{}">{}</a></p>)",
                     say("developers.keys_ask", {{"owner", model.owner}}), model.contact, say("shell.contact"));
    } else {
        body += html("<p>{}</p>", say("developers.keys_ask_owner", {{"owner", model.owner}}));
    }
    if (!model.filling.key_command.empty()) {
        body += html("<p>{}</p>", say("developers.keys_make")) + shown(say, model, "key-made");
    } else {
        body += html("<p>{}</p>", say("developers.keys_keep")) + shown(say, model, "key-given");
    }
    return {"keys", say("developers.keys"), std::move(body)};
}

Part sending(const Words& say, const PageModel& model) {
    return {"send", say("developers.send"),
            html("<p>{}</p>", say("developers.send_make")) + shown(say, model, "make") +
                html("<p>{}</p>", say("developers.send_find")) + shown(say, model, "find") +
                html("<p>{}</p>", say("developers.send_text")) + shown(say, model, "send") +
                html("<p>{}</p>", say("developers.send_lines")) + shown(say, model, "send-lines")};
}

Part told_by_webhook(const Words& say, const PageModel& model) {
    return {"webhooks", say("developers.webhooks"),
            html("<p>{}</p>", say("developers.webhooks_text")) + shown(say, model, "webhook-make") +
                html("<p>{}</p>", say("developers.webhooks_secret")) + shown(say, model, "webhook-check") +
                html(R"(<p>{} <a class="ds-link" href="{}">{}</a></p>)",
                     say("developers.webhooks_rules",
                         {{"seconds", fmt::to_string(model.writing.webhook_deadline.count())}}),
                     standard_webhooks, say("developers.webhooks_standard"))};
}

Part mqtt(const Words& say, const PageModel& model) {
    const MqttDoor& door = *model.filling.mqtt;
    return {"mqtt", "MQTT",
            html("<p>{}</p>", say("developers.mqtt_text", {{"host", door.host}, {"port", fmt::to_string(door.port)}})) +
                shown(say, model, "subscribe") + html("<p>{}</p>", say("developers.mqtt_publish")) +
                shown(say, model, "publish") + html("<p>{}</p>", say("developers.mqtt_own")) +
                shown(say, model, "subscribe-own")};
}

Html limits_table(const Words& say, const WriteLimits& writing, bool with_mqtt) {
    const auto language = say.language();
    const auto count = [&](auto n) { return words::count(language, static_cast<std::int64_t>(n)); };
    const auto size = [&](std::size_t bytes) {
        return words::quantity(language, static_cast<double>(bytes) / (1U << 20U), 0, "MiB");
    };
    const auto seconds = [&](std::chrono::milliseconds span) {
        return words::quantity(language, std::chrono::duration<double>(span).count(), 0, "s");
    };
    constexpr sensorthings::ReadLimits read;
    constexpr http::Limits http;
    const query::ParseLimits parse;
    std::vector<std::pair<std::string, std::string>> rows{
        {say("developers.limit_page"),
         say("developers.limit_page_is", {{"default", count(read.page_default)}, {"max", count(read.page_max)}})},
        {say("developers.limit_rows"), count(read.rows_looked_at)},
        {say("developers.limit_time"), seconds(read.time)},
        {say("developers.limit_answer"), size(read.answer_bytes)},
        {say("developers.limit_filter"), count(parse.nodes)},
        {say("developers.limit_expand"), count(parse.expand_depth)},
        {say("developers.limit_create"), count(writing.created_rows_max)},
        {say("developers.limit_batch"), count(writing.batch_parts_max)},
        {say("developers.limit_body"), size(writing.sensorthings_bytes_max)},
        {say("developers.limit_ingest"), size(writing.ingest_bytes_max)},
        {say("developers.limit_live"), count(live_datastreams_max)},
        {say("developers.limit_connections"), count(http.connections_max)},
        {say("developers.limit_webhook"), count(writing.webhook_waiting_max)}};
    if (with_mqtt) {
        constexpr mqtt::Limits broker;
        rows.emplace_back(say("developers.limit_mqtt_packet"), size(broker.packet_bytes_max));
        rows.emplace_back(say("developers.limit_mqtt_queue"), count(broker.queue_messages_max));
    }
    std::vector<std::vector<Html>> cells;
    for (const auto& [what, most] : rows) {
        cells.push_back({html("{}", what), html("{}", most)});
    }
    return pages::table(say("developers.limits_caption"),
                        {{say("developers.limits_what")}, {say("developers.limits_most"), true}}, cells);
}

Part limits(const Words& say, const PageModel& model) {
    return {"limits", say("developers.limits"),
            html("<p>{}</p>", say("developers.limits_text")) +
                limits_table(say, model.writing, model.filling.mqtt.has_value())};
}

Part status(const Words& say, const PageModel& model) {
    constexpr std::array<std::string_view, 3> keys = {"health.ok", "health.warning", "health.failing"};
    constexpr std::array<std::string_view, 3> tones = {"success", "warning", "danger"};
    const auto at = static_cast<std::size_t>(model.state);
    return {"status", say("developers.status"),
            html(R"(<p>{} <a class="ds-link" href="/status">{}</a></p><p>{}</p>)",
                 pages::tag(say.lookup(keys.at(at)), tones.at(at)), say("developers.status_link"),
                 say("developers.status_machines"))};
}

Part licence(const Words& say, const PageModel& model) {
    Html body = html("<p>{}</p>", say("developers.licence_text", {{"owner", model.owner}}));
    body += pages::each(model.licences, [&](const std::string& uri) {
        const bool is_link = uri.starts_with("http://") || uri.starts_with("https://");
        const std::string name = uri.contains(nlod) ? say("developers.licence_nlod") : uri;
        return is_link ? html(R"(<p><a class="ds-link" href="{}">{}</a></p>)", uri, name) : html("<p>{}</p>", name);
    });
    body += pages::when(model.simulated, html("<p>{} {}</p>", pages::tag(say("parts.simulated"), "simulated"),
                                              say("developers.simulated")));
    return {"licence", say("developers.licence"), std::move(body)};
}

}  // namespace

pages::Page developer_page(const Words& say, const PageModel& model) {
    std::vector<Part> parts{begin(say, model), languages(say, model), tables(say, model), live(say, model)};
    if (model.keys_here) {
        parts.push_back(keys(say, model));
        parts.push_back(sending(say, model));
        parts.push_back(told_by_webhook(say, model));
        if (model.filling.mqtt) {
            parts.push_back(mqtt(say, model));
        }
    }
    parts.push_back(limits(say, model));
    parts.push_back(status(say, model));
    parts.push_back(licence(say, model));
    Html body = html(R"(<h1>{}</h1>
<p class="bp-lead">{}</p>
)",
                     say("developers.title"), say("developers.lead"));
    body += pages::when(!model.anything_published, pages::notice(say, pages::Tone::info, say("developers.none"),
                                                                 html("<p>{}</p>", say("developers.none_text"))));
    body += html(R"(<nav class="bp-contents" aria-label="{}"><ul>{}</ul></nav>
)",
                 say("developers.contents"), pages::each(parts, [](const Part& part) {
                     return html(R"(<li><a class="ds-link" href="#{}">{}</a></li>)", part.id, part.heading);
                 }));
    body += pages::each(parts, [](const Part& part) {
        return html(
            "<section class=\"bp-part\" aria-labelledby=\"{}\">\n<h2 id=\"{}\" tabindex=\"-1\">{}</h2>\n{}</section>\n",
            part.id, part.id, part.heading, part.body);
    });
    return {.language = say.language(),
            .title = say("developers.title"),
            .description = say("developers.description"),
            .path = page_path,
            .errand = "data",
            .body = std::move(body),
            .simulated = model.simulated,
            .islands = {"try-get"}};
}

}  // namespace bypuls::publish::developers
