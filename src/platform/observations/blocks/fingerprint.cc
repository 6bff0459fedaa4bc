#include "platform/observations/fingerprint.h"

#include <bit>
#include <limits>

#include "platform/observations/blocks/engine.h"

namespace bypuls::observations::blocks {
namespace {

void put_time(Bytes& out, Instant t) {
    put_u64(out, static_cast<std::uint64_t>(t.time_since_epoch().count()));
}

/// The checksum that begins the block covers its header and its bytes; the sums beside it make a chance agreement of
/// two contents rarer still.
void put_sealed(Bytes& out, const Header& header, ByteView sealed) {
    put_time(out, header.start);
    put_time(out, header.end);
    put_u64(out, header.count);
    put_u64(out, std::bit_cast<std::uint64_t>(header.usable.sum));
    put_u64(out, sealed.size());
    const ByteView checksum = sealed.first(std::min<std::size_t>(sealed.size(), sizeof(std::uint32_t)));
    out.insert(out.end(), checksum.begin(), checksum.end());
}

}  // namespace

/// Of a block that lies within the interval its checksum tells; of one at its edge the rows within.
Result<void> BlockStore::put_block(Bytes& out, const Walk& walk, Interval interval) const {
    const Header& header = walk.header();
    if (interval.contains(header.start) && interval.contains(header.end)) {
        if (const auto sound = verify(header, walk.bytes()); !sound) {
            note(header, sound.error());
            out.push_back(std::byte{'d'});  // its rows are not served
            return {};
        }
        out.push_back(std::byte{'b'});
        put_sealed(out, header, walk.bytes());
        return {};
    }
    const auto block = blocks::open(header, walk.bytes(), dictionaries_);
    if (!block) {
        note(header, block.error());
        out.push_back(std::byte{'d'});
        return {};
    }
    out.push_back(std::byte{'r'});
    put_rows(out, view(header.datastream, *block, interval));
    return {};
}

Result<Bytes> BlockStore::fingerprint(DatastreamId id, Interval interval) const {
    constexpr std::size_t everything = std::numeric_limits<std::size_t>::max() / 2;
    Bytes out;
    auto held = snapshot(id, interval, everything, false);
    if (!held || interval.empty()) {
        return out;
    }
    TRY(const auto reader, readers_.lease());
    TRY(const auto moment, reader->moment());
    TRY(const SettleNumber seen, reader->settle_number());
    held->settle_upto(seen);
    Walk walk{*reader, id, held->shape, interval, Order::oldest_first};
    for (;;) {
        TRY(const bool more, walk.next());
        if (!more) {
            break;
        }
        TRY_DO(put_block(out, walk, interval));
    }
    const Columns hot = held->rows();
    put_rows(out, view(id, hot, interval));
    return out;
}

}  // namespace bypuls::observations::blocks
