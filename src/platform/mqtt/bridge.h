#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "core/clock.h"
#include "core/random.h"
#include "core/result.h"
#include "platform/mqtt/subscriber.h"

namespace bypuls::mqtt {

struct BridgeOptions {
    std::string host;
    std::uint16_t port = 1883;
    bool tls = false;
    std::string ca_file{};  ///< PEM, in place of the system's authorities
    SubscriberOptions subscriber;
    /// Between attempts to connect: doubled up to the maximum, and a random part of it is left out, so that many
    /// clients do not come back at once.
    std::chrono::milliseconds pause_min{1'000};
    std::chrono::milliseconds pause_max{60'000};
    /// Resolving, connecting and the TLS handshake together.
    std::chrono::milliseconds connect_time_max{10'000};
    std::chrono::milliseconds tick{100};
};

/// How long to wait after the `failures`th failure in a row, 1 for the first: between half and all of the doubled time.
std::chrono::milliseconds pause_after(std::uint32_t failures, const BridgeOptions& options, Random& random);

/// A connection to another broker that is made again whenever it is lost, on a thread of its own.
class Bridge {
public:
    virtual ~Bridge() = default;
    virtual SubscriberStatus status() const = 0;
    /// Says farewell and joins the thread. The destructor does it too. Messages that are not acknowledged come again.
    virtual void stop() = 0;
};

/// `sink`, `clock` and `random` outlive it. Errc::malformed for a certificate file that cannot be read; that the broker
/// cannot be reached is no error, but told by status().
Result<std::unique_ptr<Bridge>> start_bridge(BridgeOptions options, Sink& sink, const Clock& clock, Random& random);

}  // namespace bypuls::mqtt
