#include "platform/ingest/codecs/decode_command.h"

#include <ostream>

#include <fmt/format.h>

#include "core/files.h"
#include "core/text.h"

namespace bypuls::ingest::codecs {
namespace {

enum ExitCode { decoded_well = 0, codec_at_fault = 1, wrong_arguments = 2, no_worker = 3 };

std::string plain_hex(std::string_view text) {
    std::string hex;
    for (const char c : text.starts_with("0x") ? text.substr(2) : text) {
        if (c != ' ' && c != ':' && c != '-' && c != '\n') {
            hex.push_back(c);
        }
    }
    return hex;
}

void append_list(std::string& out, const std::vector<std::string>& texts) {
    out += '[';
    for (std::size_t i = 0; i < texts.size(); ++i) {
        out += i > 0 ? "," : "";
        append_json_string(out, texts[i]);
    }
    out += ']';
}

std::string to_json(const Decoded& decoded) {
    std::string out = "{\"data\":" + (decoded.data.empty() ? std::string("null") : decoded.data);
    if (decoded.normalized) {
        out += ",\"normalized\":" + *decoded.normalized;
    }
    out += ",\"warnings\":";
    append_list(out, decoded.warnings);
    out += ",\"errors\":";
    append_list(out, decoded.errors);
    if (decoded.fault) {
        out += fmt::format(",\"fault\":{{\"kind\":\"{}\",\"line\":{},\"column\":{},\"sentence\":",
                           name_of(decoded.fault->kind), decoded.fault->line, decoded.fault->column);
        append_json_string(out, decoded.fault->sentence);
        out += '}';
    }
    return out + '}';
}

}  // namespace

int decode_command(const DecodeArguments& arguments, std::ostream& out, std::ostream& err) {
    const auto bytes = from_hex(plain_hex(arguments.payload_hex));
    if (!bytes) {
        err << "The payload is not hexadecimal: " << bytes.error().what << '\n';
        return wrong_arguments;
    }
    // 0 carries the network's own commands, and 224 upwards is for tests of the protocol (LoRaWAN 1.0.4 §4.3.2).
    if (arguments.f_port < 1 || arguments.f_port > 223) {
        err << "--fport is a number from 1 to 223.\n";
        return wrong_arguments;
    }
    auto source = read_text_file(arguments.codec_file, arguments.host.source_bytes_max);
    if (!source) {
        err << source.error().what << '\n';
        return wrong_arguments;
    }
    auto host = CodecHost::start(arguments.host);
    if (!host) {
        err << host.error().what << '\n';
        return no_worker;
    }
    const Codec codec{.id = arguments.codec_file, .version = codec_version(*source), .source = *source};
    const auto decoded = (*host)->decode(codec, Uplink{.f_port = static_cast<std::uint8_t>(arguments.f_port),
                                                       .bytes = *bytes,
                                                       .received = arguments.received,
                                                       .variables = arguments.variables});
    if (!decoded) {
        err << decoded.error().what << '\n';
        return decoded.error().code == Errc::malformed ? wrong_arguments : no_worker;
    }
    out << to_json(*decoded) << '\n';
    return decoded->ok() ? decoded_well : codec_at_fault;
}

}  // namespace bypuls::ingest::codecs
