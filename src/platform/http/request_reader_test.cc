#include "platform/http/request_reader.h"

#include <gmock/gmock.h>

namespace bypuls::http {
namespace {

/// Feeds the bytes in pieces and gives back the status of the refusal, 0 for a whole request, -1 when more is wanted.
int read_in_pieces(RequestReader& reader, std::string_view bytes, std::size_t piece, std::size_t body_max = 1000) {
    std::string waiting;
    while (true) {
        const std::size_t count = std::min(piece, bytes.size());
        waiting += bytes.substr(0, count);
        bytes.remove_prefix(count);
        while (true) {
            const auto before = reader.stage();
            const auto taken = reader.take(waiting);
            if (!taken) {
                return taken.error().status;
            }
            waiting.erase(0, *taken);
            if (reader.stage() == RequestReader::Stage::done) {
                return 0;
            }
            if (reader.stage() == before) {
                break;
            }
            if (const auto allowed = reader.allow_body(body_max); !allowed) {
                return allowed.error().status;
            }
        }
        if (bytes.empty()) {
            return -1;
        }
    }
}

int outcome(std::string_view bytes, const Limits& limits = {}) {
    RequestReader whole(limits);
    RequestReader dripping(limits);
    const int at_once = read_in_pieces(whole, bytes, bytes.size());
    EXPECT_EQ(read_in_pieces(dripping, bytes, 1), at_once) << bytes;
    return at_once;
}

TEST(RequestReader, ReadsARequestInPiecesOfAnySize) {
    constexpr std::string_view bytes =
        "POST /api/v1/visits?lang=nn HTTP/1.1\r\nHost: localhost\r\nX-Two: a, b \r\nContent-Length: 11\r\n\r\nhei "
        "p\xC3\xA5 deg";
    const Limits limits;
    for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
        RequestReader reader(limits);
        ASSERT_EQ(read_in_pieces(reader, bytes, piece), 0) << piece;
        const Request& request = reader.request();
        EXPECT_EQ(request.method, Method::post);
        EXPECT_EQ(request.path, "/api/v1/visits");
        EXPECT_EQ(request.query.get("lang"), "nn");
        EXPECT_EQ(request.header("x-two"), "a, b");
        EXPECT_EQ(request.body, "hei p\xC3\xA5 deg");
        EXPECT_TRUE(reader.keep_alive());
    }
}

TEST(RequestReader, ReadsChunksAndDropsTrailers) {
    const Limits limits;
    RequestReader reader(limits);
    EXPECT_EQ(read_in_pieces(reader,
                             "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n4;x=y\r\nbyen\r\n6\r\n "
                             "puls.\r\n0\r\nContent-Type: text/evil\r\n\r\n",
                             3),
              0);
    EXPECT_EQ(reader.request().body, "byen puls.");
    EXPECT_FALSE(reader.request().headers.has("Content-Type"));
}

// The shapes by which a request is hidden from one of two parsers (RFC 9112 §11.2; CVE-2019-18277 and kin).
TEST(RequestReader, RefusesEveryShapeOfSmuggling) {
    const std::string post = "POST / HTTP/1.1\r\nHost: a\r\n";
    for (const std::string_view fields : {"Content-Length: 5\r\nContent-Length: 6\r\n",
                                          "Content-Length: 5\r\nContent-Length: 5\r\n",
                                          "Content-Length: 5, 5\r\n",
                                          "Content-Length: +5\r\n",
                                          "Content-Length: -1\r\n",
                                          "Content-Length: 0x5\r\n",
                                          "Content-Length: 5 5\r\n",
                                          "Content-Length:\r\n",
                                          "Content-Length: 99999999999999999999\r\n",
                                          "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
                                          "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
                                          "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
                                          "Transfer-Encoding: gzip, chunked\r\n",
                                          "Transfer-Encoding: chunked, identity\r\n",
                                          "Transfer-Encoding: identity\r\n",
                                          "Transfer-Encoding: xchunked\r\n",
                                          "Transfer-Encoding: \vchunked\r\n",
                                          "Transfer-Encoding : chunked\r\n",
                                          "Content-Length : 5\r\n",
                                          " Content-Length: 5\r\n",
                                          "Host: b\r\n",
                                          "X: a\rContent-Length: 5\r\n",
                                          "X: a\nContent-Length: 5\r\n",
                                          "X\r\n",
                                          ": x\r\n",
                                          "X\x01: y\r\n"}) {
        EXPECT_EQ(outcome(post + std::string(fields) + "\r\nabcde"), 400) << fields;
    }
    using namespace std::string_literals;
    EXPECT_EQ(outcome(post + "X: a\0b\r\n\r\n"s), 400);
}

TEST(RequestReader, RefusesChunksThatAreNotOnes) {
    const std::string head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (const std::string_view chunks : {"zz\r\n", "-1\r\n", "\r\n", "5\r\nabcdeXY\r\n", "fffffffffffffffff\r\n",
                                          "5\nabcde\r\n0\r\n\r\n", " 5\r\nabcde\r\n"}) {
        EXPECT_EQ(outcome(head + std::string(chunks)), 400) << chunks;
    }
}

TEST(RequestReader, RefusesWhatIsNoHttp) {
    EXPECT_EQ(outcome("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 a TLS hello on a plain port\r\n\r\n"), 400);
    EXPECT_EQ(outcome("GET /\r\n\r\n"), 400);
    EXPECT_EQ(outcome("GET / HTTP/2.0\r\nHost: a\r\n\r\n"), 400);
    EXPECT_EQ(outcome("GET / HTTP/1.1\nHost: a\r\n\r\n"), 400);
    EXPECT_EQ(outcome("GET  / HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
    EXPECT_EQ(outcome("GET / HTTP/1.1\r\n\r\n"), 400) << "Host is missing";
    EXPECT_EQ(outcome("GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
    EXPECT_EQ(outcome("GET /\xff HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
    EXPECT_EQ(outcome("GET * HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
    EXPECT_EQ(outcome("TRACE / HTTP/1.1\r\nHost: a\r\n\r\n"), 501);
    EXPECT_EQ(outcome("CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n"), 501);
    EXPECT_EQ(outcome("GET / HTTP/1.0\r\n\r\n"), 0) << "HTTP/1.0 has no Host";
}

TEST(RequestReader, RefusesHeadersBeyondTheirLimits) {
    const std::string get = "GET / HTTP/1.1\r\nHost: a\r\n";
    EXPECT_EQ(outcome(get + "X: " + std::string(20'000, 'x') + "\r\n\r\n"), 431);
    EXPECT_EQ(outcome("GET /" + std::string(20'000, 'x') + " HTTP/1.1\r\nHost: a\r\n\r\n"), 431);
    std::string many = get;
    for (int i = 0; i < 100; ++i) {
        many += "X: y\r\n";
    }
    EXPECT_EQ(outcome(many + "\r\n"), 431);
}

TEST(RequestReader, RefusesABodyBeyondItsLimitBeforeHoldingIt) {
    const std::string post = "POST / HTTP/1.1\r\nHost: a\r\n";
    EXPECT_EQ(outcome(post + "Content-Length: 1001\r\n\r\n"), 413);
    EXPECT_EQ(outcome(post + "Content-Length: 1000\r\n\r\n" + std::string(1000, 'x')), 0);
    EXPECT_EQ(outcome(post + "Transfer-Encoding: chunked\r\n\r\n3e8\r\n" + std::string(1000, 'x') + "\r\n1\r\nx\r\n"),
              413);
}

}  // namespace
}  // namespace bypuls::http
