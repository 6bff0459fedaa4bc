#pragma once

#include <cstdint>
#include <string>

#include "tests/fault/readings.h"
#include "tests/fault/town.h"

namespace bypuls::fault {

/// What an audit found of a town that is not running.
struct Found {
    std::uint64_t stored = 0;
    std::uint64_t missing = 0;  ///< acknowledged, and not there
    std::uint64_t damaged = 0;  ///< blocks that the store names as damaged
};

enum class Losses : bool {
    none,     ///< whatever is missing fails the test
    reported  ///< someone damaged the files: what is missing is only counted
};

/// The conservation law of a stopped town: every unit that came in has one outcome. None of them lost, the store's
/// cursor stands at the end of the journal as well, so that no record was passed over.
void check_account(const Town& town, Losses losses = Losses::none);

/// Opens the stopped town's stores and fails the test unless acknowledged ⊆ stored ⊆ sent, nothing stands twice, every
/// value is the one that was sent, the account keeps the conservation law and agrees with what the sender knows, and
/// rollups are what the rows give.
Found audit(const Town& town, const Sent& sent, Losses losses = Losses::none);

}  // namespace bypuls::fault
