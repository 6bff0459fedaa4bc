#include <algorithm>

#include "platform/query/evaluate.h"
#include "platform/registry/conditions.h"
#include "platform/registry/memory_state.h"
#include "platform/registry/records.h"

namespace bypuls::registry::memory {
namespace {

template <typename IdType>
bool has(const std::vector<IdType>& ids, std::int64_t id) {
    return std::ranges::find(ids, IdType{id}) != ids.end();
}

bool observes(const MultiDatastream& datastream, std::int64_t property) {
    return std::ranges::find(datastream.components, ObservedPropertyId{property}, &Component::observed_property) !=
           datastream.components.end();
}

/// Is there such an entity, and does it hold for it?
template <typename Entity, typename Holds>
bool of_one(const State& state, std::int64_t id, Holds holds) {
    const auto& rows = state.rows<Entity>();
    const auto found = rows.find(decltype(Entity::id){id});
    return found != rows.end() && holds(found->second);
}

bool is_linked(const State& state, const Thing& thing, const Related& of) {
    const auto its = [&](const auto& other) { return other.thing == thing.id; };
    switch (of.kind) {
        case Kind::location: return has(thing.locations, of.id);
        case Kind::historical_location: return of_one<HistoricalLocation>(state, of.id, its);
        case Kind::datastream: return of_one<Datastream>(state, of.id, its);
        case Kind::multi_datastream: return of_one<MultiDatastream>(state, of.id, its);
        default: return false;
    }
}

bool is_linked(const State& state, const Location& location, const Related& of) {
    const auto at = [&](const auto& other) { return has(other.locations, location.id.value); };
    return of.kind == Kind::thing ? of_one<Thing>(state, of.id, at) : of_one<HistoricalLocation>(state, of.id, at);
}

bool is_linked(const State& /*state*/, const HistoricalLocation& location, const Related& of) {
    return of.kind == Kind::thing ? location.thing.value == of.id : has(location.locations, of.id);
}

bool is_linked(const State& state, const Sensor& sensor, const Related& of) {
    const auto with = [&](const auto& datastream) { return datastream.sensor == sensor.id; };
    return of.kind == Kind::datastream ? of_one<Datastream>(state, of.id, with)
                                       : of_one<MultiDatastream>(state, of.id, with);
}

bool is_linked(const State& state, const ObservedProperty& property, const Related& of) {
    if (of.kind == Kind::datastream) {
        return of_one<Datastream>(state, of.id,
                                  [&](const auto& stream) { return stream.observed_property == property.id; });
    }
    return of_one<MultiDatastream>(state, of.id,
                                   [&](const auto& stream) { return observes(stream, property.id.value); });
}

bool is_linked(const State& /*state*/, const Datastream& datastream, const Related& of) {
    return of.id == (of.kind == Kind::thing    ? datastream.thing.value
                     : of.kind == Kind::sensor ? datastream.sensor.value
                                               : datastream.observed_property.value);
}

bool is_linked(const State& /*state*/, const MultiDatastream& datastream, const Related& of) {
    if (of.kind == Kind::observed_property) {
        return observes(datastream, of.id);
    }
    return of.id == (of.kind == Kind::thing ? datastream.thing.value : datastream.sensor.value);
}

bool is_linked(const State& /*state*/, const FeatureOfInterest& /*feature*/, const Related& /*of*/) {
    return false;
}

bool is_linked(const State& /*state*/, const Place& /*place*/, const Related& /*of*/) {
    return false;
}

template <typename Entity>
void collect(const State& state, const Related& of, std::size_t limit, std::vector<AnyEntity>& found) {
    for (const auto& [id, entity] : state.rows<Entity>()) {
        if (found.size() == limit) {
            return;
        }
        if (is_linked(state, entity, of)) {
            found.emplace_back(entity);
        }
    }
}

class StateLinks final : public Links {
public:
    explicit StateLinks(const State& state) : state_(state) {}

    Result<std::vector<AnyEntity>> linked(const Related& of, Kind kind, std::size_t limit) const override {
        std::vector<AnyEntity> found;
        switch (kind) {
            case Kind::thing: collect<Thing>(state_, of, limit, found); break;
            case Kind::location: collect<Location>(state_, of, limit, found); break;
            case Kind::historical_location: collect<HistoricalLocation>(state_, of, limit, found); break;
            case Kind::sensor: collect<Sensor>(state_, of, limit, found); break;
            case Kind::observed_property: collect<ObservedProperty>(state_, of, limit, found); break;
            case Kind::datastream: collect<Datastream>(state_, of, limit, found); break;
            case Kind::multi_datastream: collect<MultiDatastream>(state_, of, limit, found); break;
            case Kind::feature:
            case Kind::place: break;
        }
        return found;
    }

private:
    const State& state_;
};

/// A question with its parts checked.
class Question {
public:
    static Result<Question> of(Kind kind, const std::optional<Related>& of, const query::Expression* where) {
        if (of && !related(kind, of->kind)) {
            return fail(Errc::malformed, fmt::format("a {} is not linked to a {}", name_of(kind), name_of(of->kind)));
        }
        if (where != nullptr) {
            TRY_DO(condition_of(kind, *where));
        }
        return Question(of, where);
    }

    template <typename Entity>
    Result<bool> wants(const State& state, const Entity& entity, const query::Record& record, Instant now) const {
        if (of_ && !is_linked(state, entity, *of_)) {
            return false;
        }
        // However many a navigation leads to: it is all in memory, and the other registries have no bound here.
        constexpr query::EvaluateLimits limits{.related = 1'000'000'000};
        return where_ == nullptr ? Result<bool>(true) : query::matches(*where_, record, now, limits);
    }

private:
    Question(const std::optional<Related>& of, const query::Expression* where) : of_(of), where_(where) {}

    std::optional<Related> of_;
    const query::Expression* where_;
};

using Place_ = std::vector<query::Value>;

/// Does a stand before b?
bool before(const std::vector<Key>& keys, const Place_& a, const Place_& b) {
    for (std::size_t i = 0; i < keys.size(); ++i) {
        const auto order = compare_keys(a[i], b[i]);
        if (order != 0) {
            return keys[i].descending ? order > 0 : order < 0;
        }
    }
    return false;
}

Result<Place_> place_of(const std::vector<Key>& keys, const std::vector<query::Order>& order, std::int64_t id,
                        const query::Record& record, Instant now) {
    Place_ place;
    for (std::size_t i = 0; i + 1 < keys.size(); ++i) {
        TRY(auto value, query::evaluate(order[i].by, record, now));
        place.push_back(std::move(value));
    }
    place.emplace_back(id);
    return place;
}

}  // namespace

template <typename Entity>
Result<Page<Entity>> select(const State& state, const Selection& selection, Instant now) {
    TRY(const Question question, Question::of(kind_of<Entity>, selection.of, selection.where));
    TRY(const auto keys, keys_of(kind_of<Entity>, selection.order));
    std::optional<Place_> after;
    if (selection.after) {
        TRY(after, place_in(keys, selection.order, *selection.after));
    }
    const StateLinks links(state);
    std::vector<std::pair<Place_, const Entity*>> found;
    for (const auto& [id, entity] : state.rows<Entity>()) {
        const auto record = make_record(entity, links);
        TRY(const bool wanted, question.wants(state, entity, *record, now));
        if (!wanted) {
            continue;
        }
        TRY(auto place, place_of(keys, selection.order, id.value, *record, now));
        if (!after || before(keys, *after, place)) {
            found.emplace_back(std::move(place), &entity);
        }
    }
    std::ranges::sort(found, [&](const auto& a, const auto& b) { return before(keys, a.first, b.first); });
    const std::size_t limit = std::clamp<std::size_t>(selection.limit, 1, page_max);
    Page<Entity> page{.items = {}, .more = found.size() > limit};
    for (std::size_t i = 0; i < std::min(found.size(), limit); ++i) {
        page.items.push_back(*found[i].second);
    }
    return page;
}

template <typename Entity>
Result<std::uint64_t> count(const State& state, const std::optional<Related>& of, const query::Expression* where,
                            Instant now) {
    TRY(const Question question, Question::of(kind_of<Entity>, of, where));
    const StateLinks links(state);
    std::uint64_t found = 0;
    for (const auto& [id, entity] : state.rows<Entity>()) {
        const auto record = make_record(entity, links);
        TRY(const bool wanted, question.wants(state, entity, *record, now));
        found += wanted ? 1 : 0;
    }
    return found;
}

#define BYPULS_QUESTIONS_TO(Entity)                                                           \
    template Result<Page<Entity>> select(const State&, const Selection&, Instant);            \
    template Result<std::uint64_t> count<Entity>(const State&, const std::optional<Related>&, \
                                                 const query::Expression*, Instant);
BYPULS_QUESTIONS_TO(Thing)
BYPULS_QUESTIONS_TO(Location)
BYPULS_QUESTIONS_TO(HistoricalLocation)
BYPULS_QUESTIONS_TO(Sensor)
BYPULS_QUESTIONS_TO(ObservedProperty)
BYPULS_QUESTIONS_TO(Datastream)
BYPULS_QUESTIONS_TO(MultiDatastream)
BYPULS_QUESTIONS_TO(FeatureOfInterest)
BYPULS_QUESTIONS_TO(Place)
#undef BYPULS_QUESTIONS_TO

}  // namespace bypuls::registry::memory
