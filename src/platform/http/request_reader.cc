#include "platform/http/request_reader.h"

#include <algorithm>

#include <boost/beast/http/basic_parser.hpp>
#include <fmt/format.h>

#include "core/check.h"
#include "core/text.h"
#include "core/words/catalogue.h"

namespace bypuls::http {
namespace {

namespace beast = boost::beast;
using beast::error_code;
using beast::http::field;
using HttpError = beast::http::error;

bool is_digits(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

/// RFC 9112 §5.2 lets a server refuse obsolete line folding; a proxy may see another field where Beast sees the end of
/// this one. Beast takes a field whole, so a fold is never split between two pieces.
bool has_folded_line(std::string_view header) {
    return header.find("\r\n ") != std::string_view::npos || header.find("\r\n\t") != std::string_view::npos;
}

Refusal body_larger_than(std::size_t bytes_max) {
    return {.status = 413, .type = "too-large", .reason = Rejection::body_too_large, .larger_than = bytes_max};
}

}  // namespace

std::string Refusal::sentence(Language language) const {
    if (larger_than == 0) {
        return detail;
    }
    const words::Words say(words::Catalogue::built_in(), language);
    const std::string bytes = fmt::to_string(larger_than);
    return reason == Rejection::header_too_large ? say("problem.header_larger", {{"bytes", bytes}})
                                                 : say("problem.body_larger", {{"bytes", bytes}});
}

/// Fills a Request while Beast reads. A refusal of our own is kept beside Beast's error code.
class RequestReader::Parser final : public beast::http::basic_parser<true> {
public:
    Parser(const Limits& limits, Request& request) : limits_(limits), request_(request) {
        header_limit(static_cast<std::uint32_t>(limits.header_bytes_max));
        body_limit(boost::none);  // counted in on_bytes, where the route's own limit is known
    }

    std::optional<Refusal> refusal;
    std::string method;
    int version = 11;  ///< major and minor digit
    bool body_allowed = false;
    std::size_t body_bytes_max = 0;
    bool expects_continue = false;

private:
    void refuse(error_code& ec, std::string detail, int status = 400, std::string_view type = "bad-request",
                Rejection reason = Rejection::malformed) {
        refusal = Refusal{.status = status, .type = type, .detail = std::move(detail), .reason = reason};
        ec = HttpError::bad_value;
    }

    void on_request_impl(beast::http::verb, beast::string_view method_text, beast::string_view target, int http_version,
                         error_code&) override {
        version = http_version;
        method.assign(method_text.data(), method_text.size());
        request_.target.assign(target.data(), target.size());
    }

    void on_field_impl(field name, beast::string_view name_text, beast::string_view value_text,
                       error_code& ec) override {
        if (header_done_) {
            return;  // trailers tell us nothing we use (RFC 9110 §6.5.1 lets a recipient drop them)
        }
        if (++fields_ > limits_.header_fields_max) {
            return refuse(ec, fmt::format("more than {} header fields", limits_.header_fields_max), 431,
                          "headers-too-large", Rejection::header_too_large);
        }
        const std::string_view value(value_text.data(), value_text.size());
        // Two lengths, or a length and a coding, are how requests are smuggled past a proxy (RFC 9112 §11.2).
        switch (name) {
            case field::content_length:
                if (std::exchange(has_length_, true) || !is_digits(value)) {
                    return refuse(ec, "Content-Length must be one number");
                }
                break;
            case field::transfer_encoding:
                if (std::exchange(has_coding_, true) || !equal_ignoring_ascii_case(value, "chunked")) {
                    return refuse(ec, "the only Transfer-Encoding is chunked");
                }
                break;
            case field::host:
                if (std::exchange(has_host_, true)) {
                    return refuse(ec, "more than one Host");
                }
                break;
            case field::expect: expects_continue = equal_ignoring_ascii_case(value, "100-continue"); break;
            default: break;
        }
        request_.headers.add(std::string(name_text.data(), name_text.size()), std::string(value));
    }

    void on_header_impl(error_code& ec) override {
        header_done_ = true;
        if (has_length_ && has_coding_) {
            return refuse(ec, "both Content-Length and Transfer-Encoding");
        }
        if (has_coding_ && version < 11) {
            return refuse(ec, "HTTP/1.0 has no Transfer-Encoding");
        }
        if (!has_host_ && version >= 11) {
            return refuse(ec, "Host is missing");
        }
    }

    // What is announced is not yet sent: memory follows the bytes that have come, so nothing is reserved here.
    void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}

    /// A body that has begun to come in earnest gets room for the rest, but never for more than four times what is
    /// here.
    void make_room(std::size_t more) {
        constexpr std::size_t in_earnest = 64 * 1024;
        std::string& body = request_.body;
        const std::size_t wanted = body.size() + more;
        if (wanted <= body.capacity() || wanted < in_earnest) {
            return;
        }
        const std::size_t announced = content_length() ? static_cast<std::size_t>(*content_length()) : 2 * wanted;
        body.reserve(std::max(wanted, std::min({announced, 4 * wanted, body_bytes_max})));
    }

    std::size_t on_bytes(beast::string_view bytes, error_code& ec) {
        if (request_.body.size() + bytes.size() > body_bytes_max) {
            refusal = body_larger_than(body_bytes_max);
            ec = HttpError::bad_value;
            return 0;
        }
        make_room(bytes.size());
        request_.body.append(bytes.data(), bytes.size());
        return bytes.size();
    }

    std::size_t on_body_impl(beast::string_view bytes, error_code& ec) override { return on_bytes(bytes, ec); }
    std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view bytes, error_code& ec) override {
        return on_bytes(bytes, ec);
    }
    void on_chunk_header_impl(std::uint64_t, beast::string_view, error_code&) override {}
    void on_finish_impl(error_code&) override {}
    void on_response_impl(int, beast::string_view, int, error_code&) override {}

    const Limits& limits_;
    Request& request_;
    std::size_t fields_ = 0;
    bool has_length_ = false;
    bool has_coding_ = false;
    bool has_host_ = false;
    bool header_done_ = false;
};

namespace {

Refusal refusal_of(const error_code& ec, const Limits& limits) {
    if (ec == HttpError::header_limit) {
        return {.status = 431,
                .type = "headers-too-large",
                .reason = Rejection::header_too_large,
                .larger_than = limits.header_bytes_max};
    }
    return {.status = 400, .type = "bad-request", .detail = "HTTP: " + ec.message(), .reason = Rejection::malformed};
}

}  // namespace

RequestReader::RequestReader(const Limits& limits) : limits_(limits) {
    restart();
}

RequestReader::~RequestReader() = default;

void RequestReader::restart() {
    request_ = Request{};
    parser_ = std::make_unique<Parser>(limits_, request_);
}

RequestReader::Stage RequestReader::stage() const {
    if (!parser_->is_header_done()) {
        return Stage::header;
    }
    return parser_->is_done() ? Stage::done : Stage::body;
}

std::expected<std::size_t, Refusal> RequestReader::take(std::string_view input) {
    std::size_t taken = 0;
    const Stage before = stage();
    check(before != Stage::body || parser_->body_allowed, "a body is read after allow_body()");
    while (stage() == before && before != Stage::done) {
        error_code ec;
        taken += parser_->put(boost::asio::const_buffer(input.data() + taken, input.size() - taken), ec);
        if (ec == HttpError::need_more) {
            break;
        }
        if (ec) {
            return std::unexpected(parser_->refusal ? std::move(*parser_->refusal) : refusal_of(ec, limits_));
        }
        if (before == Stage::body && taken == input.size() && stage() == before) {
            break;
        }
    }
    if (before == Stage::header && has_folded_line(input.substr(0, taken))) {
        return std::unexpected(Refusal{.detail = "a header line may not be folded"});
    }
    if (before == Stage::header && stage() != Stage::header) {
        if (auto fine = finish_header(); !fine) {
            return std::unexpected(std::move(fine.error()));
        }
    }
    return taken;
}

std::expected<void, Refusal> RequestReader::finish_header() {
    const auto method = method_of(parser_->method);
    if (!method) {
        return std::unexpected(Refusal{.status = 501,
                                       .type = "not-implemented",
                                       .detail = fmt::format("the method {} is not known", parser_->method),
                                       .reason = Rejection::malformed});
    }
    request_.method = *method;
    auto target = parse_target(request_.target);
    if (!target) {
        return std::unexpected(Refusal{.status = 400,
                                       .type = "bad-request",
                                       .detail = std::move(target.error().what),
                                       .reason = Rejection::malformed});
    }
    if (target->path == "*" && *method != Method::options) {
        return std::unexpected(Refusal{.status = 400,
                                       .type = "bad-request",
                                       .detail = "the target * belongs to OPTIONS",
                                       .reason = Rejection::malformed});
    }
    request_.path = std::move(target->path);
    request_.query = std::move(target->query);
    return {};
}

std::expected<void, Refusal> RequestReader::allow_body(std::size_t bytes_max) {
    parser_->body_allowed = true;
    parser_->body_bytes_max = bytes_max;
    if (announced_length().value_or(0) > bytes_max) {
        return std::unexpected(body_larger_than(bytes_max));
    }
    return {};
}

bool RequestReader::keep_alive() const {
    return parser_->is_header_done() && parser_->keep_alive();
}

bool RequestReader::is_http_1_0() const {
    return parser_->is_header_done() && parser_->version < 11;
}

bool RequestReader::expects_continue() const {
    return parser_->expects_continue;
}

std::optional<std::uint64_t> RequestReader::announced_length() const {
    const auto length = parser_->content_length();
    return length ? std::optional<std::uint64_t>(*length) : std::nullopt;
}

}  // namespace bypuls::http
