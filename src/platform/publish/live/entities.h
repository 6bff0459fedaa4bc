#pragma once

#include <functional>
#include <memory>
#include <string>

#include "core/clock.h"
#include "core/result.h"
#include "platform/http/message.h"
#include "platform/live/hub.h"
#include "platform/publish/live/readings.h"
#include "platform/publish/sensorthings/model/schema.h"
#include "platform/publish/sensorthings/read/data.h"
#include "platform/registry/view.h"

/// Entities of the public plane as they are made, changed and removed, as server-sent events.
namespace bypuls::publish {

/// The most changes of one set that are told one by one when they come together. Of more, listeners are told `reset`.
constexpr std::size_t told_at_once_max = 200;

/// Looks what has changed in a plane's registry, and tells the hub: on a topic for each set, events named as the type
/// (`thing`, `observedProperty`) with the entity as a GET shows it, and `removed` with its id. An entity larger than an
/// event may be is told by its id and address alone.
class EntityNews {
public:
    /// A look at the plane that stays valid while it is held.
    struct Look {
        std::shared_ptr<const void> keeps;
        sensorthings::Data data;
    };
    struct Parts {
        std::function<Look()> look;
        live::Hub& hub;
        const Clock& clock;
        std::string root;  ///< of links: "https://data.town.no/sta/v1.1"
    };
    /// What happens from now on is told.
    explicit EntityNews(Parts parts);

    /// Tells what has happened since the last time. Blocks; one thread at a time. On an error it is told the next time.
    Result<void> tell();

private:
    void tell_kind(const Look& look, sensorthings::Kind kind, const registry::Changes& changes);

    Parts parts_;
    sensorthings::Form form_;
    registry::Version seen_ = 0;
};

/// The response that stays open and carries what happens to a set. It begins with nothing: what a GET shows after it
/// has been opened, with what it then tells, is the set as it is.
http::Response listen_to_entities(const LiveParts& parts, http::Request& request, sensorthings::Kind kind);

}  // namespace bypuls::publish
