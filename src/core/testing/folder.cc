#include "core/testing/folder.h"

#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "core/check.h"

namespace bypuls {

TestFolder::TestFolder(const std::filesystem::path& parent) {
    std::string pattern = (parent / "bypuls-test-XXXXXX").string();
    check(mkdtemp(pattern.data()) != nullptr, "a folder for the test");
    path_ = pattern;
}

TestFolder::~TestFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

std::string TestFolder::operator/(std::string_view name) const {
    return path_ + '/' + std::string(name);
}

}  // namespace bypuls
