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
        TRY(const bool again, features_missing_      ? Result<bool>(true)
                              : version == followed_ ? Result<bool>(false)
                                                     : concerned());
        if (!again) {
            followed_ = version;
            return {};
        }
    }
    TRY(auto catalogue, make_catalogue(version));
    TRY(const registry::Copy copy, public_copy(parts_.registry, parts_.details));
    std::set<DatastreamId> open = ids_of<DatastreamId>(copy.datastreams);
    open.merge(ids_of<DatastreamId>(copy.multi_datastreams));
    // First the catalogue and the registry lose what is no longer public, then the readings go; first come readings,
    // then nothing more.
    const auto before = shown();
    TRY_DO(parts_.plane.put(std::move(catalogue)));
    TRY_DO(parts_.plane.put(copy));
    for (const DatastreamId id : before) {
        if (!open.contains(id)) {
            TRY_DO(parts_.plane.remove(id, {&always, 1}));
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
    features_missing_ = false;
    open_ = std::move(open);
    followed_ = version;
    followed_once_ = true;
    return {};
}

void Gate::compare() {
    const std::lock_guard lock(mutex_);
    for (const DatastreamId id : open_) {
        const auto same = same_readings(parts_.internal, parts_.plane, id) ? same_details(id) : Result<bool>(false);
        if (!same || !*same) {
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
    // Where an earlier process stopped between the two, only the readings are left.
    std::ranges::copy(parts_.plane.readings()->datastreams(), std::inserter(ids, ids.end()));
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
        const auto stale_after = options_.rules.stale_after(observed.name, interval);
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
            detailed_.clear();
            return;
        }
        newest_ = position;
        carry_waiting(position);
        for (const observations::Arrival& arrival : arrivals) {
            if (open_.contains(arrival.datastream)) {
                passing.push_back(arrival);
                touched.insert(arrival.datastream);
            }
        }
        const auto appended = parts_.plane.append(passing, position);
        const auto passed = appended ? pass_details(position) : appended;
        if (!passed) {
            // The internal plane has them: they are carried over with the next record, and before the journal is cut.
            log::error("publication", "readings could not pass the gate", {{"why", passed.error().what}});
            for (const auto& found : detailed_) {
                touched.insert(found.key.datastream);
            }
            waiting_.insert(touched.begin(), touched.end());
            failed_.insert(touched.begin(), touched.end());
            touched.clear();
        }
        detailed_.clear();
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

void Gate::detailed(const observations::Details::Found& found) {
    const std::lock_guard lock(mutex_);
    if (open_.contains(found.key.datastream)) {
        detailed_.push_back(found);
    }
}

Result<void> Gate::pass_details(journal::Position position) {
    for (const auto& [key, detail] : detailed_) {
        parts_.plane.details_for_gate().put(key, detail);
        features_missing_ =
            features_missing_ || (detail.feature != 0 && !public_.contains({registry::Kind::feature, detail.feature}));
    }
    return detailed_.empty() ? Result<void>{} : parts_.plane.advance(position);
}

/// As far as number and spans tell.
Result<bool> Gate::same_details(DatastreamId id) const {
    const auto published = parts_.plane.details();
    if (parts_.details == nullptr || !published) {
        return true;
    }
    TRY(const bool some, parts_.details->any(id));
    TRY(const bool shown, published->any(id));
    if (!some || !shown) {
        return some == shown;
    }
    TRY(const auto kept, parts_.details->count(id));
    TRY(const auto passed, published->count(id));
    TRY(const auto kept_spans, parts_.details->spans(id));
    TRY(const auto passed_spans, published->spans(id));
    return kept == passed && kept_spans == passed_spans;
}

/// The public details of an interval become those of the internal plane.
Result<void> Gate::copy_details(DatastreamId id, Interval interval) {
    auto& published = parts_.plane.details_for_gate();
    TRY(const bool some, parts_.details == nullptr ? Result<bool>(false) : parts_.details->any(id));
    TRY(const bool shown, published.any(id));
    std::set<Instant> kept;
    if (some) {
        TRY(const auto found, parts_.details->range(id, interval));
        for (const auto& [key, detail] : found) {
            kept.insert(key.time);
            published.put(key, detail);
        }
    }
    if (shown) {
        TRY(const auto before, published.range(id, interval));
        for (const auto& [key, detail] : before) {
            if (!kept.contains(key.time)) {
                published.put(key, {});
            }
        }
    }
    return {};
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
        TRY_DO(parts_.plane.remove(id, {&always, 1}));
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
        if (!rows.empty()) {
            const Instant last = rows.back().observation.time;
            TRY_DO(copy_details(id, {rows.front().observation.time, last + Duration{1}}));
            TRY_DO(parts_.plane.advance(position));
        }
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
        // it until it has passed. It passes with the newest record, which the plane has rows of already.
        carry_waiting(std::max(upto, newest_));
        if (!failed_.empty()) {
            return fail(Errc::unavailable, fmt::format("{} public streams wait to be carried over", failed_.size()));
        }
    }
    return parts_.plane.settle();
}

Result<void> Gate::removed(DatastreamId id, std::span<const Interval> intervals) {
    const std::lock_guard lock(mutex_);
    return parts_.plane.remove(id, intervals);
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
