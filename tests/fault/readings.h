#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <sys/types.h>

#include "core/clock.h"

/// Numbered readings whose number and checksum are their value, and the record that a process of its own keeps of what
/// it sent and what was acknowledged.
namespace bypuls::fault {

constexpr std::int64_t sensors = 7;

/// The reading of that number. Neighbours lie on different days, so that batches come in no order and blocks merge.
struct Reading {
    std::int64_t sensor = 0;
    Instant time{};
    std::int64_t value = 0;  ///< the number and a checksum of it
};
Reading reading_of(std::int64_t number);
/// The number, when sensor, time and value are those of one reading; nothing when any was changed.
std::optional<std::int64_t> number_of(const Reading& reading);

struct Batch {
    std::int64_t first = 0;
    std::int64_t count = 0;
    friend auto operator<=>(const Batch&, const Batch&) = default;
};

/// What the ledger's file says.
struct Sent {
    std::vector<Batch> sent;  ///< in the order of numbers, each once
    std::set<Batch> acknowledged;
    std::int64_t readings_acknowledged = 0;  ///< of all requests that were answered, those sent again as well
    std::int64_t readings_tried = 0;         ///< of all requests, whether there was an answer or not

    std::int64_t next() const { return sent.empty() ? 1 : sent.back().first + sent.back().count; }
    std::int64_t readings() const { return next() - 1; }
};
Sent read_ledger(const std::string& path);

/// Starts the process that sends: on four connections at once, one in ten sent again, batches and lines shuffled, those
/// without an answer from before sent again. It ends when the server does not answer any more, or after `batches`.
/// It exits with 0, or 3 when any answer was neither 2xx, 503 nor 507.
pid_t start_sending(const std::string& ledger, std::uint16_t port, const std::string& token, std::uint64_t seed,
                    std::int64_t batches);

}  // namespace bypuls::fault
