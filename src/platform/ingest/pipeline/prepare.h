#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "core/result.h"
#include "platform/ingest/line_protocol/line_protocol.h"
#include "platform/ingest/lorawan/uplink.h"
#include "platform/ingest/message.h"
#include "platform/ingest/observations/batch.h"

namespace bypuls::ingest::pipeline {

/// Instead of what a message says: that nothing of it can be used. Why stands first among what was refused.
struct Refusal {
    std::uint64_t body_bytes = 0;  ///< of the whole message, of which letter_bytes_max are left
};

/// What a message says, read but not yet understood.
using Parsed = std::variant<lorawan::Event, line_protocol::Batch, batch::Batch, Refusal>;

/// A part of a message that was refused while the sender still listens.
struct Refused {
    std::size_t unit = 0;  ///< lines: line from 1; rows: index from 0
    std::string field;
    std::string what;
};

/// A message with what it says. Lines are views into the body, so both live and die together, on the heap.
struct Intake {
    Message message;
    Parsed parsed;
    std::size_t good = 0;      ///< frames, points or rows that will be looked at
    std::size_t rejected = 0;  ///< those that were refused, described or not
    std::vector<Refused> refused;
    bool stamped_on_receipt = false;  ///< some of it has no time of its own but Message::received

    std::size_t units() const { return good + rejected; }
};

/// Reads a message and takes it. Errc::malformed when none of it can be used, also when it is larger or deeper than is
/// read: then the message stays with the caller as it was. Pure.
Result<std::unique_ptr<Intake>> prepare(Message&& message);

/// As much of a message is kept with a dead letter.
constexpr std::size_t letter_bytes_max = 4096;
/// What can be kept of a message that prepare() refused.
std::unique_ptr<Intake> refused_intake(RefusedMessage refused);
/// The same of one that came just now.
std::unique_ptr<Intake> refused_intake(Message message, std::string sentence);

/// The record that keeps a message: its type, and its payload.
std::uint8_t record_type(const Intake& intake);
Bytes record_payload(const Intake& intake);

}  // namespace bypuls::ingest::pipeline
