#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "platform/http/message.h"

namespace bypuls::http {

/// One fault of several, for forms: where it is (JSON Pointer or parameter name) and a sentence.
struct Fault {
    std::string where;
    std::string what;
};

/// RFC 9457. The type is stable and may be programmed against; the words are for people.
struct Problem {
    int status = 500;
    /// The last part of `/problems/…`: "not-found".
    std::string type;
    /// In the reader's language. Empty: the table's words for the type.
    std::string title;
    std::string detail;
    std::string what_to_do;
    std::vector<Fault> errors;
    /// Seconds; more than 0 sends Retry-After.
    int retry_after_s = 0;
};

/// The problem of an expected failure: malformed 400, not_found 404, conflict 409, forbidden 403, unavailable 503 with
/// Retry-After, timed_out 504, exhausted 503 with Retry-After, damaged 500. The sentence of `damaged` is logged and not
/// shown, since it names our files.
Problem problem_of(const Error& error);
int status_of(Errc code);

/// application/problem+json, with the words in the request's language and `instance` naming the request.
Response problem(const Request& request, Problem problem);
Response problem(const Request& request, const Error& error);
/// For what people meet on pages and in downloads: sentences of the codes in `own` are the room's, in the reader's
/// language; those of the others are the system's own English, which is logged, and the reader is told in the words of
/// `problem.*` of the messages.
Response problem_for_reader(const Request& request, const Error& error, std::initializer_list<Errc> own);
/// By type alone: `problem(request, 404, "not-found")`. Types with words: bad-request, unauthorized, forbidden,
/// not-found, method-not-allowed, not-acceptable, conflict, gone, precondition-failed, too-large, unsupported-type,
/// unprocessable, too-many-requests, headers-too-large, internal, not-implemented, unavailable, timed-out, exhausted,
/// storage-full, request-timeout, damaged, too-much.
Response problem(const Request& request, int status, std::string type, std::string detail = {});

/// Title and advice of a type in a language; empty for an unknown type.
std::string_view problem_title(std::string_view type, Language language);
std::string_view problem_advice(std::string_view type, Language language);

}  // namespace bypuls::http
