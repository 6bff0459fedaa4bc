#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/clock.h"
#include "core/result.h"
#include "platform/publish/sensorthings/read/session.h"
#include "platform/publish/sensorthings/write/body.h"
#include "platform/publish/sensorthings/write/sink.h"
#include "platform/publish/sensorthings/write/stamps.h"
#include "platform/registry/registry.h"

namespace bypuls::sensorthings {

/// What changes are made of. All outlive whoever is given this.
struct WriteParts {
    const Data& data;
    registry::Registry& registry;
    Sink& sink;
    Stamps& stamps;
    MovedKeeper* moved = nullptr;  ///< null: observations cannot change their time
    const Clock& clock;
};

/// An id, or what stands for the one that an earlier change of the same set will make (registry::id_from).
using Reference = std::int64_t;

/// Where an entity is made: "below Thing 7".
struct Below {
    Kind kind = Kind::thing;
    Reference id = 0;
};

/// What a change was about, once it is made.
struct Changed {
    Kind kind = Kind::thing;
    std::int64_t id = 0;
};

enum class UpdateMode : std::uint8_t {
    patch,       ///< members that are there replace those of the entity (18-088 §10.3, RFC 5789)
    put,         ///< everything that is not there becomes as if never given
    json_patch,  ///< a list of operations on the entity's properties (RFC 6902)
};

/// Changes that are made together or not at all: those of the registry in one transaction, then observations through
/// the way in. A single request is a set of one. Built, then committed once. Blocks; one thread.
class ChangeSet {
public:
    /// `limits` are of what is looked up on the way.
    explicit ChangeSet(const WriteParts& parts, const ReadLimits& limits = {});

    /// 18-088 §10.2: an entity with everything that its body links to or has inside. Gives what stands for its id.
    /// Errc::malformed names the member; not_found for what `below` names.
    Result<Reference> create(Kind kind, const nlohmann::json& body, std::optional<Below> below = std::nullopt);
    /// `id` may stand for what an earlier change of the set makes.
    Result<void> update(Kind kind, Reference id, const nlohmann::json& body, UpdateMode mode);
    /// With what cannot be without it, readings included (18-088 §10.4).
    Result<void> remove(Kind kind, std::int64_t id);

    /// What the changes that follow are called in faults found at commit(), "part 2"; they also say where in its body.
    void call_following(std::string name) { place_ = std::move(name); }
    /// "$1" in a later body or path stands for what the last change was about (18-088 §13.2.2).
    void name_last(std::string content_id);
    /// The id is 0 for an observation, which has its own only when it is made.
    std::optional<Changed> named(std::string_view content_id) const;
    /// More than observations?
    bool changes_registry() const { return !writes_.empty(); }

    /// One for each change, in order. After an error nothing of the registry has changed; observations that were
    /// refused are told in the error.
    Result<std::vector<Changed>> commit();

private:
    using Tree = nlohmann::json;

    /// An observation that waits for the registry.
    struct Pending {
        Reference datastream = 0;
        Reference feature = 0;  ///< 0: that of where the thing is
        ObservationBody body{};
        bool with_details = false;
        bool is_of_now = false;             ///< its body has no time
        std::optional<Reading> replaces{};  ///< to be taken away from where it was
        std::optional<std::size_t> change{};
        std::string place{};  ///< where its body stands: "part 2: Datastreams/0: Observations/3"
    };
    struct Change {
        Kind kind = Kind::thing;
        Reference reference = 0;
    };

    Result<Reference> make(Kind kind, const Tree& body, std::optional<Below> below);
    Result<Reference> make_observation(const Tree& body, std::optional<Below> below, std::optional<std::size_t> change);
    Result<Reference> link_to(Kind kind, const Tree& link, Below below);
    Reference add(registry::Write write);

    Result<Reference> reference_of(const Tree& id) const;
    /// A relation to one: `below` when it is that, else the body's link or inline entity; 0 when there is none.
    Result<Reference> one(const Tree& body, const Navigation& navigation, const std::optional<Below>& below);
    Result<Reference> needed(const Tree& body, const Navigation& navigation, const std::optional<Below>& below);
    Result<std::vector<Reference>> many(const Tree& body, const Navigation& navigation,
                                        const std::optional<Below>& below);
    Result<void> relate(registry::AnyEntity& entity, const Tree& body, const std::optional<Below>& below);
    Result<void> children(Kind kind, const Tree& body, Reference made);

    Result<registry::AnyEntity> entity_of(Kind kind, Reference id) const;
    Result<Tree> changed_body(Kind kind, const Tree& before, const Tree& body, UpdateMode mode) const;
    Result<void> change_relations(Kind kind, registry::AnyEntity& entity, const Tree& body);
    Result<void> change_type(const registry::Datastream& before, const registry::Datastream& after);
    Result<std::string> rows_of(registry::DatastreamId id);
    Result<void> update_observation(std::int64_t id, const Tree& body, UpdateMode mode);
    Result<void> remove_observations_of(std::int64_t feature);

    Result<void> check_pending();
    Result<void> check_one(const Pending& pending);
    Result<void> check_id_is_free(const Pending& pending);
    Result<void> check_is_no_other(const Pending& pending) const;
    Result<Instant> stamp_for(Reference datastream);
    Result<void> check_place(const Pending& pending) const;
    std::optional<registry::Stream> stream_of(Reference datastream) const;
    Result<std::vector<std::int64_t>> send(const std::vector<std::int64_t>& ids);
    Result<void> make_feature(const Pending& pending, registry::DatastreamId datastream, Instant time);
    Result<void> take_away(const registry::Removed& removed);
    Result<void> leave_in_place(const std::vector<std::int64_t>& ids);
    std::int64_t resolved(Reference reference, const std::vector<std::int64_t>& ids) const;

    const WriteParts& parts_;
    ReadLimits limits_;
    Session session_;
    Instant now_;
    std::vector<registry::Write> writes_;
    std::vector<std::string> places_;  // of the writes
    std::string place_;                // of what is read now
    std::vector<Pending> pending_;
    std::vector<std::pair<registry::DatastreamId, Interval>> removals_;
    std::vector<registry::DatastreamId> retyped_;
    std::vector<Change> changes_;
    std::map<std::string, Changed, std::less<>> names_;
    std::map<Reference, Instant> stamped_;  // the last given to a datastream that is made with it
    std::size_t depth_ = 0;
};

}  // namespace bypuls::sensorthings
