#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Topic names and topic filters (MQTT 5.0 §4.7). Pure.
namespace bypuls::mqtt {

/// A topic or filter with more levels is refused, so that matching has an end.
inline constexpr std::size_t topic_levels_max = 64;

/// 1 to 65 535 bytes, no wildcard, no U+0000. That it is UTF-8 is the codec's.
bool is_topic_name(std::string_view topic);
/// The same with `+` for one level and `#` for the rest, each alone in its level, `#` last.
bool is_topic_filter(std::string_view filter);
/// Wildcards at the beginning match no topic that begins with `$` (§4.7.2).
bool matches(std::string_view filter, std::string_view topic);
/// Is every topic that `narrow` matches matched by `wide` too? Both are filters.
bool covers(std::string_view wide, std::string_view narrow);

/// `$share/{group}/{filter}` (§4.8.2).
struct SharedFilter {
    std::string_view group;
    std::string_view filter;
};
/// Nothing when it does not begin with `$share/`, or has no group or filter after it: the latter is no valid filter.
std::optional<SharedFilter> shared_filter(std::string_view filter);
/// Valid for SUBSCRIBE: a filter, or a whole shared one.
bool is_subscribable(std::string_view filter);

/// Filters with what belongs to each, found by the topics they match. A lookup visits no node twice.
template <typename T>
class FilterTree {
public:
    bool empty() const { return size_ == 0; }
    /// Filters kept, each value counted.
    std::size_t size() const { return size_; }

    void add(std::string_view filter, T value) {
        Node* node = &root_;
        for (std::string_view rest = filter; true;) {
            const auto [level, after] = first_level(rest);
            auto found = node->children.find(level);
            if (found == node->children.end()) {
                found = node->children.emplace(std::string(level), std::make_unique<Node>()).first;
            }
            node = found->second.get();
            if (!after) {
                break;
            }
            rest = *after;
        }
        node->values.push_back(std::move(value));
        ++size_;
    }

    /// True when it was there.
    bool remove(std::string_view filter, const T& value) {
        const std::size_t before = size_;
        remove_from(root_, filter, value);
        return size_ != before;
    }

    /// Calls `visit(const T&)` for each value whose filter matches the topic.
    template <typename Visit>
    void match(std::string_view topic, Visit&& visit) const {
        if (size_ > 0) {
            walk(root_, topic, true, visit);
        }
    }

private:
    struct Node {
        std::map<std::string, std::unique_ptr<Node>, std::less<>> children;
        std::vector<T> values;
    };
    using Rest = std::optional<std::string_view>;

    static std::pair<std::string_view, Rest> first_level(std::string_view text) {
        const auto slash = text.find('/');
        return slash == std::string_view::npos ? std::pair{text, Rest{}}
                                               : std::pair{text.substr(0, slash), Rest{text.substr(slash + 1)}};
    }

    template <typename Visit>
    static void walk(const Node& node, std::string_view topic, bool first, Visit&& visit) {
        const auto [level, after] = first_level(topic);
        // Routes of feeds begin with U+0000, and are for those alone who have them.
        const bool hidden = first && (level.starts_with('$') || level.starts_with('\0'));
        if (const auto rest = node.children.find("#"); rest != node.children.end() && !hidden) {
            give(*rest->second, visit);
        }
        const auto go = [&](const Node& child) {
            if (after) {
                return walk(child, *after, false, visit);
            }
            give(child, visit);
            // "sport/#" matches "sport" too (§4.7.1.2).
            if (const auto rest = child.children.find("#"); rest != child.children.end()) {
                give(*rest->second, visit);
            }
        };
        if (const auto child = node.children.find(level);
            child != node.children.end() && level != "+" && level != "#") {
            go(*child->second);
        }
        if (const auto any = node.children.find("+"); any != node.children.end() && !hidden) {
            go(*any->second);
        }
    }

    template <typename Visit>
    static void give(const Node& node, Visit&& visit) {
        for (const T& value : node.values) {
            visit(value);
        }
    }

    /// True when the node has nothing left.
    bool remove_from(Node& node, std::string_view filter, const T& value) {
        const auto [level, after] = first_level(filter);
        const auto child = node.children.find(level);
        if (child == node.children.end()) {
            return false;
        }
        if (after) {
            if (remove_from(*child->second, *after, value)) {
                node.children.erase(child);
            }
        } else {
            auto& values = child->second->values;
            for (auto at = values.begin(); at != values.end(); ++at) {
                if (*at == value) {
                    values.erase(at);
                    --size_;
                    break;
                }
            }
            if (values.empty() && child->second->children.empty()) {
                node.children.erase(child);
            }
        }
        return node.children.empty() && node.values.empty();
    }

    Node root_;
    std::size_t size_ = 0;
};

}  // namespace bypuls::mqtt
