#include "platform/live/hub.h"

#include <algorithm>
#include <charconv>
#include <deque>
#include <map>
#include <mutex>
#include <set>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <fmt/format.h>

#include "core/random.h"
#include "core/text.h"
#include "platform/http/problem.h"

namespace bypuls::live {
namespace {

namespace asio = boost::asio;
constexpr std::size_t chunk_bytes_max = 256 * 1024;

struct Event {
    std::uint64_t id = 0;
    std::shared_ptr<const std::string> text;  // as it goes on the wire
};

/// A reader that has seen everything and waits. Woken through the executor it waits on.
struct Waiter {
    explicit Waiter(const asio::any_io_executor& executor) : timer(executor) {}
    asio::steady_timer timer;
    bool woken = false;  // touched on the executor alone
};

using Waiters = std::set<std::shared_ptr<Waiter>>;

struct Topic {
    std::deque<Event> ring;
    /// The newest id that has fallen out of the ring, or been forgotten with all of it; 0 while nothing has.
    std::uint64_t forgotten_up_to = 0;
    Waiters waiters;
    std::size_t subscribers = 0;
};

/// "3f2a-17": the run of the program, and the number within it.
struct Place {
    std::uint32_t run = 0;
    std::uint64_t id = 0;
};

std::optional<Place> parse_place(std::string_view text) {
    const auto dash = text.find('-');
    if (dash == std::string_view::npos) {
        return std::nullopt;
    }
    Place place;
    const char* const middle = text.data() + dash;
    const char* const end = text.data() + text.size();
    const auto run = std::from_chars(text.data(), middle, place.run, 16);
    const auto id = std::from_chars(middle + 1, end, place.id);
    const bool whole = run.ec == std::errc{} && run.ptr == middle && id.ec == std::errc{} && id.ptr == end;
    return whole ? std::optional(place) : std::nullopt;
}

/// WHATWG HTML §9.2.6: every line of the data has its own field.
std::string wire_text(std::uint32_t run, std::uint64_t id, std::string_view event, std::string_view data) {
    std::string text = fmt::format("id: {:x}-{}\n", run, id);
    if (!event.empty()) {
        text += fmt::format("event: {}\n", event);
    }
    for (std::string_view line : split(data, '\n')) {
        if (line.ends_with('\r')) {
            line.remove_suffix(1);
        }
        text += "data: ";
        text += line;
        text += '\n';
    }
    return text + '\n';
}

void wake(const Waiters& waiters) {
    for (const auto& waiter : waiters) {
        asio::post(waiter->timer.get_executor(), [waiter] {
            waiter->woken = true;
            waiter->timer.cancel();
        });
    }
}

}  // namespace

struct Hub::State {
    explicit State(HubOptions given) : options(given), run(static_cast<std::uint32_t>(SystemRandom{}.next())) {}

    const HubOptions options;
    const std::uint32_t run;
    mutable std::mutex mutex;
    std::map<std::string, Topic, std::less<>> topics;
    std::uint64_t last_id = 0;
    HubCounters counters;
};

namespace {

/// One open stream's place in its topics.
class Subscription {
public:
    using State = std::shared_ptr<Hub::State>;

    Subscription(State state, std::vector<std::string> topics, std::uint64_t seen, bool reset);
    ~Subscription();
    Subscription(const Subscription&) = delete;
    Subscription& operator=(const Subscription&) = delete;

    Task<Result<bool>> next(std::string& chunk);

private:
    enum class Found : std::uint8_t { something, nothing, too_late };
    Found take(std::string& chunk);

    State state_;
    std::vector<std::string> topics_;
    std::uint64_t seen_;
    bool reset_;
    std::shared_ptr<Waiter> waiter_;  // null until the stream has been greeted
};

Subscription::Subscription(State state, std::vector<std::string> topics, std::uint64_t seen, bool reset)
    : state_(std::move(state)), topics_(std::move(topics)), seen_(seen), reset_(reset) {}

Subscription::~Subscription() {
    const std::lock_guard lock(state_->mutex);
    --state_->counters.subscribers;
    for (const std::string& name : topics_) {
        const auto topic = state_->topics.find(name);
        topic->second.waiters.erase(waiter_);
        // A topic that nobody listens to and that has nothing to tell makes room for another.
        if (--topic->second.subscribers == 0 && topic->second.ring.empty() && topic->second.forgotten_up_to == 0) {
            state_->topics.erase(topic);
        }
    }
}

Subscription::Found Subscription::take(std::string& chunk) {
    const std::lock_guard lock(state_->mutex);
    std::vector<const Event*> events;
    for (const std::string& name : topics_) {
        const Topic& topic = state_->topics.find(name)->second;
        if (topic.forgotten_up_to > seen_) {
            ++state_->counters.dropped_as_slow;
            return Found::too_late;
        }
        auto first = std::ranges::upper_bound(topic.ring, seen_, {}, &Event::id);
        for (; first != topic.ring.end(); ++first) {
            events.push_back(&*first);
        }
    }
    std::ranges::sort(events, {}, &Event::id);
    for (const Event* event : events) {
        if (!chunk.empty() && chunk.size() + event->text->size() > chunk_bytes_max) {
            return Found::something;  // the rest in the next chunk
        }
        chunk += *event->text;
        seen_ = event->id;
    }
    if (!events.empty()) {
        return Found::something;
    }
    for (const std::string& name : topics_) {
        state_->topics.find(name)->second.waiters.insert(waiter_);
    }
    return Found::nothing;
}

Task<Result<bool>> Subscription::next(std::string& chunk) {
    if (waiter_ == nullptr) {
        waiter_ = std::make_shared<Waiter>(co_await asio::this_coro::executor);
        chunk = fmt::format("id: {:x}-{}\n\nretry: 3000\n\n", state_->run, seen_);
        if (reset_) {
            chunk += "event: reset\ndata: {}\n\n";
        }
        co_return true;
    }
    waiter_->woken = false;
    waiter_->timer.expires_after(state_->options.heartbeat);
    switch (take(chunk)) {
        case Found::something: co_return true;
        case Found::too_late: co_return false;  // it reconnects with its last id, and is told to load anew
        case Found::nothing: break;
    }
    // A wake-up is posted to this executor, so it cannot come between the look above and the wait.
    co_await waiter_->timer.async_wait(asio::as_tuple(asio::use_awaitable));
    if (!waiter_->woken) {
        chunk = ": still here\n\n";
    }
    co_return true;
}

}  // namespace

Hub::Hub(HubOptions options) : state_(std::make_shared<State>(options)) {}
Hub::~Hub() = default;

void Hub::publish(std::string_view topic, std::string_view event, std::string_view data) {
    Waiters waiters;
    {
        const std::lock_guard lock(state_->mutex);
        auto found = state_->topics.find(topic);
        const bool topic_too_many =
            found == state_->topics.end() && state_->topics.size() >= state_->options.topics_max;
        if (topic_too_many || data.size() > state_->options.event_bytes_max ||
            event.find_first_of("\r\n") != std::string_view::npos) {
            ++state_->counters.refused;
            return;
        }
        if (found == state_->topics.end()) {
            found = state_->topics.emplace(std::string(topic), Topic{}).first;
        }
        const std::uint64_t id = ++state_->last_id;
        auto& ring = found->second.ring;
        ring.push_back({id, std::make_shared<const std::string>(wire_text(state_->run, id, event, data))});
        if (ring.size() > state_->options.events_per_topic_max) {
            found->second.forgotten_up_to = ring.front().id;
            ring.pop_front();
        }
        ++state_->counters.published;
        waiters.swap(found->second.waiters);
    }
    wake(waiters);
}

void Hub::forget(std::string_view topic) {
    Waiters waiters;
    {
        const std::lock_guard lock(state_->mutex);
        auto found = state_->topics.find(topic);
        if (found == state_->topics.end()) {
            if (state_->topics.size() >= state_->options.topics_max) {
                ++state_->counters.refused;
                return;
            }
            found = state_->topics.emplace(std::string(topic), Topic{}).first;
        }
        found->second.forgotten_up_to = ++state_->last_id;
        found->second.ring.clear();
        waiters.swap(found->second.waiters);
    }
    wake(waiters);
}

Hub::Subscribed Hub::subscribe(const http::Request& request, std::vector<std::string> topics) {
    std::ranges::sort(topics);
    topics.erase(std::ranges::unique(topics).begin(), topics.end());
    std::optional<std::string_view> resume = request.header("Last-Event-ID");
    if (!resume) {
        resume = request.query.get("last_event_id");
    }
    const std::lock_guard lock(state_->mutex);
    const auto is_new = [&](const std::string& name) { return !state_->topics.contains(name); };
    const auto new_topics = static_cast<std::size_t>(std::ranges::count_if(topics, is_new));
    if (state_->counters.subscribers >= state_->options.subscribers_max ||
        state_->topics.size() + new_topics > state_->options.topics_max) {
        return {.response = http::problem(request, 503, "exhausted", "too many live streams are open")};
    }
    std::uint64_t seen = state_->last_id;
    bool reset = false;
    if (resume) {
        const auto place = parse_place(*resume);
        reset = !place || place->run != state_->run || place->id > state_->last_id;
        for (const std::string& name : topics) {
            const auto topic = state_->topics.find(name);
            reset = reset || (topic != state_->topics.end() && topic->second.forgotten_up_to > place->id);
        }
        seen = reset ? state_->last_id : place->id;
    }
    ++state_->counters.subscribers;
    for (const std::string& name : topics) {
        ++state_->topics[name].subscribers;
    }
    auto subscription = std::make_shared<Subscription>(state_, std::move(topics), seen, reset);
    http::Response response =
        http::content("text/event-stream",
                      http::OpenStream{[subscription](std::string& chunk) { return subscription->next(chunk); }});
    response.headers.set("Cache-Control", "no-store");
    response.headers.set("X-Accel-Buffering", "no");  // a proxy that collects would hold the events back
    return {.response = std::move(response), .resumed = resume && !reset};
}

HubCounters Hub::counters() const {
    const std::lock_guard lock(state_->mutex);
    HubCounters counters = state_->counters;
    counters.topics = state_->topics.size();
    return counters;
}

std::string Hub::last_event_id() const {
    const std::lock_guard lock(state_->mutex);
    return fmt::format("{:x}-{}", state_->run, state_->last_id);
}

namespace {

/// `first` once, then what `rest` gives.
Task<Result<bool>> pull_after(std::string first, http::Pull& rest, std::string& chunk) {
    if (!first.empty()) {
        chunk = std::move(first);
        co_return true;
    }
    co_return co_await rest(chunk);
}

}  // namespace

void begin_with(http::Response& response, std::string events) {
    auto& stream = std::get<http::OpenStream>(response.body);
    stream.pull = [first = std::move(events), rest = std::move(stream.pull)](std::string& chunk) mutable {
        return pull_after(std::exchange(first, ""), rest, chunk);
    };
}

}  // namespace bypuls::live
