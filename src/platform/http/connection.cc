#include "platform/http/connection.h"

#include <algorithm>
#include <cstring>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/this_coro.hpp>

#include "core/check.h"
#include "core/log.h"
#include "core/text.h"
#include "platform/http/problem.h"

namespace bypuls::http {
namespace {

namespace asio = boost::asio;
constexpr std::size_t idle_buffer_bytes = 2 * 1024;  // what twenty thousand silent connections cost each
constexpr std::size_t body_buffer_bytes = 64 * 1024;
// What a client sends that has been refused is read and dropped, up to the first of these.
constexpr std::chrono::milliseconds linger_time{30'000};
constexpr std::chrono::milliseconds linger_silence_max{3'000};
constexpr std::size_t linger_bytes_max = 128 * 1024 * 1024;

Language language_for(const Request& request) {
    if (const auto asked = request.query.get("lang")) {
        if (const auto language = language_of(*asked)) {
            return *language;
        }
    }
    if (const auto kept = request.cookie("lang")) {
        if (const auto language = language_of(*kept)) {
            return *language;
        }
    }
    return accepted_language(request.header("Accept-Language").value_or("")).value_or(Language::nb);
}

}  // namespace

void Connection::start(Loop& loop, Loop::Socket socket) {
    auto connection = std::make_shared<Connection>(loop, std::move(socket));
    asio::co_spawn(
        loop.context(), connection->run(),
        asio::bind_cancellation_slot(connection->cancel_.slot(),
                                     [connection](const std::exception_ptr& error) { connection->ended(error); }));
}

Connection::Connection(Loop& loop, Loop::Socket socket)
    : loop_(loop),
      wire_(std::move(socket), loop.parts().tls),
      reader_(loop.parts().options.limits),
      place_(loop.enter(*this)),
      remote_(wire_.remote_address()),
      is_proxy_(loop.parts().proxies.contains(remote_)) {
    set_deadline(limits().header_time_max);
}

Connection::~Connection() = default;

void Connection::ended(const std::exception_ptr& error) {
    abandoned_ = true;
    wire_.close();
    loop_.leave(place_);
    try {
        if (error) {
            std::rethrow_exception(error);
        }
    } catch (const boost::system::system_error&) {
        // The peer left, or the loop cancelled: both are ordinary ends.
    } catch (const std::exception& unexpected) {
        log::error("platform/http", "a response was broken off", {{"what", unexpected.what()}});
    }
}

void Connection::set_deadline(std::chrono::milliseconds from_now) {
    deadline_ = from_now.count() > 0 ? now() + from_now : TimePoint::max();
}

void Connection::enter(Phase phase, std::chrono::milliseconds time) {
    phase_ = phase;
    set_deadline(time);
}

void Connection::abandon() {
    if (abandoned_) {
        return;
    }
    abandoned_ = true;
    deadline_ = TimePoint::max();
    wire_.close();
    loop_.now_served(place_);  // it no longer counts among those that could make room
    cancel_.emit(asio::cancellation_type::terminal);
}

void Connection::expire() {
    switch (phase_) {
        case Phase::handshake:
        case Phase::idle:
        case Phase::lingering: break;
        case Phase::header:
            counting().count(Rejection::header_too_slow);
            write_last_words(408, "request-timeout");
            break;
        case Phase::body:
            counting().count(Rejection::transfer_too_slow);
            write_last_words(408, "request-timeout");
            break;
        case Phase::handling:
            counting().count(Rejection::handler_too_slow);
            write_last_words(504, "timed-out");
            break;
        case Phase::responding:
        case Phase::live: counting().count(Rejection::transfer_too_slow); break;
    }
    abandon();
}

void Connection::write_last_words(int status, std::string_view type) {
    // While a read waits on a TLS stream, nothing may be written beside it.
    if (!abandoned_ && (!wire_.is_tls() || phase_ == Phase::handling)) {
        HeadFacts facts = facts_for(Sharing::same_site);
        wire_.write_now(render_whole(problem(reader_.request(), status, std::string(type)), facts));
        counting().count_response(status, now() - request_started_);
    }
}

void Connection::prepare_to_stop() {
    keep_alive_ = false;
    const bool nothing_begun = phase_ == Phase::handshake || phase_ == Phase::idle || phase_ == Phase::lingering;
    if (nothing_begun || phase_ == Phase::live) {
        abandon();
    }
}

Task<void> Connection::run() {
    co_await wire_.handshake();
    while (!abandoned_ && co_await serve_next()) {
    }
}

Task<bool> Connection::serve_next() {
    reader_.restart();
    body_held_.reset();
    request_started_ = now();
    if (in_.size() > idle_buffer_bytes && in_begin_ == in_end_) {
        std::vector<char>(idle_buffer_bytes).swap(in_);
        in_begin_ = in_end_ = 0;
    }
    loop_.now_waits(place_);
    enter(in_begin_ == in_end_ ? Phase::idle : Phase::header,
          in_begin_ == in_end_ ? limits().idle_time_max : limits().header_time_max);
    const Arrival header = co_await read_stage();
    if (!header) {
        co_return co_await refuse(header.error());
    }
    if (!*header) {
        co_return false;
    }
    request_started_ = now();
    complete_request();
    const Held in_flight(counting().requests_in_flight);
    Match match = loop_.parts().router.match(reader_.request().method, reader_.request().path);
    reader_.request().path_parameters = std::move(match.parameters);
    if (auto early = co_await answer_before_body(match)) {
        keep_alive_ = keep_alive_ && reader_.stage() == RequestReader::Stage::done;
        co_await respond(std::move(*early), match.route == nullptr ? Sharing::same_site : match.route->sharing);
        if (reader_.stage() != RequestReader::Stage::done) {
            co_await linger();
        }
        co_return keep_alive_;
    }
    const Arrival body = co_await read_body(match);
    if (!body) {
        co_return co_await refuse(body.error());
    }
    if (!*body) {
        co_return false;
    }
    Response response = co_await handle(*match.route);
    if (abandoned_) {
        co_return false;
    }
    co_await respond(std::move(response), match.route->sharing);
    co_return keep_alive_;
}

Task<bool> Connection::fill() {
    if (in_begin_ > 0) {
        std::memmove(in_.data(), in_.data() + in_begin_, in_end_ - in_begin_);
        in_end_ -= in_begin_;
        in_begin_ = 0;
    }
    // A body that comes fast gets a larger buffer; one that is only announced gets nothing for it.
    const bool carries_a_body = phase_ == Phase::body || phase_ == Phase::lingering;
    const bool comes_fast = carries_a_body && last_read_was_full_ && in_.size() < body_buffer_bytes;
    if (in_end_ == in_.size() || comes_fast) {
        in_.resize(std::max(idle_buffer_bytes, in_.size() * 2));
    }
    const std::size_t count = co_await wire_.read(std::span{in_}.subspan(in_end_));
    in_end_ += count;
    last_read_was_full_ = in_end_ == in_.size();
    counting().bytes_received += count;
    co_return count > 0 && !abandoned_;
}

Task<Connection::Arrival> Connection::read_stage() {
    // What the parser leaves untaken is at most a header or the line before a chunk.
    const std::size_t untaken_max = std::max(body_buffer_bytes, 2 * limits().header_bytes_max);
    const auto before = reader_.stage();
    const TimePoint started = now();
    std::uint64_t received = in_end_ - in_begin_;
    while (true) {
        if (in_begin_ < in_end_) {
            // RFC 9112 §2.2: an empty line before a request is forgiven.
            while (before == RequestReader::Stage::header && phase_ == Phase::idle && in_begin_ < in_end_ &&
                   (in_[in_begin_] == '\r' || in_[in_begin_] == '\n')) {
                ++in_begin_;
            }
            if (phase_ == Phase::idle && in_begin_ < in_end_) {
                enter(Phase::header, limits().header_time_max);
            }
            const auto taken = reader_.take(std::string_view(in_.data() + in_begin_, in_end_ - in_begin_));
            if (!taken) {
                co_return std::unexpected(taken.error());
            }
            in_begin_ += *taken;
        }
        if (reader_.stage() != before || reader_.stage() == RequestReader::Stage::done) {
            co_return true;
        }
        if (in_end_ - in_begin_ >= untaken_max) {
            co_return std::unexpected(Refusal{.detail = "the line before a chunk is too long"});
        }
        const std::size_t had = in_end_ - in_begin_;
        if (!co_await fill()) {
            co_return false;
        }
        received += in_end_ - in_begin_ - had;
        if (phase_ == Phase::body) {
            deadline_ = started + time_for(received);
            body_held_->grow_to(reader_.request().body.size());
            if (counting().bodies_bytes > limits().bodies_bytes_max) {
                co_return std::unexpected(Refusal{.status = 503,
                                                  .type = "exhausted",
                                                  .detail = "too much is being received at once",
                                                  .reason = Rejection::bodies_full});
            }
        }
    }
}

void Connection::complete_request() {
    Request& request = reader_.request();
    request.id = loop_.make_request_id();
    request.remote = remote_;
    request.secure = wire_.is_tls();
    request.language = language_for(request);
    keep_alive_ = reader_.keep_alive() && !loop_.stopping();
    if (!is_proxy_) {
        return;
    }
    if (const auto forwarded = request.headers.all("X-Forwarded-For"); !forwarded.empty()) {
        request.remote = sender_behind(forwarded, loop_.parts().proxies);
    }
    request.secure = request.secure || request.header("X-Forwarded-Proto") == "https";
}

std::size_t Connection::body_bytes_max(const Match& match) const {
    return match.route->body_bytes_max.value_or(limits().body_bytes_max);
}

std::chrono::milliseconds Connection::time_for(std::uint64_t bytes) const {
    return limits().transfer_grace + std::chrono::milliseconds(bytes * 1000 / limits().bytes_per_second_min);
}

Response Connection::answer_options(const Match& match) const {
    Response response = no_content();
    std::string allow;
    for (const Method method : match.allowed) {
        allow += (allow.empty() ? "" : ", ") + std::string(name_of(method));
    }
    response.headers.set("Allow", allow);
    const std::string& path = const_cast<RequestReader&>(reader_).request().path;
    std::string shared;
    for (const Method method : match.allowed) {
        const Match use = loop_.parts().router.match(method, path);
        if (use.route != nullptr && use.route->sharing == Sharing::open_data) {
            shared += (shared.empty() ? "" : ", ") + std::string(name_of(method));
        }
    }
    if (!shared.empty()) {
        response.headers.set("Access-Control-Allow-Origin", "*");
        response.headers.set("Access-Control-Allow-Methods", shared);
        response.headers.set("Access-Control-Allow-Headers",
                             "Accept, Accept-Language, Authorization, Content-Type, If-Match, If-None-Match, "
                             "Idempotency-Key, Last-Event-ID, Prefer");
        response.headers.set("Access-Control-Max-Age", "86400");
    }
    return response;
}

Task<std::optional<Response>> Connection::answer_before_body(const Match& match) {
    Request& request = reader_.request();
    if (match.route == nullptr && request.method == Method::options &&
        (request.path == "*" || !match.allowed.empty())) {
        co_return answer_options(match);
    }
    if (match.route == nullptr && match.allowed.empty()) {
        co_return problem(request, 404, "not-found");
    }
    if (match.route == nullptr) {
        Response response = problem(request, 405, "method-not-allowed");
        response.headers.set("Allow", std::string(*answer_options(match).headers.get("Allow")));
        co_return response;
    }
    if (loop_.parts().options.guard) {
        loop_.now_served(place_);
        enter(Phase::handling, limits().handler_time_max);
        co_return co_await loop_.parts().options.guard(request, *match.route);
    }
    co_return std::nullopt;
}

Task<Connection::Arrival> Connection::read_body(const Match& match) {
    if (reader_.stage() == RequestReader::Stage::done) {
        co_return true;
    }
    if (auto fine = reader_.allow_body(body_bytes_max(match)); !fine) {
        co_return std::unexpected(fine.error());
    }
    loop_.now_waits(place_);
    enter(Phase::body, limits().transfer_grace);
    body_held_.emplace(counting().bodies_bytes, 0);
    if (reader_.expects_continue() && in_begin_ == in_end_) {
        co_await send("HTTP/1.1 100 Continue\r\n\r\n");
    }
    const Arrival arrival = co_await read_stage();
    if (arrival && *arrival) {
        if (auto fine = unpack_body(match); !fine) {
            co_return std::unexpected(fine.error());
        }
        body_held_->grow_to(reader_.request().body.size());
    }
    co_return arrival;
}

std::expected<void, Refusal> Connection::unpack_body(const Match& match) {
    Request& request = reader_.request();
    const auto encoding = request.header("Content-Encoding");
    if (!encoding) {
        return {};
    }
    const auto coding = coding_of(*encoding);
    if (!coding) {
        return std::unexpected(Refusal{.status = 415, .type = "unsupported-type", .detail = coding.error().what});
    }
    auto unpacked =
        unpack(*coding, request.body, {.bytes_max = body_bytes_max(match), .ratio_max = limits().unpack_ratio_max});
    if (!unpacked && unpacked.error().code == Errc::exhausted) {
        return std::unexpected(Refusal{.status = 413,
                                       .type = "too-large",
                                       .detail = std::move(unpacked.error().what),
                                       .reason = Rejection::body_too_large});
    }
    if (!unpacked) {
        return std::unexpected(Refusal{.detail = std::move(unpacked.error().what)});
    }
    request.body = std::move(*unpacked);
    request.headers.remove("Content-Encoding");
    return {};
}

Task<Response> Connection::handle(const Route& route) {
    Request& request = reader_.request();
    loop_.now_served(place_);
    enter(Phase::handling, route.time_max.value_or(limits().handler_time_max));
    try {
        co_return co_await route.handler(request);
    } catch (const std::exception& error) {
        if (!abandoned_) {
            log::error("platform/http", "a handler threw",
                       {{"request", request.id}, {"route", route.pattern}, {"what", error.what()}});
        }
    }
    co_return problem(request, 500, "internal");
}

Task<bool> Connection::refuse(Refusal refusal) {
    counting().count(refusal.reason);
    keep_alive_ = false;
    Request& request = reader_.request();
    std::string().swap(request.body);
    body_held_.reset();
    if (request.id.empty()) {
        request_started_ = now();
        complete_request();
        keep_alive_ = false;
    }
    co_await respond(problem(request, refusal.status, std::string(refusal.type), refusal.sentence(request.language)),
                     Sharing::same_site);
    co_await linger();
    co_return false;
}

Task<void> Connection::linger() {
    // RFC 9112 §9.6: closing while bytes still arrive makes the kernel reset the connection, which takes from the peer
    // the answer that it has not read yet. So: say that no more will come, and drop what comes until the peer closes.
    wire_.shutdown_send();
    loop_.now_waits(place_);
    const TimePoint end = now() + linger_time;
    enter(Phase::lingering, linger_silence_max);
    std::size_t dropped = 0;
    in_begin_ = in_end_ = 0;
    while (dropped < linger_bytes_max && co_await fill()) {
        dropped += in_end_;
        in_begin_ = in_end_ = 0;
        deadline_ = std::min(end, now() + linger_silence_max);
    }
}

Task<void> Connection::watch_for_leaving() {
    const auto self = shared_from_this();
    co_await wire_.wait_for_leaving();
    if (phase_ == Phase::live) {
        abandon();
    }
}

}  // namespace bypuls::http
