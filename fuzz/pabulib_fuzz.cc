#include "city/participation/pabulib/pabulib.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "city/participation/counting/fingerprint.h"
#include "core/check.h"

using namespace bypuls;
using namespace bypuls::participation;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto document = pabulib::parse({reinterpret_cast<const char*>(data), size});
    if (!document) {
        return 0;
    }
    const auto again = pabulib::parse(pabulib::print(*document));
    check(again && *again == *document, "a Pabulib file survives the round trip");
    const auto reading = pabulib::read_election(*document);
    if (!reading || reading->election.projects.size() > 12 || reading->election.ballots.size() > 50) {
        return 0;
    }
    const auto publication = pabulib::for_publication(*document, reading->election);
    const auto published = pabulib::read_election(pabulib::parse(pabulib::print(publication.document)).value());
    check(published && counting::ballots_text(published->election) == counting::ballots_text(reading->election),
          "what is published is the same election");
    // Whatever can be read can be counted; the count checks itself.
    for (const char* name : {"greedy", "mes-cost-util", "phragmen-skip"}) {
        counting::Rule rule = counting::rule_named(name).value();
        rule.seed = "fuzz";
        const auto result = count(reading->election, rule);
        check(result || result.error().code == Errc::exhausted, "a valid election is counted");
    }
    return 0;
}
