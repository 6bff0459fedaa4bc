#include "platform/ingest/codecs/codec_worker.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>

#include <unistd.h>

#include "platform/ingest/codecs/engine.h"
#include "platform/ingest/codecs/protocol.h"
#include "platform/ingest/codecs/sandbox.h"

namespace bypuls::ingest::codecs {
namespace {

/// Beside the JavaScript heap: the engine's nursery, its parser, our own strings, the allocator's slack.
constexpr std::size_t working_bytes = 24U << 20U;
constexpr std::size_t request_bytes_max = 16U << 20U;
constexpr std::size_t flush_at = 64U << 10U;
/// Well before the kernel ends us at the limit of shut_in(), the host is asked for a successor.
constexpr long old_age_seconds = 300;

/// Blocking frames over the socket. False when the host has gone.
class Line {
public:
    bool read_frame(Bytes& payload) {
        std::array<std::byte, frame_header_size> header{};
        if (!read_all(header)) {
            return false;
        }
        std::size_t size = 0;
        for (std::size_t i = 0; i < header.size(); ++i) {
            size |= std::to_integer<std::size_t>(header[i]) << (8 * i);
        }
        if (size > request_bytes_max) {
            return false;
        }
        payload.resize(size);
        return read_all(payload);
    }

    bool write_all(ByteView bytes) {
        while (!bytes.empty()) {
            const auto written = ::write(worker_socket, bytes.data(), bytes.size());
            if (written < 0 && errno == EINTR) {
                continue;
            }
            if (written <= 0) {
                return false;
            }
            bytes = bytes.subspan(static_cast<std::size_t>(written));
        }
        return true;
    }

private:
    bool read_all(std::span<std::byte> into) {
        while (!into.empty()) {
            if (have_ > at_) {
                const auto taken = std::min(into.size(), have_ - at_);
                std::copy_n(buffer_.begin() + static_cast<std::ptrdiff_t>(at_), taken, into.begin());
                at_ += taken;
                into = into.subspan(taken);
                continue;
            }
            const auto got = ::read(worker_socket, buffer_.data(), buffer_.size());
            if (got < 0 && errno == EINTR) {
                continue;
            }
            if (got <= 0) {
                return false;
            }
            at_ = 0;
            have_ = static_cast<std::size_t>(got);
        }
        return true;
    }

    std::array<std::byte, 16384> buffer_{};
    std::size_t at_ = 0;
    std::size_t have_ = 0;
};

bool is_old() {
    timespec used{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return used.tv_sec >= old_age_seconds;
}

bool serve(Line& line, Engine& engine, const Request& request, Bytes& out) {
    if (request.drop) {
        engine.drop(*request.drop);
    }
    if (request.source) {
        engine.load(request.slot, *request.source);
    }
    out.clear();
    const bool old = is_old();
    for (const auto& uplink : request.uplinks) {
        Answer answer{.decoded = engine.decode(request.slot, uplink), .tired = old};
        answer.tired = answer.tired || engine.tired();
        put(out, answer);
        if (out.size() >= flush_at) {
            if (!line.write_all(out)) {
                return false;
            }
            out.clear();
        }
    }
    return line.write_all(out);
}

}  // namespace

int codec_worker_main() {
    if (!leave_the_world()) {
        return 2;
    }
    static Line line;
    Bytes payload;
    if (!line.read_frame(payload)) {
        return 2;
    }
    const auto setup = read_setup(payload);
    if (!setup) {
        return 2;
    }
    auto engine = Engine::start(*setup);
    if (!engine) {
        return 3;
    }
    // One decode before the walls go up, so that what the engine sets up lazily is there.
    (*engine)->load(0, "function decodeUplink(i) { return { data: { n: i.bytes[0] / 3, t: String(i.recvTime) } }; }");
    (*engine)->decode(0, Uplink{.f_port = 1, .bytes = Bytes{std::byte{1}}, .received = {}, .variables = {}});
    (*engine)->drop(0);
    if (!shut_in(setup->memory_bytes_max + realms_bytes_max + working_bytes)) {
        return 4;
    }
    Bytes out;
    put(out, Answer{});
    bool connected = line.write_all(out);
    while (connected && line.read_frame(payload)) {
        const auto request = read_request(payload);
        connected = request && serve(line, **engine, *request, out);
    }
    _exit(0);  // what lies beyond, such as joining threads, the filter refuses
}

}  // namespace bypuls::ingest::codecs
