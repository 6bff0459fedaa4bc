#pragma once

#include <optional>
#include <span>
#include <string>

namespace CLI {
class App;
}  // namespace CLI

namespace bypuls::apps {

/// For CLI::Option::check: what is wrong with an empty text, and "" with any other. A script whose variable is unset
/// gives one, and would get the default without a word.
std::string not_empty(const std::string& text);

/// The first word that stands where a command should and is none, as a sentence with the commands that it was likely
/// meant to be. Nothing when all words lead to a command, or an option comes first.
std::optional<std::string> unknown_command(const CLI::App& program, std::span<const std::string> words);

}  // namespace bypuls::apps
