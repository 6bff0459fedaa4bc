#include "core/config/config.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <span>

#include <fmt/format.h>

#include "core/config/toml.h"
#include "core/nearest.h"
#include "core/text.h"

namespace bypuls::config {
namespace {

constexpr std::size_t file_bytes_max = 1U << 20U;

struct Unit {
    std::string_view name;
    std::uint64_t factor;
};

/// "12 unit" or "12unit" with a unit from the table.
Result<std::uint64_t> parse_with_unit(std::string_view text, std::span<const Unit> units) {
    text = trim(text);
    std::uint64_t count = 0;
    const auto [end, trouble] = std::from_chars(text.data(), text.data() + text.size(), count);
    const std::string_view unit = trim(text.substr(static_cast<std::size_t>(end - text.data())));
    const auto found = std::ranges::find(units, unit, &Unit::name);
    if (trouble != std::errc{} || found == units.end()) {
        std::string names;
        for (const Unit& known : units) {
            names += (names.empty() ? "" : ", ") + std::string(known.name);
        }
        return fail(Errc::malformed, fmt::format("'{}' is not a whole number with one of the units {}", text, names));
    }
    if (count > static_cast<std::uint64_t>(INT64_MAX) / found->factor) {
        return fail(Errc::malformed, fmt::format("'{}' is too large", text));
    }
    return count * found->factor;
}

constexpr std::array<Unit, 5> duration_units{
    {{"ms", 1}, {"s", 1000}, {"min", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}}};
constexpr std::array<Unit, 4> byte_units{{{"B", 1}, {"KiB", 1U << 10U}, {"MiB", 1U << 20U}, {"GiB", 1U << 30U}}};

std::size_t line_of(const toml::node& node) {
    return node.source().begin.line;
}

}  // namespace

Result<std::chrono::milliseconds> parse_duration(std::string_view text) {
    TRY(const auto millis, parse_with_unit(text, duration_units));
    return std::chrono::milliseconds{static_cast<std::int64_t>(millis)};
}

Result<std::uint64_t> parse_bytes(std::string_view text) {
    return parse_with_unit(text, byte_units);
}

struct Reader::Impl {
    toml::table table;
    std::vector<Fault> faults;
    std::set<std::string, std::less<>> asked;

    const toml::node* find(std::string_view key) {
        asked.emplace(key);
        return table.at_path(key).node();
    }

    void fault(std::size_t line, std::string sentence) { faults.push_back({line, std::move(sentence)}); }

    void wrong_kind(std::string_view key, const toml::node& node, std::string_view wanted) {
        fault(line_of(node), fmt::format("{} must be {}", key, wanted));
    }

    template <typename T>
    T within(std::string_view key, const toml::node& node, T value, T fallback, T min, T max, std::string_view range) {
        if (value < min || value > max) {
            fault(line_of(node), fmt::format("{} must lie between {}", key, range));
            return fallback;
        }
        return value;
    }

    void find_unasked(const toml::table& part, const std::string& prefix) {
        for (const auto& [name, node] : part) {
            const std::string key = prefix + std::string(name.str());
            if (asked.contains(key)) {
                find_unasked_in_each(node, key);
                continue;
            }
            if (const auto* inner = node.as_table()) {
                find_unasked(*inner, key + ".");
                continue;
            }
            fault(line_of(node), fmt::format("there is no setting '{}'{}", key, nearest(key)));
        }
    }

    void find_unasked_in_each(const toml::node& node, const std::string& key) {
        const auto* list = node.as_array();
        for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
            if (const auto* table_in_list = list->get(i)->as_table()) {
                find_unasked(*table_in_list, fmt::format("{}[{}].", key, i));
            }
        }
    }

    /// Slips in the key, or else the same name in another table: `listen` above all tables means `server.listen`.
    std::string nearest(std::string_view key) const {
        const std::string_view name = name_in(key);
        const std::vector<std::string> known(asked.begin(), asked.end());
        // The name alone decides how much may be wrong, or else any short name would be near to another of its table.
        auto near = near_misses(key, known, name.size() / 3);
        if (near.empty()) {
            std::ranges::copy_if(known, std::back_inserter(near),
                                 [&](const auto& one) { return name_in(one) == name; });
        }
        return did_you_mean(near);
    }

    static std::string_view name_in(std::string_view key) { return key.substr(key.rfind('.') + 1); }
};

Reader::Reader(std::string_view toml) : impl_(std::make_unique<Impl>()) {
    if (toml.size() > file_bytes_max) {
        impl_->fault(0, "the configuration is larger than 1 MiB");
        return;
    }
    auto parsed = parse_toml(toml);
    if (!parsed) {
        impl_->faults.push_back(std::move(parsed).error());
        return;
    }
    impl_->table = std::move(*parsed);
}

Reader::~Reader() = default;

std::string Reader::text(std::string_view key, std::string_view fallback) {
    const toml::node* node = impl_->find(key);
    if (node == nullptr) {
        return std::string(fallback);
    }
    if (const auto value = node->value_exact<std::string>()) {
        return *value;
    }
    impl_->wrong_kind(key, *node, "a text in quotes");
    return std::string(fallback);
}

std::size_t Reader::tables(std::string_view key) {
    const toml::node* node = impl_->find(key);
    if (node == nullptr) {
        return 0;
    }
    const auto* list = node->as_array();
    if (list == nullptr || !list->is_homogeneous(toml::node_type::table)) {
        impl_->wrong_kind(key, *node, fmt::format("written as [[{}]], once for each", key));
        return 0;
    }
    return list->size();
}

std::string Reader::choice(std::string_view key, std::string_view fallback,
                           const std::vector<std::string_view>& allowed) {
    std::string value = text(key, fallback);
    if (std::ranges::find(allowed, value) == allowed.end()) {
        impl_->fault(line_of(*impl_->find(key)), fmt::format("{} must be one of: {}", key, fmt::join(allowed, ", ")));
        return std::string(fallback);
    }
    return value;
}

std::int64_t Reader::integer(std::string_view key, std::int64_t fallback, std::int64_t min, std::int64_t max) {
    const toml::node* node = impl_->find(key);
    if (node == nullptr) {
        return fallback;
    }
    if (const auto value = node->value_exact<std::int64_t>()) {
        return impl_->within(key, *node, *value, fallback, min, max, fmt::format("{} and {}", min, max));
    }
    impl_->wrong_kind(key, *node, "a whole number");
    return fallback;
}

double Reader::number(std::string_view key, double fallback, double min, double max) {
    const toml::node* node = impl_->find(key);
    if (node == nullptr) {
        return fallback;
    }
    if (const auto value = node->value<double>(); value && node->is_number()) {
        return impl_->within(key, *node, *value, fallback, min, max, fmt::format("{} and {}", min, max));
    }
    impl_->wrong_kind(key, *node, "a number");
    return fallback;
}

bool Reader::flag(std::string_view key, bool fallback) {
    const toml::node* node = impl_->find(key);
    if (node == nullptr) {
        return fallback;
    }
    if (const auto value = node->value_exact<bool>()) {
        return *value;
    }
    impl_->wrong_kind(key, *node, "true or false");
    return fallback;
}

std::chrono::milliseconds Reader::duration(std::string_view key, std::chrono::milliseconds fallback,
                                           std::chrono::milliseconds min, std::chrono::milliseconds max) {
    const toml::node* node = impl_->find(key);
    if (node == nullptr) {
        return fallback;
    }
    const auto written = node->value_exact<std::string>();
    const auto value = written ? parse_duration(*written) : fail(Errc::malformed, "");
    if (!value) {
        impl_->wrong_kind(key, *node, "a time span such as \"10 ms\", \"5 s\", \"2 min\", \"6 h\" or \"30 d\"");
        return fallback;
    }
    return impl_->within(key, *node, *value, fallback, min, max,
                         fmt::format("{} ms and {} ms", min.count(), max.count()));
}

std::uint64_t Reader::bytes(std::string_view key, std::uint64_t fallback, std::uint64_t min, std::uint64_t max) {
    const toml::node* node = impl_->find(key);
    if (node == nullptr) {
        return fallback;
    }
    Result<std::uint64_t> value = fail(Errc::malformed, "");
    if (const auto written = node->value_exact<std::string>()) {
        value = parse_bytes(*written);
    } else if (const auto whole = node->value_exact<std::int64_t>(); whole && *whole >= 0) {
        value = static_cast<std::uint64_t>(*whole);
    }
    if (!value) {
        impl_->wrong_kind(key, *node, "a size such as \"512 KiB\", \"8 MiB\" or \"2 GiB\"");
        return fallback;
    }
    return impl_->within(key, *node, *value, fallback, min, max, fmt::format("{} and {} bytes", min, max));
}

std::vector<std::string> Reader::texts(std::string_view key) {
    const toml::node* node = impl_->find(key);
    std::vector<std::string> values;
    if (node == nullptr) {
        return values;
    }
    const auto* array = node->as_array();
    if (array == nullptr || !std::ranges::all_of(*array, [](const toml::node& item) { return item.is_string(); })) {
        impl_->wrong_kind(key, *node, "a list of texts in quotes");
        return values;
    }
    for (const toml::node& item : *array) {
        values.push_back(*item.value_exact<std::string>());
    }
    return values;
}

void Reader::fault(std::string_view key, std::string_view sentence) {
    const toml::node* node = impl_->find(key);
    impl_->fault(node == nullptr ? 0 : line_of(*node), fmt::format("{} {}", key, sentence));
}

std::vector<Fault> Reader::finish() {
    impl_->find_unasked(impl_->table, "");
    std::ranges::stable_sort(impl_->faults, {}, &Fault::line);
    return std::move(impl_->faults);
}

}  // namespace bypuls::config
