// Many clients at once, for what they cost and how fast they are told; bench/mqtt.sh starts the program for it.
//   mqtt_listeners idle PORT KEY CLIENTS PROCESS               what the program's memory grows by, with so many that
//   are silent mqtt_listeners told PORT KEY CLIENTS ROUNDS DATASTREAM     how long until the last of them has an
//   observation
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/check.h"
#include "platform/mqtt/codec.h"

namespace {

using namespace bypuls;
using namespace bypuls::mqtt;
using Clock = std::chrono::steady_clock;

/// One client, blocking until it is let in.
class Client {
public:
    Client(std::uint16_t port, const std::string& key, const std::string& name) {
        socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        check(::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0, "the town listens");
        const int yes = 1;
        setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        Connect connect{.version = Version::v3_1_1, .client_id = name};
        connect.username = "load";
        connect.password = key;
        say(connect);
        const auto connack = std::get<Connack>(hear());
        check(connack.reason == Reason::success, "the key is good");
    }
    ~Client() { close(socket_); }
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    int descriptor() const { return socket_; }
    void say(const Packet& packet) {
        Bytes bytes;
        encode(packet, Version::v3_1_1, bytes);
        check(send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size()),
              "the town reads");
    }
    /// Waits for a packet.
    Packet hear() {
        for (;;) {
            const auto length = packet_length(in_);
            check(length.has_value(), "the town speaks MQTT");
            if (*length && **length <= in_.size()) {
                auto packet = decode(ByteView(in_).first(**length), Version::v3_1_1);
                in_.erase(in_.begin(), in_.begin() + static_cast<std::ptrdiff_t>(**length));
                check(packet.has_value(), "the town speaks MQTT");
                return std::move(*packet);
            }
            std::byte bytes[16'384];
            const auto got = recv(socket_, bytes, sizeof bytes, 0);
            check(got > 0, "the town keeps the connection");
            in_.insert(in_.end(), bytes, bytes + got);
        }
    }

private:
    int socket_ = -1;
    Bytes in_;
};

std::vector<std::unique_ptr<Client>> connect_all(std::uint16_t port, const std::string& key, long count) {
    rlimit files{};
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    std::vector<std::unique_ptr<Client>> clients;
    for (long i = 0; i < count; ++i) {
        clients.push_back(std::make_unique<Client>(port, key, fmt::format("listener-{}", i)));
    }
    return clients;
}

/// Resident memory in KiB, without pages of files.
long memory_of(const std::string& process) {
    std::ifstream status("/proc/" + process + "/status");
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with("RssAnon:")) {
            return std::atol(line.c_str() + 8);
        }
    }
    check(false, "the program runs");
    return 0;
}

void idle(std::uint16_t port, const std::string& key, long count, const std::string& process) {
    const long before = memory_of(process);
    const auto clients = connect_all(port, key, count);
    const long with = memory_of(process);
    fmt::print("{} idle connections: {:.1f} MiB, {:.1f} KiB each\n", count, static_cast<double>(with - before) / 1024,
               static_cast<double>(with - before) / static_cast<double>(count));
}

void told(std::uint16_t port, const std::string& key, long count, long rounds, const std::string& datastream) {
    const std::string topic = fmt::format("v1.1/Datastreams({})/Observations", datastream);
    const auto clients = connect_all(port, key, count);
    const int events = epoll_create1(EPOLL_CLOEXEC);
    for (std::size_t i = 0; i < clients.size(); ++i) {
        clients[i]->say(Subscribe{1, {{.filter = topic, .qos = QoS::at_most_once}}, {}});
        check(std::get<Suback>(clients[i]->hear()).reasons.front() == Reason::success, "the topic is served");
        epoll_event event{.events = EPOLLIN, .data = {.u64 = i}};
        check(epoll_ctl(events, EPOLL_CTL_ADD, clients[i]->descriptor(), &event) == 0, "epoll");
    }
    Client publisher(port, key, "publisher");
    std::vector<double> waits;
    std::vector<epoll_event> ready(clients.size());
    for (long round = 0; round < rounds; ++round) {
        const auto begun = Clock::now();
        publisher.say(Publish{.qos = QoS::at_least_once,
                              .topic = topic,
                              .packet_id = static_cast<std::uint16_t>(round % 65'535 + 1),
                              .payload = fmt::format(R"({{"result":{}}})", round)});
        for (std::size_t heard = 0; heard < clients.size();) {
            const int some = epoll_wait(events, ready.data(), static_cast<int>(ready.size()), 10'000);
            check(some > 0, "everyone is told");
            for (int i = 0; i < some; ++i) {
                const auto packet = clients[ready[static_cast<std::size_t>(i)].data.u64]->hear();
                heard += std::holds_alternative<Publish>(packet) ? 1U : 0U;
            }
        }
        waits.push_back(std::chrono::duration<double, std::milli>(Clock::now() - begun).count());
        publisher.hear();
    }
    close(events);
    std::ranges::sort(waits);
    fmt::print(
        "{} subscribers of one datastream, publish to last receipt: p50 {:.1f} ms, p99 {:.1f} ms, max {:.1f} ms\n",
        count, waits[waits.size() / 2], waits[waits.size() * 99 / 100], waits.back());
}

}  // namespace

int main(int argc, char** argv) {
    const std::string mode = argc > 1 ? argv[1] : "";
    if (mode == "idle" && argc == 6) {
        idle(static_cast<std::uint16_t>(std::atoi(argv[2])), argv[3], std::atol(argv[4]), argv[5]);
        return 0;
    }
    if (mode == "told" && argc == 7) {
        told(static_cast<std::uint16_t>(std::atoi(argv[2])), argv[3], std::atol(argv[4]), std::atol(argv[5]), argv[6]);
        return 0;
    }
    std::fprintf(
        stderr,
        "mqtt_listeners idle PORT KEY CLIENTS PROCESS\nmqtt_listeners told PORT KEY CLIENTS ROUNDS DATASTREAM\n");
    return 2;
}
