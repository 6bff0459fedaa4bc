#pragma once

#include <condition_variable>
#include <list>
#include <memory>
#include <mutex>
#include <random>
#include <string>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "platform/http/counting.h"
#include "platform/http/networks.h"
#include "platform/http/server.h"

namespace bypuls::http {

class Connection;

/// What all loops of a server share.
struct ServerParts {
    const Router& router;
    const ServerOptions& options;
    const Clock& clock;
    boost::asio::ssl::context* tls;  // null: plain
    const Networks& proxies;         // those that are believed about who asks
    Counting& counting;
    std::size_t connections_per_loop_max;
};

/// One io_context, its thread and the connections that live on it. Everything but the constructor, the destructor and
/// what says otherwise happens on that thread, so nothing here is locked.
class Loop {
public:
    using Socket = boost::asio::ip::tcp::socket;
    using Place = std::list<Connection*>::iterator;

    explicit Loop(const ServerParts& parts);
    ~Loop();

    boost::asio::io_context& context() { return context_; }
    const ServerParts& parts() const { return parts_; }
    /// The thread's work, until finish().
    void run();

    /// Serves it, after making room if that is needed and possible.
    void welcome(Socket socket);
    /// A descriptor is needed: the connection that has waited longest goes. False when none waits.
    bool make_room();

    /// Ends what is idle and what is endless; the rest may finish.
    void stop_gently();
    /// Cancels everything.
    void stop_now();
    bool stopping() const { return stopping_; }
    /// From any thread, after stop_gently() was posted: true when it has run and no connection is left. False when
    /// `until` has passed first.
    bool wait_until_over(std::chrono::steady_clock::time_point until);
    /// When that is so. run() returns once nobody elsewhere holds on to the loop either: a thread of a pool still lets
    /// go of it after it has handed its answer over.
    void finish();

    // For Connection.
    Place enter(Connection& connection);
    void leave(Place place);
    /// It waits for a request, and may be the one to make room.
    void now_waits(Place place);
    void now_served(Place place);
    const std::string& date() const { return date_; }
    std::string make_request_id();

private:
    void schedule_sweep();
    void sweep();
    void note_whether_over();
    void refuse_for_lack_of_room(Socket socket);
    std::size_t connection_count() const { return waiting_.size() + served_.size(); }

    const ServerParts parts_;
    boost::asio::io_context context_{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
    boost::asio::steady_timer sweep_timer_;
    std::list<Connection*> waiting_;  // longest wait first
    std::list<Connection*> served_;
    std::mt19937_64 ids_;
    std::string date_;
    bool stopping_ = false;
    bool finished_ = false;

    std::mutex over_mutex_;
    std::condition_variable over_;
    bool is_over_ = false;  // stopping, and without a connection
};

}  // namespace bypuls::http
