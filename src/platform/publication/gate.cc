#include "platform/publication/gate.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "core/json/member.h"
#include "core/log.h"
#include "platform/ingest/quality/quality.h"
#include "platform/publication/public_copy.h"

namespace bypuls::publication {
namespace {

PublicWords words_of(const registry::Words& words) {
    return {words.nb, words.nn, words.en};
}

PublicDay day_of(registry::MonthDay day) {
    return {day.month, day.day};
}

constexpr Interval always{observations::earliest_time, observations::latest_time};

/// As far as count, newest reading and totals tell, and these tell nearly everything: a value, a time or a usable mark
/// that differs changes one of them.
bool same_readings(const observations::Store& internal, const Plane& plane, DatastreamId id) {
    const auto latest = internal.latest(id);
    const auto shown = plane.latest(id);
    if (internal.count(id) != plane.count(id) || latest.has_value() != shown.has_value()) {
        return false;
    }
    if (latest && (latest->time != shown->time || latest->quality != shown->quality ||
                   !observations::same_value(latest->value, shown->value))) {
        return false;
    }
    const auto kept = internal.aggregate(id, always);
    const auto published = plane.aggregate(id, always);
    if (!kept || !published) {
        return kept.has_value() == published.has_value();
    }
    // The same readings in other blocks are added up in another order.
    const double slack = 1e-9 * std::max(std::abs(kept->sum), std::abs(published->sum));
    return kept->count == published->count && kept->min == published->min && kept->max == published->max &&
           std::abs(kept->sum - published->sum) <= slack;
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
            TRY_DO(parts_.plane.remove(id, always));
        }
    }
    // What was open all along has followed reading by reading; at the first look, compare() tells what counts do not.
    for (const DatastreamId id : open) {
        if (followed_once_ ? !open_.contains(id) : parts_.plane.count(id) < parts_.internal.count(id)) {
            waiting_.insert(id);
        }
    }
    const auto closed = [&](DatastreamId id) { return !open.contains(id); };
    std::erase_if(waiting_, closed);
    std::erase_if(failed_, closed);
    public_ = everything_in(copy);
    open_ = std::move(open);
    followed_ = version;
    followed_once_ = true;
    return {};
}

void Gate::compare() {
    const std::lock_guard lock(mutex_);
    for (const DatastreamId id : open_) {
        if (!same_readings(parts_.internal, parts_.plane, id)) {
            waiting_.insert(id);
        }
    }
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
        made.coastal = made.coastal || json::text_member(thing.properties, "water") == "coastal";
    }
    for (const DatastreamId id : place.datastreams) {
        TRY(const auto stream, parts_.registry.datastreams().get(id));
        if (stream.access != registry::Access::open) {
            continue;
        }
        TRY(const auto observed, parts_.registry.observed_properties().get(stream.observed_property));
        const auto interval = ingest::quality::expected_interval(stream.properties);
        const auto stale_after = ingest::quality::stale_after(observed.name, interval);
        made.streams.push_back({.id = id,
                                .property = observed.name,
                                .unit = stream.unit.definition,
                                .unit_symbol = stream.unit.symbol,
                                .source = options_.source,
                                .licence = options_.licence,
                                .simulated = stream.simulated,
                                .interval = interval,
                                .stale_after = std::chrono::duration_cast<std::chrono::seconds>(stale_after)});
    }
    return made;
}

void Gate::follow(Passed passed) {
    const std::lock_guard lock(follower_mutex_);
    passed_ = std::move(passed);
}

void Gate::applied(std::span<const observations::Arrival> arrivals, journal::Position position, Instant /*received*/) {
    std::set<DatastreamId> touched;
    std::vector<observations::Arrival> passing;
    {
        const std::lock_guard lock(mutex_);
        if (position <= parts_.plane.settled()) {
            return;
        }
        carry_waiting(position);
        for (const observations::Arrival& arrival : arrivals) {
            if (open_.contains(arrival.datastream)) {
                passing.push_back(arrival);
                touched.insert(arrival.datastream);
            }
        }
        if (const auto appended = parts_.plane.append(passing, position); !appended) {
            // The internal plane has them: they are carried over with the next record, and before the journal is cut.
            log::error("publication", "readings could not pass the gate", {{"why", appended.error().what}});
            waiting_.insert(touched.begin(), touched.end());
            failed_.insert(touched.begin(), touched.end());
            touched.clear();
        }
    }
    if (touched.empty()) {
        return;
    }
    if (published_) {
        published_(touched);
    }
    const std::lock_guard lock(follower_mutex_);
    if (passed_) {
        passed_(passing);
    }
}

void Gate::carry_waiting(journal::Position position) {
    for (const DatastreamId id : std::exchange(waiting_, {})) {
        if (const auto carried = carry_history(id, position)) {
            failed_.erase(id);
        } else {
            log::error("publication", "history waits to be carried over", {{"why", carried.error().what}});
            waiting_.insert(id);
        }
    }
}

Result<void> Gate::carry_history(DatastreamId id, journal::Position position) {
    if (position <= parts_.plane.settled()) {
        return fail(Errc::unavailable, "the next record will carry it");
    }
    // A removal holds for everything up to the last record, so it comes before this one's rows.
    if (parts_.plane.count(id) > parts_.internal.count(id)) {
        TRY_DO(parts_.plane.remove(id, always));
    }
    TRY_DO(copy_history(id, position));
    if (parts_.plane.count(id) > parts_.internal.count(id)) {
        return fail(Errc::unavailable, "it has readings that are no longer kept; the next record will take them away");
    }
    return {};
}

Result<void> Gate::copy_history(DatastreamId id, journal::Position position) {
    observations::RangeOptions page{.limit = 50'000};
    for (bool more = true; more;) {
        TRY(const auto series, parts_.internal.range(id, always, page));
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

Result<void> Gate::before_settle(journal::Position upto) {
    const std::lock_guard lock(mutex_);
    if (!failed_.empty()) {
        // A correction that did not pass changes no count, so nobody would miss it after a restart: the journal keeps
        // it until it has passed.
        carry_waiting(upto);
        if (!failed_.empty()) {
            return fail(Errc::unavailable, fmt::format("{} public streams wait to be carried over", failed_.size()));
        }
    }
    return parts_.plane.settle();
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
