#include "platform/publish/sensorthings/routes/routes.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/host.h"
#include "platform/http/problem.h"
#include "platform/policy/policy.h"
#include "platform/publish/sensorthings/routes/batch.h"
#include "platform/publish/sensorthings/routes/openapi.h"
#include "platform/publish/sensorthings/routes/quick.h"

namespace bypuls::sensorthings {
namespace {

using http::Method;
using http::Request;
using http::Response;

constexpr std::size_t tagged_max = 1U << 20U;  // a larger answer has no validator
constexpr std::chrono::milliseconds time_max{60'000};

/// Who is asking, as far as the service cares.
struct Asker {
    bool internal = false;  ///< reads the internal plane
    Rights rights{};
};

class Routes {
public:
    Routes(RouteParts parts, std::shared_ptr<QuickObservations> quick, bool v1_0)
        : parts_(std::move(parts)), quick_(std::move(quick)), v1_0_(v1_0) {}

    std::string root_path() const { return v1_0_ ? "/sta/v1.0" : "/sta/v1.1"; }

    Task<Response> handle(Request& request) const {
        auto asker = co_await admit(request);
        if (!asker) {
            co_return std::move(asker.error());
        }
        const std::string path(request.path_parameter("path"));
        if (request.method == Method::get && path == "api") {
            co_return http::json(openapi(form_of(request), parts_.internal != nullptr));
        }
        if (path == "$batch" && request.method == Method::post) {
            co_return co_await answer_batch(request, *asker);
        }
        const Ask ask = ask_of(request, path);
        const bool may_observe = asker->rights.change || asker->rights.observe;
        if (const auto taken = quick_ && may_observe ? quick_->take(ask) : std::nullopt) {
            const auto refused = co_await parts_.sink->send(taken->rows, taken->received);
            co_return finish(request, response_of(request, reply_to(request, *taken, refused)), *asker);
        }
        if (request.method == Method::get || request.method == Method::head) {
            co_return co_await in_turn(request, [&, this] { return answer_one(request, ask, *asker); });
        }
        co_return co_await parts_.pool.run([&, this] { return answer_one(request, ask, *asker); });
    }

private:
    /// A question may take as long as its limits allow, so whoever asks many waits for their own.
    template <typename Answer>
    Task<Response> in_turn(const Request& request, Answer answer) const {
        auto answered = co_await parts_.questions.run(who_asks(request), std::move(answer));
        co_return answered ? std::move(*answered) : http::problem(request, answered.error());
    }

    static std::string who_asks(const Request& request) {
        const auto* known = policy::who(request);
        return known == nullptr ? request.remote : fmt::format("{}/{}", static_cast<int>(known->kind), known->id);
    }

    /// Which plane answers, and what may be done there; or a refusal.
    Task<std::expected<Asker, Response>> admit(Request& request) const {
        if (parts_.internal != nullptr && parts_.anonymous_writes && is_from_here(request)) {
            co_return Asker{.internal = true, .rights = {.change = true, .observe = true}};
        }
        const bool reads = request.method == Method::get || request.method == Method::head || is_batch(request);
        const bool brings_something = request.header("authorization") || request.header("cookie");
        if (parts_.identity == nullptr || parts_.internal == nullptr || (reads && !brings_something)) {
            co_return Asker{};
        }
        if (is_batch(request)) {
            co_return co_await admit_batch(request);
        }
        const bool observes = request.path.ends_with("Observations");
        for (const std::string_view permission : {policy::admin, policy::ingest, policy::read}) {
            const bool enough = reads || permission == policy::admin || (permission == policy::ingest && observes);
            if (!enough || (reads && permission == policy::ingest)) {
                continue;
            }
            auto refusal = co_await policy::admit(request, permission, parts_.identity, &parts_.pool);
            if (!refusal) {
                co_return Asker{
                    .internal = true,
                    .rights = {.change = permission == policy::admin, .observe = permission != policy::read}};
            }
            const bool last = reads ? permission == policy::read : permission == policy::ingest || !observes;
            // A cookie of something else on this address is no claim to be anybody, and a key for sending readings
            // opens no more than anybody may read. A key that is wrong is told so.
            constexpr int forbidden = 403;
            if (last && reads && (!request.header("authorization") || refusal->status == forbidden)) {
                co_return Asker{};
            }
            if (last) {
                co_return std::unexpected(std::move(*refusal));
            }
        }
        co_return Asker{};
    }

    /// Of the programs and pages of this machine: a page from elsewhere that is open in a browser here, also under a
    /// name that leads here (DNS rebinding), is nobody in particular.
    static bool is_from_here(const Request& request) {
        const auto origin = request.header("origin");
        const auto host = request.header("host");
        const auto site = origin ? origin->substr(std::min(origin->find("://"), origin->size())) : "";
        return (!origin || (site.starts_with("://") && is_this_machine(site.substr(3)))) &&
               (!host || is_this_machine(*host));
    }

    static bool is_batch(const Request& request) {
        return request.method == Method::post && request.path.ends_with("/$batch");
    }

    /// A batch both reads and changes, so all that the key allows counts, each part by what it does.
    Task<std::expected<Asker, Response>> admit_batch(Request& request) const {
        Asker asker;
        std::optional<Response> refusal;
        for (const std::string_view permission : {policy::admin, policy::ingest, policy::read}) {
            refusal = co_await policy::admit(request, permission, parts_.identity, &parts_.pool);
            if (refusal) {
                continue;
            }
            asker.internal = asker.internal || permission != policy::ingest;
            asker.rights.observe = asker.rights.observe || permission != policy::read;
            if (permission == policy::admin) {
                asker.rights.change = true;
                co_return asker;
            }
        }
        const bool admitted = asker.internal || asker.rights.observe;
        constexpr int forbidden = 403;
        if (!admitted && request.header("authorization") && refusal && refusal->status != forbidden) {
            co_return std::unexpected(std::move(*refusal));  // a key that is wrong is told so
        }
        co_return asker;
    }

    Form form_of(const Request& request) const {
        std::string origin = parts_.origin;
        if (origin.empty() || parts_.anonymous_writes) {
            origin =
                fmt::format("{}://{}", request.secure ? "https" : "http", request.header("host").value_or("localhost"));
        }
        return {.root = origin + root_path(), .v1_0 = v1_0_};
    }

    /// Changes are the internal plane's for whoever may make some, also with a key that reads no more than anybody.
    template <typename Act>
    auto with_service(const Asker& asker, Method method, Act act) const {
        const bool reads = method == Method::get || method == Method::head;
        if (asker.internal || (!reads && asker.rights.observe)) {
            return act(*parts_.internal);
        }
        const auto look = parts_.public_plane();
        const Service service({.data = look.data,
                               .clock = parts_.clock,
                               .changes_elsewhere = parts_.internal != nullptr,
                               .mqtt = parts_.mqtt,
                               .limits = parts_.limits});
        return act(service);
    }

    static std::optional<std::string> if_match_of(const Request& request) {
        const auto condition = request.header("if-match");
        const bool conditional = request.method != Method::get && request.method != Method::head;
        return condition && conditional ? std::optional(std::string(*condition)) : std::nullopt;
    }

    static Ask ask_of(Request& request, const std::string& path) {
        return {.method = request.method,
                .path = path,
                .query = request.query.items(),
                .content_type = request.content_type(),
                .body = std::move(request.body),
                .wants_entity =
                    request.header("prefer").value_or("").find("return=representation") != std::string_view::npos,
                .if_match = if_match_of(request)};
    }

    Response answer_one(const Request& request, const Ask& ask, const Asker& asker) const {
        const Form form = form_of(request);
        auto reply = with_service(asker, ask.method,
                                  [&](const Service& service) { return service.answer(form, ask, asker.rights); });
        if (quick_ && request.method == Method::post && reply.status == 201 && !reply.error) {
            quick_->learn(ask);
        }
        return finish(request, response_of(request, std::move(reply)), asker);
    }

    Reply reply_to(const Request& request, const QuickObservations::Taken& taken,
                   const Result<std::vector<Sink::Refusal>>& refused) const {
        Reply reply{.status = 201};
        if (!refused) {
            reply.error = refused.error();
        } else if (!refused->empty()) {
            reply.error = Error{Errc::malformed, std::string(refused->front().of_itself())};
        } else {
            reply.location = fmt::format("{}/Observations({})", form_of(request).root, taken.id);
        }
        return reply;
    }

    static Response problem_of(const Request& request, const Reply& reply) {
        if (reply.status == condition_failed) {
            return http::problem(request, condition_failed, "precondition-failed", reply.error->what);
        }
        if (reply.status == sent_too_much) {
            return http::problem(request, sent_too_much, "too-large", reply.error->what);
        }
        return reply.status == asked_too_much ? http::problem(request, asked_too_much, "too-much", reply.error->what)
                                              : http::problem(request, *reply.error);
    }

    static Response response_of(const Request& request, Reply reply) {
        if (reply.error) {
            return problem_of(request, reply);
        }
        Response response = reply.status == 204 ? http::no_content()
                                                : http::content(reply.media_type, std::move(reply.body), reply.status);
        if (!reply.location.empty()) {
            response.headers.set("Location", reply.location);
        }
        if (!reply.next.empty()) {
            response.headers.set("Link", fmt::format("<{}>; rel=\"next\"", reply.next));
        }
        return response;
    }

    static Response finish(const Request& request, Response response, const Asker& asker) {
        response.headers.set("Vary", "Authorization, Cookie");
        const bool reads = request.method == Method::get || request.method == Method::head;
        if (asker.internal) {
            response.headers.set("Cache-Control", "private, no-store");
        } else if (reads && response.status == 200) {
            response.headers.set("Cache-Control", "public, max-age=0, must-revalidate");
        }
        if (reads && response.status == 200) {
            const auto* body = std::get_if<std::string>(&response.body);
            if (body != nullptr && body->size() <= tagged_max) {
                return http::with_etag(request, std::move(response));
            }
        }
        return response;
    }

    /// Group by group, so that nothing more is begun once the route's time is up or the server stops.
    Task<Response> answer_batch(Request& request, const Asker& asker) const {
        const Form form = form_of(request);
        const bool is_json = request.content_type() == "application/json";
        auto groups = co_await parts_.pool.run([&] {
            return is_json
                       ? batch::parse_json(request.body, root_path())
                       : batch::parse_multipart(request.body, request.header("content-type").value_or(""), root_path());
        });
        if (!groups) {
            co_return groups.error().code == Errc::exhausted
                ? http::problem(request, sent_too_much, "too-large", groups.error().what)
                : http::problem(request, groups.error());
        }
        Allowance left{.rows = parts_.limits.rows_looked_at,
                       .answer_bytes = parts_.limits.answer_bytes,
                       .time = parts_.limits.time};
        std::vector<batch::Answered> answered;
        for (auto& group : *groups) {
            answered.push_back(co_await answer_in_turn(request, form, asker, std::move(group), left));
        }
        co_return co_await parts_.pool.run([&] {
            if (is_json) {
                return finish(request, http::json(batch::render_json(answered)), asker);
            }
            const std::string boundary = "batch_" + request.id;
            return finish(
                request,
                http::content("multipart/mixed; boundary=" + boundary, batch::render_multipart(answered, boundary)),
                asker);
        });
    }

    /// What is asked waits among what others ask; a change does not.
    Task<batch::Answered> answer_in_turn(const Request& request, const Form& form, const Asker& asker,
                                         batch::Group group, Allowance& left) const {
        const auto answer = [&] { return answer_group(request, form, asker, std::move(group), left); };
        const Method method = group.parts.front().ask.method;
        if (group.together || (method != Method::get && method != Method::head)) {
            co_return co_await parts_.pool.run(answer);
        }
        auto answered = co_await parts_.questions.run(who_asks(request), answer);
        co_return answered
            ? std::move(*answered)
            : batch::Answered{.group = std::move(group), .replies = told(request, {Reply{.error = answered.error()}})};
    }

    batch::Answered answer_group(const Request& request, const Form& form, const Asker& asker, batch::Group group,
                                 Allowance& left) const {
        for (auto& part : group.parts) {
            part.ask.together = &left;
        }
        batch::Answered answered{.group = std::move(group), .replies = {}};
        const auto begin = parts_.clock.steady();
        left.until = begin + left.time;
        answered.replies = told(request, replies_to(form, asker, answered.group, left));
        left.time -= std::min(left.time, parts_.clock.steady() - begin);
        for (const Reply& reply : answered.replies) {
            left.answer_bytes -= std::min(left.answer_bytes, reply.body.size());
        }
        return answered;
    }

    /// Errors put into words.
    static std::vector<Reply> told(const Request& request, std::vector<Reply> replies) {
        for (Reply& reply : replies) {
            if (reply.error) {
                const auto problem = problem_of(request, reply);
                reply.status = problem.status;
                reply.media_type = "application/problem+json";
                reply.body = std::get<std::string>(problem.body);
            }
        }
        return replies;
    }

    std::vector<Reply> replies_to(const Form& form, const Asker& asker, const batch::Group& group,
                                  const Allowance& left) const {
        const auto faulty = std::ranges::find_if(group.parts, [](const auto& part) { return part.fault.has_value(); });
        if (faulty != group.parts.end()) {
            return {Reply{.error = faulty->fault}};
        }
        if (left.time.count() == 0 || left.answer_bytes == 0) {
            return {Reply{.status = asked_too_much,
                          .error = Error{Errc::exhausted,
                                         "not begun, because the parts before it used up what one batch may cost; send "
                                         "it in another batch"}}};
        }
        if (!group.together) {
            const Ask& ask = group.parts.front().ask;
            return with_service(asker, ask.method, [&](const Service& service) {
                Reply reply = service.answer(form, ask, asker.rights);
                if (ask.method == Method::get && !reply.error && reply.status == 200 &&
                    reply.body.size() <= tagged_max) {
                    reply.etag = http::etag_of(reply.body);
                }
                return std::vector{std::move(reply)};
            });
        }
        std::vector<Service::Member> members;
        for (const auto& part : group.parts) {
            members.push_back({part.ask, part.id});
        }
        return with_service(asker, Method::post, [&](const Service& service) {
            return service.change_together(form, members, asker.rights);
        });
    }

    RouteParts parts_;
    std::shared_ptr<QuickObservations> quick_;  // null without an internal plane
    bool v1_0_;
};

}  // namespace

std::vector<http::Route> routes(RouteParts parts) {
    std::vector<http::Route> made;
    const auto quick = parts.internal == nullptr || parts.sink == nullptr
                           ? nullptr
                           : std::make_shared<QuickObservations>(parts.internal->parts().data,
                                                                 parts.internal->parts().write->stamps, parts.clock);
    for (const bool v1_0 : {false, true}) {
        const auto shared = std::make_shared<const Routes>(parts, quick, v1_0);
        for (const Method method : {Method::get, Method::post, Method::put, Method::patch, Method::del}) {
            // Who may what depends on the plane, which the handler chooses; so the guard lets everyone pass.
            made.push_back({.method = method,
                            .pattern = shared->root_path() + "/{path...}",
                            .handler = [shared](Request& request) { return shared->handle(request); },
                            .sharing = http::Sharing::open_data,
                            .permission = std::string(policy::anyone),
                            .body_bytes_max = method == Method::get ? std::optional<std::size_t>{} : body_bytes_max,
                            .time_max = time_max});
        }
    }
    return made;
}

}  // namespace bypuls::sensorthings
