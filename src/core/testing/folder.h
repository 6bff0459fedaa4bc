#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace bypuls {

/// Where a test keeps files that no disk is asked about: in memory where there is a gigabyte of room, or else among the
/// system's temporary files.
std::filesystem::path memory_for_tests();

/// A new folder, below the system's folder for temporary files or another, which goes away with the test that owns it.
/// Making it fails loudly: a test without its folder proves nothing. For one thread.
class TestFolder {
public:
    explicit TestFolder(const std::filesystem::path& parent = std::filesystem::temp_directory_path());
    ~TestFolder();
    TestFolder(const TestFolder&) = delete;
    TestFolder& operator=(const TestFolder&) = delete;

    /// It stays when the test is over, to be looked at.
    void keep() { kept_ = true; }
    const std::string& path() const { return path_; }
    /// The path of what is called `name` in it.
    std::string operator/(std::string_view name) const;

private:
    std::string path_;
    bool kept_ = false;
};

}  // namespace bypuls
