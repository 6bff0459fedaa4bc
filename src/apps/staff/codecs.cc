// Payload codecs: their texts, and trying them.
#include <algorithm>

#include <fmt/format.h>

#include "apps/staff/acts.h"
#include "core/bytes.h"
#include "core/text.h"
#include "core/time/iso8601.h"

namespace bypuls::staff {
namespace {

using ingest::codecs::Decoded;
using ingest::codecs::Fault;
using ingest::devices::Snapshot;
using ingest::devices::StoredCodec;

constexpr std::size_t script_bytes_max = 262'144;
constexpr std::size_t payload_hex_max = 2048;

json codec_json(const Room& room, const Snapshot& book, const StoredCodec& codec) {
    const auto counts = room.parts.decoder.counts(codec.id);
    return {{"id", codec.id},
            {"name", codec.name},
            {"version", codec.version},
            {"saved", format_instant(codec.saved)},
            {"profiles", std::ranges::count_if(book.profiles,
                                               [&](const auto& profile) { return profile.second.codec == codec.id; })},
            {"decoded", counts.decoded},
            {"failed", counts.failed}};
}

json source_json(const Room& room, const Snapshot& book, const StoredCodec& codec) {
    json made = codec_json(room, book, codec);
    made["script"] = codec.script;
    return made;
}

/// The contract's words for what a codec can do wrong.
std::string_view kind_of(Fault::Kind kind) {
    switch (kind) {
        case Fault::Kind::syntax:
        case Fault::Kind::no_function: return "syntax";
        case Fault::Kind::runtime: return "thrown";
        case Fault::Kind::cpu: return "time";
        case Fault::Kind::memory: return "memory";
        case Fault::Kind::output: return "output";
        case Fault::Kind::crashed: return "crashed";
    }
    return "crashed";
}

/// A text that throws on an empty payload may well decode real ones; whatever else goes wrong is the text's own.
bool loads(const std::optional<Fault>& fault) {
    return !fault || fault->kind == Fault::Kind::runtime || fault->kind == Fault::Kind::output;
}

std::string at_line(const Fault& fault, words::Language language) {
    if (fault.line == 0) {
        return fault.sentence;
    }
    return Said{fmt::format("Linje {}: {}", fault.line, fault.sentence),
                fmt::format("Linje {}: {}", fault.line, fault.sentence),
                fmt::format("Line {}: {}", fault.line, fault.sentence)}
        .in(language);
}

json trial_json(const Decoded& decoded, std::chrono::microseconds took) {
    json made{{"ok", decoded.ok()}, {"microseconds", took.count()}, {"warnings", decoded.warnings}};
    if (decoded.ok()) {
        json data = json::parse(decoded.data, nullptr, false);
        made["decoded"] = data.is_object() ? std::move(data) : json::object();
    } else if (decoded.fault) {
        made["fault"] = {{"kind", kind_of(decoded.fault->kind)},
                         {"sentence", decoded.fault->sentence},
                         {"line", decoded.fault->line == 0 ? json(nullptr) : json(decoded.fault->line)}};
    } else {
        made["fault"] = {
            {"kind", "thrown"}, {"sentence", fmt::format("{}", fmt::join(decoded.errors, "; "))}, {"line", nullptr}};
    }
    return made;
}

std::map<std::string, std::string> variables_of(Form& form) {
    constexpr std::size_t variables_max = 64;
    const json given = form.any("variables");
    std::map<std::string, std::string> variables;
    const bool texts = given.is_object() && given.size() <= variables_max &&
                       std::ranges::all_of(given, [](const json& value) { return value.is_string(); });
    if (texts) {
        for (const auto& [name, value] : given.items()) {
            variables.emplace(name, value.get<std::string>());
        }
    } else if (!given.is_null()) {
        form.fault("variables", Said{"Må være et objekt av tekster.", "Må vere eit objekt av tekstar.",
                                     "Must be an object of texts."});
    }
    return variables;
}

}  // namespace

Answer list_codecs(Room& room, const http::Request& /*request*/) {
    const auto book = room.parts.devices.snapshot();
    std::vector<const StoredCodec*> codecs;
    for (const auto& [id, codec] : book->codecs) {
        codecs.push_back(&codec);
    }
    std::ranges::stable_sort(codecs, {}, [](const StoredCodec* codec) { return to_lower_ascii(codec->name); });
    json items = json::array();
    for (const StoredCodec* codec : codecs) {
        items.push_back(codec_json(room, *book, *codec));
    }
    return answer({{"items", std::move(items)}});
}

Answer get_codec(Room& room, const http::Request& request) {
    const auto book = room.parts.devices.snapshot();
    const StoredCodec* codec = book->codec(request.path_parameter("id"));
    return codec == nullptr ? http::problem(request, 404, "not-found") : answer(source_json(room, *book, *codec));
}

Answer put_codec(Room& room, const http::Request& request) {
    const std::string id(request.path_parameter("id"));
    Form form(request);
    const std::string name = form.line("name", 1, 100);
    const std::string script = form.text("script", script_bytes_max);
    const std::int64_t version = form.whole("version", 0, INT64_MAX);
    if (!ingest::devices::is_id(id)) {
        form.fault("id", Said{"Må ha 1 til 64 av A-Z, a-z, 0-9, _ og -.", "Må ha 1 til 64 av A-Z, a-z, 0-9, _ og -.",
                              "Must have 1 to 64 of A-Z, a-z, 0-9, _ and -."});
    }
    if (id == "new" && room.parts.devices.snapshot()->codec(id) == nullptr) {
        form.fault("id", page_of_new_ones());
    }
    if (auto refusal = form.refusal()) {
        return *std::move(refusal);
    }
    TRY(const Decoded trial, room.parts.decoder.try_out({id, ingest::codecs::codec_version(script), script},
                                                        {.received = room.parts.clock.now()}));
    if (!loads(trial.fault)) {
        form.fault("script", at_line(*trial.fault, request.language));
        return *form.refusal();
    }
    const auto made = room.parts.devices.put_codec(id, name, script, version);
    if (!made && made.error().code == Errc::conflict) {
        return http::problem(request, 409, "conflict",
                             Said{"Noen andre har lagret dekoderen siden du åpnet den.",
                                  "Nokon andre har lagra dekodaren sidan du opna han.",
                                  "Somebody else has saved the codec since you opened it."}
                                 .in(request.language));
    }
    TRY_DO(made);
    const auto book = room.parts.devices.snapshot();
    return answer(source_json(room, *book, *book->codec(id)));
}

Answer try_codec(Room& room, const http::Request& request) {
    Form form(request);
    const std::string script = form.text("script", script_bytes_max);
    const std::int64_t f_port = form.whole("f_port", 0, 255);
    std::string hex = form.text("payload_hex", payload_hex_max);
    std::erase_if(hex, [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; });
    const auto bytes = from_hex(hex);
    if (!bytes) {
        form.fault("payload_hex",
                   Said{"Må være heksadesimale siffer to og to.", "Må vere heksadesimale siffer to og to.",
                        "Must be hexadecimal digits in pairs."});
    }
    auto variables = variables_of(form);
    if (auto refusal = form.refusal()) {
        return *std::move(refusal);
    }
    const auto before = room.parts.clock.steady();
    TRY(const Decoded decoded, room.parts.decoder.try_out({"trial", ingest::codecs::codec_version(script), script},
                                                          {.f_port = static_cast<std::uint8_t>(f_port),
                                                           .bytes = *bytes,
                                                           .received = room.parts.clock.now(),
                                                           .variables = std::move(variables)}));
    const auto took = std::chrono::duration_cast<std::chrono::microseconds>(room.parts.clock.steady() - before);
    return answer(trial_json(decoded, took));
}

}  // namespace bypuls::staff
