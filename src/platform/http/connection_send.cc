// The half of a connection that sends.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <fmt/format.h>

#include "core/check.h"
#include "core/log.h"
#include "platform/http/connection.h"
#include "platform/http/problem.h"

namespace bypuls::http {
namespace {

namespace asio = boost::asio;
constexpr std::size_t pack_at_once_bytes_max = 256 * 1024;  // beyond, packing takes turns with other connections
constexpr std::size_t slice_bytes = 64 * 1024;

bool has_no_body(int status) {
    return status < 200 || status == 204 || status == 304;
}

/// A body in hand, as a stream.
Pull slices_of(SharedBytes bytes) {
    return [bytes = std::move(bytes), at = std::size_t{0}](std::string& chunk) mutable -> Task<Result<bool>> {
        chunk.assign(*bytes, at, slice_bytes);
        at += chunk.size();
        co_return at < bytes->size();
    };
}

}  // namespace

HeadFacts Connection::facts_for(Sharing sharing) const {
    return {.keep_alive = keep_alive_,
            .http_1_0 = reader_.is_http_1_0(),
            .secure = const_cast<RequestReader&>(reader_).request().secure,
            .sharing = sharing,
            .content_security_policy = loop_.parts().options.content_security_policy,
            .date = loop_.date()};
}

/// A handler may have taken so long to give its first bytes that the date is another.
std::string Connection::head_of(const Response& response, HeadFacts facts) const {
    facts.date = loop_.date();
    return render_head(response, facts);
}

Task<void> Connection::send(std::string_view first, std::string_view second) {
    set_deadline(time_for(first.size() + second.size()));
    co_await wire_.write(first, second);
    counting().bytes_sent += first.size() + second.size();
}

Task<void> Connection::respond(Response response, Sharing sharing) {
    const Request& request = reader_.request();
    loop_.now_served(place_);
    counting().count_response(response.status, now() - request_started_);
    HeadFacts facts = facts_for(sharing);
    facts.coding = coding_for(request, response);
    facts.varies_by_encoding = varies_by_encoding(response);
    if (has_no_body(response.status)) {
        facts.framing = Framing::none;
        facts.coding = Coding::identity;
        co_return co_await send_bytes(response, {}, facts);
    }
    if (auto* own = std::get_if<std::string>(&response.body)) {
        if (facts.coding == Coding::identity) {
            co_return co_await send_bytes(response, *own, facts);
        }
        if (own->size() <= pack_at_once_bytes_max) {
            co_return co_await send_bytes(response, pack(facts.coding, *own), facts);
        }
        response.body = Stream{slices_of(std::make_shared<const std::string>(std::move(*own)))};
    }
    if (auto* shared = std::get_if<SharedBytes>(&response.body)) {
        if (facts.coding == Coding::identity) {
            const SharedBytes bytes = *shared;
            co_return co_await send_bytes(response, *bytes, facts);
        }
        response.body = Stream{slices_of(*shared)};
    }
    if (auto* stream = std::get_if<Stream>(&response.body)) {
        Pull pull = std::move(stream->pull);
        co_return co_await send_stream(std::move(response), std::move(pull), facts);
    }
    Pull pull = std::move(std::get<OpenStream>(response.body).pull);
    co_await send_live(std::move(response), std::move(pull), facts);
}

Task<void> Connection::send_bytes(const Response& response, std::string_view body, HeadFacts facts) {
    phase_ = Phase::responding;
    facts.length = body.size();
    const std::string head = head_of(response, facts);
    const bool head_only = reader_.request().method == Method::head;
    co_await send(head, head_only ? std::string_view{} : body);
}

Task<void> Connection::send_chunk(std::string_view data, Framing framing) {
    phase_ = Phase::responding;
    if (data.empty()) {
        co_return;  // an empty chunk would be the end
    }
    if (framing == Framing::closing) {
        co_return co_await send(data);
    }
    std::string chunk = fmt::format("{:x}\r\n", data.size());
    chunk += data;
    chunk += "\r\n";
    co_await send(chunk);
}

Task<void> Connection::send_stream(Response response, Pull pull, HeadFacts facts) {
    facts.framing = facts.http_1_0 ? Framing::closing : Framing::chunked;
    facts.keep_alive = keep_alive_ = keep_alive_ && !facts.http_1_0;
    if (reader_.request().method == Method::head) {
        phase_ = Phase::responding;
        co_return co_await send(head_of(response, facts));
    }
    const auto packer = make_packer(facts.coding);
    bool head_sent = false;
    std::string chunk;
    for (bool more = true; more;) {
        chunk.clear();
        enter(Phase::handling, limits().handler_time_max);
        const Result<bool> pulled = co_await pull(chunk);
        if (!pulled && !head_sent) {
            co_return co_await respond(problem(reader_.request(), pulled.error()), facts.sharing);
        }
        if (!pulled) {
            log::warning("platform/http", "a stream was broken off",
                         {{"request", reader_.request().id}, {"what", pulled.error().what}});
            keep_alive_ = false;  // without the last chunk, the reader sees that something is missing
            co_return;
        }
        if (abandoned_) {
            co_return;
        }
        if (!head_sent) {
            phase_ = Phase::responding;
            co_await send(head_of(response, facts));
            head_sent = true;
        }
        more = *pulled;
        if (packer == nullptr) {
            co_await send_chunk(chunk, facts.framing);
        } else {
            co_await send_chunk(packer->push(chunk), facts.framing);
        }
        co_await asio::post(loop_.context(), asio::use_awaitable);  // others get their turn between chunks
    }
    if (packer != nullptr) {
        co_await send_chunk(packer->finish(), facts.framing);
    }
    if (facts.framing == Framing::chunked) {
        phase_ = Phase::responding;
        co_await send("0\r\n\r\n");
    }
}

Task<void> Connection::send_live(Response response, Pull pull, HeadFacts facts) {
    facts.framing = facts.http_1_0 ? Framing::closing : Framing::chunked;
    facts.keep_alive = keep_alive_ = false;
    phase_ = Phase::responding;
    co_await send(head_of(response, facts));
    if (reader_.request().method == Method::head) {
        co_return;
    }
    const Held open(counting().streams_open);
    asio::co_spawn(loop_.context(), watch_for_leaving(), asio::detached);
    std::string chunk;
    for (bool more = true; more && !abandoned_ && !loop_.stopping();) {
        chunk.clear();
        enter(Phase::live, std::chrono::milliseconds{0});
        const Result<bool> pulled = co_await pull(chunk);
        if (!pulled || abandoned_) {
            break;
        }
        more = *pulled;
        co_await send_chunk(chunk, facts.framing);
    }
    if (!abandoned_ && facts.framing == Framing::chunked) {
        phase_ = Phase::responding;
        co_await send("0\r\n\r\n");
    }
}

}  // namespace bypuls::http
