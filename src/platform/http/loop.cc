#include "platform/http/loop.h"

#include <ctime>

#include <boost/asio/post.hpp>
#include <fmt/format.h>

#include "core/random.h"
#include "core/words/catalogue.h"
#include "platform/http/connection.h"
#include "platform/http/problem.h"
#include "platform/http/render.h"

namespace bypuls::http {
namespace {

/// IMF-fixdate (RFC 9110 §5.6.7), in English whatever the locale.
std::string http_date(Instant now) {
    constexpr std::array<std::string_view, 7> days = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr std::array<std::string_view, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const std::time_t seconds = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    return fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} GMT", days[static_cast<std::size_t>(parts.tm_wday)],
                       parts.tm_mday, months[static_cast<std::size_t>(parts.tm_mon)], parts.tm_year + 1900,
                       parts.tm_hour, parts.tm_min, parts.tm_sec);
}

}  // namespace

Loop::Loop(const ServerParts& parts)
    : parts_(parts),
      work_(boost::asio::make_work_guard(context_)),
      sweep_timer_(context_),
      ids_(SystemRandom{}.next()),
      date_(http_date(parts.clock.now())) {
    schedule_sweep();
}

Loop::~Loop() = default;

void Loop::run() {
    context_.run();
}

void Loop::welcome(Socket socket) {
    ++parts_.counting.connections_accepted;
    if (stopping_) {
        return;
    }
    if (connection_count() >= parts_.connections_per_loop_max && !make_room()) {
        return refuse_for_lack_of_room(std::move(socket));
    }
    Connection::start(*this, std::move(socket));
}

bool Loop::make_room() {
    if (waiting_.empty()) {
        return false;
    }
    Connection& longest = *waiting_.front();
    parts_.counting.count(Rejection::made_room);
    longest.abandon();
    return true;
}

void Loop::refuse_for_lack_of_room(Socket socket) {
    parts_.counting.count(Rejection::connections_full);
    // Nobody has been heard, so nobody knows in which language: the page would be in bokmål too.
    const Request unheard;
    const words::Words say(words::Catalogue::built_in(), unheard.language);
    const Response full = problem(unheard, 503, "exhausted", say("problem.connections_full"));
    Wire wire(std::move(socket), nullptr);
    if (parts_.tls == nullptr) {
        wire.write_now(
            render_whole(full, {.content_security_policy = parts_.options.content_security_policy, .date = date_}));
    }
    wire.close();
}

void Loop::stop_gently() {
    stopping_ = true;
    for (auto* list : {&waiting_, &served_}) {
        for (auto at = list->begin(); at != list->end();) {
            Connection& connection = **at++;  // abandon() moves it to another list
            connection.prepare_to_stop();
        }
    }
    note_whether_over();
}

void Loop::stop_now() {
    stopping_ = true;
    for (auto* list : {&waiting_, &served_}) {
        for (auto at = list->begin(); at != list->end();) {
            Connection& connection = **at++;
            connection.abandon();
        }
    }
}

/// None comes any more when it is stopping, so what is over stays so.
void Loop::note_whether_over() {
    if (stopping_ && connection_count() == 0) {
        const std::lock_guard lock(over_mutex_);
        is_over_ = true;
        over_.notify_all();
    }
}

bool Loop::wait_until_over(std::chrono::steady_clock::time_point until) {
    std::unique_lock lock(over_mutex_);
    return over_.wait_until(lock, until, [this] { return is_over_; });
}

void Loop::finish() {
    boost::asio::post(context_, [this] {
        finished_ = true;
        sweep_timer_.cancel();
        work_.reset();
    });
}

Loop::Place Loop::enter(Connection& connection) {
    ++parts_.counting.connections_open;
    waiting_.push_back(&connection);
    return std::prev(waiting_.end());
}

void Loop::leave(Place place) {
    --parts_.counting.connections_open;
    now_served(place);
    served_.erase(place);
    note_whether_over();
}

void Loop::now_waits(Place place) {
    Connection& connection = **place;
    waiting_.splice(waiting_.end(), connection.is_listed_as_waiting() ? waiting_ : served_, place);
    connection.list_as_waiting(true);
}

void Loop::now_served(Place place) {
    Connection& connection = **place;
    served_.splice(served_.end(), connection.is_listed_as_waiting() ? waiting_ : served_, place);
    connection.list_as_waiting(false);
}

std::string Loop::make_request_id() {
    return fmt::format("{:016x}{:016x}", ids_(), ids_());
}

void Loop::schedule_sweep() {
    sweep_timer_.expires_after(parts_.options.tick);
    sweep_timer_.async_wait([this](const boost::system::error_code& error) {
        if (!error && !finished_) {
            sweep();
            schedule_sweep();
        }
    });
}

void Loop::sweep() {
    // One timer for all: a walk over 20 000 deadlines takes well under a millisecond, and a request sets no timer.
    date_ = http_date(parts_.clock.now());
    const auto now = parts_.clock.steady();
    for (auto* list : {&waiting_, &served_}) {
        for (auto at = list->begin(); at != list->end();) {
            Connection& connection = **at++;
            if (connection.deadline() <= now) {
                connection.expire();
            }
        }
    }
}

}  // namespace bypuls::http
