#include "platform/notify/webhooks/subscription.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/text.h"

namespace bypuls::webhooks {
namespace {

bool is_slug(std::string_view text) {
    const auto allowed = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
    return !text.empty() && text.size() <= 100 && std::ranges::all_of(text, allowed);
}

bool is_target(std::string_view url, bool plain_http) {
    const std::string_view scheme = url.starts_with("https://") ? "https://" : plain_http ? "http://" : "https://";
    const auto visible = [](char c) {
        return static_cast<unsigned char>(c) > 0x20 && static_cast<unsigned char>(c) < 0x7F;
    };
    if (!url.starts_with(scheme) || url.size() > url_bytes_max || !std::ranges::all_of(url, visible)) {
        return false;
    }
    const auto authority = url.substr(scheme.size(), url.substr(scheme.size()).find_first_of("/?#"));
    // A name and password in a URL would stand in lists and logs.
    return !authority.empty() && authority.find('@') == std::string_view::npos;
}

}  // namespace

bool Wanted::covers(DatastreamId stream, std::string_view place) const {
    return std::ranges::find(datastreams, stream) != datastreams.end() ||
           (!place.empty() && std::ranges::find(places, place) != places.end());
}

Result<void> validate(const NewSubscription& subscription, bool plain_http) {
    const auto& [url, description, wanted, secret] = subscription;
    if (!is_target(url, plain_http)) {
        return fail(Errc::malformed,
                    fmt::format("url: must begin with {}, name a host and no user, and be at most {} bytes",
                                plain_http ? "https:// or http://" : "https://", url_bytes_max));
    }
    if (description.size() > 500 || !is_utf8(description)) {
        return fail(Errc::malformed, "description: at most 500 bytes of UTF-8");
    }
    const std::size_t count = wanted.datastreams.size() + wanted.places.size();
    if (count == 0 || count > wanted_max) {
        return fail(Errc::malformed, fmt::format("datastreams, places: 1 to {} of them", wanted_max));
    }
    if (std::ranges::any_of(wanted.datastreams, [](DatastreamId id) { return id.value <= 0; })) {
        return fail(Errc::malformed, "datastreams: an id is a positive whole number");
    }
    if (!std::ranges::all_of(wanted.places, is_slug)) {
        return fail(Errc::malformed, "places: a place is named by its slug, such as 'landfalltjern'");
    }
    return {};
}

}  // namespace bypuls::webhooks
