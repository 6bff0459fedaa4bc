#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "platform/http/message.h"

namespace bypuls::live {

struct HubOptions {
    /// Recent events kept for each topic; a reader that falls further behind is dropped, and one that comes back later
    /// than that is told to load everything anew.
    std::size_t events_per_topic_max = 256;
    /// A publish to one topic more is ignored and counted.
    std::size_t topics_max = 10'000;
    /// Larger events are ignored and counted.
    std::size_t event_bytes_max = 64 * 1024;
    /// A subscriber more is answered 503.
    std::size_t subscribers_max = 10'000;
    /// A comment that keeps proxies from closing a silent stream, and finds readers that have left.
    std::chrono::milliseconds heartbeat{15'000};
};

/// A moment's reading.
struct HubCounters {
    std::uint64_t subscribers = 0;
    std::uint64_t topics = 0;
    std::uint64_t published = 0;
    std::uint64_t refused = 0;          ///< too large, or a topic too many
    std::uint64_t dropped_as_slow = 0;  ///< streams ended because their reader fell behind the ring
};

/// Server-sent events (WHATWG HTML §9.2): what happens on a topic, to everyone who listens.
///
/// Ids grow over all topics, so one Last-Event-ID resumes a stream of several. A client whose place is no longer known
/// (too far back, or the program has been restarted) first gets an event named `reset`: load the whole state, then go
/// on with what follows. Thread-safe.
class Hub {
public:
    explicit Hub(HubOptions options = {});
    ~Hub();
    Hub(const Hub&) = delete;
    Hub& operator=(const Hub&) = delete;

    /// Never waits: readers take it at their own pace. `data` may have several lines; it is made into text once.
    /// `event` is the name that addEventListener sees; empty is "message".
    void publish(std::string_view topic, std::string_view event, std::string_view data);

    /// What happened on the topic can no longer be told one by one: its readers are dropped, and told `reset` when they
    /// come back.
    void forget(std::string_view topic);

    struct Subscribed {
        http::Response response;
        /// It goes on after what the client has seen, so that the state the events change is known to it already.
        bool resumed = false;
    };
    /// The response that stays open and carries the topics' events, resuming after Last-Event-ID (header, or the query
    /// `last_event_id` for a first connection after a page was rendered). It first tells the id of its place, so that a
    /// client that loses it before anything happens misses nothing. A problem 503 when there are too many.
    Subscribed subscribe(const http::Request& request, std::vector<std::string> topics);

    HubCounters counters() const;
    /// The id a page rendered now should resume from.
    std::string last_event_id() const;

    struct State;

private:
    std::shared_ptr<State> state_;
};

/// Sends `events`, already as they go on the wire and without ids, before what the open stream carries: the state that
/// the events change. The response is one of Hub::subscribe that stays open.
void begin_with(http::Response& response, std::string events);

}  // namespace bypuls::live
