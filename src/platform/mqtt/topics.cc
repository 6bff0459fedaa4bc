#include "platform/mqtt/topics.h"

#include <algorithm>

#include "core/text.h"

namespace bypuls::mqtt {
namespace {

constexpr std::size_t topic_bytes_max = 65'535;
constexpr std::string_view share = "$share/";

bool is_sized(std::string_view text) {
    return !text.empty() && text.size() <= topic_bytes_max && text.find('\0') == std::string_view::npos &&
           static_cast<std::size_t>(std::ranges::count(text, '/')) < topic_levels_max;
}

}  // namespace

bool is_topic_name(std::string_view topic) {
    return is_sized(topic) && topic.find_first_of("+#") == std::string_view::npos;
}

bool is_topic_filter(std::string_view filter) {
    if (!is_sized(filter)) {
        return false;
    }
    const auto levels = split(filter, '/');
    for (std::size_t i = 0; i < levels.size(); ++i) {
        const bool wild = levels[i].find_first_of("+#") != std::string_view::npos;
        if (wild && (levels[i].size() != 1 || (levels[i] == "#" && i + 1 != levels.size()))) {
            return false;
        }
    }
    return true;
}

namespace {

/// Levels one after another, without a list of them.
class Levels {
public:
    explicit Levels(std::string_view text) : rest_(text) { take(); }
    std::string_view level() const { return level_; }
    bool is_last() const { return is_last_; }
    void next() { take(); }

private:
    void take() {
        const auto slash = rest_.find('/');
        is_last_ = slash == std::string_view::npos;
        level_ = rest_.substr(0, slash);
        rest_ = is_last_ ? std::string_view{} : rest_.substr(slash + 1);
    }

    std::string_view rest_;
    std::string_view level_;
    bool is_last_ = false;
};

bool is_wild(std::string_view level) {
    return level == "+" || level == "#";
}

}  // namespace

// A topic is a filter that matches itself alone, so both are one walk.
bool matches(std::string_view filter, std::string_view topic) {
    return covers(filter, topic);
}

bool covers(std::string_view wide, std::string_view narrow) {
    Levels wanted(wide);
    Levels given(narrow);
    if (given.level().starts_with('$') && is_wild(wanted.level())) {
        return false;
    }
    for (;; wanted.next(), given.next()) {
        if (wanted.level() == "#") {
            return true;
        }
        if (given.level() == "#" || (wanted.level() != "+" && wanted.level() != given.level())) {
            return false;
        }
        if (given.is_last()) {
            if (wanted.is_last()) {
                return true;
            }
            wanted.next();
            return wanted.level() == "#";  // "sport/#" matches "sport" too (§4.7.1.2)
        }
        if (wanted.is_last()) {
            return false;
        }
    }
}

std::optional<SharedFilter> shared_filter(std::string_view filter) {
    if (!filter.starts_with(share)) {
        return std::nullopt;
    }
    const std::string_view rest = filter.substr(share.size());
    const auto slash = rest.find('/');
    if (slash == std::string_view::npos || slash == 0 || slash + 1 == rest.size() ||
        rest.substr(0, slash).find_first_of("+#") != std::string_view::npos) {
        return std::nullopt;
    }
    return SharedFilter{rest.substr(0, slash), rest.substr(slash + 1)};
}

bool is_subscribable(std::string_view filter) {
    if (!filter.starts_with(share)) {
        return is_topic_filter(filter);
    }
    const auto shared = shared_filter(filter);
    return shared && is_topic_filter(shared->filter);
}

}  // namespace bypuls::mqtt
