#include "platform/publication/gate.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "core/log.h"

namespace bypuls::publication {
namespace {

PublicWords words_of(const registry::Words& words) {
    return {words.nb, words.nn, words.en};
}

PublicDay day_of(registry::MonthDay day) {
    return {day.month, day.day};
}

/// A member of an entity's free properties, or nothing.
template <typename T>
std::optional<T> property(const std::string& properties, const char* name) {
    const auto parsed = nlohmann::json::parse(properties, nullptr, /*allow_exceptions=*/false);
    if (!parsed.is_object() || !parsed.contains(name)) {
        return std::nullopt;
    }
    try {
        return parsed.at(name).get<T>();
    } catch (const nlohmann::json::exception&) {
        return std::nullopt;
    }
}

}  // namespace

Result<void> Gate::follow_registry() {
    TRY(const auto version, parts_.registry.refresh());
    const std::lock_guard lock(mutex_);
    if (followed_once_ && version == followed_) {
        return {};
    }
    std::set<DatastreamId> open;
    Catalogue catalogue{.version = version};
    registry::PlaceId after{};
    for (bool more = true; more;) {
        TRY(const auto page, parts_.registry.places().list(after, registry::page_max));
        for (const registry::Place& place : page.items) {
            after = place.id;
            if (place.published) {
                TRY(auto made, make_place(place, open));
                catalogue.places.push_back(std::move(made));
            }
        }
        more = page.more;
    }
    // First the catalogue loses what is no longer public, then the readings go; first come readings, then nothing more.
    const auto before = parts_.plane.catalogue();
    TRY_DO(parts_.plane.put(std::move(catalogue)));
    for (const PublicPlace& place : before->places) {
        for (const PublicStream& stream : place.streams) {
            if (!open.contains(stream.id)) {
                TRY_DO(parts_.plane.remove(stream.id, {observations::earliest_time, observations::latest_time}));
            }
        }
    }
    for (const DatastreamId id : open) {
        if (parts_.plane.count(id) < parts_.internal.count(id)) {
            waiting_.insert(id);
        }
    }
    std::erase_if(waiting_, [&](DatastreamId id) { return !open.contains(id); });
    open_ = std::move(open);
    followed_ = version;
    followed_once_ = true;
    return {};
}

Result<PublicPlace> Gate::make_place(const registry::Place& place, std::set<DatastreamId>& open) {
    PublicPlace made{.slug = place.slug,
                     .kind = std::string(registry::name_of(place.kind)),
                     .name = words_of(place.name),
                     .description = words_of(place.description),
                     .longitude = place.longitude,
                     .latitude = place.latitude,
                     .approximate = place.approximate,
                     .area = place.area,
                     .season_first = day_of(place.season.first),
                     .season_last = day_of(place.season.last)};
    for (const registry::ThingId id : place.things) {
        TRY(const auto thing, parts_.registry.things().get(id));
        made.coastal = made.coastal || property<std::string>(thing.properties, "water") == "coastal";
    }
    for (const DatastreamId id : place.datastreams) {
        TRY(const auto stream, parts_.registry.datastreams().get(id));
        if (stream.access != registry::Access::open) {
            continue;
        }
        TRY(const auto observed, parts_.registry.observed_properties().get(stream.observed_property));
        made.streams.push_back(
            {.id = id,
             .property = observed.name,
             .unit = stream.unit.definition,
             .unit_symbol = stream.unit.symbol,
             .source = options_.source,
             .licence = options_.licence,
             .simulated = stream.simulated,
             .interval = std::chrono::seconds{property<std::int64_t>(stream.properties, "interval_s").value_or(3600)}});
        open.insert(id);
    }
    return made;
}

void Gate::applied(std::span<const observations::Arrival> arrivals, journal::Position position, Instant /*received*/) {
    std::set<DatastreamId> touched;
    {
        const std::lock_guard lock(mutex_);
        if (position <= parts_.plane.settled()) {
            return;
        }
        for (const DatastreamId id : std::exchange(waiting_, {})) {
            if (const auto carried = carry_history(id, position); !carried) {
                log::error("publication", "history waits to be carried over", {{"why", carried.error().what}});
                waiting_.insert(id);
            }
        }
        std::vector<observations::Arrival> passing;
        for (const observations::Arrival& arrival : arrivals) {
            if (open_.contains(arrival.datastream)) {
                passing.push_back(arrival);
                touched.insert(arrival.datastream);
            }
        }
        if (const auto appended = parts_.plane.append(passing, position); !appended) {
            // The internal plane has them: they are carried over with the next record.
            log::error("publication", "readings could not pass the gate", {{"why", appended.error().what}});
            waiting_.insert(touched.begin(), touched.end());
            touched.clear();
        }
    }
    if (!touched.empty() && published_) {
        published_(touched);
    }
}

Result<void> Gate::carry_history(DatastreamId id, journal::Position position) {
    observations::RangeOptions page{.limit = 50'000};
    for (bool more = true; more;) {
        TRY(const auto series,
            parts_.internal.range(id, {observations::earliest_time, observations::latest_time}, page));
        std::vector<observations::Arrival> rows;
        rows.reserve(series.columns.size());
        for (std::size_t i = 0; i < series.columns.size(); ++i) {
            rows.push_back({id, series.columns.at(i)});
        }
        TRY_DO(parts_.plane.append(rows, position));
        more = series.more && !rows.empty();
        if (more) {
            page.after = rows.back().observation.time;
        }
    }
    return {};
}

Result<void> Gate::before_settle(journal::Position /*upto*/) {
    return settle();
}

Result<void> Gate::removed(DatastreamId id, Interval interval) {
    const std::lock_guard lock(mutex_);
    return parts_.plane.remove(id, interval);
}

Result<void> Gate::settle() {
    const std::lock_guard lock(mutex_);
    return parts_.plane.settle();
}

std::size_t Gate::waiting() const {
    const std::lock_guard lock(mutex_);
    return waiting_.size();
}

}  // namespace bypuls::publication
