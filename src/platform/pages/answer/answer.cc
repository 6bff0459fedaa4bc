#include "platform/pages/answer/answer.h"

#include <string>

namespace bypuls::pages {

http::Response answer(const Site& site, const http::Request& request, const Page& page, std::chrono::seconds fresh) {
    http::Response response = http::html(document(site, page));
    response.headers.set("Cache-Control", "public, max-age=" + std::to_string(fresh.count()));
    response.headers.set("Vary", "Accept-Language, Cookie");
    if (request.query.get("lang")) {
        response.headers.set("Cache-Control", "no-store");
        http::set_cookie(response, {.name = "lang",
                                    .value = std::string(words::tag_of(page.language)),
                                    .max_age = std::chrono::days{365},
                                    .secure = false});  // a preference, no secret; its name is plain
    }
    return http::with_etag(request, std::move(response));
}

}  // namespace bypuls::pages
