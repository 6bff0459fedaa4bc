#include "core/testing/folder.h"

#include <cstdlib>
#include <filesystem>
#include <system_error>

#include <unistd.h>

#include "core/check.h"

namespace bypuls {

std::filesystem::path memory_for_tests() {
    constexpr std::string_view memory = "/dev/shm";
    constexpr std::uintmax_t room_min = std::uintmax_t{1} << 30U;
    std::error_code none;
    const std::filesystem::space_info space = std::filesystem::space(memory, none);
    const bool has_room = !none && space.available > room_min && ::access(memory.data(), W_OK) == 0;
    return has_room ? std::filesystem::path(memory) : std::filesystem::temp_directory_path();
}

TestFolder::TestFolder(const std::filesystem::path& parent) {
    std::string pattern = (parent / "bypuls-test-XXXXXX").string();
    check(mkdtemp(pattern.data()) != nullptr, "a folder for the test");
    path_ = pattern;
}

TestFolder::~TestFolder() {
    if (kept_) {
        return;
    }
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

std::string TestFolder::operator/(std::string_view name) const {
    return path_ + '/' + std::string(name);
}

}  // namespace bypuls
