// The codecs of demo/drammen/codecs against every example and every recorded frame there is for their devices.
#include <array>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "core/files.h"
#include "core/random.h"
#include "platform/ingest/codecs/codec_host.h"

namespace bypuls::ingest::codecs {
namespace {

using nlohmann::json;
using Names = std::map<std::string, std::string>;

/// Which of our codecs reads a device, and what its fields are called in the examples (theirs, ours; "" is skipped).
struct Reader {
    std::string file;
    Names names;
};

const Names dds75{{"Bat", "battery"},
                  {"Distance", "distance"},
                  {"TempC_DS18B20", "temperature"},
                  {"Interrupt_flag", "interrupt"},
                  {"Sensor_flag", "sensor"}};
const std::map<std::string, Reader>& readers() {
    static const std::map<std::string, Reader> all{
        {"elsys", {"elsys.js", {}}},
        {"dl-ctd10-codec", {"decentlab-dl-ctd10.js", {}}},
        {"dl-pr26-0-1-codec", {"decentlab-dl-pr26.js", {}}},
        {"dl-wrm-codec", {"decentlab-dl-wrm.js", {}}},
        {"dl-sht35-codec", {"decentlab-dl-sht35.js", {}}},
        {"am107-codec", {"milesight.js", {}}},
        {"ldds75-114-codec", {"dragino-dds75.js", dds75}},
        {"ldds20-114-codec", {"dragino-dds75.js", dds75}},
        {"ldds45-codec", {"dragino-dds75.js", dds75}},
        {"lht65-codec",
         {"dragino-lht65.js",
          {{"BatV", "battery"},
           {"Bat_status", "battery_state"},
           {"Hum_SHT", "humidity"},
           {"TempC_SHT", "temperature"},
           {"TempC_DS", "probe_temperature"},
           {"Ext_sensor", ""}}}},
    };
    return all;
}

std::string folder(const char* variable) {
    const char* value = std::getenv(variable);
    return value == nullptr ? std::string() : std::string(value);
}

/// The lines of a file, unpacked by `tool` when that is not empty; nothing when the file is not there.
std::vector<std::string> lines_of(const std::string& path, const std::string& tool = "") {
    std::vector<std::string> lines;
    if (!std::ifstream(path)) {
        return lines;
    }
    std::FILE* file = tool.empty() ? std::fopen(path.c_str(), "r") : popen((tool + " '" + path + "'").c_str(), "r");
    std::string line;
    for (int c = std::fgetc(file); c != EOF; c = std::fgetc(file)) {
        if (c == '\n') {
            lines.push_back(std::move(line));
            line.clear();
        } else {
            line.push_back(static_cast<char>(c));
        }
    }
    tool.empty() ? std::fclose(file) : pclose(file);
    return lines;
}

/// A number, also one written as text ("2799 mm", "0.00") or as a flag.
std::optional<double> number_in(const json& value) {
    if (value.is_number()) {
        return value.get<double>();
    }
    if (value.is_boolean()) {
        return value.get<bool>() ? 1 : 0;
    }
    if (value.is_string()) {
        const auto text = value.get<std::string>();
        char* end = nullptr;
        const double number = std::strtod(text.c_str(), &end);
        return end == text.c_str() ? std::nullopt : std::optional(number);
    }
    return std::nullopt;
}

bool same(const json& theirs, const json& ours, double tolerance) {
    const auto a = number_in(theirs);
    const auto b = number_in(ours);
    return a && b ? std::abs(*a - *b) <= tolerance + 1e-12 * std::abs(*a) : theirs == ours;
}

class DeviceCodecs : public testing::Test {
protected:
    static void SetUpTestSuite() {
        CodecHost::Options options;
        options.program = CODEC_WORKER;
        options.arguments = {};
        auto started = CodecHost::start(options);
        ASSERT_TRUE(started) << started.error();
        host = std::move(*started);
    }
    static void TearDownTestSuite() { host.reset(); }

    static const Codec& codec(const std::string& file) {
        static std::map<std::string, Codec> read;
        auto& codec = read[file];
        if (codec.source.empty()) {
            auto text = read_text_file(folder("BYPULS_SOURCE_DIR") + "/demo/drammen/codecs/" + file);
            EXPECT_TRUE(text) << text.error();
            codec = {.id = file, .version = codec_version(*text), .source = *text};
        }
        return codec;
    }

    static Decoded decode(const std::string& file, int port, Bytes bytes) {
        const Uplink uplink{
            .f_port = static_cast<std::uint8_t>(port), .bytes = std::move(bytes), .received = {}, .variables = {}};
        auto decoded = host->decode(codec(file), uplink);
        EXPECT_TRUE(decoded) << decoded.error();
        EXPECT_FALSE(decoded->fault) << describe(*decoded->fault, file);
        return *decoded;
    }

    /// Every field of `expected` that the reader names must be in `data` with the same value.
    void expect_fields(const json& expected, const std::string& data, const Names& names, double tolerance,
                       const std::string& what) {
        const auto ours = json::parse(data, nullptr, false);
        bool matches = ours.is_object();
        for (const auto& [key, value] : expected.items()) {
            const auto found = names.find(key);
            const std::string name = found == names.end() ? key : found->second;
            const json& theirs = value.is_object() && value.contains("value") ? value["value"] : value;
            if (!name.empty() && matches) {
                matches = ours.contains(name) && same(theirs, ours[name], tolerance);
            }
        }
        EXPECT_TRUE(matches) << what << "\n  expected " << expected << "\n  got      " << data;
        ++(matches ? matched_ : missed_)[what];
    }

    void report() {
        std::string line;
        for (const auto& [what, count] : matched_) {
            line += fmt::format("{} {}, ", what, count);
        }
        RecordProperty("matched", line);
        std::printf("matched: %s\n", line.c_str());
        EXPECT_FALSE(matched_.empty());
    }

    void check_examples(const std::vector<std::string>& lines) {
        for (const auto& line : lines) {
            const auto example = json::parse(line);
            const auto vendor = example["vendor"].get<std::string>();
            const auto name = example["codec"].get<std::string>();
            const auto found = readers().find(readers().contains(name) ? name : vendor);
            if (found == readers().end()) {
                continue;
            }
            const auto decoded =
                decode(found->second.file, example["fPort"], *from_hex(example["bytes_hex"].get<std::string>()));
            const auto& expected = example["expected"];
            if (expected.contains("errors")) {
                EXPECT_EQ(decoded.errors, expected["errors"].get<std::vector<std::string>>()) << line;
                ++matched_[name];
            } else {
                EXPECT_THAT(decoded.errors, testing::IsEmpty()) << line;
                expect_fields(expected["data"], decoded.data, found->second.names, 1e-9, name);
            }
        }
    }

    static std::unique_ptr<CodecHost> host;
    std::map<std::string, int> matched_;
    std::map<std::string, int> missed_;
};
std::unique_ptr<CodecHost> DeviceCodecs::host;

TEST_F(DeviceCodecs, read_the_public_examples_of_their_devices) {
    check_examples(lines_of(folder("BYPULS_SOURCE_DIR") + "/tests/data/lorawan/ttn_examples.jsonl"));
    report();
}

TEST_F(DeviceCodecs, read_the_application_payloads_of_the_network_server_pairs) {
    const auto lines =
        lines_of(folder("BYPULS_SHARED_DIR") + "/data/lorawan/network_server_payload_result_pairs.jsonl.gz", "zcat");
    if (lines.empty()) {
        GTEST_SKIP() << "network_server_payload_result_pairs.jsonl.gz is not here";
    }
    const Names pairs{{"pir", "motion"}, {"moisture", ""}};  // theirs is cut to a whole number
    for (const auto& line : lines) {
        const auto pair = json::parse(line);
        const auto vendor = pair["vendor"].get<std::string>();
        const auto device = pair["device"].get<std::string>();
        const auto& payload = pair["payload"];
        if (pair["network"] != "ChirpStack" || !payload.contains("data") || !payload["data"].is_string()) {
            continue;
        }
        const std::map<std::string, std::string> files{{"DL-CTD10", "decentlab-dl-ctd10.js"},
                                                       {"DL-PR26", "decentlab-dl-pr26.js"},
                                                       {"DL-WRM", "decentlab-dl-wrm.js"},
                                                       {"DL-SHT35", "decentlab-dl-sht35.js"},
                                                       {"AM107", "milesight.js"},
                                                       {"AM102", "milesight.js"},
                                                       {"AM102L", "milesight.js"},
                                                       {"AM103L", "milesight.js"},
                                                       {"EM500-LGT", "milesight.js"},
                                                       {"EM500-PP", "milesight.js"},
                                                       {"EM500-PT100", "milesight.js"},
                                                       {"EM500-SMTC", "milesight.js"},
                                                       {"EM500-SWL", "milesight.js"}};
        const auto file = vendor == "Elsys"        ? std::string("elsys.js")
                          : files.contains(device) ? files.at(device)
                                                   : std::string();
        if (file.empty()) {
            continue;
        }
        const auto decoded = decode(file, payload.value("fPort", 1), *from_base64(payload["data"].get<std::string>()));
        EXPECT_THAT(decoded.errors, testing::IsEmpty()) << line;
        const auto& result = pair["result"].is_array() ? pair["result"][0] : pair["result"];
        json expected;
        for (const auto& [key, value] : result["telemetry"][0]["values"].items()) {
            if (!key.starts_with("lora_") &&
                json::parse(decoded.data).contains(pairs.contains(key) ? pairs.at(key) : key)) {
                expected[key] = value;
            }
        }
        expect_fields(expected, decoded.data, pairs, 1e-9, device);
    }
    report();
}

TEST_F(DeviceCodecs, read_a_season_of_one_elsys_sensor) {
    const auto lines =
        lines_of(folder("BYPULS_SHARED_DIR") + "/data/lorawan/helium_elsys_ems_tour_perret_part1.jsonl.zst", "zstdcat");
    if (lines.empty()) {
        GTEST_SKIP() << "helium_elsys_ems_tour_perret_part1.jsonl.zst is not here";
    }
    for (const auto& line : lines) {
        const auto event = json::parse(line);
        if (event.contains("decoded") && event["decoded"].value("status", "") == "success") {
            const auto decoded = decode("elsys.js", event["port"], *from_base64(event["payload"].get<std::string>()));
            expect_fields(event["decoded"]["payload"], decoded.data, {}, 1e-9, "EMS");
        }
    }
    report();
}

/// A device of the recorded fortnight: whose `object` to compare, by field, and how exact that object is.
struct Recorded {
    std::string file;
    Names names;
    double tolerance = 1e-9;
};

TEST_F(DeviceCodecs, read_the_recorded_fortnight) {
    const auto lines = lines_of(
        folder("BYPULS_SHARED_DIR") + "/data/lorawan/chirpstack_v4_uplinks_yellowknife_part1.jsonl.zst", "zstdcat");
    if (lines.empty()) {
        GTEST_SKIP() << "chirpstack_v4_uplinks_yellowknife_part1.jsonl.zst is not here";
    }
    // Left out by "": what the recorded codecs worded in their own way, or read wrongly (an SNR without its sign, a
    // humidity of 0 from a sensor that has none).
    const Names rbs301{{"eventType", ""}, {"event", ""},           {"humidity", ""}, {"fPort", ""},
                       {"length", ""},    {"lastDownlinkSnr", ""}, {"rawType", ""}};
    const Names rbs305{{"Event", ""},          {"Type", ""},        {"Protocol", "protocol"},
                       {"Counter", "counter"}, {"Supervisory", ""}, {"Link_Quality", ""}};
    const std::map<std::string, Recorded> devices{
        {"Multitech RBS301 Temp Sensor", {"radio-bridge.js", rbs301, 0.5}},  // its object has whole degrees
        {"rbs301-dws", {"radio-bridge.js", rbs301}},
        {"rbs305-ath", {"radio-bridge.js", rbs305, 0.5}},
        {"Dragino DDS75-LB Ultrasonic Distance Sensor", {"dragino-dds75.js", {{"Bat", "battery"}, {"eventType", ""}}}},
        {"EM500-UDL", {"milesight.js", {}}},
        {"SW3L",
         {"dragino-sw3l.js",
          {{"BAT", "battery"},
           {"FIRMWARE_VERSION", "firmware"},
           {"SUB_BAND", "sub_band"},
           {"FREQUENCY_BAND", "band"}}}},
        {"Makerfabs Soil Moisture Sensor",
         {"makerfabs-soil.js",
          {{"battery_v", "battery"}, {"soil_val", "soil"}, {"hum", "humidity"}, {"temp", "temperature"}}}},
    };
    for (const auto& line : lines) {
        const auto event = json::parse(line);
        if (!event.contains("data") || !event.contains("object") || event["object"].empty()) {
            continue;
        }
        const auto device = event["deviceInfo"]["deviceProfileName"].get<std::string>();
        ASSERT_TRUE(devices.contains(device)) << device;
        const auto& recorded = devices.at(device);
        const auto decoded =
            decode(recorded.file, event.value("fPort", 0), *from_base64(event["data"].get<std::string>()));
        EXPECT_THAT(decoded.errors, testing::IsEmpty()) << line;
        expect_fields(event["object"], decoded.data, recorded.names, recorded.tolerance, device);
    }
    report();
}

TEST_F(DeviceCodecs, answer_any_frame_without_a_fault) {
    for (const char* file : {"elsys.js", "decentlab-dl-ctd10.js", "decentlab-dl-pr26.js", "decentlab-dl-wrm.js",
                             "decentlab-dl-sht35.js", "milesight.js", "dragino-dds75.js", "dragino-lht65.js",
                             "dragino-sw3l.js", "radio-bridge.js", "makerfabs-soil.js"}) {
        SeededRandom random(7);
        std::vector<Uplink> frames;
        for (int i = 0; i < 500; ++i) {
            Uplink frame{.f_port = static_cast<std::uint8_t>(random.below(6)),
                         .bytes = Bytes(random.below(30)),
                         .received = {},
                         .variables = {}};
            random.fill(frame.bytes);
            frames.push_back(std::move(frame));
        }
        const auto answers = host->decode_batch(codec(file), frames);
        ASSERT_TRUE(answers) << answers.error();
        for (std::size_t i = 0; i < frames.size(); ++i) {
            const auto& answer = (*answers)[i];
            ASSERT_FALSE(answer.fault) << describe(*answer.fault, file) << to_hex(frames[i].bytes);
            EXPECT_TRUE(!answer.errors.empty() || json::accept(answer.data)) << answer.data;
        }
    }
}

}  // namespace
}  // namespace bypuls::ingest::codecs
