#include "city/participation/counting/election.h"

#include <algorithm>
#include <array>
#include <bit>
#include <numeric>
#include <unordered_set>

#include <fmt/format.h>

#include "city/participation/counting/refuse.h"
#include "core/check.h"
#include "core/text.h"

namespace bypuls::participation::counting {

std::string_view name_of(BallotKind kind) {
    static constexpr std::array<std::string_view, 5> names = {"approval", "choose-1", "points", "ranking", "knapsack"};
    return names[static_cast<std::size_t>(kind)];
}

void Ballots::reserve(std::size_t ballots, std::size_t choices) {
    counts_.reserve(ballots);
    starts_.reserve(ballots + 1);
    choices_.reserve(choices);
}

void Ballots::add(std::span<const Choice> choices, std::int64_t count) {
    check(count > 0, "a ballot counts at least once");
    const auto from = static_cast<std::ptrdiff_t>(choices_.size());
    // Plain pointers, since the library copies one by one what iterators with checks run over.
    choices_.insert(choices_.end(), choices.data(), choices.data() + choices.size());
    std::sort(choices_.begin() + from, choices_.end());
    for (std::size_t i = static_cast<std::size_t>(from) + 1; i < choices_.size(); ++i) {
        check(choices_[i - 1].project != choices_[i].project, "a ballot names a project once");
    }
    check(choices_.size() < UINT32_MAX, "the choices of all ballots can be numbered in 32 bits");
    starts_.push_back(static_cast<std::uint32_t>(choices_.size()));
    counts_.push_back(count);
}

void Ballots::take(std::size_t i, std::int64_t count) {
    check(count >= 0 && count <= counts_[i], "no more ballots are taken than there are");
    counts_[i] -= count;
}

void Ballots::set_count(std::size_t i, std::int64_t count) {
    check(count >= 0, "no group has fewer ballots than none");
    counts_[i] = count;
}

namespace {

/// The first choices of a ballot packed into one number each, so that ballots mostly compare by it alone.
class Packing {
public:
    explicit Packing(std::span<const Choice> all) {
        ProjectIndex project = 0;
        std::int64_t least = 1;
        std::int64_t most = 1;
        for (const Choice& choice : all) {
            project = std::max(project, choice.project);
            least = std::min(least, choice.value);
            most = std::max(most, choice.value);
        }
        // Where every value is 1 it need not be in the number. No choice is nought, and less than any.
        value_bits_ = most == 1 ? 0U : static_cast<unsigned>(std::bit_width(static_cast<std::uint64_t>(most)));
        bits_ = value_bits_ + static_cast<unsigned>(std::bit_width(std::uint64_t{project} + 1));
        // What is not positive makes the election invalid, which is for others to say.
        length_ = least < 1 ? 0U : 128U / bits_;
    }

    unsigned __int128 of(std::span<const Choice> choices) const {
        unsigned __int128 packed = 0;
        for (std::size_t i = 0; i < length_; ++i) {
            packed <<= bits_;
            if (i < choices.size()) {
                const auto value = static_cast<std::uint64_t>(value_bits_ == 0 ? 0 : choices[i].value);
                packed |= static_cast<unsigned __int128>(std::uint64_t{choices[i].project} + 1) << value_bits_ | value;
            }
        }
        return packed;
    }

    /// What is left of a ballot behind that.
    std::span<const Choice> rest(std::span<const Choice> choices) const {
        return choices.subspan(std::min(length_, choices.size()));
    }

private:
    unsigned value_bits_ = 0;
    unsigned bits_ = 1;
    std::size_t length_ = 0;
};

}  // namespace

void Ballots::group() {
    struct Packed {
        unsigned __int128 first;
        std::uint32_t ballot;
    };
    const Packing packing(choices_);
    HugeVector<Packed> order(size());
    for (std::uint32_t i = 0; i < order.size(); ++i) {
        order[i] = {packing.of((*this)[i].choices), i};
    }
    std::sort(order.begin(), order.end(), [&](const Packed& a, const Packed& b) {
        return a.first != b.first ? a.first < b.first
                                  : std::ranges::lexicographical_compare(packing.rest((*this)[a.ballot].choices),
                                                                         packing.rest((*this)[b.ballot].choices));
    });
    Ballots grouped;
    grouped.reserve(size(), choices_.size());
    for (std::size_t i = 0; i < order.size(); ++i) {
        const BallotView ballot = (*this)[order[i].ballot];
        if (i > 0 && order[i].first == order[i - 1].first &&
            std::ranges::equal(ballot.choices, (*this)[order[i - 1].ballot].choices)) {
            grouped.counts_.back() += ballot.count;
            continue;
        }
        grouped.choices_.insert(grouped.choices_.end(), ballot.choices.data(),
                                ballot.choices.data() + ballot.choices.size());
        grouped.starts_.push_back(static_cast<std::uint32_t>(grouped.choices_.size()));
        grouped.counts_.push_back(ballot.count);
    }
    *this = std::move(grouped);
}

std::int64_t Ballots::total() const {
    return std::accumulate(counts_.begin(), counts_.end(), std::int64_t{0});
}

std::optional<ProjectIndex> Election::find(std::string_view id) const {
    const auto at = std::ranges::find(projects, id, &Project::id);
    return at == projects.end() ? std::nullopt : std::optional(static_cast<ProjectIndex>(at - projects.begin()));
}

namespace {

void find_project_faults(const Election& election, std::vector<Finding>& faults) {
    std::unordered_set<std::string_view> ids;
    std::unordered_set<std::string_view> pots;
    __int128 budgets = election.budget;
    for (const Pot& pot : election.pots) {
        budgets += pot.budget;
        if (pot.name.empty() || !pots.insert(pot.name).second) {
            faults.push_back(finding("recount.fault.pot_twice", {{"pot", pot.name}}));
        }
        if (pot.budget < 0 || pot.budget > money_max) {
            faults.push_back(finding("fault.pot_budget", {{"pot", pot.name}}));
        }
    }
    if (!election.pots.empty() && budgets > money_max) {
        faults.push_back(finding("fault.budgets_together"));
    }
    for (const Project& project : election.projects) {
        if (project.id.empty() || !ids.insert(project.id).second) {
            faults.push_back(finding("recount.fault.project_twice", {{"id", project.id}}));
        }
        if (project.cost < 0 || project.cost > money_max) {
            faults.push_back(finding("fault.cost", {{"id", project.id}}));
        }
        if (project.partial_from && (*project.partial_from <= 0 || *project.partial_from > project.cost)) {
            faults.push_back(finding("fault.partial_from", {{"id", project.id}}));
        }
        if (!project.pot.empty() && !pots.contains(project.pot)) {
            faults.push_back(finding("fault.pot_of_project", {{"id", project.id}, {"pot", project.pot}}));
        }
    }
}

bool fits_kind(const Choice& choice, BallotKind kind) {
    const bool counts = kind == BallotKind::points || kind == BallotKind::ranking;
    // A billion points on one ballot: sums over ten million ballots still fit.
    return counts ? choice.value >= 1 && choice.value <= 1'000'000'000 : choice.value == 1;
}

void find_ballot_faults(const Election& election, std::vector<Finding>& faults) {
    std::int64_t total = 0;
    for (std::size_t i = 0; i < election.ballots.size(); ++i) {
        const BallotView ballot = election.ballots[i];
        total += std::min<std::int64_t>(ballot.count, 1'000'000'000);
        for (const Choice& choice : ballot.choices) {
            if (choice.project >= election.projects.size() || !fits_kind(choice, election.kind)) {
                faults.push_back(finding("fault.choice", {{"group", std::to_string(i)},
                                                          {"kind", std::string(name_of(election.kind))},
                                                          {"projects", std::to_string(election.projects.size())}}));
                return;
            }
        }
        if (election.kind == BallotKind::choose_one && ballot.choices.size() > 1) {
            faults.push_back(finding("fault.one_choice", {{"group", std::to_string(i)},
                                                          {"projects", std::to_string(ballot.choices.size())}}));
            return;
        }
    }
    if (total > ballots_max) {
        faults.push_back(finding("fault.many_ballots"));
    }
}

}  // namespace

Attempt<void> validate(const Election& election) {
    std::vector<Finding> faults;
    if (election.budget < 0 || election.budget > money_max) {
        faults.push_back(finding("fault.budget"));
    }
    if (election.projects.size() > 10'000) {
        faults.push_back(finding("fault.many_projects"));
    }
    if (election.points_per_one < 1 || 1000 % election.points_per_one != 0) {
        faults.push_back(finding("fault.parts_of_point"));
    }
    find_project_faults(election, faults);
    find_ballot_faults(election, faults);
    for (const auto& group : election.exclusive) {
        const bool known =
            std::ranges::all_of(group, [&](ProjectIndex project) { return project < election.projects.size(); });
        if (group.size() < 2 || !known) {
            faults.push_back(finding("fault.group"));
        }
    }
    if (faults.empty()) {
        return {};
    }
    constexpr std::size_t told_max = 20;
    faults.erase(faults.begin() + static_cast<std::ptrdiff_t>(std::min(faults.size(), told_max)), faults.end());
    return std::unexpected(Fault(Errc::malformed, std::move(faults)));
}

Attempt<Money> parse_money(std::string_view text) {
    text = trim(text);
    Money whole = 0;
    std::size_t i = 0;
    std::size_t digits = 0;
    for (; i < text.size() && text[i] != '.' && text[i] != ','; ++i) {
        if (text[i] == ' ' && digits > 0) {
            continue;
        }
        if (text[i] < '0' || text[i] > '9') {
            return refuse(Errc::malformed, "recount.fault.not_money", {{"text", std::string(text)}});
        }
        whole = whole * 10 + (text[i] - '0');
        ++digits;
        if (whole > money_max / one_krone) {
            return refuse(Errc::exhausted, "recount.fault.too_much", {{"text", std::string(text)}});
        }
    }
    Money cents = 0;
    std::size_t decimals = 0;
    for (std::size_t j = i + 1; i < text.size() && j < text.size(); ++j, ++decimals) {
        if (text[j] < '0' || text[j] > '9' || (decimals >= 2 && text[j] != '0')) {
            return refuse(Errc::malformed, "recount.fault.not_hundredths", {{"text", std::string(text)}});
        }
        if (decimals < 2) {
            cents += (text[j] - '0') * (decimals == 0 ? 10 : 1);
        }
    }
    if (digits == 0 && decimals == 0) {
        return refuse(Errc::malformed, "recount.fault.not_money", {{"text", std::string(text)}});
    }
    return whole * one_krone + cents;
}

std::string format_points(std::int64_t points, std::int64_t points_per_one) {
    std::string text = std::to_string(points / points_per_one);
    if (const std::int64_t rest = points % points_per_one; rest != 0) {
        text += fmt::format(".{:03}", rest * (1000 / points_per_one));
        text.resize(text.find_last_not_of('0') + 1);
    }
    return text;
}

std::string format_money(Money amount) {
    const auto positive = static_cast<std::uint64_t>(amount < 0 ? -amount : amount);
    std::string text = fmt::format("{}{}", amount < 0 ? "-" : "", positive / 100);
    if (positive % 100 != 0) {
        text += fmt::format(".{:02}", positive % 100);
    }
    return text;
}

}  // namespace bypuls::participation::counting
