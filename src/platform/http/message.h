#pragma once

#include <any>
#include <chrono>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/async/task.h"
#include "core/result.h"
#include "platform/http/language.h"
#include "platform/http/target.h"

namespace bypuls::http {

enum class Method : std::uint8_t { get, head, post, put, patch, del, options };

/// "GET", "DELETE", …
std::string_view name_of(Method method);
std::optional<Method> method_of(std::string_view name);

/// Field lines in order. Names compare without regard to case (RFC 9110 §5.1).
class Headers {
public:
    using Field = std::pair<std::string, std::string>;

    Headers() = default;
    Headers(std::initializer_list<Field> fields) : fields_(fields) {}

    std::optional<std::string_view> get(std::string_view name) const;
    std::vector<std::string_view> all(std::string_view name) const;
    bool has(std::string_view name) const { return get(name).has_value(); }
    /// Replaces every field of that name.
    void set(std::string name, std::string value);
    void add(std::string name, std::string value) { fields_.emplace_back(std::move(name), std::move(value)); }
    void remove(std::string_view name);

    bool empty() const { return fields_.empty(); }
    auto begin() const { return fields_.begin(); }
    auto end() const { return fields_.end(); }

private:
    std::vector<Field> fields_;
};

/// What a handler is given. Every text has been checked: the path and the query are UTF-8 without control characters.
struct Request {
    Method method = Method::get;
    /// As it stood on the wire.
    std::string target;
    /// Decoded, begins with '/', without the query.
    std::string path;
    /// What `{slug}` in the route's pattern stood for, decoded.
    std::vector<std::pair<std::string, std::string>> path_parameters;
    Query query;
    Headers headers;
    /// Whole, unpacked if it came compressed; within the route's limit.
    std::string body;
    /// The sender's IP address, as text; X-Forwarded-For counts only from a configured proxy.
    std::string remote;
    /// Came over TLS, here or at a configured proxy.
    bool secure = false;
    /// Names this request in logs and problems: 128 random bits.
    std::string id;
    /// Chosen from ?lang=, then the cookie `lang`, then Accept-Language; nb when none of them helps.
    Language language = Language::nb;
    /// Left by the server's guard for the handler: who is asking. http does not look inside.
    std::any who;

    /// check() that the route's pattern has this parameter.
    std::string_view path_parameter(std::string_view name) const;
    std::optional<std::string_view> header(std::string_view name) const { return headers.get(name); }
    /// The value of one cookie of the Cookie header (RFC 6265 §4.2).
    std::optional<std::string_view> cookie(std::string_view name) const;
    /// The media type of the body in lower case, without parameters: "application/json"; empty when absent.
    std::string content_type() const;
    /// Whether Accept allows the media type; an absent Accept allows everything (RFC 9110 §12.5.1).
    bool accepts(std::string_view media_type) const;
};

/// A long body that is made while it is sent. Called until it gives false; each call replaces `chunk` by the next
/// bytes (some 16 to 256 KiB is a good size; empty is allowed). Called again only when the socket has taken the last
/// chunk, so a slow reader slows the maker and memory stays small. A failure breaks the connection, so that the reader
/// sees that the body is not whole. Runs on the server's loop: blocking work goes through a Pool.
using Pull = std::move_only_function<Task<Result<bool>>(std::string& chunk)>;

/// An export: chunked, compressed when the reader wants it and the type is text.
struct Stream {
    Pull pull;
};

/// Stays open (server-sent events): has no deadline as a whole, is not compressed, ends when the reader leaves or the
/// server stops. The pull's wait is cancelled then and must not catch it.
struct OpenStream {
    Pull pull;
};

/// Bytes that many answers share are not copied.
using SharedBytes = std::shared_ptr<const std::string>;
using Body = std::variant<std::string, SharedBytes, Stream, OpenStream>;

/// What a handler gives back. Content-Length, Date, Connection and the security headers are the server's; a security
/// header that is set here wins over the server's default.
struct Response {
    int status = 200;
    Headers headers;
    Body body;
};

/// Cookies as ASVS 3.3 wants them: HttpOnly, SameSite, Path=/; Secure and the `__Host-` prefix when `secure`.
struct Cookie {
    std::string name;
    std::string value;
    /// Zero: until the browser closes. Negative: removes it.
    std::chrono::seconds max_age{0};
    bool strict = false;  ///< SameSite=Strict instead of Lax
    bool secure = true;
};
void set_cookie(Response& response, const Cookie& cookie);

Response json(std::string body, int status = 200);
Response text(std::string body, int status = 200);
Response html(std::string body, int status = 200);
/// 303 by default: "see the result there, with GET". check() that the location is a path of our own or https.
Response redirect(std::string location, int status = 303);
Response no_content();
/// Any media type.
Response content(std::string media_type, Body body, int status = 200);

/// A strong validator over the bytes, for `with_etag`: `"…"` with its quotes.
std::string etag_of(std::string_view bytes);
/// Adds the validator and answers 304 when If-None-Match has it (RFC 9110 §13.1.2). The first form makes it from the
/// body, which must not be a stream.
Response with_etag(const Request& request, Response response);
Response with_etag(const Request& request, Response response, std::string etag);
/// Whether If-None-Match names the validator, so that a handler can answer without making the body.
bool not_modified(const Request& request, std::string_view etag);

/// Whether a change comes from our own pages or from a program, not from another site's page in a browser: judged by
/// Sec-Fetch-Site, else Origin against Host (ASVS 3.5). For requests that carry a session cookie.
bool is_same_site(const Request& request);

}  // namespace bypuls::http
