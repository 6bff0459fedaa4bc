#include "platform/publish/developers/routes.h"

#include <algorithm>
#include <chrono>

#include "platform/pages/answer/answer.h"
#include "platform/policy/policy.h"

namespace bypuls::publish::developers {
namespace {

/// As the reader reached us. What the reader's own machine calls us stands in text that people copy into a shell, so
/// it is taken for no more than it looks like.
std::string origin_of(const pages::Site& site, const http::Request& request) {
    if (!site.origin.empty()) {
        return site.origin;
    }
    const std::string_view host = request.header("host").value_or("localhost");
    return (request.secure ? "https://" : "http://") + std::string(is_plain(host) ? host : "localhost");
}

PageModel model_of(const Parts& parts, const http::Request& request) {
    PageModel model{
        .filling = {.origin = origin_of(parts.site, request), .mqtt = parts.mqtt, .key_command = parts.key_command},
        .writing = parts.writing,
        .anything_published = false,
        .keys_here = parts.keys_here,
        .contact = parts.site.contact,
        .owner = parts.site.owner};
    const auto catalogue = parts.plane.catalogue();
    for (const auto& place : catalogue->places) {
        model.simulated = model.simulated || place.simulated();
        for (const auto& stream : place.streams) {
            if (!model.anything_published) {
                model.filling.datastream = stream.id.value;
                model.filling.place = place.slug;
                model.filling.property = stream.property;
                model.anything_published = true;
            }
            if (!stream.licence.empty() && std::ranges::find(model.licences, stream.licence) == model.licences.end()) {
                model.licences.push_back(stream.licence);
            }
        }
    }
    const auto checks = parts.checks();
    const auto worst = std::ranges::max_element(checks, {}, &pages::HealthCheck::state);
    model.state = worst == checks.end() ? pages::HealthCheck::State::ok : worst->state;
    return model;
}

http::Response answer(const Parts& parts, const http::Request& request) {
    const auto language = static_cast<words::Language>(request.language);
    const pages::Page page = developer_page(parts.site.words(language), model_of(parts, request));
    return pages::answer(parts.site, request, page, std::chrono::seconds{30});
}

}  // namespace

http::Route route(Parts parts) {
    return {.method = http::Method::get,
            .pattern = page_path,
            .handler = [parts = std::move(parts)](http::Request& request) -> Task<http::Response> {
                // The health of the parts may be asked of a disk.
                co_return co_await parts.pool.run([&] { return answer(parts, request); });
            },
            .permission = std::string(policy::anyone)};
}

}  // namespace bypuls::publish::developers
