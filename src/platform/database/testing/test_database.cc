#include "platform/database/testing/test_database.h"

#include <array>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <pwd.h>
#include <signal.h>
#include <soci/soci.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/check.h"

namespace bypuls::database {
namespace {

constexpr std::string_view programs = "/usr/lib/postgresql/15/bin/";

/// Runs a program with its standard output and error in `output`.
Result<pid_t> start(const std::vector<std::string>& words, int output) {
    std::vector<char*> arguments;
    for (const auto& word : words) {
        arguments.push_back(const_cast<char*>(word.c_str()));
    }
    arguments.push_back(nullptr);
    std::array<char, 9> language{"LC_ALL=C"};
    std::array<char, 32> path{"PATH=/usr/sbin:/usr/bin:/bin"};
    std::array<char*, 3> environment{language.data(), path.data(), nullptr};
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO);
    pid_t process = 0;
    const int failed = ::posix_spawnp(&process, arguments[0], &actions, nullptr, arguments.data(), environment.data());
    posix_spawn_file_actions_destroy(&actions);
    if (failed != 0) {
        return fail(Errc::unavailable, fmt::format("{}: {}", words[0], std::strerror(failed)));
    }
    return process;
}

/// A pipe whose reading end gives what a program says, until it has said `until` or ended.
class Listener {
public:
    Listener() { check(::pipe2(ends_.data(), O_CLOEXEC) == 0, "a pipe can be made"); }
    ~Listener() {
        ::close(ends_[0]);
        close_writer();
    }
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

    int writer() const { return ends_[1]; }
    bool hear(std::string_view until) {
        close_writer();
        std::array<char, 4096> buffer{};
        for (ssize_t got = 1; got > 0;) {
            got = ::read(ends_[0], buffer.data(), buffer.size());
            heard_.append(buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
            if (!until.empty() && heard_.find(until) != std::string::npos) {
                return true;
            }
        }
        return until.empty();
    }
    const std::string& heard() const { return heard_; }

private:
    void close_writer() {
        if (ends_[1] >= 0) {
            ::close(ends_[1]);
            ends_[1] = -1;
        }
    }

    std::array<int, 2> ends_{-1, -1};
    std::string heard_;
};

/// The program as the user postgres when we are root, since PostgreSQL refuses to run as root; ended with us whatever
/// happens to us.
std::vector<std::string> command(std::string_view program) {
    std::vector<std::string> words{"setpriv", "--pdeathsig", "SIGINT"};
    if (::getuid() == 0) {
        words.insert(words.end(), {"--reuid=postgres", "--regid=postgres", "--clear-groups"});
    }
    words.push_back(std::string(programs) + std::string(program));
    return words;
}

/// A PostgreSQL with its own files and socket.
class Server {
public:
    static Result<std::unique_ptr<Server>> launch(const std::string& setting) {
        if (::access((std::string(programs) + "postgres").c_str(), X_OK) != 0) {
            return fail(Errc::unavailable, "PostgreSQL 15 is not installed (Debian package postgresql-15)");
        }
        auto server = std::unique_ptr<Server>(new Server());
        if (::getuid() == 0) {
            const passwd* user = ::getpwnam("postgres");
            if (user == nullptr || ::chown(server->folder_.path().c_str(), user->pw_uid, user->pw_gid) != 0) {
                return fail(Errc::unavailable, "there is no user 'postgres' to run PostgreSQL as");
            }
        }
        TRY_DO(server->initialise());
        TRY_DO(server->run(setting));
        return server;
    }

    ~Server() {
        if (process_ > 0) {
            ::kill(process_, SIGQUIT);  // at once; nobody wants these data
            ::waitpid(process_, nullptr, 0);
        }
    }
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    std::string url(const std::string& database) const {
        return fmt::format("postgresql:///{}?host={}&user=bypuls", database, folder_.path());
    }

private:
    /// A test waits for what PostgreSQL promises (it syncs all the same), not for a disk.
    Server() : folder_(memory_for_tests()) {}

    Result<void> initialise() {
        auto words = command("initdb");
        words.insert(words.end(),
                     {"-D", folder_ / "data", "-U", "bypuls", "--auth=trust", "--no-sync", "-E", "UTF8", "--locale=C"});
        Listener listener;
        TRY(const pid_t process, start(words, listener.writer()));
        listener.hear("");
        int status = 0;
        ::waitpid(process, &status, 0);
        if (status != 0) {
            return fail(Errc::unavailable, "initdb failed: " + listener.heard());
        }
        return {};
    }

    Result<void> run(const std::string& setting) {
        auto words = command("postgres");
        words.insert(words.end(), {"-D", folder_ / "data", "-k", folder_.path(), "-c", "listen_addresses=", "-c",
                                   "log_min_messages=log", "-c", "log_checkpoints=off", "-c", "shared_buffers=32MB",
                                   "-c", "max_connections=60"});
        if (!setting.empty()) {
            words.insert(words.end(), {"-c", setting});
        }
        TRY(process_, start(words, listener_.writer()));
        if (!listener_.hear("database system is ready to accept connections")) {
            return fail(Errc::unavailable, "PostgreSQL did not start: " + listener_.heard());
        }
        return {};
    }

    const TestFolder folder_;
    Listener listener_;  // kept open, or the server would be writing to nobody
    pid_t process_ = 0;
};

Result<Server*> shared_server() {
    static const Result<std::unique_ptr<Server>> server = Server::launch("");
    if (!server) {
        return std::unexpected(server.error());
    }
    return server->get();
}

Result<void> administer(const std::string& statement) {
    TRY(Server* const server, shared_server());
    return run("test database", [&]() -> Result<void> {
        soci::session session("postgresql", server->url("postgres"));
        session << statement;
        return {};
    });
}

}  // namespace

TestDatabase::TestDatabase(Engine engine, std::unique_ptr<TestFolder> folder, std::string url)
    : engine_(engine), folder_(std::move(folder)), url_(std::move(url)) {}

Result<TestDatabase> TestDatabase::make(Engine engine) {
    auto folder = std::make_unique<TestFolder>(memory_for_tests());
    if (engine == Engine::sqlite) {
        std::string url = "sqlite:" + (*folder / "test.db");
        return TestDatabase(engine, std::move(folder), std::move(url));
    }
    static std::atomic<int> made{0};
    const std::string name = fmt::format("test{}", ++made);
    TestDatabase database(engine, std::move(folder), "");
    TRY_DO(administer("CREATE DATABASE " + name));
    TRY(Server* const server, shared_server());
    database.url_ = server->url(name);
    return database;
}

std::string TestDatabase::path() const {
    check(engine_ == Engine::sqlite, "only SQLite is a file");
    return url_.substr(std::string_view("sqlite:").size());
}

std::unique_ptr<Database> TestDatabase::open(std::size_t sessions_max) const {
    auto database = Database::open({.url = url_, .sessions_max = sessions_max});
    check(database.has_value(), database ? "" : database.error().what);
    return std::move(*database);
}

Result<void> drop_postgresql_connections() {
    return administer(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() "
        "AND backend_type = 'client backend'");
}

Result<std::string> start_postgresql_with(const std::string& setting) {
    static std::mutex mutex;
    static std::map<std::string, std::unique_ptr<Server>> servers;
    const std::lock_guard lock(mutex);
    auto& server = servers[setting];
    if (!server) {
        TRY(server, Server::launch(setting));
    }
    return server->url("postgres");
}

}  // namespace bypuls::database
