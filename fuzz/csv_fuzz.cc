// The first line is a map in words, the rest is a file. Read whole, in pieces, and resumed: the same records.
#include <cmath>
#include <cstdint>
#include <string_view>
#include <tuple>
#include <vector>

#include "core/check.h"
#include "core/text.h"
#include "platform/ingest/csv/reader.h"

namespace {

using namespace bypuls;
using namespace bypuls::ingest::csv;

struct Collect final : Reader::Sink {
    std::vector<Row> rows;
    std::vector<Reject> rejects;
    void row(const Row& row) override { rows.push_back(row); }
    void reject(const Reject& reject) override { rejects.push_back(reject); }
};

constexpr Limits limits{.line_bytes = 512, .columns = 16, .reject_bytes = 64};

bool read(Reader& reader, std::string_view text, std::size_t piece, Collect& sink) {
    for (std::size_t at = 0; at < text.size(); at += piece) {
        if (!reader.feed(text.substr(at, piece), sink)) {
            return false;
        }
    }
    return reader.finish(sink).has_value();
}

void check_rows(const Collect& sink) {
    std::uint64_t last = 0;
    for (const Row& row : sink.rows) {
        check(row.number > last, "records go forward");
        last = row.number;
        for (const Cell& cell : row.cells) {
            const double* const number = std::get_if<double>(&cell.value);
            const std::string* const word = std::get_if<std::string>(&cell.value);
            check(number == nullptr || std::isfinite(*number), "numbers are finite");
            check(word == nullptr || is_utf8(*word), "words are UTF-8");
        }
    }
    for (const Reject& reject : sink.rejects) {
        check(!reject.reason.empty() && reject.line.size() <= limits.reject_bytes, "a reject has its reason");
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input{reinterpret_cast<const char*>(data), size};
    const std::size_t newline = std::min(input.find('\n'), input.size());
    std::ignore = Position::from_text(input.substr(0, newline));
    const auto map = parse_map_words(input.substr(0, newline));
    if (!map || newline == input.size()) {
        return 0;
    }
    const std::string_view text = input.substr(newline + 1);
    auto whole = Reader::open(*map, limits);
    if (!whole) {
        return 0;
    }
    Collect one;
    const bool good = read(*whole, text, text.size() + 1, one);
    check_rows(one);

    auto pieces = Reader::open(*map, limits);
    Collect many;
    check(read(*pieces, text, 3, many) == good, "pieces fail when the whole fails");
    check(many.rows == one.rows && many.rejects == one.rejects, "pieces give the same records");

    auto begun = Reader::open(*map, limits);
    Collect tail;
    if (begun->feed(text.substr(0, text.size() / 2), tail)) {
        const auto position = Position::from_text(begun->position().to_text());
        check(position && *position == begun->position(), "a position survives its text");
        auto resumed = Reader::resume(*map, *position, limits);
        const bool finished = read(*resumed, text.substr(position->bytes), 7, tail);
        check(finished == good, "a resumed reading fails when the whole fails");
        check(tail.rows == one.rows && tail.rejects == one.rejects, "a resumed reading gives the same records");
    }
    return 0;
}
