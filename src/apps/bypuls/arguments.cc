#include "apps/bypuls/arguments.h"

#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "core/nearest.h"

namespace bypuls::apps {

std::string not_empty(const std::string& text) {
    return text.empty() ? "is empty; leave it off for the default" : "";
}

std::optional<std::string> unknown_command(const CLI::App& program, std::span<const std::string> words) {
    const CLI::App* parent = &program;
    std::string so_far = program.get_name();
    for (const std::string& word : words) {
        if (parent->get_require_subcommand_min() == 0 || word.starts_with('-')) {
            return std::nullopt;
        }
        std::vector<std::string> known;
        const CLI::App* found = nullptr;
        for (const CLI::App* command : parent->get_subcommands({})) {
            known.push_back(command->get_name());
            found = command->get_name() == word ? command : found;
        }
        if (found == nullptr) {
            const std::string meant = did_you_mean(near_misses(word, known));
            return fmt::format("there is no command '{} {}'{}\n`{} --help` lists what there is", so_far, word, meant,
                               so_far);
        }
        parent = found;
        so_far += " " + word;
    }
    return std::nullopt;
}

}  // namespace bypuls::apps
