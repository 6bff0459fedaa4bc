#include "platform/ingest/codecs/decoder.h"

#include <array>
#include <utility>

#include <fmt/format.h>
#include <openssl/evp.h>

#include "core/check.h"

namespace bypuls::ingest::codecs {

std::string codec_version(std::string_view source) {
    std::array<std::byte, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    check(EVP_Digest(source.data(), source.size(), reinterpret_cast<unsigned char*>(digest.data()), &size, EVP_sha256(),
                     nullptr) == 1,
          "SHA-256 is always there");
    return to_hex(ByteView(digest).first(6));
}

std::string_view name_of(Fault::Kind kind) {
    switch (kind) {
        case Fault::Kind::syntax: return "syntax";
        case Fault::Kind::runtime: return "runtime";
        case Fault::Kind::cpu: return "cpu";
        case Fault::Kind::memory: return "memory";
        case Fault::Kind::output: return "output";
        case Fault::Kind::no_function: return "no_function";
        case Fault::Kind::crashed: return "crashed";
    }
    std::unreachable();
}

std::string describe(const Fault& fault, std::string_view codec_id) {
    if (fault.line == 0) {
        return fmt::format("codec {}: {}", codec_id, fault.sentence);
    }
    if (fault.column == 0) {
        return fmt::format("codec {}, line {}: {}", codec_id, fault.line, fault.sentence);
    }
    return fmt::format("codec {}, line {}, column {}: {}", codec_id, fault.line, fault.column, fault.sentence);
}

}  // namespace bypuls::ingest::codecs
