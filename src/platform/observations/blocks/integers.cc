#include "platform/observations/blocks/integers.h"

#include <array>
#include <cmath>

namespace bypuls::observations::blocks {

namespace {

constexpr std::uint8_t escape = 255;

/// How often values were replaced by their differences.
enum Form : std::uint8_t { plain = 0, differences = 1, second_differences = 2 };

/// Differences wrap around as unsigned numbers do, so every int64 survives.
std::int64_t minus(std::int64_t a, std::int64_t b) {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
}

void differentiate(std::vector<std::int64_t>& values) {
    for (std::size_t i = values.size(); i-- > 1;) {
        values[i] = minus(values[i], values[i - 1]);
    }
}

struct Split {
    Bytes small;  ///< one byte for each value
    Bytes large;  ///< varints of what did not fit

    double cost() const { return entropy_bytes(small) + static_cast<double>(large.size()); }
};

Split split(std::span<const std::int64_t> values) {
    Split out;
    out.small.resize(values.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
        const std::uint64_t folded = zigzag(values[i]);
        out.small[i] = static_cast<std::byte>(folded < escape ? folded : escape);
        if (folded >= escape) {
            put_varint(out.large, folded - escape);
        }
    }
    return out;
}

}  // namespace

double entropy_bytes(ByteView bytes) {
    std::array<std::uint32_t, 256> seen{};
    for (const std::byte byte : bytes) {
        ++seen[std::to_integer<std::uint8_t>(byte)];
    }
    double bits = 0;
    const double total = static_cast<double>(bytes.size());
    for (const std::uint32_t count : seen) {
        if (count > 0) {
            bits -= count * std::log2(count / total);
        }
    }
    return bits / 8;
}

void put_integers(Bytes& out, std::span<const std::int64_t> values) {
    std::vector<std::int64_t> column(values.begin(), values.end());
    Split best = split(column);
    double best_cost = best.cost();
    Form form = plain;
    for (const Form next : {differences, second_differences}) {
        differentiate(column);
        Split candidate = split(column);
        const double cost = candidate.cost();
        if (cost < best_cost) {
            best = std::move(candidate);
            best_cost = cost;
            form = next;
        }
    }
    out.push_back(static_cast<std::byte>(form));
    out.insert(out.end(), best.small.begin(), best.small.end());
    out.insert(out.end(), best.large.begin(), best.large.end());
}

namespace {

/// Undoes `form` while reading, in one pass: each integer costs a few instructions.
template <Form form>
Result<void> read_form(ByteReader& in, ByteView small, std::int64_t* out) {
    std::uint64_t step = 0;
    std::uint64_t now = 0;
    for (std::size_t i = 0; i < small.size(); ++i) {
        std::uint64_t folded = std::to_integer<std::uint8_t>(small[i]);
        if (folded == escape) [[unlikely]] {
            TRY(const std::uint64_t rest, in.varint());
            folded = rest + escape;
            if (folded < rest) {
                return fail(Errc::malformed, "block: an integer is larger than 64 bits");
            }
        }
        const auto value = static_cast<std::uint64_t>(unzigzag(folded));
        if constexpr (form == plain) {
            now = value;
        } else if constexpr (form == differences) {
            now += value;
        } else {
            // The first value stands for itself, the second is a difference, the rest differences of differences.
            step += value;
            now += step;
        }
        out[i] = static_cast<std::int64_t>(now);
    }
    return {};
}

}  // namespace

Result<void> read_integers(ByteReader& in, std::size_t count, std::vector<std::int64_t>& out) {
    TRY(const std::uint8_t form, in.u8());
    TRY(const ByteView small, in.take(count));
    out.resize(count);
    switch (form) {
        case plain: return read_form<plain>(in, small, out.data());
        case differences: return read_form<differences>(in, small, out.data());
        case second_differences: return read_form<second_differences>(in, small, out.data());
        default: return fail(Errc::malformed, "block: unknown form of integers");
    }
}

}  // namespace bypuls::observations::blocks
