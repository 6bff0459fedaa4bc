#include "platform/pages/answer/answer.h"

#include <algorithm>
#include <string>

#include "core/text.h"

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

std::optional<std::string> permanent_path(std::string_view path) {
    std::string permanent;
    for (const std::string_view segment : split(path, '/')) {
        if (!segment.empty()) {
            permanent += '/' + to_lower_ascii(segment);
        }
    }
    const auto is_of_ours = [](char letter) {
        return (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9') || letter == '-' || letter == '_' ||
               letter == '.' || letter == '/';
    };
    if (permanent.empty()) {
        permanent = "/";
    }
    return permanent != path && std::ranges::all_of(permanent, is_of_ours) ? std::optional(permanent) : std::nullopt;
}

http::Response moved(const http::Request& request, const std::string& path) {
    const auto query = request.target.find('?');
    http::Response response =
        http::redirect(query == std::string::npos ? path : path + request.target.substr(query), 301);
    response.headers.set("Cache-Control", "public, max-age=3600");
    return response;
}

}  // namespace bypuls::pages
