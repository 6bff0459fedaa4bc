#pragma once

#include <memory>
#include <optional>
#include <string>

#include "platform/journal/journal.h"
#include "platform/journal/shelf.h"
#include "platform/journal/writer.h"

namespace bypuls::journal {

/// What opening a journal finds: its segments and, when writing can go on in the newest of them, that one.
struct Recovered {
    std::shared_ptr<Shelf> shelf;
    std::optional<OpenSegment> active;
};

/// Puts a folder of segments in order, see open() in journal.h.
Result<Recovered> recover(FileSystem& files, const std::string& folder, Position highest_seen, RecoveryReport& report);

}  // namespace bypuls::journal
