// How each datastream does: what came in the last day of what should have come, and what is doubted of it.
#include "platform/ingest/quality/quality.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "apps/staff/acts.h"
#include "core/time/iso8601.h"
#include "core/time/oslo.h"
#include "core/words/catalogue.h"
#include "platform/observations/flags.h"

namespace bypuls::staff {
namespace {

using observations::Quality;

constexpr std::chrono::hours span{24};
/// More are not looked through in one answer; a narrower `q` finds the others.
constexpr std::size_t datastreams_max = 10'000;
constexpr std::size_t readings_max = 100'000;

enum class State : std::uint8_t { silent, doubtful, late, ok, not_expected };  // those in most need first

std::string_view name_of(State state) {
    switch (state) {
        case State::silent: return "silent";
        case State::doubtful: return "doubtful";
        case State::late: return "late";
        case State::ok: return "ok";
        case State::not_expected: return "not_expected";
    }
    return "ok";
}

/// What is said of a value's time or origin is no doubt about the value.
bool is_doubt(Quality quality) {
    return !quality.usable() || quality.has(Quality::gap) || quality.has(Quality::manual);
}

struct Day {
    std::uint64_t expected = 0;
    std::uint64_t received = 0;
    std::uint64_t flagged = 0;
    std::map<std::string_view, std::uint64_t> flags;
    std::optional<observations::Observation> newest;
    Duration stale_after{};
    State state = State::ok;
};

/// When the season began that today is in; nothing outside the season.
std::optional<Instant> season_began(const registry::Season& season, Instant now) {
    const Zone zone = Zone::oslo();
    const CivilTime today = zone.civil(now);
    const registry::MonthDay day{static_cast<std::uint8_t>(today.month), static_cast<std::uint8_t>(today.day)};
    if (!season.contains(day)) {
        return std::nullopt;
    }
    if (season.kind == registry::Season::Kind::all_year) {
        return observations::earliest_time;
    }
    const CivilTime first{
        .year = day < season.first ? today.year - 1 : today.year, .month = season.first.month, .day = season.first.day};
    const auto began = zone.instant(first, Ambiguous::earlier);
    return began ? *began : observations::earliest_time;
}

/// Since when readings are to be expected; nothing when none are now. Devices measure all year. What comes less often
/// than daily is taken by people, such as the samples of a laboratory, and only while the place is in use.
std::optional<Instant> expected_since(const registry::Season& season, std::chrono::seconds interval, Instant now) {
    return interval > span ? season_began(season, now) : std::optional(observations::earliest_time);
}

State state_of(const Day& day, std::optional<Instant> since, std::chrono::seconds interval, Instant now) {
    constexpr std::uint64_t doubtful_share = 10;  // one in ten
    if (!since) {
        return State::not_expected;
    }
    const Duration silence = now - std::max(*since, day.newest ? day.newest->time : observations::earliest_time);
    if (silence > day.stale_after) {
        return State::silent;
    }
    if (!day.newest) {
        return State::not_expected;  // the first of the season is not due yet
    }
    if (!day.newest->quality.usable() || day.flagged * doubtful_share > day.received) {
        return State::doubtful;
    }
    return silence > interval + interval / 2 || day.received * 10 < day.expected * 8 ? State::late : State::ok;
}

Result<Day> day_of(const Room& room, const registry::Datastream& datastream, std::string_view property,
                   const registry::Season& season, Instant now) {
    const auto interval = ingest::quality::expected_interval(datastream.properties);
    Day day{.expected = static_cast<std::uint64_t>(span / interval),
            .newest = room.parts.store.latest(datastream.id),
            .stale_after = room.parts.rules.stale_after(property, interval)};
    TRY(const auto series,
        room.parts.store.range(datastream.id, {now - span, now + std::chrono::hours{1}}, {.limit = readings_max}));
    day.received = series.columns.size();
    for (const Quality quality : series.columns.quality) {
        day.flagged += is_doubt(quality) ? 1 : 0;
        for (const auto flag : observations::flag_names(quality)) {
            day.flags[flag] += 1;
        }
    }
    day.state = state_of(day, expected_since(season, interval, now), interval, now);
    return day;
}

json newest_json(const Day& day, const registry::Datastream& datastream, const std::string& source, Instant now) {
    const auto number =
        day.newest ? observations::as_type(day.newest->value, observations::ResultType::number) : std::nullopt;
    if (!number) {
        return nullptr;
    }
    const auto age = std::chrono::duration_cast<std::chrono::seconds>(now - day.newest->time).count();
    json flags = observations::flag_names(day.newest->quality);
    if (now - day.newest->time > day.stale_after) {
        flags.push_back("stale");
    }
    return {{"value", std::get<double>(*number)},
            {"unit", datastream.unit.definition},
            {"time", format_instant(day.newest->time)},
            {"age_seconds", std::max<std::int64_t>(0, age)},
            {"flags", std::move(flags)},
            {"usable", day.newest->quality.usable()},
            {"simulated", datastream.simulated},
            {"source", source}};
}

/// What the names of things and properties are, fetched once for the whole answer.
struct Names {
    std::map<registry::DatastreamId, std::string> places;
    std::map<registry::DatastreamId, registry::Season> seasons;
    std::map<registry::ObservedPropertyId, std::string> properties;
    std::map<registry::SensorId, std::string> sensors;
    std::map<registry::ThingId, std::string> things;
};

Result<Names> names_of(Room& room, words::Language language) {
    Names names;
    TRY(const auto places, all_of(room.parts.registry.places()));
    for (const auto& place : places) {
        for (const auto id : place.datastreams) {
            names.places.emplace(id, place.name.in(words::tag_of(language)));
            names.seasons.emplace(id, place.season);
        }
    }
    TRY(const auto properties, all_of(room.parts.registry.observed_properties()));
    for (const auto& property : properties) {
        names.properties.emplace(property.id, property.name);
    }
    TRY(const auto sensors, all_of(room.parts.registry.sensors()));
    for (const auto& sensor : sensors) {
        names.sensors.emplace(sensor.id, sensor.name);
    }
    TRY(const auto things, all_of(room.parts.registry.things()));
    for (const auto& thing : things) {
        names.things.emplace(thing.id, thing.name);
    }
    return names;
}

/// What people call a property; its own name where the messages know none.
std::string called(const words::Words& say, const std::string& property) {
    const std::string key = "property." + property;
    return say.catalogue().has(key) ? say.lookup(key) : property;
}

}  // namespace

Answer list_quality(Room& room, const http::Request& request) {
    TRY(const std::string words, asked_words(request));
    TRY(const auto datastreams, all_of(room.parts.registry.datastreams()));
    const auto language = static_cast<words::Language>(request.language);
    TRY(auto names, names_of(room, language));
    const words::Words say(room.parts.messages, language);
    const Instant now = room.parts.clock.now();
    std::vector<Day> days(datastreams.size());
    std::vector<Row> rows;
    for (std::size_t i = 0; i < datastreams.size() && rows.size() < datastreams_max; ++i) {
        const auto& one = datastreams[i];
        const std::string& property = names.properties[one.observed_property];
        const std::string text = fmt::format("{} {} {} {} {} {}", one.name, names.places[one.id], property,
                                             called(say, property), names.things[one.thing], one.id.value);
        if (has_words(text, words)) {
            TRY(days[i], day_of(room, one, property, names.seasons[one.id], now));
            rows.push_back({fmt::format("{}-{:019}", static_cast<int>(days[i].state), one.id.value), i});
        }
    }
    return page(request, std::move(rows), [&](std::size_t i) -> Result<json> {
        const auto& one = datastreams[i];
        return json{{"datastream", fmt::to_string(one.id.value)},
                    {"place", names.places[one.id]},
                    {"thing", names.things[one.thing]},
                    {"property", names.properties[one.observed_property]},
                    {"property_name", called(say, names.properties[one.observed_property])},
                    {"unit", one.unit.definition},
                    {"public", one.access == registry::Access::open},
                    {"newest", newest_json(days[i], one, names.sensors[one.sensor], now)},
                    {"expected_24h", days[i].expected},
                    {"received_24h", days[i].received},
                    {"flagged_24h", days[i].flagged},
                    {"flags", days[i].flags},
                    {"state", name_of(days[i].state)}};
    });
}

Answer list_quality_rules(Room& room, const http::Request& request) {
    const words::Words say(room.parts.messages, static_cast<words::Language>(request.language));
    const auto maybe = [](const std::optional<double>& number) { return number ? json(*number) : json(nullptr); };
    const auto seconds = [](Duration time) { return std::chrono::duration_cast<std::chrono::seconds>(time).count(); };
    json items = json::array();
    for (const ingest::quality::Rule& rule : room.parts.rules.all()) {
        const auto* shipped = ingest::quality::Rules::shipped().find(rule.property);
        items.push_back({{"property", rule.property},
                         {"property_name", called(say, rule.property)},
                         {"unit", rule.unit},
                         {"lowest", maybe(rule.lowest)},
                         {"highest", maybe(rule.highest)},
                         {"jump", maybe(rule.jump)},
                         {"per_hour", rule.per_hour},
                         {"stuck_after_s", rule.stuck_after ? json(seconds(*rule.stuck_after)) : json(nullptr)},
                         {"gap_after_s", seconds(rule.gap_after)},
                         {"stale_after_s", seconds(rule.stale_after)},
                         {"late_after_s", seconds(rule.late_after)},
                         {"configured", shipped == nullptr || *shipped != rule}});
    }
    return answer({{"items", std::move(items)}});
}

}  // namespace bypuls::staff
