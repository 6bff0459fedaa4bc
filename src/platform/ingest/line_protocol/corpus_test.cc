// Every decode case of InfluxData's line protocol corpus: the same points, or an error. See tests/data/line_protocol.
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <zlib.h>

#include "core/bytes.h"
#include "core/text.h"
#include "platform/ingest/line_protocol/line_protocol.h"

namespace bypuls::ingest::line_protocol {
namespace {

using nlohmann::json;

std::string inflated(const std::string& path) {
    std::string out;
    const gzFile file = gzopen(path.c_str(), "rb");
    if (file == nullptr) {
        return out;
    }
    std::string piece(1 << 16, '\0');
    for (int count = 0; (count = gzread(file, piece.data(), static_cast<unsigned>(piece.size()))) > 0;) {
        out.append(piece, 0, static_cast<std::size_t>(count));
    }
    gzclose(file);
    return out;
}

/// A string, or {"binary": base64} where it is not UTF-8.
std::string text_of(const json& value) {
    if (value.is_string()) {
        return value.get<std::string>();
    }
    const auto bytes = from_base64(value.at("binary").get<std::string>());
    return std::string(as_text(bytes.value()));
}

Precision precision_of(const std::string& name) {
    return precision_named(name.substr(1)).value();  // "1ms"
}

void append_text(std::string& out, std::string_view text) {
    out += fmt::format("{}:{} ", text.size(), text);
}

/// One spelling for a list of points, whether from the corpus or from our batch.
std::string expected_points(const json& result) {
    std::string out;
    for (const json& point : result) {
        append_text(out, text_of(point.at("name")));
        for (const json& tag : point.value("tags", json::array())) {
            append_text(out, text_of(tag.at("key")));
            append_text(out, text_of(tag.at("value")));
        }
        for (const json& field : point.at("fields")) {
            append_text(out, text_of(field.at("key")));
            const auto& value = *field.at("value").items().begin();
            if (value.key() == "float") {
                out += fmt::format("float {} ", value.value().get<double>() + 0.0);
            } else if (value.key() == "int") {
                out += fmt::format("int {} ", value.value().get<std::int64_t>());
            } else if (value.key() == "uint") {
                out += fmt::format("uint {} ", value.value().get<std::uint64_t>());
            } else if (value.key() == "bool") {
                out += fmt::format("bool {} ", value.value().get<bool>());
            } else {
                out += "string ";
                append_text(out, text_of(value.value()));
            }
        }
        out += fmt::format("@{}\n", point.at("time").get<std::int64_t>());
    }
    return out;
}

// A negative zero is compared as zero: the corpus stands in JSON, where "-0" reads as an integer.
struct Spell {
    std::string& out;
    void operator()(double value) const { out += fmt::format("float {} ", value + 0.0); }
    void operator()(std::int64_t value) const { out += fmt::format("int {} ", value); }
    void operator()(std::uint64_t value) const { out += fmt::format("uint {} ", value); }
    void operator()(bool value) const { out += fmt::format("bool {} ", value); }
    void operator()(std::string_view value) const {
        out += "string ";
        append_text(out, value);
    }
};

std::string our_points(const Batch& batch) {
    std::string out;
    for (const Point& point : batch.points()) {
        append_text(out, point.measurement);
        for (const Tag& tag : batch.tags(point)) {
            append_text(out, tag.key);
            append_text(out, tag.value);
        }
        for (const Field& field : batch.fields(point)) {
            append_text(out, field.key);
            std::visit(Spell{out}, field.value);
        }
        out += fmt::format("@{}\n", point.time_ns);
    }
    return out;
}

TEST(LineProtocolCorpus, EveryCaseDecodesToTheSamePointsOrIsAnError) {
    const std::string text =
        inflated(std::string(std::getenv("BYPULS_SOURCE_DIR")) + "/tests/data/line_protocol/corpus.json.gz");
    ASSERT_FALSE(text.empty());
    const json corpus = json::parse(text);

    std::size_t good = 0;
    std::size_t bad = 0;
    for (const auto& [key, entry] : corpus.at("decode").items()) {
        const json& input = entry.at("input");
        const std::string body = text_of(input.at("text"));
        const Options options{.precision = precision_of(input.at("precision")),
                              .default_time_ns = input.at("defaultTime").get<std::int64_t>()};
        const auto batch = parse(body, options);
        ASSERT_TRUE(batch) << key;
        const json& output = entry.at("output");
        if (output.contains("error")) {
            ++bad;
            EXPECT_GT(batch->rejected(), 0U) << key << " should fail: " << output.at("error") << "\n" << input.dump();
        } else {
            ++good;
            EXPECT_EQ(batch->rejected(), 0U) << key << ": " << batch->errors()[0].sentence() << "\n" << input.dump();
            EXPECT_EQ(our_points(*batch), expected_points(output.at("result"))) << key;
        }
    }
    EXPECT_EQ(good, 281U);
    EXPECT_EQ(bad, 4349U);
}

}  // namespace
}  // namespace bypuls::ingest::line_protocol
