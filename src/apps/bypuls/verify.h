#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/result.h"

namespace bypuls::apps {

/// One thing that was looked at, and what was found.
struct Finding {
    enum class State : std::uint8_t { ok, warning, fault };
    std::string what;  ///< "journal", "internal/registry.db", "disk space"
    State state = State::ok;
    std::string sentence;
};

std::string_view name_of(Finding::State state);  ///< "ok", "warning", "fault"
bool any_fault(const std::vector<Finding>& findings);

/// Reads every record of the journal, every page of every database and every block of readings. Changes nothing; the
/// town may run.
std::vector<Finding> verify_data(const std::string& data);

}  // namespace bypuls::apps
