#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bypuls {

/// The known words that one was likely meant to be, nearest first, at most three: those within `edits_max` edits of it
/// (edit_distance). Equally near ones keep the order of `known`. Pure.
std::vector<std::string> near_misses(std::string_view word, std::span<const std::string> known, std::size_t edits_max);
/// Within a third of the word's letters: farther than that it is another word and no slip.
std::vector<std::string> near_misses(std::string_view word, std::span<const std::string> known);

/// For the end of a sentence: "; did you mean 'serve' or 'server'?", empty when there are no words.
std::string did_you_mean(std::span<const std::string> words);

}  // namespace bypuls
