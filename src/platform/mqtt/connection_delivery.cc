// Publishes on their way to the client: Connection's other half.

#include "platform/mqtt/broker.h"
#include "platform/mqtt/connection.h"

namespace bypuls::mqtt {

std::optional<Publish> Connection::publish_for(const Outgoing& outgoing) const {
    const Message& message = *outgoing.message;
    Publish publish{.dup = false,
                    .qos = outgoing.qos,
                    .retain = outgoing.retain,
                    .topic = message.topic,
                    .packet_id = outgoing.packet_id,
                    .payload = message.payload};
    const Instant now = broker_.parts_.clock.now();
    if (message.expires <= now) {
        return std::nullopt;
    }
    if (version_ == Version::v5) {
        publish.properties = message.properties;
        if (message.expires != Instant::max()) {
            const auto left = std::chrono::ceil<std::chrono::seconds>(message.expires - now).count();
            publish.properties.set(PropertyId::message_expiry, static_cast<std::uint32_t>(left));
        }
        for (const std::uint32_t id : outgoing.subscription_ids) {
            publish.properties.add({.id = PropertyId::subscription_id, .number = id});
        }
    }
    return publish;
}

void Connection::shorten_topic(Publish& publish) {
    constexpr std::size_t worth_it = 8;
    if (publish.topic.size() < worth_it) {
        return;
    }
    const auto known = aliases_out_.find(publish.topic);
    if (known != aliases_out_.end()) {
        publish.properties.set(PropertyId::topic_alias, known->second);
        publish.topic.clear();
    } else if (aliases_out_.size() < aliases_out_max_) {
        const auto alias = static_cast<std::uint16_t>(aliases_out_.size() + 1);
        aliases_out_.emplace(publish.topic, alias);
        publish.properties.set(PropertyId::topic_alias, alias);
    }
}

Connection::Sent Connection::send_publish(const Outgoing& outgoing, bool again) {
    auto publish = publish_for(outgoing);
    if (!publish) {
        broker_.count(Drop::expired);
        return Sent::no;
    }
    publish->dup = outgoing.qos != QoS::at_most_once && (again || outgoing.is_repeat);
    Bytes bytes;
    if (aliases_out_max_ > 0) {
        // Judged at full length first: an alias must not be made by a packet that is then not sent.
        encode(*publish, version_, bytes);
        if (bytes.size() + 3 <= packet_bytes_max_) {
            shorten_topic(*publish);
        }
        bytes.clear();
    }
    encode(*publish, version_, bytes);
    if (bytes.size() > packet_bytes_max_) {
        broker_.count(Drop::too_large);
        return Sent::no;
    }
    ++broker_.live_.sent.at(static_cast<std::size_t>(outgoing.qos));
    wire_.send(bytes);
    return Sent::yes;
}

void Connection::send_now(const Outgoing& outgoing) {
    if (state_ != State::open) {
        return;
    }
    if (wire_.unsent() > broker_.limits_.unsent_bytes_max) {
        return broker_.count(Drop::slow_reader);
    }
    std::ignore = send_publish(outgoing, false);
}

void Connection::pump() {
    while (state_ == State::open && wire_.unsent() <= broker_.limits_.unsent_bytes_max) {
        const auto number = session_->next(send_max_);
        if (!number) {
            return;
        }
        if (send_publish(*session_->find(*number), false) == Sent::no) {
            broker_.message_ended(*session_, *number);
        }
    }
}

void Connection::drained() {
    if (state_ == State::open) {
        pump();
    }
}

void Connection::take_acknowledgement(const Acknowledgement& ack) {
    const QoS qos = ack.type == PacketType::puback ? QoS::at_least_once : QoS::exactly_once;
    if (ack.type != PacketType::pubrec || is_refusal(ack.reason)) {
        if (const auto number = session_->ended_by(ack.packet_id, qos)) {
            broker_.message_ended(*session_, *number);
            pump();
        }
        return;
    }
    const auto number = session_->note_received(ack.packet_id);
    if (!number) {
        return send(Acknowledgement{PacketType::pubrel, ack.packet_id, Reason::packet_identifier_not_found});
    }
    const Outgoing& outgoing = *session_->find(*number);
    if (outgoing.state == Outgoing::State::released) {
        return send(Acknowledgement{PacketType::pubrel, ack.packet_id});
    }
    broker_.keep_message(*session_, *number);
    // After PUBREL the client forgets the number, so a restart must not send the message again.
    broker_.after_commit_of(*session_, [number = *number](Session& session) {
        Outgoing* kept = session.find(number);
        if (kept != nullptr && kept->state == Outgoing::State::received) {
            kept->state = Outgoing::State::released;
            if (session.connection != nullptr) {
                session.connection->send(Acknowledgement{PacketType::pubrel, kept->packet_id});
            }
        }
    });
}

}  // namespace bypuls::mqtt
