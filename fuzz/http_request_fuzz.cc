// The reader of requests: the first byte says in what pieces the rest arrives. Pieces may not change the outcome.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/check.h"
#include "platform/http/request_reader.h"

using namespace bypuls;

namespace {

constexpr std::size_t body_bytes_max = 4096;
const http::Limits limits{.header_bytes_max = 2048, .header_fields_max = 20};

/// The status of a refusal, 0 for a whole request, -1 when more is wanted.
int read_in_pieces(http::RequestReader& reader, std::string_view bytes, std::size_t piece) {
    std::string waiting;
    while (!bytes.empty()) {
        const std::size_t count = std::min(piece, bytes.size());
        waiting += bytes.substr(0, count);
        bytes.remove_prefix(count);
        for (auto before = reader.stage();; before = reader.stage()) {
            const auto taken = reader.take(waiting);
            if (!taken) {
                return taken.error().status;
            }
            check(*taken <= waiting.size(), "no more is taken than there is");
            waiting.erase(0, *taken);
            check(reader.request().body.size() <= body_bytes_max, "a body stays within its limit");
            if (reader.stage() == http::RequestReader::Stage::done) {
                return 0;
            }
            if (reader.stage() == before) {
                break;
            }
            if (const auto allowed = reader.allow_body(body_bytes_max); !allowed) {
                return allowed.error().status;
            }
        }
    }
    return -1;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) {
        return 0;
    }
    const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
    http::RequestReader whole(limits);
    http::RequestReader pieces(limits);
    const int at_once = read_in_pieces(whole, bytes, std::max<std::size_t>(bytes.size(), 1));
    const int in_pieces = read_in_pieces(pieces, bytes, std::size_t{data[0]} + 1);
    if (at_once == 0 && in_pieces == 0) {
        check(whole.request().path == pieces.request().path && whole.request().body == pieces.request().body,
              "pieces do not change the request");
    }
    check((at_once == 0) == (in_pieces == 0), "what is a request at once is one in pieces, and the other way");
    return 0;
}
