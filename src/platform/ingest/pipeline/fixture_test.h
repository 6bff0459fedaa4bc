#pragma once

#include <array>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "core/bytes.h"
#include "core/random.h"
#include "core/simulated/files.h"
#include "core/testing/folder.h"
#include "core/time/iso8601.h"
#include "platform/database/database.h"
#include "platform/ingest/pipeline/pipeline.h"
#include "platform/observations/blocks/block_store.h"
#include "platform/observations/details/details.h"
#include "platform/registry/memory.h"

/// What the tests of the pipeline and the simulation of a month have in common.
namespace bypuls::ingest::pipeline {

/// Decodes four bytes, least significant first, to {"value": number}; other lengths are a fault of the codec.
class FakeDecoder final : public codecs::Decoder {
public:
    Result<codecs::Decoded> decode(const codecs::Codec& /*codec*/, const codecs::Uplink& uplink) override {
        alone += 1;
        return decoded(uplink);
    }
    Result<std::vector<codecs::Decoded>> decode_batch(const codecs::Codec& /*codec*/,
                                                      std::span<const codecs::Uplink> uplinks) override {
        std::vector<codecs::Decoded> all;
        for (const auto& uplink : uplinks) {
            TRY(auto one, decoded(uplink));
            all.push_back(std::move(one));
        }
        together += all.size();
        return all;
    }
    bool available = true;
    std::size_t alone = 0;     ///< frames asked for one at a time
    std::size_t together = 0;  ///< frames asked for in batches

private:
    Result<codecs::Decoded> decoded(const codecs::Uplink& uplink) const {
        if (!available) {
            return fail(Errc::unavailable, "no codec worker can be started");
        }
        codecs::Decoded decoded;
        if (uplink.bytes.size() != 4) {
            decoded.fault = codecs::Fault{.line = 3, .sentence = "TypeError: bytes[3] is undefined"};
            return decoded;
        }
        std::uint32_t value = 0;
        for (std::size_t i = 0; i < 4; ++i) {
            value |= std::to_integer<std::uint32_t>(uplink.bytes[i]) << (8 * i);
        }
        decoded.data = fmt::format(R"({{"value":{}}})", value);
        return decoded;
    }
};

inline std::string device_text(int number) {
    return fmt::format("70b3d57ed{:07x}", number);
}

/// One frame as ChirpStack 4 tells of it.
struct Uplink {
    int device = 1;
    Instant time{};
    std::uint32_t f_cnt = 0;
    std::uint32_t dev_addr = 1;
    std::uint32_t value = 0;
    int gateways = 1;
    bool whole = true;  ///< false: a payload that the codec cannot read
};

inline std::string body_of(const Uplink& uplink) {
    Bytes payload;
    put_u32(payload, uplink.value);
    if (!uplink.whole) {
        payload.pop_back();
    }
    std::string heard;
    for (int i = 0; i < uplink.gateways; ++i) {
        heard += fmt::format(R"({}{{"gatewayId":"00000000000000{:02x}","uplinkId":{},"rssi":{},"snr":7.5}})",
                             i == 0 ? "" : ",", i, i + 1, -60 - i);
    }
    return fmt::format(
        R"({{"deduplicationId":"{:08x}-0000-4000-8000-{:012x}","time":"{}","deviceInfo":{{"devEui":"{}","deviceName":)"
        R"("Device {}"}},"devAddr":"{:08x}","fCnt":{},"fPort":2,"data":"{}","object":{{"value":{}}},"rxInfo":[{}]}})",
        uplink.dev_addr, uplink.f_cnt, format_instant(uplink.time), device_text(uplink.device), uplink.device,
        uplink.dev_addr, uplink.f_cnt, to_base64(payload), uplink.value, heard);
}

/// The way in without threads: a journal on a disk that forgets, blocks in a real SQLite file. The registry and the
/// devices live on through crashes, as their own durable database does.
class Bench {
public:
    explicit Bench(std::uint64_t seed = 1) : files(seed), random(seed) {
        registry = registry::make_memory_registry(clock);
        book_database = database::Database::open({.url = "sqlite:" + folder.path() + "/devices.db"}).value();
        EXPECT_TRUE(database::migrate(*book_database, {devices::DeviceBook::schema()}, clock).has_value());
        devices = devices::DeviceBook::open(*book_database, clock).value();
        series_maker = std::make_unique<RegistrySeries>(*registry, 10'000);
        open();
    }

    void open() {
        auto opened = try_open();
        ASSERT_TRUE(opened.has_value()) << opened.error();
    }

    Result<Projection::Replayed> try_open() {
        observations::BlockOptions blocks = block_options;
        blocks.path = folder.path() + "/observations.db";
        TRY(store, observations::open_block_store(blocks));
        TRY(ledger_database, database::Database::open({.url = "sqlite:" + blocks.path}));
        TRY_DO(database::migrate(*ledger_database, {Ledger::schema(), observations::Details::schema()}, clock));
        details = observations::Details::open(ledger_database.get());
        TRY(ledger, Ledger::open(*ledger_database, clock));
        TRY(journal, journal::open(files, "journal",
                                   {.segment_bytes = 256U << 10U,
                                    .write_ahead_bytes = 0,
                                    .reserve_bytes = 0,
                                    .highest_seen = store->settled(),
                                    .mode = journal::Mode::inline_commit,
                                    .random = &random,
                                    .on_change = [](const journal::Health&) {}},
                                   clock, recovery));
        applier = std::make_unique<Applier>(
            Applier::Parts{*store, *registry, *devices, decoder, *ledger, *series_maker, nullptr, details.get()});
        projection = std::make_unique<Projection>(
            Projection::Parts{*journal, *store, *ledger, *applier, nullptr, details.get()});
        return projection->replay();
    }

    void close() {
        projection.reset();
        applier.reset();
        journal.reset();
        ledger.reset();
        details.reset();
        ledger_database.reset();
        store.reset();
    }

    /// The power goes: what was not synced of the journal, and not committed of the store, is gone.
    void crash() {
        files.crash();
        close();
    }

    /// What submit() and the pipeline's thread do, one after the other.
    Result<Counts> take(Message message) {
        TRY(const auto intake, prepare(std::move(message)));
        const Bytes payload = encode(intake->message);
        TRY(const auto position,
            journal->append_and_wait(
                {.type = 1, .source = source_of(intake->message.way), .received = clock.now(), .payload = payload}));
        return projection->apply(*intake, position);
    }
    /// What the pipeline's thread does with what the ledger wants tried again. False: something stays due.
    bool try_due() {
        for (const journal::Position position : ledger->take_due()) {
            auto message = ledger->raw_message(position);
            if (message) {
                message->replay_of = position.value;
            }
            if (!message || !take(std::move(*message))) {
                ledger->give_back_due(position);
                return false;
            }
        }
        return true;
    }
    Result<Counts> lines(std::string body) {
        return take({.way = Way::lines, .detail = "us", .received = clock.now(), .body = std::move(body)});
    }
    Result<Counts> uplink(const Uplink& frame) { return event("up", body_of(frame)); }
    Result<Counts> event(std::string kind, std::string body) {
        return take(
            {.way = Way::chirpstack_json, .detail = std::move(kind), .received = clock.now(), .body = std::move(body)});
    }

    /// A kind of device whose frames carry one number.
    void add_profile(std::string codec = "fake") {
        if (!codec.empty()) {
            ASSERT_TRUE(devices->put_codec(codec, "Fake", "function decodeUplink(input) {}", 0).has_value());
        }
        ASSERT_TRUE(devices
                        ->put(devices::Profile{.id = "counter",
                                               .name = "Counter",
                                               .codec = std::move(codec),
                                               .fields = {{"value", "count", "1", 1}}})
                        .has_value());
    }
    /// Where an adopted device's readings go: beyond the ids that lines are given.
    static observations::DatastreamId stream_of(int device) { return {1'000'000 + device}; }
    void adopt(int device) {
        ASSERT_TRUE(devices
                        ->put(devices::Device{.dev_eui = lorawan::DevEui::from_text(device_text(device)).value(),
                                              .name = fmt::format("Device {}", device),
                                              .profile = "counter",
                                              .thing = device,
                                              .adopted = clock.now(),
                                              .datastreams = {{"value", stream_of(device)}}})
                        .has_value());
    }

    observations::Columns all_of(observations::DatastreamId id) const {
        const auto series =
            store->range(id, {observations::earliest_time, observations::latest_time}, {.limit = 10'000'000});
        EXPECT_TRUE(series.has_value());
        return series->columns;
    }
    /// The datastream that lines of this series are stored in.
    observations::DatastreamId series(std::string_view key) const {
        const auto* stream = registry->streams()->find(key);
        return stream == nullptr ? observations::DatastreamId{} : stream->id;
    }

    TestFolder folder;
    SimulatedFileSystem files;
    SeededRandom random;
    SimulatedClock clock{Instant{std::chrono::hours{490'000}}};
    observations::BlockOptions block_options;
    FakeDecoder decoder;
    journal::RecoveryReport recovery;
    std::unique_ptr<registry::Registry> registry;
    std::unique_ptr<database::Database> book_database;
    std::unique_ptr<devices::DeviceBook> devices;
    std::unique_ptr<SeriesMaker> series_maker;
    std::unique_ptr<observations::Store> store;
    std::unique_ptr<observations::Details> details;
    std::unique_ptr<database::Database> ledger_database;
    std::unique_ptr<Ledger> ledger;
    std::unique_ptr<journal::Journal> journal;
    std::unique_ptr<Applier> applier;
    std::unique_ptr<Projection> projection;
};

}  // namespace bypuls::ingest::pipeline
