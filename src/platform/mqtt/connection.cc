#include "platform/mqtt/connection.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/check.h"
#include "core/log.h"
#include "core/text.h"
#include "platform/mqtt/broker.h"

namespace bypuls::mqtt {
namespace {

constexpr auto no_deadline = Connection::TimePoint::max();
constexpr std::chrono::milliseconds held_deadline{30'000};
/// Of why something was refused.
constexpr std::size_t sentence_bytes_max = 512;

/// What a client sent may stand in it, and a reason string is UTF-8 without U+0000 (§1.5.4).
std::string sentence_of(std::string_view why) {
    std::string kept(why.substr(0, sentence_bytes_max));
    while (!kept.empty() && why.size() > kept.size() && !is_utf8(kept)) {
        kept.pop_back();  // at most the beginning of a character
        if (kept.size() + 4 < sentence_bytes_max) {
            break;
        }
    }
    if (!is_utf8(kept) || kept.find('\0') != std::string::npos) {
        std::ranges::replace_if(kept, [](char c) { return c < ' ' || c > '~'; }, '?');
    }
    return kept;
}

}  // namespace

Connection::Connection(Broker& broker, Wire& wire, Peer peer, std::uint64_t id)
    : broker_(broker),
      wire_(wire),
      peer_(std::move(peer)),
      id_(id),
      deadline_(broker.parts_.clock.steady() + broker.limits_.connect_time_max),
      send_max_(broker.limits_.send_max) {}

Connection::~Connection() {
    lost();
    broker_.connections_.erase(id_);
}

// ---- reading

bool Connection::may_read() const {
    const bool full = version_ == Version::v3_1_1 && pending_.size() >= broker_.limits_.receive_max;
    return !held_ && !full && (state_ == State::waiting || state_ == State::open) && !broker_.winding_down_;
}

void Connection::received(ByteView bytes) {
    if (state_ == State::closed) {
        return;
    }
    in_.insert(in_.end(), bytes.begin(), bytes.end());
    read_packets();
}

void Connection::read_packets() {
    if (in_read_packets_) {
        return;  // the loop below goes on by itself
    }
    in_read_packets_ = true;
    std::size_t at = 0;
    while (may_read()) {
        const ByteView rest = ByteView(in_).subspan(at);
        const auto length = packet_length(rest, broker_.limits_.packet_bytes_max);
        if (!length) {
            end(length.error());
            break;
        }
        if (!*length || **length > rest.size()) {
            break;
        }
        auto packet = decode(rest.first(**length), version_);
        at += **length;
        if (!packet) {
            end(packet.error());
            break;
        }
        rest_deadline();
        take(std::move(*packet));
    }
    in_read_packets_ = false;
    in_.erase(in_.begin(), in_.begin() + static_cast<std::ptrdiff_t>(at));
    if (in_.empty() && in_.capacity() > 4096) {
        in_ = Bytes{};  // a silent connection holds no buffer
    }
    if (state_ != State::closed && reading_ != may_read()) {
        reading_ = may_read();
        wire_.set_reading(reading_);
    }
}

void Connection::rest_deadline() {
    if (state_ == State::open) {
        deadline_ = keep_alive_.count() == 0 ? no_deadline : broker_.parts_.clock.steady() + keep_alive_;
    }
}

void Connection::take(Packet packet) {
    if (state_ == State::waiting) {
        if (auto* connect = std::get_if<Connect>(&packet)) {
            return take_connect(std::move(*connect));
        }
        return end({Reason::protocol_error, "the first packet is not CONNECT"});
    }
    if (auto* publish = std::get_if<Publish>(&packet)) {
        take_publish(std::move(*publish));
    } else if (const auto* ack = std::get_if<Acknowledgement>(&packet)) {
        ack->type == PacketType::pubrel ? take_pubrel(*ack) : take_acknowledgement(*ack);
    } else if (const auto* subscribe = std::get_if<Subscribe>(&packet)) {
        take_subscribe(*subscribe);
    } else if (const auto* unsubscribe = std::get_if<Unsubscribe>(&packet)) {
        take_unsubscribe(*unsubscribe);
    } else if (std::holds_alternative<Pingreq>(packet)) {
        send(Pingresp{});
    } else if (const auto* disconnect = std::get_if<Disconnect>(&packet)) {
        take_disconnect(*disconnect);
    } else {
        end({Reason::protocol_error, "a client does not send this packet, or not now"});
    }
}

// ---- CONNECT and what ends it

Decoded<void> Connection::check_connect(const Connect& connect) const {
    if (connect.properties.has(PropertyId::authentication_method)) {
        return std::unexpected(Fault{Reason::bad_authentication_method, "sign in with a user name and a key"});
    }
    if (connect.client_id.size() > broker_.limits_.client_id_bytes_max) {
        return std::unexpected(
            Fault{Reason::client_identifier_not_valid,
                  fmt::format("a client identifier has at most {} bytes", broker_.limits_.client_id_bytes_max)});
    }
    if (connect.client_id.empty() && connect.version == Version::v3_1_1 && !connect.clean_start) {
        return std::unexpected(
            Fault{Reason::client_identifier_not_valid, "a session that is kept needs a client identifier"});
    }
    return {};
}

void Connection::take_connect(Connect connect) {
    version_ = connect.version;
    connect_ = std::move(connect);
    state_ = State::authenticating;
    const Properties& wishes = connect_.properties;
    wants_problems_ = wishes.number(PropertyId::request_problem_information).value_or(1) == 1;
    packet_bytes_max_ = wishes.number(PropertyId::maximum_packet_size).value_or(packet_bytes_limit);
    send_max_ = std::min<std::size_t>(send_max_, wishes.number(PropertyId::receive_maximum).value_or(65'535));
    aliases_out_max_ = static_cast<std::uint16_t>(std::min<std::uint32_t>(
        broker_.limits_.topic_aliases_max, wishes.number(PropertyId::topic_alias_maximum).value_or(0)));
    if (const auto good = check_connect(connect_); !good) {
        return refuse_connect(good.error());
    }
    broker_.authenticate(*this, {.client_id = connect_.client_id,
                                 .username = connect_.username,
                                 .password = connect_.password,
                                 .address = peer_.address,
                                 .tls = peer_.tls});
    connect_.password.reset();
}

void Connection::admitted(std::expected<Principal, Fault> answer) {
    if (state_ != State::authenticating) {
        return;
    }
    if (!answer) {
        return refuse_connect(answer.error());
    }
    principal_ = std::move(*answer);
    auto opened = broker_.open_session(*this, connect_);
    if (!opened) {
        return refuse_connect(opened.error());
    }
    session_ = opened->first;
    resumed_ = opened->second;
    state_ = State::open;
    // §3.1.2.10: half as much again before the client counts as lost.
    keep_alive_ = std::chrono::milliseconds{connect_.keep_alive} * 1500;
    rest_deadline();
    send(greeting(opened->second));
    connect_ = {};
    resume();
    read_packets();
}

Connack Connection::greeting(bool session_present) const {
    Connack greeting{.session_present = session_present};
    if (version_ == Version::v3_1_1) {
        return greeting;
    }
    const Limits& limits = broker_.limits_;
    const std::uint32_t asked = connect_.properties.number(PropertyId::session_expiry).value_or(0);
    if (asked != session_->expiry) {
        greeting.properties.set(PropertyId::session_expiry, session_->expiry);
    }
    greeting.properties.set(PropertyId::receive_maximum, limits.receive_max);
    greeting.properties.set(PropertyId::maximum_packet_size, static_cast<std::uint32_t>(limits.packet_bytes_max));
    greeting.properties.set(PropertyId::topic_alias_maximum, limits.topic_aliases_max);
    if (connect_.client_id.empty()) {
        greeting.properties.set(PropertyId::assigned_client_id, session_->client_id());
    }
    return greeting;
}

void Connection::resume() {
    for (const std::uint64_t number : session_->unanswered()) {
        const Outgoing& outgoing = *session_->find(number);
        if (outgoing.state == Outgoing::State::sent) {
            if (send_publish(outgoing, true) == Sent::no) {
                broker_.message_ended(*session_, number);
            }
        } else if (outgoing.state == Outgoing::State::released) {
            send(Acknowledgement{PacketType::pubrel, outgoing.packet_id});
        }
    }
    pump();
}

void Connection::refuse_connect(const Fault& fault) {
    ++broker_.live_.connections_refused;
    Connack refusal{.reason = may_carry(PacketType::connack, fault.reason) ? fault.reason : Reason::unspecified_error};
    if (version_ == Version::v5 && wants_problems_) {
        refusal.properties.set(PropertyId::reason_string, fault.what);
    }
    send(refusal);
    close();
}

void Connection::expire() {
    if (state_ == State::open && !may_read()) {
        deadline_ = broker_.parts_.clock.steady() + held_deadline;  // it is we who do not read
    } else if (state_ == State::open) {
        end({Reason::keep_alive_timeout, "nothing came for one and a half times the keep alive"});
    } else {
        ++broker_.live_.connections_refused;
        close();
    }
}

void Connection::end(const Fault& fault) {
    if (state_ == State::closed) {
        return;
    }
    log::debug("mqtt", "a connection is ended",
               {{"address", peer_.address}, {"reason", std::string(name_of(fault.reason))}, {"why", fault.what}});
    ++broker_.live_.faults;
    if (state_ == State::authenticating ||
        (state_ == State::waiting && fault.reason == Reason::unsupported_protocol_version)) {
        return refuse_connect(fault);
    }
    if (state_ == State::open && version_ == Version::v5) {
        Disconnect farewell{.reason = may_carry(PacketType::disconnect, fault.reason) ? fault.reason
                                                                                      : Reason::unspecified_error};
        if (wants_problems_) {
            farewell.properties.set(PropertyId::reason_string, fault.what);
        }
        send(farewell);
    }
    close();
}

void Connection::close() {
    if (state_ != State::closed) {
        state_ = State::closed;
        wire_.close();
        broker_.leave(*this);
    }
}

void Connection::lost() {
    if (state_ != State::closed) {
        state_ = State::closed;
        broker_.leave(*this);
    }
}

void Connection::take_disconnect(const Disconnect& disconnect) {
    if (const auto expiry = disconnect.properties.number(PropertyId::session_expiry)) {
        if (session_->expiry == 0 && *expiry != 0) {
            return end({Reason::protocol_error, "a session that was to end cannot be kept by DISCONNECT"});
        }
        broker_.set_expiry(*session_, principal_, *expiry);
    }
    if (disconnect.reason != Reason::disconnect_with_will) {
        session_->will = nullptr;
    }
    close();
}

// ---- publishes from the client

Decoded<void> Connection::resolve_alias(Publish& publish) {
    const auto alias = publish.properties.number(PropertyId::topic_alias);
    if (!alias) {
        return {};
    }
    if (*alias > broker_.limits_.topic_aliases_max) {
        return std::unexpected(Fault{Reason::topic_alias_invalid, "the topic alias is above the maximum"});
    }
    std::string& known = aliases_in_[static_cast<std::uint16_t>(*alias)];
    if (!publish.topic.empty()) {
        known = publish.topic;
    } else if (known.empty()) {
        return std::unexpected(Fault{Reason::protocol_error, "the topic alias stands for no topic yet"});
    }
    publish.topic = known;
    return {};
}

void Connection::take_publish(Publish publish) {
    if (const auto resolved = resolve_alias(publish); !resolved) {
        return end(resolved.error());
    }
    if (!is_topic_name(publish.topic)) {
        return end({Reason::topic_name_invalid, "the topic has too many levels"});
    }
    ++broker_.live_.received.at(static_cast<std::size_t>(publish.qos));
    const auto inward =
        publish.qos == QoS::exactly_once ? session_->inward(publish.packet_id) : Session::Inward::unknown;
    if (inward != Session::Inward::unknown) {
        ++broker_.live_.duplicates;
        const bool known = inward == Session::Inward::received;
        const bool here = std::ranges::any_of(pending_, [&](const Pending& pending) {
            return pending.qos == QoS::exactly_once && pending.packet_id == publish.packet_id;
        });
        if (known || !here) {
            pending_.push_back({publish.packet_id, publish.qos, std::nullopt});
            if (known) {
                pending_.back().outcome = Fault{Reason::success};
            }
        }
        return flush_acknowledgements();
    }
    const bool allowed = std::ranges::any_of(principal_.publish,
                                             [&](const std::string& filter) { return matches(filter, publish.topic); });
    if (publish.qos == QoS::at_most_once) {
        return allowed ? broker_.take(*this, 0, std::move(publish)) : broker_.count(Drop::not_allowed);
    }
    // §4.9: QoS 1 counts until PUBACK, QoS 2 until PUBREL, and a new connection begins at nothing.
    if (version_ == Version::v5 && pending_.size() + unreleased_ >= broker_.limits_.receive_max) {
        return end({Reason::receive_maximum_exceeded, "more publishes at once than CONNACK allowed"});
    }
    const std::uint64_t ticket = first_ticket_ + pending_.size();
    pending_.push_back({publish.packet_id, publish.qos, std::nullopt});
    if (!allowed) {
        broker_.count(Drop::not_allowed);
        return settle(ticket, {Reason::not_authorized, "the key may not publish to this topic"});
    }
    // Some clients send again without saying so (npm mqtt 5 does). What comes first after a session was resumed may be
    // such, as many as can have been under way.
    publish.dup = publish.dup || (resumed_ && publishes_ < broker_.limits_.receive_max);
    ++publishes_;
    broker_.take(*this, ticket, std::move(publish));
}

void Connection::settle(std::uint64_t ticket, const Fault& outcome) {
    if (ticket < first_ticket_ || ticket - first_ticket_ >= pending_.size()) {
        return;
    }
    pending_[ticket - first_ticket_].outcome = outcome;
    flush_acknowledgements();
}

void Connection::settle_exactly_once(std::uint16_t packet_id, const Fault& outcome) {
    for (Pending& pending : pending_) {
        if (pending.qos == QoS::exactly_once && pending.packet_id == packet_id && !pending.outcome) {
            pending.outcome = outcome;
        }
    }
    flush_acknowledgements();
}

void Connection::flush_acknowledgements() {
    while (state_ == State::open && !pending_.empty() && pending_.front().outcome) {
        const Pending pending = std::move(pending_.front());
        pending_.pop_front();
        ++first_ticket_;
        acknowledge(pending);
    }
    if (state_ == State::open && !reading_) {
        read_packets();
    }
}

void Connection::acknowledge(const Pending& pending) {
    const Reason reason = pending.outcome->reason;
    if (version_ == Version::v3_1_1 && reason == Reason::not_authorized) {
        // It has no word for this; an acknowledgement would say that all is well.
        return end(*pending.outcome);
    }
    unreleased_ += pending.qos == QoS::exactly_once && !is_refusal(reason) ? 1U : 0U;
    send(Acknowledgement{.type = pending.qos == QoS::at_least_once ? PacketType::puback : PacketType::pubrec,
                         .packet_id = pending.packet_id,
                         .reason = reason},
         pending.outcome->what);
}

void Connection::take_pubrel(const Acknowledgement& ack) {
    const std::uint16_t packet_id = ack.packet_id;
    switch (session_->inward(packet_id)) {
        case Session::Inward::taking: return end({Reason::protocol_error, "PUBREL came before PUBREC was sent"});
        case Session::Inward::unknown:
            return send(Acknowledgement{PacketType::pubcomp, packet_id, Reason::packet_identifier_not_found});
        case Session::Inward::received: break;
    }
    unreleased_ -= unreleased_ > 0 ? 1U : 0U;
    session_->set_inward(packet_id, Session::Inward::unknown);
    broker_.keep_received(*session_, packet_id, false);
    // The number may be used anew once PUBCOMP is there, so a restart must not take it for the old one.
    broker_.after_commit_of(*session_, [packet_id](Session& session) {
        if (session.connection != nullptr) {
            session.connection->send(Acknowledgement{PacketType::pubcomp, packet_id});
        }
    });
}

// ---- subscriptions

void Connection::take_subscribe(const Subscribe& subscribe) {
    Suback answer{.packet_id = subscribe.packet_id};
    std::string why;
    const std::uint32_t id = subscribe.properties.number(PropertyId::subscription_id).value_or(0);
    for (const SubscriptionRequest& request : subscribe.requests) {
        if (request.no_local && request.filter.starts_with("$share/")) {
            return end({Reason::protocol_error, "a shared subscription cannot leave out its own messages"});
        }
        const auto granted = broker_.subscribe(*session_, principal_, request, id);
        answer.reasons.push_back(granted ? static_cast<Reason>(*granted) : granted.error().reason);
        if (!granted && why.size() < sentence_bytes_max) {
            why += (why.empty() ? "" : "; ") + granted.error().what;
        }
    }
    broker_.after_commit_of(*session_, [answer = std::move(answer), why = std::move(why)](Session& session) {
        if (session.connection != nullptr) {
            session.connection->send(answer, why);
        }
    });
}

void Connection::take_unsubscribe(const Unsubscribe& unsubscribe) {
    Unsuback answer{.packet_id = unsubscribe.packet_id};
    for (const std::string& filter : unsubscribe.filters) {
        answer.reasons.push_back(broker_.unsubscribe(*session_, filter));
    }
    broker_.after_commit_of(*session_, [answer = std::move(answer)](Session& session) {
        if (session.connection != nullptr) {
            session.connection->send(answer);
        }
    });
}

// ---- writing and holding

void Connection::send(const Packet& packet) {
    if (state_ == State::closed) {
        return;
    }
    Bytes bytes;
    encode(packet, version_, bytes);
    wire_.send(bytes);
}

template <typename Answer>
void Connection::send(Answer answer, std::string_view why) {
    if (state_ != State::closed && version_ == Version::v5 && wants_problems_ && !why.empty()) {
        const Properties without = answer.properties;
        answer.properties.set(PropertyId::reason_string, sentence_of(why));
        Bytes bytes;
        encode(answer, version_, bytes);
        if (bytes.size() <= packet_bytes_max_) {
            return wire_.send(bytes);
        }
        answer.properties = without;  // §3.4.2.2.2: rather none than more than the client takes
    }
    send(Packet(std::move(answer)));
}

void Connection::hold() {
    held_ = true;
    if (!in_read_packets_) {
        read_packets();
    }
}

void Connection::go_on() {
    held_ = false;
    if (state_ != State::closed) {
        read_packets();
    }
}

void Connection::look_again() {
    if (state_ != State::closed) {
        read_packets();
    }
}

}  // namespace bypuls::mqtt
