#include "apps/staff/routes.h"

#include <memory>

#include "apps/staff/acts.h"
#include "platform/http/problem.h"
#include "platform/policy/policy.h"

namespace bypuls::staff {
namespace {

using http::Method;

constexpr std::size_t body_bytes_max = 1U << 20U;
/// Longer than the pipeline's patience, so that our own answer comes first.
constexpr std::chrono::seconds act_time_max{60};

/// Every act may block, so it runs on the pool. Nothing of it may stay in a cache.
http::Route act(const std::shared_ptr<Room>& room, Method method, std::string pattern, std::string_view permission,
                Act work) {
    return {.method = method,
            .pattern = "/api/v1/staff" + std::move(pattern),
            .handler = [room, work](http::Request& request) -> Task<http::Response> {
                auto made = co_await room->parts.pool.run([&] { return work(*room, request); });
                // Forms and questions speak the reader's language; what lies below them speaks to those who run it.
                auto response =
                    made ? std::move(*made) : http::problem_for_reader(request, made.error(), {Errc::malformed});
                response.headers.set("Cache-Control", "no-store");
                co_return response;
            },
            .permission = std::string(permission),
            .body_bytes_max = body_bytes_max,
            .time_max = act_time_max};
}

/// The staff pages are one page with a script that reads the address.
http::Route page_route(const http::StaticFiles& files) {
    return {.method = Method::get,
            .pattern = "/staff/{rest...}",
            .handler = [&files](http::Request& request) -> Task<http::Response> {
                co_return files.get(request, "staff.html");
            },
            .permission = std::string(policy::anyone)};
}

}  // namespace

std::vector<http::Route> routes(Parts parts) {
    const http::StaticFiles& files = parts.files;
    const auto room = std::make_shared<Room>(std::move(parts));
    const auto& anyone = policy::anyone;
    const auto& read = policy::read;
    const auto& admin = policy::admin;
    return {page_route(files),
            act(room, Method::get, "/setup", anyone, get_setup),
            act(room, Method::post, "/setup", anyone, set_up),
            act(room, Method::get, "/session", read, get_session),
            act(room, Method::post, "/session", anyone, sign_in),
            act(room, Method::del, "/session", read, sign_out),
            act(room, Method::get, "/inbox", read, list_inbox),
            act(room, Method::post, "/inbox/{devEui}/adopt", admin, adopt),
            act(room, Method::get, "/places", read, list_places),
            act(room, Method::get, "/places/{slug}", read, get_place),
            act(room, Method::put, "/places/{slug}", admin, put_place),
            act(room, Method::del, "/places/{slug}", admin, delete_place),
            act(room, Method::get, "/datastreams", read, list_datastreams),
            act(room, Method::get, "/datastreams/{id}", read, get_datastream),
            act(room, Method::put, "/datastreams/{id}", admin, put_datastream),
            act(room, Method::get, "/devices", read, list_devices),
            act(room, Method::get, "/devices/{devEui}", read, get_device),
            act(room, Method::put, "/devices/{devEui}", admin, put_device),
            act(room, Method::del, "/devices/{devEui}", admin, delete_device),
            act(room, Method::get, "/profiles", read, list_profiles),
            act(room, Method::put, "/profiles/{id}", admin, put_profile),
            act(room, Method::del, "/profiles/{id}", admin, delete_profile),
            act(room, Method::get, "/dead-letters", read, list_dead_letters),
            act(room, Method::post, "/dead-letters/{id}/replay", admin, replay_dead_letter),
            act(room, Method::get, "/codecs", read, list_codecs),
            act(room, Method::post, "/codecs/try", admin, try_codec),
            act(room, Method::get, "/codecs/{id}", read, get_codec),
            act(room, Method::put, "/codecs/{id}", admin, put_codec),
            act(room, Method::del, "/codecs/{id}", admin, delete_codec),
            act(room, Method::get, "/quality", read, list_quality),
            act(room, Method::get, "/quality-rules", read, list_quality_rules),
            act(room, Method::get, "/tokens", read, list_tokens),
            act(room, Method::post, "/tokens", admin, create_token),
            act(room, Method::del, "/tokens/{id}", admin, revoke_token),
            act(room, Method::get, "/health", read, get_health)};
}

}  // namespace bypuls::staff
