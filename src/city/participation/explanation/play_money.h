#pragma once

// The small vote of the tests, and rules with a seed for the lot.
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include "city/participation/pabulib/pabulib.h"

namespace bypuls::participation::explanation {

inline std::string data_path(const std::string& name) {
    const char* root = std::getenv("BYPULS_SOURCE_DIR");
    return std::string(root == nullptr ? "." : root) + "/tests/data/participation/" + name;
}

inline std::string slurp(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

inline counting::Election play_money() {
    return pabulib::read_election(pabulib::parse(slurp(data_path("play_money.pb"))).value()).value().election;
}

inline counting::Rule named(const std::string& name) {
    counting::Rule rule = counting::rule_named(name).value();
    rule.seed = "explanations";
    return rule;
}

}  // namespace bypuls::participation::explanation
