#include "platform/ingest/codecs/decode_command.h"

#include <cstdlib>
#include <sstream>

#include <gmock/gmock.h>

#include "platform/ingest/codecs/codec_host_fixture.h"

namespace bypuls::ingest::codecs {
namespace {

struct Ran {
    int code;
    std::string out;
    std::string err;
};

Ran run(const std::string& file, int port, const std::string& hex) {
    const char* root = std::getenv("BYPULS_SOURCE_DIR");
    std::ostringstream out;
    std::ostringstream err;
    const DecodeArguments arguments{
        .codec_file = std::string(root == nullptr ? "." : root) + "/demo/drammen/codecs/" + file,
        .f_port = port,
        .payload_hex = hex,
        .received = {},
        .variables = {},
        .host = options()};
    const int code = decode_command(arguments, out, err);
    return {code, out.str(), err.str()};
}

TEST(DecodeCommand, prints_what_the_codec_made_of_the_payload) {
    const auto ran = run("elsys.js", 5, "0x01 00:e2 02 29");
    EXPECT_EQ(ran.code, 0) << ran.err;
    EXPECT_EQ(ran.out, R"({"data":{"temperature":22.6,"humidity":41},"normalized":[{"air":{"temperature":22.6,)"
                       R"("relativeHumidity":41}}],"warnings":[],"errors":[]})"
                       "\n");
}

TEST(DecodeCommand, exits_with_1_when_the_codec_has_errors) {
    const auto ran = run("dragino-lht65.js", 9, "00");
    EXPECT_EQ(ran.code, 1);
    EXPECT_EQ(ran.out, "{\"data\":null,\"warnings\":[],\"errors\":[\"unknown FPort\"]}\n");
}

TEST(DecodeCommand, exits_with_2_and_a_sentence_for_wrong_arguments) {
    EXPECT_EQ(run("elsys.js", 5, "0g").code, 2);
    EXPECT_THAT(run("elsys.js", 5, "0g").err, testing::HasSubstr("hexadecimal"));
    EXPECT_EQ(run("elsys.js", 256, "00").code, 2);
    EXPECT_EQ(run("no-such.js", 5, "00").code, 2);
    EXPECT_EQ(run("elsys.js", 5, std::string(10'000, '0')).code, 2);
}

}  // namespace
}  // namespace bypuls::ingest::codecs
