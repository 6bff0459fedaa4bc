// Datastreams: what they are called, and who may see them.
#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "apps/staff/acts.h"
#include "core/log.h"
#include "core/text.h"
#include "core/time/iso8601.h"
#include "core/ucum.h"
#include "platform/ingest/quality/quality.h"

namespace bypuls::staff {
namespace {

using registry::Datastream;
using registry::DatastreamId;
using registry::MultiDatastream;
using registry::Place;

/// One of either kind: a multi-datastream has no single property or unit.
struct Either {
    std::optional<Datastream> single{};
    std::optional<MultiDatastream> multi{};

    const std::string& name() const { return single ? single->name : multi->name; }
    const std::string& description() const { return single ? single->description : multi->description; }
    DatastreamId id() const { return single ? single->id : multi->id; }
    registry::ThingId thing() const { return single ? single->thing : multi->thing; }
    registry::Access access() const { return single ? single->access : multi->access; }
    bool simulated() const { return single ? single->simulated : multi->simulated; }
    const std::vector<std::string>& keys() const { return single ? single->external_keys : multi->external_keys; }
};

Result<json> datastream_json(Room& room, const Either& one, const std::vector<Place>& places) {
    TRY(const auto thing, room.parts.registry.things().get(one.thing()));
    json shown_at = json::array();
    for (const Place& place : places) {
        if (std::ranges::find(place.datastreams, one.id()) != place.datastreams.end()) {
            shown_at.push_back(place.slug);
        }
    }
    json property = nullptr;
    json unit = nullptr;
    if (one.single) {
        TRY(const auto observed, room.parts.registry.observed_properties().get(one.single->observed_property));
        property = observed.name;
        unit = one.single->unit.definition;
    }
    const auto newest = room.parts.store.latest(one.id());
    const auto type = one.single ? one.single->result_type : observations::ResultType::json;
    return json{{"id", fmt::to_string(one.id().value)},
                {"name", one.name()},
                {"description", one.description()},
                {"property", std::move(property)},
                {"unit", std::move(unit)},
                {"access", registry::name_of(one.access())},
                {"simulated", one.simulated()},
                {"thing", thing.name},
                {"places", std::move(shown_at)},
                {"keys", one.keys()},
                {"result_type", observations::name_of(type)},
                {"readings", room.parts.store.count(one.id())},
                {"newest", newest ? json(format_instant(newest->time)) : json(nullptr)}};
}

/// Nothing when there is none of that id.
Result<std::optional<Either>> asked_for(Room& room, const http::Request& request) {
    const auto id = datastream_id(request.path_parameter("id"));
    if (!id) {
        return std::nullopt;
    }
    auto& registry = room.parts.registry;
    if (auto single = registry.datastreams().get(*id)) {
        return Either{.single = *std::move(single)};
    } else if (single.error().code != Errc::not_found) {
        return std::unexpected(single.error());
    }
    if (auto multi = registry.multi_datastreams().get(*id)) {
        return Either{.multi = *std::move(multi)};
    } else if (multi.error().code != Errc::not_found) {
        return std::unexpected(multi.error());
    }
    return std::nullopt;
}

/// What the form says of it. Faults stay in the form.
struct Change {
    std::string name;
    std::string description;
    std::optional<std::string> property;
    std::optional<std::string> unit;
    registry::Access access = registry::Access::internal;
};

Change change_from(Form& form, const ingest::quality::Rules& rules, bool single) {
    Change change{.name = form.line("name", 1, 200),
                  .description = form.text("description", 2000),
                  .property = form.line_or_null("property", 100),
                  .unit = form.line_or_null("unit", ucum_bytes_max)};
    const auto access = registry::access_named(form.line("access", 1, 20));
    if (!access) {
        form.fault("access",
                   Said{"Må være public, internal eller restricted.", "Må vere public, internal eller restricted.",
                        "Must be public, internal or restricted."});
    }
    change.access = access.value_or(registry::Access::internal);
    for (const auto& [name, value] : {std::pair{"property", &change.property}, {"unit", &change.unit}}) {
        if (value->has_value() != single) {
            form.fault(name, single ? Said{"Må være en tekst.", "Må vere ein tekst.", "Must be text."}
                                    : Said{"Serien har flere verdier i hver måling; dette kan ikke endres her.",
                                           "Serien har fleire verdiar i kvar måling; dette kan ikkje endrast her.",
                                           "Each reading has several values; this cannot be changed here."});
        }
    }
    if (change.property && change.unit) {
        check_unit(form, rules, "unit", *change.property, *change.unit);
    }
    return change;
}

Result<void> keep(registry::Registry& registry, Either& one, const Change& change) {
    if (one.multi) {
        one.multi->name = change.name;
        one.multi->description = change.description;
        one.multi->access = change.access;
        return registry.multi_datastreams().update(*one.multi);
    }
    TRY(one.single->observed_property, property_named(registry, *change.property));
    one.single->name = change.name;
    one.single->description = change.description;
    if (one.single->unit.definition != *change.unit) {
        one.single->unit = unit_of(*change.unit);
    }
    one.single->access = change.access;
    return registry.datastreams().update(*one.single);
}

/// The words by which a datastream is found.
std::string words_of(const Either& one, const std::string& property, const std::string& thing,
                     const std::string& places) {
    return fmt::format("{} {} {} {} {} {} {}", one.name(), property, thing, places, fmt::join(one.keys(), " "),
                       registry::name_of(one.access()), one.id().value);
}

}  // namespace

Result<registry::ObservedPropertyId> property_named(registry::Registry& registry, const std::string& name) {
    TRY(const auto known, registry.observed_properties().find_by_name(name));
    if (!known.empty()) {
        return known.front().id;
    }
    return registry.observed_properties().create({.name = name, .definition = "urn:bypuls:property:" + name});
}

registry::Unit unit_of(const std::string& code) {
    if (code == "Cel") {
        return {.name = "degree Celsius", .symbol = "°C", .definition = code};
    }
    return {.name = code, .symbol = code == "1" ? "" : code, .definition = code};
}

void check_unit(Form& form, const ingest::quality::Rules& rules, const std::string& where, const std::string& property,
                const std::string& unit) {
    const ingest::quality::Rule* rule = rules.find(property);
    if (!is_ucum(unit)) {
        form.fault(where, Said{"Er ingen kode i UCUM. Celsius er Cel, kubikkmeter m3, antall 1 eller {bil}.",
                               "Er ingen kode i UCUM. Celsius er Cel, kubikkmeter m3, tal på noko 1 eller {bil}.",
                               "Is no code of UCUM. Celsius is Cel, cubic metres m3, a count 1 or {car}."});
    } else if (rule != nullptr && rule->unit != unit) {
        form.fault(where, Said{fmt::format("{} vurderes i {}, ikke i {}.", property, rule->unit, unit),
                               fmt::format("{} blir vurdert i {}, ikkje i {}.", property, rule->unit, unit),
                               fmt::format("{} is judged in {}, not in {}.", property, rule->unit, unit)});
    }
}

Answer list_datastreams(Room& room, const http::Request& request) {
    TRY(const std::string words, asked_words(request));
    auto& registry = room.parts.registry;
    TRY(const auto places, all_of(registry.places()));
    TRY(auto singles, all_of(registry.datastreams()));
    TRY(auto multis, all_of(registry.multi_datastreams()));
    TRY(const auto properties, all_of(registry.observed_properties()));
    std::map<registry::ObservedPropertyId, std::string> property_names;
    for (const auto& property : properties) {
        property_names.emplace(property.id, property.name);
    }
    TRY(const auto things, all_of(registry.things()));
    std::map<registry::ThingId, std::string> thing_names;
    for (const auto& thing : things) {
        thing_names.emplace(thing.id, thing.name);
    }
    std::map<DatastreamId, std::string> place_names;
    for (const Place& place : places) {
        for (const DatastreamId id : place.datastreams) {
            place_names[id] += " " + place.name.in(words::tag_of(request.language)) + " " + place.slug;
        }
    }
    std::vector<Either> all;
    all.reserve(singles.size() + multis.size());
    for (auto& single : singles) {
        all.push_back({.single = std::move(single)});
    }
    for (auto& multi : multis) {
        all.push_back({.multi = std::move(multi)});
    }
    std::vector<Row> rows;
    for (std::size_t i = 0; i < all.size(); ++i) {
        const std::string property = all[i].single ? property_names[all[i].single->observed_property] : "";
        if (has_words(words_of(all[i], property, thing_names[all[i].thing()], place_names[all[i].id()]), words)) {
            rows.push_back({fmt::format("{}/{:019}", to_lower_ascii(all[i].name()), all[i].id().value), i});
        }
    }
    return page(request, std::move(rows), [&](std::size_t i) { return datastream_json(room, all[i], places); });
}

Answer get_datastream(Room& room, const http::Request& request) {
    TRY(const auto one, asked_for(room, request));
    if (!one) {
        return http::problem(request, 404, "not-found");
    }
    TRY(const auto places, all_of(room.parts.registry.places()));
    TRY(const json made, datastream_json(room, *one, places));
    return answer(made);
}

Answer put_datastream(Room& room, const http::Request& request) {
    const std::lock_guard lock(room.changing);
    TRY(auto one, asked_for(room, request));
    if (!one) {
        return http::problem(request, 404, "not-found");
    }
    Form form(request);
    const Change change = change_from(form, room.parts.rules, one->single.has_value());
    if (auto refusal = form.refusal()) {
        return *std::move(refusal);
    }
    const auto before = one->access();
    TRY_DO(keep(room.parts.registry, *one, change));
    if (before != change.access) {
        log::info("apps/staff", "who may see a datastream was changed",
                  {{"datastream", fmt::to_string(one->id().value)},
                   {"from", std::string(registry::name_of(before))},
                   {"to", std::string(registry::name_of(change.access))}});
    }
    TRY(const auto places, all_of(room.parts.registry.places()));
    TRY(const json made, datastream_json(room, *one, places));
    return answer(made);
}

}  // namespace bypuls::staff
