// The list is complete: each requirement that the service root claims has a test that names it, no test names another,
// and docs/concepts/sensorthings.md says of each requirement which tests show it.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include <gmock/gmock.h>

#include "platform/publish/sensorthings/model/conformance.h"

namespace bypuls::sensorthings {
namespace {

using testing::IsSubsetOf;
using testing::Not;
using testing::SizeIs;

using Named = std::map<std::string, std::set<std::string>>;  // tests by requirement

constexpr std::string_view spec = "http://www.opengis.net/spec/iot_sensing/1.1/req/";
const std::filesystem::path root = std::getenv("BYPULS_SOURCE_DIR") == nullptr ? "." : std::getenv("BYPULS_SOURCE_DIR");

std::vector<std::string> lines_of(const std::filesystem::path& path) {
    std::ifstream file(path);
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);) {
        lines.push_back(line);
    }
    return lines;
}

/// "TEST_F(Suite, Name) {"
std::string test_in(const std::string& line) {
    const auto open = line.find('(');
    const auto comma = line.find(", ");
    const auto close = line.find(')');
    return line.substr(open + 1, comma - open - 1) + "." + line.substr(comma + 2, close - comma - 2);
}

/// The comments "// req/class/name" and "// req/class/name: what of it" right before each test.
Named named_by_tests() {
    Named named;
    for (const auto& file : std::filesystem::directory_iterator(root / "tests/conformance")) {
        std::set<std::string> before;
        for (const std::string& line : lines_of(file.path())) {
            if (line.starts_with("// req/")) {
                before.insert(line.substr(7, line.find(':') == std::string::npos ? line.npos : line.find(':') - 7));
            } else if (line.starts_with("TEST")) {
                for (const std::string& requirement : before) {
                    named[requirement].insert(test_in(line));
                }
                before.clear();
            } else if (!line.starts_with("//")) {
                before.clear();
            }
        }
    }
    return named;
}

/// Rows "| `class/name` | `Suite.Test`, `Suite.Other` |".
Named named_by_page() {
    Named named;
    for (const std::string& line : lines_of(root / "docs/concepts/sensorthings.md")) {
        std::vector<std::string> quoted;
        std::istringstream parts(line);
        for (std::string part; std::getline(parts, part, '`');) {
            quoted.push_back(part);
        }
        if (!line.starts_with("| `") || quoted.size() < 4 || quoted[1].find('/') == std::string::npos) {
            continue;
        }
        for (std::size_t i = 3; i < quoted.size(); i += 2) {
            named[quoted[1]].insert(quoted[i]);
        }
    }
    return named;
}

std::set<std::string> requirements_of(const Named& named) {
    std::set<std::string> all;
    for (const auto& [requirement, tests] : named) {
        all.insert(requirement);
    }
    return all;
}

std::set<std::string> claimed() {
    std::set<std::string> all;
    for (const std::string_view uri : conformance({.changes = true, .mqtt = true})) {
        if (uri.starts_with(spec)) {
            all.emplace(uri.substr(spec.size()));
        }
    }
    return all;
}

TEST(SensorThingsRequirements, EachThatIsClaimedHasATestAndNoTestNamesAnother) {
    EXPECT_THAT(claimed(), SizeIs(48));  // as many as 18-088 has, by FROST's list
    EXPECT_EQ(requirements_of(named_by_tests()), claimed());
}

TEST(SensorThingsRequirements, ThePageSaysOfEachWhichTestsShowIt) {
    const Named tests = named_by_tests();
    const Named page = named_by_page();
    EXPECT_EQ(requirements_of(page), claimed());
    for (const auto& [requirement, shown] : page) {
        const auto there = tests.find(requirement);
        EXPECT_THAT(shown, Not(testing::IsEmpty())) << requirement;
        EXPECT_THAT(shown, IsSubsetOf(there == tests.end() ? std::set<std::string>{} : there->second)) << requirement;
    }
}

}  // namespace
}  // namespace bypuls::sensorthings
