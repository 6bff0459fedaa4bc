#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include <sys/types.h>

/// What another process does is waited for, not guessed at: its files change, or it ends.
namespace bypuls::fault {

/// Hears of every change of the files that stand in a folder.
class FolderWatch {
public:
    enum class Depth : std::uint8_t {
        this_folder,
        all,  ///< with the folders below it that are there now; nobody may make or remove one meanwhile
    };
    explicit FolderWatch(const std::string& folder, Depth depth = Depth::this_folder);
    ~FolderWatch();
    FolderWatch(const FolderWatch&) = delete;
    FolderWatch& operator=(const FolderWatch&) = delete;

    enum class Heard : std::uint8_t { change, end, nothing };
    /// Waits for a change since the last call, or until `process` has ended, which stays to be waited for. Changes in a
    /// row may be heard of as one. 0: no process.
    Heard wait(pid_t process = 0, std::chrono::milliseconds patience = std::chrono::minutes{1});

private:
    void add(const std::string& folder) const;

    int changes_;
};

}  // namespace bypuls::fault
