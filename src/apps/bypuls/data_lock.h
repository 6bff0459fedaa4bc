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

/// Held by whoever copies a town's journal while the town runs: a shared lock on the journal's folder, which the
/// operating system lets go when the process ends. The town keeps all of its journal meanwhile.
class JournalHold {
public:
    /// What the town has settled before is let go of, or is being; what it settles from now on stays. Nothing is held
    /// when there is no such folder.
    static Result<std::unique_ptr<JournalHold>> take(const std::string& journal_folder);
    static bool is_held(const std::string& journal_folder);
    ~JournalHold();
    JournalHold(const JournalHold&) = delete;
    JournalHold& operator=(const JournalHold&) = delete;

private:
    explicit JournalHold(int folder) : folder_(folder) {}
    int folder_;
};

}  // namespace bypuls::apps
