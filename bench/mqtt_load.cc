// Publishes from many connections as fast as they are acknowledged, and counts: messages acknowledged a second, and how
// long each waited. mqtt_load PORT KEY [CONNECTIONS] [SECONDS] [WINDOW] [QOS]; bench/mqtt.sh starts the program for it.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/check.h"
#include "platform/mqtt/codec.h"

namespace {

using namespace bypuls;
using namespace bypuls::mqtt;
using Clock = std::chrono::steady_clock;

struct Load {
    std::uint16_t port = 0;
    std::string key;
    std::size_t connections = 100;
    std::chrono::seconds span{10};
    std::size_t window = 100;
    QoS qos = QoS::at_least_once;
};

class Publisher {
public:
    Publisher(const Load& load, std::size_t number) : load_(load), number_(number) {
        socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(load.port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        check(::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0, "the town listens");
        const int yes = 1;
        setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        Connect connect{.version = Version::v3_1_1, .client_id = fmt::format("load-{}", number)};
        connect.username = "load";
        connect.password = load.key;
        encode(connect, Version::v3_1_1, out_);
        flush();
        std::byte greeting[4];
        check(recv(socket_, greeting, sizeof greeting, MSG_WAITALL) == 4 && greeting[3] == std::byte{0},
              "the key is good");
        fcntl(socket_, F_SETFL, O_NONBLOCK);
    }
    ~Publisher() { close(socket_); }
    Publisher(const Publisher&) = delete;
    Publisher& operator=(const Publisher&) = delete;

    int descriptor() const { return socket_; }
    std::uint64_t acknowledged() const { return acknowledged_; }
    const std::vector<std::uint32_t>& waits_us() const { return waits_us_; }

    void fill(Clock::time_point now) {
        while (sent_at_.size() < load_.window) {
            packet_id_ = packet_id_ == 65'535 ? 1 : static_cast<std::uint16_t>(packet_id_ + 1);
            const std::chrono::nanoseconds time = std::chrono::system_clock::now().time_since_epoch();
            ++value_;
            encode(Publish{.qos = load_.qos,
                           .topic = "ingest/lines",
                           .packet_id = packet_id_,
                           .payload = fmt::format("load,by={} value={} {}", number_, value_, time.count() + value_)},
                   Version::v3_1_1, out_);
            sent_at_.push_back(now);
        }
        flush();
    }
    void take(Clock::time_point now) {
        std::byte bytes[16'384];
        for (;;) {
            const auto got = recv(socket_, bytes, sizeof bytes, 0);
            if (got <= 0) {
                check(got < 0 && errno == EAGAIN, "the town keeps the connection");
                return;
            }
            in_.insert(in_.end(), bytes, bytes + got);
            std::size_t at = 0;
            for (; at + 4 <= in_.size(); at += 4) {
                take_one(ByteView(in_).subspan(at, 4), now);
            }
            in_.erase(in_.begin(), in_.begin() + static_cast<std::ptrdiff_t>(at));
        }
    }

private:
    void take_one(ByteView ack, Clock::time_point now) {
        const auto packet = decode(ack, Version::v3_1_1);
        const auto* it = packet ? std::get_if<Acknowledgement>(&*packet) : nullptr;
        check(it != nullptr, "only acknowledgements come");
        if (it->type == PacketType::pubrec) {
            encode(Acknowledgement{PacketType::pubrel, it->packet_id}, Version::v3_1_1, out_);
            return;
        }
        ++acknowledged_;
        waits_us_.push_back(static_cast<std::uint32_t>(
            std::chrono::duration_cast<std::chrono::microseconds>(now - sent_at_.front()).count()));
        sent_at_.pop_front();
    }
    void flush() {
        while (!out_.empty()) {
            const auto sent = send(socket_, out_.data(), out_.size(), MSG_NOSIGNAL);
            if (sent <= 0) {
                return;
            }
            out_.erase(out_.begin(), out_.begin() + sent);
        }
    }

    const Load& load_;
    std::size_t number_;
    int socket_ = -1;
    Bytes in_;
    Bytes out_;
    std::deque<Clock::time_point> sent_at_;
    std::uint16_t packet_id_ = 0;
    std::int64_t value_ = 0;
    std::uint64_t acknowledged_ = 0;
    std::vector<std::uint32_t> waits_us_;
};

void run(const Load& load) {
    std::vector<std::unique_ptr<Publisher>> publishers;
    const int events = epoll_create1(EPOLL_CLOEXEC);
    for (std::size_t i = 0; i < load.connections; ++i) {
        publishers.push_back(std::make_unique<Publisher>(load, i));
        epoll_event event{.events = EPOLLIN, .data = {.u64 = i}};
        check(epoll_ctl(events, EPOLL_CTL_ADD, publishers.back()->descriptor(), &event) == 0, "epoll");
    }
    const auto begun = Clock::now();
    for (auto& publisher : publishers) {
        publisher->fill(begun);
    }
    std::vector<epoll_event> ready(load.connections);
    auto now = begun;
    while (now - begun < load.span) {
        const int count = epoll_wait(events, ready.data(), static_cast<int>(ready.size()), 1000);
        now = Clock::now();
        for (int i = 0; i < count; ++i) {
            Publisher& publisher = *publishers[ready[static_cast<std::size_t>(i)].data.u64];
            publisher.take(now);
            publisher.fill(now);
        }
    }
    close(events);
    std::uint64_t acknowledged = 0;
    std::vector<std::uint32_t> waits;
    for (const auto& publisher : publishers) {
        acknowledged += publisher->acknowledged();
        waits.insert(waits.end(), publisher->waits_us().begin(), publisher->waits_us().end());
    }
    std::ranges::sort(waits);
    const double seconds = std::chrono::duration<double>(now - begun).count();
    const auto at = [&](double part) {
        return waits.empty() ? 0.0
                             : waits[static_cast<std::size_t>(part * static_cast<double>(waits.size() - 1))] / 1000.0;
    };
    fmt::print("{} connections, QoS {}, {} under way each: {:.0f} acknowledged/s; waits p50 {:.1f} ms, p99 {:.1f} ms\n",
               load.connections, static_cast<int>(load.qos), load.window, static_cast<double>(acknowledged) / seconds,
               at(0.5), at(0.99));
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 3) {
        std::fprintf(stderr, "mqtt_load PORT KEY [CONNECTIONS] [SECONDS] [WINDOW] [QOS]\n");
        return 2;
    }
    const auto number = [&](int at, long otherwise) { return argc > at ? std::atol(argv[at]) : otherwise; };
    run({.port = static_cast<std::uint16_t>(std::atoi(argv[1])),
         .key = argv[2],
         .connections = static_cast<std::size_t>(number(3, 100)),
         .span = std::chrono::seconds(number(4, 10)),
         .window = static_cast<std::size_t>(number(5, 100)),
         .qos = static_cast<QoS>(number(6, 1))});
    return 0;
}
