#include "platform/observations/blocks/seal.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include <fmt/format.h>
#include <zdict.h>
#include <zstd.h>

#include "core/check.h"
#include "platform/observations/blocks/codec.h"

namespace bypuls::observations::blocks {

namespace {

constexpr std::uint8_t format_version = 1;
enum Compression : std::uint8_t { stored = 0, zstd = 1 };

constexpr std::size_t payload_max = 16U << 20U;  // a larger one is not what seal() writes
constexpr std::size_t checksum_size = 4;
constexpr std::size_t magic_size = 4;  // zstd's own magic number, the same in front of every frame, is left out
constexpr int small_level = 3;         // dictionaries prepare for one level; see Entry

/// zstd contexts are costly to make and not thread-safe: one of each a thread.
ZSTD_CCtx* compressor() {
    thread_local const std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> context{ZSTD_createCCtx(), &ZSTD_freeCCtx};
    return context.get();
}
ZSTD_DCtx* decompressor() {
    thread_local const std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> context{ZSTD_createDCtx(), &ZSTD_freeDCtx};
    return context.get();
}

void put_time(Bytes& out, Instant t) {
    put_u64(out, static_cast<std::uint64_t>(t.time_since_epoch().count()));
}

std::uint32_t checksum(const Header& header, ByteView rest) {
    Bytes bytes;
    bytes.reserve(128);
    put_u64(bytes, static_cast<std::uint64_t>(header.datastream.value));
    put_time(bytes, header.start);
    put_time(bytes, header.end);
    put_u64(bytes, header.count);
    put_u64(bytes, header.usable.count);
    for (const double number :
         {header.usable.sum, header.usable.min, header.usable.max, header.usable.first, header.usable.last}) {
        put_u64(bytes, std::bit_cast<std::uint64_t>(number + 0.0));  // SQLite keeps -0.0 as 0
    }
    put_time(bytes, header.usable.first_time);
    put_time(bytes, header.usable.last_time);
    return crc32c(rest, crc32c(bytes));
}

std::unexpected<Error> damaged(const Header& header, std::string_view why) {
    return fail(Errc::damaged, fmt::format("block of datastream {} at {} us: {}", header.datastream.value,
                                           header.start.time_since_epoch().count(), why));
}

}  // namespace

struct Dictionaries::Entry {
    std::uint32_t id = 0;
    Bytes bytes;
    std::unique_ptr<ZSTD_CDict, decltype(&ZSTD_freeCDict)> quick{nullptr, &ZSTD_freeCDict};
    std::unique_ptr<ZSTD_CDict, decltype(&ZSTD_freeCDict)> thorough{nullptr, &ZSTD_freeCDict};
    std::unique_ptr<ZSTD_DDict, decltype(&ZSTD_freeDDict)> reading{nullptr, &ZSTD_freeDDict};
};

namespace {

constexpr std::size_t worth_two_codes = 800;
constexpr int thorough_level = 9;

/// The frame without its magic number; empty when it would not be shorter than the payload.
Bytes compress(ByteView payload, const Dictionaries::Entry* dictionary, int level) {
    ZSTD_CCtx* context = compressor();
    ZSTD_CCtx_reset(context, ZSTD_reset_session_and_parameters);
    ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level);
    ZSTD_CCtx_setParameter(context, ZSTD_c_dictIDFlag, 0);
    ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 0);
    if (dictionary != nullptr) {
        const auto& prepared = level <= small_level ? dictionary->quick : dictionary->thorough;
        ZSTD_CCtx_refCDict(context, prepared.get());
    }
    ZSTD_CCtx_setPledgedSrcSize(context, payload.size());
    Bytes out(ZSTD_compressBound(payload.size()) + 64);
    ZSTD_outBuffer to{out.data(), out.size(), 0};
    // Irregular times get a code of their own when there are enough of them to pay for it.
    const std::size_t cut = !is_regular(payload) && payload.size() >= worth_two_codes ? values_begin(payload) : 0;
    ZSTD_inBuffer times{payload.data(), cut, 0};
    ZSTD_inBuffer values{payload.data(), payload.size(), cut};
    check(cut == 0 || ZSTD_compressStream2(context, &to, &times, ZSTD_e_flush) == 0, "zstd writes the times");
    check(ZSTD_compressStream2(context, &to, &values, ZSTD_e_end) == 0, "zstd has room for the values");
    const std::size_t size = to.pos;
    if (size >= payload.size() + magic_size) {
        return {};
    }
    out.resize(size);
    out.erase(out.begin(), out.begin() + magic_size);
    return out;
}

Result<ByteView> decompress(const Header& header, ByteView frame, const Dictionaries::Entry* dictionary) {
    thread_local Bytes whole;
    thread_local Bytes payload;
    const std::uint32_t magic = ZSTD_MAGICNUMBER;
    whole.resize(magic_size + frame.size());
    std::memcpy(whole.data(), &magic, magic_size);
    std::memcpy(whole.data() + magic_size, frame.data(), frame.size());
    const auto size = ZSTD_getFrameContentSize(whole.data(), whole.size());
    if (size == ZSTD_CONTENTSIZE_ERROR || size == ZSTD_CONTENTSIZE_UNKNOWN || size > payload_max) {
        return damaged(header, "its compressed size makes no sense");
    }
    payload.resize(size);
    ZSTD_DCtx* context = decompressor();
    const std::size_t done =
        dictionary != nullptr
            ? ZSTD_decompress_usingDDict(context, payload.data(), payload.size(), whole.data(), whole.size(),
                                         dictionary->reading.get())
            : ZSTD_decompressDCtx(context, payload.data(), payload.size(), whole.data(), whole.size());
    if (ZSTD_isError(done) != 0 || done != size) {
        return damaged(header, "it does not decompress");
    }
    return ByteView{payload};
}

}  // namespace

Header header_of(DatastreamId datastream, const Columns& columns) {
    return {.datastream = datastream,
            .start = columns.times.front(),
            .end = columns.times.back(),
            .count = columns.size(),
            .usable = aggregate_of(view(datastream, columns, 0, columns.size()))};
}

Dictionaries::Dictionaries() = default;
Dictionaries::~Dictionaries() = default;

void Dictionaries::add(std::uint32_t id, std::uint8_t kind, ByteView bytes) {
    auto entry = std::make_shared<Entry>();
    entry->id = id;
    entry->bytes.assign(bytes.begin(), bytes.end());
    entry->quick.reset(ZSTD_createCDict(bytes.data(), bytes.size(), small_level));
    entry->thorough.reset(ZSTD_createCDict(bytes.data(), bytes.size(), thorough_level));
    entry->reading.reset(ZSTD_createDDict(bytes.data(), bytes.size()));
    const std::unique_lock lock{mutex_};
    newest_[kind] = entry;
    by_id_[id] = std::move(entry);
}

bool Dictionaries::has_kind(std::uint8_t kind) const {
    return newest(kind) != nullptr;
}

std::uint32_t Dictionaries::next_id() const {
    const std::shared_lock lock{mutex_};
    return by_id_.empty() ? 1 : by_id_.rbegin()->first + 1;
}

std::shared_ptr<const Dictionaries::Entry> Dictionaries::find(std::uint32_t id) const {
    const std::shared_lock lock{mutex_};
    const auto found = by_id_.find(id);
    return found == by_id_.end() ? nullptr : found->second;
}

std::shared_ptr<const Dictionaries::Entry> Dictionaries::newest(std::uint8_t kind) const {
    const std::shared_lock lock{mutex_};
    const auto found = newest_.find(kind);
    return found == newest_.end() ? nullptr : found->second;
}

Bytes train_dictionary(const std::vector<Bytes>& payloads, std::size_t bytes_max) {
    Bytes samples;
    std::vector<std::size_t> sizes;
    for (const Bytes& payload : payloads) {
        samples.insert(samples.end(), payload.begin(), payload.end());
        sizes.push_back(payload.size());
    }
    // What the dictionary gives is the statistics of the samples, so that a block need not carry its own. Searching for
    // content that repeats, as ZDICT_trainFromBuffer does, takes seconds and gains a hundredth.
    const std::size_t content_size = std::min(samples.size(), bytes_max / 2);
    Bytes dictionary(bytes_max);
    ZDICT_params_t parameters{};
    parameters.compressionLevel = thorough_level;
    const std::size_t size =
        ZDICT_finalizeDictionary(dictionary.data(), dictionary.size(), samples.data(), content_size, samples.data(),
                                 sizes.data(), static_cast<unsigned>(sizes.size()), parameters);
    dictionary.resize(ZDICT_isError(size) != 0 ? 0 : size);
    return dictionary;
}

Bytes seal(const Header& header, ByteView payload, const Dictionaries& dictionaries, int level) {
    const Kind kind{static_cast<ResultType>(std::to_integer<std::uint8_t>(payload[0]) & 7U), is_regular(payload)};
    const auto dictionary = dictionaries.newest(kind.code());
    Bytes body = compress(payload, dictionary.get(), level);
    const Compression compression = body.empty() ? stored : zstd;
    if (compression == stored) {
        body.assign(payload.begin(), payload.end());
    }
    Bytes rest;
    rest.reserve(body.size() + 8);
    rest.push_back(static_cast<std::byte>(format_version | compression << 4U));
    if (compression == zstd) {
        put_varint(rest, dictionary == nullptr ? 0 : dictionary->id);
    }
    rest.insert(rest.end(), body.begin(), body.end());
    Bytes out;
    out.reserve(checksum_size + rest.size());
    put_u32(out, checksum(header, rest));
    out.insert(out.end(), rest.begin(), rest.end());
    return out;
}

Result<void> verify(const Header& header, ByteView sealed) {
    ByteReader in{sealed};
    const auto sum = in.u32();
    if (!sum || *sum != checksum(header, sealed.subspan(checksum_size))) {
        return damaged(header, "its checksum is wrong");
    }
    return {};
}

Result<Columns> open(const Header& header, ByteView sealed, const Dictionaries& dictionaries) {
    TRY_DO(verify(header, sealed));
    ByteReader in{sealed.subspan(checksum_size)};
    sealed = sealed.subspan(checksum_size);
    const auto form = in.u8();
    if (!form || (*form & 0x0FU) != format_version || *form >> 4U > zstd) {
        return damaged(header, "it is of an unknown version");
    }
    ByteView payload;
    if (*form >> 4U == zstd) {
        const auto id = in.varint();
        const auto dictionary = !id || *id == 0 ? nullptr : dictionaries.find(static_cast<std::uint32_t>(*id));
        if (!id || (*id != 0 && dictionary == nullptr)) {
            return damaged(header, "its dictionary is missing");
        }
        TRY(payload, decompress(header, sealed.subspan(in.position()), dictionary.get()));
    } else {
        payload = sealed.subspan(in.position());
    }
    auto columns = decode(payload);
    if (!columns) {
        return damaged(header, columns.error().what);
    }
    if (columns->times.front() != header.start || columns->times.back() != header.end ||
        columns->size() != header.count) {
        return damaged(header, "it is not what its header says");
    }
    return columns;
}

}  // namespace bypuls::observations::blocks
