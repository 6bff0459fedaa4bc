// Devices in use, and the profiles that say what is kept of what they send.
#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "apps/staff/acts.h"
#include "core/text.h"
#include "core/time/iso8601.h"

namespace bypuls::staff {
namespace {

using ingest::devices::Device;
using ingest::devices::Profile;
using ingest::devices::Snapshot;
using ingest::pipeline::DeviceEvent;
using ingest::pipeline::Frame;

std::optional<Instant> last_seen(const Room& room, const Device& device, const std::vector<Frame>& frames) {
    std::optional<Instant> newest;
    const auto see = [&](Instant time) { newest = newest ? std::max(*newest, time) : time; };
    for (const Frame& frame : frames) {
        see(frame.time);
    }
    for (const auto& [field, id] : device.datastreams) {
        if (const auto latest = room.parts.store.latest(id)) {
            see(latest->time);  // frames are told of a few seconds later than readings
        }
    }
    return newest;
}

json battery_of(const Room& room, const Device& device, const Profile* profile) {
    if (profile == nullptr) {
        return nullptr;
    }
    for (const auto& rule : profile->fields) {
        const auto id = device.datastreams.find(rule.field);
        if (rule.property != "battery_voltage" || id == device.datastreams.end()) {
            continue;
        }
        const auto latest = room.parts.store.latest(id->second);
        const auto volt =
            latest ? observations::as_type(latest->value, observations::ResultType::number) : std::nullopt;
        if (volt) {
            return std::get<double>(*volt);
        }
    }
    return nullptr;
}

std::string_view state_of(const Room& room, const Profile* profile, std::optional<Instant> seen,
                          const std::vector<Frame>& frames) {
    constexpr int missed_max = 3;
    constexpr std::chrono::seconds interval_unknown{3600};
    const auto interval = profile == nullptr ? interval_unknown : profile->interval;
    if (!seen || room.parts.clock.now() - *seen > missed_max * interval) {
        return "silent";
    }
    if (!frames.empty()) {
        const auto reason = ingest::reason_named(frames.front().outcome);
        if (reason && *reason != ingest::Reason::none && *reason != ingest::Reason::unknown_device) {
            return "faulty";
        }
    }
    return "ok";
}

json number_or_null(std::optional<double> number) {
    return number ? json(*number) : json(nullptr);
}

json event_json(const DeviceEvent& event) {
    const auto& status = event.status;
    const auto& spot = event.spot;
    return {{"kind", ingest::lorawan::name_of(event.kind)},
            {"time", format_instant(event.time)},
            {"battery_percent", number_or_null(status ? status->battery_percent : std::nullopt)},
            {"external_power", status ? json(status->external_power) : json(nullptr)},
            {"margin_db", status ? json(status->margin_db) : json(nullptr)},
            {"level", event.level ? json(ingest::lorawan::name_of(*event.level)) : json(nullptr)},
            {"code", text_or_null(event.code)},
            {"description", text_or_null(event.description)},
            {"acknowledged", event.acknowledged ? json(*event.acknowledged) : json(nullptr)},
            {"gateway", text_or_null(event.gateway)},
            {"latitude", number_or_null(spot ? std::optional(spot->latitude) : std::nullopt)},
            {"longitude", number_or_null(spot ? std::optional(spot->longitude) : std::nullopt)},
            {"dev_addr", text_or_null(event.dev_addr)}};
}

/// What the device last told of its battery; `events` are newest first.
json power_json(const std::vector<DeviceEvent>& events) {
    const auto newest = std::ranges::find_if(events, [](const DeviceEvent& event) { return event.status.has_value(); });
    if (newest == events.end()) {
        return nullptr;
    }
    return {{"time", format_instant(newest->time)},
            {"battery_percent", number_or_null(newest->status->battery_percent)},
            {"external_power", newest->status->external_power}};
}

json made_json(Room& room, const Snapshot& book, const Device& device, const std::string& place_name,
               const std::vector<Frame>& frames) {
    const Profile* profile = book.profile(device.profile);
    const auto seen = last_seen(room, device, frames);
    return {{"dev_eui", device.dev_eui.to_text()},
            {"name", device.name},
            {"profile", device.profile},
            {"place", text_or_null(device.place)},
            {"place_name", place_name},
            {"last_seen", time_or_null(seen)},
            {"frames", frames.size()},
            {"battery_volt", battery_of(room, device, profile)},
            {"state", state_of(room, profile, seen, frames)}};
}

std::string place_name_of(Room& room, const std::string& slug) {
    if (slug.empty()) {
        return {};
    }
    const auto place = room.parts.registry.place_by_slug(slug);
    return place ? place->name.nb : slug;
}

json datastreams_json(Room& room, const Device& device, const Profile* profile) {
    json streams = json::array();
    for (const auto& [field, id] : device.datastreams) {
        const auto datastream = room.parts.registry.datastreams().get(id);
        std::string property = field;
        if (profile != nullptr) {
            const auto rule = std::ranges::find(profile->fields, field, &ingest::devices::FieldRule::field);
            property = rule == profile->fields.end() ? field : rule->property;
        }
        streams.push_back({{"id", fmt::to_string(id.value)},
                           {"property", property},
                           {"unit", datastream ? datastream->unit.definition : ""},
                           {"public", datastream && datastream->access == registry::Access::open}});
    }
    return streams;
}

/// Devices of a profile that has grown get the new datastreams, as open as the ones they have.
Result<void> follow_profile(Room& room, const Profile& profile) {
    const auto book = room.parts.devices.snapshot();
    for (const auto& [dev_eui, device] : book->devices) {
        const bool lacks = std::ranges::any_of(
            profile.fields, [&](const auto& rule) { return !device.datastreams.contains(rule.field); });
        if (device.profile != profile.id || !lacks) {
            continue;
        }
        auto access = registry::Access::internal;
        if (!device.datastreams.empty()) {
            TRY(const auto known, room.parts.registry.datastreams().get(device.datastreams.begin()->second));
            access = known.access;
        }
        Device changed = device;
        TRY_DO(complete(room, changed, profile, access));
    }
    return {};
}

}  // namespace

Result<json> device_json(Room& room, const Snapshot& book, const Device& device) {
    TRY(const auto frames, room.parts.ledger.last_frames(device.dev_eui.to_text()));
    return made_json(room, book, device, place_name_of(room, device.place), frames);
}

json profile_json(const Snapshot& book, const Profile& profile) {
    json made = json::parse(ingest::devices::to_json(profile));
    made["id"] = profile.id;
    made["devices"] =
        std::ranges::count_if(book.devices, [&](const auto& device) { return device.second.profile == profile.id; });
    return made;
}

Answer list_devices(Room& room, const http::Request& request) {
    TRY(const std::string words, asked_words(request));
    TRY(const auto places, all_of(room.parts.registry.places()));
    std::map<std::string, std::string, std::less<>> names;
    for (const auto& place : places) {
        names.emplace(place.slug, place.name.in(words::tag_of(request.language)));
    }
    const auto book = room.parts.devices.snapshot();
    std::vector<const Device*> devices;
    std::vector<Row> rows;
    for (const auto& [dev_eui, device] : book->devices) {
        const Profile* profile = book->profile(device.profile);
        const std::string text = fmt::format("{} {} {} {} {}", device.name, dev_eui, names[device.place],
                                             device.profile, profile == nullptr ? "" : profile->name);
        if (has_words(text, words)) {
            rows.push_back({to_lower_ascii(device.name) + "/" + dev_eui, devices.size()});
            devices.push_back(&device);
        }
    }
    return page(request, std::move(rows), [&](std::size_t i) -> Result<json> {
        TRY(const auto frames, room.parts.ledger.last_frames(devices[i]->dev_eui.to_text()));
        return made_json(room, *book, *devices[i], names[devices[i]->place], frames);
    });
}

Answer get_device(Room& room, const http::Request& request) {
    const auto book = room.parts.devices.snapshot();
    const auto dev_eui = ingest::lorawan::DevEui::from_text(request.path_parameter("devEui"));
    const Device* device = dev_eui ? book->device(*dev_eui) : nullptr;
    if (device == nullptr) {
        return http::problem(request, 404, "not-found");
    }
    TRY(const auto frames, room.parts.ledger.last_frames(dev_eui->to_text()));
    json made = made_json(room, *book, *device, place_name_of(room, device->place), frames);
    made["datastreams"] = datastreams_json(room, *device, book->profile(device->profile));
    json shown = json::array();
    for (const Frame& frame : frames) {
        shown.push_back(frame_json(frame, request.language));
    }
    made["last_frames"] = std::move(shown);
    TRY(const auto events, room.parts.ledger.last_events(dev_eui->to_text()));
    made["power"] = power_json(events);
    json told = json::array();
    for (const DeviceEvent& event : events) {
        told.push_back(event_json(event));
    }
    made["last_events"] = std::move(told);
    return answer(made);
}

namespace {

/// The old place's page no longer shows what the device measures.
Result<void> take_from(registry::Registry& registry, const Device& device) {
    auto place = registry.place_by_slug(device.place);
    if (!place) {
        return place.error().code == Errc::not_found ? Result<void>{} : std::unexpected(place.error());
    }
    std::erase(place->things, registry::ThingId{device.thing});
    for (const auto& [field, id] : device.datastreams) {
        std::erase(place->datastreams, id);
    }
    return registry.places().update(*place);
}

Result<void> move_to(Room& room, const Device& device, const std::optional<registry::Place>& place) {
    auto& registry = room.parts.registry;
    TRY_DO(take_from(registry, device));
    if (!place) {
        return {};
    }
    const registry::ThingId thing{device.thing};
    TRY(const auto location, kept_location(registry, *place));
    TRY_DO(registry.move(thing, {location}, room.parts.clock.now()));
    std::vector<registry::DatastreamId> datastreams;
    for (const auto& [field, id] : device.datastreams) {
        datastreams.push_back(id);
    }
    return show_at(registry, place->slug, thing, datastreams);
}

}  // namespace

Answer put_device(Room& room, const http::Request& request) {
    const auto dev_eui = ingest::lorawan::DevEui::from_text(request.path_parameter("devEui"));
    const std::lock_guard lock(room.changing);
    const auto book = room.parts.devices.snapshot();
    const Device* device = dev_eui ? book->device(*dev_eui) : nullptr;
    if (device == nullptr) {
        return http::problem(request, 404, "not-found");
    }
    Form form(request);
    const std::string name = form.line("name", 1, 100);
    if (!form.has("place")) {
        form.fault("place",
                   Said{"Må være et sted, eller null.", "Må vere ein stad, eller null.", "Must be a place, or null."});
    }
    const auto place = chosen_place(room, form);
    if (auto refusal = form.refusal()) {
        return *std::move(refusal);
    }
    Device changed = *device;
    changed.name = name;
    changed.place = place ? place->slug : "";
    auto& registry = room.parts.registry;
    if (changed.place != device->place) {
        TRY_DO(move_to(room, *device, place));
    }
    TRY(auto thing, registry.things().get(registry::ThingId{device->thing}));
    if (thing.name != name) {
        thing.name = name;
        TRY_DO(registry.things().update(thing));
    }
    TRY_DO(room.parts.devices.put(changed));
    TRY(const json made, device_json(room, *room.parts.devices.snapshot(), changed));
    return answer(made);
}

Answer list_profiles(Room& room, const http::Request& /*request*/) {
    const auto book = room.parts.devices.snapshot();
    std::vector<const Profile*> profiles;
    for (const auto& [id, profile] : book->profiles) {
        profiles.push_back(&profile);
    }
    std::ranges::stable_sort(profiles, {}, [](const Profile* profile) { return to_lower_ascii(profile->name); });
    json items = json::array();
    for (const Profile* profile : profiles) {
        items.push_back(profile_json(*book, *profile));
    }
    return answer({{"items", std::move(items)}});
}

Answer put_profile(Room& room, const http::Request& request) {
    const std::string id(request.path_parameter("id"));
    const std::lock_guard lock(room.changing);  // its codec is not taken away meanwhile
    Form form(request);
    if (id == "new" && room.parts.devices.snapshot()->profile(id) == nullptr) {
        form.fault("id", page_of_new_ones());
    }
    form.line("name", 1, 100);
    form.whole("interval_seconds", 1, 366LL * 86'400);
    form.any("fields");
    const json codec = form.any("codec");
    if (!codec.is_null() &&
        (!codec.is_string() || room.parts.devices.snapshot()->codec(codec.get<std::string>()) == nullptr)) {
        form.fault("codec", Said{"Dekoderen finnes ikke.", "Dekodaren finst ikkje.", "There is no such codec."});
    }
    if (auto refusal = form.refusal()) {
        return *std::move(refusal);
    }
    const auto profile = ingest::devices::profile_from_json(id, request.body);
    if (!profile) {
        form.fault("fields", profile.error().what);
        return *form.refusal();
    }
    for (std::size_t i = 0; i < profile->fields.size(); ++i) {
        const auto& rule = profile->fields[i];
        check_unit(form, room.parts.rules, fmt::format("fields/{}/unit", i), rule.property, rule.unit);
        const auto other = std::ranges::find(profile->fields, rule.property, &ingest::devices::FieldRule::property);
        if (other->unit != rule.unit) {
            form.fault(fmt::format("fields/{}/unit", i), Said{"Den samme egenskapen har en annen enhet ovenfor.",
                                                              "Den same eigenskapen har ei anna eining ovanfor.",
                                                              "The same property has another unit above."});
        }
    }
    if (auto refusal = form.refusal()) {
        return *std::move(refusal);
    }
    TRY_DO(room.parts.devices.put(*profile));
    TRY_DO(follow_profile(room, *profile));
    return answer(profile_json(*room.parts.devices.snapshot(), *profile));
}

}  // namespace bypuls::staff
