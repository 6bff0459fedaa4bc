#include <algorithm>

#include <fmt/format.h>

#include "core/check.h"
#include "platform/publish/sensorthings/write/change_set.h"

namespace bypuls::sensorthings {
namespace {

using Tree = nlohmann::json;

constexpr std::uint64_t retyped_rows_max = 100'000;
constexpr std::size_t patch_operations_max = 1000;

/// A registry's entity out of what readers see.
struct ToAny {
    template <typename T>
    registry::AnyEntity operator()(const T& entity) const {
        return entity;
    }
    registry::AnyEntity operator()(const Reading&) const {
        check(false, "observations are not the registry's");
        return registry::Thing{};
    }
};

/// What an operation of a patch is, for messages: "test of /name".
std::string told(const Tree& operation) {
    constexpr std::size_t shown_max = 80;
    const auto text = [&](const char* name) {
        const auto found = operation.is_object() ? operation.find(name) : operation.end();
        return operation.is_object() && found != operation.end() && found->is_string() ? found->get<std::string>() : "";
    };
    return fmt::format("{} of '{}'", text("op"), text("path").substr(0, shown_max));
}

/// RFC 6902 §5: a test that fails, or a path that is not there, undoes all of it.
Result<Tree> patched(const Tree& before, const Tree& patch) {
    if (!patch.is_array() || patch.size() > patch_operations_max) {
        return fail(Errc::malformed,
                    fmt::format("a JSON Patch is a list of at most {} operations (RFC 6902 §3)", patch_operations_max));
    }
    Tree after = before;
    for (std::size_t i = 0; i < patch.size(); ++i) {
        const auto refuse = [&](std::string_view why) {
            return fail(Errc::malformed,
                        fmt::format("the patch is not applied: operation {}, {}, {}", i + 1, told(patch[i]), why));
        };
        try {
            after = after.patch(Tree::array({patch[i]}));
        } catch (const Tree::parse_error&) {
            return refuse("is none: each has an 'op', a 'path' that begins with '/', and what else the op takes");
        } catch (const Tree::out_of_range&) {
            return refuse("leads to what is not there");
        } catch (const Tree::exception&) {
            return refuse("does not hold");  // other_error.501, a test
        }
    }
    return after;
}

}  // namespace

/// As the changes before leave it, so that two of them to the same entity both count.
Result<registry::AnyEntity> ChangeSet::entity_of(Kind kind, Reference id) const {
    registry::AnyEntity entity;
    if (id < 0) {
        const auto* made = std::get_if<registry::Create>(&writes_.at(static_cast<std::size_t>(-id - 1)));
        check(made != nullptr, "a reference stands for what is made");
        entity = made->entity;
        std::visit([&](auto& whole) { whole.id.value = id; }, entity);
    } else {
        Session session(parts_.data, parts_.clock, limits_);
        TRY(const auto there, session.get(kind, id));
        if (!there) {
            return fail(Errc::not_found, fmt::format("there is no {}({})", type_of(kind).set, id));
        }
        entity = std::visit(ToAny{}, *there);
    }
    for (const auto& write : writes_) {
        const auto* update = std::get_if<registry::Update>(&write);
        if (update != nullptr && update->entity.index() == entity.index() &&
            std::visit([](const auto& whole) { return whole.id.value; }, update->entity) == id) {
            entity = update->entity;
        }
    }
    return entity;
}

/// The whole of the entity's properties as they are to be.
Result<Tree> ChangeSet::changed_body(Kind kind, const Tree& before, const Tree& body, UpdateMode mode) const {
    if (mode == UpdateMode::json_patch) {
        return patched(before, body);
    }
    if (!body.is_object()) {
        return fail(Errc::malformed, fmt::format("a {} is a JSON object", type_of(kind).name));
    }
    Tree after = mode == UpdateMode::patch ? before : Tree::object();
    for (const auto& [name, value] : body.items()) {
        if (type_of(kind).navigation(name) == nullptr) {
            after[name] = value;
        }
    }
    return after;
}

Result<void> ChangeSet::update(Kind kind, Reference id, const Tree& body, UpdateMode mode) {
    if (kind == Kind::observation) {
        return update_observation(id, body, mode);
    }
    TRY(auto entity, entity_of(kind, id));
    TRY(const auto after, changed_body(kind, body_of(entity), body, mode));
    const auto before = entity;
    TRY(entity, entity_from(kind, after, std::move(entity)));
    // A list of components that changes its length would leave readings of another shape behind.
    if (const auto* multi = std::get_if<registry::MultiDatastream>(&entity)) {
        if (multi->components.size() != std::get<registry::MultiDatastream>(before).components.size()) {
            return fail(Errc::conflict, "a MultiDatastream keeps the number of its components");
        }
    }
    if (const auto* stream = std::get_if<registry::Datastream>(&entity); stream != nullptr && id > 0) {
        TRY_DO(change_type(std::get<registry::Datastream>(before), *stream));
    }
    changes_.push_back({kind, id});
    if (mode != UpdateMode::json_patch) {
        TRY_DO(change_relations(kind, entity, body));
    }
    add(registry::Update{std::move(entity)});
    return {};
}

/// Results of any type are JSON too, so a datastream may become one of OM_Observation with what it has; any other
/// change of type would lose something.
Result<void> ChangeSet::change_type(const registry::Datastream& before, const registry::Datastream& after) {
    const auto held = parts_.data.store.type(after.id);
    const std::uint64_t rows = parts_.data.store.count(after.id);
    if (before.result_type == after.result_type || rows == 0 || !held || *held == after.result_type) {
        return {};
    }
    if (after.result_type != registry::ResultType::json) {
        return fail(Errc::conflict,
                    fmt::format("'observationType' cannot become this: the datastream has observations of type {}",
                                observations::name_of(*held)));
    }
    if (rows > retyped_rows_max) {
        return fail(Errc::conflict,
                    fmt::format("'observationType' cannot become another: the datastream has more than {} "
                                "observations",
                                retyped_rows_max));
    }
    retyped_.push_back(after.id);
    return {};
}

/// All that a datastream has, as rows for the way in.
Result<std::string> ChangeSet::rows_of(registry::DatastreamId id) {
    const Interval all{observations::earliest_time, observations::latest_time};
    std::string rows;
    observations::RangeOptions options;
    while (true) {
        TRY(const auto series, parts_.data.store.range(id, all, options));
        for (std::size_t row = 0; row < series.columns.size(); ++row) {
            const Instant time = series.columns.times[row];
            ObservationBody body;
            append_result(body.result, series.columns.value(row));
            if (parts_.data.details != nullptr) {
                TRY(auto detail, parts_.data.details->get({id, time}));
                body.detail = detail.value_or(observations::Detail{});
            }
            rows += rows.empty() ? "[" : ",";
            rows += row_of(id, time, body, false);
        }
        if (!series.more) {
            return rows + "]";
        }
        options.after = series.columns.times.back();
    }
}

/// A change may link to other entities but not bring them (18-088 §10.3.1).
Result<void> ChangeSet::change_relations(Kind kind, registry::AnyEntity& entity, const Tree& body) {
    for (const Navigation& navigation : type_of(kind).navigations) {
        const auto found = body.find(navigation.name);
        if (found == body.end()) {
            continue;
        }
        if (navigation.many && found->is_array() && found->empty()) {
            return fail(Errc::malformed, fmt::format("'{}' is empty, which changes nothing: a change links to entities "
                                                     "and unlinks none",
                                                     navigation.name));
        }
        std::vector<Reference> references;
        for (const Tree& one : navigation.many && found->is_array() ? *found : Tree::array({*found})) {
            const auto link = link_in(one);
            if (!link) {
                return fail(Errc::malformed, fmt::format("'{}': a change links to entities by @iot.id; it does not "
                                                         "bring new ones",
                                                         navigation.name));
            }
            TRY(const auto reference, reference_of(*link));
            references.push_back(reference);
        }
        const Reference first = references.front();
        if (auto* stream = std::get_if<registry::Datastream>(&entity); stream != nullptr && !navigation.many) {
            (navigation.target == Kind::thing    ? stream->thing.value
             : navigation.target == Kind::sensor ? stream->sensor.value
                                                 : stream->observed_property.value) = first;
        } else if (auto* multi = std::get_if<registry::MultiDatastream>(&entity);
                   multi != nullptr && !navigation.many) {
            (navigation.target == Kind::thing ? multi->thing.value : multi->sensor.value) = first;
        } else if (auto* past = std::get_if<registry::HistoricalLocation>(&entity); past != nullptr) {
            if (navigation.target == Kind::thing) {
                past->thing.value = first;
            } else {
                past->locations.clear();
                std::ranges::transform(references, std::back_inserter(past->locations),
                                       [](Reference id) { return registry::LocationId{id}; });
            }
        } else if (auto* thing = std::get_if<registry::Thing>(&entity);
                   thing != nullptr && navigation.target == Kind::location) {
            registry::Move move{thing->id, {}, std::nullopt};
            std::ranges::transform(references, std::back_inserter(move.locations),
                                   [](Reference id) { return registry::LocationId{id}; });
            add(std::move(move));
        } else if (auto* location = std::get_if<registry::Location>(&entity);
                   location != nullptr && navigation.target == Kind::thing) {
            for (const Reference moved : references) {
                add(registry::Move{{moved}, {location->id}, std::nullopt});
            }
        } else {
            return fail(Errc::malformed, fmt::format("'{}' is changed from its other side", navigation.name));
        }
    }
    return {};
}

Result<void> ChangeSet::update_observation(std::int64_t id, const Tree& body, UpdateMode mode) {
    TRY(const auto entity, session_.get(Kind::observation, id));
    if (!entity) {
        return fail(Errc::not_found, fmt::format("there is no Observations({})", id));
    }
    const auto& before = std::get<Reading>(*entity);
    TRY(const auto after, changed_body(Kind::observation, body_of(before), body, mode));
    TRY(auto read, observation_from(after));
    if (!read.time) {
        read.time = before.place.time;
    }
    Pending pending{.datastream = before.place.datastream.value,
                    .feature = before.detail.feature,
                    .body = std::move(read),
                    .with_details = true,
                    .replaces = before,
                    .change = changes_.size(),
                    .place = place_};
    const auto link = [&](std::string_view name, Reference& into) -> Result<void> {
        if (mode == UpdateMode::json_patch || !body.contains(name)) {
            return {};
        }
        const auto linked = link_in(body.at(std::string(name)));
        if (!linked) {
            return fail(Errc::malformed, fmt::format("'{}': a change links to entities by @iot.id", name));
        }
        TRY(into, reference_of(*linked));
        return {};
    };
    TRY_DO(link("Datastream", pending.datastream));
    TRY_DO(link("MultiDatastream", pending.datastream));
    TRY_DO(link("FeatureOfInterest", pending.feature));
    const ObservationPlace place{{pending.datastream}, *pending.body.time};
    if (place != before.place) {
        if (parts_.moved == nullptr) {
            return fail(Errc::conflict, "an observation keeps its time and its datastream here");
        }
        TRY(const auto there,
            parts_.data.store.count(place.datastream, Interval{place.time, place.time + Duration{1}}));
        if (there > 0) {
            return fail(Errc::conflict, "the datastream has another observation at this phenomenonTime");
        }
    }
    changes_.push_back({Kind::observation, id});
    pending_.push_back(std::move(pending));
    return {};
}

}  // namespace bypuls::sensorthings
