// Any bytes as bodies of entities and as a data array: what is read is whole, and what is not is refused in a sentence.
#include <cstdint>

#include "core/check.h"
#include "core/clock.h"
#include "core/text.h"
#include "platform/observations/memory/memory_store.h"
#include "platform/publish/sensorthings/write/body.h"
#include "platform/publish/sensorthings/write/data_array.h"
#include "platform/registry/memory.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace bypuls;
    using namespace bypuls::sensorthings;
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    if (const auto body = parse_body(text)) {
        for (const EntityType& type : entity_types()) {
            if (type.kind == Kind::observation) {
                continue;
            }
            if (const auto entity = entity_from(type.kind, *body, blank(type.kind))) {
                // What was read, written as a body and read again, is the same.
                const auto again = entity_from(type.kind, body_of(*entity), blank(type.kind));
                check(again && *again == *entity, "a body of an entity reads as that entity");
            } else {
                check(is_utf8(entity.error().what), "the fault is a sentence");
            }
        }
        if (const auto observation = observation_from(*body)) {
            check(!observation->result.empty(), "an observation has a result");
        }
    }
    static const registry::Streams streams(1, {{.id = {1}, .thing = {1}}});
    static const SystemClock clock;
    static const auto registry = registry::make_memory_registry(clock);
    static const auto store = observations::make_memory_store();
    static Stamps stamps(*store);
    if (const auto rows = read_data_array(text, Instant{}, stamps, streams, registry->features())) {
        for (const ArrayRows::Sent& sent : rows->sent) {
            check(sent.row < rows->rows.size() && rows->rows[sent.row].error.empty(), "only good rows are sent");
            check(sent.begin < sent.end && sent.end <= rows->batch.size(), "their text is in the batch");
        }
    }
    return 0;
}
