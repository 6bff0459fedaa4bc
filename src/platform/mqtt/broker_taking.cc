#include <algorithm>
#include <utility>

#include "core/log.h"
#include "platform/mqtt/broker.h"
#include "platform/mqtt/message.h"

namespace bypuls::mqtt {

/// A publish between its arrival and its acknowledgement.
struct Broker::Taking {
    Arrival arrival;
    Sink* sink = nullptr;
    std::uint64_t connection = 0;
    std::uint64_t ticket = 0;  // 0: QoS 0
    std::weak_ptr<Session> session;
    std::size_t bytes = 0;
    std::chrono::steady_clock::time_point give_up;
};

Sink* Broker::sink_for(std::string_view topic) const {
    const auto found = std::ranges::find_if(parts_.sinks, [&](const Sink* sink) { return sink->takes(topic); });
    return found == parts_.sinks.end() ? nullptr : *found;
}

void Broker::take(Connection& connection, std::uint64_t ticket, Publish publish) {
    auto taking = std::make_shared<Taking>();
    Session& session = *connection.session();
    const Instant now = parts_.clock.now();
    taking->arrival.packet_id = publish.packet_id;
    taking->arrival.redelivered = publish.dup;
    taking->arrival.sender = connection.principal().name;
    taking->arrival.grants = connection.principal().grants;
    taking->arrival.received = stamps_.next(now);
    taking->connection = connection.id();
    taking->ticket = ticket;
    taking->session = session.weak_from_this();
    taking->give_up = parts_.clock.steady() + limits_.take_time_max;
    if (publish.qos == QoS::exactly_once) {
        session.set_inward(publish.packet_id, Session::Inward::taking);
    }
    taking->arrival.message =
        std::make_shared<const Message>(message_from(std::move(publish), session.client_id(), now));
    taking->bytes = cost_of(*taking->arrival.message);
    taking->sink = sink_for(taking->arrival.message->topic);
    taking_bytes_ += taking->bytes;
    ++takings_;
    if (taking_bytes_ > limits_.taking_bytes_max) {
        held_.push_back(connection.id());
        connection.hold();
    }
    if (taking->sink == nullptr) {
        finish(taking, {Reason::success});
    } else {
        attempt(taking);
    }
}

void Broker::attempt(const std::shared_ptr<Taking>& taking) {
    taking->sink->take(taking->arrival, [this, mailbox = mailbox_, taking](Result<void> result) {
        mailbox->post([this, taking, result = std::move(result)] { taken(taking, result); });
    });
}

void Broker::taken(const std::shared_ptr<Taking>& taking, const Result<void>& result) {
    if (result) {
        return finish(taking, {Reason::success});
    }
    const std::string& why = result.error().what;
    switch (result.error().code) {
        case Errc::malformed: return finish(taking, {Reason::payload_format_invalid, why});
        case Errc::forbidden: return finish(taking, {Reason::not_authorized, why});
        case Errc::not_found: return finish(taking, {Reason::topic_name_invalid, why});
        case Errc::conflict: return finish(taking, {Reason::implementation_specific_error, why});
        case Errc::unavailable:
        case Errc::timed_out:
        case Errc::exhausted:
        case Errc::damaged: break;
    }
    if (taking->ticket == 0) {
        count(Drop::not_taken);
        return ended(*taking);
    }
    if (parts_.clock.steady() >= taking->give_up || winding_down_) {
        return give_up(*taking, result.error().code);
    }
    // Meanwhile nothing more is read from this client: what it sends would only wait behind.
    if (Connection* sender = connection(taking->connection)) {
        held_.push_back(sender->id());
        sender->hold();
    }
    again_.push_back(taking);
}

/// No acknowledgement: the client keeps its message and sends it again when it has connected anew.
void Broker::give_up(const Taking& taking, Errc why) {
    if (const auto session = taking.session.lock(); session && taking.arrival.message->qos == QoS::exactly_once) {
        session->set_inward(taking.arrival.packet_id, Session::Inward::unknown);
    }
    ended(taking);
    if (Connection* sender = connection(taking.connection)) {
        sender->end({why == Errc::exhausted ? Reason::quota_exceeded : Reason::server_busy,
                     "a message could not be stored; send it again later"});
    }
}

void Broker::finish(const std::shared_ptr<Taking>& taking, Fault outcome) {
    const MessagePtr& message = taking->arrival.message;
    const std::uint64_t made_before = changes_made_;
    const bool passes_on = taking->sink == nullptr || taking->sink->passes_on();
    if (!is_refusal(outcome.reason) && passes_on) {
        const bool kept = !message->retain || retain(message);
        const std::size_t reached = route(message);
        if (!kept) {
            count(Drop::queue_full);
            outcome = {Reason::quota_exceeded, "delivered, but there is no room to retain it"};
        } else if (reached == 0 && taking->sink == nullptr && !message->retain) {
            outcome.reason = Reason::no_matching_subscribers;
        }
    }
    if (taking->ticket == 0) {
        return ended(*taking);
    }
    const auto session = taking->session.lock();
    if (session && message->qos == QoS::exactly_once && !is_refusal(outcome.reason) && keeps(*session)) {
        keep_received(*session, taking->arrival.packet_id, true);
    }
    if (changes_made_ == made_before) {
        return settle(*taking, outcome);
    }
    after_commit([this, taking, outcome = std::move(outcome)] { settle(*taking, outcome); });
}

void Broker::settle(const Taking& taking, const Fault& outcome) {
    const auto session = taking.session.lock();
    if (taking.arrival.message->qos == QoS::exactly_once) {
        if (session) {
            session->set_inward(taking.arrival.packet_id,
                                is_refusal(outcome.reason) ? Session::Inward::unknown : Session::Inward::received);
            if (session->connection != nullptr) {
                session->connection->settle_exactly_once(taking.arrival.packet_id, outcome);
            }
        }
    } else if (Connection* sender = connection(taking.connection)) {
        sender->settle(taking.ticket, outcome);
    }
    ended(taking);
}

void Broker::ended(const Taking& taking) {
    taking_bytes_ -= taking.bytes;
    --takings_;
    if (!held_.empty() && again_.empty() && taking_bytes_ <= limits_.taking_bytes_max / 2) {
        for (const std::uint64_t id : std::exchange(held_, {})) {
            if (Connection* waiting = connection(id)) {
                waiting->go_on();
            }
        }
    }
}

}  // namespace bypuls::mqtt
