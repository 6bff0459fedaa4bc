// How the program does, and the account of every source.
#include <algorithm>

#include "apps/staff/acts.h"
#include "core/time/iso8601.h"

namespace bypuls::staff {
namespace {

using State = pages::HealthCheck::State;

std::string_view name_of(State state) {
    switch (state) {
        case State::ok: return "ok";
        case State::warning: return "warning";
        case State::failing: return "failing";
    }
    return "failing";
}

}  // namespace

Answer get_health(Room& room, const http::Request& /*request*/) {
    State worst = State::ok;
    json checks = json::array();
    for (const auto& check : room.parts.checks()) {
        worst = std::max(worst, check.state);
        checks.push_back(
            {{"name", check.name}, {"status", name_of(check.state)}, {"why", check.why}, {"sentence", check.sentence}});
    }
    json sources = json::array();
    for (const auto& [source, counts] : room.parts.pipeline.counts()) {
        sources.push_back({{"source", source},
                           {"received", counts.received},
                           {"stored", counts.stored},
                           {"duplicate", counts.duplicate},
                           {"quarantined", counts.quarantined},
                           {"rejected", counts.rejected},
                           {"damaged", counts.damaged},
                           {"in_flight", counts.in_flight()}});
    }
    return answer({{"status", name_of(worst)},
                   {"version", room.parts.version},
                   {"started", format_instant(room.started)},
                   {"checks", std::move(checks)},
                   {"sources", std::move(sources)}});
}

}  // namespace bypuls::staff
