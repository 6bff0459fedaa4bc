// A $filter from a stranger: whatever parses prints and parses again to the same tree, and can be asked of a record.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/check.h"
#include "platform/query/evaluate.h"
#include "platform/query/parse.h"

using namespace bypuls;

namespace {

/// Has every property, in turn of another kind, and every link to one of its own.
class Anything final : public query::Record {
public:
    explicit Anything(int depth) : depth_(depth) {}

    std::optional<query::Value> property(std::string_view name) const override {
        switch (name.size() % 7) {
            case 0: return query::Value{std::int64_t{7}};
            case 1: return query::Value{2.5};
            case 2: return query::Value{std::string("texts")};
            case 3: return query::Value{Instant{}};
            case 4: return query::Value{query::Json{R"({"a":[1,{"b":"c"}],"type":"Point","coordinates":[1,2]})"}};
            case 5: return query::Value{};
            default: return std::nullopt;
        }
    }
    Result<std::optional<Related>> navigate(std::string_view name, std::size_t limit) const override {
        if (depth_ == 0) {
            return std::nullopt;
        }
        Related related{.many = name.size() % 2 == 0, .records = {}};
        for (std::size_t i = 0; i < (related.many ? std::min<std::size_t>(limit, 3) : 1); ++i) {
            related.records.push_back(std::make_unique<Anything>(depth_ - 1));
        }
        return related;
    }

private:
    int depth_;
};

/// NaN is not equal to itself, so a tree with one is not equal to its twin.
bool has_nan(const query::Expression& e) {
    const auto* number = std::get_if<double>(&e.literal);
    bool found = number != nullptr && std::isnan(*number);
    for (const query::Expression& argument : e.arguments) {
        found = found || has_nan(argument);
    }
    return found;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto filter = query::parse_filter(text);
    if (!filter) {
        check(filter.error().code == Errc::malformed && !filter.error().what.empty(), "a fault is told");
        return 0;
    }
    const auto again = query::parse_filter(query::to_text(*filter), {.text_bytes = 1U << 20U, .depth = 200});
    check(again && (has_nan(*filter) || *again == *filter), "a filter prints and reads back the same");
    const auto answer = query::matches(*filter, Anything(3), Instant{}, {.related = 50});
    check(answer || answer.error().code == Errc::malformed || answer.error().code == Errc::exhausted,
          "a filter has an answer or says why not");
    return 0;
}
