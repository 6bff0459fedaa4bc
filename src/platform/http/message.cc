#include "platform/http/message.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <openssl/evp.h>

#include "core/bytes.h"
#include "core/check.h"
#include "core/text.h"

namespace bypuls::http {
namespace {

constexpr std::array<std::pair<Method, std::string_view>, 7> method_names = {{
    {Method::get, "GET"},
    {Method::head, "HEAD"},
    {Method::post, "POST"},
    {Method::put, "PUT"},
    {Method::patch, "PATCH"},
    {Method::del, "DELETE"},
    {Method::options, "OPTIONS"},
}};

std::string_view without_weakness(std::string_view etag) {
    return etag.starts_with("W/") ? etag.substr(2) : etag;
}

/// "text/*" and "*/*" match too.
bool range_matches(std::string_view range, std::string_view media_type) {
    if (range == "*/*" || equal_ignoring_ascii_case(range, media_type)) {
        return true;
    }
    return range.ends_with("/*") && media_type.size() >= range.size() &&
           equal_ignoring_ascii_case(range.substr(0, range.size() - 1), media_type.substr(0, range.size() - 1));
}

bool is_header_text(std::string_view text) {
    return std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

}  // namespace

std::string_view name_of(Method method) {
    return method_names[static_cast<std::size_t>(method)].second;
}

std::optional<Method> method_of(std::string_view name) {
    for (const auto& [method, word] : method_names) {
        if (word == name) {
            return method;
        }
    }
    return std::nullopt;
}

std::optional<std::string_view> Headers::get(std::string_view name) const {
    for (const auto& [key, value] : fields_) {
        if (equal_ignoring_ascii_case(key, name)) {
            return value;
        }
    }
    return std::nullopt;
}

std::vector<std::string_view> Headers::all(std::string_view name) const {
    std::vector<std::string_view> values;
    for (const auto& [key, value] : fields_) {
        if (equal_ignoring_ascii_case(key, name)) {
            values.emplace_back(value);
        }
    }
    return values;
}

void Headers::set(std::string name, std::string value) {
    remove(name);
    add(std::move(name), std::move(value));
}

void Headers::remove(std::string_view name) {
    std::erase_if(fields_, [&](const Field& field) { return equal_ignoring_ascii_case(field.first, name); });
}

std::string_view Request::path_parameter(std::string_view name) const {
    for (const auto& [key, value] : path_parameters) {
        if (key == name) {
            return value;
        }
    }
    check(false, fmt::format("the route's pattern has no parameter {}", name));
    return {};
}

std::optional<std::string_view> Request::cookie(std::string_view name) const {
    for (const std::string_view field : headers.all("Cookie")) {
        for (const std::string_view part : split(field, ';')) {
            const auto equals = part.find('=');
            if (equals != std::string_view::npos && trim(part.substr(0, equals)) == name) {
                return trim(part.substr(equals + 1));
            }
        }
    }
    return std::nullopt;
}

std::string Request::content_type() const {
    const auto value = headers.get("Content-Type");
    return value ? to_lower_ascii(trim(value->substr(0, value->find(';')))) : std::string{};
}

bool Request::accepts(std::string_view media_type) const {
    const auto accept = headers.get("Accept");
    if (!accept || trim(*accept).empty()) {
        return true;
    }
    for (const std::string_view range : split(*accept, ',')) {
        const auto semicolon = range.find(';');
        const std::string_view rest = semicolon == std::string_view::npos ? "" : trim(range.substr(semicolon + 1));
        const bool refused = rest == "q=0" || rest == "q=0.0" || rest == "q=0.00" || rest == "q=0.000";
        if (range_matches(trim(range.substr(0, semicolon)), media_type)) {
            return !refused;
        }
    }
    return false;
}

void set_cookie(Response& response, const Cookie& cookie) {
    check(is_header_text(cookie.value) && cookie.value.find(';') == std::string::npos, "a cookie's value is one token");
    std::string field = fmt::format("{}{}={}; Path=/; HttpOnly; SameSite={}", cookie.secure ? "__Host-" : "",
                                    cookie.name, cookie.value, cookie.strict ? "Strict" : "Lax");
    if (cookie.secure) {
        field += "; Secure";
    }
    if (cookie.max_age.count() != 0) {
        field += fmt::format("; Max-Age={}", std::max<long long>(cookie.max_age.count(), 0));
    }
    response.headers.add("Set-Cookie", std::move(field));
}

Response content(std::string media_type, Body body, int status) {
    return {.status = status, .headers = {{"Content-Type", std::move(media_type)}}, .body = std::move(body)};
}

Response json(std::string body, int status) {
    return content("application/json", std::move(body), status);
}

Response text(std::string body, int status) {
    return content("text/plain; charset=utf-8", std::move(body), status);
}

Response html(std::string body, int status) {
    return content("text/html; charset=utf-8", std::move(body), status);
}

Response redirect(std::string location, int status) {
    const bool own_path = location.starts_with('/') && !location.starts_with("//") && !location.starts_with("/\\");
    check((own_path || location.starts_with("https://")) && is_header_text(location),
          "a redirect leads to a path of our own or to https");
    return {.status = status, .headers = {{"Location", std::move(location)}}, .body = {}};
}

Response no_content() {
    return {.status = 204, .headers = {}, .body = {}};
}

std::string etag_of(std::string_view bytes) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int length = 0;
    check(EVP_Digest(bytes.data(), bytes.size(), digest.data(), &length, EVP_sha256(), nullptr) == 1,
          "SHA-256 is always there");
    return '"' + to_base64url(std::as_bytes(std::span{digest.data(), 16})) + '"';
}

bool not_modified(const Request& request, std::string_view etag) {
    const auto known = request.header("If-None-Match");
    if (!known) {
        return false;
    }
    if (trim(*known) == "*") {
        return true;
    }
    // Weak comparison (RFC 9110 §8.8.3.2): the packed form carries W/ before the same validator.
    const auto tags = split(*known, ',');
    return std::ranges::any_of(
        tags, [&](std::string_view tag) { return without_weakness(trim(tag)) == without_weakness(etag); });
}

Response with_etag(const Request& request, Response response, std::string etag) {
    const bool read = request.method == Method::get || request.method == Method::head;
    if (read && response.status == 200 && not_modified(request, etag)) {
        response.status = 304;
        response.body = std::string{};
        response.headers.remove("Content-Type");
    }
    response.headers.set("ETag", std::move(etag));
    return response;
}

Response with_etag(const Request& request, Response response) {
    std::string etag;
    if (const auto* own = std::get_if<std::string>(&response.body)) {
        etag = etag_of(*own);
    } else {
        const auto* shared = std::get_if<SharedBytes>(&response.body);
        check(shared != nullptr && *shared != nullptr, "a stream has no bytes to make a validator from");
        etag = etag_of(**shared);
    }
    return with_etag(request, std::move(response), std::move(etag));
}

bool is_same_site(const Request& request) {
    if (const auto site = request.header("Sec-Fetch-Site")) {
        return *site == "same-origin" || *site == "none";
    }
    const auto origin = request.header("Origin");
    if (!origin) {
        return true;  // not a browser, or a browser's plain navigation, which SameSite cookies already guard
    }
    const auto scheme_end = origin->find("://");
    const auto host = request.header("Host");
    return host && scheme_end != std::string_view::npos &&
           equal_ignoring_ascii_case(origin->substr(scheme_end + 3), *host);
}

}  // namespace bypuls::http
