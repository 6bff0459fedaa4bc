#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "city/participation/counting/fault.h"
#include "core/huge_pages.h"

namespace bypuls::participation::counting {

/// Money in hundredths of the currency unit (øre), so that every cost and budget is a whole number.
using Money = std::int64_t;
inline constexpr Money one_krone = 100;
/// Ten thousand billion kroner: sums over all ballots still fit the arithmetic with room to spare.
inline constexpr Money money_max = 1'000'000'000'000'000;

/// More voters than this are refused.
inline constexpr std::int64_t ballots_max = 100'000'000;

/// Index into Election::projects.
using ProjectIndex = std::uint32_t;

enum class BallotKind : std::uint8_t {
    approval,    ///< any number of projects, or between least and most
    choose_one,  ///< exactly one
    points,      ///< points spread over projects (Pabulib: cumulative, scoring)
    ranking,     ///< projects in order of preference (Pabulib: ordinal)
    knapsack,    ///< projects whose costs together keep within the budget
};

std::string_view name_of(BallotKind kind);

/// One project on one ballot.
struct Choice {
    ProjectIndex project = 0;
    /// approval, choose_one, knapsack: 1. points: the points, > 0. ranking: the place, 1 is best.
    std::int64_t value = 1;

    friend auto operator<=>(const Choice&, const Choice&) = default;
};

/// A group of identical ballots.
struct BallotView {
    std::span<const Choice> choices;  ///< by ascending project, each project once
    std::int64_t count = 0;           ///< how many voters, each times the weight of the ballot
};

/// The ballots without the voters: only what was chosen and how often. Flat, since a town has a hundred thousand.
class Ballots {
public:
    void reserve(std::size_t ballots, std::size_t choices);
    /// Adds a ballot `count` times. Choices in any order; a project twice on one ballot is a mistake of the caller.
    void add(std::span<const Choice> choices, std::int64_t count = 1);
    /// Takes `count` ballots out of a group. One without any left stays behind and counts for nothing.
    void take(std::size_t i, std::int64_t count);
    /// How many ballots a group has, none or more.
    void set_count(std::size_t i, std::int64_t count);
    /// Puts identical ballots together and sorts the groups, so that the order of arrival leaves no trace.
    void group();

    std::size_t size() const { return counts_.size(); }
    std::size_t choices() const { return choices_.size(); }  ///< of all groups
    BallotView operator[](std::size_t i) const {
        return {std::span(choices_).subspan(starts_[i], starts_[i + 1] - starts_[i]), counts_[i]};
    }
    /// All ballots, blank ones included.
    std::int64_t total() const;

private:
    HugeVector<Choice> choices_;
    HugeVector<std::uint32_t> starts_{0};
    HugeVector<std::int64_t> counts_;
};

struct Project {
    std::string id;    ///< unique in the election, as published
    std::string name;  ///< for people; may be empty
    Money cost = 0;    ///< >= 0; a project that costs nothing is funded beside the rule if anyone supports it
    /// The least amount the project can use if it may be partly funded; absent: all or nothing.
    std::optional<Money> partial_from = std::nullopt;
    /// The part of the town or the theme whose sub-budget pays; empty: the common budget.
    std::string pot = {};

    friend bool operator==(const Project&, const Project&) = default;
};

/// A sub-budget for an area or a theme. Ballots count in every pot in which they choose something.
struct Pot {
    std::string name;
    Money budget = 0;

    friend bool operator==(const Pot&, const Pot&) = default;
};

/// What is counted. Holds no voter: nothing here can say who voted for what.
struct Election {
    std::string title;
    std::string currency = "NOK";
    Money budget = 0;  ///< of the common pot; with pots, each pot has its own and this is what is left for the rest
    BallotKind kind = BallotKind::approval;
    std::vector<Project> projects;
    Ballots ballots;
    std::vector<Pot> pots = {};
    /// Of each group at most one project can be built: same place, same purpose. Two incompatible projects are a group.
    std::vector<std::vector<ProjectIndex>> exclusive = {};
    /// The longest ranking a ballot may hold, for Borda scores; 0: the number of projects.
    std::int64_t ranking_length = 0;
    /// Points are whole numbers of 1/points_per_one: 1 unless a file has decimals. A divisor of 1000.
    std::int64_t points_per_one = 1;

    std::optional<ProjectIndex> find(std::string_view id) const;
};

/// Every fault of the election that would make a count meaningless, one sentence each joined by "; ": unknown projects,
/// negative or overly large money, a project named twice, an exclusive group of fewer than two. Errc::malformed.
Attempt<void> validate(const Election& election);

/// "1234.50" or "1 234": kroner with up to two decimals (more only if zero) as øre. Errc::malformed, Errc::exhausted.
Attempt<Money> parse_money(std::string_view text);
/// "1234" or "1234.50": the shortest exact form.
std::string format_money(Money amount);
/// "7" or "2.5": points or a score in the ballots' own points, exact.
std::string format_points(std::int64_t points, std::int64_t points_per_one);

}  // namespace bypuls::participation::counting
