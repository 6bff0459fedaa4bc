#include "platform/publish/live/entities.h"

#include <vector>

#include <fmt/format.h>

#include "core/log.h"
#include "core/text.h"
#include "platform/http/problem.h"
#include "platform/publish/live/filter.h"
#include "platform/publish/live/wanted.h"
#include "platform/publish/sensorthings/read/projection.h"
#include "platform/publish/sensorthings/read/session.h"
#include "platform/publish/sensorthings/read/writer.h"

namespace bypuls::publish {
namespace {

using sensorthings::Kind;

constexpr std::size_t event_bytes_max = live::HubOptions{}.event_bytes_max;
constexpr sensorthings::ReadLimits cost{.rows_looked_at = 200'000, .time = std::chrono::milliseconds{2'000}};

std::string topic_of(Kind kind) {
    return fmt::format("entities/{}", sensorthings::type_of(kind).set);
}

/// "observedProperty"
std::string event_of(Kind kind) {
    std::string name(sensorthings::type_of(kind).name);
    name.front() = static_cast<char>(name.front() - 'A' + 'a');
    return name;
}

}  // namespace

EntityNews::EntityNews(Parts parts)
    : parts_(std::move(parts)), form_{.root = parts_.root}, seen_(parts_.look().data.registry.streams()->version()) {}

Result<void> EntityNews::tell() {
    const Look look = parts_.look();
    // Before anything is read, so that what is read is at least as new.
    const registry::Version version = look.data.registry.streams()->version();
    if (version == seen_) {
        return {};
    }
    registry::Changes changes{.complete = false};
    // A lower one is another registry's: the public files may be replaced.
    if (version > seen_) {
        TRY(changes, look.data.registry.changes_since(seen_));
        // What came since the look is told the next time.
        std::erase_if(changes.changes, [&](const registry::Change& change) { return change.version > version; });
    }
    for (const auto& type : sensorthings::entity_types()) {
        if (type.kind != Kind::observation) {
            tell_kind(look, type.kind, changes);
        }
    }
    seen_ = version;
    return {};
}

void EntityNews::tell_kind(const Look& look, Kind kind, const registry::Changes& changes) {
    std::vector<std::int64_t> ids;
    for (const registry::Change& change : changes.changes) {
        if (change.kind == sensorthings::registry_kind(kind)) {
            ids.push_back(change.id);
        }
    }
    if (!changes.complete || ids.size() > told_at_once_max) {
        return parts_.hub.forget(topic_of(kind));
    }
    const auto told = [&]() -> Result<void> {
        sensorthings::Session session(look.data, parts_.clock, cost);
        sensorthings::Writer writer(session, form_);
        const auto projection = sensorthings::make_projection(kind, {}, false);
        TRY_DO(session.get_ahead(kind, ids));
        for (const std::int64_t id : ids) {
            TRY(const auto entity, session.get(kind, id));
            std::string data;
            if (entity == nullptr) {
                parts_.hub.publish(topic_of(kind), "removed", fmt::format(R"({{"@iot.id":{}}})", id));
                continue;
            }
            TRY_DO(writer.entity(data, entity, projection));
            if (data.size() > event_bytes_max) {
                data = fmt::format(R"({{"@iot.id":{},"@iot.selfLink":")", id);
                writer.append_self_link(data, kind, id);
                data += "\"}";
            }
            parts_.hub.publish(topic_of(kind), event_of(kind), data);
        }
        return {};
    }();
    if (!told) {
        log::warning("live", "changes of a set are told as a reset",
                     {{"set", std::string(sensorthings::type_of(kind).set)}, {"why", told.error().what}});
        parts_.hub.forget(topic_of(kind));
    }
}

http::Response listen_to_entities(const LiveParts& parts, http::Request& request, Kind kind) {
    Wanted wanted;
    if (const auto text = request.query.get("$filter")) {
        auto filter = read_entity_filter(*text, kind);
        if (!filter) {
            return http::problem(request, filter.error());
        }
        wanted = [kept = std::make_shared<const EntityFilter>(std::move(*filter)),
                  &clock = parts.clock](std::string_view data) { return kept->fits(data, clock.now()); };
    }
    auto response = std::move(parts.hub.subscribe(request, {topic_of(kind)}).response);
    if (wanted && std::holds_alternative<http::OpenStream>(response.body)) {
        leave_wanted(response, event_of(kind), std::move(wanted));
    }
    return response;
}

}  // namespace bypuls::publish
