// Attacks a server that runs in a process of its own, so that its memory can be read: connections by the thousand,
// slow ones, endless bodies, bombs and garbage. Through all of it an ordinary visitor must be served and the server's
// memory must stay under its cap. Prints a table; ends with 1 when a promise was broken.
#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/check.h"
#include "core/random.h"
#include "platform/http/coding.h"
#include "platform/http/raw_client.h"
#include "platform/http/server.h"

namespace {

using namespace bypuls;
using Clock = std::chrono::steady_clock;

constexpr std::size_t memory_cap_mib = 384;  // bodies together may take 256; the rest is connections and the program
constexpr std::size_t connections_per_attacker = 4000;  // an attacker has a limit of open files too

struct Served {
    pid_t process = 0;
    std::uint16_t port = 0;
    int alive = -1;  // closing it ends the server
};

// A sanitizer's own memory is not the server's.
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr bool memory_counts = false;
#else
constexpr bool memory_counts = true;
#endif

/// Runs in the child; never returns.
[[noreturn]] void serve(int port_pipe, int alive_pipe) {
    http::Router router;
    router.get("/", [](http::Request&) -> Task<http::Response> { co_return http::text("served"); });
    router.post("/echo", [](http::Request& request) -> Task<http::Response> {
        co_return http::text(std::to_string(request.body.size()));
    });
    auto server = http::start_server(router);
    check(server.has_value(), "the server listens");
    const std::uint16_t port = (*server)->port();
    check(write(port_pipe, &port, sizeof port) == sizeof port, "the port is told");
    char byte = 0;
    std::ignore = read(alive_pipe, &byte, 1);
    (*server)->stop(std::chrono::milliseconds{100});
    server->reset();
    _exit(0);
}

Served start() {
    int port_pipe[2];
    int alive_pipe[2];
    check(pipe2(port_pipe, O_CLOEXEC) == 0 && pipe2(alive_pipe, O_CLOEXEC) == 0, "pipes");
    Served served;
    served.process = fork();
    check(served.process >= 0, "a process for the server");
    if (served.process == 0) {
        close(alive_pipe[1]);
        serve(port_pipe[1], alive_pipe[0]);
    }
    check(read(port_pipe[0], &served.port, sizeof served.port) == sizeof served.port, "the server says its port");
    served.alive = alive_pipe[1];
    return served;
}

/// "VmRSS" or "VmHWM" (the highest so far), in MiB.
std::size_t memory_mib(pid_t process, std::string_view field) {
    std::ifstream status("/proc/" + std::to_string(process) + "/status");
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with(field)) {
            return std::stoul(line.substr(line.find_first_of("0123456789"))) / 1024;
        }
    }
    return 0;
}

struct Visits {
    int served = 0;
    int asked = 0;
    double worst_ms = 0;
};

/// An ordinary visitor, on a fresh connection each time.
Visits visit(std::uint16_t port, int times) {
    Visits visits;
    for (int i = 0; i < times; ++i) {
        const auto begun = Clock::now();
        http::RawClient client(port);
        ++visits.asked;
        visits.served += client.connected() && client.exchange("GET /").body == "served" ? 1 : 0;
        visits.worst_ms =
            std::max(visits.worst_ms, std::chrono::duration<double, std::milli>(Clock::now() - begun).count());
    }
    return visits;
}

/// A process that opens its connections, says how many it has, and holds them until it is ended.
pid_t start_attacker(std::uint16_t port, std::size_t connections, int ready_pipe) {
    const pid_t process = fork();
    if (process != 0) {
        return process;
    }
    std::vector<http::RawClient> held;
    for (std::size_t i = 0; i < connections; ++i) {
        held.emplace_back(port);
        constexpr std::string_view words[] = {
            "", "GET / HTTP/1.1\r\nHost: a\r\nX-Slow: ",
            "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nsome of it", ""};
        held.back().send(words[i % 4]);
    }
    const auto open = static_cast<std::uint32_t>(std::ranges::count_if(held, &http::RawClient::connected));
    check(write(ready_pipe, &open, sizeof open) == sizeof open, "the attacker is ready");
    pause();
    _exit(0);
}

std::size_t crowd(const Served& served, std::size_t connections, std::vector<pid_t>& attackers) {
    int ready[2];
    check(pipe2(ready, O_CLOEXEC) == 0, "a pipe");
    for (std::size_t left = connections; left > 0;) {
        const std::size_t share = std::min(left, connections_per_attacker);
        attackers.push_back(start_attacker(served.port, share, ready[1]));
        left -= share;
    }
    std::size_t opened = 0;
    for (std::size_t i = 0; i < attackers.size(); ++i) {
        std::uint32_t count = 0;
        check(read(ready[0], &count, sizeof count) == sizeof count, "an attacker is ready");
        opened += count;
    }
    close(ready[0]);
    close(ready[1]);
    return opened;
}

void send_endless_body(std::uint16_t port) {
    http::RawClient client(port);
    const std::string piece = "100000\r\n" + std::string(1U << 20U, 'x') + "\r\n";
    client.send("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (int mib = 0; mib < 1024 && client.send(piece); ++mib) {
    }
}

void send_garbage(std::uint16_t port, std::uint64_t seed) {
    SeededRandom random(seed);
    std::string garbage(random.below(20'000) + 1, '\0');
    random.fill(std::as_writable_bytes(std::span{garbage}));
    http::RawClient client(port);
    client.send(garbage);
    client.shutdown_send();
    std::ignore = client.receive_until_closed();
}

class Suite {
public:
    explicit Suite(const Served& served) : served_(served) {
        std::printf(
            "| attack | visitors served | slowest ms | server MiB now | highest |\n| --- | --- | ---: | ---: | ---: "
            "|\n");
    }

    /// Lets `attack` run in `threads` threads while visitors come.
    void run(const std::string& name, unsigned threads, const std::function<void(unsigned)>& attack) {
        std::vector<std::thread> attackers;
        for (unsigned i = 0; i < threads; ++i) {
            attackers.emplace_back([&attack, i] { attack(i); });
        }
        report(name, visit(served_.port, 50));
        for (std::thread& attacker : attackers) {
            attacker.join();
        }
    }

    void report(const std::string& name, const Visits& visits) {
        const std::size_t now = memory_mib(served_.process, "VmRSS");
        const std::size_t highest = memory_mib(served_.process, "VmHWM");
        const bool small_enough = !memory_counts || (highest > 0 && highest <= memory_cap_mib);
        const bool kept = visits.served == visits.asked && small_enough;
        std::printf("| %s | %d of %d | %.1f | %zu | %zu |%s\n", name.c_str(), visits.served, visits.asked,
                    visits.worst_ms, now, highest, kept ? "" : " BROKEN");
        std::fflush(stdout);
        kept_ = kept_ && kept;
    }

    bool kept() const { return kept_; }

private:
    const Served& served_;
    bool kept_ = true;
};

}  // namespace

int main(int argc, char** argv) {
    const bool long_form = argc > 1 && std::string_view(argv[1]) == "--long";
    const std::size_t connections = long_form ? 20'000 : 2'000;
    const Served served = start();
    Suite suite(served);
    suite.report("none", visit(served.port, 50));

    std::vector<pid_t> attackers;
    const std::size_t opened = crowd(served, connections, attackers);
    suite.report(std::to_string(opened) + " connections, idle, slow headers, slow bodies", visit(served.port, 200));
    for (const pid_t attacker : attackers) {
        kill(attacker, SIGKILL);
        waitpid(attacker, nullptr, 0);
    }

    const std::string bomb = http::pack_tight(http::Coding::gzip, std::string(64U << 20U, '\0'));
    suite.run("gzip bombs, 64 MiB each", 4, [&](unsigned) {
        for (int i = 0; i < (long_form ? 100 : 10); ++i) {
            std::ignore = http::RawClient(served.port).exchange("POST /echo", "Content-Encoding: gzip\r\n", bomb);
        }
    });
    suite.run("bodies of 1 GiB", 8, [&](unsigned) {
        for (int i = 0; i < (long_form ? 20 : 2); ++i) {
            send_endless_body(served.port);
        }
    });
    suite.run("garbage", 4, [&](unsigned thread) {
        for (int i = 0; i < (long_form ? 2000 : 100); ++i) {
            send_garbage(served.port, thread * 10'000U + static_cast<unsigned>(i));
        }
    });
    suite.report("afterwards", visit(served.port, 50));

    close(served.alive);
    int status = 0;
    waitpid(served.process, &status, 0);
    const bool ended_well = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    std::printf("\nmemory cap %zu MiB; the server ended %s\n", memory_cap_mib, ended_well ? "well" : "BADLY");
    return suite.kept() && ended_well ? 0 : 1;
}
