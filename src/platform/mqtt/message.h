#pragma once

#include <chrono>

#include "core/clock.h"
#include "platform/mqtt/ports.h"

namespace bypuls::mqtt {

/// What goes on to subscribers of a PUBLISH that came at `now`: without what concerned its connection alone.
Message message_from(Publish publish, std::string publisher, Instant now);

/// Times of receipt of which no two are the same, so that readings that have no time of their own stay apart.
class Stamps {
public:
    Instant next(Instant now) {
        // A wall clock that was set back is followed; one that stands still is not.
        constexpr Duration set_back = std::chrono::seconds{1};
        last_ = now > last_ || last_ - now > set_back ? now : last_ + Duration{1};
        return last_;
    }

private:
    Instant last_{};
};

}  // namespace bypuls::mqtt
