// Messages that could not be used, and trying them again.
#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "apps/staff/acts.h"
#include "core/text.h"
#include "core/time/iso8601.h"

namespace bypuls::staff {
namespace {

using ingest::pipeline::DeadLetter;
using ingest::pipeline::DeadLetterQuery;

constexpr std::size_t words_max = 10;

/// "reason:codec_failed state:waiting landfalltjern": filters and words that must occur.
Result<DeadLetterQuery> read_query(std::string_view text, words::Language language) {
    DeadLetterQuery query;
    for (const std::string_view word : split(text, ' ')) {
        const auto colon = word.find(':');
        const std::string_view name = word.substr(0, colon);
        const std::string value(colon == std::string_view::npos ? "" : word.substr(colon + 1));
        if (word.empty()) {
            continue;
        }
        if (colon == std::string_view::npos) {
            query.words.emplace_back(word);
        } else if (name == "source") {
            query.source = value;
        } else if (name == "reason") {
            if (!ingest::reason_named(value)) {
                return fail(Errc::malformed, Said{fmt::format("q: det er ingen grunn som heter '{}'", value),
                                                  fmt::format("q: det er ingen grunn som heiter '{}'", value),
                                                  fmt::format("q: there is no reason '{}'", value)}
                                                 .in(language));
            }
            query.reason = value;
        } else if (name == "device") {
            query.device = to_lower_ascii(value);
        } else if (name == "state" && (value == "waiting" || value == "replayed")) {
            query.replayed = value == "replayed";
        } else if (name == "state") {
            return fail(Errc::malformed,
                        Said{"q: state er 'waiting' eller 'replayed'", "q: state er 'waiting' eller 'replayed'",
                             "q: state is 'waiting' or 'replayed'"}
                            .in(language));
        } else {
            query.words.emplace_back(word);  // such as a part of a JSON text
        }
    }
    if (query.words.size() > words_max) {
        return fail(Errc::malformed,
                    Said{fmt::format("q: flere enn {} ord", words_max), fmt::format("q: fleire enn {} ord", words_max),
                         fmt::format("q: more than {} words", words_max)}
                        .in(language));
    }
    return query;
}

std::optional<std::int64_t> number_of(std::string_view text) {
    std::int64_t number = 0;
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
    return fault == std::errc{} && end == text.data() + text.size() && number > 0 ? std::optional(number)
                                                                                  : std::nullopt;
}

/// Messages in protobuf are kept as hexadecimal digits, which no JSON text and no line begins and ends with.
bool is_hex(std::string_view payload) {
    return !payload.empty() && payload.size() % 2 == 0 &&
           std::ranges::all_of(payload, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

/// In the reader's language. Letters of before there were sayings say it in English as they were kept.
std::string shown_sentence(const Room& room, const DeadLetter& letter, words::Language language) {
    const json said = json::parse(letter.saying, nullptr, false);
    const words::Words say(room.parts.messages, language);
    const auto value = [&](const char* name) { return said.is_object() ? said.value(name, "") : std::string{}; };
    const std::string key = "letters.say_" + value("say");
    if (!say.catalogue().has(key)) {
        return letter.sentence.empty() ? sentence_of(letter.reason, language) : letter.sentence;
    }
    const std::string type = "letters.type_" + value("type");
    const std::string text = say.lookup(key, {{"what", value("what")},
                                              {"time", value("time")},
                                              {"minutes", value("minutes")},
                                              {"received", value("received")},
                                              {"frame", value("frame")},
                                              {"session", value("session")},
                                              {"profile", value("profile")},
                                              {"codec", value("codec")},
                                              {"type", say.catalogue().has(type) ? say.lookup(type) : value("type")}});
    for (const char* unit : {"line", "row"}) {
        if (const std::string number = value(unit); !number.empty()) {
            return say.lookup(std::string("letters.at_") + unit, {{"n", number}, {"what", text}});
        }
    }
    return text;
}

json letter_json(const Room& room, const DeadLetter& letter, words::Language language) {
    const std::string sentence = shown_sentence(room, letter, language);
    return {{"id", fmt::to_string(letter.id)},
            {"time", format_instant(letter.received)},
            {"source", letter.source},
            {"reason", ingest::name_of(letter.reason)},
            {"sentence", sentence},
            {"field", text_or_null(letter.field)},
            {"line", letter.line == 0 ? json(nullptr) : json(letter.line)},
            {"device", text_or_null(letter.device)},
            {"payload", letter.payload},
            {"payload_encoding", is_hex(letter.payload) ? "hex" : "text"},
            {"payload_bytes", letter.payload_bytes},
            {"state", letter.replayed ? "replayed" : "waiting"}};
}

/// What the new letter says of a message that was quarantined once more.
Result<std::string> new_sentence(Room& room, const DeadLetter& letter, journal::Position position,
                                 words::Language language) {
    TRY(const auto newest, room.parts.ledger.dead_letters({.device = letter.device, .replayed = false}));
    const auto found = std::ranges::find(newest, position, &DeadLetter::position);
    return shown_sentence(room, found == newest.end() ? letter : *found, language);
}

Answer outcome_answer(std::string_view outcome, std::string sentence) {
    return answer({{"outcome", outcome}, {"sentence", std::move(sentence)}});
}

}  // namespace

Answer list_dead_letters(Room& room, const http::Request& request) {
    TRY(const std::string words, asked_words(request));
    TRY(auto query, read_query(words, request.language));
    TRY(const auto limit, asked_number(request, "limit", 50, 1, 200));
    TRY(query.before, asked_number(request, "after", INT64_MAX, 1, INT64_MAX));
    query.limit = static_cast<std::size_t>(limit) + 1;  // one more tells whether there is another page
    TRY(auto letters, room.parts.ledger.dead_letters(query));
    TRY(const auto total, room.parts.ledger.count_dead_letters(query));
    json next = nullptr;
    if (std::cmp_greater(letters.size(), limit)) {
        letters.pop_back();
        next = fmt::to_string(letters.back().id);
    }
    json items = json::array();
    for (const DeadLetter& letter : letters) {
        items.push_back(letter_json(room, letter, request.language));
    }
    return answer({{"items", std::move(items)}, {"next", std::move(next)}, {"total", total}});
}

Answer replay_dead_letter(Room& room, const http::Request& request) {
    const auto id = number_of(request.path_parameter("id"));
    if (!id) {
        return http::problem(request, 404, "not-found");
    }
    TRY(const auto letter, room.parts.ledger.dead_letter(*id));
    if (letter.replayed) {
        return conflict(request, {"Meldingen er alt prøvd på nytt.", "Meldinga er alt prøvd på nytt.",
                                  "The message has been tried again already."});
    }
    if (letter.position.value == 0) {
        return conflict(request,
                        {"Meldingen ble avvist da den kom, og er ikke tatt vare på. Avsenderen må sende på nytt.",
                         "Meldinga vart avvist då ho kom, og er ikkje teken vare på. Avsendaren må sende på nytt.",
                         "The message was refused when it came and was not kept. The sender must send it again."});
    }
    TRY(const auto replayed, replay(room, letter.position));
    if (replayed.counts.quarantined > 0) {
        TRY(auto sentence, new_sentence(room, letter, replayed.position, request.language));
        return outcome_answer("quarantined", std::move(sentence));
    }
    if (replayed.counts.rejected > 0) {
        return outcome_answer("rejected", shown_sentence(room, letter, request.language));
    }
    if (replayed.counts.stored > 0) {
        return outcome_answer(
            "stored", Said{"Verdiene er lagret.", "Verdiane er lagra.", "The values are stored."}.in(request.language));
    }
    return outcome_answer(
        "duplicate",
        Said{"Verdiene var lagret fra før.", "Verdiane var lagra frå før.", "The values were stored before."}.in(
            request.language));
}

}  // namespace bypuls::staff
