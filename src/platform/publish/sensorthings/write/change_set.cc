#include "platform/publish/sensorthings/write/change_set.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "core/check.h"
#include "core/time/iso8601.h"
#include "platform/publish/sensorthings/read/pages.h"
#include "platform/publish/sensorthings/write/whereabouts.h"

namespace bypuls::sensorthings {
namespace {

constexpr std::size_t depth_max = 8;

const Interval all_time{observations::earliest_time, observations::latest_time};

/// The path to a member in front of what is wrong with it.
std::unexpected<Error> inside(Error error, std::string_view name) {
    return name.empty() ? std::unexpected(std::move(error)) : fail(std::move(error), name);
}

/// While it lives, a member of what was read before is read.
class Within {
public:
    Within(std::string& place, std::string_view name) : place_(place), before_(place.size()) {
        place += place.empty() ? "" : ": ";
        place += name;
    }
    ~Within() { place_.resize(before_); }
    Within(const Within&) = delete;
    Within& operator=(const Within&) = delete;

private:
    std::string& place_;
    std::size_t before_;
};

}  // namespace

ChangeSet::ChangeSet(const WriteParts& parts, const ReadLimits& limits)
    : parts_(parts),
      limits_(limits),
      session_(parts.data, parts.clock, limits_),
      // What the server stamps is cut to milliseconds, which is what ids of observations tell apart.
      now_(std::chrono::floor<std::chrono::milliseconds>(parts.clock.now())) {}

Reference ChangeSet::add(registry::Write write) {
    writes_.push_back(std::move(write));
    places_.push_back(place_);
    return -static_cast<Reference>(writes_.size());
}

void ChangeSet::name_last(std::string content_id) {
    names_[std::move(content_id)] = {changes_.back().kind, changes_.back().reference};
}

std::optional<Changed> ChangeSet::named(std::string_view content_id) const {
    const auto found = names_.find(content_id);
    return found == names_.end() ? std::nullopt : std::optional(found->second);
}

Result<Reference> ChangeSet::create(Kind kind, const Tree& body, std::optional<Below> below) {
    const std::size_t change = changes_.size();
    changes_.push_back({kind, 0});
    if (below && link_in(body)) {
        TRY(changes_[change].reference, link_to(kind, *link_in(body), *below));
    } else if (kind == Kind::observation) {
        TRY_DO(make_observation(body, below, change));
    } else {
        TRY(changes_[change].reference, make(kind, body, below));
    }
    return changes_[change].reference;
}

Result<Reference> ChangeSet::reference_of(const Tree& id) const {
    if (id.is_number_integer() && id.get<std::int64_t>() > 0) {
        return id.get<std::int64_t>();
    }
    if (id.is_string()) {
        const auto text = id.get<std::string>();
        if (text.starts_with('$')) {
            if (const auto known = named(std::string_view(text).substr(1)); known && known->id != 0) {
                return known->id;
            }
        }
    }
    return fail(Errc::malformed, fmt::format("'{}' is the id of nothing here", id.dump()));
}

Result<Reference> ChangeSet::one(const Tree& body, const Navigation& navigation, const std::optional<Below>& below) {
    const auto found = body.find(navigation.name);
    if (below && below->kind == navigation.target) {
        const auto link = found == body.end() ? std::nullopt : link_in(*found);
        if (found == body.end() || found->is_null() || (link && reference_of(*link) == below->id)) {
            return below->id;
        }
        return fail(Errc::malformed,
                    fmt::format("'{}' is said by where this is made, and is another here", navigation.name));
    }
    if (found == body.end() || found->is_null()) {
        return 0;
    }
    if (const auto link = link_in(*found)) {
        auto reference = reference_of(*link);
        return reference ? reference : inside(reference.error(), navigation.name);
    }
    const Within member(place_, navigation.name);
    auto made = make(navigation.target, *found, std::nullopt);
    return made ? made : inside(made.error(), navigation.name);
}

Result<Reference> ChangeSet::needed(const Tree& body, const Navigation& navigation, const std::optional<Below>& below) {
    TRY(const auto reference, one(body, navigation, below));
    if (reference == 0) {
        return fail(Errc::malformed, fmt::format("'{}' is needed, as a link or inside", navigation.name));
    }
    return reference;
}

Result<std::vector<Reference>> ChangeSet::many(const Tree& body, const Navigation& navigation,
                                               const std::optional<Below>& below) {
    std::vector<Reference> references;
    if (below && below->kind == navigation.target) {
        references.push_back(below->id);
    }
    const auto found = body.find(navigation.name);
    if (found == body.end() || found->is_null()) {
        return references;
    }
    if (!found->is_array()) {
        return fail(Errc::malformed, fmt::format("'{}' must be a list", navigation.name));
    }
    for (std::size_t i = 0; i < found->size(); ++i) {
        const std::string name = fmt::format("{}/{}", navigation.name, i);
        const Within member(place_, name);
        const auto link = link_in((*found)[i]);
        auto reference = link ? reference_of(*link) : make(navigation.target, (*found)[i], std::nullopt);
        if (!reference) {
            return inside(reference.error(), name);
        }
        references.push_back(*reference);
    }
    return references;
}

Result<Reference> ChangeSet::make(Kind kind, const Tree& body, std::optional<Below> below) {
    if (++depth_ > depth_max) {
        return fail(Errc::malformed, fmt::format("entities stand more than {} deep in one another", depth_max));
    }
    TRY(auto entity, entity_from(kind, body, blank(kind)));
    TRY_DO(relate(entity, body, below));
    const Reference made = add(registry::Create{std::move(entity)});
    if (below && kind == Kind::location) {
        if (below->kind != Kind::thing) {
            return fail(Errc::malformed, "a Location is made below a Thing, or linked where the other entity is made");
        }
        add(registry::Move{{below->id}, {{made}}, std::nullopt});
    } else if (below && kind == Kind::observed_property) {
        return fail(Errc::malformed, "an ObservedProperty is linked where the MultiDatastream is made");
    }
    TRY_DO(children(kind, body, made));
    --depth_;
    return made;
}

/// Sets what the entity has to know of others, making those that stand inside first.
Result<void> ChangeSet::relate(registry::AnyEntity& entity, const Tree& body, const std::optional<Below>& below) {
    const EntityType& type = type_of(kind_of(entity));
    const auto navigation = [&](std::string_view name) -> const Navigation& { return *type.navigation(name); };
    if (auto* thing = std::get_if<registry::Thing>(&entity)) {
        TRY(const auto locations, many(body, navigation("Locations"), below));
        for (const Reference location : locations) {
            thing->locations.push_back({location});
        }
    } else if (auto* location = std::get_if<registry::HistoricalLocation>(&entity)) {
        TRY(location->thing.value, needed(body, navigation("Thing"), below));
        TRY(const auto locations, many(body, navigation("Locations"), below));
        if (locations.empty()) {
            return fail(Errc::malformed, std::string(needs_locations));
        }
        for (const Reference there : locations) {
            location->locations.push_back({there});
        }
    } else if (auto* stream = std::get_if<registry::Datastream>(&entity)) {
        TRY(stream->thing.value, needed(body, navigation("Thing"), below));
        TRY(stream->sensor.value, needed(body, navigation("Sensor"), below));
        TRY(stream->observed_property.value, needed(body, navigation("ObservedProperty"), below));
    } else if (auto* multi = std::get_if<registry::MultiDatastream>(&entity)) {
        TRY(multi->thing.value, needed(body, navigation("Thing"), below));
        TRY(multi->sensor.value, needed(body, navigation("Sensor"), below));
        TRY(const auto observed, many(body, navigation("ObservedProperties"), below));
        if (observed.size() != multi->components.size()) {
            return fail(Errc::malformed,
                        fmt::format("'ObservedProperties' must be as many as the units, {}", multi->components.size()));
        }
        for (std::size_t i = 0; i < observed.size(); ++i) {
            multi->components[i].observed_property.value = observed[i];
        }
    }
    return {};
}

/// Makes what stands inside and points back at its parent.
Result<void> ChangeSet::children(Kind kind, const Tree& body, Reference made) {
    for (const Navigation& navigation : type_of(kind).navigations) {
        const bool before = navigation.target == Kind::location || navigation.target == Kind::observed_property;
        const auto found = body.find(navigation.name);
        if (!navigation.many || before || found == body.end() || found->is_null()) {
            continue;
        }
        if (!found->is_array()) {
            return fail(Errc::malformed, fmt::format("'{}' must be a list", navigation.name));
        }
        for (std::size_t i = 0; i < found->size(); ++i) {
            const Tree& child = (*found)[i];
            const Below below{kind, made};
            const std::string name = fmt::format("{}/{}", navigation.name, i);
            const Within member(place_, name);
            const auto link = link_in(child);
            auto done = link                                     ? link_to(navigation.target, *link, below)
                        : navigation.target == Kind::observation ? make_observation(child, below, std::nullopt)
                                                                 : make(navigation.target, child, below);
            if (!done) {
                return inside(done.error(), name);
            }
        }
    }
    return {};
}

/// Links what is there already: a location to a thing, either way around, is the thing's move there.
Result<Reference> ChangeSet::link_to(Kind kind, const Tree& link, Below below) {
    TRY(const auto reference, reference_of(link));
    if (kind == Kind::thing && below.kind == Kind::location) {
        add(registry::Move{{reference}, {{below.id}}, std::nullopt});
        return reference;
    }
    if (kind == Kind::location && below.kind == Kind::thing) {
        add(registry::Move{{below.id}, {{reference}}, std::nullopt});
        return reference;
    }
    if (below.id < 0 || reference < 0 || kind == Kind::observation) {
        return fail(Errc::malformed, "this cannot be linked here; give the link where the other entity is made");
    }
    const auto back = std::ranges::find_if(type_of(kind).navigations, [&](const Navigation& navigation) {
        return navigation.target == below.kind && !navigation.many;
    });
    if (back == type_of(kind).navigations.end()) {
        return fail(Errc::malformed, "this cannot be linked here");
    }
    TRY(auto entity, entity_of(kind, reference));
    Tree body = Tree::object();
    body[std::string(back->name)] = {{"@iot.id", below.id}};
    TRY_DO(change_relations(kind, entity, body));
    add(registry::Update{std::move(entity)});
    return reference;
}

Result<Reference> ChangeSet::make_observation(const Tree& body, std::optional<Below> below,
                                              std::optional<std::size_t> change) {
    TRY(auto read, observation_from(body));
    const EntityType& type = type_of(Kind::observation);
    TRY(const auto single, one(body, *type.navigation("Datastream"), below));
    TRY(const auto multi, one(body, *type.navigation("MultiDatastream"), below));
    if ((single == 0) == (multi == 0)) {
        return fail(Errc::malformed, "an Observation needs a 'Datastream' or a 'MultiDatastream', one of them");
    }
    TRY(const auto feature, one(body, *type.navigation("FeatureOfInterest"), below));
    const Reference datastream = single != 0 ? single : multi;
    const bool is_of_now = !read.time;
    if (is_of_now) {
        TRY(read.time, stamp_for(datastream));
    }
    pending_.push_back({.datastream = datastream,
                        .feature = feature,
                        .body = std::move(read),
                        .is_of_now = is_of_now,
                        .change = change,
                        .place = place_});
    return 0;
}

Result<Instant> ChangeSet::stamp_for(Reference datastream) {
    if (datastream > 0) {
        return parts_.stamps.next({datastream}, now_);
    }
    const auto [last, is_first] = stamped_.try_emplace(datastream, now_);
    last->second += std::chrono::milliseconds{is_first ? 0 : 1};
    return last->second;
}

Result<void> ChangeSet::remove(Kind kind, std::int64_t id) {
    TRY(const auto entity, session_.get(kind, id));
    if (!entity) {
        return fail(Errc::not_found, fmt::format("there is no {}({})", type_of(kind).set, id));
    }
    changes_.push_back({kind, id});
    if (kind == Kind::observation) {
        const auto& place = std::get<Reading>(*entity).place;
        removals_.push_back({place.datastream, {place.time, place.time + Duration{1}}});
        return {};
    }
    if (kind == Kind::feature_of_interest) {
        TRY_DO(remove_observations_of(id));
    }
    add(registry::Remove{registry_kind(kind), id});
    return {};
}

/// Observations cannot be without what they are about (18-088 table 24).
Result<void> ChangeSet::remove_observations_of(std::int64_t feature) {
    query::Options options;
    options.top = limits_.page_max;
    while (true) {
        TRY(const auto page, observation_page(session_, Origin{Kind::feature_of_interest, feature}, options));
        for (const Row& row : page.rows) {
            removals_.push_back({row.datastream, {row.time(), row.time() + Duration{1}}});
        }
        if (!page.next) {
            return {};
        }
        options.skip_token = to_token(*page.next);
    }
}

std::optional<registry::Stream> ChangeSet::stream_of(Reference datastream) const {
    if (datastream > 0) {
        const auto* stream = parts_.registry.streams()->find(registry::DatastreamId{datastream});
        return stream == nullptr ? std::nullopt : std::optional(*stream);
    }
    const auto made = entity_of(Kind::datastream, datastream);
    if (!made) {
        return std::nullopt;
    }
    if (const auto* single = std::get_if<registry::Datastream>(&*made)) {
        return registry::stream_of(*single);
    }
    const auto* multi = std::get_if<registry::MultiDatastream>(&*made);
    return multi == nullptr ? std::nullopt : std::optional(registry::stream_of(*multi));
}

/// What the way in would refuse is found before the registry is changed.
Result<void> ChangeSet::check_pending() {
    std::set<std::pair<Reference, Instant>> taken;
    for (const Pending& pending : pending_) {
        auto good = check_one(pending);
        if (good && !taken.emplace(pending.datastream, *pending.body.time).second) {
            good = fail(Errc::malformed, "another observation before it has the same 'phenomenonTime'");
        }
        if (!good) {
            return inside(good.error(), pending.place);
        }
    }
    return {};
}

Result<void> ChangeSet::check_one(const Pending& pending) {
    const auto stream = stream_of(pending.datastream);
    if (!stream) {
        return fail(Errc::malformed, fmt::format("there is no datastream {}", pending.datastream));
    }
    TRY_DO(check_result(pending.body.result, stream->result_type, stream->components));
    TRY_DO(check_place(pending));
    const Instant time = *pending.body.time;
    if (time < observations::earliest_time || !observation_id({{1}, time})) {
        return fail(Errc::malformed, "'phenomenonTime' lies outside the years 1700 to 2243 that are kept");
    }
    TRY_DO(check_id_is_free(pending));
    TRY_DO(check_is_no_other(pending));
    if (time - now_ > Sink::ahead_max) {
        return fail(
            Errc::malformed,
            fmt::format("'phenomenonTime' is {}, which is more than {} minutes after now, {}: is the "
                        "sender's clock right?",
                        format_instant(time), std::chrono::duration_cast<std::chrono::minutes>(Sink::ahead_max).count(),
                        format_instant(now_)));
    }
    return {};
}

/// An observation that was moved in time keeps the id of the moment that it came from.
Result<void> ChangeSet::check_id_is_free(const Pending& pending) {
    if (pending.replaces || parts_.moved == nullptr || pending.datastream <= 0) {
        return {};
    }
    const ObservationPlace place{{pending.datastream}, *pending.body.time};
    const auto id = observation_id(place);
    const auto elsewhere = id ? parts_.moved->place_of(*id) : std::nullopt;
    if (!elsewhere || *elsewhere == place) {
        return {};
    }
    TRY(const auto holder, session_.get(Kind::observation, *id));
    return holder ? fail(Errc::conflict,
                         fmt::format("the id of this moment belongs to Observations({}), which was moved to {}; send "
                                     "another 'phenomenonTime'",
                                     *id, format_instant(elsewhere->time)))
                  : Result<void>{};
}

/// The same time again with another result is a correction. What is besides about another span, or is known since
/// another time, is another observation, which would take the place of the one that is there.
Result<void> ChangeSet::check_is_no_other(const Pending& pending) const {
    if (pending.replaces || pending.datastream <= 0) {
        return {};
    }
    const observations::DatastreamId id{pending.datastream};
    const Instant time = *pending.body.time;
    const auto newest = parts_.data.store.latest(id);
    if (!newest || newest->time < time) {
        return {};
    }
    TRY(const auto there, parts_.data.store.count(id, Interval{time, time + Duration{1}}));
    if (there == 0) {
        return {};
    }
    TRY(const auto known, parts_.data.details == nullptr ? Result<std::optional<observations::Detail>>()
                                                         : parts_.data.details->get({id, time}));
    const observations::Detail before = known.value_or(observations::Detail{});
    const observations::Detail& after = pending.body.detail;
    const char* differs = before.phenomenon_end != after.phenomenon_end ? "end"
                          : before.result_time != after.result_time     ? "'resultTime'"
                          : before.parameters != after.parameters       ? "'parameters'"
                          : before.feature != pending.feature           ? "'FeatureOfInterest'"
                                                                        : nullptr;
    return differs == nullptr
               ? Result<void>{}
               : fail(Errc::conflict,
                      fmt::format("the datastream has an observation at this 'phenomenonTime', Observations({}), with "
                                  "another {}; change that one with PATCH, or send another time to keep both",
                                  observation_id({id, time}).value_or(0), differs));
}

Result<void> ChangeSet::check_place(const Pending& pending) const {
    if (pending.feature > 0) {
        const auto feature = parts_.registry.features().get({pending.feature});
        if (!feature && feature.error().code == Errc::not_found) {
            return fail(Errc::malformed, fmt::format("there is no FeatureOfInterest {}", pending.feature));
        }
        return feature ? Result<void>{} : std::unexpected(feature.error());
    }
    if (pending.feature != 0) {
        return {};  // made with it
    }
    const auto stream = stream_of(pending.datastream);
    const std::int64_t thing = stream->thing.value;
    bool somewhere = false;
    if (thing > 0) {
        TRY(somewhere, was_somewhere(parts_.registry, registry::ThingId{thing}, *pending.body.time));
    } else if (const auto* made = std::get_if<registry::Create>(&writes_.at(static_cast<std::size_t>(-thing - 1)))) {
        const auto* fresh = std::get_if<registry::Thing>(&made->entity);
        somewhere = fresh != nullptr && !fresh->locations.empty();
    }
    for (const auto& write : writes_) {
        const auto* move = std::get_if<registry::Move>(&write);
        somewhere = somewhere || (move != nullptr && move->thing.value == thing);
    }
    if (!somewhere) {
        return fail(Errc::malformed, no_feature_at(*pending.body.time));
    }
    return {};
}

std::int64_t ChangeSet::resolved(Reference reference, const std::vector<std::int64_t>& ids) const {
    return reference >= 0 ? reference : ids.at(static_cast<std::size_t>(-reference - 1));
}

Result<std::vector<Changed>> ChangeSet::commit() {
    TRY_DO(check_pending());
    registry::Applied applied;
    if (!writes_.empty()) {
        const auto observed = [this](auto datastreams, Interval within) {
            return observed_within(parts_.data.store, datastreams, within);
        };
        auto done = parts_.registry.apply(writes_, places_, observed);
        if (!done && done.error().code == Errc::not_found) {
            return fail(Errc::malformed, done.error().what);  // a link to what is not there is the body's fault
        }
        if (!done) {
            return std::unexpected(std::move(done).error());
        }
        applied = std::move(*done);
    }
    TRY_DO(take_away(applied.removed));
    for (const auto datastream : retyped_) {
        TRY(auto rows, rows_of(datastream));
        TRY_DO(parts_.sink.rewrite(datastream, std::move(rows), parts_.clock.now()));
    }
    TRY(const auto observed, send(applied.ids));
    std::vector<Changed> changed;
    for (const Change& change : changes_) {
        changed.push_back({change.kind, resolved(change.reference, applied.ids)});
    }
    for (std::size_t i = 0; i < pending_.size(); ++i) {
        if (pending_[i].change) {
            changed.at(*pending_[i].change).id = observed[i];
        }
    }
    return changed;
}

Result<void> ChangeSet::take_away(const registry::Removed& removed) {
    for (const auto datastream : removed.datastreams) {
        TRY_DO(parts_.sink.remove(datastream, {&all_time, 1}));
    }
    std::map<registry::DatastreamId, std::vector<Interval>> intervals;
    for (const auto& [datastream, interval] : removals_) {
        intervals[datastream].push_back(interval);
    }
    for (auto& [datastream, all] : intervals) {
        std::ranges::sort(all, {}, &Interval::from);
        all.erase(std::ranges::unique(all).begin(), all.end());
        TRY_DO(parts_.sink.remove(datastream, all));
    }
    return {};
}

Result<void> ChangeSet::make_feature(const Pending& pending, registry::DatastreamId datastream, Instant time) {
    if (pending.feature != 0) {
        return {};
    }
    const auto* stream = parts_.registry.streams()->find(datastream);
    if (stream == nullptr) {
        return fail(Errc::conflict, "the datastream was removed meanwhile");
    }
    const auto feature = parts_.registry.feature_of(stream->thing, time);
    if (!feature && feature.error().code == Errc::not_found) {
        return fail(Errc::malformed, no_feature_at(time));
    }
    return feature ? Result<void>{} : std::unexpected(feature.error());
}

/// What was to move and was not taken where it should go is found under its id where it was.
Result<void> ChangeSet::leave_in_place(const std::vector<std::int64_t>& ids) {
    for (const Pending& pending : pending_) {
        if (pending.replaces &&
            pending.replaces->place != ObservationPlace{{resolved(pending.datastream, ids)}, *pending.body.time}) {
            TRY_DO(parts_.moved->note(pending.replaces->id, pending.replaces->place));
        }
    }
    return {};
}

/// Gives the ids of all pending observations.
Result<std::vector<std::int64_t>> ChangeSet::send(const std::vector<std::int64_t>& ids) {
    std::vector<std::int64_t> observed;
    std::string rows;
    // Alone and without a time, it is of when it was received.
    const auto received =
        pending_.size() == 1 && pending_.front().is_of_now ? pending_.front().body.time : std::nullopt;
    for (Pending& pending : pending_) {
        const registry::DatastreamId datastream{resolved(pending.datastream, ids)};
        const Instant time = *pending.body.time;
        TRY_DO(make_feature(pending, datastream, time));
        pending.body.detail.feature = resolved(pending.feature, ids);
        const ObservationPlace place{datastream, time};
        std::int64_t id = observation_id(place).value_or(0);
        if (!pending.replaces && parts_.moved != nullptr && parts_.moved->place_of(id).value_or(place) != place) {
            TRY_DO(parts_.moved->note(id, place));  // whoever had the id is gone
        }
        if (pending.replaces) {
            id = pending.replaces->id;
            if (pending.replaces->place != place) {
                check(parts_.moved != nullptr, "checked when the change was taken");
                TRY_DO(parts_.moved->note(id, place));
            }
        }
        rows += rows.empty() ? "[" : ",";
        // Sent again, it is the same row, which is how a message of one observation is known that comes twice.
        rows += row_of(datastream, received ? std::nullopt : pending.body.time, pending.body, pending.with_details);
        observed.push_back(id);
    }
    if (pending_.empty()) {
        return observed;
    }
    const auto refused = parts_.sink.submit(rows + "]", received.value_or(now_));
    if (!refused || !refused->empty()) {
        TRY_DO(leave_in_place(ids));
        if (!refused) {
            return std::unexpected(refused.error());
        }
        const auto& first = refused->front();
        return inside({Errc::malformed, std::string(first.of_itself())}, pending_.at(first.row).place);
    }
    for (const Pending& pending : pending_) {
        if (pending.replaces &&
            pending.replaces->place != ObservationPlace{{resolved(pending.datastream, ids)}, *pending.body.time}) {
            const auto& old = pending.replaces->place;
            const Interval then{old.time, old.time + Duration{1}};
            TRY_DO(parts_.sink.remove(old.datastream, {&then, 1}));
        }
    }
    return observed;
}

}  // namespace bypuls::sensorthings
