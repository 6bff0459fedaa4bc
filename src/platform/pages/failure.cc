#include <algorithm>
#include <array>

#include "platform/pages/page.h"
#include "platform/pages/parts.h"

namespace bypuls::pages {

namespace {

using words::Words;

/// The statuses that have words of their own; the rest are read as the nearest of them.
int worded_status(int status) {
    switch (status) {
        case 400:
        case 401:
        case 403:
        case 404:
        case 413:
        case 429:
        case 503:
        case 507: return status;
        case 405:
        case 410: return 404;
        case 504: return 503;
        default: return status >= 400 && status < 500 ? 400 : 500;
    }
}

std::string_view tone_of(HealthCheck::State state) {
    switch (state) {
        case HealthCheck::State::ok: return "success";
        case HealthCheck::State::warning: return "warning";
        case HealthCheck::State::failing: return "danger";
    }
    return "danger";
}

std::string word_of(const Words& say, HealthCheck::State state) {
    switch (state) {
        case HealthCheck::State::ok: return say("health.state_ok");
        case HealthCheck::State::warning: return say("health.state_warning");
        case HealthCheck::State::failing: return say("health.state_failing");
    }
    return {};
}

}  // namespace

std::string error_document(const Site& site, const Failure& failure) {
    const Words say = site.words(failure.language);
    const std::string key = "error." + std::to_string(worded_status(failure.status));
    const std::string title = say.lookup(key + "_title");
    Html body = html(R"(<h1>{}</h1>
<p class="bp-lead">{}</p>
)",
                     title, failure.detail.empty() ? say.lookup(key) : failure.detail);
    if (failure.suggestion) {
        body += html(R"(<p>{} <a class="ds-link" href="{}">{}</a>?</p>
)",
                     say("error.404_maybe"), *failure.suggestion,
                     failure.suggestion_name.empty() ? *failure.suggestion : failure.suggestion_name);
    }
    body += when(failure.status >= 500, html("<p>{}</p>\n", say("error.safe")));
    body += html(R"(<p><a class="ds-link" href="/">{}</a></p>
)",
                 say("error.home"));
    body += when(!failure.id.empty(), html("<p class=\"bp-quiet\">{}</p>\n", say("error.id", {{"id", failure.id}})));
    return document(site, {.language = failure.language,
                           .title = title,
                           .path = failure.path,
                           .body = std::move(body),
                           .robots = Robots::hide});
}

Html health_body(const Words& say, const std::vector<HealthCheck>& checks) {
    using State = HealthCheck::State;
    const auto worst = std::ranges::max_element(checks, {}, &HealthCheck::state);
    const State state = worst == checks.end() ? State::ok : worst->state;
    constexpr std::array<std::string_view, 3> keys = {"health.ok", "health.warning", "health.failing"};
    const Html rows = each(checks, [&](const HealthCheck& check) {
        return html(R"(<li>{} <strong>{}</strong><br>{}</li>
)",
                    tag(word_of(say, check.state), tone_of(check.state)), check.name,
                    check.why.empty() ? "" : say.lookup("health.why_" + check.why));
    });
    return html(R"(<h1>{}</h1>
<p class="bp-lead">{}</p>
<ul class="bp-checks">
{}</ul>)",
                say("health.title"), say.lookup(keys.at(static_cast<std::size_t>(state))), rows);
}

}  // namespace bypuls::pages
