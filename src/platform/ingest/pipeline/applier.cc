#include "platform/ingest/pipeline/applier.h"

#include <algorithm>
#include <unordered_map>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/bytes.h"
#include "core/check.h"
#include "core/time/iso8601.h"
#include "platform/ingest/pipeline/letters.h"

namespace bypuls::ingest::pipeline {

using observations::Arrival;
using observations::DatastreamId;
using observations::Outcome;
using observations::Verdict;

/// One message on its way through.
struct Applier::Work {
    const Intake& intake;
    journal::Position position;
    std::string_view source;
    Applied applied;
    std::vector<Arrival> rows;
    std::vector<Unit> units;
    std::vector<DeadLetter> letters;
    std::vector<UnknownDevice> unknown;
    std::vector<Frame> frames;
    struct Detailed {
        std::size_t row = 0;
        observations::Detail detail;
    };
    std::vector<Detailed> details;
    std::uint32_t unit = 0;                                   // being looked at
    std::map<registry::DatastreamId, std::int64_t> timeless;  // how many rows without a time there were
};

namespace {

constexpr std::size_t letters_per_message_max = 100;

/// Is a letter all that tells of what was refused as it came in?
bool is_told_by_letter(const Intake& intake) {
    return intake.rejected > 0 && is_publish(intake.message);
}

DeadLetter letter_of_rejected(const Intake& intake) {
    DeadLetter letter = letter_of_refused(intake.message, intake.refused, intake.rejected);
    if (const auto* refusal = std::get_if<Refusal>(&intake.parsed)) {
        letter.payload_bytes = static_cast<std::int64_t>(refusal->body_bytes);
    }
    return letter;
}

observations::Value value_of(const line_protocol::Value& value) {
    struct Visitor {
        observations::Value operator()(double number) const { return number; }
        observations::Value operator()(std::int64_t number) const { return number; }
        observations::Value operator()(std::uint64_t number) const {
            // An unsigned number beyond 2^63 is kept as what it says, as a number.
            return number <= static_cast<std::uint64_t>(INT64_MAX)
                       ? observations::Value{static_cast<std::int64_t>(number)}
                       : observations::Value{static_cast<double>(number)};
        }
        observations::Value operator()(bool truth) const { return truth; }
        observations::Value operator()(std::string_view text) const {
            return observations::Category{std::string(text)};
        }
    };
    return std::visit(Visitor{}, value);
}

observations::Value value_of(const batch::Value& value) {
    struct Visitor {
        observations::Value operator()(double number) const { return number; }
        observations::Value operator()(std::int64_t number) const { return number; }
        observations::Value operator()(bool truth) const { return truth; }
        observations::Value operator()(const std::string& text) const { return observations::Category{text}; }
        observations::Value operator()(const batch::Json& json) const { return observations::Json{json.text}; }
    };
    return std::visit(Visitor{}, value);
}

/// A multi-datastream's readings have a value for each component, of its type (18-088 §8.2.9).
Result<void> check_components(const registry::Stream& stream, const observations::Value& value) {
    if (stream.components.empty()) {
        return {};
    }
    const auto* json = std::get_if<observations::Json>(&value);
    return registry::check_reading(
        stream.components, json == nullptr ? nlohmann::json() : nlohmann::json::parse(json->text, nullptr, false));
}

/// A stamp that lies ahead is no time at which anything was heard.
Instant heard(const lorawan::Event& event, Instant received) {
    return std::min(event.time.value_or(received), received);
}

Ahead::Frame frame_of(const lorawan::Event& event, const Intake& intake, const devices::StoredCodec& stored) {
    return {.codec = {stored.id, std::to_string(stored.version), stored.script},
            .uplink = {.f_port = event.f_port,
                       .bytes = event.payload,
                       .received = event.time.value_or(intake.message.received),
                       .variables = {}}};
}

}  // namespace

void Applier::look_ahead(std::span<const Intake* const> next) {
    const auto book = parts_.devices.snapshot();
    std::vector<Ahead::Frame> frames;
    for (const Intake* intake : next) {
        const auto* event = std::get_if<lorawan::Event>(&intake->parsed);
        if (event == nullptr || event->kind != lorawan::Kind::up || event->payload.empty() || event->f_port == 0) {
            continue;
        }
        const devices::Device* device = book->device(event->dev_eui);
        const devices::Profile* profile = device == nullptr ? nullptr : book->profile(device->profile);
        const devices::StoredCodec* codec = profile == nullptr ? nullptr : book->codec(profile->codec);
        if (codec != nullptr) {
            frames.push_back(frame_of(*event, *intake, *codec));
        }
    }
    ahead_.look(std::move(frames));
}

Result<Applied> Applier::apply(const Intake& intake, journal::Position position) {
    // Of a publish no letter may be left out: a hundred of what is put aside, and one of what was refused.
    const bool publish = is_publish(intake.message);
    if (publish && !parts_.ledger.has_room(letters_per_message_max + 1)) {
        return fail(Errc::exhausted, "too many dead letters wait to be written");
    }
    Work work{.intake = intake, .position = position, .source = source_of(intake.message.way)};
    TRY(const Ledger::Seen seen, see_key(intake, position));
    if (seen == Ledger::Seen::duplicate) {
        work.applied.counts.duplicate += intake.units();  // what was refused of it was counted when it came first
    } else if (seen == Ledger::Seen::conflict) {
        quarantine_all(work, Reason::key_conflict,
                       {.sentence = "the same key came before with another content", .key = "key_conflict"},
                       "Idempotency-Key");
    } else if (const auto* event = std::get_if<lorawan::Event>(&intake.parsed)) {
        TRY_DO(take_event(work, *event));
    } else if (const auto* lines = std::get_if<line_protocol::Batch>(&intake.parsed)) {
        TRY_DO(take_lines(work, *lines));
    } else if (const auto* rows = std::get_if<batch::Batch>(&intake.parsed)) {
        TRY_DO(take_rows(work, *rows));
    }
    TRY_DO(store(work));
    if (seen != Ledger::Seen::duplicate) {
        work.applied.counts.rejected += intake.rejected;
        if (is_told_by_letter(intake)) {
            work.letters.insert(work.letters.begin(), letter_of_rejected(intake));
        }
    }
    work.applied.counts.received = intake.units();
    check(work.applied.counts.in_flight() == 0, "every unit of a message has an outcome");
    // Only now is nothing left that can fail, so a message that is tried again leaves each of these once.
    for (DeadLetter& letter : work.letters) {
        publish ? parts_.ledger.keep_dead_letter(std::move(letter)) : parts_.ledger.add_dead_letter(std::move(letter));
    }
    for (UnknownDevice& device : work.unknown) {
        parts_.ledger.note_unknown_device(std::move(device));
    }
    for (Frame& frame : work.frames) {
        parts_.ledger.note_frame(std::move(frame));
    }
    if (is_raw_kept(work.applied, intake)) {
        parts_.ledger.keep_raw(position, intake.message);
    }
    if (intake.message.replay_of != 0) {
        parts_.ledger.mark_replayed({intake.message.replay_of});
    }
    parts_.ledger.count(intake.message.replay_of != 0 ? "replay" : work.source, work.applied.counts);
    return std::move(work.applied);
}

/// Only what has no time of its own needs its sender's key: the rest is known by its frame, or by datastream and time.
/// Dead letters have no such name either.
Result<Ledger::Seen> Applier::see_key(const Intake& intake, journal::Position position) {
    const bool needs_key = intake.stamped_on_receipt || is_told_by_letter(intake);
    if (intake.message.key.empty() || !needs_key || intake.message.replay_of != 0) {
        return Ledger::Seen::fresh;
    }
    return parts_.ledger.see_key(intake.message, position);
}

/// One letter for the message, which is kept whole; every unit that could have been used counts.
void Applier::quarantine_all(Work& work, Reason reason, const Why& why, const std::string& field) {
    if (work.intake.good > 0) {
        quarantine(work, reason, why, field);
        work.applied.counts.quarantined += work.intake.good - 1;
    }
}

void Applier::quarantine(Work& work, Reason reason, Why why, std::string field, std::int64_t line,
                         std::string codec_version) {
    work.applied.counts.quarantined += 1;
    work.applied.refused.push_back({work.unit, field, why.sentence});
    if (work.letters.size() >= letters_per_message_max) {
        return;  // counted all the same; the message is kept whole
    }
    const Message& message = work.intake.message;
    const auto* event = std::get_if<lorawan::Event>(&work.intake.parsed);
    DeadLetter letter = letter_about(message, reason, why);
    letter.position = work.position;
    letter.field = std::move(field);
    letter.device = event == nullptr ? "" : event->dev_eui.to_text();
    letter.line = line;
    letter.codec_version = std::move(codec_version);
    work.letters.push_back(std::move(letter));
}

void Applier::note_frame(Work& work, const lorawan::Event& event, std::string_view decoded, std::string_view outcome) {
    const lorawan::Gateway* best = nullptr;
    for (const lorawan::Gateway& gateway : event.gateways) {
        best = best == nullptr || gateway.rssi_dbm > best->rssi_dbm ? &gateway : best;
    }
    work.frames.push_back({.dev_eui = event.dev_eui.to_text(),
                           .position = work.intake.message.replay_of != 0
                                           ? journal::Position{work.intake.message.replay_of}
                                           : work.position,
                           .time = heard(event, work.intake.message.received),
                           .f_cnt = event.f_cnt,
                           .f_port = event.f_port,
                           .payload_hex = to_hex(event.payload),
                           .rssi_dbm = best == nullptr ? 0 : best->rssi_dbm,
                           .snr_db = best == nullptr ? 0 : best->snr_db,
                           .gateways = static_cast<std::int64_t>(event.gateways.size()),
                           .decoded = std::string(decoded),
                           .outcome = std::string(outcome)});
}

/// It came before, in one way or another.
void Applier::put_aside(Work& work, const lorawan::Event& event, Ledger::Seen seen) {
    const bool is_duplicate = seen == Ledger::Seen::duplicate;
    const Reason reason = seen == Ledger::Seen::conflict ? Reason::frame_conflict : Reason::frame_repeated;
    if (event.kind == lorawan::Kind::up) {
        note_frame(work, event, "", is_duplicate ? "duplicate" : name_of(reason));
    }
    if (is_duplicate) {
        work.applied.counts.duplicate += 1;
        return;
    }
    const std::string session = event.dev_addr ? event.dev_addr->to_text() : event.join_id;
    const std::string_view what =
        reason == Reason::frame_conflict ? "with another payload" : "with the same payload, stamped at another time";
    quarantine(work, reason,
               {.sentence = fmt::format("frame {} of session {} came before {}", event.f_cnt, session, what),
                .key = std::string(name_of(reason)),
                .values = {{"frame", fmt::to_string(event.f_cnt)}, {"session", session}}});
}

bool Applier::is_adopted(const lorawan::Event& event) const {
    return parts_.devices.snapshot()->device(event.dev_eui) != nullptr;
}

/// To be decoded or tried again later. Where a device is that nobody has adopted is not kept: nothing would come of it.
bool Applier::is_raw_kept(const Applied& applied, const Intake& intake) const {
    const auto* event = std::get_if<lorawan::Event>(&intake.parsed);
    const bool radio = event != nullptr && (event->kind != lorawan::Kind::location || is_adopted(*event));
    return radio || applied.counts.quarantined > 0;
}

Result<void> Applier::take_event(Work& work, const lorawan::Event& event) {
    const bool replay = work.intake.message.replay_of != 0;
    if (!replay) {
        const auto spots = is_adopted(event) ? Ledger::Spots::kept : Ledger::Spots::left_out;
        TRY(const auto seen, parts_.ledger.see_frame(event, work.intake.message.received, work.position, spots));
        if (seen != Ledger::Seen::fresh) {
            put_aside(work, event, seen);
            return {};
        }
    }
    if (event.kind != lorawan::Kind::up) {
        // Kept by the ledger as an event of the device, as raw message and in the account; it carries no readings.
        work.applied.counts.stored += 1;
        return {};
    }
    return take_uplink(work, event);
}

Result<void> Applier::take_uplink(Work& work, const lorawan::Event& event) {
    const auto book = parts_.devices.snapshot();
    const devices::Device* device = book->device(event.dev_eui);
    const Instant received = work.intake.message.received;
    const bool unset = event.time && *event.time < clocks_are_set;
    const Instant time = unset ? received : event.time.value_or(received);
    const auto quality = unset ? observations::Quality{observations::Quality::clock} : observations::Quality{};
    if (device == nullptr) {
        work.unknown.push_back({.dev_eui = event.dev_eui.to_text(),
                                .name_hint = event.device_name,
                                .profile_hint = event.profile_name,
                                .source = std::string(work.source),
                                .first_seen = heard(event, received),
                                .last_seen = heard(event, received),
                                .frames = 1});
        note_frame(work, event, event.decoded_json, name_of(Reason::unknown_device));
        quarantine(work, Reason::unknown_device,
                   {.sentence = "nobody has adopted this device yet", .key = "unknown_device"});
        return {};
    }
    const auto refuse = [&](Reason reason, Why why) {
        note_frame(work, event, "", name_of(reason));
        quarantine(work, reason, std::move(why));
    };
    if (time - received > ahead_max) {
        refuse(Reason::future, ahead_of(time, received, ahead_max));
        return {};
    }
    if (event.payload.empty() || event.f_port == 0) {
        // MAC commands alone, or an empty frame that only keeps the session alive: there is nothing to read.
        note_frame(work, event, "", "stored");
        work.applied.counts.stored += 1;
        return {};
    }
    const devices::Profile* profile = book->profile(device->profile);
    if (profile == nullptr) {
        refuse(Reason::no_profile, {.sentence = fmt::format("the device's profile '{}' is not there", device->profile),
                                    .key = "no_profile",
                                    .values = {{"profile", device->profile}}});
        return {};
    }
    const std::size_t letters_before = work.letters.size();
    const std::uint64_t quarantined_before = work.applied.counts.quarantined;
    TRY(const std::string decoded, decode(work, event, *profile, *book));
    if (work.applied.counts.quarantined != quarantined_before) {
        note_frame(work, event, "", letters_before < work.letters.size() ? name_of(work.letters.back().reason) : "");
        return {};
    }
    const auto mapped = devices::map_fields(*profile, decoded);
    if (!mapped) {
        refuse(Reason::codec_failed, with_what("codec_failed", mapped.error().what));
        return {};
    }
    Unit unit{.first_row = work.rows.size()};
    for (const devices::Mapped& field : *mapped) {
        const auto datastream = device->datastreams.find(profile->fields[field.rule].field);
        if (datastream != device->datastreams.end()) {
            work.rows.push_back({datastream->second, {time, field.value, quality}});
        }
    }
    unit.rows = work.rows.size() - unit.first_row;
    if (unit.rows == 0) {
        // A frame of another kind, such as a boot message, is no fault: it decoded, and says nothing we keep.
        work.applied.counts.stored += 1;
    } else {
        work.units.push_back(unit);
    }
    note_frame(work, event, decoded, "stored");
    return {};
}

Result<std::string> Applier::decode(Work& work, const lorawan::Event& event, const devices::Profile& profile,
                                    const devices::Snapshot& book) {
    if (profile.codec.empty()) {
        if (event.decoded_json.empty()) {
            quarantine(work, Reason::codec_failed,
                       {.sentence = "the network server sent no decoded object, and the profile has no codec",
                        .key = "not_decoded"});
        }
        return event.decoded_json;
    }
    const devices::StoredCodec* stored = book.codec(profile.codec);
    if (stored == nullptr) {
        quarantine(work, Reason::no_profile,
                   {.sentence = fmt::format("the profile's codec '{}' is not there", profile.codec),
                    .key = "no_codec",
                    .values = {{"codec", profile.codec}}});
        return std::string{};
    }
    const auto [codec, uplink] = frame_of(event, work.intake, *stored);
    TRY(codecs::Decoded decoded, ahead_.decode(codec, uplink));
    if (decoded.fault) {
        quarantine(work, Reason::codec_failed, with_what("codec_failed", codecs::describe(*decoded.fault, codec.id)),
                   {}, static_cast<std::int64_t>(decoded.fault->line), codec.version);
        return std::string{};
    }
    if (!decoded.errors.empty()) {
        quarantine(work, Reason::codec_failed,
                   with_what("codec_failed", fmt::format("{}", fmt::join(decoded.errors, "; "))), {}, 0, codec.version);
        return std::string{};
    }
    return decoded.data.empty() ? std::string("{}") : std::move(decoded.data);
}

Result<void> Applier::take_lines(Work& work, const line_protocol::Batch& batch) {
    std::vector<WantedSeries> wanted;
    std::vector<std::size_t> wanted_rows;
    std::string key;
    // As of now: a datastream that was deleted or renamed since the last message is no longer what its key names.
    const auto streams = parts_.registry.streams();
    if (trail_of_ != streams) {
        trail_of_ = streams;
        trail_.clear();
    }
    const Instant latest = work.intake.message.received + ahead_max;
    work.rows.reserve(batch.points().size());
    work.units.reserve(batch.points().size());
    for (const line_protocol::Point& point : batch.points()) {
        work.unit = point.line;
        if (point.time() > latest) {
            quarantine(work, Reason::future,
                       of_unit("line", point.line, ahead_of(point.time(), work.intake.message.received, ahead_max)));
            continue;
        }
        work.units.push_back({.first_row = work.rows.size(), .rows = point.field_count, .number = point.line});
        for (const line_protocol::Field& field : batch.fields(point)) {
            key.clear();
            append_series_key(key, batch, point, field);
            auto value = value_of(field.value);
            const registry::Stream* known = find_again(*streams, work.rows.size(), key);
            if (known == nullptr) {
                WantedSeries series{.key = key,
                                    .measurement = std::string(point.measurement),
                                    .field = std::string(field.key),
                                    .type = observations::type_of(value)};
                wanted.push_back(std::move(series));
                wanted_rows.push_back(work.rows.size());
            }
            work.rows.push_back({known == nullptr ? DatastreamId{} : known->id, {point.time(), std::move(value), {}}});
        }
    }
    if (wanted.empty()) {
        return {};
    }
    // The same new series may stand in many lines: it is asked for once.
    std::unordered_map<std::string_view, std::size_t> first;
    std::vector<WantedSeries> once;
    for (const WantedSeries& series : wanted) {
        if (first.try_emplace(series.key, once.size()).second) {
            once.push_back(series);
        }
    }
    TRY(const auto ids, parts_.series.make(once));
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        work.rows[wanted_rows[i]].datastream = ids[first.at(wanted[i].key)];
    }
    return {};
}

const registry::Stream* Applier::find_again(const registry::Streams& streams, std::size_t place, std::string_view key) {
    if (place >= trail_max) {
        return streams.find(key);
    }
    if (place >= trail_.size()) {
        trail_.resize(place + 1);
    }
    const registry::Stream*& last = trail_[place];
    if (last == nullptr || std::ranges::find(last->external_keys, key) == last->external_keys.end()) {
        last = streams.find(key);
    }
    return last;
}

Result<void> Applier::take_rows(Work& work, const batch::Batch& batch) {
    const auto streams = parts_.registry.streams();
    for (const batch::Row& row : batch.rows) {
        work.unit = static_cast<std::uint32_t>(row.index);
        const auto* number = std::get_if<std::int64_t>(&row.datastream);
        take_row(work, row,
                 number != nullptr ? streams->find(DatastreamId{*number})
                                   : streams->find(std::get<std::string>(row.datastream)));
    }
    return {};
}

void Applier::take_row(Work& work, const batch::Row& row, const registry::Stream* stream) {
    const Instant received = work.intake.message.received;
    if (stream == nullptr) {
        quarantine(work, Reason::unknown_series,
                   of_unit("row", row.index, {.sentence = "there is no such datastream", .key = "no_such_datastream"}),
                   "datastream");
        return;
    }
    // Several without a time in one message are not corrections of one another.
    const Instant time = row.time ? *row.time : received + std::chrono::milliseconds{work.timeless[stream->id]++};
    if (time - received > ahead_max) {
        quarantine(work, Reason::future, of_unit("row", row.index, ahead_of(time, received, ahead_max)), "time");
        return;
    }
    const auto as_sent = value_of(row.value);
    // as_type() would make 1 of true, but whoever sends true to a datastream of numbers has mistaken it for another.
    const bool mistaken = observations::type_of(as_sent) == observations::ResultType::boolean &&
                          (stream->result_type == observations::ResultType::number ||
                           stream->result_type == observations::ResultType::integer);
    const auto value = mistaken ? std::nullopt : observations::as_type(as_sent, stream->result_type);
    if (!value) {
        const std::string type(observations::name_of(stream->result_type));
        quarantine(work, Reason::wrong_type,
                   of_unit("row", row.index,
                           {.sentence = "the datastream holds values of type " + type,
                            .key = "wrong_type",
                            .values = {{"type", type}}}),
                   "value");
        return;
    }
    if (const auto good = check_components(*stream, *value); !good) {
        quarantine(work, Reason::wrong_type, of_unit("row", row.index, with_what("wrong_values", good.error().what)),
                   "value");
        return;
    }
    if (!row.details.empty()) {
        auto detail = parts_.details == nullptr ? fail(Errc::malformed, "details are not kept here")
                                                : observations::detail_from_json(row.details);
        if (detail && detail->phenomenon_end && *detail->phenomenon_end < time) {
            detail = fail(Errc::malformed, "'phenomenonTimeEnd' lies before the time");
        }
        if (!detail) {
            quarantine(work, Reason::malformed, of_unit("row", row.index, with_what("malformed", detail.error().what)),
                       "details");
            return;
        }
        work.details.push_back({work.rows.size(), std::move(*detail)});
    }
    work.units.push_back({.first_row = work.rows.size(), .rows = 1, .number = work.unit});
    work.rows.push_back({stream->id, {time, *value, row.quality}});
}

/// What the sender calls the values of a datastream.
std::string Applier::field_of(const Work& work, DatastreamId id) const {
    if (std::holds_alternative<batch::Batch>(work.intake.parsed)) {
        return "value";
    }
    if (const auto* event = std::get_if<lorawan::Event>(&work.intake.parsed)) {
        const auto book = parts_.devices.snapshot();
        const devices::Device* device = book->device(event->dev_eui);
        if (device == nullptr) {
            return {};
        }
        const auto found = std::ranges::find(device->datastreams, id, [](const auto& field) { return field.second; });
        return found == device->datastreams.end() ? std::string{} : found->first;
    }
    const registry::Stream* stream = parts_.registry.streams()->find(id);
    return stream == nullptr || stream->external_keys.empty() ? std::string{} : stream->external_keys.front();
}

Result<void> Applier::store(Work& work) {
    const Instant received = work.intake.message.received;
    const bool history = is_history(work.intake.message);
    if (parts_.judge != nullptr) {
        parts_.judge->next_message();
        for (Arrival& row : work.rows) {
            // Of a record of the past it says nothing that it comes now.
            const Instant came = history ? row.observation.time : received;
            row.observation.quality =
                row.observation.quality | parts_.judge->judge(row.datastream, row.observation, came);
        }
    }
    std::vector<Outcome> outcomes(work.rows.size());
    TRY_DO(parts_.store.append(work.rows, work.position, outcomes));
    work.applied.arrivals.reserve(work.rows.size());
    for (const auto& [row, detail] : work.details) {
        if (outcomes[row].verdict != Verdict::rejected) {
            parts_.details->put({work.rows[row].datastream, work.rows[row].observation.time}, detail);
        }
    }
    for (const Unit& unit : work.units) {
        work.unit = unit.number;
        bool stored = false;
        bool refused = false;
        observations::Refusal refusal{};
        DatastreamId refused_stream{};
        for (std::size_t i = unit.first_row; i < unit.first_row + unit.rows; ++i) {
            const Verdict verdict = outcomes[i].verdict;
            if (verdict == Verdict::stored || verdict == Verdict::corrected) {
                stored = true;
                work.applied.arrivals.push_back(std::move(work.rows[i]));
            } else if (verdict == Verdict::rejected) {
                refused = true;
                refusal = outcomes[i].refusal;
                refused_stream = work.rows[i].datastream;
            }
        }
        if (refused) {
            // One bad field quarantines the unit, so that it is seen; its good fields are stored all the same.
            const Reason reason = refusal == observations::Refusal::unknown      ? Reason::unknown_series
                                  : refusal == observations::Refusal::wrong_type ? Reason::wrong_type
                                                                                 : Reason::out_of_range;
            const std::string_view unit_is = std::holds_alternative<batch::Batch>(work.intake.parsed) ? "row" : "line";
            Why why = pipeline::refused(refusal);
            quarantine(work, reason,
                       work.frames.empty() ? of_unit(unit_is, unit.number, std::move(why)) : std::move(why),
                       field_of(work, refused_stream));
            if (!work.frames.empty()) {
                work.frames.back().outcome = name_of(reason);
            }
        } else if (stored) {
            work.applied.counts.stored += 1;
        } else {
            work.applied.counts.duplicate += 1;
        }
    }
    return {};
}

}  // namespace bypuls::ingest::pipeline
