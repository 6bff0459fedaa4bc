#include "platform/publish/sensorthings/mqtt/updates.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "core/check.h"
#include "core/log.h"
#include "core/text.h"
#include "platform/publish/sensorthings/read/pages.h"
#include "platform/publish/sensorthings/read/projection.h"
#include "platform/publish/sensorthings/read/reader.h"
#include "platform/publish/sensorthings/read/writer.h"
#include "platform/query/evaluate.h"

namespace bypuls::sensorthings {
namespace {

/// Taken from the queue at once, so that no topic waits long for another's news.
constexpr std::size_t at_once_max = 10'000;
constexpr std::chrono::milliseconds quiet{1'000};
constexpr std::chrono::milliseconds publish_pause{10};
/// Five seconds in all.
constexpr int publish_attempts_max = 500;

bool is_computed(Kind kind, std::string_view name) {
    const Property* property = type_of(kind).property(name);
    return property != nullptr && !property->writable;
}

/// Whether any of the readings, all of one datastream, is of what a topic's last step names: an observation or a
/// datastream.
bool concerns(const Step& last, std::span<const observations::Arrival* const> readings) {
    return last.kind != Kind::observation || std::ranges::any_of(readings, [&](const observations::Arrival* reading) {
               return observation_id({reading->datastream, reading->observation.time}) == last.id;
           });
}

}  // namespace

struct Updates::Watch {
    Subject subject;
    Concern concern;
    std::string topic;  ///< that its news come under: without the query where that could not stand in a topic's name
    std::string route;
    Projection projection;

    // The thread's own.
    registry::Version seen = 0;  ///< what changed later is to be told
    bool begun = false;
    /// The first look may have seen what is only heard of later; that is told even though it looks the same: changes of
    /// the registry up to this version, and the first reading.
    registry::Version seen_early = 0;
    bool heard_reading = false;
    std::optional<std::size_t> looked_like;  ///< the entity or property when it was last looked at
    std::optional<Origin> target;            ///< where the path led to then
};

/// What one turn of the thread looks at.
struct Updates::Round {
    Look look;
    registry::Version version = 0;
    registry::Changes changes;
    bool knows_changes = true;  ///< false: the registry could not be asked; the next round tells
};

Updates::Updates(Parts parts) : parts_(std::move(parts)) {}

Updates::~Updates() {
    stop();
}

void Updates::start(Publish publish, std::string origin) {
    check(!thread_.joinable(), "started once");
    publish_ = std::move(publish);
    origin_ = std::move(origin);
    thread_ = std::thread([this] { run(); });
}

void Updates::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        waiting_.clear();
    }
    wake_.notify_all();
    if (thread_.joinable()) {
        thread_.join();
    }
}

const std::string& Updates::route_of(const Watch& watch) {
    return watch.route;
}

Form Updates::form_of(const Watch& watch) const {
    return {.root = origin_ + (watch.subject.v1_0 ? "/sta/v1.0" : "/sta/v1.1"), .v1_0 = watch.subject.v1_0};
}

// ---- from other threads

Updates::Concern Updates::concern_of(const Subject& subject) {
    const auto& steps = subject.path.steps;
    const Step& last = steps.back();
    const auto is_stream = [](const Step& step) {
        return step.kind == Kind::datastream || step.kind == Kind::multi_datastream;
    };
    if (last.kind == Kind::observation) {
        if (last.id) {
            const auto place = observation_place(*last.id);
            return {.datastream = place ? std::optional(place->datastream.value) : std::nullopt, .registry = true};
        }
        if (steps.size() > 1 && is_stream(steps[steps.size() - 2]) && steps[steps.size() - 2].id) {
            return {.datastream = steps[steps.size() - 2].id};
        }
        return {.wide = true};
    }
    // What is computed of a datastream follows its observations.
    const std::string_view property = subject.path.property;
    const bool is_one_stream =
        is_stream(last) && subject.what != Subject::What::set && (property.empty() || is_computed(last.kind, property));
    return {.datastream = is_one_stream ? last.id : std::nullopt, .registry = true};
}

Result<std::shared_ptr<const Updates::Watch>> Updates::watch(Subject subject, const std::string& text) {
    const auto version = parts_.look().data.registry.streams()->version();
    const std::lock_guard lock(mutex_);
    const auto known = watches_.find(text);
    if (known != watches_.end()) {
        if (auto watched = known->second.watch.lock()) {
            return watched;
        }
        forget(known->second.concern);
        watches_.erase(known);
    }
    const Concern concern = concern_of(subject);
    if (watches_.size() >= parts_.limits.watches_max || (concern.wide && wide_ >= parts_.limits.wide_max)) {
        return fail(Errc::exhausted,
                    "as many different topics are subscribed to as may be; try one datastream, or "
                    "later");
    }
    auto made = std::make_shared<Watch>();
    made->subject = std::move(subject);
    made->concern = concern;
    made->topic = text.find_first_of("+#") == std::string::npos ? text : text.substr(0, text.find('?'));
    // A client's topics hold no U+0000.
    made->route = fmt::format("{}sta/{}/{}", '\0', parts_.plane, ++last_number_);
    made->projection = make_projection(made->subject.path.last().kind, made->subject.options, made->subject.v1_0);
    made->seen = version;
    watches_.emplace(text, Held{made, concern});
    wide_ += concern.wide ? 1U : 0U;
    follows_registry_ += concern.registry ? 1U : 0U;
    if (concern.datastream) {
        ++datastreams_[*concern.datastream];
    }
    anew_ = true;
    wake_.notify_one();
    return made;
}

void Updates::forget(const Concern& concern) {
    wide_ -= concern.wide ? 1U : 0U;
    follows_registry_ -= concern.registry ? 1U : 0U;
    if (concern.datastream) {
        const auto found = datastreams_.find(*concern.datastream);
        if (--found->second == 0) {
            datastreams_.erase(found);
        }
    }
}

void Updates::observed(std::span<const observations::Arrival> arrivals) {
    const std::lock_guard lock(mutex_);
    if (stopping_ || (wide_ == 0 && datastreams_.empty())) {
        return;
    }
    const bool was_empty = waiting_.empty();
    for (const observations::Arrival& arrival : arrivals) {
        if (wide_ == 0 && !datastreams_.contains(arrival.datastream.value)) {
            continue;
        }
        if (waiting_.size() >= parts_.limits.waiting_max) {
            ++counts_.dropped;
            continue;
        }
        waiting_.push_back(arrival);
    }
    if (was_empty && !waiting_.empty()) {
        wake_.notify_one();
    }
}

UpdateCounts Updates::counts() const {
    const std::lock_guard lock(mutex_);
    UpdateCounts shown = counts_;
    shown.watches = watches_.size();
    return shown;
}

// ---- the thread

/// How long the thread may sleep when nothing wakes it. With mutex_ held.
std::chrono::milliseconds Updates::patience() const {
    return follows_registry_ > 0 ? parts_.limits.look_every : quiet;
}

/// With mutex_ held.
Updates::Watches Updates::living() {
    Watches alive;
    for (auto at = watches_.begin(); at != watches_.end();) {
        if (auto watch = at->second.watch.lock()) {
            alive.push_back(std::move(watch));
            ++at;
        } else {
            forget(at->second.concern);
            at = watches_.erase(at);
        }
    }
    return alive;
}

void Updates::run() {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        wake_.wait_for(lock, patience(), [this] { return stopping_ || anew_ || !waiting_.empty(); });
        if (stopping_) {
            return;
        }
        anew_ = false;
        const auto until = waiting_.begin() + static_cast<std::ptrdiff_t>(std::min(waiting_.size(), at_once_max));
        std::vector<observations::Arrival> news(std::make_move_iterator(waiting_.begin()),
                                                std::make_move_iterator(until));
        waiting_.erase(waiting_.begin(), until);
        const Watches watches = living();
        lock.unlock();
        if (!watches.empty()) {
            look_around(watches, std::move(news));
        }
        lock.lock();
    }
}

void Updates::look_around(const Watches& watches, std::vector<observations::Arrival> news) {
    Round round{.look = parts_.look(), .changes = {}};
    // Before anything is read, so that what is read is at least as new.
    round.version = round.look.data.registry.streams()->version();
    registry::Version from = round.version;
    for (const auto& watch : watches) {
        from = watch->concern.registry ? std::min(from, watch->seen) : from;
    }
    if (from < round.version) {
        auto changes = round.look.data.registry.changes_since(from);
        if (!changes) {
            log::warning("sensorthings", "changes are told later", {{"why", changes.error().what}});
            round.knows_changes = false;
        } else {
            round.changes = std::move(*changes);
        }
    }
    std::unordered_map<std::int64_t, std::vector<const observations::Arrival*>> by_datastream;
    std::vector<const observations::Arrival*> all;
    for (const observations::Arrival& arrival : news) {
        by_datastream[arrival.datastream.value].push_back(&arrival);
        all.push_back(&arrival);
    }
    for (const auto& watch : watches) {
        const auto found =
            watch->concern.datastream ? by_datastream.find(*watch->concern.datastream) : by_datastream.end();
        if (watch->concern.registry && round.knows_changes) {
            tell_changes(round, *watch,
                         found != by_datastream.end() && concerns(watch->subject.path.last(), found->second));
        }
        if (watch->concern.wide && !all.empty()) {
            tell_observations(round, *watch, all);
        } else if (found != by_datastream.end()) {
            tell_observations(round, *watch, found->second);
        }
    }
}

void Updates::tell_observations(const Round& round, Watch& watch, std::span<const observations::Arrival* const> news) {
    if (watch.subject.what != Subject::What::set) {
        return round.knows_changes ? void() : tell_if_different(round, watch, Telling::changes);
    }
    Session session(round.look.data, parts_.clock, parts_.limits.cost);
    std::optional<Origin> of;
    if (watch.subject.path.steps.size() > 1) {
        const auto found = resolve(session, watch.subject.path);
        if (!found) {
            return;  // as a GET would find nothing
        }
        of = found->of;
    }
    for (std::size_t i = 0; i < news.size(); ++i) {
        if (const auto told = tell_observation(session, of, watch, *news[i]); !told) {
            return failed(watch, told.error(), news.size() - i);
        }
    }
}

Result<void> Updates::tell_observation(Session& session, const std::optional<Origin>& of, const Watch& watch,
                                       const observations::Arrival& arrival) {
    const Data& data = session.data();
    const auto* stream = data.registry.streams()->find(arrival.datastream);
    if (stream == nullptr || (watch.subject.v1_0 && !stream->components.empty())) {
        return {};
    }
    TRY_DO(session.spend(1));
    observations::Detail detail;
    if (data.details != nullptr) {
        TRY(auto kept, data.details->get({arrival.datastream, arrival.observation.time}));
        detail = kept.value_or(observations::Detail{});
    }
    const auto entity = std::make_shared<const Entity>(
        session.reading({arrival.datastream, arrival.observation.time}, arrival.observation.value, std::move(detail)));
    if (of) {
        const auto& navigations = type_of(Kind::observation).navigations;
        const auto back = std::ranges::find(navigations, of->kind, &Navigation::target);
        TRY(const auto target, back == navigations.end() ? Result<std::optional<Origin>>{std::nullopt}
                                                         : session.target_of(*entity, *back));
        if (target != of) {
            return {};
        }
    }
    if (watch.subject.options.filter) {
        TRY(const bool passes,
            query::matches(*watch.subject.options.filter, EntityRecord(session, entity), session.now()));
        if (!passes) {
            return {};
        }
    }
    const Form form = form_of(watch);
    std::string payload;
    TRY_DO(Writer(session, form).entity(payload, entity, watch.projection));
    publish(watch, payload);
    return {};
}

void Updates::tell_changes(const Round& round, Watch& watch, bool has_news) {
    std::set<std::int64_t> members;
    bool touched = has_news || !round.changes.complete;
    bool may_be_seen = has_news && !watch.heard_reading;
    const Step& last = watch.subject.path.last();
    for (const registry::Change& change : round.changes.changes) {
        if (change.version <= watch.seen) {
            continue;
        }
        const auto is_this = [&](Kind kind, std::int64_t id) {
            return kind != Kind::observation && change.kind == registry_kind(kind) && change.id == id;
        };
        if (!change.removed && is_this(last.kind, change.id)) {
            members.insert(change.id);
        }
        const bool touches = (watch.target && is_this(watch.target->kind, watch.target->id)) ||
                             std::ranges::any_of(watch.subject.path.steps, [&](const Step& step) {
                                 return step.id && is_this(step.kind, *step.id);
                             });
        touched = touched || touches;
        may_be_seen = may_be_seen || (touches && change.version <= watch.seen_early);
    }
    if (watch.subject.what != Subject::What::set) {
        // At the first look nothing is told unless something has happened to it since the subscription.
        if (touched) {
            tell_if_different(round, watch, may_be_seen ? Telling::always : Telling::changes);
        } else if (!watch.begun) {
            tell_if_different(round, watch, Telling::nothing);
            watch.seen_early = round.look.data.registry.streams()->version();
        }
        watch.heard_reading = watch.heard_reading || has_news;
    } else if (!round.changes.complete) {
        failed(watch, Error{Errc::exhausted, "more has changed at once than can be told one by one"}, 1);
    } else if (!members.empty()) {
        if (const auto told = tell_members(round, watch, members); !told) {
            failed(watch, told.error(), 1);
        }
    }
    watch.begun = true;
    watch.seen = round.version;
}

/// Those of the changed entities that the set has and its filter leaves.
Result<void> Updates::tell_members(const Round& round, const Watch& watch, const std::set<std::int64_t>& changed) {
    Session session(round.look.data, parts_.clock, parts_.limits.cost);
    const Step& last = watch.subject.path.last();
    std::optional<Origin> of;
    if (watch.subject.path.steps.size() > 1) {
        const auto found = resolve(session, watch.subject.path);
        if (!found) {
            return {};
        }
        of = found->of;
    }
    const Form form = form_of(watch);
    Writer writer(session, form);
    for (const std::int64_t id : changed) {
        query::Expression is_it{.kind = query::Expression::Kind::operation, .op = query::Operator::eq};
        is_it.arguments.resize(2);
        is_it.arguments[0] = {.kind = query::Expression::Kind::path, .path = {{"id"}}};
        is_it.arguments[1] = {.kind = query::Expression::Kind::literal, .literal = id};
        query::Options options;
        options.filter = is_it;
        if (watch.subject.options.filter) {
            options.filter = query::conjunction({&is_it, &*watch.subject.options.filter});
        }
        options.top = 1;
        TRY(const auto page, entity_page(session, last.kind, of, options));
        for (const auto& entity : page.items) {
            std::string payload;
            TRY_DO(writer.entity(payload, entity, watch.projection));
            publish(watch, payload);
        }
    }
    return {};
}

void Updates::tell_if_different(const Round& round, Watch& watch, Telling telling) {
    const Form form = form_of(watch);
    Session session(round.look.data, parts_.clock, parts_.limits.cost);
    auto entity_path = watch.subject.path;
    entity_path.property = {};
    entity_path.into.clear();
    const auto found = resolve(session, entity_path);
    watch.target =
        found && found->entity ? std::optional(Origin{kind_of(*found->entity), id_of(*found->entity)}) : std::nullopt;
    auto answer =
        read(round.look.data, parts_.clock, form, watch.subject.path, watch.subject.options, parts_.limits.cost);
    if (!answer) {
        if (answer.error().code != Errc::not_found) {
            failed(watch, answer.error(), 1);
        }
        watch.looked_like.reset();
        return;
    }
    if (answer->status != 200) {
        answer->body = "{";
        append_json_string(answer->body, watch.subject.path.into.empty() ? watch.subject.path.property
                                                                         : watch.subject.path.into.back());
        answer->body += ":null}";
    }
    const std::size_t looks_like = std::hash<std::string>{}(answer->body);
    if (telling == Telling::always || (telling == Telling::changes && watch.looked_like != looks_like)) {
        publish(watch, answer->body);
    }
    watch.looked_like = looks_like;
}

void Updates::failed(const Watch& watch, const Error& error, std::uint64_t dropped) {
    log::warning("sensorthings", "news of a topic could not be told", {{"topic", watch.topic}, {"why", error.what}});
    const std::lock_guard lock(mutex_);
    counts_.dropped += dropped;
}

void Updates::publish(const Watch& watch, const std::string& payload) {
    for (int attempt = 0; attempt < publish_attempts_max; ++attempt) {
        const bool taken = publish_(watch.topic, payload, watch.route);
        std::unique_lock lock(mutex_);
        if (taken) {
            ++counts_.told;
            return;
        }
        if (wake_.wait_for(lock, publish_pause, [this] { return stopping_; })) {
            return;
        }
    }
    const std::lock_guard lock(mutex_);
    ++counts_.dropped;
}

}  // namespace bypuls::sensorthings
