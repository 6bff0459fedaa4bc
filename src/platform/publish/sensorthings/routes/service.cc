#include "platform/publish/sensorthings/routes/service.h"

#include <algorithm>
#include <charconv>
#include <map>

#include <fmt/format.h>

#include "core/text.h"
#include "platform/publish/sensorthings/read/fit.h"
#include "platform/publish/sensorthings/read/observation_plan.h"
#include "platform/publish/sensorthings/read/pages.h"
#include "platform/publish/sensorthings/write/data_array.h"
#include "platform/query/parse.h"

namespace bypuls::sensorthings {
namespace {

using http::Method;

constexpr std::string_view create_observations_path = "CreateObservations";
constexpr const char* observes_only = "this key adds observations; it does not make what they are about";
constexpr std::size_t deleted_at_once_max = 10'000;

Reply failed(Error error) {
    Reply reply;
    reply.error = std::move(error);
    return reply;
}

/// Of reading: what is beyond its limits will be so the next time too. (What the way in has no room for, may have.)
Result<Reply> not_read(Error error) {
    if (error.code != Errc::exhausted) {
        return std::unexpected(std::move(error));
    }
    return Reply{.status = asked_too_much, .error = std::move(error)};
}

/// Where a new entity or a change belongs.
struct Target {
    Kind kind = Kind::thing;
    std::optional<std::int64_t> id;
    std::optional<Below> below;
};

/// "$1" or "$1/Datastreams" of a change set (18-088 §13.2.2): what an earlier change was about, or a set below it.
Result<Target> target_named(const ChangeSet& changes, std::string_view path) {
    const auto slash = path.find('/');
    const auto name = path.substr(0, slash);
    const auto named = changes.named(name.substr(1));
    if (!named) {
        return fail(Errc::not_found, fmt::format("'{}' stands for nothing here: no change before it in the same change "
                                                 "set has this Content-ID",
                                                 name));
    }
    if (named->id == 0) {
        return fail(Errc::malformed,
                    fmt::format("'{}' is an observation of the same change set, which has no id before "
                                "all is made; send it as it is to be",
                                name));
    }
    if (slash == std::string_view::npos) {
        return Target{named->kind, named->id, std::nullopt};
    }
    const auto set = path.substr(slash + 1);
    const auto kind = kind_of_set(set);
    if (!kind || type_of(named->kind).navigation(set) == nullptr) {
        return fail(Errc::not_found, fmt::format("nothing can be made at '{}': a {} has no set '{}'", path,
                                                 type_of(named->kind).name, set));
    }
    return Target{*kind, std::nullopt, Below{named->kind, named->id}};
}

/// $ref is a way to read addresses. That a change of it were one of the entity would surprise: who deletes a reference
/// means to keep what it leads to.
Result<void> check_changeable(const ResourcePath& path) {
    if (path.reference) {
        return fail(Errc::malformed,
                    "a change goes to the entity itself, without /$ref; to link it to another, send "
                    "PATCH with {\"Sensor\":{\"@iot.id\":7}} or the like");
    }
    if (!path.property.empty() || path.count) {
        return fail(Errc::malformed, "a change names an entity or a set; a single property is changed with PATCH");
    }
    return {};
}

/// A $filter that does not hold would be thought to keep an entity from being deleted.
Result<void> check_has_no_options(const Ask& ask) {
    const auto option = std::ranges::find_if(ask.query, [](const auto& item) { return item.first.starts_with('$'); });
    return option == ask.query.end()
               ? Result<void>{}
               : fail(Errc::malformed, fmt::format("{}: a change of one entity takes no options; only the DELETE of a "
                                                   "whole set takes a $filter",
                                                   option->first));
}

/// The path of a change without looking anything up: its last two steps.
Result<Target> target_of(Session& session, const ChangeSet& changes, std::string_view path) {
    if (path.starts_with('$')) {
        return target_named(changes, path);
    }
    TRY(const auto parsed, parse_path(path));
    TRY_DO(check_changeable(parsed));
    TRY(const auto found, resolve(session, parsed));
    if (found.entity) {
        return Target{found.kind, id_of(*found.entity), std::nullopt};
    }
    Target target{.kind = found.kind, .id = std::nullopt, .below = std::nullopt};
    if (found.of) {
        target.below = Below{found.of->kind, found.of->id};
    }
    return target;
}

/// The packed form of an answer carries W/ before the validator of the same entity in the same state.
bool names(std::string_view if_match, std::string_view etag) {
    const auto tags = split(if_match, ',');
    return std::ranges::any_of(tags, [&](std::string_view tag) {
        tag = trim(tag);
        return (tag.starts_with("W/") ? tag.substr(2) : tag) == etag;
    });
}

/// "part 3", or what the part calls itself.
std::string part_name(const Service::Member& member, std::size_t index) {
    return fmt::format("part {}", member.content_id.empty() ? std::to_string(index + 1) : member.content_id);
}

std::string self_link(const Form& form, const Changed& changed) {
    return fmt::format("{}/{}({})", form.root, type_of(changed.kind).set, changed.id);
}

}  // namespace

Result<void> check_rights(const Ask& ask, const Rights& rights) {
    if (ask.method == Method::get || ask.method == Method::head || rights.change) {
        return {};
    }
    const bool observes =
        ask.method == Method::post && (ask.path == create_observations_path || ask.path.ends_with("Observations"));
    if (rights.observe && observes) {
        return {};
    }
    return fail(Errc::forbidden, "changing this takes a key that may change things");
}

Reply Service::answer(const Form& form, const Ask& ask, const Rights& rights) const {
    auto reply = answered(form, ask, rights);
    return reply ? std::move(*reply) : failed(std::move(reply).error());
}

Result<Reply> Service::answered(const Form& form, const Ask& ask, const Rights& rights) const {
    TRY_DO(check_rights(ask, rights));
    if (ask.method == Method::get || ask.method == Method::head) {
        return get(form, ask);
    }
    if (parts_.write == nullptr) {
        return fail(Errc::forbidden, "nothing is changed through the public plane");
    }
    return change(form, ask, rights);
}

Result<Reply> Service::get(const Form& form, const Ask& ask) const {
    if (ask.path.empty() || ask.path == "/") {
        return Reply{.body = service_root(form, parts_.write != nullptr || parts_.changes_elsewhere, parts_.mqtt)};
    }
    TRY(const auto path, parse_path(ask.path));
    query::Places places;
    TRY(auto options, query::parse_options(ask.query, {}, &places));
    auto answer = read(parts_.data, parts_.clock, form, path, std::move(options), limits_of(ask), places);
    if (!answer) {
        return not_read(std::move(answer).error());
    }
    return Reply{.status = answer->status,
                 .media_type = std::move(answer->media_type),
                 .next = std::move(answer->next),
                 .body = std::move(answer->body)};
}

Result<void> Service::plan(ChangeSet& changes, const Ask& ask) const {
    TRY_DO(check_has_no_options(ask));
    Session session(parts_.data, parts_.clock, limits_of(ask));
    TRY(const auto target, target_of(session, changes, ask.path));
    if (ask.method == Method::post) {
        if (target.id) {
            return fail(Errc::malformed, "POST makes an entity in a set; this path leads to one entity");
        }
        TRY(const auto body, parse_body(ask.body));
        TRY_DO(changes.create(target.kind, body, target.below));
        return {};
    }
    if (!target.id) {
        return fail(Errc::malformed, "this changes one entity; the path leads to a set");
    }
    if (ask.method == Method::del && *target.id < 0) {
        return fail(Errc::malformed,
                    fmt::format("'{}' is made by the same change set, which so cannot delete it", ask.path));
    }
    if (ask.method == Method::del) {
        return changes.remove(target.kind, *target.id);
    }
    TRY(const auto body, parse_body(ask.body));
    const auto mode = ask.method == Method::put                           ? UpdateMode::put
                      : ask.content_type == "application/json-patch+json" ? UpdateMode::json_patch
                                                                          : UpdateMode::patch;
    return changes.update(target.kind, *target.id, body, mode);
}

/// One of several that are made together.
Result<void> Service::plan_member(ChangeSet& changes, const Ask& ask, const Rights& rights) const {
    TRY_DO(check_rights(ask, rights));
    if (ask.method == Method::get || ask.method == Method::head) {
        return fail(Errc::malformed, "a change set holds changes only (18-088 §13.2.1)");
    }
    if (ask.path == create_observations_path) {
        return fail(Errc::malformed,
                    "CreateObservations answers for each row by itself, so it is no part of a change "
                    "set; send it beside it");
    }
    return plan(changes, ask);
}

ReadLimits Service::limits_of(const Ask& ask) const {
    ReadLimits limits = parts_.limits;
    limits.together = ask.together;
    if (ask.together != nullptr) {
        limits.answer_bytes = std::min(limits.answer_bytes, ask.together->answer_bytes);
    }
    return limits;
}

Result<std::optional<Reply>> Service::refused_by_condition(const Form& form, const Ask& ask) const {
    if (!ask.if_match) {
        return std::nullopt;
    }
    const auto current = get(form, {.method = Method::get, .path = ask.path});
    if (!current && current.error().code != Errc::not_found) {
        return std::unexpected(current.error());
    }
    if (current && current->error) {
        return std::unexpected(*current->error);
    }
    if (current && (trim(*ask.if_match) == "*" || names(*ask.if_match, http::etag_of(current->body)))) {
        return std::nullopt;
    }
    return Reply{.status = condition_failed,
                 .error = Error{Errc::conflict, fmt::format("'{}' is not as If-Match says any more", ask.path)}};
}

Result<Reply> Service::change(const Form& form, const Ask& ask, const Rights& rights) const {
    if (!ask.if_match) {
        const std::shared_lock beside_others(changing_);
        return change_now(form, ask, rights);
    }
    const std::unique_lock alone(changing_);
    TRY(auto refused, refused_by_condition(form, ask));
    return refused ? std::move(*refused) : change_now(form, ask, rights);
}

Result<Reply> Service::create_array(const Form& form, const Ask& ask) const {
    registry::Registry& registry = parts_.write->registry;
    const auto streams = registry.streams();
    const Instant now = std::chrono::floor<std::chrono::milliseconds>(parts_.clock.now());
    auto rows = read_data_array(ask.body, now, parts_.write->stamps, *streams, registry.features());
    if (!rows && rows.error().code == Errc::exhausted) {
        return Reply{.status = sent_too_much, .error = std::move(rows).error()};
    }
    if (!rows) {
        return std::unexpected(std::move(rows).error());
    }
    TRY(auto answer, create_observations(std::move(*rows), registry, parts_.write->sink, now, *streams, form.root));
    return Reply{.status = 201, .body = std::move(answer)};
}

Result<Reply> Service::change_now(const Form& form, const Ask& ask, const Rights& rights) const {
    if (ask.method == Method::post && ask.path == create_observations_path) {
        return create_array(form, ask);
    }
    if (ask.method == Method::del) {
        if (const auto path = parse_path(ask.path); path && !path->last().single()) {
            return remove_filtered(*path, ask);
        }
    }
    ChangeSet changes(*parts_.write, limits_of(ask));
    TRY_DO(plan(changes, ask));
    if (!rights.change && changes.changes_registry()) {
        return fail(Errc::forbidden, observes_only);
    }
    TRY(const auto changed, changes.commit());
    return created(form, changed.front(), ask);
}

Result<Reply> Service::created(const Form& form, const Changed& changed, const Ask& ask) const {
    Reply reply{.status = ask.method == Method::post ? 201 : 200};
    if (ask.method == Method::post) {
        reply.location = self_link(form, changed);
    }
    if (ask.wants_entity && ask.method != Method::del) {
        TRY(const auto path, parse_path(fmt::format("{}({})", type_of(changed.kind).set, changed.id)));
        // It is made, so that it cannot be shown is no error; the wish may be left unfulfilled (RFC 7240 §2).
        if (auto answer = read(parts_.data, parts_.clock, form, path, {}, limits_of(ask))) {
            reply.body = std::move(answer->body);
        }
    }
    return reply;
}

std::vector<Reply> Service::change_together(const Form& form, const std::vector<Member>& members,
                                            const Rights& rights) const {
    const bool conditional =
        std::ranges::any_of(members, [](const Member& one) { return one.ask.if_match.has_value(); });
    const auto all = [&]() -> Result<std::vector<Reply>> {
        if (parts_.write == nullptr) {
            return fail(Errc::forbidden, "nothing is changed through the public plane");
        }
        if (!conditional) {
            const std::shared_lock beside_others(changing_);
            return change_together_now(form, members, rights);
        }
        const std::unique_lock alone(changing_);
        for (std::size_t i = 0; i < members.size(); ++i) {
            TRY_DO(check_rights(members[i].ask, rights));
            TRY(auto refused, refused_by_condition(form, members[i].ask));
            if (refused) {
                refused->error->what = part_name(members[i], i) + ": " + refused->error->what;
                return std::vector{std::move(*refused)};
            }
        }
        return change_together_now(form, members, rights);
    }();
    return all ? *all : std::vector<Reply>{failed(all.error())};
}

Result<std::vector<Reply>> Service::change_together_now(const Form& form, const std::vector<Member>& members,
                                                        const Rights& rights) const {
    ChangeSet changes(*parts_.write, limits_of(members.front().ask));
    for (std::size_t i = 0; i < members.size(); ++i) {
        const auto& [ask, content_id] = members[i];
        changes.call_following(part_name(members[i], i));
        if (auto planned = plan_member(changes, ask, rights); !planned) {
            return fail(planned.error(), part_name(members[i], i));
        }
        if (!content_id.empty()) {
            changes.name_last(content_id);
        }
    }
    if (!rights.change && changes.changes_registry()) {
        return fail(Errc::forbidden, observes_only);
    }
    TRY(const auto changed, changes.commit());
    std::vector<Reply> replies;
    for (std::size_t i = 0; i < members.size(); ++i) {
        TRY(auto reply, created(form, changed.at(i), members[i].ask));
        replies.push_back(std::move(reply));
    }
    return replies;
}

/// DELETE of a set: what its $filter leaves, and nothing without one. In parts, so that each is a transaction of a
/// bearable size; what was deleted before a failure stays deleted.
Result<Reply> Service::remove_filtered(const ResourcePath& path, const Ask& ask) const {
    TRY_DO(check_changeable(path));
    TRY(auto options, query::parse_options(ask.query));
    if (!options.filter) {
        return fail(Errc::malformed, "deleting many takes a $filter; to delete all, say $filter=true");
    }
    query::Options only_filter;
    only_filter.filter = options.filter;
    if (!(options == only_filter)) {
        return fail(Errc::malformed,
                    "deleting many takes a $filter and no other option: all that it leaves is deleted");
    }
    TRY(auto fitted, fit(path.last().kind, std::move(options)));
    fitted.order.clear();
    fitted.top = deleted_at_once_max;
    std::uint64_t deleted = 0;
    while (true) {
        Session session(parts_.data, parts_.clock, limits_of(ask));
        TRY(const auto found, resolve(session, path));
        if (found.kind == Kind::observation) {
            const auto seen = observation_page(session, found.of, fitted);
            if (!seen) {
                return not_read(seen.error());
            }
            const auto& page = *seen;
            std::map<observations::DatastreamId, std::vector<Interval>> intervals;
            for (const Row& row : page.rows) {
                intervals[row.datastream].push_back({row.time(), row.time() + Duration{1}});
            }
            for (auto& [datastream, instants] : intervals) {
                std::ranges::sort(instants, {}, &Interval::from);
                TRY(const auto gone, parts_.write->sink.remove(datastream, instants));
                deleted += gone;
            }
            if (!page.next) {
                break;
            }
            continue;
        }
        const auto seen = entity_page(session, found.kind, found.of, fitted);
        if (!seen) {
            return not_read(seen.error());
        }
        const auto& page = *seen;
        if (!page.items.empty()) {
            ChangeSet changes(*parts_.write);
            for (const auto& entity : page.items) {
                TRY_DO(changes.remove(found.kind, id_of(*entity)));
            }
            TRY_DO(changes.commit());
            deleted += page.items.size();
        }
        if (!page.next) {
            break;
        }
    }
    return Reply{.body = fmt::format(R"({{"deleted":{}}})", deleted)};
}

}  // namespace bypuls::sensorthings
