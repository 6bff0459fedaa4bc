#include "platform/mqtt/subscriber.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "core/bytes.h"
#include "core/log.h"
#include "platform/mqtt/message.h"

namespace bypuls::mqtt {

namespace {

constexpr std::uint16_t subscribe_id = 1;

std::uint32_t checksum_of(const Publish& publish) {
    return crc32c(as_bytes(publish.payload), crc32c(as_bytes(publish.topic)));
}

bool holds(const std::map<std::uint16_t, std::uint32_t>& messages, std::uint16_t packet_id, std::uint32_t content) {
    const auto found = messages.find(packet_id);
    return found != messages.end() && found->second == content;
}

}  // namespace

Subscriber::Subscriber(SubscriberOptions options, Sink& sink, const Clock& clock, std::function<void()> wake)
    : options_(std::move(options)),
      sink_(sink),
      clock_(clock),
      mailbox_(std::make_shared<Mailbox>(std::move(wake))),
      version_(options_.version.value_or(Version::v5)) {
    status_.version = version_;
}

Subscriber::~Subscriber() {
    mailbox_->close();
}

void Subscriber::start(Wire& wire) {
    wire_ = &wire;
    state_ = State::connecting;
    reading_ = true;
    in_.clear();
    answer_due_ = clock_.steady() + options_.answer_time_max;
    Connect connect{.version = version_,
                    .clean_start = false,
                    .keep_alive = static_cast<std::uint16_t>(options_.keep_alive.count()),
                    .client_id = options_.client_id,
                    .username = options_.username,
                    .password = options_.password};
    if (version_ == Version::v5) {
        connect.properties.set(PropertyId::session_expiry, static_cast<std::uint32_t>(options_.session_expiry.count()));
        connect.properties.set(PropertyId::receive_maximum, options_.receive_max);
        connect.properties.set(PropertyId::maximum_packet_size, static_cast<std::uint32_t>(options_.packet_bytes_max));
    }
    send(connect);
}

void Subscriber::received(ByteView bytes) {
    in_.insert(in_.end(), bytes.begin(), bytes.end());
    read_packets();
}

void Subscriber::read_packets() {
    std::size_t at = 0;
    while (wire_ != nullptr) {
        const ByteView rest = ByteView(in_).subspan(at);
        const auto length = packet_length(rest, options_.packet_bytes_max);
        if (!length) {
            give_up("the broker sent what is no packet: " + length.error().what);
            break;
        }
        if (!*length || **length > rest.size()) {
            break;
        }
        auto packet = read(rest.first(**length));
        at += **length;
        if (!packet) {
            give_up("the broker sent a packet that cannot be read: " + packet.error().what);
            break;
        }
        take(std::move(*packet));
    }
    in_.erase(in_.begin(), in_.begin() + static_cast<std::ptrdiff_t>(at));
}

Decoded<Packet> Subscriber::read(ByteView packet) const {
    auto read = decode(packet, version_);
    // A broker that knows nothing of MQTT 5 refuses it in the form that it knows.
    if (!read && state_ == State::connecting && version_ == Version::v5) {
        if (auto old = decode(packet, Version::v3_1_1); old && std::holds_alternative<Connack>(*old)) {
            return old;
        }
    }
    return read;
}

void Subscriber::take(Packet packet) {
    if (const auto* connack = std::get_if<Connack>(&packet); connack != nullptr && state_ == State::connecting) {
        return take_connack(*connack);
    }
    if (state_ == State::connecting) {
        return give_up("the broker did not begin with CONNACK");
    }
    if (auto* publish = std::get_if<Publish>(&packet)) {
        take_publish(std::move(*publish));
    } else if (const auto* ack = std::get_if<Acknowledgement>(&packet);
               ack != nullptr && ack->type == PacketType::pubrel) {
        const bool known = had_.erase(ack->packet_id) > 0;
        send(Acknowledgement{PacketType::pubcomp, ack->packet_id,
                             known ? Reason::success : Reason::packet_identifier_not_found});
    } else if (const auto* suback = std::get_if<Suback>(&packet)) {
        take_suback(*suback);
    } else if (std::holds_alternative<Pingresp>(packet)) {
        answer_due_.reset();
    } else if (const auto* farewell = std::get_if<Disconnect>(&packet)) {
        give_up(fmt::format("the broker ended the connection: {}", name_of(farewell->reason)));
    } else {
        give_up("the broker sent a packet that does not belong here");
    }
}

void Subscriber::take_connack(const Connack& connack) {
    if (connack.reason == Reason::unsupported_protocol_version && version_ == Version::v5) {
        if (options_.version) {
            return give_up("the broker does not speak MQTT 5: set the bridge's version to 3.1.1, or leave it out");
        }
        version_ = Version::v3_1_1;
        {
            const std::lock_guard lock(status_mutex_);
            status_.version = version_;
        }
        return give_up("the broker does not speak MQTT 5, and will be asked in 3.1.1");
    }
    if (connack.reason != Reason::success) {
        return give_up(fmt::format("the broker refuses: {}{}", name_of(connack.reason),
                                   connack.properties.has(PropertyId::reason_string)
                                       ? fmt::format(" ({})", *connack.properties.text(PropertyId::reason_string))
                                       : ""));
    }
    if (!connack.session_present) {
        // Packet identifiers begin anew; what is being taken belongs to a session that is no more.
        ++session_;
        had_.clear();
        taking_.clear();
    }
    count(&SubscriberStatus::connections);
    state_ = State::subscribing;
    answer_due_ = clock_.steady() + options_.answer_time_max;
    send(Subscribe{.packet_id = subscribe_id, .requests = options_.subscriptions});
}

void Subscriber::take_suback(const Suback& suback) {
    answer_due_.reset();
    std::string refused;
    const auto refuse = [&](const std::string& filter, std::string_view why) {
        refused += fmt::format("{}{}: {}", refused.empty() ? "" : "; ", filter, why);
    };
    std::optional<QoS> granted;
    for (std::size_t i = 0; i < suback.reasons.size() && i < options_.subscriptions.size(); ++i) {
        const SubscriptionRequest& asked = options_.subscriptions[i];
        if (is_refusal(suback.reasons[i])) {
            refuse(asked.filter, name_of(suback.reasons[i]));
            continue;
        }
        const auto given = static_cast<QoS>(suback.reasons[i]);
        granted = std::min(granted.value_or(given), given);
        if (given < asked.qos && given == QoS::at_most_once) {
            refuse(asked.filter, "only QoS 0 is granted, and what comes while we are away is lost");
        } else if (given < asked.qos) {
            log::warning("mqtt", "the broker grants a subscription less than was asked for",
                         {{"client_id", options_.client_id},
                          {"filter", asked.filter},
                          {"asked", fmt::format("QoS {}", static_cast<int>(asked.qos))},
                          {"granted", fmt::format("QoS {}", static_cast<int>(given))}});
        }
    }
    state_ = State::subscribed;
    const std::lock_guard lock(status_mutex_);
    status_.subscribed = true;
    status_.granted = granted;
    status_.trouble = refused.empty() ? "" : "the broker refuses subscriptions: " + refused;
}

void Subscriber::take_publish(Publish publish) {
    const std::uint32_t content = checksum_of(publish);
    if (!sink_.takes(publish.topic)) {
        count(&SubscriberStatus::ignored);
        if (publish.qos != QoS::at_most_once) {
            pending_.push_back({publish.packet_id, content, publish.qos, Reason::success});
            if (publish.qos == QoS::exactly_once) {
                had_.insert_or_assign(publish.packet_id, content);
            }
        }
        return flush_acknowledgements();
    }
    const bool had = holds(had_, publish.packet_id, content);
    if (publish.qos == QoS::exactly_once && (had || holds(taking_, publish.packet_id, content))) {
        count(&SubscriberStatus::duplicates);
        pending_.push_back(
            {publish.packet_id, content, publish.qos, had ? std::optional(Reason::success) : std::nullopt});
        return flush_acknowledgements();
    }
    const Instant now = clock_.now();
    auto taking = std::make_shared<Taking>();
    taking->content = content;
    taking->session = session_;
    taking->arrival.packet_id = publish.packet_id;
    taking->arrival.redelivered = publish.dup;
    taking->arrival.sender = options_.sender;
    taking->arrival.received = stamps_.next(now);
    if (publish.qos != QoS::at_most_once) {
        pending_.push_back({publish.packet_id, content, publish.qos, std::nullopt});
        if (publish.qos == QoS::exactly_once) {
            taking_.insert_or_assign(publish.packet_id, content);
        }
    }
    taking->arrival.message =
        std::make_shared<const Message>(message_from(std::move(publish), "bridge:" + options_.client_id, now));
    attempt(taking);
    pace();
}

void Subscriber::pace() {
    const bool wanted = pending_.size() <= options_.receive_max;
    if (wire_ != nullptr && std::exchange(reading_, wanted) != wanted) {
        wire_->set_reading(wanted);
    }
}

void Subscriber::attempt(const std::shared_ptr<Taking>& taking) {
    sink_.take(taking->arrival, [this, mailbox = mailbox_, taking](Result<void> result) {
        mailbox->post([this, taking, result = std::move(result)] { taken(taking, result); });
    });
}

void Subscriber::taken(const std::shared_ptr<Taking>& taking, const Result<void>& result) {
    const bool later = !result && (result.error().code == Errc::exhausted || result.error().code == Errc::unavailable ||
                                   result.error().code == Errc::timed_out || result.error().code == Errc::damaged);
    const QoS qos = taking->arrival.message->qos;
    if (later && qos != QoS::at_most_once && taking->session == session_) {
        // Unacknowledged, the broker keeps it and sends no more than receive_max of them.
        taking->again = clock_.steady() + options_.retry_delay;
        again_.push_back(taking);
        return;
    }
    count(result ? &SubscriberStatus::taken : &SubscriberStatus::refused);
    if (qos == QoS::at_most_once || taking->session != session_) {
        return;
    }
    const std::uint16_t packet_id = taking->arrival.packet_id;
    if (qos == QoS::exactly_once) {
        if (holds(taking_, packet_id, taking->content)) {
            taking_.erase(packet_id);
        }
        had_.insert_or_assign(packet_id, taking->content);
    }
    // After a new connection the same message may stand in line again.
    for (Pending& pending : pending_) {
        if (pending.packet_id == packet_id && pending.content == taking->content && pending.qos == qos &&
            !pending.reason) {
            pending.reason = Reason::success;
        }
    }
    flush_acknowledgements();
}

void Subscriber::flush_acknowledgements() {
    while (wire_ != nullptr && !pending_.empty() && pending_.front().reason) {
        const Pending pending = pending_.front();
        pending_.pop_front();
        send(Acknowledgement{.type = pending.qos == QoS::at_least_once ? PacketType::puback : PacketType::pubrec,
                             .packet_id = pending.packet_id});
    }
    pace();
}

void Subscriber::tick() {
    const auto now = clock_.steady();
    for (const auto& taking : std::exchange(again_, {})) {
        if (taking->session != session_) {
            continue;
        }
        if (*taking->again <= now) {
            attempt(taking);
        } else {
            again_.push_back(taking);
        }
    }
    if (wire_ == nullptr) {
        return;
    }
    if (answer_due_ && now >= *answer_due_ && reading_) {
        return give_up("the broker does not answer");
    }
    if (state_ != State::connecting && now - last_sent_ >= options_.keep_alive) {
        send(Pingreq{});
        if (!answer_due_) {
            answer_due_ = now + options_.answer_time_max;
        }
    }
}

void Subscriber::send(const Packet& packet) {
    if (wire_ == nullptr) {
        return;
    }
    Bytes bytes;
    encode(packet, version_, bytes);
    wire_->send(bytes);
    last_sent_ = clock_.steady();
}

void Subscriber::leave() {
    if (wire_ != nullptr) {
        if (state_ != State::connecting) {
            send(Disconnect{});
        }
        std::exchange(wire_, nullptr)->close();
    }
}

void Subscriber::give_up(std::string why) {
    note_trouble(std::move(why));
    if (wire_ != nullptr) {
        std::exchange(wire_, nullptr)->close();
    }
    state_ = State::away;
}

void Subscriber::lost() {
    const bool unexpected = wire_ != nullptr;
    wire_ = nullptr;
    state_ = State::away;
    answer_due_.reset();
    pending_.clear();
    // What is being taken of QoS 1 comes again and is known by its packet id or its own identity.
    if (unexpected) {
        note_trouble("the connection to the broker was lost");
    }
}

void Subscriber::note_trouble(std::string why) {
    log::warning("mqtt", "the bridge is not connected", {{"client_id", options_.client_id}, {"why", why}});
    const std::lock_guard lock(status_mutex_);
    status_.subscribed = false;
    status_.trouble = std::move(why);
}

void Subscriber::count(std::uint64_t SubscriberStatus::* what) {
    const std::lock_guard lock(status_mutex_);
    ++(status_.*what);
}

SubscriberStatus Subscriber::status() const {
    const std::lock_guard lock(status_mutex_);
    return status_;
}

}  // namespace bypuls::mqtt
