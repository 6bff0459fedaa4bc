#include "platform/publish/search/routes.h"

#include "core/text.h"
#include "platform/pages/answer/answer.h"
#include "platform/policy/policy.h"
#include "platform/publish/search/search_page.h"

namespace bypuls::publish::search {

http::Route route(const pages::Site& site, Entries entries) {
    return {.method = http::Method::get,
            .pattern = search_path,
            .handler = [&site, entries = std::move(entries)](http::Request& request) -> Task<http::Response> {
                const auto language = static_cast<words::Language>(request.language);
                const std::string query(trim(request.query.get("q").value_or("")));
                const bool searches = !query.empty() && !is_too_long(query);
                const auto all = searches ? entries(language) : std::vector<Entry>();
                const auto page = search_page(site, language, all, query);
                auto response = is_too_long(query) ? http::html(pages::document(site, page), 400)
                                                   : pages::answer(site, request, page, std::chrono::minutes{5});
                if (!query.empty()) {
                    response.headers.set("Cache-Control", "no-store");
                    response.headers.set("Referrer-Policy", "strict-origin");  // what was asked stays here
                }
                co_return response;
            },
            .permission = std::string(policy::anyone)};
}

}  // namespace bypuls::publish::search
