#include "apps/demo/plan.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/time/iso8601.h"

namespace bypuls::demo {
namespace {

using nlohmann::json;

struct File {
    std::string_view name;
    std::string_view text;
};
constexpr File files[] = {
#include "apps/demo/town_files.inc"
};

template <typename Enum, std::size_t N>
Result<Enum> named(const std::array<std::pair<std::string_view, Enum>, N>& names, const std::string& name) {
    for (const auto& [text, value] : names) {
        if (text == name) {
            return value;
        }
    }
    return fail(Errc::malformed, fmt::format("'{}' is not a word that may stand here", name));
}

template <typename Enum>
using Named = std::pair<std::string_view, Enum>;
constexpr std::array<Named<Family>, 5> families{{{"lht65", Family::lht65},
                                                 {"elsys", Family::elsys},
                                                 {"wrm", Family::wrm},
                                                 {"dds75", Family::dds75},
                                                 {"radio_bridge", Family::radio_bridge}}};
constexpr std::array<Named<Setting>, 4> settings{{{"pond", Setting::pond},
                                                  {"fjord", Setting::fjord},
                                                  {"ski_track", Setting::ski_track},
                                                  {"indoors", Setting::indoors}}};

registry::Words words_of(const json& words) {
    return {words.at("nb").get<std::string>(), words.at("nn").get<std::string>(), words.at("en").get<std::string>()};
}

/// "06-01"
registry::MonthDay day_of(const std::string& text) {
    const auto number = [&](std::size_t from) { return static_cast<std::uint8_t>(std::stoi(text.substr(from, 2))); };
    return {number(0), number(3)};
}

PlannedProperty property_of(const std::string& key, const json& from) {
    return {.key = key,
            .definition = from.at("definition"),
            .description = from.at("description"),
            .unit = {from.at("unit_name"), from.at("unit_symbol"), from.at("unit")},
            .open = from.at("public")};
}

Result<Faults> faults_of(const json& from) {
    Faults faults{.spikes = from.value("spikes", false),
                  .garbles = from.value("garbles", false),
                  .drift_s_per_day = from.value("drift_s_per_day", 0.0),
                  .gateway_gains_s_per_day = from.value("gateway_gains_s_per_day", 0.0)};
    if (const auto dead = from.find("battery_dead"); dead != from.end()) {
        TRY(const Interval interval, parse_interval(dead->get<std::string>()));
        faults.battery_dead = interval;
    }
    if (const auto rejoined = from.find("rejoined"); rejoined != from.end()) {
        TRY(const Instant at, parse_instant(rejoined->get<std::string>()));
        faults.rejoined = at;
    }
    return faults;
}

Result<PlannedDevice> device_of(const json& from) {
    PlannedDevice device{.name = from.at("name"),
                         .profile = from.at("profile"),
                         .place = from.value("place", ""),
                         .altitude_m = from.value("altitude_m", 0.0),
                         .offset_cel = from.value("offset_cel", 0.0),
                         .adopted = from.value("adopted", true),
                         .winter_only = from.value("winter_only", false)};
    TRY(device.dev_eui, ingest::lorawan::DevEui::from_text(from.at("dev_eui").get<std::string>()));
    TRY(device.family, named(families, from.at("family")));
    TRY(device.setting, named(settings, from.at("setting")));
    if (from.contains("faults")) {
        TRY(device.faults, faults_of(from.at("faults")));
    }
    return device;
}

Result<PlannedPlace> place_of(const json& from) {
    PlannedPlace planned{.coastal = from.value("coastal", false),
                         .shows = from.at("shows"),
                         .e_coli_typical = from.value("e_coli_typical", 0.0)};
    registry::Place& place = planned.place;
    place.slug = from.at("slug");
    place.name = words_of(from.at("name"));
    place.description = words_of(from.at("description"));
    place.longitude = from.at("longitude");
    place.latitude = from.at("latitude");
    place.approximate = from.at("approximate");
    place.area = from.at("area");
    place.published = true;
    const auto kind = registry::place_kind_named(from.at("kind").get<std::string>());
    const auto season = registry::season_kind_named(from.at("season").at("kind").get<std::string>());
    if (!kind || !season) {
        return fail(Errc::malformed, "no such kind of place or season");
    }
    place.kind = *kind;
    place.season = {*season, day_of(from.at("season").at("first")), day_of(from.at("season").at("last"))};
    TRY_DO(registry::validate(place));
    return planned;
}

Result<Plan> plan_of(const json& from) {
    Plan plan;
    for (const auto& [key, property] : from.at("properties").items()) {
        plan.properties.push_back(property_of(key, property));
    }
    for (const auto& [id, profile] : from.at("profiles").items()) {
        TRY(auto read, ingest::devices::profile_from_json(id, profile.dump()));
        plan.profiles.push_back(std::move(read));
    }
    for (const json& device : from.at("devices")) {
        TRY(auto read, device_of(device));
        plan.devices.push_back(std::move(read));
    }
    for (const json& place : from.at("places")) {
        TRY(auto read, place_of(place));
        plan.places.push_back(std::move(read));
    }
    return plan;
}

/// What is named in one part must stand in the other.
Result<void> check_names(const Plan& plan) {
    for (const auto& profile : plan.profiles) {
        for (const auto& rule : profile.fields) {
            if (plan.property(rule.property) == nullptr) {
                return fail(Errc::malformed, fmt::format("profile {}: no property '{}'", profile.id, rule.property));
            }
        }
    }
    for (const PlannedDevice& device : plan.devices) {
        if (plan.profile(device.profile) == nullptr) {
            return fail(Errc::malformed, fmt::format("device {}: no profile '{}'", device.name, device.profile));
        }
        const bool found =
            std::ranges::any_of(plan.places, [&](const auto& p) { return p.place.slug == device.place; });
        if (device.adopted && !found) {
            return fail(Errc::malformed, fmt::format("device {}: no place '{}'", device.name, device.place));
        }
    }
    return {};
}

}  // namespace

const PlannedProperty* Plan::property(std::string_view key) const {
    const auto found = std::ranges::find(properties, key, &PlannedProperty::key);
    return found == properties.end() ? nullptr : &*found;
}

const ingest::devices::Profile* Plan::profile(std::string_view id) const {
    const auto found = std::ranges::find(profiles, id, &ingest::devices::Profile::id);
    return found == profiles.end() ? nullptr : &*found;
}

Result<Plan> read_plan(std::string_view text) {
    try {
        TRY(auto plan, plan_of(json::parse(text)));
        TRY_DO(check_names(plan));
        return plan;
    } catch (const std::exception& error) {  // nlohmann's, and stoi's of a day that is none
        return fail(Errc::malformed, fmt::format("the plan of the town: {}", error.what()));
    }
}

Result<Plan> shipped_plan() {
    Plan plan;
    std::vector<PlannedCodec> codecs;
    for (const File& file : files) {
        constexpr std::string_view folder = "codecs/";
        if (file.name == "town.json") {
            TRY(plan, read_plan(file.text));
        } else {
            const std::string_view name = file.name.substr(folder.size());
            codecs.push_back({std::string(name.substr(0, name.size() - 3)), std::string(file.text)});
        }
    }
    plan.codecs = std::move(codecs);
    return plan;
}

std::string stream_key(const ingest::lorawan::DevEui& dev_eui, std::string_view field) {
    return fmt::format("{}/{}", dev_eui.to_text(), field);
}

std::string sample_key(std::string_view slug, std::string_view property) {
    return fmt::format("sample/{}/{}", slug, property);
}

}  // namespace bypuls::demo
