// The program's counting commands, started once for many elections. Reads a line at a time a JSON object,
//   {"words": ["count", "a.pb", "--json"], "files": {"a.pb": "META…"}}
// and answers each in order with {"status": 0, "stdout": "…", "stderr": "…"}. What is not among the files is read from
// the disk.
#include "city/participation/explanation/commands.h"

#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/files.h"

namespace {

using nlohmann::json;
namespace explanation = bypuls::participation::explanation;

int run(std::span<const std::string> words, const explanation::Surroundings& around) {
    if (words.size() > 1 && words[0] == "verify" && words[1] == "count") {
        return explanation::verify_count_command(words.subspan(2), around);
    }
    if (!words.empty() && words[0] == "count") {
        return explanation::count_command(words.subspan(1), around);
    }
    if (!words.empty() && words[0] == "compare") {
        return explanation::compare_command(words.subspan(1), around);
    }
    around.err << "count, compare or verify count was expected\n";
    return explanation::exit_usage;
}

json answer_to(const json& request) {
    const auto words = request.at("words").get<std::vector<std::string>>();
    const json files = request.value("files", json::object());
    std::ostringstream out;
    std::ostringstream err;
    const auto read_file = [&](const std::string& path) -> bypuls::Result<std::string> {
        const auto given = files.find(path);
        return given != files.end() ? given->get<std::string>() : bypuls::read_text_file(path, 1U << 30U);
    };
    const int status = run(words, {.read_file = read_file, .out = out, .err = err});
    return {{"status", status}, {"stdout", out.str()}, {"stderr", err.str()}};
}

}  // namespace

int main() {
    for (std::string line; std::getline(std::cin, line);) {
        std::cout << answer_to(json::parse(line)).dump(-1, ' ', false, json::error_handler_t::replace) << std::endl;
    }
    return 0;
}
