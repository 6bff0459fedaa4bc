#include "tests/fault/town.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/check.h"
#include "core/files.h"
#include "platform/http/raw_client.h"

#include "tests/fault/watch.h"

namespace bypuls::fault {
namespace {

using Steady = std::chrono::steady_clock;
constexpr std::chrono::seconds patience{60};
constexpr std::string_view before_port = R"("message":"serving","address":"http://127.0.0.1:)";

int exit_code(int status) {
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/// Starts the program, its output at the end of `log`.
pid_t launch(const std::vector<std::string>& arguments, const std::string& log, const std::string& fault) {
    std::vector<char*> words{const_cast<char*>("bypuls")};
    for (const std::string& argument : arguments) {
        words.push_back(const_cast<char*>(argument.c_str()));
    }
    words.push_back(nullptr);
    const pid_t process = fork();
    check(process >= 0, "a process can be started");
    if (process == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        const int out = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
        dup2(out, STDOUT_FILENO);
        dup2(out, STDERR_FILENO);
        if (!fault.empty()) {
            setenv("LD_PRELOAD", BYPULS_FAULT_SHIM, 1);
            setenv("BYPULS_FAULT_PLAN", fault.c_str(), 1);
        }
        execv(BYPULS_PROGRAM, words.data());
        _exit(127);
    }
    return process;
}

}  // namespace

Folder::Folder(Where where)
    : folder_(where == Where::memory ? memory_for_tests() : std::filesystem::temp_directory_path()) {}

Folder::~Folder() {
    if (testing::Test::HasFailure()) {
        std::fprintf(stderr, "the folder is kept: %s\n", path().c_str());
        folder_.keep();
    }
}

void Town::write_settings(const Start& setup) const {
    // The smallest web app that the program takes: the tests are not about it.
    std::filesystem::create_directories(folder_ + "/web/.vite");
    std::ofstream(folder_ + "/web/.vite/manifest.json") << "{}";
    std::ofstream(folder_ + "/bypuls.toml") << fmt::format(
        "[server]\nlisten = \"127.0.0.1:0\"\nweb = \"{}/web\"\n[journal]\nsegment = \"1 MiB\"\n"
        "[observations]\nsettle_interval = \"{} ms\"\nmemory = \"16 MiB\"\n{}",
        folder_, setup.settle_interval.count(), setup.more);
}

void Town::start(const Start& setup) {
    setup_ = setup;
    write_settings(setup);
    const std::string log = folder_ + "/log";
    std::error_code none;
    log_from_ = std::filesystem::exists(log, none) ? std::filesystem::file_size(log, none) : 0;
    std::vector<std::string> arguments{"serve", "--config", folder_ + "/bypuls.toml", "--data", data()};
    arguments.insert(arguments.end(), setup.arguments.begin(), setup.arguments.end());
    process_ = launch(arguments, log, setup.fault);
}

int Town::run(const std::vector<std::string>& arguments, const std::string& log, const std::string& fault) {
    int status = 0;
    waitpid(launch(arguments, log, fault), &status, 0);
    return exit_code(status);
}

std::string Town::log() const {
    std::ifstream in(folder_ + "/log");
    return {std::istreambuf_iterator<char>(in), {}};
}

std::size_t Town::memory_mib() const {
    std::ifstream status(fmt::format("/proc/{}/status", process_));
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with("VmHWM")) {
            return std::stoul(line.substr(line.find_first_of("0123456789"))) / 1024;
        }
    }
    return 0;
}

bool Town::serves() const {
    return log().find(before_port, log_from_) != std::string::npos;
}

Result<void> Town::await_serving() {
    FolderWatch watch(folder_);
    const auto deadline = Steady::now() + patience;
    while (!serves()) {
        if (Steady::now() >= deadline || watch.wait(process_) == FolderWatch::Heard::nothing) {
            return fail(Errc::timed_out, "it does not serve after a minute");
        }
        int status = 0;
        if (waitpid(process_, &status, WNOHANG) == process_) {
            process_ = 0;
            return fail(Errc::unavailable,
                        fmt::format("it ended with {}: {}", exit_code(status), log().substr(log_from_)));
        }
    }
    const std::string said = log();
    const auto at = said.find(before_port, log_from_) + before_port.size();
    port_ = static_cast<std::uint16_t>(std::atoi(said.c_str() + at));
    return {};
}

void Town::kill_now() {
    if (process_ > 0) {
        ::kill(process_, SIGKILL);
        wait();
    }
}

int Town::stop() {
    ::kill(process_, SIGTERM);
    return wait();
}

int Town::wait() {
    int status = 0;
    waitpid(process_, &status, 0);
    process_ = 0;
    return exit_code(status);
}

std::string Town::make_token(const Start& setup, std::string_view scope) const {
    write_settings(setup);
    const std::string where = setup.data.empty() ? folder_ + "/data" : setup.data;
    const std::string command =
        fmt::format("'{}' token create --data '{}' --name ledger --scope {} 2>&1", BYPULS_PROGRAM, where, scope);
    std::string said;
    FILE* pipe = popen(command.c_str(), "r");
    check(pipe != nullptr, "the program can be run");
    std::array<char, 512> piece{};
    while (const std::size_t got = fread(piece.data(), 1, piece.size(), pipe)) {
        said.append(piece.data(), got);
    }
    EXPECT_EQ(pclose(pipe), 0) << said;
    while (said.ends_with('\n')) {
        said.pop_back();
    }
    return said.substr(said.rfind('\n') + 1);
}

std::pair<int, std::string> Town::get(std::string_view path, std::string_view token) const {
    http::RawClient client(port_);
    const auto response = client.exchange(fmt::format("GET {}", path),
                                          token.empty() ? "" : fmt::format("Authorization: Token {}\r\n", token));
    return {response.status, response.body};
}

double metric(std::string_view metrics, std::string_view name) {
    const std::string line = fmt::format("\n{} ", name);
    const auto at = metrics.find(line);
    return at == std::string_view::npos ? -1 : std::atof(std::string(metrics.substr(at + line.size(), 32)).c_str());
}

}  // namespace bypuls::fault
