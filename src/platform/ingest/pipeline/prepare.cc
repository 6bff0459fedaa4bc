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

}  // namespace bypuls::ingest::pipeline
