#include "platform/mqtt/session.h"

#include <algorithm>
#include <iterator>

#include "core/check.h"

namespace bypuls::mqtt {

std::size_t cost_of(const Message& message) {
    std::size_t cost = sizeof(Message) + message.topic.size() + message.payload.size() + message.publisher.size();
    for (const Property& property : message.properties.all()) {
        cost += sizeof(Property) + property.text.size() + property.value.size();
    }
    return cost;
}

std::optional<std::uint64_t> Session::in_the_way(std::size_t cost, const Bounds& bounds) const {
    const auto waiting = outgoing_.upper_bound(sent_up_to_);
    const bool full = outgoing_.size() >= bounds.messages_max || bytes_ + cost > bounds.bytes_max;
    return full && waiting != outgoing_.end() ? std::optional(waiting->first) : std::nullopt;
}

std::uint64_t Session::add(Outgoing outgoing) {
    const std::uint64_t number = ++last_number_;
    if (outgoing.qos == QoS::exactly_once) {
        outgoing.packet_id = free_packet_id();  // kept with it, so that a restart sends it under the same
        by_packet_id_.emplace(outgoing.packet_id, number);
    }
    bytes_ += cost_of(*outgoing.message);
    outgoing_.emplace(number, std::move(outgoing));
    return number;
}

void Session::restore(std::uint64_t number, Outgoing outgoing) {
    last_number_ = std::max(last_number_, number);
    if (outgoing.packet_id != 0) {
        by_packet_id_.emplace(outgoing.packet_id, number);
    }
    bytes_ += cost_of(*outgoing.message);
    outgoing_.emplace(number, std::move(outgoing));
}

Outgoing* Session::find(std::uint64_t number) {
    const auto found = outgoing_.find(number);
    return found == outgoing_.end() ? nullptr : &found->second;
}

std::optional<std::uint64_t> Session::next(std::size_t window) {
    auto waiting = outgoing_.upper_bound(sent_up_to_);
    while (waiting != outgoing_.end() && waiting->second.state != Outgoing::State::waiting) {
        ++waiting;  // released before a restart
    }
    if (waiting == outgoing_.end() || !waiting->second.is_kept) {
        return std::nullopt;
    }
    // Those before it are all under way.
    const auto under_way = static_cast<std::size_t>(std::distance(outgoing_.begin(), waiting));
    if (under_way >= window) {
        return std::nullopt;
    }
    Outgoing& outgoing = waiting->second;
    if (outgoing.packet_id == 0) {
        outgoing.packet_id = free_packet_id();
        by_packet_id_.emplace(outgoing.packet_id, waiting->first);
    }
    outgoing.state = Outgoing::State::sent;
    sent_up_to_ = waiting->first;
    return waiting->first;
}

std::vector<std::uint64_t> Session::unanswered() const {
    std::vector<std::uint64_t> numbers;
    for (const auto& [number, outgoing] : outgoing_) {
        if (outgoing.state != Outgoing::State::waiting) {
            numbers.push_back(number);
        }
    }
    return numbers;
}

std::optional<std::uint64_t> Session::ended_by(std::uint16_t packet_id, QoS qos) const {
    const auto found = by_packet_id_.find(packet_id);
    if (found == by_packet_id_.end()) {
        return std::nullopt;
    }
    const Outgoing& outgoing = outgoing_.at(found->second);
    const bool under_way = outgoing.qos == qos && outgoing.state != Outgoing::State::waiting;
    return under_way ? std::optional(found->second) : std::nullopt;
}

std::optional<std::uint64_t> Session::note_received(std::uint16_t packet_id) {
    const auto found = by_packet_id_.find(packet_id);
    if (found == by_packet_id_.end()) {
        return std::nullopt;
    }
    Outgoing& outgoing = outgoing_.at(found->second);
    if (outgoing.qos != QoS::exactly_once || outgoing.state == Outgoing::State::waiting) {
        return std::nullopt;
    }
    if (outgoing.state == Outgoing::State::sent) {
        outgoing.state = Outgoing::State::received;
    }
    return found->second;
}

void Session::remove(std::uint64_t number) {
    const auto found = outgoing_.find(number);
    if (found == outgoing_.end()) {
        return;
    }
    bytes_ -= cost_of(*found->second.message);
    if (found->second.packet_id != 0) {
        by_packet_id_.erase(found->second.packet_id);
    }
    outgoing_.erase(found);
}

std::uint16_t Session::free_packet_id() {
    check(by_packet_id_.size() < 65'535, "the queue's bound leaves packet identifiers free");
    do {
        last_packet_id_ = last_packet_id_ == 65'535 ? 1 : static_cast<std::uint16_t>(last_packet_id_ + 1);
    } while (by_packet_id_.contains(last_packet_id_));
    return last_packet_id_;
}

Session::Inward Session::inward(std::uint16_t packet_id) const {
    const auto found = inward_.find(packet_id);
    return found == inward_.end() ? Inward::unknown : found->second;
}

void Session::set_inward(std::uint16_t packet_id, Inward state) {
    if (state == Inward::unknown) {
        inward_.erase(packet_id);
    } else {
        inward_.insert_or_assign(packet_id, state);
    }
}

}  // namespace bypuls::mqtt
