#include "tests/fault/readings.h"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <fstream>
#include <memory>

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "core/bytes.h"
#include "core/check.h"
#include "core/random.h"
#include "platform/http/raw_client.h"

namespace bypuls::fault {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t days = 61;
constexpr std::size_t connections = 4;
constexpr std::chrono::sys_days first_day{std::chrono::year{2025} / 3 / 1};

std::int64_t checksum(std::int64_t number) {
    return crc32c(as_bytes(fmt::format("reading {}", number))) & 0xFFF;
}

/// Appends a line and waits until it is on disk, so that the record outlives its writer.
class Record {
public:
    explicit Record(const std::string& path) : file_(open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600)) {
        check(file_ >= 0, "the ledger can be opened");
    }
    ~Record() { close(file_); }
    void write(char what, Batch batch) const {
        const std::string line = fmt::format("{} {} {}\n", what, batch.first, batch.count);
        check(::write(file_, line.data(), line.size()) == static_cast<ssize_t>(line.size()), "the ledger is written");
        check(fdatasync(file_) == 0, "the ledger is on disk");
    }

private:
    int file_;
};

template <typename Item>
void shuffle(std::vector<Item>& items, Random& random) {
    for (std::size_t i = items.size(); i > 1; --i) {
        std::swap(items[i - 1], items[random.below(i)]);
    }
}

std::string request_of(Batch batch, const std::string& token, Random& random) {
    std::vector<std::string> lines;
    for (std::int64_t number = batch.first; number < batch.first + batch.count; ++number) {
        const Reading reading = reading_of(number);
        lines.push_back(fmt::format("ledger,sensor={} value={}i {}\n", reading.sensor, reading.value,
                                    reading.time.time_since_epoch().count()));
    }
    shuffle(lines, random);
    const std::string body = fmt::format("{}", fmt::join(lines, ""));
    return fmt::format(
        "POST /ingest/lines?precision=us HTTP/1.1\r\nHost: town\r\nAuthorization: Token {}\r\nContent-Length: {}\r\n"
        "Content-Type: text/plain\r\n\r\n{}",
        token, body.size(), body);
}

/// Sends four batches side by side and takes the answers. False when the server is gone.
class Sender {
public:
    Sender(const std::string& ledger, std::uint16_t port, std::string token, std::uint64_t seed)
        : record_(ledger), kept_(read_ledger(ledger)), token_(std::move(token)), random_(seed), next_(kept_.next()) {
        for (const Batch& batch : kept_.sent) {
            if (!kept_.acknowledged.contains(batch)) {
                unanswered_.push_back(batch);
            }
        }
        shuffle(unanswered_, random_);
        for (std::size_t i = 0; i < connections; ++i) {
            clients_.push_back(std::make_unique<http::RawClient>(port));
        }
    }

    bool round() {
        std::vector<Batch> batches;
        for (std::size_t i = 0; i < connections; ++i) {
            batches.push_back(choose());
        }
        shuffle(batches, random_);
        bool alive = true;
        for (std::size_t i = 0; i < connections; ++i) {
            alive = clients_[i]->connected() && clients_[i]->send(request_of(batches[i], token_, random_)) && alive;
        }
        for (std::size_t i = 0; i < connections; ++i) {
            const int status = clients_[i]->receive().status;
            if (status >= 200 && status < 300) {
                record_.write('A', batches[i]);
                known_.push_back(batches[i]);
            } else if (status == 0) {
                alive = false;
            } else if (status != 503 && status != 507) {
                surprised_ = true;
            }
        }
        return alive;
    }
    bool surprised() const { return surprised_; }

private:
    Batch choose() {
        if (!unanswered_.empty() && random_.chance(0.3)) {
            const Batch again = unanswered_.back();
            unanswered_.pop_back();
            record_.write('R', again);
            return again;
        }
        if (!known_.empty() && random_.chance(0.1)) {
            const Batch again = known_[random_.below(known_.size())];
            record_.write('R', again);
            return again;
        }
        const Batch batch{next_, static_cast<std::int64_t>(1 + random_.below(120))};
        next_ += batch.count;
        record_.write('S', batch);
        return batch;
    }

    Record record_;
    Sent kept_;
    std::string token_;
    SeededRandom random_;
    std::int64_t next_;
    std::vector<Batch> unanswered_;
    std::vector<Batch> known_;
    std::vector<std::unique_ptr<http::RawClient>> clients_;
    bool surprised_ = false;
};

}  // namespace

Reading reading_of(std::int64_t number) {
    const std::int64_t sensor = number % sensors;
    // 37 and the number of days have no common divisor, so every day is met.
    const auto day = first_day + std::chrono::days{number * 37 % days};
    return {sensor, Instant{day} + std::chrono::milliseconds{number}, (number << 12) | checksum(number)};
}

std::optional<std::int64_t> number_of(const Reading& reading) {
    const std::int64_t number = reading.value >> 12;
    const Reading should = reading_of(number);
    const bool same = should.sensor == reading.sensor && should.time == reading.time && should.value == reading.value;
    return same ? std::optional{number} : std::nullopt;
}

Sent read_ledger(const std::string& path) {
    Sent found;
    std::ifstream in(path);
    char what = 0;
    Batch batch;
    while (in >> what >> batch.first >> batch.count) {
        if (what == 'A') {
            found.acknowledged.insert(batch);
            found.readings_acknowledged += batch.count;
            continue;
        }
        found.readings_tried += batch.count;
        if (what == 'S') {
            found.sent.push_back(batch);
        }
    }
    return found;
}

pid_t start_sending(const std::string& ledger, std::uint16_t port, const std::string& token, std::uint64_t seed,
                    std::int64_t batches) {
    const pid_t process = fork();
    check(process >= 0, "a process can be started");
    if (process != 0) {
        return process;
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    std::signal(SIGPIPE, SIG_IGN);
    bool surprised = false;
    {
        Sender sender(ledger, port, token, seed);
        for (std::int64_t sent = 0; sent < batches && sender.round(); sent += connections) {
        }
        surprised = sender.surprised();
    }
    _exit(surprised ? 3 : 0);
}

}  // namespace bypuls::fault
