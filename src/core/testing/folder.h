#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace bypuls {

/// A new folder, below the system's folder for temporary files or another, which goes away with the test that owns it.
/// Making it fails loudly: a test without its folder proves nothing. For one thread.
class TestFolder {
public:
    explicit TestFolder(const std::filesystem::path& parent = std::filesystem::temp_directory_path());
    ~TestFolder();
    TestFolder(const TestFolder&) = delete;
    TestFolder& operator=(const TestFolder&) = delete;

    const std::string& path() const { return path_; }
    /// The path of what is called `name` in it.
    std::string operator/(std::string_view name) const;

private:
    std::string path_;
};

}  // namespace bypuls
