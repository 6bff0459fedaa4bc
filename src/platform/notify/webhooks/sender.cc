#include "platform/notify/webhooks/sender.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include "core/log.h"
#include "platform/notify/webhooks/cloud_event.h"

namespace bypuls::webhooks {
namespace {

using std::chrono::milliseconds;

constexpr int gone = 410;
constexpr std::size_t answer_bytes_max = 64U << 10U;  // read so that the connection ends well, and thrown away

bool received(const Result<http::FetchResponse>& answer) {
    return answer && answer->status >= 200 && answer->status < 300;
}

Failure failure_of(const Result<http::FetchResponse>& answer) {
    return answer ? Failure{.reason = "answered",
                            .status = answer->status,
                            .what = fmt::format("the target answered {}", answer->status)}
                  : Failure{.reason = std::string(name_of(answer.error().code)), .what = answer.error().what};
}

/// Retry-After in seconds (RFC 9110 §10.2.3); the form with a date is passed over.
milliseconds asked_wait(const Result<http::FetchResponse>& answer) {
    const auto header = answer ? answer->headers.get("Retry-After") : std::nullopt;
    long seconds = 0;
    if (header) {
        std::from_chars(header->data(), header->data() + header->size(), seconds);
    }
    return std::chrono::seconds{std::clamp<long>(seconds, 0, 86400)};
}

http::FetchRequest request_for(const Message& message, const Subscription& target, Instant now) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
    return {.method = http::Method::post,
            .url = target.url,
            .headers = {{"Content-Type", std::string(cloud_event_media_type)},
                        {"webhook-id", message.event_id},
                        {"webhook-timestamp", fmt::format("{}", seconds)},
                        {"webhook-signature", signature_of(target.secret, message.event_id, now, message.body)}},
            .body = message.body};
}

}  // namespace

milliseconds wait_after(int failures, const SenderOptions& options, Random& random) {
    const double doubled =
        static_cast<double>(options.wait_first.count()) * std::ldexp(1.0, std::clamp(failures - 1, 0, 60));
    const double whole = std::min(doubled, static_cast<double>(options.wait_max.count()));
    return milliseconds{std::llround(whole * (0.5 + 0.5 * random.unit()))};
}

Result<Sender::Sent> Sender::send_due() {
    TRY(const auto due, parts_.outbox.due(options_.at_once));
    if (due.empty()) {
        return Sent{};
    }
    TRY(const auto subscriptions, parts_.outbox.subscriptions());
    std::vector<std::optional<Result<http::FetchResponse>>> answers(due.size());
    {
        std::vector<std::jthread> threads;
        const http::FetchOptions options{
            .deadline = options_.deadline, .bytes_max = answer_bytes_max, .reach = options_.reach};
        for (std::size_t i = 0; i < due.size(); ++i) {
            const auto target = std::ranges::find(subscriptions, due[i].subscription, &Subscription::id);
            if (target != subscriptions.end()) {
                threads.emplace_back(
                    [&answer = answers[i], &options, this, request = request_for(due[i], *target, parts_.clock.now())] {
                        answer = parts_.post(request, options);
                    });
            }
        }
    }
    Sent sent;
    for (std::size_t i = 0; i < due.size(); ++i) {
        if (answers[i]) {
            TRY_DO(note(due[i], *answers[i], sent));
        }
    }
    return sent;
}

Result<void> Sender::note(const Message& message, const Result<http::FetchResponse>& answer, Sent& sent) {
    if (received(answer)) {
        ++sent.delivered;
        return parts_.outbox.delivered(message.id, answer->status);
    }
    const Failure failure = failure_of(answer);
    if (answer && answer->status == gone) {
        // Standard Webhooks: the receiver asks not to be sent to any more. What waits stays, should a person disagree.
        log::warning("webhooks", "a target answered 410, so its webhook is switched off",
                     {{"webhook", fmt::format("{}", message.subscription.value)}});
        TRY_DO(parts_.outbox.set_active(message.subscription, false));
    }
    const int failures = message.attempts + 1;
    if (failures >= options_.attempts_max) {
        log::warning("webhooks", "a message is given up",
                     {{"webhook", fmt::format("{}", message.subscription.value)},
                      {"event", message.event_id},
                      {"fault", failure.what}});
        ++sent.given_up;
        return parts_.outbox.give_up(message.id, failure);
    }
    ++sent.failed;
    const auto wait = std::max(wait_after(failures, options_, parts_.random), asked_wait(answer));
    return parts_.outbox.put_off(message.id, parts_.clock.now() + wait, failure);
}

}  // namespace bypuls::webhooks
