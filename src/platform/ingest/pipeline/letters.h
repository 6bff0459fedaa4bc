#pragma once

#include "platform/ingest/pipeline/ledger.h"
#include "platform/ingest/pipeline/prepare.h"
#include "platform/ingest/pipeline/why.h"

namespace bypuls::ingest::pipeline {

/// A letter about a message, with as much of its body as letters show. Binary bodies are shown in hex.
DeadLetter letter_about(const Message& message, Reason reason, const Why& why);

/// What was refused of a message as it came in: the first that was, and how many more there are.
DeadLetter letter_of_refused(const Message& message, std::span<const Refused> refused, std::size_t rejected);

/// Over all that is kept of a letter, so that a bit that turns over in its row is found. That it has been tried again
/// adds letter_replayed.
std::int64_t checksum_of(const DeadLetter& letter);
constexpr std::int64_t letter_replayed = std::int64_t{1} << 32U;

}  // namespace bypuls::ingest::pipeline
