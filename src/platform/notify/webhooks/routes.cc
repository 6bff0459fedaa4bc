#include "platform/notify/webhooks/routes.h"

#include <algorithm>
#include <charconv>
#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/time/iso8601.h"
#include "core/words/catalogue.h"
#include "platform/http/problem.h"
#include "platform/policy/policy.h"

namespace bypuls::webhooks {
namespace {

using http::Method;
using nlohmann::json;

constexpr std::size_t body_bytes_max = 64U << 10U;
constexpr std::size_t dead_letters_max = 200;

using Answer = Result<http::Response>;
using Act = Answer (*)(RouteParts&, const http::Request&);

template <typename IdOf>
Result<IdOf> asked_id(const http::Request& request, std::string_view name) {
    const std::string_view text = request.path_parameter(name);
    IdOf id;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id.value);
    if (error != std::errc{} || end != text.data() + text.size()) {
        return fail(Errc::not_found, fmt::format("{} is not an id", text.substr(0, 40)));
    }
    return id;
}

json shown(const Subscription& subscription) {
    json datastreams = json::array();
    for (const DatastreamId id : subscription.wanted.datastreams) {
        datastreams.push_back(id.value);
    }
    return {{"id", subscription.id.value},
            {"url", subscription.url},
            {"description", subscription.description},
            {"datastreams", std::move(datastreams)},
            {"places", subscription.wanted.places},
            {"active", subscription.active},
            {"created", format_instant(subscription.created)},
            {"waiting", subscription.waiting},
            {"dead", subscription.dead},
            {"refused", subscription.refused}};
}

/// A body with these members and no others.
Result<json> body_of(const http::Request& request, std::initializer_list<std::string_view> members) {
    const auto body = json::parse(request.body, nullptr, false);
    if (!body.is_object()) {
        return fail(Errc::malformed, "the body must be a JSON object");
    }
    for (const auto& [name, value] : body.items()) {
        if (std::ranges::find(members, name) == members.end()) {
            return fail(Errc::malformed, fmt::format("{}: there is no such member", name.substr(0, 40)));
        }
    }
    return body;
}

Result<std::string> text_in(const json& body, const char* name) {
    const auto found = body.find(name);
    if (found == body.end()) {
        return std::string();
    }
    return found->is_string() ? Result<std::string>(found->get<std::string>())
                              : fail(Errc::malformed, fmt::format("{}: must be a text", name));
}

Result<Wanted> wanted_in(const json& body) {
    Wanted wanted;
    const json datastreams = body.value("datastreams", json::array());
    const json places = body.value("places", json::array());
    if (!datastreams.is_array() || !places.is_array()) {
        return fail(Errc::malformed, "datastreams, places: must be lists");
    }
    for (const json& id : datastreams) {
        if (!id.is_number_integer()) {
            return fail(Errc::malformed, "datastreams: must be whole numbers");
        }
        wanted.datastreams.push_back(DatastreamId{id.get<std::int64_t>()});
    }
    for (const json& slug : places) {
        if (!slug.is_string()) {
            return fail(Errc::malformed, "places: must be texts");
        }
        wanted.places.push_back(slug.get<std::string>());
    }
    return wanted;
}

Result<Subscription> find(RouteParts& parts, SubscriptionId id) {
    TRY(const auto all, parts.outbox.subscriptions());
    const auto found = std::ranges::find(all, id, &Subscription::id);
    return found != all.end() ? Result<Subscription>(*found)
                              : fail(Errc::not_found, fmt::format("there is no webhook {}", id.value));
}

Answer list(RouteParts& parts, const http::Request&) {
    TRY(const auto all, parts.outbox.subscriptions());
    json items = json::array();
    for (const Subscription& subscription : all) {
        items.push_back(shown(subscription));
    }
    return http::json(json{{"items", std::move(items)}}.dump());
}

Answer create(RouteParts& parts, const http::Request& request) {
    TRY(const auto body, body_of(request, {"url", "description", "datastreams", "places", "secret"}));
    TRY(auto url, text_in(body, "url"));
    TRY(auto description, text_in(body, "description"));
    TRY(auto wanted, wanted_in(body));
    TRY(const auto given, text_in(body, "secret"));
    auto secret = given.empty() ? Result<Secret>(Secret::random(parts.random)) : Secret::parse(given);
    if (!secret) {
        return fail(secret.error(), "secret");
    }
    TRY(const auto known, parts.outbox.subscriptions());
    if (known.size() >= subscriptions_max) {
        const words::Words say(words::Catalogue::built_in(), request.language);
        return http::problem(request, 409, "conflict", say("problem.webhooks_full"));
    }
    TRY(const auto id, parts.outbox.subscribe({std::move(url), std::move(description), std::move(wanted), *secret}));
    parts.changed();
    TRY(const auto made, find(parts, id));
    json answer = shown(made);
    answer["secret"] = made.secret.text();
    return http::json(answer.dump(), 201);
}

Answer change(RouteParts& parts, const http::Request& request) {
    TRY(const auto id, asked_id<SubscriptionId>(request, "id"));
    TRY(const auto body, body_of(request, {"active"}));
    const auto active = body.find("active");
    if (active == body.end() || !active->is_boolean()) {
        return fail(Errc::malformed, "active: must be true or false");
    }
    TRY_DO(parts.outbox.set_active(id, active->get<bool>()));
    parts.changed();
    TRY(const auto changed, find(parts, id));
    return http::json(shown(changed).dump());
}

Answer remove(RouteParts& parts, const http::Request& request) {
    TRY(const auto id, asked_id<SubscriptionId>(request, "id"));
    TRY_DO(parts.outbox.unsubscribe(id));
    parts.changed();
    return http::no_content();
}

/// Into a list's item: what programs go by, and a sentence.
void put_failure(json& item, const Failure& failure) {
    item["reason"] = failure.reason.empty() ? json(nullptr) : json(failure.reason);
    item["status"] = failure.status == 0 ? json(nullptr) : json(failure.status);
    item["fault"] = failure.what;
}

Answer list_dead(RouteParts& parts, const http::Request& request) {
    TRY(const auto id, asked_id<SubscriptionId>(request, "id"));
    TRY_DO(find(parts, id));
    TRY(const auto dead, parts.outbox.dead_letters(id, dead_letters_max));
    json items = json::array();
    for (const Message& message : dead) {
        json item = {{"id", message.id.value},
                     {"event", message.event_id},
                     {"created", format_instant(message.created)},
                     {"attempts", message.attempts}};
        put_failure(item, message.failure);
        items.push_back(std::move(item));
    }
    return http::json(json{{"items", std::move(items)}}.dump());
}

Answer list_deliveries(RouteParts& parts, const http::Request& request) {
    TRY(const auto id, asked_id<SubscriptionId>(request, "id"));
    TRY_DO(find(parts, id));
    TRY(const auto attempts, parts.outbox.attempts(id));
    json items = json::array();
    for (const Attempt& attempt : attempts) {
        json item = {{"event", attempt.event_id}, {"time", format_instant(attempt.at)}, {"received", !attempt.failure}};
        put_failure(item, attempt.failure.value_or(Failure{.reason = "", .status = attempt.status}));
        items.push_back(std::move(item));
    }
    return http::json(json{{"items", std::move(items)}}.dump());
}

Answer retry(RouteParts& parts, const http::Request& request) {
    TRY(const auto message, asked_id<MessageId>(request, "message"));
    TRY_DO(parts.outbox.revive(message));
    return http::no_content();
}

http::Route act(const std::shared_ptr<RouteParts>& room, Method method, std::string_view pattern, Act work) {
    return {.method = method,
            .pattern = "/api/v1/webhooks" + std::string(pattern),
            .handler = [room, work](http::Request& request) -> Task<http::Response> {
                auto made = co_await room->pool.run([&] { return work(*room, request); });
                // What is wrong with a field begins with its name; the staff pages say it in the reader's language.
                auto response =
                    made ? std::move(*made) : http::problem_for_reader(request, made.error(), {Errc::malformed});
                response.headers.set("Cache-Control", "no-store");
                co_return response;
            },
            .permission = std::string(policy::admin),
            .body_bytes_max = body_bytes_max};
}

}  // namespace

std::vector<http::Route> routes(RouteParts parts) {
    const auto room = std::make_shared<RouteParts>(std::move(parts));
    return {act(room, Method::get, "", list),
            act(room, Method::post, "", create),
            act(room, Method::patch, "/{id}", change),
            act(room, Method::del, "/{id}", remove),
            act(room, Method::get, "/{id}/dead-letters", list_dead),
            act(room, Method::get, "/{id}/deliveries", list_deliveries),
            act(room, Method::post, "/dead-letters/{message}/retry", retry)};
}

}  // namespace bypuls::webhooks
