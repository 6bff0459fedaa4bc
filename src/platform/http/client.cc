#include "platform/http/client.h"

#include <algorithm>
#include <array>
#include <memory>
#include <mutex>

#include <arpa/inet.h>
#include <curl/curl.h>
#include <fmt/format.h>

#include "core/check.h"
#include "core/text.h"

namespace bypuls::http {
namespace {

struct CurlFree {
    void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
    void operator()(CURLU* url) const { curl_url_cleanup(url); }
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
    void operator()(char* text) const { curl_free(text); }
};

/// What curl's callbacks see of one exchange.
struct Exchange {
    const FetchOptions& options;
    FetchResponse response;
    std::size_t header_bytes = 0;
    bool too_large = false;
    std::string refused_address;
};

constexpr std::size_t header_bytes_max = 256 * 1024;

std::size_t on_body(char* data, std::size_t, std::size_t count, void* context) {
    auto& exchange = *static_cast<Exchange*>(context);
    if (exchange.response.body.size() + count > exchange.options.bytes_max) {
        exchange.too_large = true;
        return 0;  // curl stops with a write error
    }
    exchange.response.body.append(data, count);
    return count;
}

std::size_t on_header(char* data, std::size_t, std::size_t count, void* context) {
    auto& exchange = *static_cast<Exchange*>(context);
    exchange.header_bytes += count;
    if (exchange.header_bytes > header_bytes_max) {
        exchange.too_large = true;
        return 0;
    }
    const std::string_view line = trim(std::string_view(data, count));
    if (line.starts_with("HTTP/")) {
        exchange.response.headers = {};  // after "100 Continue", the real ones
    } else if (const auto colon = line.find(':'); colon != std::string_view::npos) {
        exchange.response.headers.add(std::string(trim(line.substr(0, colon))),
                                      std::string(trim(line.substr(colon + 1))));
    }
    return count;
}

std::string text_of(const curl_sockaddr& address) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    const auto* any = &address.addr;
    const void* bytes = address.family == AF_INET6
                            ? static_cast<const void*>(&reinterpret_cast<const sockaddr_in6*>(any)->sin6_addr)
                            : static_cast<const void*>(&reinterpret_cast<const sockaddr_in*>(any)->sin_addr);
    return inet_ntop(address.family, bytes, text.data(), text.size()) == nullptr ? std::string{} : text.data();
}

/// Called with the very address that is about to be connected: no name can be answered differently in between.
curl_socket_t on_open_socket(void* context, curlsocktype, curl_sockaddr* address) {
    auto& exchange = *static_cast<Exchange*>(context);
    if (address->family != AF_INET && address->family != AF_INET6) {
        return CURL_SOCKET_BAD;
    }
    const std::string text = text_of(*address);
    if (exchange.options.reach == Reach::public_only && !is_public_address(text)) {
        exchange.refused_address = text;
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

Result<void> check_url(const FetchRequest& request, const FetchOptions& options) {
    const std::unique_ptr<CURLU, CurlFree> url(curl_url());
    char* part = nullptr;
    if (curl_url_set(url.get(), CURLUPART_URL, request.url.c_str(), 0) != CURLUE_OK ||
        curl_url_get(url.get(), CURLUPART_SCHEME, &part, 0) != CURLUE_OK) {
        return fail(Errc::malformed, fmt::format("{}: not a URL", request.url));
    }
    const std::unique_ptr<char, CurlFree> scheme(part);
    if (std::string_view(scheme.get()) != "http" && std::string_view(scheme.get()) != "https") {
        return fail(Errc::malformed, fmt::format("{}: only http and https are fetched", request.url));
    }
    if (curl_url_get(url.get(), CURLUPART_HOST, &part, 0) != CURLUE_OK) {
        return fail(Errc::malformed, fmt::format("{}: has no host", request.url));
    }
    const std::unique_ptr<char, CurlFree> host(part);
    const auto same = [&](const std::string& allowed) { return equal_ignoring_ascii_case(allowed, host.get()); };
    if (!options.hosts.empty() && std::ranges::none_of(options.hosts, same)) {
        return fail(Errc::forbidden, fmt::format("{}: the host is not among those allowed", request.url));
    }
    return {};
}

Error error_of(CURLcode code, const Exchange& exchange, const std::string& url, const char* details) {
    if (!exchange.refused_address.empty()) {
        return {Errc::forbidden, fmt::format("{}: {} is not a public address", url, exchange.refused_address)};
    }
    if (exchange.too_large || code == CURLE_FILESIZE_EXCEEDED) {
        return {Errc::exhausted,
                fmt::format("{}: the answer is larger than {} bytes", url, exchange.options.bytes_max)};
    }
    const std::string sentence = fmt::format("{}: {}", url, *details != '\0' ? details : curl_easy_strerror(code));
    switch (code) {
        case CURLE_OPERATION_TIMEDOUT: return {Errc::timed_out, sentence};
        case CURLE_BAD_CONTENT_ENCODING:
        case CURLE_WEIRD_SERVER_REPLY:
        case CURLE_UNSUPPORTED_PROTOCOL:
        case CURLE_URL_MALFORMAT: return {Errc::malformed, sentence};
        default: return {Errc::unavailable, sentence};
    }
}

Result<std::unique_ptr<curl_slist, CurlFree>> header_list(const FetchRequest& request) {
    std::unique_ptr<curl_slist, CurlFree> list;
    const auto add = [&](const std::string& line) { list.reset(curl_slist_append(list.release(), line.c_str())); };
    for (const auto& [name, value] : request.headers) {
        if ((name + value).find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos) {
            return fail(Errc::malformed, fmt::format("header {}: contains a line break", name));
        }
        add(value.empty() ? name + ";" : fmt::format("{}: {}", name, value));
    }
    if (!request.headers.has("Expect")) {
        add("Expect:");
    }
    if (!request.headers.has("Content-Type")) {
        add("Content-Type:");
    }
    return list;
}

void set_up(CURL* handle, const FetchRequest& request, Exchange& exchange, char* details) {
    const FetchOptions& options = exchange.options;
    curl_easy_setopt(handle, CURLOPT_URL, request.url.c_str());
    curl_easy_setopt(handle, CURLOPT_PROTOCOLS, static_cast<long>(CURLPROTO_HTTP | CURLPROTO_HTTPS));
    curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(handle, CURLOPT_PROXY, "");
    curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, static_cast<long>(std::max<long long>(options.deadline.count(), 1)));
    curl_easy_setopt(handle, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, details);
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(handle, CURLOPT_WRITEDATA, &exchange);
    curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(handle, CURLOPT_HEADERDATA, &exchange);
    curl_easy_setopt(handle, CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
    curl_easy_setopt(handle, CURLOPT_OPENSOCKETDATA, &exchange);
    curl_easy_setopt(handle, CURLOPT_USERAGENT, "bypuls");
    if (!request.headers.has("Accept-Encoding")) {
        curl_easy_setopt(handle, CURLOPT_ACCEPT_ENCODING, "gzip");
    }
    if (!options.certificate_authorities.empty()) {
        curl_easy_setopt(handle, CURLOPT_CAINFO, options.certificate_authorities.c_str());
    }
    if (request.method == Method::head) {
        curl_easy_setopt(handle, CURLOPT_NOBODY, 1L);
    } else if (request.method != Method::get || !request.body.empty()) {
        curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
        curl_easy_setopt(handle, CURLOPT_POSTFIELDS, request.body.c_str());
        curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, std::string(name_of(request.method)).c_str());
    }
}

}  // namespace

Result<FetchResponse> fetch(const FetchRequest& request, const FetchOptions& options) {
    static std::once_flag started;
    std::call_once(started, [] { check(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK, "curl can be started"); });
    TRY_DO(check_url(request, options));
    TRY(const auto headers, header_list(request));
    const std::unique_ptr<CURL, CurlFree> handle(curl_easy_init());
    check(handle != nullptr, "curl can be started");
    Exchange exchange{.options = options, .response = {}, .refused_address = {}};
    std::array<char, CURL_ERROR_SIZE> details{};
    set_up(handle.get(), request, exchange, details.data());
    curl_easy_setopt(handle.get(), CURLOPT_HTTPHEADER, headers.get());
    if (const CURLcode code = curl_easy_perform(handle.get()); code != CURLE_OK) {
        return std::unexpected(error_of(code, exchange, request.url, details.data()));
    }
    long status = 0;
    curl_easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &status);
    exchange.response.status = static_cast<int>(status);
    return std::move(exchange.response);
}

}  // namespace bypuls::http
