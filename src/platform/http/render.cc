#include "platform/http/render.h"

#include <iterator>

#include <fmt/format.h>

#include "core/check.h"
#include "core/text.h"
#include "platform/http/files.h"

namespace bypuls::http {
namespace {

constexpr std::size_t pack_from_bytes = 1024;

void append_field(std::string& out, std::string_view name, std::string_view value) {
    out += name;
    out += ": ";
    out += value.substr(0, value.find_first_of(std::string_view("\r\n\0", 3)));
    out += "\r\n";
}

/// ASVS 3.4, item by item; each only when the handler has not said otherwise.
void append_security(std::string& out, const Response& response, const HeadFacts& facts) {
    const auto unless_set = [&](std::string_view name, std::string_view value) {
        if (!response.headers.has(name)) {
            append_field(out, name, value);
        }
    };
    unless_set("X-Content-Type-Options", "nosniff");
    unless_set("Content-Security-Policy", facts.content_security_policy);
    unless_set("Referrer-Policy", "strict-origin-when-cross-origin");
    unless_set("Permissions-Policy", "camera=(), microphone=(), payment=(), usb=(), geolocation=(self)");
    unless_set("Cross-Origin-Opener-Policy", "same-origin");
    if (facts.secure) {
        unless_set("Strict-Transport-Security", "max-age=31536000; includeSubDomains");
    }
    if (facts.sharing == Sharing::open_data) {
        unless_set("Access-Control-Allow-Origin", "*");
        unless_set("Access-Control-Expose-Headers", "ETag, Link, Location, Content-Disposition, Retry-After");
    }
}

/// Fields that are the server's own: a handler that sets them would contradict the framing.
bool is_framing_field(std::string_view name) {
    return equal_ignoring_ascii_case(name, "Content-Length") || equal_ignoring_ascii_case(name, "Transfer-Encoding") ||
           equal_ignoring_ascii_case(name, "Connection") || equal_ignoring_ascii_case(name, "Date");
}

void append_handlers_fields(std::string& out, const Response& response, const HeadFacts& facts) {
    for (const auto& [name, value] : response.headers) {
        if (is_framing_field(name)) {
            continue;
        }
        // The packed form is another representation: its validator may only be compared weakly (RFC 9110 §8.8.1).
        const bool weaken = facts.coding != Coding::identity && equal_ignoring_ascii_case(name, "ETag");
        append_field(out, name, weaken && !value.starts_with("W/") ? "W/" + value : value);
    }
}

std::string_view content_type_of(const Response& response) {
    return response.headers.get("Content-Type").value_or("");
}

}  // namespace

std::string_view reason_phrase(int status) {
    switch (status) {
        case 100: return "Continue";
        case 200: return "OK";
        case 201: return "Created";
        case 202: return "Accepted";
        case 204: return "No Content";
        case 206: return "Partial Content";
        case 301: return "Moved Permanently";
        case 302: return "Found";
        case 303: return "See Other";
        case 304: return "Not Modified";
        case 307: return "Temporary Redirect";
        case 308: return "Permanent Redirect";
        case 400: return "Bad Request";
        case 401: return "Unauthorized";
        case 403: return "Forbidden";
        case 404: return "Not Found";
        case 405: return "Method Not Allowed";
        case 406: return "Not Acceptable";
        case 408: return "Request Timeout";
        case 409: return "Conflict";
        case 410: return "Gone";
        case 412: return "Precondition Failed";
        case 413: return "Content Too Large";
        case 415: return "Unsupported Media Type";
        case 422: return "Unprocessable Content";
        case 429: return "Too Many Requests";
        case 431: return "Request Header Fields Too Large";
        case 500: return "Internal Server Error";
        case 501: return "Not Implemented";
        case 503: return "Service Unavailable";
        case 504: return "Gateway Timeout";
        case 507: return "Insufficient Storage";
        default: return "";
    }
}

std::string render_head(const Response& response, const HeadFacts& facts) {
    check(response.status >= 100 && response.status <= 599, "a status has three digits");
    std::string out;
    out.reserve(1024);
    fmt::format_to(std::back_inserter(out), "HTTP/1.1 {} {}\r\n", response.status, reason_phrase(response.status));
    append_field(out, "Date", facts.date);
    append_handlers_fields(out, response, facts);
    append_security(out, response, facts);
    if (facts.coding != Coding::identity) {
        append_field(out, "Content-Encoding", name_of(facts.coding));
    }
    if (facts.varies_by_encoding) {
        append_field(out, "Vary", "Accept-Encoding");
    }
    switch (facts.framing) {
        case Framing::length: fmt::format_to(std::back_inserter(out), "Content-Length: {}\r\n", facts.length); break;
        case Framing::chunked: append_field(out, "Transfer-Encoding", "chunked"); break;
        case Framing::closing:
        case Framing::none: break;
    }
    if (!facts.keep_alive) {
        append_field(out, "Connection", "close");
    } else if (facts.http_1_0) {
        append_field(out, "Connection", "keep-alive");
    }
    out += "\r\n";
    return out;
}

std::string render_whole(const Response& response, const HeadFacts& facts) {
    const auto* body = std::get_if<std::string>(&response.body);
    check(body != nullptr, "a whole response has its body in hand");
    HeadFacts closing = facts;
    closing.keep_alive = false;
    closing.length = body->size();
    return render_head(response, closing) + *body;
}

bool varies_by_encoding(const Response& response) {
    return !response.headers.has("Content-Encoding") && is_compressible(content_type_of(response));
}

Coding coding_for(const Request& request, const Response& response) {
    if (!varies_by_encoding(response) || response.status == 206) {
        return Coding::identity;
    }
    std::size_t size = pack_from_bytes;  // a stream is long until shown otherwise
    if (const auto* own = std::get_if<std::string>(&response.body)) {
        size = own->size();
    } else if (const auto* shared = std::get_if<SharedBytes>(&response.body)) {
        size = (*shared)->size();
    } else if (std::holds_alternative<OpenStream>(response.body)) {
        return Coding::identity;
    }
    const auto accepted = request.header("Accept-Encoding");
    return size >= pack_from_bytes && accepted ? accepted_coding(*accepted) : Coding::identity;
}

}  // namespace bypuls::http
