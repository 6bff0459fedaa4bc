#include <algorithm>

#include <fmt/format.h>

#include "apps/staff/acts.h"
#include "core/text.h"
#include "core/time/iso8601.h"

namespace bypuls::staff {
namespace {

constexpr std::size_t query_bytes_max = 800;  // 200 characters

Said said_of(ingest::Reason reason) {
    using enum ingest::Reason;
    switch (reason) {
        case none: break;
        case malformed:
            return {"Meldingen følger ikke formatet sitt.", "Meldinga følgjer ikkje formatet sitt.",
                    "The message does not follow its format."};
        case unknown_device:
            return {"Ingen har tatt enheten i bruk ennå.", "Ingen har teke eininga i bruk enno.",
                    "Nobody has adopted the device yet."};
        case no_profile:
            return {"Enhetens profil eller dekoder finnes ikke.", "Profilen eller dekodaren til eininga finst ikkje.",
                    "The device's profile or codec is missing."};
        case codec_failed:
            return {"Dekoderen kunne ikke lese innholdet.", "Dekodaren kunne ikkje lese innhaldet.",
                    "The codec could not decode the payload."};
        case nothing_mapped:
            return {"Ingen av feltene står i profilen.", "Ingen av felta står i profilen.",
                    "No field of it is in the profile."};
        case frame_conflict:
            return {"Samme radioramme kom før med et annet innhold.", "Same radioramme kom før med eit anna innhald.",
                    "The same radio frame came before with another payload."};
        case future:
            return {"Tidspunktet ligger fram i tid.", "Tidspunktet ligg fram i tid.", "It is stamped in the future."};
        case unknown_series:
            return {"Ingen datastrøm har dette navnet.", "Ingen datastraum har dette namnet.",
                    "No datastream has this name."};
        case wrong_type:
            return {"Verdien er av en annen type enn datastrømmen.", "Verdien er av ein annan type enn datastraumen.",
                    "The value is not of the datastream's type."};
        case out_of_range:
            return {"Tidspunktet eller verdien kan ikke lagres.", "Tidspunktet eller verdien kan ikkje lagrast.",
                    "The time or the value cannot be kept."};
        case key_conflict:
            return {"Samme Idempotency-Key kom før med et annet innhold.",
                    "Same Idempotency-Key kom før med eit anna innhald.",
                    "The same Idempotency-Key came before with another content."};
        case frame_repeated:
            return {"Samme radioramme kom før, stemplet til en annen tid.",
                    "Same radioramme kom før, stempla til ei anna tid.",
                    "The same radio frame came before, stamped at another time."};
    }
    return {"", "", ""};
}

std::string_view outcome_of(std::string_view outcome) {
    if (outcome == "stored" || outcome == "duplicate") {
        return outcome;
    }
    return outcome == ingest::name_of(ingest::Reason::unknown_device) ? "waiting" : "quarantined";
}

}  // namespace

http::Response answer(const json& body, int status) {
    return http::json(body.dump(-1, ' ', false, json::error_handler_t::replace), status);
}

http::Response conflict(const http::Request& request, const Said& why) {
    return http::problem(request, 409, "conflict", why.in(request.language));
}

Said page_of_new_ones() {
    return {"Kan ikke være «new»: den adressen har siden der nye blir til.",
            "Kan ikkje vere «new»: den adressa har sida der nye blir til.",
            "Cannot be 'new': that is the address of the page where new ones are made."};
}

json time_or_null(std::optional<Instant> time) {
    return time ? json(format_instant(*time)) : json(nullptr);
}

json text_or_null(std::string_view text) {
    return text.empty() ? json(nullptr) : json(text);
}

std::string sentence_of(ingest::Reason reason, words::Language language) {
    return said_of(reason).in(language);
}

bool has_words(std::string_view text, std::string_view query) {
    const std::string lower = to_lower_ascii(text);
    return std::ranges::all_of(
        split(query, ' '), [&](std::string_view word) { return word.empty() || lower.contains(to_lower_ascii(word)); });
}

Result<std::string> asked_words(const http::Request& request) {
    const auto words = request.query.get("q").value_or("");
    if (words.size() > query_bytes_max) {
        return fail(Errc::malformed,
                    Said{"q: lengre enn 200 tegn", "q: lengre enn 200 teikn", "q: longer than 200 characters"}.in(
                        request.language));
    }
    return std::string(words);
}

Result<long long> asked_number(const http::Request& request, std::string_view name, long long absent, long long min,
                               long long max) {
    auto number = request.query.integer(name, absent, min, max);
    if (number) {
        return number;
    }
    const std::string must =
        Said{"må være et helt tall", "må vere eit heilt tal", "must be a whole number"}.in(request.language);
    const std::string from_to = Said{"fra {} til {}", "frå {} til {}", "from {} to {}"}.in(request.language);
    return fail(Errc::malformed, fmt::format("{}: {} {}", name, must, fmt::format(fmt::runtime(from_to), min, max)));
}

Answer page(const http::Request& request, std::vector<Row> rows, const std::function<Result<json>(std::size_t)>& make) {
    TRY(const auto limit, asked_number(request, "limit", 50, 1, 200));
    const auto after = request.query.get("after").value_or("");
    std::ranges::sort(rows, {}, &Row::key);
    auto row = after.empty() ? rows.begin() : std::ranges::upper_bound(rows, after, {}, &Row::key);
    json items = json::array();
    for (; row != rows.end() && std::cmp_less(items.size(), limit); ++row) {
        TRY(auto item, make(row->index));
        items.push_back(std::move(item));
    }
    const json next = row == rows.end() || items.empty() ? json(nullptr) : json(std::prev(row)->key);
    return answer({{"items", std::move(items)}, {"next", next}, {"total", rows.size()}});
}

json frame_json(const ingest::pipeline::Frame& frame, words::Language language) {
    json made{{"time", format_instant(frame.time)},
              {"f_cnt", frame.f_cnt},
              {"f_port", frame.f_port},
              {"payload_hex", frame.payload_hex},
              {"gateways", frame.gateways},
              {"rssi", frame.gateways == 0 ? json(nullptr) : json(frame.rssi_dbm)},
              {"snr", frame.gateways == 0 ? json(nullptr) : json(frame.snr_db)},
              {"outcome", outcome_of(frame.outcome)},
              {"decoded", nullptr}};
    if (const auto reason = ingest::reason_named(frame.outcome); reason && *reason != ingest::Reason::none) {
        made["detail"] = sentence_of(*reason, language);
    }
    if (json decoded = json::parse(frame.decoded, nullptr, false); decoded.is_object()) {
        made["decoded"] = std::move(decoded);
    }
    return made;
}

}  // namespace bypuls::staff
