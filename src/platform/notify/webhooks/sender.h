#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <span>

#include "core/clock.h"
#include "core/random.h"
#include "core/result.h"
#include "platform/http/client.h"
#include "platform/notify/webhooks/outbox.h"

namespace bypuls::webhooks {

struct SenderOptions {
    /// A message that has failed so often becomes a dead letter: with the waits below, after about a day.
    int attempts_max = 16;
    /// The wait after the first failure; doubles with each more, up to wait_max, and is cut by chance to between half
    /// and all of itself, so that targets that came back are not met by everything at once.
    std::chrono::milliseconds wait_first{5'000};
    std::chrono::milliseconds wait_max{std::chrono::hours{6}};
    /// Targets that are sent to at once.
    std::size_t at_once = 8;
    std::chrono::milliseconds deadline{15'000};
    /// anywhere: also into the town's own network. A person with the right to make webhooks could then reach what this
    /// machine can, so it is off unless the operator says otherwise.
    http::Reach reach = http::Reach::public_only;
};

/// The wait after the `failures`-th failure, 1 and up.
std::chrono::milliseconds wait_after(int failures, const SenderOptions& options, Random& random);

/// Sends what waits in an outbox, as Standard Webhooks writes it: POST, headers webhook-id, webhook-timestamp and
/// webhook-signature, any 2xx within the deadline is "received". At least once: a receiver knows repeats by webhook-id.
/// For each target in order, one at a time.
class Sender {
public:
    /// http::fetch, or a test's stand-in; called from several threads at once.
    using Post = std::function<Result<http::FetchResponse>(const http::FetchRequest&, const http::FetchOptions&)>;
    struct Parts {
        Outbox& outbox;
        const Clock& clock;
        Random& random;  ///< used on the caller's thread alone
        Post post = http::fetch;
    };

    explicit Sender(Parts parts, SenderOptions options = {}) : parts_(std::move(parts)), options_(options) {}

    struct Sent {
        std::size_t delivered = 0;
        std::size_t failed = 0;
        std::size_t given_up = 0;
    };
    /// One message for every target that has one due, at most at_once of them. Blocks until all have answered or not.
    /// Errors are the outbox's; what was sent but could not be noted is sent again.
    Result<Sent> send_due();

private:
    Result<void> note(const Message& message, const Result<http::FetchResponse>& answer, Sent& sent);

    Parts parts_;
    SenderOptions options_;
};

}  // namespace bypuls::webhooks
