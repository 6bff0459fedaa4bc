// Places: where something is measured and what its page shows.
#include <algorithm>
#include <charconv>
#include <set>

#include <fmt/format.h>

#include "apps/staff/acts.h"
#include "core/log.h"

namespace bypuls::staff {
namespace {

using registry::DatastreamId;
using registry::Place;

constexpr std::size_t datastreams_max = 100;

Said no_such_place() {
    return {"Stedet finnes ikke.", "Staden finst ikkje.", "There is no such place."};
}

json words_json(const registry::Words& words) {
    return {{"nb", words.nb}, {"nn", words.nn}, {"en", words.en}};
}

std::string day_text(registry::MonthDay day) {
    return fmt::format("{:02}-{:02}", day.month, day.day);
}

std::optional<registry::MonthDay> day_from(std::string_view text) {
    const auto number = [&](std::size_t at) {
        std::uint8_t value = 0;
        const auto [end, trouble] = std::from_chars(text.data() + at, text.data() + at + 2, value);
        return trouble == std::errc{} && end == text.data() + at + 2 ? value : std::uint8_t{0};
    };
    if (text.size() != 5 || text[2] != '-') {
        return std::nullopt;
    }
    // Of a leap year, since a season may begin on 29 February.
    const std::chrono::year_month_day date{std::chrono::year{2024}, std::chrono::month{number(0)},
                                           std::chrono::day{number(3)}};
    return date.ok() ? std::optional(registry::MonthDay{number(0), number(3)}) : std::nullopt;
}

/// Texts in the three languages; the first must be there when `required`.
registry::Words words_of(Form& form, const std::string& name, bool required, std::size_t bytes_max) {
    const json given = form.any(name);
    registry::Words words;
    if (!given.is_object() || given.size() != 3) {
        form.fault(name, Said{"Må ha tekstene nb, nn og en.", "Må ha tekstane nb, nn og en.",
                              "Must have the texts nb, nn and en."});
        return words;
    }
    for (const auto& [language, text] : {std::pair{"nb", &words.nb}, {"nn", &words.nn}, {"en", &words.en}}) {
        const auto found = given.find(language);
        if (found == given.end() || !found->is_string() || found->get_ref<const std::string&>().size() > bytes_max) {
            form.fault(fmt::format("{}/{}", name, language),
                       Said{fmt::format("Må være en tekst på høyst {} byte.", bytes_max),
                            fmt::format("Må vere ein tekst på høgst {} byte.", bytes_max),
                            fmt::format("Must be a text of at most {} bytes.", bytes_max)});
            continue;
        }
        *text = trim(found->get_ref<const std::string&>());
    }
    if (required && words.nb.empty()) {
        form.fault(name + "/nb", Said{"Kan ikke være tom.", "Kan ikkje vere tom.", "May not be empty."});
    }
    return words;
}

registry::Season season_of(Form& form) {
    const json given = form.any("season");
    const auto text = [&](const char* name) {
        const auto found = given.is_object() ? given.find(name) : given.end();
        return found != given.end() && found->is_string() ? found->get<std::string>() : std::string{};
    };
    const auto kind = registry::season_kind_named(text("kind"));
    const auto first = day_from(text("first"));
    const auto last = day_from(text("last"));
    if (!kind || !first || !last) {
        form.fault("season", Said{"Må ha slaget summer, winter eller all_year, og første og siste dag som MM-DD.",
                                  "Må ha slaget summer, winter eller all_year, og fyrste og siste dag som MM-DD.",
                                  "Must have the kind summer, winter or all_year, and first and last day as MM-DD."});
        return {};
    }
    return {.kind = *kind, .first = *first, .last = *last};
}

/// Those that the form names, in its order.
std::vector<DatastreamId> datastreams_of(Form& form) {
    const json given = form.any("datastreams");
    if (!given.is_array() || given.size() > datastreams_max) {
        form.fault("datastreams", Said{fmt::format("Må være en liste med høyst {} datastrømmer.", datastreams_max),
                                       fmt::format("Må vere ei liste med høgst {} datastraumar.", datastreams_max),
                                       fmt::format("Must be a list of at most {} datastreams.", datastreams_max)});
        return {};
    }
    std::vector<DatastreamId> ids;
    for (std::size_t i = 0; i < given.size(); ++i) {
        const auto id = given[i].is_string() ? datastream_id(given[i].get_ref<const std::string&>()) : std::nullopt;
        if (!id || std::ranges::find(ids, *id) != ids.end()) {
            form.fault(fmt::format("datastreams/{}", i),
                       Said{"Er ingen datastrøm, eller står to ganger.", "Er ingen dataserie, eller står to gonger.",
                            "Is no datastream, or stands twice."});
            continue;
        }
        ids.push_back(*id);
    }
    return ids;
}

std::vector<const ingest::devices::Device*> devices_at(const ingest::devices::Snapshot& book, const std::string& slug) {
    std::vector<const ingest::devices::Device*> devices;
    for (const auto& [dev_eui, device] : book.devices) {
        if (device.place == slug) {
            devices.push_back(&device);
        }
    }
    std::ranges::sort(devices, {},
                      [](const auto* device) { return std::pair(device->name, device->dev_eui.to_text()); });
    return devices;
}

/// The things whose datastreams a place shows, and the devices that stand there.
Result<std::vector<registry::ThingId>> things_of(Room& room, Form& form, const std::string& slug,
                                                 const std::vector<DatastreamId>& ids) {
    TRY(const auto found, room.parts.registry.datastreams().get_all(ids));
    std::set<registry::ThingId> things;
    for (const auto& datastream : found) {
        things.insert(datastream.thing);
    }
    for (std::size_t i = 0; i < ids.size(); ++i) {
        if (std::ranges::find(found, ids[i], &registry::Datastream::id) == found.end()) {
            form.fault(fmt::format("datastreams/{}", i),
                       Said{"Datastrømmen finnes ikke.", "Datastraumen finst ikkje.", "There is no such datastream."});
        }
    }
    const auto book = room.parts.devices.snapshot();
    for (const auto* device : devices_at(*book, slug)) {
        things.insert(registry::ThingId{device->thing});
    }
    return std::vector(things.begin(), things.end());
}

Result<json> place_json(Room& room, const Place& place) {
    TRY(const auto found, room.parts.registry.datastreams().get_all(place.datastreams));
    json datastreams = json::array();
    for (const DatastreamId id : place.datastreams) {
        const auto datastream = std::ranges::find(found, id, &registry::Datastream::id);
        if (datastream == found.end()) {
            continue;  // deleted since the place was read
        }
        TRY(const auto property, room.parts.registry.observed_properties().get(datastream->observed_property));
        datastreams.push_back({{"id", fmt::to_string(id.value)},
                               {"name", datastream->name},
                               {"property", property.name},
                               {"unit", datastream->unit.definition},
                               {"access", registry::name_of(datastream->access)}});
    }
    json devices = json::array();
    const auto book = room.parts.devices.snapshot();
    for (const auto* device : devices_at(*book, place.slug)) {
        devices.push_back({{"dev_eui", device->dev_eui.to_text()}, {"name", device->name}});
    }
    const auto page = page_of(place);
    return json{{"slug", place.slug},
                {"kind", registry::name_of(place.kind)},
                {"season",
                 {{"kind", registry::name_of(place.season.kind)},
                  {"first", day_text(place.season.first)},
                  {"last", day_text(place.season.last)}}},
                {"name", words_json(place.name)},
                {"description", words_json(place.description)},
                {"longitude", place.longitude},
                {"latitude", place.latitude},
                {"approximate", place.approximate},
                {"area", place.area},
                {"published", place.published},
                {"datastreams", std::move(datastreams)},
                {"devices", std::move(devices)},
                {"url", page ? json(*page) : json(nullptr)}};
}

Place place_from(Form& form, std::string slug) {
    Place place{.slug = std::move(slug)};
    const auto kind = registry::place_kind_named(form.line("kind", 1, 20));
    if (!kind) {
        form.fault("kind", Said{"Er ikke et slag sted vi kjenner.", "Er ikkje eit slag stad vi kjenner.",
                                "Is no kind of place we know."});
    }
    place.kind = kind.value_or(registry::PlaceKind::other);
    place.season = season_of(form);
    place.name = words_of(form, "name", true, 200);
    place.description = words_of(form, "description", false, 5000);
    place.longitude = form.number("longitude", -180, 180);
    place.latitude = form.number("latitude", -90, 90);
    place.approximate = form.flag("approximate", false);
    if (!form.any("area").is_null()) {
        place.area = form.line("area", 0, 100);
    }
    place.published = form.flag("published", false);
    place.datastreams = datastreams_of(form);
    return place;
}

bool is_slug(std::string_view slug) {
    constexpr std::size_t slug_max = 60;
    const auto fits = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
    return !slug.empty() && slug.size() <= slug_max && std::ranges::all_of(slug, fits) && !slug.starts_with('-') &&
           !slug.ends_with('-') && slug.find("--") == std::string_view::npos;
}

/// What a device at the place says it is at when the place has moved or changed its name.
Result<void> move_devices(Room& room, const Place& place) {
    const auto book = room.parts.devices.snapshot();
    for (const auto* device : devices_at(*book, place.slug)) {
        TRY(const auto location, kept_location(room.parts.registry, place));
        TRY_DO(room.parts.registry.move(registry::ThingId{device->thing}, {location}, room.parts.clock.now()));
    }
    return {};
}

}  // namespace

std::optional<DatastreamId> datastream_id(std::string_view text) {
    std::int64_t id = 0;
    const auto [end, trouble] = std::from_chars(text.data(), text.data() + text.size(), id);
    const bool whole = trouble == std::errc{} && end == text.data() + text.size() && id > 0;
    return whole ? std::optional(DatastreamId{id}) : std::nullopt;
}

std::optional<std::string> page_of(const Place& place) {
    const bool has_page = place.kind == registry::PlaceKind::bathing || place.kind == registry::PlaceKind::ski;
    return has_page ? std::optional("/bading/" + place.slug) : std::nullopt;
}

registry::Location location_of(const Place& place) {
    return {.name = place.name.nb,
            .geometry = json{{"type", "Point"}, {"coordinates", {place.longitude, place.latitude}}}.dump(),
            .properties = place.approximate ? R"({"approximate":true})" : "{}"};
}

Result<registry::LocationId> kept_location(registry::Registry& registry, const Place& place) {
    registry::Location wanted = location_of(place);
    TRY(const auto known, registry.locations().find_by_name(wanted.name));
    for (const auto& location : known) {
        wanted.id = location.id;
        if (location == wanted) {
            return location.id;
        }
    }
    return registry.locations().create(wanted);
}

Result<void> show_at(registry::Registry& registry, const std::string& slug, registry::ThingId thing,
                     const std::vector<DatastreamId>& datastreams) {
    TRY(auto place, registry.place_by_slug(slug));
    if (std::ranges::find(place.things, thing) == place.things.end()) {
        place.things.push_back(thing);
    }
    for (const auto id : datastreams) {
        if (std::ranges::find(place.datastreams, id) == place.datastreams.end()) {
            place.datastreams.push_back(id);
        }
    }
    return registry.places().update(place);
}

std::optional<Place> chosen_place(Room& room, Form& form) {
    const auto slug = form.line_or_null("place", 63);
    if (!slug) {
        return std::nullopt;
    }
    auto place = room.parts.registry.place_by_slug(*slug);
    if (!place) {
        form.fault("place", no_such_place());
        return std::nullopt;
    }
    return *std::move(place);
}

Answer list_places(Room& room, const http::Request& request) {
    TRY(auto places, all_of(room.parts.registry.places()));
    const auto language = words::tag_of(request.language);
    std::ranges::sort(places, {}, [&](const Place& place) { return std::pair(place.name.in(language), place.slug); });
    json items = json::array();
    for (const auto& place : places) {
        items.push_back({{"slug", place.slug},
                         {"name", place.name.in(language)},
                         {"kind", registry::name_of(place.kind)},
                         {"published", place.published}});
    }
    return answer({{"items", std::move(items)}});
}

Answer get_place(Room& room, const http::Request& request) {
    const auto place = room.parts.registry.place_by_slug(request.path_parameter("slug"));
    if (!place && place.error().code == Errc::not_found) {
        return http::problem(request, 404, "not-found");
    }
    TRY_DO(place);
    TRY(const json made, place_json(room, *place));
    return answer(made);
}

Answer put_place(Room& room, const http::Request& request) {
    Form form(request);
    Place place = place_from(form, std::string(request.path_parameter("slug")));
    if (!is_slug(place.slug)) {
        form.fault("slug", Said{"Adressen kan ha a–z, tall og enkle bindestreker, høyst 60 tegn.",
                                "Adressa kan ha a–z, tal og enkle bindestrekar, høgst 60 teikn.",
                                "The address may have a–z, digits and single hyphens, at most 60 characters."});
    }
    const std::lock_guard lock(room.changing);
    if (place.slug == "new" && !room.parts.registry.place_by_slug(place.slug)) {
        form.fault("slug", page_of_new_ones());
    }
    TRY(place.things, things_of(room, form, place.slug, place.datastreams));
    if (auto refusal = form.refusal()) {
        return *std::move(refusal);
    }
    auto& registry = room.parts.registry;
    const auto before = registry.place_by_slug(place.slug);
    if (before) {
        place.id = before->id;
        TRY_DO(registry.places().update(place));
        if (before->longitude != place.longitude || before->latitude != place.latitude ||
            before->name.nb != place.name.nb || before->approximate != place.approximate) {
            TRY_DO(move_devices(room, place));
        }
    } else if (before.error().code != Errc::not_found) {
        return std::unexpected(before.error());
    } else if (const auto made = registry.places().create(place); !made) {
        if (made.error().code == Errc::conflict) {
            return conflict(request, {"Adressen har vært et annet steds, og gis aldri til et nytt.",
                                      "Adressa har vore ein annan stads, og blir aldri gjeven til ein ny.",
                                      "The address was another place's, and is never given to a new one."});
        }
        return std::unexpected(made.error());
    }
    log::info("apps/staff", before ? "a place was changed" : "a place was made", {{"place", place.slug}});
    TRY(const json shown, place_json(room, place));
    return answer(shown);
}

Answer delete_place(Room& room, const http::Request& request) {
    const std::lock_guard lock(room.changing);
    const auto place = room.parts.registry.place_by_slug(request.path_parameter("slug"));
    if (!place && place.error().code == Errc::not_found) {
        return http::problem(request, 404, "not-found");
    }
    TRY_DO(place);
    if (!devices_at(*room.parts.devices.snapshot(), place->slug).empty()) {
        return conflict(
            request, {"Det står enheter på stedet. Flytt dem først.", "Det står einingar på staden. Flytt dei fyrst.",
                      "Devices stand at the place. Move them first."});
    }
    TRY_DO(room.parts.registry.places().remove(place->id));
    log::info("apps/staff", "a place was taken away", {{"place", place->slug}});
    return http::Response{.status = 204};
}

}  // namespace bypuls::staff
