#include "platform/policy/policy.h"

#include <any>
#include <array>
#include <optional>

#include <fmt/format.h>

#include "core/host.h"
#include "platform/http/problem.h"

namespace bypuls::policy {
namespace {

constexpr std::array words{anyone, ingest, read, admin, observe};

std::optional<identity::Scope> scope_of(std::string_view permission) {
    if (permission == ingest) {
        return identity::Scope::ingest;
    }
    if (permission == read || permission == observe) {
        return identity::Scope::read;
    }
    if (permission == admin) {
        return identity::Scope::admin;
    }
    return std::nullopt;
}

bool changes_something(http::Method method) {
    return method != http::Method::get && method != http::Method::head && method != http::Method::options;
}

http::Response unauthorized(const http::Request& request) {
    auto response = http::problem(request, 401, "unauthorized");
    response.headers.set("WWW-Authenticate", "Bearer realm=\"bypuls\"");
    return response;
}

/// Trouble of our own while asking is not the asker's fault.
http::Response refusal_for(const http::Request& request, const Error& error) {
    switch (error.code) {
        case Errc::not_found: return unauthorized(request);
        case Errc::forbidden: return unauthorized(request);
        default: return http::problem(request, error);
    }
}

}  // namespace

identity::Credentials credentials_of(const http::Request& request) {
    return {.authorization = request.header("authorization").value_or(""),
            .cookie = request.header("cookie").value_or(""),
            .csrf_token = request.header("x-csrf-token").value_or(""),
            .changes_something = changes_something(request.method),
            .transport = request.secure ? identity::Transport::secure : identity::Transport::plain};
}

Result<void> check_routes(const http::Router& router) {
    for (const auto& route : router.routes()) {
        bool known = false;
        for (const std::string_view word : words) {
            known = known || route->permission == word;
        }
        if (!known) {
            return fail(Errc::malformed, fmt::format("the route {} does not say who may use it", route->pattern));
        }
    }
    return {};
}

const identity::Principal* who(const http::Request& request) {
    return std::any_cast<identity::Principal>(&request.who);
}

http::Guard guard(identity::Identity* identity, Pool* pool) {
    return [identity, pool](http::Request& request, const http::Route& route) -> Task<std::optional<http::Response>> {
        return admit(request, route.permission, identity, pool);
    };
}

Task<std::optional<http::Response>> admit(http::Request& request, std::string_view permission,
                                          identity::Identity* identity, Pool* pool) {
    if (permission == anyone || (permission == observe && is_loopback(request.remote))) {
        co_return std::nullopt;
    }
    const auto scope = scope_of(permission);
    if (identity == nullptr || pool == nullptr || !scope) {
        co_return http::problem(request, 404, "not-found");
    }
    const bool by_cookie = !request.header("authorization");
    if (by_cookie && changes_something(request.method) && !http::is_same_site(request)) {
        co_return http::problem(request, 403, "forbidden");
    }
    auto principal = co_await pool->run([&] { return identity->authenticate(credentials_of(request)); });
    if (!principal && by_cookie && principal.error().code == Errc::forbidden) {
        // A session that is over is told apart from a missing CSRF token, so that pages can show the sign-in form.
        auto reading = credentials_of(request);
        reading.changes_something = false;
        const bool alive = co_await pool->run([&] { return identity->authenticate(reading).has_value(); });
        co_return alive ? http::problem(request, 403, "forbidden") : unauthorized(request);
    }
    if (!principal) {
        co_return refusal_for(request, principal.error());
    }
    if (!principal->may(*scope)) {
        co_return http::problem(request, 403, "forbidden");
    }
    request.who = std::move(*principal);
    co_return std::nullopt;
}

}  // namespace bypuls::policy
