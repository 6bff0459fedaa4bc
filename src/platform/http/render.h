#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "platform/http/coding.h"
#include "platform/http/message.h"
#include "platform/http/router.h"

namespace bypuls::http {

/// How the end of a body is told (RFC 9112 §6).
enum class Framing : std::uint8_t {
    length,   ///< Content-Length
    chunked,  ///< Transfer-Encoding: chunked
    closing,  ///< by closing, for HTTP/1.0
    none,     ///< 1xx, 204, 304: no body and no length
};

/// What the head of a response says beside what its handler said.
struct HeadFacts {
    Framing framing = Framing::length;
    std::uint64_t length = 0;
    Coding coding = Coding::identity;
    /// The body is of a kind that would be packed for another reader: caches must tell readers apart.
    bool varies_by_encoding = false;
    bool keep_alive = true;
    bool http_1_0 = false;
    bool secure = false;
    Sharing sharing = Sharing::same_site;
    std::string_view content_security_policy;
    /// IMF-fixdate; somebody else's, who may change it.
    std::string_view date;
};

/// Status line and fields, with the empty line. Line breaks in a field's value end it there, so that no value can make
/// a field of its own. Pure.
std::string render_head(const Response& response, const HeadFacts& facts);

/// The whole of a small response as it goes on the wire, closing. For the moments when nothing else can run.
std::string render_whole(const Response& response, const HeadFacts& facts);

/// Whether the body is worth packing for the reader, and how. Pure.
Coding coding_for(const Request& request, const Response& response);
bool varies_by_encoding(const Response& response);

std::string_view reason_phrase(int status);

}  // namespace bypuls::http
