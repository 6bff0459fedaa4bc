#pragma once

#include "platform/mqtt/ports.h"
#include "platform/publish/sensorthings/mqtt/updates.h"

namespace bypuls::sensorthings {

/// Subscriptions to SensorThings topics (18-088 §14.3). Who may read what is not public is told of the internal plane,
/// and everybody else of the public one, as over HTTP; the principal's filters must cover the topic without its query.
class UpdateFeed final : public mqtt::Feed {
public:
    /// Both outlive it. `internal` null: only the public plane is told of.
    UpdateFeed(Updates& open, Updates* internal) : open_(open), internal_(internal) {}

    std::optional<std::expected<View, mqtt::Fault>> look(const mqtt::Principal& principal,
                                                         std::string_view filter) override;

private:
    Updates& open_;
    Updates* internal_;
};

}  // namespace bypuls::sensorthings
