// Devices that send but that nobody has adopted.
#include <fmt/format.h>

#include "apps/staff/acts.h"
#include "core/time/iso8601.h"

namespace bypuls::staff {

Answer list_inbox(Room& room, const http::Request& request) {
    TRY(const auto devices, room.parts.ledger.unknown_devices());
    const auto book = room.parts.devices.snapshot();
    std::vector<Row> rows;
    for (std::size_t i = 0; i < devices.size(); ++i) {
        if (!book->devices.contains(devices[i].dev_eui)) {
            // Last heard first: the key falls as the time rises.
            const auto falling = INT64_MAX - devices[i].last_seen.time_since_epoch().count();
            rows.push_back({fmt::format("{:020}-{}", falling, devices[i].dev_eui), i});
        }
    }
    return page(request, std::move(rows), [&](std::size_t i) -> Result<json> {
        const auto& device = devices[i];
        TRY(const auto frames, room.parts.ledger.last_frames(device.dev_eui));
        return json{{"dev_eui", device.dev_eui},
                    {"name_hint", device.name_hint},
                    {"profile_hint", device.profile_hint},
                    {"source", device.source},
                    {"first_seen", format_instant(device.first_seen)},
                    {"last_seen", format_instant(device.last_seen)},
                    {"frames", device.frames},
                    {"last_frame", frames.empty() ? json(nullptr) : frame_json(frames.front(), request.language)}};
    });
}

}  // namespace bypuls::staff
