#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include "core/result.h"
#include "core/testing/folder.h"

/// The program as an operator runs it, in a process of its own that can be killed at any moment.
namespace bypuls::fault {

/// A folder that goes away with the test, unless the test failed: then it stays, to be looked at.
class Folder {
public:
    enum class Where : std::uint8_t {
        disk,
        memory  ///< where there is room: for tests that do not depend on the disk there is
    };
    explicit Folder(Where where = Where::disk);
    ~Folder();
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    const std::string& path() const { return folder_.path(); }

private:
    TestFolder folder_;
};

/// What the configuration file says; the rest has its defaults.
struct Start {
    std::chrono::milliseconds settle_interval{100};
    std::string data;                         ///< empty: "data" in the folder
    std::string fault;                        ///< the file of a Fault that the program runs under; empty: none
    std::string more;                         ///< further tables of the configuration file
    std::vector<std::string> arguments = {};  ///< further ones of the command line
};

class Town {
public:
    explicit Town(std::string folder) : folder_(std::move(folder)) {}
    ~Town() { kill_now(); }
    Town(const Town&) = delete;
    Town& operator=(const Town&) = delete;

    std::string data() const { return setup_.data.empty() ? folder_ + "/data" : setup_.data; }
    std::string observations() const { return data() + "/internal/observations.db"; }
    std::string journal() const { return data() + "/internal/journal"; }
    /// Everything that all starts wrote to standard error.
    std::string log() const;
    std::uint16_t port() const { return port_; }
    /// The highest its resident memory has been so far.
    std::size_t memory_mib() const;

    /// Starts it and comes back at once.
    void start(const Start& setup);
    /// Until it says that it serves. An error when it ended instead, or after a minute.
    Result<void> await_serving();
    /// kill -9, wherever it is.
    void kill_now();
    /// Does it say that it serves?
    bool serves() const;
    /// The process while it runs.
    pid_t process() const { return process_; }
    /// SIGTERM; the exit code.
    int stop();
    /// Waits for it to end by itself; the exit code.
    int wait();

    /// Runs the program with these arguments to its end, under the fault if there is one; its exit code, 128 and the
    /// signal when it was killed.
    static int run(const std::vector<std::string>& arguments, const std::string& log, const std::string& fault = {});
    /// A key that may write and read, or what else is said, made by the program itself.
    std::string make_token(const Start& setup, std::string_view scope = "ingest,read") const;
    /// What GET gives with the key: the status, and the body.
    std::pair<int, std::string> get(std::string_view path, std::string_view token) const;

private:
    void write_settings(const Start& setup) const;

    std::string folder_;
    Start setup_;
    pid_t process_ = 0;
    std::uint16_t port_ = 0;
    std::uintmax_t log_from_ = 0;
};

/// The value of a metric without labels in Prometheus' text; -1 when it is not there.
double metric(std::string_view metrics, std::string_view name);

}  // namespace bypuls::fault
