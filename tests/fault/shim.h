#pragma once

#include <atomic>
#include <cstdint>
#include <string>

/// Faults at an exact place: the Nth call that changes files below a path fails, or the process dies in its stead.
namespace bypuls::fault {

/// Which calls are counted.
enum class Calls : std::int32_t {
    any,           ///< writes, syncs, truncations, renamings
    folder_syncs,  ///< of folders alone
    removals       ///< folder syncs of a thread that took names away there
};

/// What the shim and the test share, in a file that both map.
struct Plan {
    std::atomic<std::int64_t> left{0};   ///< calls until the fault; 0: none is planned
    std::atomic<std::int64_t> times{0};  ///< how many calls fail from then on
    std::atomic<std::int64_t> done{0};   ///< calls that have failed
    std::atomic<std::int32_t> error{0};  ///< errno of the calls that fail; 0: the process is killed instead
    std::atomic<Calls> calls{Calls::any};
    std::atomic<bool> after{false};  ///< the process dies when the call is done, and not in its stead
    char below[256] = {};            ///< a part of the paths that are meant

    // The disk that forgets, see power.h.
    char root[256] = {};                     ///< the folder that is on it; empty: there is no such disk
    char disk[256] = {};                     ///< the folder that has what a power cut leaves
    char lies[256] = {};                     ///< a part of the paths whose syncs keep nothing; empty: none lies
    std::atomic<bool> only_as_asked{false};  ///< a file's name is kept when its folder is synced, and not before
};

/// The test's side. The shim is loaded into a program with LD_PRELOAD, which Town::start does when it is given file().
class Fault {
public:
    static constexpr std::int64_t always = INT64_MAX;
    static constexpr std::int32_t killed = 0;

    /// `file` is created.
    explicit Fault(std::string file);
    ~Fault();
    Fault(const Fault&) = delete;
    Fault& operator=(const Fault&) = delete;

    /// The `nth` write, sync, truncation or renaming below `path` from now on, and `times - 1` after it.
    void arm(const std::string& path, std::int64_t nth, std::int32_t error, std::int64_t times = 1);
    /// The process dies right after the `nth` such call.
    void arm_after(const std::string& path, std::int64_t nth, Calls calls);
    void disarm();
    /// How many calls have failed since arm().
    std::int64_t done() const { return plan_->done; }
    const std::string& file() const { return file_; }
    Plan& plan() const { return *plan_; }

private:
    std::string file_;
    Plan* plan_ = nullptr;
};

}  // namespace bypuls::fault

/// For a test that is its own victim, in a process of its own: what LD_PRELOAD does elsewhere.
extern "C" void bypuls_fault_load(const char* file);
