#include "platform/publish/sensorthings/read/session.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/check.h"
#include "platform/publish/sensorthings/read/pages.h"

namespace bypuls::sensorthings {
namespace {

constexpr std::size_t seen_max = 20'000;
constexpr std::size_t ahead_max = 1000;  // entities that are fetched together before they are asked for
constexpr std::size_t rows_between_clocks = 1024;

/// Calls `act` with the registry's collection for the kind.
template <typename Act>
auto with_entities(const registry::View& view, Kind kind, Act act) {
    switch (kind) {
        case Kind::thing: return act(view.things());
        case Kind::location: return act(view.locations());
        case Kind::historical_location: return act(view.historical_locations());
        case Kind::datastream: return act(view.datastreams());
        case Kind::multi_datastream: return act(view.multi_datastreams());
        case Kind::sensor: return act(view.sensors());
        case Kind::observed_property: return act(view.observed_properties());
        default: check(kind == Kind::feature_of_interest, "a kind of the registry"); return act(view.features());
    }
}

template <typename Entities>
using IdOf = std::decay_t<Entities>::IdOf;

/// Absence is an answer, not a failure.
template <typename T>
Result<std::optional<T>> found(Result<T> got) {
    if (got) {
        return std::optional<T>(std::move(*got));
    }
    if (got.error().code == Errc::not_found) {
        return std::optional<T>{};
    }
    return std::unexpected(std::move(got).error());
}

}  // namespace

Session::Session(const Data& data, const Clock& clock, const ReadLimits& limits)
    : data_(data),
      clock_(clock),
      limits_(limits),
      now_(clock.now()),
      deadline_(limits.together == nullptr ? clock.steady() + limits.time
                                           : std::min(clock.steady() + limits.time, limits.together->until)),
      rows_until_clock_(rows_between_clocks),
      streams_(data.registry.streams()) {}

Result<void> Session::spend(std::size_t rows) {
    rows_ += rows;
    if (rows_ > limits_.rows_looked_at) {
        return fail(
            Errc::exhausted,
            fmt::format("the question looks at more than {} entities; narrow it by Datastream, phenomenonTime or "
                        "id, or take the data as a file",
                        limits_.rows_looked_at));
    }
    if (limits_.together != nullptr) {
        if (rows > limits_.together->rows) {
            limits_.together->rows = 0;
            return fail(Errc::exhausted,
                        "the questions of the batch look at too many entities together; narrow them, "
                        "or ask in smaller batches");
        }
        limits_.together->rows -= rows;
    }
    if (rows < rows_until_clock_) {
        rows_until_clock_ -= rows;
        return {};
    }
    rows_until_clock_ = rows_between_clocks;
    if (clock_.steady() > deadline_) {
        if (limits_.together != nullptr && deadline_ == limits_.together->until) {
            return fail(Errc::exhausted, fmt::format("the batch takes longer than {} s; ask in smaller ones",
                                                     std::chrono::duration<double>(limits_.time).count()));
        }
        return fail(Errc::exhausted, fmt::format("the question takes longer than {} s; narrow it",
                                                 std::chrono::duration<double>(limits_.time).count()));
    }
    return {};
}

Result<std::shared_ptr<const Entity>> Session::get(Kind kind, std::int64_t id) {
    const auto known = seen_.find({kind, id});
    if (known != seen_.end()) {
        return known->second;
    }
    TRY_DO(spend(1));
    std::shared_ptr<const Entity> entity;
    if (kind == Kind::observation) {
        TRY(auto reading, reading_at(id));
        if (reading) {
            entity = std::make_shared<const Entity>(std::move(*reading));
        }
    } else {
        TRY(entity, with_entities(data_.registry, kind, [&](const auto& entities) -> Result<decltype(entity)> {
                TRY(auto one, found(entities.get(IdOf<decltype(entities)>{id})));
                return one ? std::make_shared<const Entity>(std::move(*one)) : nullptr;
            }));
    }
    if (seen_.size() < seen_max) {
        seen_.emplace(std::pair{kind, id}, entity);
    }
    return entity;
}

Result<void> Session::get_ahead(Kind kind, std::vector<std::int64_t> ids) {
    std::ranges::sort(ids);
    ids.erase(std::ranges::unique(ids).begin(), ids.end());
    std::erase_if(ids, [&](std::int64_t id) { return seen_.contains({kind, id}); });
    ids.resize(std::min(ids.size(), ahead_max));
    if (ids.size() < 2 || seen_.size() + ids.size() > seen_max) {
        return {};
    }
    TRY_DO(spend(ids.size()));
    return with_entities(data_.registry, kind, [&](const auto& entities) -> Result<void> {
        std::vector<IdOf<decltype(entities)>> wanted;
        for (const std::int64_t id : ids) {
            wanted.push_back({id});
            seen_.emplace(std::pair{kind, id}, nullptr);
        }
        TRY(auto found, entities.get_all(wanted));
        for (auto& one : found) {
            const std::pair key{kind, one.id.value};
            seen_[key] = std::make_shared<const Entity>(std::move(one));
        }
        return {};
    });
}

Result<std::optional<Reading>> Session::reading_at(std::int64_t id) {
    std::optional<ObservationPlace> place = data_.moved == nullptr ? std::nullopt : data_.moved->place_of(id);
    Duration span{1};
    if (!place) {
        place = observation_place(id);
        span = std::chrono::milliseconds{1};
    }
    // What the registry does not know any more is not shown, even while its readings are being removed.
    if (!place || streams_->find(place->datastream) == nullptr) {
        return std::nullopt;
    }
    TRY(const auto series, data_.store.range(place->datastream, {place->time, place->time + span}, {.limit = 1}));
    if (series.columns.empty()) {
        return std::nullopt;
    }
    const ObservationPlace exact{place->datastream, series.columns.times[0]};
    observations::Detail detail;
    if (data_.details != nullptr) {
        TRY(auto kept, data_.details->get({exact.datastream, exact.time}));
        detail = kept.value_or(observations::Detail{});
    }
    Reading made = reading(exact, series.columns.value(0), std::move(detail));
    // Another observation may have been moved to this place, or this one away from its id.
    return made.id == id ? std::optional(std::move(made)) : std::nullopt;
}

Reading Session::reading(ObservationPlace place, observations::Value value, observations::Detail detail) const {
    std::optional<std::int64_t> id;
    if (data_.moved != nullptr) {
        id = data_.moved->id_of(place);
    }
    if (!id) {
        id = observation_id(place);
    }
    return {.place = place,
            .id = id.value_or(0),
            .multi = is_multi(place.datastream),
            .value = std::move(value),
            .detail = std::move(detail)};
}

bool Session::is_multi(observations::DatastreamId id) const {
    const auto* stream = streams_->find(id);
    return stream != nullptr && !stream->components.empty();
}

std::vector<observations::DatastreamId> Session::strangers(
    const std::vector<observations::DatastreamId>& having) const {
    return data_.strangers != nullptr ? data_.strangers->among(having, streams_) : Strangers{}.among(having, streams_);
}

template <typename Item>
void Session::go_ahead_with(const Item& item) {
    if constexpr (std::is_same_v<Item, registry::Thing>) {
        go_ahead_with(item.id);
    } else if constexpr (requires { item.observed_area; }) {
        if (item.observed_area.empty()) {
            go_ahead_with(item.thing);
        }
    }
}

Result<registry::Page<Entity>> Session::select(Kind kind, const registry::Selection& selection) {
    return with_entities(data_.registry, kind, [&](const auto& entities) -> Result<registry::Page<Entity>> {
        TRY(auto page, entities.select(selection));
        TRY_DO(spend(page.items.size()));
        registry::Page<Entity> converted{.items = {}, .more = page.more};
        converted.items.reserve(page.items.size());
        for (auto& item : page.items) {
            go_ahead_with(item);
            converted.items.emplace_back(std::move(item));
        }
        return converted;
    });
}

Result<std::uint64_t> Session::count(Kind kind, const std::optional<registry::Related>& of,
                                     const query::Expression* where) {
    return with_entities(data_.registry, kind, [&](const auto& entities) { return entities.count(of, where); });
}

Result<std::optional<Origin>> Session::target_of(const Entity& entity, const Navigation& navigation) {
    check(!navigation.many, "a navigation to one");
    using Target = std::optional<Origin>;
    if (const auto* location = std::get_if<registry::HistoricalLocation>(&entity)) {
        return Target({navigation.target, location->thing.value});
    }
    if (const auto* stream = std::get_if<registry::Datastream>(&entity)) {
        const auto id = navigation.target == Kind::thing    ? stream->thing.value
                        : navigation.target == Kind::sensor ? stream->sensor.value
                                                            : stream->observed_property.value;
        return Target({navigation.target, id});
    }
    if (const auto* stream = std::get_if<registry::MultiDatastream>(&entity)) {
        return Target(
            {navigation.target, navigation.target == Kind::thing ? stream->thing.value : stream->sensor.value});
    }
    const auto* reading = std::get_if<Reading>(&entity);
    check(reading != nullptr, "only these kinds have navigations to one");
    if (navigation.target == Kind::feature_of_interest) {
        TRY(const auto feature, feature_of(reading->place, &reading->detail));
        return feature ? Target({navigation.target, *feature}) : Target{};
    }
    const bool fits = (navigation.target == Kind::multi_datastream) == reading->multi;
    return fits ? Target({navigation.target, reading->place.datastream.value}) : Target{};
}

Result<std::vector<std::shared_ptr<const Entity>>> Session::related(const Entity& entity, const Navigation& navigation,
                                                                    std::size_t limit) {
    std::vector<std::shared_ptr<const Entity>> made;
    if (!navigation.many) {
        TRY(const auto target, target_of(entity, navigation));
        if (target) {
            TRY(auto one, get(target->kind, target->id));
            if (one) {
                made.push_back(std::move(one));
            }
        }
        return made;
    }
    if (navigation.target == Kind::observation) {
        query::Options options;
        options.top = limit + 1;
        TRY(const auto page, observation_page(*this, Origin{kind_of(entity), id_of(entity)}, options));
        for (const Row& row : page.rows) {
            made.push_back(std::make_shared<const Entity>(reading_of(*this, row)));
        }
        return made;
    }
    TRY(auto page, select(navigation.target, {.of = registry::Related{registry_kind(kind_of(entity)), id_of(entity)},
                                              .limit = std::min(limit + 1, registry::page_max)}));
    for (auto& item : page.items) {
        made.push_back(std::make_shared<const Entity>(std::move(item)));
    }
    return made;
}

Result<std::optional<query::Value>> Session::value_of(const Entity& entity, std::string_view property) {
    if (is_id(property)) {
        return query::Value{id_of(entity)};
    }
    if (const auto* stream = std::get_if<registry::Datastream>(&entity)) {
        TRY(auto computed, stream_value(stream->id, stream->observed_area, stream->thing, property));
        if (computed) {
            return computed;
        }
    }
    if (const auto* stream = std::get_if<registry::MultiDatastream>(&entity)) {
        TRY(auto computed, stream_value(stream->id, stream->observed_area, stream->thing, property));
        if (computed) {
            return computed;
        }
    }
    return own_value(entity, property);
}

std::optional<query::Value> EntityRecord::property(std::string_view name) const {
    // The evaluator has no place for an error here; what cannot be read is unknown, as null is.
    auto value = session_.value_of(*entity_, name);
    return value ? std::move(*value) : std::optional<query::Value>{query::Value{}};
}

Result<std::optional<query::Record::Related>> EntityRecord::navigate(std::string_view name, std::size_t limit) const {
    const auto* navigation = type_of(kind_of(*entity_)).navigation(name);
    if (navigation == nullptr) {
        return std::nullopt;
    }
    TRY(auto entities, session_.related(*entity_, *navigation, limit));
    Related related{.many = navigation->many, .records = {}};
    related.records.reserve(entities.size());
    for (auto& entity : entities) {
        related.records.push_back(std::make_unique<EntityRecord>(session_, std::move(entity)));
    }
    return related;
}

}  // namespace bypuls::sensorthings
