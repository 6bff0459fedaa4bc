#pragma once

#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/cancellation_signal.hpp>

#include "platform/http/loop.h"
#include "platform/http/render.h"
#include "platform/http/request_reader.h"
#include "platform/http/wire.h"

namespace bypuls::http {

/// One connection from accept to close: reads a request, has it handled, sends the response, and again. One coroutine
/// on the loop's thread; the loop watches its deadline.
class Connection : public std::enable_shared_from_this<Connection> {
public:
    using TimePoint = std::chrono::steady_clock::time_point;

    static void start(Loop& loop, Loop::Socket socket);

    Connection(Loop& loop, Loop::Socket socket);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    TimePoint deadline() const { return deadline_; }
    /// The deadline has passed: says so to the peer where that is still possible, and ends.
    void expire();
    /// Ends at once, whatever it does. A handler that does not wait ends in its own time; nothing is sent after.
    void abandon();
    /// The server stops: ends if idle or endless, otherwise after the response.
    void prepare_to_stop();

    bool is_listed_as_waiting() const { return listed_as_waiting_; }
    void list_as_waiting(bool waiting) { listed_as_waiting_ = waiting; }

private:
    enum class Phase : std::uint8_t { handshake, idle, header, body, handling, responding, live, lingering };
    /// True: it is there. False: the peer left.
    using Arrival = std::expected<bool, Refusal>;

    Task<void> run();
    Task<bool> serve_next();
    Task<Arrival> read_stage();
    Task<Arrival> read_body(const Match& match);
    Task<bool> fill();
    std::expected<void, Refusal> unpack_body(const Match& match);
    void complete_request();

    Task<std::optional<Response>> answer_before_body(const Match& match);
    Task<Response> handle(const Route& route);
    Response answer_options(const Match& match) const;
    Task<bool> refuse(Refusal refusal);

    Task<void> respond(Response response, Sharing sharing);
    Task<void> send_bytes(const Response& response, std::string_view body, HeadFacts facts);
    Task<void> send_stream(Response response, Pull pull, HeadFacts facts);
    Task<void> send_chunk(std::string_view data, Framing framing);
    Task<void> send_live(Response response, Pull pull, HeadFacts facts);
    Task<void> send(std::string_view first, std::string_view second = {});
    Task<void> linger();
    Task<void> watch_for_leaving();

    void enter(Phase phase, std::chrono::milliseconds time);
    void set_deadline(std::chrono::milliseconds from_now);
    std::size_t body_bytes_max(const Match& match) const;
    std::chrono::milliseconds time_for(std::uint64_t bytes) const;
    /// Its date is good until the next wait.
    HeadFacts facts_for(Sharing sharing) const;
    std::string head_of(const Response& response, HeadFacts facts) const;
    void write_last_words(int status, std::string_view type);
    const Limits& limits() const { return loop_.parts().options.limits; }
    Counting& counting() const { return loop_.parts().counting; }
    TimePoint now() const { return loop_.parts().clock.steady(); }
    void ended(const std::exception_ptr& error);

    Loop& loop_;
    Wire wire_;
    RequestReader reader_;
    boost::asio::cancellation_signal cancel_;
    Loop::Place place_;
    std::string remote_;
    bool is_proxy_;  // what it says of the sender is believed
    std::vector<char> in_;
    std::size_t in_begin_ = 0;
    std::size_t in_end_ = 0;
    TimePoint deadline_;
    TimePoint request_started_;
    Phase phase_ = Phase::handshake;
    bool listed_as_waiting_ = true;
    bool keep_alive_ = true;
    bool abandoned_ = false;
    bool last_read_was_full_ = false;
    std::optional<Held> body_held_;
};

}  // namespace bypuls::http
