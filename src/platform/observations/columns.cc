#include "platform/observations/columns.h"

#include <algorithm>
#include <bit>

#include "core/check.h"

namespace bypuls::observations {

namespace {

template <typename Rows>
Value value_at(const Rows& rows, std::size_t row) {
    switch (rows.type) {
        case ResultType::number: return rows.numbers[row];
        case ResultType::integer: return rows.integers[row];
        case ResultType::boolean: return rows.booleans[row] != 0;
        case ResultType::category: return Category{rows.texts[row]};
        case ResultType::json: return Json{rows.texts[row]};
    }
    check(false, "a result type is one of five");
    return {};
}

const std::string& text_of(const Value& value) {
    const auto* category = std::get_if<Category>(&value);
    return category != nullptr ? category->value : std::get<Json>(value).text;
}

template <typename T>
void append_part(std::vector<T>& to, const std::vector<T>& from, std::size_t begin, std::size_t end) {
    if (!from.empty()) {
        to.insert(to.end(), from.begin() + static_cast<std::ptrdiff_t>(begin),
                  from.begin() + static_cast<std::ptrdiff_t>(end));
    }
}

template <typename T>
std::span<const T> part_of(const std::vector<T>& column, std::size_t from, std::size_t to) {
    return column.empty() ? std::span<const T>{} : std::span{column}.subspan(from, to - from);
}

}  // namespace

Value Columns::value(std::size_t row) const {
    return value_at(*this, row);
}

Value ColumnView::value(std::size_t row) const {
    return value_at(*this, row);
}

void Columns::clear() {
    times.clear();
    numbers.clear();
    integers.clear();
    booleans.clear();
    texts.clear();
    quality.clear();
}

void Columns::reserve(std::size_t rows) {
    times.reserve(rows);
    switch (type) {
        case ResultType::number: numbers.reserve(rows); break;
        case ResultType::integer: integers.reserve(rows); break;
        case ResultType::boolean: booleans.reserve(rows); break;
        case ResultType::category:
        case ResultType::json: texts.reserve(rows); break;
    }
}

void Columns::push_back(Instant time, const Value& value, Quality quality_now) {
    if (!quality_now.good() || !quality.empty()) {
        quality.resize(times.size());
        quality.push_back(quality_now);
    }
    times.push_back(time);
    switch (type) {
        case ResultType::number: numbers.push_back(std::get<double>(value)); break;
        case ResultType::integer: integers.push_back(std::get<std::int64_t>(value)); break;
        case ResultType::boolean: booleans.push_back(std::get<bool>(value) ? 1 : 0); break;
        case ResultType::category:
        case ResultType::json: texts.push_back(text_of(value)); break;
    }
}

void Columns::push_back(const Columns& from, std::size_t row) {
    append(from, row, row + 1);
}

void Columns::append(const Columns& other, std::size_t from, std::size_t to) {
    check(type == other.type, "columns of one type are put together");
    if (!other.quality.empty() || !quality.empty()) {
        quality.resize(times.size());
        if (other.quality.empty()) {
            quality.resize(times.size() + (to - from));
        } else {
            append_part(quality, other.quality, from, to);
        }
    }
    append_part(times, other.times, from, to);
    append_part(numbers, other.numbers, from, to);
    append_part(integers, other.integers, from, to);
    append_part(booleans, other.booleans, from, to);
    append_part(texts, other.texts, from, to);
}

void Columns::set(std::size_t row, const Value& value, Quality quality_now) {
    if (!quality_now.good() || !quality.empty()) {
        quality.resize(times.size());
        quality[row] = quality_now;
    }
    switch (type) {
        case ResultType::number: numbers[row] = std::get<double>(value); break;
        case ResultType::integer: integers[row] = std::get<std::int64_t>(value); break;
        case ResultType::boolean: booleans[row] = std::get<bool>(value) ? 1 : 0; break;
        case ResultType::category:
        case ResultType::json: texts[row] = text_of(value); break;
    }
}

void Columns::reverse() {
    std::ranges::reverse(times);
    std::ranges::reverse(numbers);
    std::ranges::reverse(integers);
    std::ranges::reverse(booleans);
    std::ranges::reverse(texts);
    std::ranges::reverse(quality);
}

bool operator==(const Columns& a, const Columns& b) {
    const auto same_bits = [](double x, double y) {
        return std::bit_cast<std::uint64_t>(x) == std::bit_cast<std::uint64_t>(y);
    };
    const auto flags_equal = [&] {
        for (std::size_t row = 0; row < a.size(); ++row) {
            if (a.quality_of(row) != b.quality_of(row)) {
                return false;
            }
        }
        return true;
    };
    return a.type == b.type && a.times == b.times && std::ranges::equal(a.numbers, b.numbers, same_bits) &&
           a.integers == b.integers && a.booleans == b.booleans && a.texts == b.texts && flags_equal();
}

ColumnView view(DatastreamId datastream, const Columns& columns, std::size_t from, std::size_t to) {
    return {.datastream = datastream,
            .type = columns.type,
            .times = part_of(columns.times, from, to),
            .numbers = part_of(columns.numbers, from, to),
            .integers = part_of(columns.integers, from, to),
            .booleans = part_of(columns.booleans, from, to),
            .texts = part_of(columns.texts, from, to),
            .quality = part_of(columns.quality, from, to)};
}

ColumnView view(DatastreamId datastream, const Columns& columns, Interval interval) {
    const auto from = std::ranges::lower_bound(columns.times, interval.from) - columns.times.begin();
    const auto to = std::ranges::lower_bound(columns.times, interval.to) - columns.times.begin();
    return view(datastream, columns, static_cast<std::size_t>(from), static_cast<std::size_t>(std::max(from, to)));
}

}  // namespace bypuls::observations
