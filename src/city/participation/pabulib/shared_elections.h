#pragma once

// For tests only: the real elections beside the checkout, which are not part of the repository.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include <zstd.h>

namespace bypuls::participation::pabulib {

inline std::string slurp(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

inline std::string decompress(const std::string& packed) {
    const auto size = ZSTD_getFrameContentSize(packed.data(), packed.size());
    std::string text(size > (1ULL << 30) ? std::size_t{64} << 20 : static_cast<std::size_t>(size), '\0');
    text.resize(ZSTD_decompress(text.data(), text.size(), packed.data(), packed.size()));
    return text;
}

/// Where the shared elections lie, if this machine has them.
inline std::optional<std::filesystem::path> shared_elections() {
    const char* shared = std::getenv("BYPULS_SHARED_DIR");
    if (shared == nullptr) {
        return std::nullopt;
    }
    std::filesystem::path path = std::filesystem::path(shared) / "data" / "participatory_budgeting";
    return std::filesystem::is_directory(path) ? std::optional(path) : std::nullopt;
}

struct SharedFile {
    std::string name;
    std::string text;
};

/// All of them, by name, the large ones unpacked.
inline std::vector<SharedFile> all_shared_files() {
    std::vector<SharedFile> files;
    for (const char* folder : {"pabulib", "large"}) {
        for (const auto& entry : std::filesystem::directory_iterator(*shared_elections() / folder)) {
            const bool packed = entry.path().extension() == ".zst";
            std::string text = slurp(entry.path());
            files.push_back({entry.path().filename().string(), packed ? decompress(text) : std::move(text)});
        }
    }
    std::ranges::sort(files, {}, &SharedFile::name);
    return files;
}

}  // namespace bypuls::participation::pabulib
