#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace bypuls::words {

namespace detail {
/// Sorted. Made from `messages/*.nb.json` when the program is built.
inline constexpr auto known_keys = std::to_array<std::string_view>({
#include "core/words/known_keys.inc"
});

constexpr bool is_known(std::string_view key) {
    return std::ranges::binary_search(known_keys, key);
}

constexpr bool is_known(std::string_view stem, std::string_view ending) {
    return std::ranges::any_of(known_keys, [=](std::string_view key) {
        return key.size() == stem.size() + ending.size() && key.starts_with(stem) && key.ends_with(ending);
    });
}
}  // namespace detail

/// The name of a message that exists: a misspelt one does not compile.
class Key {
public:
    // NOLINTNEXTLINE(google-explicit-constructor): a literal is how a key is written.
    consteval Key(const char* text) : text_(text) {
        if (!detail::is_known(text_)) {
            throw "messages/*.nb.json has no such key";
        }
    }
    constexpr std::string_view text() const { return text_; }

private:
    std::string_view text_;
};

/// The name of a pair of messages, `key.one` and `key.other`.
class PluralKey {
public:
    // NOLINTNEXTLINE(google-explicit-constructor)
    consteval PluralKey(const char* text) : text_(text) {
        if (!detail::is_known(text_, ".one") || !detail::is_known(text_, ".other")) {
            throw "messages/*.nb.json lacks this key with .one or .other";
        }
    }
    constexpr std::string_view text() const { return text_; }

private:
    std::string_view text_;
};

}  // namespace bypuls::words
