#include "platform/ingest/codecs/protocol.h"

#include <cstring>

namespace bypuls::ingest::codecs {
namespace {

void put_text(Bytes& out, std::string_view text) {
    put_varint(out, text.size());
    const ByteView bytes = as_bytes(text);
    out.insert(out.end(), bytes.begin(), bytes.end());
}

Result<std::string> read_text(ByteReader& reader) {
    TRY(const auto size, reader.varint());
    TRY(const auto bytes, reader.take(size));
    return std::string(as_text(bytes));
}

/// A count whose elements take at least one byte each, so that a hostile count reserves no memory.
Result<std::size_t> read_count(ByteReader& reader) {
    TRY(const auto count, reader.varint());
    if (count > reader.remaining()) {
        return fail(Errc::malformed, "codec protocol: a list is longer than its frame");
    }
    return count;
}

Result<std::optional<std::string>> read_optional_text(ByteReader& reader) {
    TRY(const auto present, reader.u8());
    if (present == 0) {
        return std::nullopt;
    }
    TRY(auto text, read_text(reader));
    return std::optional<std::string>(std::move(text));
}

void put_texts(Bytes& out, const std::vector<std::string>& texts) {
    put_varint(out, texts.size());
    for (const auto& text : texts) {
        put_text(out, text);
    }
}

Result<std::vector<std::string>> read_texts(ByteReader& reader) {
    TRY(const auto count, read_count(reader));
    std::vector<std::string> texts;
    texts.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        TRY(auto text, read_text(reader));
        texts.push_back(std::move(text));
    }
    return texts;
}

void put_flag(Bytes& out, bool flag) {
    out.push_back(flag ? std::byte{1} : std::byte{0});
}

/// Leaves room for the length and fills it in when the frame is whole.
class FrameWriter {
public:
    explicit FrameWriter(Bytes& out) : out_(out), start_(out.size()) { out_.resize(start_ + frame_header_size); }
    ~FrameWriter() {
        auto size = out_.size() - start_ - frame_header_size;
        for (std::size_t i = 0; i < frame_header_size; ++i, size >>= 8U) {
            out_[start_ + i] = static_cast<std::byte>(size & 0xffU);
        }
    }
    FrameWriter(const FrameWriter&) = delete;
    FrameWriter& operator=(const FrameWriter&) = delete;

private:
    Bytes& out_;
    std::size_t start_;
};

Result<void> at_end(const ByteReader& reader) {
    if (reader.remaining() != 0) {
        return fail(Errc::malformed, "codec protocol: bytes after the end of a message");
    }
    return {};
}

void put_uplink(Bytes& out, const Uplink& uplink) {
    out.push_back(static_cast<std::byte>(uplink.f_port));
    put_varint(out, zigzag(uplink.received.time_since_epoch().count()));
    put_varint(out, uplink.variables.size());
    for (const auto& [name, value] : uplink.variables) {
        put_text(out, name);
        put_text(out, value);
    }
    put_varint(out, uplink.bytes.size());
    out.insert(out.end(), uplink.bytes.begin(), uplink.bytes.end());
}

Result<Uplink> read_uplink(ByteReader& reader) {
    Uplink uplink;
    TRY(uplink.f_port, reader.u8());
    TRY(const auto received, reader.varint());
    uplink.received = Instant{Duration{unzigzag(received)}};
    TRY(const auto variables, read_count(reader));
    for (std::size_t i = 0; i < variables; ++i) {
        TRY(auto name, read_text(reader));
        TRY(auto value, read_text(reader));
        uplink.variables.emplace(std::move(name), std::move(value));
    }
    TRY(const auto size, reader.varint());
    if (size > uplink_bytes_max) {
        return fail(Errc::malformed, "codec protocol: payload too long");
    }
    TRY(const auto bytes, reader.take(size));
    uplink.bytes.assign(bytes.begin(), bytes.end());
    return uplink;
}

void put_fault(Bytes& out, const Fault& fault) {
    out.push_back(static_cast<std::byte>(fault.kind));
    put_varint(out, fault.line);
    put_varint(out, fault.column);
    put_text(out, fault.sentence);
}

Result<Fault> read_fault(ByteReader& reader) {
    Fault fault;
    TRY(const auto kind, reader.u8());
    TRY(const auto line, reader.varint());
    TRY(const auto column, reader.varint());
    if (kind > static_cast<std::uint8_t>(Fault::Kind::crashed) || line > UINT32_MAX || column > UINT32_MAX) {
        return fail(Errc::malformed, "codec protocol: unknown kind of fault");
    }
    TRY(fault.sentence, read_text(reader));
    fault.kind = static_cast<Fault::Kind>(kind);
    fault.line = static_cast<std::uint32_t>(line);
    fault.column = static_cast<std::uint32_t>(column);
    return fault;
}

}  // namespace

void put(Bytes& out, const Setup& setup) {
    const FrameWriter frame(out);
    put_varint(out, setup.cpu_limit_us);
    put_varint(out, setup.memory_bytes_max);
    put_varint(out, setup.output_bytes_max);
}

Result<Setup> read_setup(ByteView payload) {
    ByteReader reader(payload);
    Setup setup;
    TRY(setup.cpu_limit_us, reader.varint());
    TRY(setup.memory_bytes_max, reader.varint());
    TRY(setup.output_bytes_max, reader.varint());
    TRY_DO(at_end(reader));
    return setup;
}

void put(Bytes& out, std::uint32_t slot, const std::optional<std::string_view>& source,
         const std::optional<std::uint32_t>& drop, std::span<const Uplink> uplinks) {
    const FrameWriter frame(out);
    put_varint(out, slot);
    put_flag(out, source.has_value());
    if (source) {
        put_text(out, *source);
    }
    put_varint(out, drop ? std::uint64_t{*drop} + 1 : 0);
    put_varint(out, uplinks.size());
    for (const auto& uplink : uplinks) {
        put_uplink(out, uplink);
    }
}

Result<Request> read_request(ByteView payload) {
    ByteReader reader(payload);
    Request request;
    TRY(const auto slot, reader.varint());
    request.slot = static_cast<std::uint32_t>(slot);
    TRY(request.source, read_optional_text(reader));
    TRY(const auto drop, reader.varint());
    if (drop > 0) {
        request.drop = static_cast<std::uint32_t>(drop - 1);
    }
    TRY(const auto count, read_count(reader));
    request.uplinks.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        TRY(auto uplink, read_uplink(reader));
        request.uplinks.push_back(std::move(uplink));
    }
    TRY_DO(at_end(reader));
    return request;
}

void put(Bytes& out, const Answer& answer) {
    const FrameWriter frame(out);
    const auto& decoded = answer.decoded;
    put_flag(out, answer.tired);
    put_text(out, decoded.data);
    put_flag(out, decoded.normalized.has_value());
    if (decoded.normalized) {
        put_text(out, *decoded.normalized);
    }
    put_texts(out, decoded.warnings);
    put_texts(out, decoded.errors);
    put_flag(out, decoded.fault.has_value());
    if (decoded.fault) {
        put_fault(out, *decoded.fault);
    }
}

Result<Answer> read_answer(ByteView payload) {
    ByteReader reader(payload);
    Answer answer;
    TRY(const auto tired, reader.u8());
    answer.tired = tired != 0;
    auto& decoded = answer.decoded;
    TRY(decoded.data, read_text(reader));
    TRY(decoded.normalized, read_optional_text(reader));
    TRY(decoded.warnings, read_texts(reader));
    TRY(decoded.errors, read_texts(reader));
    TRY(const auto faulty, reader.u8());
    if (faulty != 0) {
        TRY(decoded.fault, read_fault(reader));
    }
    TRY_DO(at_end(reader));
    return answer;
}

}  // namespace bypuls::ingest::codecs
