#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "platform/http/message.h"
#include "platform/http/server.h"

namespace bypuls::http {

/// Why a request is answered without being served. The connection is closed after the answer, since what follows on it
/// can no longer be told apart.
struct Refusal {
    int status = 400;
    /// As in problem.h: "bad-request".
    std::string_view type = "bad-request";
    /// For who wrote the client: browsers do not cause it. What is too large for them too says `larger_than` instead.
    std::string detail = {};
    Rejection reason = Rejection::malformed;
    std::size_t larger_than = 0;  ///< bytes

    /// In the reader's language where it is for readers.
    std::string sentence(Language language) const;
};

/// Makes requests from bytes, in pieces of any size (RFC 9112): the one HTTP parser of the program, Beast's, with what
/// it leaves to its user: one length, one Host, no transfer coding but chunked, our limits. Does no I/O; fuzzed.
class RequestReader {
public:
    enum class Stage : std::uint8_t {
        header,  ///< wants more of the header
        body,    ///< the header is whole; call allow_body() once, then go on
        done,    ///< the request is whole
    };

    /// The limits must outlive the reader.
    explicit RequestReader(const Limits& limits);
    ~RequestReader();
    RequestReader(const RequestReader&) = delete;
    RequestReader& operator=(const RequestReader&) = delete;

    /// Forgets the last request and begins the next.
    void restart();
    /// Takes what it can use from the front and says how much that was; the rest must be offered again with more behind
    /// it. Stops after the header and after the body, so that the caller can decide.
    std::expected<std::size_t, Refusal> take(std::string_view input);
    /// Errc 413 at once when the announced length is beyond; otherwise counted while it arrives.
    std::expected<void, Refusal> allow_body(std::size_t bytes_max);

    Stage stage() const;
    bool keep_alive() const;
    bool is_http_1_0() const;
    bool expects_continue() const;
    std::optional<std::uint64_t> announced_length() const;
    /// Method, target, path, query, headers from the end of the header; body when done.
    Request& request() { return request_; }

private:
    class Parser;
    std::expected<void, Refusal> finish_header();

    const Limits& limits_;
    Request request_;
    std::unique_ptr<Parser> parser_;
};

}  // namespace bypuls::http
