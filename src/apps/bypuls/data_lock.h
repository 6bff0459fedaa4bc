#pragma once

#include <memory>
#include <string>

#include "core/result.h"

namespace bypuls::apps {

/// Held by the one program that runs a town's internal plane: a lock on the file `lock` in its folder, which the
/// operating system lets go when the program ends, however it ends.
class DataLock {
public:
    /// Errc::conflict, with the number of the process that has it, when another program runs on the same data.
    static Result<std::unique_ptr<DataLock>> take(const std::string& internal_folder);
    ~DataLock();
    DataLock(const DataLock&) = delete;
    DataLock& operator=(const DataLock&) = delete;

private:
    explicit DataLock(int file) : file_(file) {}
    int file_;
};

}  // namespace bypuls::apps
