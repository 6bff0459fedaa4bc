#pragma once

#include <string>
#include <string_view>

#include "city/participation/counting/count.h"
#include "city/participation/explanation/distance.h"
#include "city/participation/explanation/metrics.h"

namespace bypuls::participation::explanation {

/// What else goes into a report; null: left out.
struct ReportParts {
    const Distances* distances = nullptr;
    const Metrics* metrics = nullptr;
};

/// A result as JSON, by docs/formats/count-result.schema.json: `winners` are project ids in order of purchase, money is
/// text in kroner, exact numbers are fractions in lowest terms. The same result gives the same bytes everywhere.
std::string print_result(const counting::Election& election, const counting::Rule& rule,
                         const counting::CountResult& result, const ReportParts& parts = {});

/// The parts of a published result that verification needs.
struct PublishedResult {
    counting::Rule rule;
    std::vector<std::string> winners;  ///< ids in order of purchase
    counting::Money spent = 0;
};
/// Errc::malformed with a sentence.
Result<PublishedResult> read_result(std::string_view json);

}  // namespace bypuls::participation::explanation
