#include "platform/http/problem.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "core/log.h"
#include "core/text.h"
#include "core/words/catalogue.h"

namespace bypuls::http {
namespace {

struct Words {
    std::string_view type;
    std::array<std::string_view, 3> title;   // nb, nn, en: the order of Language
    std::array<std::string_view, 3> advice;  // empty: nothing more to say
};

constexpr std::array<Words, 23> table = {{
    {"bad-request",
     {"Forespørselen kunne ikke forstås", "Førespurnaden kunne ikkje forståast", "The request could not be understood"},
     {"Rett opp det som står i detaljene, og send på nytt.", "Rett opp det som står i detaljane, og send på nytt.",
      "Correct what the details say and send it again."}},
    {"unauthorized",
     {"Du må logge inn", "Du må logge inn", "You need to sign in"},
     {"Logg inn, eller send en gyldig nøkkel.", "Logg inn, eller send ein gyldig nykel.",
      "Sign in, or send a valid key."}},
    {"forbidden",
     {"Du har ikke tilgang", "Du har ikkje tilgang", "You do not have access"},
     {"Spør den som forvalter tilgangen, hvis du mener du skal ha den.",
      "Spør den som forvaltar tilgangen, om du meiner du skal ha han.",
      "Ask whoever manages access if you think you should have it."}},
    {"not-found",
     {"Fant ikke siden", "Fann ikkje sida", "Not found"},
     {"Sjekk adressen, eller begynn på forsiden.", "Sjekk adressa, eller byrj på framsida.",
      "Check the address, or start from the front page."}},
    {"method-not-allowed",
     {"Metoden kan ikke brukes her", "Metoden kan ikkje brukast her", "The method cannot be used here"},
     {"Se Allow for hva som kan brukes.", "Sjå Allow for kva som kan brukast.", "See Allow for what can be used."}},
    {"not-acceptable",
     {"Formatet finnes ikke her", "Formatet finst ikkje her", "The format is not available here"},
     {"Be om et annet format.", "Be om eit anna format.", "Ask for another format."}},
    {"conflict",
     {"Stemmer ikke med det som er lagret", "Stemmer ikkje med det som er lagra", "Contradicts what is stored"},
     {"Hent det som er lagret, og prøv på nytt.", "Hent det som er lagra, og prøv på nytt.",
      "Fetch what is stored and try again."}},
    {"gone", {"Er fjernet", "Er fjerna", "Has been removed"}, {}},
    {"precondition-failed",
     {"Er endret siden du hentet det", "Er endra sidan du henta det", "Has changed since you fetched it"},
     {"Hent på nytt, og gjør endringen igjen.", "Hent på nytt, og gjer endringa igjen.",
      "Fetch it again and redo the change."}},
    {"too-large",
     {"Innholdet er for stort", "Innhaldet er for stort", "The content is too large"},
     {"Del det opp, og send delene hver for seg.", "Del det opp, og send delane kvar for seg.",
      "Split it and send the parts one by one."}},
    {"too-much",
     {"Det er for mye å spørre om på én gang", "Det er for mykje å spørje om på éin gong",
      "That is too much to ask at once"},
     {"Spør om mindre. Detaljene sier hvordan.", "Spør om mindre. Detaljane seier korleis.",
      "Ask for less. The details say how."}},
    {"unsupported-type",
     {"Formatet støttes ikke", "Formatet er ikkje støtta", "The format is not supported"},
     {"Se Content-Type og Content-Encoding.", "Sjå Content-Type og Content-Encoding.",
      "See Content-Type and Content-Encoding."}},
    {"unprocessable",
     {"Noe i innholdet må rettes", "Noko i innhaldet må rettast", "Something in the content must be corrected"},
     {"Rett hver feil i listen, og send på nytt.", "Rett kvar feil i lista, og send på nytt.",
      "Correct each fault in the list and send it again."}},
    {"too-many-requests",
     {"For mange forespørsler", "For mange førespurnader", "Too many requests"},
     {"Vent så lenge som Retry-After sier.", "Vent så lenge som Retry-After seier.",
      "Wait as long as Retry-After says."}},
    {"headers-too-large",
     {"Adressen eller hodefeltene er for lange", "Adressa eller hovudfelta er for lange",
      "The address or header fields are too long"},
     {"Slett informasjonskapslene, eller bruk en kortere adresse.",
      "Slett informasjonskapslane, eller bruk ei kortare adresse.", "Delete the cookies or use a shorter address."}},
    {"internal",
     {"Noe gikk galt hos oss", "Noko gjekk gale hos oss", "Something went wrong on our side"},
     {"Prøv igjen. Oppgi nummeret hvis det gjentar seg.", "Prøv igjen. Oppgje nummeret om det tek seg opp att.",
      "Try again. Quote the number if it happens again."}},
    {"not-implemented", {"Støttes ikke", "Er ikkje støtta", "Not supported"}, {}},
    {"unavailable",
     {"Tjenesten svarer ikke akkurat nå", "Tenesta svarar ikkje akkurat no", "The service is not answering right now"},
     {"Prøv igjen om litt.", "Prøv igjen om litt.", "Try again shortly."}},
    {"timed-out",
     {"Det tok for lang tid", "Det tok for lang tid", "It took too long"},
     {"Prøv igjen, eller be om mindre.", "Prøv igjen, eller be om mindre.", "Try again, or ask for less."}},
    {"exhausted",
     {"Det er fullt akkurat nå", "Det er fullt akkurat no", "There is no room right now"},
     {"Prøv igjen om litt.", "Prøv igjen om litt.", "Try again shortly."}},
    {"storage-full",
     {"Lageret er fullt", "Lageret er fullt", "The storage is full"},
     {"Ingenting ble lagret. Send på nytt senere.", "Ingenting vart lagra. Send på nytt seinare.",
      "Nothing was stored. Send it again later."}},
    {"request-timeout",
     {"Forespørselen kom for sakte", "Førespurnaden kom for sakte", "The request arrived too slowly"},
     {"Prøv igjen med en bedre forbindelse.", "Prøv igjen med eit betre samband.",
      "Try again with a better connection."}},
    {"damaged",
     {"Lagrede data er skadet", "Lagra data er skadde", "Stored data is damaged"},
     {"Driften er varslet. Oppgi nummeret.", "Drifta er varsla. Oppgje nummeret.",
      "Operations have been told. Quote the number."}},
}};

const Words* words_of(std::string_view type) {
    const auto found = std::ranges::find(table, type, &Words::type);
    return found == table.end() ? nullptr : &*found;
}

std::string_view type_of(Errc code) {
    switch (code) {
        case Errc::malformed: return "bad-request";
        case Errc::not_found: return "not-found";
        case Errc::conflict: return "conflict";
        case Errc::forbidden: return "forbidden";
        case Errc::unavailable: return "unavailable";
        case Errc::timed_out: return "timed-out";
        case Errc::exhausted: return "exhausted";
        case Errc::damaged: return "damaged";
    }
    return "internal";
}

void append_member(std::string& out, std::string_view name, std::string_view value) {
    if (!value.empty()) {
        out += fmt::format(",\"{}\":", name);
        append_json_string(out, value);
    }
}

std::string sentence_for_reader(Errc code, Language language) {
    const words::Words say(words::Catalogue::built_in(), language);
    switch (code) {
        case Errc::unavailable: return say("problem.unavailable");
        case Errc::timed_out: return say("problem.timed_out");
        case Errc::exhausted: return say("problem.exhausted");
        case Errc::not_found: return say("problem.not_found");
        case Errc::conflict: return say("problem.conflict");
        case Errc::forbidden: return say("problem.forbidden");
        case Errc::malformed:
        case Errc::damaged: break;  // the type's words say it
    }
    return {};
}

std::string body_of(const Request& request, const Problem& problem) {
    std::string out = R"({"type":)";
    append_json_string(out, "/problems/" + problem.type);
    const std::string title(problem.title.empty() ? problem_title(problem.type, request.language) : problem.title);
    append_member(out, "title", title);
    out += fmt::format(",\"status\":{}", problem.status);
    // The contract promises a detail; where there is nothing more to tell, the title says it all.
    append_member(out, "detail", problem.detail.empty() ? title : problem.detail);
    append_member(out, "what_to_do",
                  problem.what_to_do.empty() ? problem_advice(problem.type, request.language) : problem.what_to_do);
    append_member(out, "instance", request.id.empty() ? "" : "urn:bypuls:request:" + request.id);
    if (!problem.errors.empty()) {
        out += ",\"errors\":[";
        for (const Fault& fault : problem.errors) {
            out += &fault == problem.errors.data() ? "{\"where\":" : ",{\"where\":";
            append_json_string(out, fault.where);
            append_member(out, "what", fault.what);
            out += '}';
        }
        out += ']';
    }
    return out + '}';
}

}  // namespace

int status_of(Errc code) {
    switch (code) {
        case Errc::malformed: return 400;
        case Errc::not_found: return 404;
        case Errc::conflict: return 409;
        case Errc::forbidden: return 403;
        case Errc::unavailable: return 503;
        case Errc::timed_out: return 504;
        case Errc::exhausted: return 503;
        case Errc::damaged: return 500;
    }
    return 500;
}

Problem problem_of(const Error& error) {
    const bool again = error.code == Errc::unavailable || error.code == Errc::exhausted;
    return {.status = status_of(error.code),
            .type = std::string(type_of(error.code)),
            .title = {},
            .detail = error.code == Errc::damaged ? std::string{} : error.what,
            .what_to_do = {},
            .errors = {},
            .retry_after_s = again ? 5 : 0};
}

Response problem(const Request& request, Problem problem) {
    Response response = content("application/problem+json", body_of(request, problem), problem.status);
    response.headers.set("Content-Language", std::string(tag_of(request.language)));
    response.headers.set("Cache-Control", "no-store");
    if (problem.retry_after_s > 0) {
        response.headers.set("Retry-After", fmt::to_string(problem.retry_after_s));
    }
    return response;
}

Response problem(const Request& request, const Error& error) {
    if (error.code == Errc::damaged) {
        log::error("platform/http", "stored bytes are damaged", {{"request", request.id}, {"what", error.what}});
    }
    return problem(request, problem_of(error));
}

Response problem_for_reader(const Request& request, const Error& error, std::initializer_list<Errc> own) {
    if (error.code == Errc::damaged || std::ranges::find(own, error.code) != own.end()) {
        return problem(request, error);
    }
    log::warning("platform/http", "a reader was told that something did not work",
                 {{"request", request.id}, {"what", error.what}});
    Problem told = problem_of(error);
    told.detail = sentence_for_reader(error.code, request.language);
    return problem(request, std::move(told));
}

Response problem(const Request& request, int status, std::string type, std::string detail) {
    const bool again = status == 429 || status == 503;
    return problem(request, Problem{.status = status,
                                    .type = std::move(type),
                                    .title = {},
                                    .detail = std::move(detail),
                                    .what_to_do = {},
                                    .errors = {},
                                    .retry_after_s = again ? 5 : 0});
}

std::string_view problem_title(std::string_view type, Language language) {
    const Words* words = words_of(type);
    return words != nullptr ? words->title[static_cast<std::size_t>(language)] : std::string_view{};
}

std::string_view problem_advice(std::string_view type, Language language) {
    const Words* words = words_of(type);
    return words != nullptr ? words->advice[static_cast<std::size_t>(language)] : std::string_view{};
}

}  // namespace bypuls::http
