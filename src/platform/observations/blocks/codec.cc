#include "platform/observations/blocks/codec.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <map>
#include <optional>
#include <utility>

#include "core/check.h"
#include "platform/observations/blocks/integers.h"

namespace bypuls::observations::blocks {

namespace {

// First byte: the type in the low three bits, then these.
constexpr std::uint8_t type_mask = 0x07;
constexpr std::uint8_t has_quality = 0x08;
constexpr std::uint8_t regular_times = 0x10;

constexpr std::array<std::int64_t, 5> units{3'600'000'000, 60'000'000, 1'000'000, 1'000, 1};  // microseconds
constexpr std::array<double, 10> powers_of_ten{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9};

enum NumberForm : std::uint8_t {
    scaled_0 = 0,    // to 9: integers, to be divided by this power of ten
    raw = 16,        // the eight bytes of each number, all first bytes first
    xored = 17,      // the same of each number XOR the one before
    patched_0 = 32,  // to 41: as scaled, after a list of rows that are not
};

std::int64_t micros(Instant t) {
    return t.time_since_epoch().count();
}

// --- times -----------------------------------------------------------------------------------------------------------

std::uint8_t common_unit(const std::vector<Instant>& times) {
    std::uint8_t unit = 0;
    for (const Instant t : times) {
        while (micros(t) % units[unit] != 0) {
            ++unit;  // ends at microseconds, which divide everything
        }
    }
    return unit;
}

void put_times(Bytes& out, const std::vector<Instant>& times, bool regular, std::uint8_t unit) {
    const std::int64_t scale = units[unit];
    out.push_back(static_cast<std::byte>(unit));
    put_varint(out, zigzag(micros(times.front()) / scale));
    if (times.size() == 1) {
        return;
    }
    if (regular) {
        put_varint(out,
                   static_cast<std::uint64_t>(micros(times[1]) - micros(times[0])) / static_cast<std::uint64_t>(scale));
        return;
    }
    std::vector<std::int64_t> steps;
    steps.reserve(times.size() - 1);
    for (std::size_t i = 1; i < times.size(); ++i) {
        steps.push_back((micros(times[i]) - micros(times[i - 1])) / scale);
    }
    put_integers(out, steps);
}

bool steps_are_equal(const std::vector<Instant>& times) {
    for (std::size_t i = 2; i < times.size(); ++i) {
        if (times[i] - times[i - 1] != times[1] - times[0]) {
            return false;
        }
    }
    return true;
}

std::unexpected<Error> wrong_times() {
    return fail(Errc::malformed, "block: times do not rise within the years that are kept");
}

Result<void> read_regular(ByteReader& in, std::int64_t first, std::int64_t scale, std::vector<Instant>& times) {
    std::uint64_t step = 0;
    if (times.size() > 1) {
        TRY(step, in.varint());
        const auto span = static_cast<std::uint64_t>((micros(latest_time) - micros(earliest_time)) / scale);
        if (step == 0 || step > span / (times.size() - 1)) {
            return wrong_times();
        }
    }
    Instant now{Duration{first * scale}};
    for (Instant& time : times) {
        time = now;
        now += Duration{static_cast<std::int64_t>(step) * scale};
    }
    return {};
}

Result<void> read_irregular(ByteReader& in, std::int64_t first, std::int64_t scale, std::vector<Instant>& times) {
    thread_local std::vector<std::int64_t> steps;
    TRY_DO(read_integers(in, times.size() - 1, steps));
    const std::int64_t span = (micros(latest_time) - micros(earliest_time)) / scale;
    std::int64_t now = first;
    times[0] = Instant{Duration{now * scale}};
    for (std::size_t i = 0; i < steps.size(); ++i) {
        if (steps[i] <= 0 || steps[i] > span || now > micros(latest_time) / scale) {
            return wrong_times();
        }
        now += steps[i];
        times[i + 1] = Instant{Duration{now * scale}};
    }
    return {};
}

Result<void> read_times(ByteReader& in, std::size_t count, bool regular, std::vector<Instant>& times) {
    TRY(const std::uint8_t unit, in.u8());
    if (unit >= units.size()) {
        return fail(Errc::malformed, "block: unknown unit of time");
    }
    const std::int64_t scale = units[unit];
    TRY(const std::uint64_t folded, in.varint());
    const std::int64_t first = unzigzag(folded);
    if (first < micros(earliest_time) / scale || first > micros(latest_time) / scale) {
        return wrong_times();
    }
    times.resize(count);
    TRY_DO(regular ? read_regular(in, first, scale, times) : read_irregular(in, first, scale, times));
    if (times.front() < earliest_time || times.back() >= latest_time) {
        return wrong_times();
    }
    return {};
}

// --- numbers ---------------------------------------------------------------------------------------------------------

/// Is the number exactly this many units of 10^-digits, so that dividing gives it back bit by bit?
bool scales(double number, std::size_t digits, std::int64_t& scaled) {
    const double product = std::nearbyint(number * powers_of_ten[digits]);
    if (!(std::abs(product) < 9e15)) {
        return false;
    }
    scaled = static_cast<std::int64_t>(product);
    const double back = static_cast<double>(scaled) / powers_of_ten[digits];
    return std::bit_cast<std::uint64_t>(back) == std::bit_cast<std::uint64_t>(number);
}

/// Numbers as integers of one power of ten, but for a few that are none: -0.0, or a value from another source.
struct Scaled {
    std::size_t digits = 0;
    std::vector<std::int64_t> integers;   // that of the row before where there is an exception
    std::vector<std::size_t> exceptions;  // their rows
};

/// False when more than `exceptions_max` numbers do not fit.
bool scale_all(const std::vector<double>& numbers, std::size_t digits, std::size_t exceptions_max, Scaled& out) {
    out.digits = digits;
    out.integers.resize(numbers.size());
    out.exceptions.clear();
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        if (!scales(numbers[i], digits, out.integers[i])) {
            if (out.exceptions.size() == exceptions_max) {
                return false;
            }
            out.exceptions.push_back(i);
            out.integers[i] = i == 0 ? 0 : out.integers[i - 1];
        }
    }
    return true;
}

/// The power of ten with the fewest exceptions, and of those the smallest.
std::optional<Scaled> scaled(const std::vector<double>& numbers) {
    std::optional<Scaled> best;
    Scaled candidate;
    for (std::size_t digits = 0; digits < powers_of_ten.size(); ++digits) {
        const std::size_t bearable = best ? best->exceptions.size() - 1 : numbers.size() / 32;
        if (scale_all(numbers, digits, bearable, candidate)) {
            best = candidate;
            if (best->exceptions.empty()) {
                break;
            }
        }
    }
    return best;
}

void put_scaled(Bytes& out, const std::vector<double>& numbers, const Scaled& form) {
    const bool plain = form.exceptions.empty();
    out.push_back(static_cast<std::byte>((plain ? scaled_0 : patched_0) + form.digits));
    if (!plain) {
        put_varint(out, form.exceptions.size());
        std::size_t before = 0;
        for (const std::size_t row : form.exceptions) {
            put_varint(out, row - before);
            put_u64(out, std::bit_cast<std::uint64_t>(numbers[row]));
            before = row;
        }
    }
    put_integers(out, form.integers);
}

void put_planes(Bytes& out, const std::vector<std::uint64_t>& words) {
    for (unsigned shift = 56;; shift -= 8) {
        for (const std::uint64_t word : words) {
            out.push_back(static_cast<std::byte>(word >> shift));
        }
        if (shift == 0) {
            return;
        }
    }
}

void put_numbers(Bytes& out, const std::vector<double>& numbers) {
    if (const auto form = scaled(numbers)) {
        put_scaled(out, numbers, *form);
        return;
    }
    std::vector<std::uint64_t> words(numbers.size());
    std::ranges::transform(numbers, words.begin(), [](double n) { return std::bit_cast<std::uint64_t>(n); });
    Bytes as_they_are;
    put_planes(as_they_are, words);
    for (std::size_t i = words.size(); i-- > 1;) {
        words[i] ^= words[i - 1];
    }
    Bytes changes;
    put_planes(changes, words);
    const bool use_changes = entropy_bytes(changes) < entropy_bytes(as_they_are);
    out.push_back(std::byte{use_changes ? xored : raw});
    const Bytes& chosen = use_changes ? changes : as_they_are;
    out.insert(out.end(), chosen.begin(), chosen.end());
}

Result<void> read_planes(ByteReader& in, std::size_t count, bool changes, std::vector<double>& numbers) {
    TRY(const ByteView planes, in.take(count * 8));
    numbers.resize(count);
    std::uint64_t before = 0;
    for (std::size_t i = 0; i < count; ++i) {
        std::uint64_t word = 0;
        for (std::size_t plane = 0; plane < 8; ++plane) {
            word = word << 8U | std::to_integer<std::uint64_t>(planes[plane * count + i]);
        }
        word ^= changes ? before : 0;
        before = word;
        numbers[i] = std::bit_cast<double>(word);
        if (!std::isfinite(numbers[i])) {
            return fail(Errc::malformed, "block: a number is not finite");
        }
    }
    return {};
}

struct Exception {
    std::size_t row;
    double number;
};

Result<std::vector<Exception>> read_exceptions(ByteReader& in, std::size_t count) {
    TRY(const std::uint64_t size, in.varint());
    if (size > count) {
        return fail(Errc::malformed, "block: more exceptions than rows");
    }
    std::vector<Exception> out;
    std::uint64_t row = 0;
    for (std::uint64_t i = 0; i < size; ++i) {
        TRY(const std::uint64_t gap, in.varint());
        TRY(const std::uint64_t bits, in.u64());
        if (gap >= count - row) {
            return fail(Errc::malformed, "block: an exception names a row that is not there");
        }
        row += gap;
        out.push_back({row, std::bit_cast<double>(bits)});
        if (!std::isfinite(out.back().number)) {
            return fail(Errc::malformed, "block: a number is not finite");
        }
    }
    return out;
}

Result<void> read_numbers(ByteReader& in, std::size_t count, std::vector<double>& numbers) {
    TRY(const std::uint8_t form, in.u8());
    if (form == raw || form == xored) {
        return read_planes(in, count, form == xored, numbers);
    }
    const std::size_t digits = form >= patched_0 ? form - patched_0 : form;
    if (digits >= powers_of_ten.size()) {
        return fail(Errc::malformed, "block: unknown form of numbers");
    }
    std::vector<Exception> exceptions;
    if (form >= patched_0) {
        TRY(exceptions, read_exceptions(in, count));
    }
    thread_local std::vector<std::int64_t> integers;
    TRY_DO(read_integers(in, count, integers));
    numbers.resize(count);
    const double divisor = powers_of_ten[digits];
    for (std::size_t i = 0; i < count; ++i) {
        numbers[i] = static_cast<double>(integers[i]) / divisor;
    }
    for (const Exception& exception : exceptions) {
        numbers[exception.row] = exception.number;
    }
    return {};
}

// --- booleans and texts ----------------------------------------------------------------------------------------------

void put_booleans(Bytes& out, const std::vector<std::uint8_t>& booleans) {
    for (std::size_t i = 0; i < booleans.size(); i += 8) {
        unsigned byte = 0;
        for (std::size_t bit = 0; bit < 8 && i + bit < booleans.size(); ++bit) {
            byte |= static_cast<unsigned>(booleans[i + bit] != 0) << bit;
        }
        out.push_back(static_cast<std::byte>(byte));
    }
}

Result<void> read_booleans(ByteReader& in, std::size_t count, std::vector<std::uint8_t>& booleans) {
    TRY(const ByteView bits, in.take((count + 7) / 8));
    booleans.resize(count);
    for (std::size_t i = 0; i < count; ++i) {
        booleans[i] = std::to_integer<std::uint8_t>(bits[i / 8] >> (i % 8) & std::byte{1});
    }
    return {};
}

/// Each text once, in the order of appearance, then which one each row has.
void put_texts(Bytes& out, const std::vector<std::string>& texts) {
    std::map<std::string_view, std::int64_t> index_of;
    std::vector<std::string_view> distinct;
    std::vector<std::int64_t> rows;
    rows.reserve(texts.size());
    for (const std::string& text : texts) {
        const auto [place, is_new] = index_of.try_emplace(text, static_cast<std::int64_t>(distinct.size()));
        if (is_new) {
            distinct.push_back(text);
        }
        rows.push_back(place->second);
    }
    put_varint(out, distinct.size());
    for (const std::string_view text : distinct) {
        put_varint(out, text.size());
        const ByteView bytes = as_bytes(text);
        out.insert(out.end(), bytes.begin(), bytes.end());
    }
    put_integers(out, rows);
}

Result<void> read_texts(ByteReader& in, std::size_t count, std::vector<std::string>& texts) {
    TRY(const std::uint64_t distinct_count, in.varint());
    if (distinct_count > count) {
        return fail(Errc::malformed, "block: more texts than rows");
    }
    std::vector<std::string_view> distinct;
    for (std::uint64_t i = 0; i < distinct_count; ++i) {
        TRY(const std::uint64_t size, in.varint());
        if (size > text_bytes_max) {
            return fail(Errc::malformed, "block: a text is too long");
        }
        TRY(const ByteView bytes, in.take(size));
        distinct.push_back(as_text(bytes));
    }
    std::vector<std::int64_t> rows;
    TRY_DO(read_integers(in, count, rows));
    std::size_t total = 0;
    texts.reserve(count);
    for (const std::int64_t row : rows) {
        if (row < 0 || std::cmp_greater_equal(row, distinct.size())) {
            return fail(Errc::malformed, "block: a row names a text that is not there");
        }
        const std::string_view text = distinct[static_cast<std::size_t>(row)];
        total += text.size();
        if (total > text_total_max) {
            return fail(Errc::malformed, "block: its texts are too long together");
        }
        texts.emplace_back(text);
    }
    return {};
}

// --- quality ---------------------------------------------------------------------------------------------------------

void put_quality(Bytes& out, const std::vector<Quality>& quality) {
    for (std::size_t from = 0; from < quality.size();) {
        std::size_t to = from;
        while (to < quality.size() && quality[to] == quality[from]) {
            ++to;
        }
        put_varint(out, to - from);
        out.push_back(static_cast<std::byte>(quality[from].bits()));
        from = to;
    }
}

Result<void> read_quality(ByteReader& in, std::size_t count, std::vector<Quality>& quality) {
    while (quality.size() < count) {
        TRY(const std::uint64_t run, in.varint());
        TRY(const std::uint8_t bits, in.u8());
        if (run == 0 || run > count - quality.size()) {
            return fail(Errc::malformed, "block: a run of quality does not fit");
        }
        quality.insert(quality.end(), run, Quality{bits});
    }
    return {};
}

Result<void> read_values(ByteReader& in, std::size_t count, Columns& out) {
    switch (out.type) {
        case ResultType::number: return read_numbers(in, count, out.numbers);
        case ResultType::integer: return read_integers(in, count, out.integers);
        case ResultType::boolean: return read_booleans(in, count, out.booleans);
        case ResultType::category:
        case ResultType::json: return read_texts(in, count, out.texts);
    }
    return fail(Errc::malformed, "block: unknown type");
}

}  // namespace

Bytes encode(const Columns& columns) {
    check(!columns.empty() && columns.size() <= rows_max, "a block has at least one row and not too many");
    check(std::ranges::is_sorted(columns.times, std::less_equal<>{}), "the times of a block rise strictly");
    const bool flagged = std::ranges::any_of(columns.quality, [](Quality q) { return !q.good(); });
    const bool regular = columns.size() == 1 || steps_are_equal(columns.times);

    Bytes out;
    out.reserve(32 + columns.size() * 2);
    out.push_back(static_cast<std::byte>(static_cast<unsigned>(columns.type) | (flagged ? has_quality : 0U) |
                                         (regular ? regular_times : 0U)));
    put_varint(out, columns.size());
    put_times(out, columns.times, regular, common_unit(columns.times));
    switch (columns.type) {
        case ResultType::number: put_numbers(out, columns.numbers); break;
        case ResultType::integer: put_integers(out, columns.integers); break;
        case ResultType::boolean: put_booleans(out, columns.booleans); break;
        case ResultType::category:
        case ResultType::json: put_texts(out, columns.texts); break;
    }
    if (flagged) {
        put_quality(out, columns.quality);
    }
    return out;
}

Result<Columns> decode(ByteView payload) {
    ByteReader in{payload};
    TRY(const std::uint8_t head, in.u8());
    if ((head & type_mask) > static_cast<std::uint8_t>(ResultType::json) ||
        (head & ~(type_mask | has_quality | regular_times)) != 0) {
        return fail(Errc::malformed, "block: unknown type or flag");
    }
    TRY(const std::uint64_t count, in.varint());
    if (count == 0 || count > rows_max) {
        return fail(Errc::malformed, "block: an impossible number of rows");
    }
    Columns out{.type = static_cast<ResultType>(head & type_mask)};
    TRY_DO(read_times(in, count, (head & regular_times) != 0, out.times));
    TRY_DO(read_values(in, count, out));
    if ((head & has_quality) != 0) {
        TRY_DO(read_quality(in, count, out.quality));
    }
    if (in.remaining() != 0) {
        return fail(Errc::malformed, "block: bytes after its end");
    }
    return out;
}

std::size_t values_begin(ByteView payload) {
    ByteReader in{payload};
    std::vector<Instant> times;
    const auto head = in.u8();
    const auto count = in.varint();
    check(head && count && read_times(in, *count, is_regular(payload), times), "the payload is one of encode()");
    return in.position();
}

bool is_regular(ByteView payload) {
    return !payload.empty() && (std::to_integer<std::uint8_t>(payload[0]) & regular_times) != 0;
}

}  // namespace bypuls::observations::blocks
