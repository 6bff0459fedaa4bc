#pragma once

#include <memory>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/clock.h"
#include "core/result.h"
#include "platform/http/message.h"
#include "platform/publish/sensorthings/read/reader.h"
#include "platform/publish/sensorthings/write/change_set.h"
#include "platform/publish/sensorthings/write/sink.h"

namespace bypuls::sensorthings {

/// One request to the service, whether it came alone or in a batch.
struct Ask {
    http::Method method = http::Method::get;
    std::string path;  ///< below the root, decoded: "Things(1)/Datastreams"
    std::vector<std::pair<std::string, std::string>> query{};
    std::string content_type{};
    std::string body{};
    bool wants_entity = false;      ///< Prefer: return=representation (RFC 7240)
    Allowance* together = nullptr;  ///< of the batch it is part of; null: it came alone
    /// If-Match (RFC 9110 §13.1.1): the change is made only while a GET of the path has one of these validators.
    std::optional<std::string> if_match{};
};

/// Statuses of errors that say more than their code: If-Match failed; what was asked costs more than one request or
/// batch may, and what was sent is more than one request may bring, so that less helps and again does not.
constexpr int condition_failed = 412;
constexpr int asked_too_much = 400;
constexpr int sent_too_much = 413;

/// What it is answered. An error is for the caller to put into words: by its code, unless the status is one of these.
struct Reply {
    int status = 200;
    std::string media_type = "application/json";
    std::string location{};  ///< of what was created
    std::string next{};      ///< the next page, where the body has no place for it
    std::string etag{};      ///< validator of what was read; in batches only, elsewhere the route adds it
    std::string body{};
    std::optional<Error> error{};
};

/// What the asker may do.
struct Rights {
    bool change = false;   ///< everything
    bool observe = false;  ///< add observations
};

/// The service over one plane: a request in, a reply out. Blocks; thread-safe as its parts are.
class Service {
public:
    struct Parts {
        const Data& data;
        const Clock& clock;
        const WriteParts* write = nullptr;  ///< null: this plane is only read
        bool changes_elsewhere = false;     ///< but behind the same address there is one that is changed
        std::vector<MqttDoor> mqtt{};       ///< empty: none is spoken
        ReadLimits limits{};
    };
    explicit Service(Parts parts) : parts_(std::move(parts)) {}

    const Parts& parts() const { return parts_; }
    Reply answer(const Form& form, const Ask& ask, const Rights& rights) const;

    /// Several changes that are made together (a change set of a batch, 18-088 §13.2.1): one reply each, or one error.
    /// All their conditions are about what was there before the first of them, and nothing is made when one fails.
    /// There is at least one.
    struct Member {
        Ask ask;
        std::string content_id;
    };
    std::vector<Reply> change_together(const Form& form, const std::vector<Member>& members,
                                       const Rights& rights) const;

private:
    Result<Reply> answered(const Form& form, const Ask& ask, const Rights& rights) const;
    Result<Reply> get(const Form& form, const Ask& ask) const;
    Result<Reply> change(const Form& form, const Ask& ask, const Rights& rights) const;
    Result<Reply> create_array(const Form& form, const Ask& ask) const;
    Result<Reply> change_now(const Form& form, const Ask& ask, const Rights& rights) const;
    /// A reply with status 412 when the condition does not hold; nothing when it does or there is none.
    Result<std::optional<Reply>> refused_by_condition(const Form& form, const Ask& ask) const;
    Result<std::vector<Reply>> change_together_now(const Form& form, const std::vector<Member>& members,
                                                   const Rights& rights) const;
    Result<Reply> remove_filtered(const ResourcePath& path, const Ask& ask) const;
    ReadLimits limits_of(const Ask& ask) const;
    Result<Reply> created(const Form& form, const Changed& changed, const Ask& ask) const;
    /// Adds what is asked to a set.
    Result<void> plan(ChangeSet& changes, const Ask& ask) const;
    Result<void> plan_member(ChangeSet& changes, const Ask& ask, const Rights& rights) const;

    Parts parts_;
    /// Held alone by a change with a condition, so that nothing changes between its look and its act.
    mutable std::shared_mutex changing_;
};

/// Errc::forbidden when the asker may not do this.
Result<void> check_rights(const Ask& ask, const Rights& rights);

}  // namespace bypuls::sensorthings
