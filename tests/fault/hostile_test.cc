// Bodies made to hurt, sent with a good key to every way in of the running program: each is refused with an answer, the
// program's memory stays under its cap, and whoever comes after is served.
#include <array>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "platform/http/coding.h"
#include "platform/http/raw_client.h"

#include "tests/fault/audit.h"

namespace bypuls::fault {
namespace {

constexpr std::size_t memory_cap_mib = 512;  // what an operator is told to give it

// A sanitizer's own memory is not the program's.
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr bool memory_counts = false;
#else
constexpr bool memory_counts = true;
#endif

std::string repeated(std::string_view piece, std::size_t times) {
    std::string out;
    out.reserve(piece.size() * times);
    for (std::size_t i = 0; i < times; ++i) {
        out += piece;
    }
    return out;
}

struct Attack {
    std::string name;
    std::string body;
    std::string fields;
};

std::vector<Attack> attacks() {
    const std::string zeros(64U << 20U, '\0');
    return {
        {"arrays a hundred thousand deep", repeated("[", 100'000) + repeated("]", 100'000), ""},
        {"objects a hundred thousand deep", repeated(R"({"a":)", 100'000) + "1" + repeated("}", 100'000), ""},
        {"text that is not UTF-8", "{\"deviceInfo\":{\"devEui\":\"\xff\xfe\xc0\x80\"}}\xed\xa0\x80", ""},
        {"numbers without end", "[" + repeated("1e400,", 100'000) + "NaN]", ""},
        {"one line of thirty megabytes", "m f=\"" + std::string(30U << 20U, 'x') + "\" 1", ""},
        {"ten thousand tags", "m," + repeated("t=1,", 10'000) + "z=1 f=1 1", ""},
        {"a bomb", http::pack_tight(http::Coding::gzip, zeros), "Content-Encoding: gzip\r\n"},
        {"a bomb in a bomb", http::pack_tight(http::Coding::gzip, http::pack_tight(http::Coding::gzip, zeros)),
         "Content-Encoding: gzip, gzip\r\n"},
        {"half a gzip", http::pack_tight(http::Coding::gzip, "m f=1 1").substr(0, 12), "Content-Encoding: gzip\r\n"},
        {"nothing", "", ""},
        {"zeros", std::string(1U << 20U, '\0'), ""},
    };
}

/// A body that goes on until it is refused, a gigabyte at most. True when the server ended it.
bool send_endless(const Town& town, std::string_view path, std::string_view token) {
    http::RawClient client(town.port());
    client.send(fmt::format(
        "POST {} HTTP/1.1\r\nHost: a\r\nAuthorization: Token {}\r\nTransfer-Encoding: chunked\r\n\r\n", path, token));
    const std::string piece = "100000\r\n" + std::string(1U << 20U, 'x') + "\r\n";
    for (int mib = 0; mib < 1024; ++mib) {
        if (!client.send(piece)) {
            return true;
        }
    }
    const int status = client.receive().status;
    return status == 0 || status >= 400;
}

TEST(Hostile, BodiesAreRefusedAndMemoryStaysUnderItsCap) {
    const Folder folder;
    Town town(folder.path());
    const std::string token = town.make_token({});
    town.start({});
    const auto serving = town.await_serving();
    ASSERT_TRUE(serving.has_value()) << serving.error();
    for (const std::string_view path :
         {"/ingest/chirpstack?event=up", "/ingest/tts", "/ingest/lines", "/ingest/observations"}) {
        for (const Attack& attack : attacks()) {
            SCOPED_TRACE(fmt::format("{} to {}", attack.name, path));
            http::RawClient client(town.port());
            const auto answer = client.exchange(
                fmt::format("POST {}", path),
                fmt::format("Authorization: Token {}\r\nContent-Type: application/json\r\n{}", token, attack.fields),
                attack.body);
            EXPECT_TRUE(answer.status == 0 || answer.status == 204 || (answer.status >= 400 && answer.status < 500))
                << answer.status << " " << answer.body;
            EXPECT_EQ(town.get("/bading", "").first, 200) << "others are served";
            if (memory_counts) {
                ASSERT_LE(town.memory_mib(), memory_cap_mib);
            }
        }
        EXPECT_TRUE(send_endless(town, path, token)) << path;
    }
    if (memory_counts) {
        EXPECT_LE(town.memory_mib(), memory_cap_mib);
    }
    std::printf("highest memory %zu MiB\n", town.memory_mib());
    EXPECT_EQ(town.get("/healthz", "").first, 200);
    const auto [status, metrics] = town.get("/metrics", token);
    ASSERT_EQ(status, 200);
    EXPECT_EQ(metric(metrics, "bypuls_journal_healthy"), 1);
    EXPECT_EQ(town.stop(), 0);
    check_account(town);
}

}  // namespace
}  // namespace bypuls::fault
