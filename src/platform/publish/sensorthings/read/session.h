#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "platform/publish/sensorthings/read/data.h"
#include "platform/publish/sensorthings/read/entity.h"
#include "platform/query/evaluate.h"
#include "platform/registry/selection.h"

namespace bypuls::sensorthings {

/// "of Thing 7": what a navigation starts from.
struct Origin {
    Kind kind = Kind::thing;
    std::int64_t id = 0;
    friend bool operator==(const Origin&, const Origin&) = default;
};

/// One request's look at the data: what it costs, and what it has fetched already. One thread.
class Session {
public:
    Session(const Data& data, const Clock& clock, const ReadLimits& limits);

    const Data& data() const { return data_; }
    const ReadLimits& limits() const { return limits_; }
    Instant now() const { return now_; }

    /// Errc::exhausted when the request has looked at too much or takes too long.
    Result<void> spend(std::size_t rows);

    /// Null when there is none.
    Result<std::shared_ptr<const Entity>> get(Kind kind, std::int64_t id);
    /// Fetches together what get() will be asked for, as far as that is not known and not too much.
    Result<void> get_ahead(Kind kind, std::vector<std::int64_t> ids);
    /// The observation at a place, or the first in its millisecond.
    Result<std::optional<Reading>> reading_at(std::int64_t id);

    /// A page of the registry's entities of a kind. Selection::of is of the registry's kinds.
    Result<registry::Page<Entity>> select(Kind kind, const registry::Selection& selection);
    Result<std::uint64_t> count(Kind kind, const std::optional<registry::Related>& of, const query::Expression* where);

    /// What a navigation from the entity leads to: with `limit` + 1 there are more.
    Result<std::vector<std::shared_ptr<const Entity>>> related(const Entity& entity, const Navigation& navigation,
                                                               std::size_t limit);
    /// Where a navigation to one leads; nothing when it leads nowhere.
    Result<std::optional<Origin>> target_of(const Entity& entity, const Navigation& navigation);
    /// The feature that an observation is about: the one it names, else that of where its thing was. `detail` may be
    /// null. Of things that do not move all the time it is known without asking for each time.
    Result<std::optional<std::int64_t>> feature_of(ObservationPlace place, const observations::Detail* detail);
    /// When the datastream's observations are about one of the features: by rising time and apart. Nothing when that
    /// has to be seen from each.
    Result<std::optional<std::vector<Interval>>> times_about(observations::DatastreamId id,
                                                             const std::set<std::int64_t>& features);
    /// What observations of these datastreams are about will be asked for.
    void go_ahead(std::span<const observations::DatastreamId> datastreams);

    /// Everything that filters, orders and answers can ask of an entity; nothing for what its kind does not have.
    Result<std::optional<query::Value>> value_of(const Entity& entity, std::string_view property);

    Reading reading(ObservationPlace place, observations::Value value, observations::Detail detail) const;
    bool is_multi(observations::DatastreamId id) const;
    /// Those of `having`, which are sorted, that the registry does not know.
    std::vector<observations::DatastreamId> strangers(const std::vector<observations::DatastreamId>& having) const;

private:
    Result<std::optional<query::Value>> stream_value(observations::DatastreamId id, const std::string& observed_area,
                                                     registry::ThingId thing, std::string_view property);
    /// From the oldest reading to the newest, both ends included.
    Result<std::optional<Interval>> observed_during(observations::DatastreamId id) const;
    Result<bool> has_details(observations::DatastreamId id);
    Result<query::Value> phenomenon_span(observations::DatastreamId id);
    Result<query::Value> result_span(observations::DatastreamId id);
    Result<query::Value> observed_bounds(observations::DatastreamId id, registry::ThingId thing);
    Result<std::vector<std::int64_t>> features_observed(observations::DatastreamId id, registry::ThingId thing);
    /// Remembers whose features may soon be asked for.
    template <typename Item>
    void go_ahead_with(const Item& item);
    void go_ahead_with(registry::ThingId thing);
    /// Are its stays all known to features_of()?
    Result<bool> moves_seldom(registry::ThingId thing);
    Result<const std::vector<registry::FeatureStay>*> features_of(registry::ThingId thing);
    Result<std::optional<registry::ThingId>> thing_of(observations::DatastreamId id);

    const Data& data_;
    const Clock& clock_;
    ReadLimits limits_;
    Instant now_;
    std::chrono::steady_clock::time_point deadline_;
    std::size_t rows_ = 0;
    std::size_t rows_until_clock_ = 0;
    std::shared_ptr<const registry::Streams> streams_;
    std::map<std::pair<Kind, std::int64_t>, std::shared_ptr<const Entity>> seen_;
    std::map<std::pair<std::int64_t, Instant>, std::optional<std::int64_t>> features_;
    std::map<registry::ThingId, std::vector<registry::FeatureStay>> stays_;
    std::set<registry::ThingId> things_ahead_;  // of entities that were selected, not in stays_
    std::optional<bool> all_move_seldom_;
    std::map<registry::ThingId, bool> moves_seldom_;
};

/// An entity as the evaluator sees it. The session outlives it.
class EntityRecord final : public query::Record {
public:
    EntityRecord(Session& session, std::shared_ptr<const Entity> entity)
        : session_(session), entity_(std::move(entity)) {}

    std::optional<query::Value> property(std::string_view name) const override;
    Result<std::optional<Related>> navigate(std::string_view name, std::size_t limit) const override;

private:
    Session& session_;
    std::shared_ptr<const Entity> entity_;
};

}  // namespace bypuls::sensorthings
