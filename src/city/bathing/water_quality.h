#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "core/clock.h"

/// Bathing-water quality by the two rule sets that Norwegian municipalities meet. Pure.
namespace bypuls::bathing {

/// One sample, colony-forming units in 100 ml; a bacterium that was not analysed is absent.
struct Sample {
    Instant time{};
    std::optional<double> e_coli;
    std::optional<double> enterococci;
};

/// Folkehelseinstituttet's norm for one sample and each kind of bacteria: under 100 good, 100 to 1 000 less good, above
/// 1 000 not acceptable.
enum class FhiClass : std::uint8_t { good, less_good, not_acceptable };
FhiClass fhi_class(double per_100_ml);
/// The worse of the two; nothing when neither was analysed.
std::optional<FhiClass> fhi_class(const Sample& sample);
std::string_view name_of(FhiClass fhi);

/// Directive 2006/7/EC, Annex I and II: percentiles of log10-normal counts over four seasons.
enum class EuClass : std::uint8_t { excellent, good, sufficient, poor, unclassified };
std::string_view name_of(EuClass eu);

struct EuAssessment {
    EuClass eu = EuClass::unclassified;
    std::optional<int> first_year;
    std::optional<int> last_year;
    std::size_t samples = 0;  ///< counted
    std::size_t needed = 0;   ///< still missing for a class
};
constexpr std::size_t eu_samples_min = 16;
constexpr std::size_t eu_samples_in_season_min = 4;
constexpr int eu_seasons = 4;
/// Counts below this stand as it: zero has no logarithm, and laboratories report "less than 1".
constexpr double detection_limit = 1;

/// From the samples of the four newest calendar years that have any; both bacteria must be analysed to count.
EuAssessment eu_class(const std::vector<Sample>& samples, bool coastal);

}  // namespace bypuls::bathing
