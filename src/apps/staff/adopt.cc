// An unknown device becomes one of the town's: it gets a thing, a place and datastreams, and what it sent so far is
// read.
#include <algorithm>
#include <iterator>

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

Device device_of(const Room& room, const Wanted& wanted, registry::ThingId thing) {
    return {.dev_eui = wanted.dev_eui,
            .name = wanted.name,
            .profile = wanted.profile.id,
            .thing = thing.value,
            .place = wanted.place ? wanted.place->slug : "",
            .adopted = room.parts.clock.now()};
}

/// The pages that showed the thing and its datastreams no longer do, except that of `stays`.
Result<void> take_from_places(registry::Registry& registry, registry::ThingId thing,
                              const std::vector<registry::Datastream>& datastreams, const std::string& stays) {
    TRY(auto places, all_of(registry.places()));
    for (auto& place : places) {
        const auto is_its = [&](registry::DatastreamId id) {
            return std::ranges::find(datastreams, id, &registry::Datastream::id) != datastreams.end();
        };
        const bool shows = std::ranges::find(place.things, thing) != place.things.end() ||
                           std::ranges::any_of(place.datastreams, is_its);
        if (place.slug != stays && shows) {
            std::erase(place.things, thing);
            std::erase_if(place.datastreams, is_its);
            TRY_DO(registry.places().update(place));
        }
    }
    return {};
}

/// The datastream of a field goes on where it says the same as before; otherwise it gives its key to a new one. So it
/// does when it would be opened: what was measured while it was not public was not promised to be.
Result<std::vector<registry::Datastream>> go_on(registry::Registry& registry, Device& device, const Wanted& wanted) {
    std::vector<registry::Datastream> known;
    for (const FieldRule& rule : wanted.profile.fields) {
        const std::string key = fmt::format("{}/{}", device.dev_eui.to_text(), rule.field);
        auto stream = registry.datastream_by_key(key);
        if (!stream && stream.error().code == Errc::not_found) {
            continue;
        }
        TRY_DO(stream);
        TRY(const auto property, registry.observed_properties().get(stream->observed_property));
        const bool opens = wanted.access == registry::Access::open && stream->access != registry::Access::open;
        const bool same = stream->thing.value == device.thing && property.name == rule.property &&
                          stream->unit.definition == rule.unit && !opens;
        if (same) {
            stream->access = wanted.access;
            device.datastreams.emplace(rule.field, stream->id);
        } else {
            std::erase(stream->external_keys, key);
        }
        TRY_DO(registry.datastreams().update(*stream));
        if (same) {
            known.push_back(*std::move(stream));
        }
    }
    return known;
}

/// A device that was retired is the same thing as before, so that its history goes on.
Result<Device> make_again(Room& room, const Wanted& wanted, registry::Thing thing) {
    auto& registry = room.parts.registry;
    if (thing.name != wanted.name) {
        thing.name = wanted.name;
        TRY_DO(registry.things().update(thing));
    }
    Device device = device_of(room, wanted, thing.id);
    TRY(const auto known, go_on(registry, device, wanted));
    TRY_DO(take_from_places(registry, thing.id, known, device.place));
    if (wanted.place) {
        TRY(const auto location, kept_location(registry, *wanted.place));
        if (thing.locations != std::vector{location}) {
            TRY_DO(registry.move(thing.id, {location}, room.parts.clock.now()));
        }
        std::vector<registry::DatastreamId> shown;
        std::ranges::transform(known, std::back_inserter(shown), &registry::Datastream::id);
        TRY_DO(show_at(registry, device.place, thing.id, shown));
    }
    TRY_DO(complete(room, device, wanted.profile, wanted.access));
    return device;
}

/// All of it or nothing where the thing is new: what was made is taken away again when a later step fails. Of a thing
/// that is known nothing is opened before the last step, and adopting again goes on from what was done.
Result<Device> make_device(Room& room, const Wanted& wanted) {
    auto& registry = room.parts.registry;
    if (auto known = registry.thing_by_key(wanted.dev_eui.to_text())) {
        return make_again(room, wanted, *std::move(known));
    } else if (known.error().code != Errc::not_found) {
        return std::unexpected(std::move(known).error());
    }
    TRY(const auto inserted, registry.insert(thing_of(wanted.dev_eui, wanted.name, wanted.place)));
    Device device = device_of(room, wanted, inserted.thing);
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
        const auto now = room.parts.devices.snapshot();
        if (now->device(*dev_eui) != nullptr) {
            return already_adopted(request);
        }
        if (now->profile(profile_id) == nullptr) {
            return conflict(request, {"Profilen ble nettopp tatt bort.", "Profilen vart nettopp teken bort.",
                                      "The profile has just been taken away."});
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
