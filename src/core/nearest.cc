#include "core/nearest.h"

#include <algorithm>
#include <utility>

#include "core/text.h"

namespace bypuls {
namespace {

constexpr std::size_t words_max = 3;
/// A word longer than any that is known by this much is near to none, and costs no time.
constexpr std::size_t word_bytes_max = 200;

}  // namespace

std::vector<std::string> near_misses(std::string_view word, std::span<const std::string> known, std::size_t edits_max) {
    std::vector<std::pair<std::size_t, std::string>> near;
    if (word.size() > word_bytes_max) {
        return {};
    }
    for (const std::string& one : known) {
        if (const std::size_t edits = edit_distance(word, one); edits <= edits_max) {
            near.emplace_back(edits, one);
        }
    }
    std::ranges::stable_sort(near, {}, &std::pair<std::size_t, std::string>::first);
    std::vector<std::string> words;
    for (auto& [edits, one] : near) {
        if (words.size() < words_max) {
            words.push_back(std::move(one));
        }
    }
    return words;
}

std::vector<std::string> near_misses(std::string_view word, std::span<const std::string> known) {
    return near_misses(word, known, word.size() / 3);
}

std::string did_you_mean(std::span<const std::string> words) {
    std::string sentence;
    for (std::size_t i = 0; i < words.size(); ++i) {
        sentence += i == 0 ? "; did you mean '" : i + 1 == words.size() ? " or '" : ", '";
        sentence += words[i] + "'";
    }
    return sentence.empty() ? sentence : sentence + "?";
}

}  // namespace bypuls
