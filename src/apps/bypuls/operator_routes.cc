#include "apps/bypuls/operator_routes.h"

#include <algorithm>

#include "core/text.h"
#include "platform/policy/policy.h"

namespace bypuls::apps {
namespace {

using State = pages::HealthCheck::State;

http::Response liveness(const std::vector<pages::HealthCheck>& checks, bool ready) {
    std::string failing;
    std::string reasons;
    for (const auto& check : checks) {
        if (check.state == State::failing) {
            failing += failing.empty() ? "" : ",";
            append_json_string(failing, check.name);
            reasons += reasons.empty() ? "" : ",";
            append_json_string(reasons, check.name);
            reasons += ':';
            append_json_string(reasons, check.why);
        }
    }
    const bool ok = failing.empty() || !ready;
    const std::string_view status = failing.empty() ? "ok" : "failing";
    http::Response response = http::json(std::string(R"({"status":")") + std::string(status) + R"(","failing":[)" +
                                             failing + R"(],"reasons":{)" + reasons + "}}",
                                         ok ? 200 : 503);
    response.headers.set("Cache-Control", "no-store");
    return response;
}

http::Route get(std::string pattern, http::Handler handler, std::string_view permission) {
    return {.method = http::Method::get,
            .pattern = std::move(pattern),
            .handler = std::move(handler),
            .permission = std::string(permission)};
}

/// People read what a part is for; the name stays for programs. A bridge is named by whoever configured it.
std::vector<pages::HealthCheck> named(const words::Words& say, std::vector<pages::HealthCheck> checks) {
    for (auto& check : checks) {
        const std::string text = say.lookup("health.part_" + check.name);
        check.name = text.starts_with('[') ? check.name : text;
    }
    return checks;
}

http::Response status_page(const pages::Site& site, const http::Request& request,
                           const std::vector<pages::HealthCheck>& checks) {
    const auto language = static_cast<words::Language>(request.language);
    const words::Words say = site.words(language);
    const pages::Page page{.language = language,
                           .title = say("health.title"),
                           .description = say("health.description"),
                           .path = "/status",
                           .body = pages::health_body(say, named(say, checks)),
                           .robots = pages::Robots::hide};
    http::Response response = http::html(pages::document(site, page));
    response.headers.set("Cache-Control", "no-store");
    return response;
}

}  // namespace

std::vector<http::Route> operator_routes(const pages::Site& site, Checks checks, Metrics metrics) {
    // Alive: the process answers, whatever is wrong inside; restarting it would not mend a full disk.
    http::Handler health = [checks](http::Request&) -> Task<http::Response> { co_return liveness(checks(), false); };
    http::Handler ready = [checks](http::Request&) -> Task<http::Response> { co_return liveness(checks(), true); };
    http::Handler measure = [metrics](http::Request&) -> Task<http::Response> {
        std::string text;
        metrics(text);
        co_return http::content("text/plain; version=0.0.4; charset=utf-8", std::move(text));
    };
    http::Handler status = [&site, checks](http::Request& request) -> Task<http::Response> {
        co_return status_page(site, request, checks());
    };
    return {get("/healthz", health, policy::anyone), get("/readyz", ready, policy::anyone),
            get("/metrics", measure, policy::observe), get("/status", status, policy::anyone)};
}

}  // namespace bypuls::apps
