#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <span>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "core/clock.h"
#include "core/result.h"
#include "platform/observations/observation.h"
#include "platform/publish/sensorthings/read/data.h"
#include "platform/publish/sensorthings/read/session.h"
#include "platform/publish/sensorthings/read/topics.h"

namespace bypuls::sensorthings {

/// Bounds of what may be watched and of what may wait.
struct UpdateLimits {
    /// Different topics at once; the same one is watched once for all. Errc::exhausted beyond.
    std::size_t watches_max = 10'000;
    /// Of these, such that every observation has to be held against: sets of observations that are not of one
    /// datastream. Errc::exhausted beyond.
    std::size_t wide_max = 256;
    /// Observations that wait to be told; those that come beyond are not told, and counted.
    std::size_t waiting_max = 100'000;
    /// How often the registry is asked what has changed.
    std::chrono::milliseconds look_every{100};
    /// What one topic may cost for one round of news; beyond, that round goes untold for it, and is counted.
    ReadLimits cost{.rows_looked_at = 200'000, .answer_bytes = 4U << 20U, .time = std::chrono::milliseconds{2'000}};
};

/// What there is to be told; for /metrics. Those that end in `told` and `dropped` only grow.
struct UpdateCounts {
    std::uint64_t watches = 0;
    std::uint64_t told = 0;
    std::uint64_t dropped = 0;  ///< observations that did not fit, and topics whose news cost too much
};

/// Tells of what is made and changed in one plane (18-088 §14.3), to whoever watches a topic. What it tells is what a
/// GET of the same plane gives at that moment.
///
/// An observation is told when it is new or corrected; an entity when the registry says that it has changed and it
/// looks different from before. Deletions are not told. A datastream's own times follow its observations, which counts
/// as a change for who watches that datastream, not for who watches a set of datastreams.
///
/// A thread of its own reads and renders. watch(), observed() and counts() may be called from any thread and do not
/// wait for it; the others are the owner's.
class Updates {
public:
    /// A look at the plane that stays valid while it is held.
    struct Look {
        std::shared_ptr<const void> keeps;
        Data data;
    };
    /// False: not now; it is tried again for a while.
    using Publish = std::function<bool(const std::string& topic, const std::string& payload, const std::string& route)>;
    struct Parts {
        std::function<Look()> look;
        const Clock& clock;
        std::string plane;  ///< part of routes: "public"
        UpdateLimits limits{};
    };
    /// As long as somebody holds it, the topic is watched.
    struct Watch;

    explicit Updates(Parts parts);
    ~Updates();
    Updates(const Updates&) = delete;
    Updates& operator=(const Updates&) = delete;

    /// Begins to tell, with links that begin with `origin`: "https://data.town.no". Once.
    void start(Publish publish, std::string origin);
    /// Tells no more, and joins the thread. Idempotent.
    void stop();

    /// `text` is the whole topic, which `subject` was read from.
    Result<std::shared_ptr<const Watch>> watch(Subject subject, const std::string& text);
    /// By which its news are published.
    static const std::string& route_of(const Watch& watch);
    /// New or corrected readings that can be read from the plane now.
    void observed(std::span<const observations::Arrival> arrivals);
    UpdateCounts counts() const;

private:
    struct Round;
    enum class Telling : std::uint8_t { nothing, changes, always };
    /// What observations a topic is about.
    struct Concern {
        std::optional<std::int64_t> datastream{};
        bool wide = false;
        bool registry = false;  ///< it is about what the registry has
    };
    struct Held {
        std::weak_ptr<Watch> watch;
        Concern concern;
    };
    using Watches = std::vector<std::shared_ptr<Watch>>;

    void run();
    void look_around(const Watches& watches, std::vector<observations::Arrival> news);
    void tell_observations(const Round& round, Watch& watch, std::span<const observations::Arrival* const> news);
    Result<void> tell_observation(Session& session, const std::optional<Origin>& of, const Watch& watch,
                                  const observations::Arrival& arrival);
    void tell_changes(const Round& round, Watch& watch, bool has_news);
    Result<void> tell_members(const Round& round, const Watch& watch, const std::set<std::int64_t>& changed);
    void tell_if_different(const Round& round, Watch& watch, Telling telling);
    void publish(const Watch& watch, const std::string& payload);
    void failed(const Watch& watch, const Error& error, std::uint64_t dropped);
    /// Forgets those that nobody holds; gives the others.
    Watches living();
    static Concern concern_of(const Subject& subject);
    void forget(const Concern& concern);
    std::chrono::milliseconds patience() const;
    Form form_of(const Watch& watch) const;

    const Parts parts_;
    Publish publish_;
    std::string origin_;
    mutable std::mutex mutex_;
    std::condition_variable wake_;
    bool stopping_ = false;
    std::map<std::string, Held> watches_;                        // by topic
    std::unordered_map<std::int64_t, std::size_t> datastreams_;  // those watched, and by how many
    std::size_t wide_ = 0;                                       // watches that every observation concerns
    std::size_t follows_registry_ = 0;                           // watches that the registry concerns
    std::uint64_t last_number_ = 0;
    std::deque<observations::Arrival> waiting_;
    bool anew_ = false;  // a watch has come
    UpdateCounts counts_;
    std::thread thread_;
};

}  // namespace bypuls::sensorthings
