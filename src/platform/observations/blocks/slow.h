#pragma once

#include "platform/observations/blocks/engine.h"

namespace bypuls::observations::blocks {

/// What append works with: for rows that do not come last a connection of its own, and what it saw there a moment ago,
/// since late rows come in flocks.
struct BlockStore::Slow {
    std::unique_ptr<Reader> reader;
    DatastreamId id;
    std::uint64_t generation = 0;
    Interval known;  ///< between these instants, `rows` is all that disk has
    Columns rows;
    std::vector<State*> states;             ///< of each row of the batch, null where it is new
    std::set<DatastreamId> usable_unknown;  ///< their newest usable reading was corrected to an unusable one

    Result<void> look(DatastreamId wanted, const Shape& shape, Instant t, std::uint64_t now,
                      const Dictionaries& dictionaries);
};

}  // namespace bypuls::observations::blocks
