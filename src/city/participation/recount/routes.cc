#include "city/participation/recount/routes.h"

#include <chrono>
#include <optional>

#include "city/participation/recount/recount_page.h"
#include "platform/pages/answer/answer.h"
#include "platform/policy/policy.h"

namespace bypuls::participation::recount {
namespace {

words::Words words_for(const pages::Site& site, const http::Request& request) {
    return site.words(static_cast<words::Language>(request.language));
}

http::Response as_response(const pages::Site& site, const http::Request& request, const pages::Page& page) {
    return pages::answer(site, request, page, std::chrono::minutes{5});
}

http::Response not_found(const pages::Site& site, const http::Request& request) {
    return http::html(pages::error_document(site, {.status = 404,
                                                   .language = static_cast<words::Language>(request.language),
                                                   .path = request.path,
                                                   .id = request.id,
                                                   .suggestion = library_path}),
                      404);
}

http::Response recount(const pages::Site& site, const http::Request& request) {
    const auto asked = request.query.get("valg");
    const Exhibit* exhibit = asked ? find_exhibit(*asked) : nullptr;
    if (asked && exhibit == nullptr) {
        return not_found(site, request);
    }
    return as_response(site, request, recount_page(words_for(site, request), exhibit));
}

/// "leketoy.pb" or "leketoy.json"
http::Response file(const pages::Site& site, const http::Request& request) {
    const std::string_view name = request.path_parameter("file");
    const std::size_t dot = name.rfind('.');
    const Exhibit* exhibit = dot == std::string_view::npos ? nullptr : find_exhibit(name.substr(0, dot));
    const std::string_view ending = exhibit == nullptr ? "" : name.substr(dot + 1);
    std::optional<http::Response> response;
    if (ending == "pb") {
        response = http::content("text/plain; charset=utf-8", exhibit->ballots);
    } else if (ending == "json") {
        response = http::content("application/json", exhibit->result);
    }
    if (!response) {
        return not_found(site, request);
    }
    response->headers.set("Cache-Control", "public, max-age=3600");
    return http::with_etag(request, std::move(*response));
}

using Work = http::Response (*)(const pages::Site&, const http::Request&);

http::Route get(std::string pattern, const pages::Site& site, Work work) {
    return {.method = http::Method::get,
            .pattern = std::move(pattern),
            .handler = [&site, work](http::Request& request) -> Task<http::Response> { co_return work(site, request); },
            .permission = std::string(policy::anyone)};
}

}  // namespace

std::vector<http::Route> routes(const pages::Site& site) {
    library();  // read before the first reader asks
    return {get("/medvirkning", site,
                [](const pages::Site&, const http::Request&) { return http::redirect(recount_path); }),
            get(recount_path, site, recount),
            get(library_path, site,
                [](const pages::Site& s, const http::Request& request) {
                    return as_response(s, request, library_page(words_for(s, request), library()));
                }),
            get(std::string(library_path) + "/{file}", site, file)};
}

}  // namespace bypuls::participation::recount
