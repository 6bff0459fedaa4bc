#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "city/participation/counting/count.h"
#include "city/participation/explanation/distance.h"
#include "city/participation/explanation/metrics.h"
#include "city/participation/explanation/what_if.h"

namespace bypuls::participation::explanation {

/// A change that was asked about, as it was asked, and what it leads to.
struct Supposed {
    std::string change;
    Difference difference;
};

/// The same ballots by another rule, with all else that the adopted rule says as it is.
struct Beside {
    counting::Rule rule;
    Difference difference;
    Metrics metrics;
};
/// Greedy and Equal Shares (cost, add1u) beside the adopted rule, but for the one that it is itself. Errors are those
/// of count().
Result<std::vector<Beside>> count_beside(const counting::Election& election, const counting::Rule& rule,
                                         const counting::CountResult& result,
                                         std::span<const pabulib::VoterGroup> groups);

/// What else goes into a report; null: left out.
struct ReportParts {
    const Distances* distances = nullptr;
    const Metrics* metrics = nullptr;
    const std::vector<counting::Finding>* remarks = nullptr;  ///< about the ballots; left out too if there are none
    std::vector<Supposed> what_if = {};
    const std::vector<Beside>* beside = nullptr;
    /// The ballots' fingerprint, for who has made it already: of many ballots it takes longer than all the rest. Empty:
    /// it is made.
    std::string ballots_sha256 = {};
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
/// Errc::malformed with a sentence, also for a member that stands twice.
counting::Attempt<PublishedResult> read_result(std::string_view json);

/// Where a published result differs from the one counted again, both as JSON.
struct Mismatch {
    std::string path;        ///< "rounds[2].share.fraction", "META, budget"
    counting::Finding what;  ///< what stands there, in words: "the rounds"
    counting::Finding published;
    counting::Finding counted;
    std::size_t number = 0;  ///< which of several, 1 is the first; 0 where there is one
};
/// The first difference in what follows from the ballots; nothing if there is none. Rules are compared by what they
/// say, fractions to the letter, the decimals beside them and the figures as nearly as they are printed. What is told
/// beside the outcome may be missing in `published`, but not stand there if it is not in `counted`; the members
/// `left_out` are not compared, of which "groups" is that of all figures. Errc::malformed.
counting::Attempt<std::optional<Mismatch>> first_mismatch(std::string_view published, std::string_view counted,
                                                          std::span<const std::string> left_out = {});
/// The members of a published result that tell how close it was; none if it does not.
std::vector<std::string> distances_told(std::string_view published);
/// The fingerprint of the ballots that a published result was counted from; empty if it does not tell.
std::string ballots_told(std::string_view published);
/// True if a published result has figures of voters by age or place.
bool tells_groups(std::string_view published);
/// True if a published result has other rules beside it.
bool tells_beside(std::string_view published);
/// The changes that a published result tells the outcome of, as they were asked about.
std::vector<std::string> changes_told(std::string_view published);

}  // namespace bypuls::participation::explanation
