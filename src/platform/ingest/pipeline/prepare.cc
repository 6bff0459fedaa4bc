#include "platform/ingest/pipeline/prepare.h"

#include <algorithm>
#include <chrono>

namespace bypuls::ingest::pipeline {
namespace {

Result<void> read_event(Intake& intake, Result<lorawan::Event> event) {
    if (!event) {
        return std::unexpected(std::move(event).error());
    }
    intake.parsed = std::move(*event);
    intake.good = 1;
    return {};
}

Result<void> read_lines(Intake& intake) {
    line_protocol::Options options;
    TRY(options.precision, line_protocol::precision_named(intake.message.detail));
    options.default_time_ns =
        std::chrono::duration_cast<std::chrono::nanoseconds>(intake.message.received.time_since_epoch()).count();
    TRY(auto batch, line_protocol::parse(intake.message.body, options));
    intake.good = batch.points().size();
    intake.rejected = batch.rejected();
    intake.stamped_on_receipt = batch.used_default_time();
    for (const auto& error : batch.errors()) {
        intake.refused.push_back({error.line, {}, error.sentence()});
    }
    intake.parsed = std::move(batch);
    return {};
}

Result<void> read_batch(Intake& intake, Result<batch::Batch> batch) {
    if (!batch) {
        return std::unexpected(std::move(batch).error());
    }
    intake.good = batch->rows.size();
    intake.rejected = batch->errors.size();
    intake.stamped_on_receipt = std::ranges::any_of(batch->rows, [](const batch::Row& row) { return !row.time; });
    for (const auto& error : batch->errors) {
        intake.refused.push_back({error.index, error.field, error.what});
    }
    intake.parsed = std::move(*batch);
    return {};
}

Result<void> read(Intake& intake) {
    const Message& message = intake.message;
    switch (message.way) {
        case Way::chirpstack_json:
            return read_event(intake, lorawan::parse_chirpstack_json(message.detail, message.body));
        case Way::chirpstack_protobuf:
            return read_event(intake, lorawan::parse_chirpstack_protobuf(message.detail, as_bytes(message.body)));
        case Way::tts_json: return read_event(intake, lorawan::parse_tts_json(message.body));
        case Way::lines: return read_lines(intake);
        case Way::batch_json:
        case Way::sensorthings: return read_batch(intake, batch::parse_json(message.body));
        case Way::batch_ndjson: return read_batch(intake, batch::parse_ndjson(message.body));
    }
    return fail(Errc::malformed, "the message came in a way that is not known");
}

}  // namespace

Result<std::unique_ptr<Intake>> prepare(Message&& message) {
    auto intake = std::make_unique<Intake>();
    intake->message = std::move(message);
    if (auto done = read(*intake); !done) {
        // A parser's limit is about this message, not about us: the sender must not send it again.
        if (done.error().code == Errc::exhausted) {
            done.error().code = Errc::malformed;
        }
        message = std::move(intake->message);
        return std::unexpected(std::move(done).error());
    }
    return intake;
}

std::unique_ptr<Intake> refused_intake(RefusedMessage refused) {
    auto intake = std::make_unique<Intake>();
    intake->message = std::move(refused.message);
    intake->parsed = Refusal{refused.body_bytes};
    intake->rejected = 1;
    intake->refused.push_back({0, {}, std::move(refused.sentence)});
    return intake;
}

std::unique_ptr<Intake> refused_intake(Message message, std::string sentence) {
    const std::uint64_t body_bytes = message.body.size();
    if (body_bytes > letter_bytes_max) {
        message.body.resize(letter_bytes_max);
        message.body.shrink_to_fit();
    }
    return refused_intake({std::move(message), body_bytes, std::move(sentence)});
}

std::uint8_t record_type(const Intake& intake) {
    return std::holds_alternative<Refusal>(intake.parsed) ? refused_record : message_record;
}

Bytes record_payload(const Intake& intake) {
    if (const auto* refusal = std::get_if<Refusal>(&intake.parsed)) {
        return encode(RefusedMessage{intake.message, refusal->body_bytes, intake.refused.front().what});
    }
    return encode(intake.message);
}

}  // namespace bypuls::ingest::pipeline
