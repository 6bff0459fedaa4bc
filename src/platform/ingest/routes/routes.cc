#include "platform/ingest/routes/routes.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/percent.h"
#include "platform/http/problem.h"
#include "platform/ingest/routes/idempotency_key.h"
#include "platform/policy/policy.h"

namespace bypuls::ingest {
namespace {

using nlohmann::json;

constexpr std::size_t lines_described_max = 100;

/// Names the request among the last ones of its API key. Empty when it brings no Idempotency-Key.
Result<std::string> key_of(const http::Request& request) {
    const auto header = request.header("idempotency-key");
    if (!header) {
        return std::string();
    }
    TRY(const std::string key, parse_idempotency_key(*header));
    const auto* principal = policy::who(request);
    // What follows the last slash is the key; escaped, it holds none.
    return fmt::format("{}{}/{}/{}", request_prefix, principal == nullptr ? 0 : static_cast<int>(principal->kind),
                       principal == nullptr ? 0 : principal->id, percent_encode(key));
}

Result<Message> message_from(http::Request& request, const Clock& clock, Way way, std::string detail) {
    TRY(std::string key, key_of(request));
    const auto* principal = policy::who(request);
    const bool redelivered = !key.empty();  // perhaps: whoever sends a key sends it every time
    return Message{.way = way,
                   .sender = principal == nullptr ? "" : principal->name,
                   .detail = std::move(detail),
                   .received = clock.now(),
                   .body = std::move(request.body),
                   .key = std::move(key),
                   .redelivered = redelivered};
}

/// Why nothing was accepted. A full disk is 507, so that a sender knows that waiting a moment will not help.
http::Response refused(const http::Request& request, const pipeline::Pipeline& pipeline, const Error& error) {
    if (error.code == Errc::exhausted && pipeline.disk_full()) {
        auto response = http::problem(request, 507, "storage-full", error.what);
        response.headers.set("Retry-After", "60");
        return response;
    }
    return http::problem(request, error);
}

Task<http::Response> take_frame(pipeline::Pipeline& pipeline, http::Request& request, Result<Message> message) {
    if (!message) {
        co_return http::problem(request, message.error());
    }
    const auto receipt = co_await pipeline.submit(std::move(*message));
    if (!receipt) {
        co_return refused(request, pipeline, receipt.error());
    }
    co_return http::no_content();
}

Task<http::Response> chirpstack(pipeline::Pipeline& pipeline, const Clock& clock, http::Request& request) {
    const std::string event(request.query.get("event").value_or(""));
    const bool is_json = request.content_type() != "application/octet-stream";
    if (event == "integration") {
        co_return http::no_content();  // what another integration of the server did; nothing of a device
    }
    auto message = message_from(request, clock, is_json ? Way::chirpstack_json : Way::chirpstack_protobuf, event);
    co_return co_await take_frame(pipeline, request, std::move(message));
}

Task<http::Response> tts(pipeline::Pipeline& pipeline, const Clock& clock, http::Request& request) {
    auto message = message_from(request, clock, Way::tts_json, "");
    co_return co_await take_frame(pipeline, request, std::move(message));
}

/// As InfluxDB answers a partial write, in the form of a problem: clients of either kind find what they look for.
http::Response partial_write(const http::Request& request, const pipeline::Receipt& receipt) {
    http::Response response =
        http::problem(request, 400, "bad-request", "Some lines were refused; the others are kept.");
    json body = json::parse(std::get<std::string>(response.body));
    json lines = json::array();
    for (const auto& refused_line : receipt.refused) {
        if (lines.size() < lines_described_max) {
            lines.push_back({{"line", refused_line.unit}, {"detail", refused_line.what}});
        }
    }
    body["code"] = "invalid";
    body["message"] = fmt::format("partial write: {}", receipt.refused.empty() ? "" : receipt.refused.front().what);
    body["accepted"] = receipt.accepted;
    body["rejected"] = receipt.rejected;
    body["lines"] = std::move(lines);
    response.body = body.dump(-1, ' ', false, json::error_handler_t::replace);
    return response;
}

Task<http::Response> lines(pipeline::Pipeline& pipeline, const Clock& clock, http::Request& request) {
    auto message = message_from(request, clock, Way::lines, std::string(request.query.get("precision").value_or("ns")));
    if (!message) {
        co_return http::problem(request, message.error());
    }
    const auto receipt = co_await pipeline.submit(std::move(*message));
    if (!receipt) {
        co_return refused(request, pipeline, receipt.error());
    }
    if (receipt->rejected > 0) {
        co_return partial_write(request, *receipt);
    }
    co_return http::no_content();
}

Task<http::Response> observations(pipeline::Pipeline& pipeline, const Clock& clock, http::Request& request) {
    const bool is_lines = request.content_type() == "application/x-ndjson";
    const std::string_view history = request.query.get("history").value_or("false");
    if (history != "true" && history != "false") {
        co_return http::problem(request, 400, "bad-request", "'history' is true or false");
    }
    auto message = message_from(request, clock, is_lines ? Way::batch_ndjson : Way::batch_json,
                                history == "true" ? std::string(history_detail) : "");
    if (!message) {
        co_return http::problem(request, message.error());
    }
    const auto receipt = co_await pipeline.submit(std::move(*message));
    if (!receipt) {
        co_return refused(request, pipeline, receipt.error());
    }
    json rows = json::array();
    for (const auto& row : receipt->refused) {
        rows.push_back({{"row", row.unit}, {"reason", "malformed"}, {"field", row.field}, {"detail", row.what}});
    }
    const json body{{"accepted", receipt->accepted}, {"rejected", receipt->rejected}, {"rows", std::move(rows)}};
    co_return http::json(body.dump(-1, ' ', false, json::error_handler_t::replace));
}

using Take = Task<http::Response> (*)(pipeline::Pipeline&, const Clock&, http::Request&);

http::Route post(std::string pattern, pipeline::Pipeline& pipeline, const Clock& clock, Take take) {
    return {.method = http::Method::post,
            .pattern = std::move(pattern),
            .handler = [&pipeline, &clock, take](http::Request& request) { return take(pipeline, clock, request); },
            .permission = std::string(policy::ingest),
            .body_bytes_max = body_bytes_max};
}

}  // namespace

std::vector<http::Route> routes(pipeline::Pipeline& pipeline, const Clock& clock) {
    return {post("/ingest/chirpstack", pipeline, clock, chirpstack), post("/ingest/tts", pipeline, clock, tts),
            post("/ingest/lines", pipeline, clock, lines), post("/api/v2/write", pipeline, clock, lines),
            post("/ingest/observations", pipeline, clock, observations)};
}

}  // namespace bypuls::ingest
