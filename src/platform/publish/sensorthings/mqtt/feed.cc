#include "platform/publish/sensorthings/mqtt/feed.h"

namespace bypuls::sensorthings {

std::optional<std::expected<UpdateFeed::View, mqtt::Fault>> UpdateFeed::look(const mqtt::Principal& principal,
                                                                             std::string_view filter) {
    using mqtt::Fault;
    using mqtt::Reason;
    const auto topic = topic_of(filter);
    if (!topic) {
        return std::nullopt;
    }
    // What stands in a query may look like wildcards and levels, and is none.
    if (!mqtt::may_subscribe(principal, filter.substr(0, filter.find('?')))) {
        return std::unexpected(Fault{Reason::not_authorized, "the key may not subscribe to this"});
    }
    auto subject = subject_of(*topic);
    if (!subject) {
        return std::unexpected(Fault{Reason::topic_filter_invalid, std::move(subject).error().what});
    }
    Updates& plane = principal.grants.read && internal_ != nullptr ? *internal_ : open_;
    auto watch = plane.watch(std::move(*subject), std::string(filter));
    if (!watch) {
        return std::unexpected(Fault{Reason::quota_exceeded, std::move(watch).error().what});
    }
    return View{.route = Updates::route_of(**watch), .wanted = *watch};
}

}  // namespace bypuls::sensorthings
