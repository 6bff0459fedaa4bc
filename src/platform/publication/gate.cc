#include "platform/publication/gate.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "core/log.h"
#include "platform/publication/public_copy.h"

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

template <typename Id, typename Entity>
std::set<Id> ids_of(const std::vector<Entity>& entities) {
    std::set<Id> ids;
    for (const Entity& entity : entities) {
        ids.insert(entity.id);
    }
    return ids;
}

std::set<std::pair<registry::Kind, std::int64_t>> everything_in(const registry::Copy& copy) {
    std::set<std::pair<registry::Kind, std::int64_t>> all;
    const auto add = [&]<typename Entity>(const std::vector<Entity>& entities) {
        for (const Entity& entity : entities) {
            all.emplace(registry::kind_of<Entity>, entity.id.value);
        }
    };
    add(copy.things);
    add(copy.locations);
    add(copy.sensors);
    add(copy.observed_properties);
    add(copy.features);
    return all;
}

}  // namespace

Result<void> Gate::follow_registry() {
    TRY(const auto version, parts_.registry.refresh());
    const std::lock_guard lock(mutex_);
    if (followed_once_) {
        TRY(const bool again, version == followed_ ? Result<bool>(false) : concerned());
        if (!again) {
            followed_ = version;
            return {};
        }
    }
    TRY(auto catalogue, make_catalogue(version));
    TRY(const registry::Copy copy, public_copy(parts_.registry));
    std::set<DatastreamId> open = ids_of<DatastreamId>(copy.datastreams);
    open.merge(ids_of<DatastreamId>(copy.multi_datastreams));
    // First the catalogue and the registry lose what is no longer public, then the readings go; first come readings,
    // then nothing more.
    const auto before = shown();
    TRY_DO(parts_.plane.put(std::move(catalogue)));
    TRY_DO(parts_.plane.put(copy));
    for (const DatastreamId id : before) {
        if (!open.contains(id)) {
            TRY_DO(parts_.plane.remove(id, {observations::earliest_time, observations::latest_time}));
        }
    }
    for (const DatastreamId id : open) {
        if (parts_.plane.count(id) < parts_.internal.count(id)) {
            waiting_.insert(id);
        }
    }
    std::erase_if(waiting_, [&](DatastreamId id) { return !open.contains(id); });
    public_ = everything_in(copy);
    open_ = std::move(open);
    followed_ = version;
    followed_once_ = true;
    return {};
}

Result<bool> Gate::concerned() const {
    TRY(const auto changes, parts_.registry.changes_since(followed_));
    const auto streams = parts_.registry.streams();
    return !changes.complete || std::ranges::any_of(changes.changes, [&](const registry::Change& change) {
        switch (change.kind) {
            case registry::Kind::place:
            case registry::Kind::historical_location: return true;
            case registry::Kind::datastream:
            case registry::Kind::multi_datastream: {
                const auto* stream = streams->find(DatastreamId{change.id});
                return open_.contains(DatastreamId{change.id}) ||
                       (stream != nullptr && stream->access == registry::Access::open);
            }
            default: return public_.contains({change.kind, change.id});
        }
    });
}

/// What the public plane has now, also of what an earlier process has let through.
std::set<DatastreamId> Gate::shown() const {
    std::set<DatastreamId> ids = open_;
    for (const PublicPlace& place : parts_.plane.catalogue()->places) {
        for (const PublicStream& stream : place.streams) {
            ids.insert(stream.id);
        }
    }
    parts_.plane.registry()->streams()->for_each([&](const registry::Stream& stream) { ids.insert(stream.id); });
    return ids;
}

Result<Catalogue> Gate::make_catalogue(registry::Version version) {
    Catalogue catalogue{.places = {}, .version = version};
    registry::PlaceId after{};
    for (bool more = true; more;) {
        TRY(const auto page, parts_.registry.places().list(after, registry::page_max));
        for (const registry::Place& place : page.items) {
            after = place.id;
            if (place.published) {
                TRY(auto made, make_place(place));
                catalogue.places.push_back(std::move(made));
            }
        }
        more = page.more;
    }
    return catalogue;
}

Result<PublicPlace> Gate::make_place(const registry::Place& place) {
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
