#pragma once

#include <memory>
#include <string>

#include <gmock/gmock.h>

#include "platform/ingest/codecs/codec_host.h"

namespace bypuls::ingest::codecs {

inline CodecHost::Options options() {
    CodecHost::Options o;
    o.program = CODEC_WORKER;
    o.arguments = {};
    // Five times the default: a shared machine's noise is not what these tests are about.
    o.cpu_limit = std::chrono::milliseconds{250};
    return o;
}

inline Codec codec(std::string source, std::string id = "test") {
    auto version = codec_version(source);
    return {.id = std::move(id), .version = std::move(version), .source = std::move(source)};
}

inline Uplink uplink(std::initializer_list<int> bytes = {1, 2, 3}) {
    Uplink u{.f_port = 7, .bytes = {}, .received = Instant{Duration{1'790'000'000'123'456}}, .variables = {}};
    for (const int b : bytes) {
        u.bytes.push_back(static_cast<std::byte>(b));
    }
    return u;
}

inline const char* const well_behaved =
    "function decodeUplink(input) { return { data: { sum: input.bytes.reduce((a, b) => a + b, 0) } }; }";

class CodecHostTest : public testing::Test {
protected:
    static void SetUpTestSuite() {
        auto started = CodecHost::start(options());
        ASSERT_TRUE(started) << started.error();
        host = std::move(*started);
    }
    static void TearDownTestSuite() { host.reset(); }

    /// After whatever a test did, a well-behaved codec still decodes.
    void TearDown() override { EXPECT_EQ(decode(well_behaved, "well").data, R"({"sum":6})"); }

    static Decoded decode(std::string source, std::string id = "test", const Uplink& frame = uplink()) {
        auto decoded = host->decode(codec(std::move(source), std::move(id)), frame);
        EXPECT_TRUE(decoded) << decoded.error();
        return decoded ? *decoded : Decoded{};
    }
    static std::string data(std::string body) { return decode("function decodeUplink(input) { " + body + " }").data; }
    static Fault fault(std::string source) {
        const auto decoded = decode(std::move(source));
        EXPECT_TRUE(decoded.fault) << decoded.data;
        EXPECT_THAT(decoded.data, testing::IsEmpty());
        return decoded.fault.value_or(Fault{});
    }

    static inline std::unique_ptr<CodecHost> host;
};

}  // namespace bypuls::ingest::codecs
