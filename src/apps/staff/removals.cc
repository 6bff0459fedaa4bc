// What is wrong or no longer used is taken away: devices, profiles and codecs.
#include <algorithm>

#include <fmt/format.h>

#include "apps/staff/acts.h"
#include "core/log.h"

namespace bypuls::staff {
namespace {

/// "A, B, C and 4 more", so that a sentence stays one.
std::string named(const std::vector<std::string>& names, std::string_view more) {
    constexpr std::size_t named_max = 3;
    const std::size_t shown = std::min(names.size(), named_max);
    std::string text =
        fmt::format("{}", fmt::join(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(shown), ", "));
    if (names.size() > shown) {
        text += fmt::format(fmt::runtime(more), names.size() - shown);
    }
    return text;
}

constexpr std::string_view more_nb = " og {} til";
constexpr std::string_view more_nn = " og {} til";
constexpr std::string_view more_en = " and {} more";

template <typename Used>
std::vector<std::string> names_of(const std::vector<const Used*>& users) {
    std::vector<std::string> names;
    for (const Used* user : users) {
        names.push_back(user->name);
    }
    return names;
}

}  // namespace

/// Its thing, datastreams and readings stay, as does what the page of its place shows. What it sends from now on waits
/// in the inbox, and there it may be adopted again.
Answer delete_device(Room& room, const http::Request& request) {
    const auto dev_eui = ingest::lorawan::DevEui::from_text(request.path_parameter("devEui"));
    const std::lock_guard lock(room.changing);
    if (!dev_eui || room.parts.devices.snapshot()->device(*dev_eui) == nullptr) {
        return http::problem(request, 404, "not-found");
    }
    TRY_DO(room.parts.devices.remove_device(*dev_eui));
    log::info("apps/staff", "a device was retired", {{"device", dev_eui->to_text()}});
    return http::Response{.status = 204};
}

Answer delete_profile(Room& room, const http::Request& request) {
    const std::string id(request.path_parameter("id"));
    const std::lock_guard lock(room.changing);
    const auto book = room.parts.devices.snapshot();
    if (book->profile(id) == nullptr) {
        return http::problem(request, 404, "not-found");
    }
    if (const auto users = names_of(book->devices_of(id)); !users.empty()) {
        return conflict(request,
                        {fmt::format("Profilen brukes av {}. Ta dem ut av bruk først.", named(users, more_nb)),
                         fmt::format("Profilen blir brukt av {}. Ta dei ut av bruk fyrst.", named(users, more_nn)),
                         fmt::format("The profile is used by {}. Retire them first.", named(users, more_en))});
    }
    TRY_DO(room.parts.devices.remove_profile(id));
    log::info("apps/staff", "a profile was taken away", {{"profile", id}});
    return http::Response{.status = 204};
}

Answer delete_codec(Room& room, const http::Request& request) {
    const std::string id(request.path_parameter("id"));
    const std::lock_guard lock(room.changing);
    const auto book = room.parts.devices.snapshot();
    if (book->codec(id) == nullptr) {
        return http::problem(request, 404, "not-found");
    }
    if (const auto users = names_of(book->profiles_with(id)); !users.empty()) {
        return conflict(
            request,
            {fmt::format("Dekoderen brukes i profil: {}. Velg en annen dekoder der først.", named(users, more_nb)),
             fmt::format("Dekodaren blir brukt i profil: {}. Vel ein annan dekodar der fyrst.", named(users, more_nn)),
             fmt::format("The codec is used by profile: {}. Choose another codec there first.",
                         named(users, more_en))});
    }
    TRY_DO(room.parts.devices.remove_codec(id));
    log::info("apps/staff", "a codec was taken away", {{"codec", id}});
    return http::Response{.status = 204};
}

}  // namespace bypuls::staff
