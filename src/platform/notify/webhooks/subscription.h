#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/clock.h"
#include "core/id.h"
#include "core/result.h"
#include "platform/notify/webhooks/signature.h"
#include "platform/observations/observation.h"

namespace bypuls::webhooks {

using observations::DatastreamId;
using SubscriptionId = Id<struct WebhookSubscriptionTag>;

constexpr std::size_t url_bytes_max = 2000;
constexpr std::size_t wanted_max = 1000;  ///< datastreams and places of one subscription
constexpr std::size_t subscriptions_max = 1000;

/// What someone wants to be told of: published readings of these datastreams and of these places' datastreams.
struct Wanted {
    std::vector<DatastreamId> datastreams = {};
    std::vector<std::string> places = {};  ///< slugs

    bool covers(DatastreamId stream, std::string_view place) const;
    friend bool operator==(const Wanted&, const Wanted&) = default;
};

struct NewSubscription {
    std::string url;          ///< https; http where the outbox allows it
    std::string description;  ///< whose it is and whom to call: at most 500 bytes
    Wanted wanted;
    Secret secret;
};

struct Subscription {
    SubscriptionId id{};
    std::string url;
    std::string description;
    Wanted wanted;
    Secret secret;
    bool active = true;  ///< false: switched off by a person, or by a receiver that answered 410
    Instant created{};
    std::size_t waiting = 0;  ///< messages on their way
    std::size_t dead = 0;     ///< messages given up
    std::size_t refused = 0;  ///< messages for which there was no room, ever
};

/// Errc::malformed names what is wrong. `plain_http` lets http:// pass, for targets inside a town's own network.
Result<void> validate(const NewSubscription& subscription, bool plain_http);

}  // namespace bypuls::webhooks
