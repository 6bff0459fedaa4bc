#include "apps/demo/lay.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace bypuls::demo {
namespace {

using nlohmann::json;

constexpr std::string_view laboratory_name = "Vannprøver, laboratorium (simulert)";

/// Looks for what has exactly this name, and makes it when there is nothing.
template <typename Entity>
auto found_or_made(registry::Collection<Entity>& collection, const Entity& wanted) -> Result<decltype(Entity::id)> {
    TRY(const auto found, collection.find_by_name(wanted.name));
    if (!found.empty()) {
        return found.front().id;
    }
    return collection.create(wanted);
}

class Layer {
public:
    Layer(const Plan& plan, registry::Registry& registry, ingest::devices::DeviceBook& devices)
        : plan_(plan), registry_(registry), devices_(devices) {}

    Result<Laid> lay() {
        TRY_DO(lay_codecs());
        for (const PlannedDevice& device : plan_.devices) {
            if (device.adopted) {
                TRY_DO(lay_device(device));
            }
        }
        for (const PlannedPlace& place : plan_.places) {
            TRY_DO(lay_place(place));
        }
        return laid_;
    }

private:
    Result<void> lay_codecs();
    Result<void> lay_device(const PlannedDevice& device);
    Result<void> lay_place(const PlannedPlace& planned);
    Result<registry::ThingId> lay_samples(const PlannedPlace& planned);
    Result<registry::DatastreamId> lay_stream(registry::Datastream stream, const PlannedProperty& property,
                                              const std::string& key);
    Result<registry::LocationId> location_of(const std::string& slug);

    const Plan& plan_;
    registry::Registry& registry_;
    ingest::devices::DeviceBook& devices_;
    Laid laid_;
};

Result<void> Layer::lay_codecs() {
    const auto book = devices_.snapshot();
    for (const PlannedCodec& codec : plan_.codecs) {
        if (book->codec(codec.id) == nullptr) {
            TRY_DO(devices_.put_codec(codec.id, codec.id, codec.script, 0));
            laid_.codecs += 1;
        }
    }
    for (const auto& profile : plan_.profiles) {
        if (book->profile(profile.id) == nullptr) {
            TRY_DO(devices_.put(profile));
        }
    }
    return {};
}

Result<registry::LocationId> Layer::location_of(const std::string& slug) {
    const auto planned = std::ranges::find_if(plan_.places, [&](const auto& p) { return p.place.slug == slug; });
    const registry::Place& place = planned->place;
    return found_or_made(
        registry_.locations(),
        registry::Location{
            .name = place.name.nb + " (omtrent)",
            .description = "Omtrentlig posisjon",
            .geometry = json{{"type", "Point"}, {"coordinates", {place.longitude, place.latitude}}}.dump(),
            .properties = R"({"approximate":true})"});
}

Result<registry::DatastreamId> Layer::lay_stream(registry::Datastream stream, const PlannedProperty& property,
                                                 const std::string& key) {
    const auto there = registry_.datastream_by_key(key);
    if (there) {
        return there->id;
    }
    if (there.error().code != Errc::not_found) {
        return std::unexpected(there.error());
    }
    TRY(stream.observed_property, found_or_made(registry_.observed_properties(),
                                                registry::ObservedProperty{.name = property.key,
                                                                           .definition = property.definition,
                                                                           .description = property.description}));
    stream.unit = property.unit;
    stream.access = property.open ? registry::Access::open : registry::Access::internal;
    stream.simulated = true;
    stream.external_keys = {key};
    laid_.datastreams += 1;
    return registry_.datastreams().create(stream);
}

Result<void> Layer::lay_device(const PlannedDevice& device) {
    const ingest::devices::Profile& profile = *plan_.profile(device.profile);
    const auto planned =
        std::ranges::find_if(plan_.places, [&](const auto& p) { return p.place.slug == device.place; });
    TRY(const auto location, location_of(device.place));
    TRY(const auto sensor,
        found_or_made(registry_.sensors(), registry::Sensor{.name = profile.name,
                                                            .description = "Simulert måler av denne typen",
                                                            .encoding_type = "text/plain",
                                                            .metadata = "Kodek: " + profile.codec}));
    const std::string key = device.dev_eui.to_text();
    auto thing = registry_.thing_by_key(key);
    if (!thing) {
        if (thing.error().code != Errc::not_found) {
            return std::unexpected(thing.error());
        }
        registry::Thing made{.name = device.name,
                             .description = "Simulert for demonstrasjonen",
                             .properties = planned->coastal ? R"({"water":"coastal"})" : R"({"water":"inland"})",
                             .external_key = key,
                             .simulated = true,
                             .locations = {location}};
        TRY(made.id, registry_.things().create(made));
        laid_.things += 1;
        thing = made;
    }
    ingest::devices::Device adopted{.dev_eui = device.dev_eui,
                                    .name = device.name,
                                    .profile = device.profile,
                                    .thing = thing->id.value,
                                    .place = device.place};
    for (const auto& rule : profile.fields) {
        const PlannedProperty& property = *plan_.property(rule.property);
        TRY(adopted.datastreams[rule.field],
            lay_stream({.thing = thing->id,
                        .sensor = sensor,
                        .name = fmt::format("{}: {}", device.name, rule.property),
                        .description = property.description,
                        .properties = json{{"interval_s", profile.interval.count()}}.dump()},
                       property, stream_key(device.dev_eui, rule.field)));
    }
    if (devices_.snapshot()->device(device.dev_eui) == nullptr) {
        TRY_DO(devices_.put(adopted));
        laid_.devices += 1;
    }
    return {};
}

/// The samples of a place are a thing of their own, since no device takes them.
Result<registry::ThingId> Layer::lay_samples(const PlannedPlace& planned) {
    const std::string& slug = planned.place.slug;
    const std::string thing_key = "sample/" + slug;
    auto thing = registry_.thing_by_key(thing_key);
    if (!thing) {
        TRY(const auto location, location_of(slug));
        registry::Thing made{.name = "Vannprøver " + planned.place.name.nb,
                             .description = "Simulert for demonstrasjonen",
                             .properties = planned.coastal ? R"({"water":"coastal"})" : R"({"water":"inland"})",
                             .external_key = thing_key,
                             .simulated = true,
                             .locations = {location}};
        TRY(made.id, registry_.things().create(made));
        laid_.things += 1;
        thing = made;
    }
    TRY(const auto sensor,
        found_or_made(registry_.sensors(), registry::Sensor{.name = std::string(laboratory_name),
                                                            .description = "Simulerte svar fra laboratoriet",
                                                            .encoding_type = "text/plain",
                                                            .metadata = "Direktiv 2006/7/EF, vedlegg I"}));
    constexpr std::int64_t between_samples_s = 18 * 86'400;
    for (const std::string_view name : {"e_coli", "intestinal_enterococci"}) {
        const PlannedProperty& property = *plan_.property(name);
        TRY_DO(lay_stream({.thing = thing->id,
                           .sensor = sensor,
                           .name = fmt::format("{}: {}", planned.place.name.nb, name),
                           .description = property.description,
                           .properties = json{{"interval_s", between_samples_s}}.dump()},
                          property, sample_key(slug, name)));
    }
    return thing->id;
}

Result<void> Layer::lay_place(const PlannedPlace& planned) {
    std::vector<std::string> keys = planned.shows;
    registry::Place place = planned.place;
    if (planned.e_coli_typical > 0) {
        TRY_DO(lay_samples(planned));
        keys.push_back(sample_key(place.slug, "e_coli"));
        keys.push_back(sample_key(place.slug, "intestinal_enterococci"));
    }
    const auto there = registry_.place_by_slug(place.slug);
    if (there || there.error().code != Errc::not_found) {
        return there ? Result<void>{} : std::unexpected(there.error());
    }
    std::set<registry::ThingId> things;
    for (const std::string& key : keys) {
        TRY(const auto stream, registry_.datastream_by_key(key));
        place.datastreams.push_back(stream.id);
        things.insert(stream.thing);
    }
    place.things.assign(things.begin(), things.end());
    TRY_DO(registry_.places().create(place));
    laid_.places += 1;
    return {};
}

}  // namespace

Result<Laid> lay(const Plan& plan, registry::Registry& registry, ingest::devices::DeviceBook& devices) {
    return Layer(plan, registry, devices).lay();
}

}  // namespace bypuls::demo
