#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/result.h"
#include "platform/mqtt/broker.h"

namespace bypuls::mqtt {

/// An address to listen on.
struct ListenOn {
    std::string address = "127.0.0.1";
    /// 0: any free port; Server::ports() tells which.
    std::uint16_t port = 0;
    /// PEM files; both or neither. With them, TLS 1.2 or later.
    std::string certificate_chain{};
    std::string private_key{};
};

struct ServerOptions {
    std::vector<ListenOn> listen;
    Limits limits{};
    /// How often deadlines are looked at.
    std::chrono::milliseconds tick{100};
};

/// A broker on the network: one loop on a thread of its own, which is the broker's thread.
class Server {
public:
    virtual ~Server() = default;
    /// In the order of ServerOptions::listen.
    virtual std::vector<std::uint16_t> ports() const = 0;
    /// For its thread-safe functions.
    virtual Broker& broker() = 0;
    /// Stops accepting and reading, lets what is being taken be acknowledged until `grace` has passed, then tells every
    /// client and closes. Idempotent; the destructor calls it with 5 s.
    virtual void stop(std::chrono::milliseconds grace) = 0;
};

/// `parts.wake` is the server's to set; everything `parts` names outlives the server. Errc::unavailable when an address
/// cannot be listened on, Errc::malformed for a bad address or certificate.
Result<std::unique_ptr<Server>> start_server(Broker::Parts parts, Kept kept, ServerOptions options);

}  // namespace bypuls::mqtt
