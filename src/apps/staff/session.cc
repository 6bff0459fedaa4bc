// The first account, signing in and signing out.
#include <algorithm>

#include <fmt/format.h>

#include "apps/staff/acts.h"
#include "core/text.h"
#include "core/time/iso8601.h"
#include "platform/policy/policy.h"

namespace bypuls::staff {
namespace {

constexpr std::size_t name_characters_max = 100;
constexpr std::size_t password_bytes_max = 4096;  // 1024 characters of four bytes
constexpr int wait_s = 30;

/// Accounts sign in with an e-mail address. Who gives a plain name signs in with an address made of it, the same each
/// time: "Kari Nordmann" is Kari.Nordmann@local.
std::string login_of(std::string_view name) {
    std::string login(name);
    if (login.contains('@')) {
        return login;
    }
    std::ranges::replace(login, ' ', '.');
    return login + "@local";
}

http::Response cross_site(const http::Request& request) {
    return http::problem(request, 403, "forbidden");
}

http::Response too_many(const http::Request& request) {
    const Said said{"For mange forsøk. Vent litt før du prøver igjen.",
                    "For mange forsøk. Vent litt før du prøver att.",
                    "Too many attempts. Wait a little before you try again."};
    return http::problem(
        request,
        {.status = 429, .type = "too-many-requests", .detail = said.in(request.language), .retry_after_s = wait_s});
}

http::Response signed_in(const http::Request& request, const identity::NewSession& session, int status) {
    const auto age_max = identity::Settings{}.session_age_max;
    auto response = answer({{"name", session.account.name},
                            {"csrf_token", session.csrf_token},
                            {"expires", format_instant(session.session.created + age_max)}},
                           status);
    response.headers.add("Set-Cookie",
                         identity::session_cookie(session.token, policy::credentials_of(request).transport, age_max));
    return response;
}

Answer refuse_setup(const http::Request& request, const Error& error, Form& form) {
    switch (error.code) {
        case Errc::exhausted: return too_many(request);
        case Errc::forbidden:
            return http::problem(
                request, 403, "forbidden",
                Said{"Koden er feil, brukt eller for gammel. Start programmet på nytt for en ny. Finnes det "
                     "en konto alt, gir «bypuls user password» den et nytt passord.",
                     "Koden er feil, brukt eller for gamal. Start programmet på nytt for ein ny. Finst "
                     "det ein konto alt, gir «bypuls user password» han eit nytt passord.",
                     "The code is wrong, used or too old. Restart the program for a new one. Where "
                     "there is an account already, `bypuls user password` gives it a new password."}
                    .in(request.language));
        case Errc::conflict:
            return http::problem(request, 409, "conflict",
                                 Said{"Den første kontoen er alt laget.", "Den første kontoen er alt laga.",
                                      "The first account has been made already."}
                                     .in(request.language));
        case Errc::malformed:
            form.fault("password", Said{"Er for lett å gjette. Velg et annet, gjerne fire ord uten sammenheng.",
                                        "Er for lett å gjette. Vel eit anna, gjerne fire ord utan samanheng.",
                                        "Is too easy to guess. Choose another, such as four unrelated words."});
            return *form.refusal();
        default: return std::unexpected(error);
    }
}

void check_name(Form& form, std::string_view name) {
    const auto at = name.find('@');
    if (at != std::string_view::npos && (at == 0 || at + 1 == name.size() || name.contains(' '))) {
        form.fault("name", Said{"Er ikke et navn eller en e-postadresse.", "Er ikkje eit namn eller ei e-postadresse.",
                                "Is neither a name nor an e-mail address."});
    }
}

}  // namespace

Answer get_setup(Room& room, const http::Request& /*request*/) {
    TRY(const auto accounts, room.parts.identity.accounts());
    return answer({{"needed", accounts.empty()}});
}

Answer set_up(Room& room, const http::Request& request) {
    if (!http::is_same_site(request)) {
        return cross_site(request);
    }
    Form form(request);
    const std::string code = form.line("code", 1, 100);
    const std::string name = form.line("name", 1, name_characters_max);
    const std::string password = form.text("password", password_bytes_max);
    check_name(form, name);
    if (auto refusal = form.refusal()) {
        return *std::move(refusal);
    }
    const std::string login = login_of(name);
    const auto account = room.parts.identity.create_first_account(code, login, name, password, request.remote);
    if (!account) {
        return refuse_setup(request, account.error(), form);
    }
    TRY(const auto session, room.parts.identity.log_in(login, password, request.remote));
    return signed_in(request, session, 201);
}

Answer get_session(Room& room, const http::Request& request) {
    const auto* who = policy::who(request);
    const auto csrf_token = room.parts.identity.csrf_token(policy::credentials_of(request));
    if (who == nullptr || !who->session || !csrf_token) {
        return http::problem(request, 401, "unauthorized");  // a key is not a session
    }
    TRY(const auto sessions, room.parts.identity.sessions({who->id}));
    const auto session = std::ranges::find(sessions, *who->session, &identity::Session::id);
    if (session == sessions.end()) {
        return http::problem(request, 401, "unauthorized");
    }
    return answer({{"name", who->name},
                   {"csrf_token", *csrf_token},
                   {"expires", format_instant(session->created + identity::Settings{}.session_age_max)}});
}

Answer sign_in(Room& room, const http::Request& request) {
    if (!http::is_same_site(request)) {
        return cross_site(request);
    }
    Form form(request);
    const std::string name = form.line("name", 1, name_characters_max);
    const std::string password = form.text("password", password_bytes_max);
    if (auto refusal = form.refusal()) {
        return *std::move(refusal);
    }
    const auto session = room.parts.identity.log_in(login_of(name), password, request.remote);
    if (session) {
        return signed_in(request, *session, 200);
    }
    if (session.error().code == Errc::exhausted) {
        return too_many(request);
    }
    if (session.error().code == Errc::forbidden) {
        return http::problem(request, 401, "unauthorized",
                             Said{"Navnet eller passordet er feil.", "Namnet eller passordet er feil.",
                                  "The name or the password is wrong."}
                                 .in(request.language));
    }
    return std::unexpected(session.error());
}

Answer sign_out(Room& room, const http::Request& request) {
    const auto credentials = policy::credentials_of(request);
    TRY_DO(room.parts.identity.log_out(credentials));
    auto response = http::no_content();
    response.headers.add("Set-Cookie", identity::expired_session_cookie(credentials.transport));
    return response;
}

}  // namespace bypuls::staff
