// Events a second, one core, from the bytes of a webhook to a value.
#include <cstdint>
#include <string_view>

#include <benchmark/benchmark.h>

#include "core/check.h"
#include "platform/ingest/lorawan/uplink.h"

namespace bypuls::ingest::lorawan {
namespace {

// Of the size and shape that ChirpStack 4 sends for one gateway and a codec of its own.
constexpr std::string_view uplink =
    R"({"deduplicationId":"42bfa1c3-52c6-4b3a-9b2e-b04853fb578c","time":"2026-01-14T18:37:07.500+00:00","deviceInfo":{)"
    R"("tenantId":"52f14cd4-c6f1-4fbd-8f87-4025e1d49242","tenantName":"Drammen","applicationId":"675582a5-5e7b-4e33-86ea-3325b7cb88e4",)"
    R"("applicationName":"Badetemperatur","deviceProfileId":"60ba97e4-d689-4a65-935a-acb5879b1239","deviceProfileName":"EM500-SWL",)"
    R"("deviceName":"Blektjern","devEui":"7894e80000054e0f","deviceClassEnabled":"CLASS_A","tags":{}},"devAddr":"0006b231",)"
    R"("adr":true,"dr":3,"fCnt":38366,"fPort":1,"confirmed":false,"data":"HBkAHDA=","object":{"temperature":28,"humidity":0},)"
    R"("rxInfo":[{"gatewayId":"008000000002aa4b","uplinkId":21258,"nsTime":"2026-01-14T18:37:07.581887532+00:00",)"
    R"("timeSinceGpsEpoch":"1452451045.500s","rssi":-84,"snr":9.2,"channel":3,"location":{"latitude":59.744,)"
    R"("longitude":10.204,"altitude":160},"context":"f6fSEw=="}],"txInfo":{"frequency":868100000,"modulation":{"lora":{)"
    R"("bandwidth":125000,"spreadingFactor":7,"codeRate":"CR_4_5"}}},"regionConfigId":"eu868"})";

void chirpstack_uplink(benchmark::State& state) {
    for (auto _ : state) {
        const auto event = parse_chirpstack_json("up", uplink);
        check(event && event->f_cnt == 38'366, "the event reads");
        benchmark::DoNotOptimize(event->payload.data());
    }
    state.SetItemsProcessed(state.iterations());
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(uplink.size()));
}
BENCHMARK(chirpstack_uplink);

}  // namespace
}  // namespace bypuls::ingest::lorawan
