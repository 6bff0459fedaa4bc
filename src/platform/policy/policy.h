#pragma once

#include <string_view>

#include "core/async/task.h"
#include "core/result.h"
#include "platform/http/router.h"
#include "platform/http/server.h"
#include "platform/identity/identity.h"

/// Who may do what: one function that every request passes. Everything is forbidden unless its route says who may.
namespace bypuls::policy {

/// The words that a route's `permission` may be.
inline constexpr std::string_view anyone = "anyone";  ///< public data and the pages around it; no one is asked
inline constexpr std::string_view ingest = "ingest";  ///< a key that may send readings
inline constexpr std::string_view read = "read";      ///< a key or a person that may read the internal plane
inline constexpr std::string_view admin = "admin";    ///< a person, or a key, that may change things
/// The metrics: a key that may read, or anybody on the machine itself.
inline constexpr std::string_view observe = "observe";

/// Errc::malformed names the routes whose permission is none of the words above: a table with such a route must not be
/// served. Checked at start and in a test.
Result<void> check_routes(const http::Router& router);

/// Refuses whoever may not; else leaves who is asking in `request.who`. `identity` and `pool` must outlive the server.
/// Without an identity (the public plane on its own) only `anyone` and, from the machine itself, `observe` pass.
http::Guard guard(identity::Identity* identity, Pool* pool);

/// The guard for a single permission, for handlers that choose between planes by who is asking: a refusal, or nothing
/// and who is asking in `request.who`.
Task<std::optional<http::Response>> admit(http::Request& request, std::string_view permission,
                                          identity::Identity* identity, Pool* pool);

/// Who is asking, or nothing for an anonymous request.
const identity::Principal* who(const http::Request& request);

/// The request's credentials, for signing in and out.
identity::Credentials credentials_of(const http::Request& request);

}  // namespace bypuls::policy
