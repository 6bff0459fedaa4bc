// Attacks a broker that runs in a process of its own, so that its memory can be read: ten thousand silent clients,
// connections that never say CONNECT or say it slowly, packets larger than allowed, packets that promise much and bring
// nothing. Through all of it an ordinary client's messages must be acknowledged, and the memory must stay under its
// cap. Prints a table; ends with 1 when a promise was broken. The short form has 2 000 silent clients; --long 10 000.
#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/check.h"
#include "core/random.h"
#include "platform/mqtt/codec.h"
#include "platform/mqtt/server.h"

namespace {

using namespace bypuls;
using namespace bypuls::mqtt;

constexpr std::size_t clients_per_process = 5'000;  // a process has a limit of open files too

// A sanitizer's own memory is not the server's.
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr bool memory_counts = false;
#else
constexpr bool memory_counts = true;
#endif

class OpenGate final : public Gatekeeper {
public:
    void authenticate(Credentials credentials, Answer answer) override {
        answer(Principal{.owner = credentials.client_id, .name = "any", .publish = {"#"}, .subscribe = {"#"}});
    }
    bool still_admits(const Principal& /*principal*/) const override { return true; }
};

struct Served {
    pid_t process = 0;
    std::uint16_t port = 0;
    int alive = -1;  // closing it ends the server
};

/// Runs in the child; never returns.
[[noreturn]] void serve(int port_pipe, int alive_pipe) {
    OpenGate gate;
    SystemClock clock;
    SystemRandom random;
    auto server = start_server(
        {.gatekeeper = gate, .clock = clock, .random = random}, {},
        {.listen = {{}}, .limits = {.connections_max = 12'000, .connect_time_max = std::chrono::seconds{5}}});
    check(server.has_value(), "the broker listens");
    const std::uint16_t port = (*server)->ports().front();
    check(write(port_pipe, &port, sizeof port) == sizeof port, "the port is told");
    char byte = 0;
    std::ignore = read(alive_pipe, &byte, 1);
    server->reset();
    _exit(0);
}

Served start() {
    int port_pipe[2];
    int alive_pipe[2];
    check(pipe2(port_pipe, O_CLOEXEC) == 0 && pipe2(alive_pipe, O_CLOEXEC) == 0, "pipes");
    Served served;
    served.process = fork();
    check(served.process >= 0, "a process for the broker");
    if (served.process == 0) {
        close(alive_pipe[1]);
        serve(port_pipe[1], alive_pipe[0]);
    }
    check(read(port_pipe[0], &served.port, sizeof served.port) == sizeof served.port, "the broker says its port");
    served.alive = alive_pipe[1];
    return served;
}

/// "VmRSS" or "VmHWM" (the highest so far), in KiB.
std::size_t memory_kib(pid_t process, std::string_view field) {
    std::ifstream status("/proc/" + std::to_string(process) + "/status");
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with(field)) {
            return std::stoul(line.substr(line.find_first_of("0123456789")));
        }
    }
    return 0;
}

int dial(std::uint16_t port) {
    const int made = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval patience{.tv_sec = 30, .tv_usec = 0};
    setsockopt(made, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(made, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    if (::connect(made, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
        close(made);
        return -1;
    }
    return made;
}

void say(int to, const Packet& packet) {
    Bytes bytes;
    encode(packet, Version::v3_1_1, bytes);
    std::ignore = ::send(to, bytes.data(), bytes.size(), MSG_NOSIGNAL);
}

bool heard(int from, PacketType type, std::size_t length) {
    std::array<std::byte, 64> bytes{};
    return recv(from, bytes.data(), length, MSG_WAITALL) == static_cast<ssize_t>(length) &&
           std::to_integer<unsigned>(bytes[0]) >> 4U == static_cast<unsigned>(type);
}

int join(std::uint16_t port, const std::string& client_id) {
    const int made = dial(port);
    if (made >= 0) {
        say(made, Connect{.version = Version::v3_1_1, .client_id = client_id});
        if (!heard(made, PacketType::connack, 4)) {
            close(made);
            return -1;
        }
    }
    return made;
}

/// An ordinary client, new each time, publishes and is acknowledged.
int visits(std::uint16_t port, int times) {
    int served = 0;
    for (int i = 0; i < times; ++i) {
        const int client = join(port, "visitor");
        if (client < 0) {
            continue;
        }
        say(client, Publish{.qos = QoS::at_least_once, .topic = "t", .packet_id = 1, .payload = "x"});
        served += heard(client, PacketType::puback, 4) ? 1 : 0;
        close(client);
    }
    return served;
}

/// A process that does `attack` with each of its connections, says that it is ready, and holds them until it is ended.
pid_t start_attacker(std::size_t connections, const std::function<int(std::size_t)>& attack, int ready_pipe) {
    const pid_t process = fork();
    if (process != 0) {
        return process;
    }
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    std::uint32_t held = 0;
    for (std::size_t i = 0; i < connections; ++i) {
        held += attack(i) >= 0 ? 1U : 0U;
    }
    std::ignore = write(ready_pipe, &held, sizeof held);
    pause();
    _exit(0);
}

struct Attack {
    std::string_view name;
    std::size_t connections;
    std::size_t memory_mib_max;
    bool all_held;  ///< every connection must have been let in
    std::function<int(std::uint16_t, std::size_t)> each;
};

bool run(const Attack& attack) {
    const Served served = start();
    const std::size_t before = memory_kib(served.process, "VmRSS");
    int ready[2];
    check(pipe2(ready, O_CLOEXEC) == 0, "a pipe");
    std::vector<pid_t> attackers;
    std::size_t held = 0;
    for (std::size_t first = 0; first < attack.connections; first += clients_per_process) {
        const std::size_t count = std::min(clients_per_process, attack.connections - first);
        attackers.push_back(
            start_attacker(count, [&](std::size_t i) { return attack.each(served.port, first + i); }, ready[1]));
        std::uint32_t some = 0;
        check(read(ready[0], &some, sizeof some) == sizeof some, "the attacker says how many it holds");
        held += some;
    }
    const int served_visits = visits(served.port, 50);
    const std::size_t during = memory_kib(served.process, "VmHWM");
    for (const pid_t attacker : attackers) {
        kill(attacker, SIGKILL);
        waitpid(attacker, nullptr, 0);
    }
    const int after = visits(served.port, 20);
    close(served.alive);
    int status = 0;
    waitpid(served.process, &status, 0);
    const bool good = served_visits == 50 && after == 20 && WIFEXITED(status) && WEXITSTATUS(status) == 0 &&
                      (!memory_counts || during / 1024 <= attack.memory_mib_max) &&
                      (!attack.all_held || held == attack.connections);
    fmt::print(
        "{:<34} {:>6} held of {:>6}  {:>4}+{} of 50+20 served  {:>4} MiB of at most {} ({:.1f} KiB each)  {}\n",
        attack.name, held, attack.connections, served_visits, after, during / 1024, attack.memory_mib_max,
        static_cast<double>(during - std::min(before, during)) / static_cast<double>(std::max<std::size_t>(held, 1)),
        good ? "ok" : "BROKEN");
    std::fflush(stdout);
    return good;
}

int raw(std::uint16_t port, std::string_view hex) {
    const int made = dial(port);
    if (made >= 0) {
        const Bytes bytes = from_hex(hex).value();
        std::ignore = ::send(made, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    }
    return made;
}

}  // namespace

int main(int argc, char** argv) {
    signal(SIGPIPE, SIG_IGN);
    const bool is_long = argc > 1 && std::string_view(argv[1]) == "--long";
    const std::size_t crowd = is_long ? 10'000 : 2'000;
    const std::vector<Attack> attacks{
        {"silent clients", crowd, 150, true,
         [](std::uint16_t port, std::size_t i) { return join(port, fmt::format("silent-{}", i)); }},
        {"no CONNECT, more than there is room", is_long ? 14'000U : 3'000U, 150, false,
         [](std::uint16_t port, std::size_t) { return dial(port); }},
        {"half a CONNECT", crowd, 150, false,
         [](std::uint16_t port, std::size_t) { return raw(port, "101800044d51"); }},
        {"a CONNECT of 256 MiB", 500, 100, false,
         [](std::uint16_t port, std::size_t) { return raw(port, "10ffffff7f00044d515454"); }},
        {"a PUBLISH that never ends", 500, 100, true,
         [](std::uint16_t port, std::size_t i) {
             const int made = join(port, fmt::format("slow-{}", i));
             const Bytes begun = from_hex("30ffff3f000161").value();  // promises 1 MiB
             std::ignore = ::send(made, begun.data(), begun.size(), MSG_NOSIGNAL);
             return made;
         }},
        {"subscribers that read nothing", 200, 250, true,
         [](std::uint16_t port, std::size_t i) {
             const int made = join(port, fmt::format("deaf-{}", i));
             say(made, Subscribe{.packet_id = 1, .requests = {{.filter = "#", .qos = QoS::exactly_once}}});
             for (int n = 0; n < 20; ++n) {
                 say(made, Publish{.topic = "noise", .payload = std::string(10'000, 'x')});
             }
             return made;
         }},
    };
    bool good = true;
    for (const Attack& attack : attacks) {
        good = run(attack) && good;
    }
    return good ? 0 : 1;
}
