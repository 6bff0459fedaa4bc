#include "platform/publish/about/routes.h"

#include <chrono>
#include <functional>

#include "platform/pages/answer/answer.h"
#include "platform/policy/policy.h"
#include "platform/publish/about/about_pages.h"

namespace bypuls::publish::about {
namespace {

using Write = std::function<pages::Page(words::Language)>;

/// Made of what is in memory, so nothing waits for a disk.
http::Route page(const pages::Site& site, std::string pattern, Write write) {
    return {.method = http::Method::get,
            .pattern = std::move(pattern),
            .handler = [&site, write = std::move(write)](http::Request& request) -> Task<http::Response> {
                const auto language = static_cast<words::Language>(request.language);
                co_return pages::answer(site, request, write(language), std::chrono::minutes{5});
            },
            .permission = std::string(policy::anyone)};
}

}  // namespace

std::vector<http::Route> routes(const pages::Site& site, const publication::Plane& plane) {
    using words::Language;
    std::vector<http::Route> table;
    table.push_back(page(site, contact_path, [&site](Language in) { return contact_page(site, in); }));
    table.push_back(page(site, accessibility_path, [&site](Language in) { return accessibility_page(site, in); }));
    table.push_back(page(site, privacy_path, [&site](Language in) { return privacy_page(site, in); }));
    table.push_back(page(site, sources_path, [&site, &plane](Language in) {
        return sources_page(site, in, sources_of(*plane.catalogue()));
    }));
    return table;
}

}  // namespace bypuls::publish::about
