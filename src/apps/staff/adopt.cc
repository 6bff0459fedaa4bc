// An unknown device becomes one of the town's: it gets a thing, a place and datastreams, and what it sent so far is
// read.
#include <algorithm>

#include <fmt/format.h>

#include "apps/staff/acts.h"
#include "core/log.h"

namespace bypuls::staff {
namespace {

using ingest::devices::Device;
using ingest::devices::FieldRule;
using ingest::devices::Profile;
using ingest::lorawan::DevEui;

/// One sensor for each kind of device.
Result<registry::SensorId> sensor_of(registry::Registry& registry, const Profile& profile) {
    TRY(const auto known, registry.sensors().find_by_name(profile.name));
    if (!known.empty()) {
        return known.front().id;
    }
    return registry.sensors().create({.name = profile.name,
                                      .description = "LoRaWAN devices of this kind",
                                      .encoding_type = "text/plain",
                                      .metadata = profile.name});
}

/// The device's address is kept as its key alone: what is said of a thing passes to the public side when one of its
/// datastreams does.
registry::NewThing thing_of(const DevEui& dev_eui, const std::string& name,
                            const std::optional<registry::Place>& place) {
    registry::NewThing made{.thing = {.name = name,
                                      .description = place ? "LoRaWAN device at " + place->name.nb : "LoRaWAN device",
                                      .external_key = dev_eui.to_text()}};
    if (place) {
        made.locations.push_back(location_of(*place));
    }
    return made;
}

struct Wanted {
    DevEui dev_eui;
    std::string name;
    Profile profile;
    std::optional<registry::Place> place;
    registry::Access access = registry::Access::internal;
};

/// All of it or nothing: what was made is taken away again when a later step fails.
Result<Device> make_device(Room& room, const Wanted& wanted) {
    auto& registry = room.parts.registry;
    TRY(const auto inserted, registry.insert(thing_of(wanted.dev_eui, wanted.name, wanted.place)));
    Device device{.dev_eui = wanted.dev_eui,
                  .name = wanted.name,
                  .profile = wanted.profile.id,
                  .thing = inserted.thing.value,
                  .place = wanted.place ? wanted.place->slug : "",
                  .adopted = room.parts.clock.now()};
    if (const auto made = complete(room, device, wanted.profile, wanted.access); !made) {
        if (const auto removed = registry.things().remove(inserted.thing); !removed) {
            log::warning("apps/staff", "a thing was left behind by an adoption that failed",
                         {{"thing", fmt::to_string(inserted.thing.value)}, {"why", removed.error().what}});
        }
        return std::unexpected(made.error());
    }
    return device;
}

http::Response already_adopted(const http::Request& request) {
    return conflict(request, {"Enheten er alt tatt i bruk.", "Eininga er alt teken i bruk.",
                              "The device has been adopted already."});
}

}  // namespace

Result<void> complete(Room& room, Device& device, const Profile& profile, registry::Access access) {
    auto& registry = room.parts.registry;
    // What its readings are about is there from the first of them (18-088 §8.2.7), also where nobody but us sees them.
    if (const auto feature = registry.feature_of(registry::ThingId{device.thing});
        !feature && feature.error().code != Errc::not_found) {
        return std::unexpected(feature.error());
    }
    TRY(const auto sensor, sensor_of(registry, profile));
    std::vector<registry::Datastream> missing;
    std::vector<std::string> fields;
    for (const FieldRule& rule : profile.fields) {
        if (device.datastreams.contains(rule.field) || std::ranges::find(fields, rule.field) != fields.end()) {
            continue;
        }
        TRY(const auto property, property_named(registry, rule.property));
        fields.push_back(rule.field);
        missing.push_back({.thing = {device.thing},
                           .sensor = sensor,
                           .observed_property = property,
                           .name = fmt::format("{}: {}", device.name, rule.property),
                           .unit = unit_of(rule.unit),
                           .properties = json{{"interval_s", profile.interval.count()}}.dump(),
                           .access = access,
                           .external_keys = {fmt::format("{}/{}", device.dev_eui.to_text(), rule.field)}});
    }
    TRY(const auto made, registry.create_all(missing));
    for (std::size_t i = 0; i < made.size(); ++i) {
        device.datastreams.emplace(fields[i], made[i]);
    }
    if (!device.place.empty()) {
        TRY_DO(show_at(registry, device.place, {device.thing}, made));
    }
    return room.parts.devices.put(device);
}

Answer adopt(Room& room, const http::Request& request) {
    const auto dev_eui = DevEui::from_text(request.path_parameter("devEui"));
    if (!dev_eui) {
        return http::problem(request, 404, "not-found");
    }
    Form form(request);
    const std::string name = form.line("name", 1, 100);
    const std::string profile_id = form.line("profile", 1, 64);
    const bool open = form.flag("public", false);
    const auto book = room.parts.devices.snapshot();
    const Profile* profile = book->profile(profile_id);
    if (profile == nullptr) {
        form.fault("profile", Said{"Profilen finnes ikke.", "Profilen finst ikkje.", "There is no such profile."});
    }
    const auto place = chosen_place(room, form);
    if (auto refusal = form.refusal()) {
        return *std::move(refusal);
    }
    {
        const std::lock_guard lock(room.changing);
        if (room.parts.devices.snapshot()->device(*dev_eui) != nullptr) {
            return already_adopted(request);
        }
        TRY(const auto unknown, room.parts.ledger.unknown_devices());
        if (std::ranges::find(unknown, dev_eui->to_text(), &ingest::pipeline::UnknownDevice::dev_eui) ==
            unknown.end()) {
            return http::problem(request, 404, "not-found");
        }
        TRY_DO(make_device(
            room, {*dev_eui, name, *profile, place, open ? registry::Access::open : registry::Access::internal}));
    }
    log::info("apps/staff", "a device was adopted", {{"device", dev_eui->to_text()}, {"profile", profile_id}});
    // From here on its frames are read as they come; those from before are tried again. When that takes too long the
    // device is adopted all the same, and the rest waits among the dead letters.
    const auto tried = replay_waiting(room, dev_eui->to_text());
    room.parts.ledger.forget_unknown_device(dev_eui->to_text());
    log::info("apps/staff", "its waiting messages were tried again",
              {{"messages", tried ? fmt::to_string(*tried) : tried.error().what}});
    const auto now = room.parts.devices.snapshot();
    TRY(const json made, device_json(room, *now, *now->device(*dev_eui)));
    return answer(made, 201);
}

}  // namespace bypuls::staff
