#include "platform/mqtt/broker.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace bypuls::mqtt {

std::string_view name_of(Drop drop) {
    switch (drop) {
        case Drop::slow_reader: return "slow_reader";
        case Drop::queue_full: return "queue_full";
        case Drop::expired: return "expired";
        case Drop::too_large: return "too_large";
        case Drop::not_taken: return "not_taken";
        case Drop::not_allowed: return "not_allowed";
        case Drop::count_: break;
    }
    return "unknown";
}

void append_metrics(std::string& out, const Counters& counters) {
    const auto one = [&](std::string_view name, std::string_view kind, std::uint64_t value) {
        out += fmt::format("# TYPE bypuls_mqtt_{} {}\nbypuls_mqtt_{} {}\n", name, kind, name, value);
    };
    one("connections", "gauge", counters.connections);
    one("sessions", "gauge", counters.sessions);
    one("subscriptions", "gauge", counters.subscriptions);
    one("retained_messages", "gauge", counters.retained);
    one("queued_bytes", "gauge", counters.queued_bytes);
    one("taking_bytes", "gauge", counters.taking_bytes);
    one("connections_accepted_total", "counter", counters.connections_accepted);
    one("connections_refused_total", "counter", counters.connections_refused);
    one("duplicates_total", "counter", counters.duplicates);
    one("faults_total", "counter", counters.faults);
    one("commit_failures_total", "counter", counters.commit_failures);
    const auto by_qos = [&](std::string_view name, const std::array<std::uint64_t, 3>& values) {
        out += fmt::format("# TYPE bypuls_mqtt_{} counter\n", name);
        for (std::size_t qos = 0; qos < values.size(); ++qos) {
            out += fmt::format("bypuls_mqtt_{}{{qos=\"{}\"}} {}\n", name, qos, values.at(qos));
        }
    };
    by_qos("publishes_received_total", counters.received);
    by_qos("publishes_sent_total", counters.sent);
    out += "# TYPE bypuls_mqtt_messages_dropped_total counter\n";
    for (std::size_t i = 0; i < counters.dropped.size(); ++i) {
        out += fmt::format("bypuls_mqtt_messages_dropped_total{{reason=\"{}\"}} {}\n", name_of(static_cast<Drop>(i)),
                           counters.dropped.at(i));
    }
}

namespace {

/// A queue may not use up the packet identifiers.
Limits within_reach(Limits limits) {
    limits.queue_messages_max = std::min<std::size_t>(limits.queue_messages_max, 60'000);
    return limits;
}

}  // namespace

Broker::Broker(Parts parts, Limits limits)
    : parts_(std::move(parts)), limits_(within_reach(limits)), mailbox_(std::make_shared<Mailbox>(parts_.wake)) {}

Broker::~Broker() {
    mailbox_->close();
}

std::unique_ptr<Connection> Broker::accept(Wire& wire, Peer peer) {
    auto made = std::make_unique<Connection>(*this, wire, std::move(peer), ++last_connection_);
    connections_.emplace(made->id(), made.get());
    ++live_.connections_accepted;
    return made;
}

Connection* Broker::connection(std::uint64_t id) {
    const auto found = connections_.find(id);
    return found == connections_.end() ? nullptr : found->second;
}

void Broker::run_posted() {
    mailbox_->run();
}

bool Broker::publish(Message message, std::string route) {
    const std::size_t cost = cost_of(message);
    if (publishing_bytes_.fetch_add(cost) + cost > limits_.publishing_bytes_max) {
        publishing_bytes_ -= cost;
        return false;
    }
    mailbox_->post([this, cost, by = std::move(route), shared = std::make_shared<const Message>(std::move(message))] {
        publishing_bytes_ -= cost;
        if (shared->retain && !retain(shared)) {
            count(Drop::queue_full);
        }
        this->route(shared, by.empty() ? shared->topic : by);
    });
    return true;
}

void Broker::tick() {
    const auto now = parts_.clock.steady();
    tend_connections();
    for (const auto& taking : std::exchange(again_, {})) {
        attempt(taking);
    }
    if (now >= next_tending_) {
        tend_sessions();
        next_tending_ = now + std::chrono::seconds{1};
    }
    show_counters();
}

void Broker::show_counters() {
    live_.connections = connections_.size();
    live_.sessions = sessions_.size();
    live_.subscriptions = filters_.size();
    live_.retained = retained_.size();
    live_.queued_bytes = queued_bytes_;
    live_.taking_bytes = taking_bytes_;
    const std::lock_guard lock(shown_mutex_);
    shown_ = live_;
}

Counters Broker::counters() const {
    const std::lock_guard lock(shown_mutex_);
    return shown_;
}

bool Broker::wind_down() {
    if (!std::exchange(winding_down_, true)) {
        for (const auto& [id, each] : connections_) {
            each->look_again();
        }
    }
    return takings_ == 0 && committing_ == nullptr && changes_->empty();
}

void Broker::end_all() {
    std::vector<std::uint64_t> ids;
    for (const auto& [id, each] : connections_) {
        ids.push_back(id);
    }
    for (const std::uint64_t id : ids) {
        if (Connection* each = connection(id)) {
            each->end({Reason::server_shutting_down, "the server is stopping"});
        }
    }
}

}  // namespace bypuls::mqtt
