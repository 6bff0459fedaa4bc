#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "platform/publish/sensorthings/read/data.h"
#include "platform/publish/sensorthings/read/pages.h"
#include "platform/publish/sensorthings/read/projection.h"
#include "platform/publish/sensorthings/read/session.h"

namespace bypuls::sensorthings {

/// Writes entities as 18-088 §8 and §9.3.3 lay them out, with what is expanded inside them. One request, one thread.
class Writer {
public:
    Writer(Session& session, const Form& form) : session_(session), form_(form) {}

    /// {"@iot.id":…}
    Result<void> entity(std::string& out, const std::shared_ptr<const Entity>& entity, const Projection& projection);
    /// {"@iot.count":…,"value":[…],"@iot.nextLink":…} of what `path` (below the root: "Things(1)/Datastreams") names.
    Result<void> set(std::string& out, Kind kind, const std::optional<Origin>& of, const query::Options& options,
                     const Projection& projection, std::string_view path);
    /// {"value":[{"@iot.selfLink":…}]}
    Result<void> references(std::string& out, Kind kind, const std::optional<Origin>& of, const query::Options& options,
                            std::string_view path);

    void append_self_link(std::string& out, Kind kind, std::int64_t id) const;
    /// The value of a property as JSON; null where there is none.
    Result<void> property(std::string& out, const Entity& entity, const Property& property);
    std::string next_link(std::string_view path, const query::Options& options, const PageEnd& end) const;

private:
    Result<void> items(std::string& out, Kind kind, const std::optional<Origin>& of, const query::Options& options,
                       const Projection& projection, std::optional<PageEnd>& next, std::optional<std::uint64_t>& count);
    Result<void> get_ahead(const std::vector<std::shared_ptr<const Entity>>& entities, const Projection& projection);
    Result<void> selected(std::string& out, const Entity& entity, const Projection::Shown& shown);
    Result<void> expand(std::string& out, const Entity& entity, const Projection::Expansion& expansion);
    void plain_observations(std::string& out, const ObservationPage& page) const;
    Result<void> check_size(const std::string& out) const;

    Session& session_;
    const Form& form_;
};

/// What makes entities alike for $distinct.
Fingerprint make_fingerprint(Writer& writer, const Projection& projection);

}  // namespace bypuls::sensorthings
