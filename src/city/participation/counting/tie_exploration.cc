#include "city/participation/counting/tie_exploration.h"

#include <algorithm>
#include <deque>
#include <optional>
#include <set>

namespace bypuls::participation::counting {
namespace {

/// So that a count never takes more than some hundreds of times as long as without.
constexpr std::size_t recounts_max = 256;

/// An order to be tried, and the decision of the first count from which it departs.
struct Departure {
    std::size_t origin = 0;
    std::vector<Precedence> order;
};

/// What has been said of two projects, directly or through others.
bool goes_before(std::span<const Precedence> order, ProjectIndex first, ProjectIndex then) {
    std::vector<ProjectIndex> later = {first};
    for (std::size_t i = 0; i < later.size(); ++i) {
        for (const Precedence& precedence : order) {
            if (precedence.first == later[i] && std::ranges::find(later, precedence.then) == later.end()) {
                if (precedence.then == then) {
                    return true;
                }
                later.push_back(precedence.then);
            }
        }
    }
    return false;
}

/// What a decision for `chosen` says of the others.
void say(const Decision& decision, ProjectIndex chosen, std::vector<Precedence>& order) {
    for (const ProjectIndex other : decision.tied) {
        if (other != chosen) {
            order.push_back(decision.last ? Precedence{.first = other, .then = chosen}
                                          : Precedence{.first = chosen, .then = other});
        }
    }
}

bool may_choose(const Decision& decision, ProjectIndex project, std::span<const Precedence> order) {
    return std::ranges::none_of(decision.tied, [&](ProjectIndex other) {
        return other != project &&
               (decision.last ? goes_before(order, project, other) : goes_before(order, other, project));
    });
}

/// The order in which everything that is only in the other of two sets goes before what is only in the first.
std::vector<Precedence> other_set_first(const Decision& decision, std::vector<Precedence> order) {
    for (const ProjectIndex first : decision.instead_of) {
        for (const ProjectIndex then : decision.tied) {
            if (std::ranges::find(decision.tied, first) == decision.tied.end() &&
                std::ranges::find(decision.instead_of, then) == decision.instead_of.end()) {
                order.push_back({.first = first, .then = then});
            }
        }
    }
    return order;
}

class Exploration {
public:
    Exploration(const std::vector<Decision>& decisions, const std::vector<ProjectIndex>& outcome)
        : decisions_(decisions), outcome_(outcome), others_(decisions.size()), cut_short_(decisions.size(), false) {}

    Result<void> run(const CountAgain& count_again);
    void write(std::size_t decision, Tie& tie) const {
        tie.alternatives.assign(others_[decision].begin(), others_[decision].end());
        tie.explored = !cut_short_[decision];
    }

private:
    void depart(const std::vector<Decision>& decisions, std::vector<Precedence> order,
                std::optional<std::size_t> origin);
    void add(std::size_t origin, std::vector<Precedence> order);

    const std::vector<Decision>& decisions_;
    const std::vector<ProjectIndex>& outcome_;
    std::vector<std::set<std::vector<ProjectIndex>>> others_;
    std::vector<bool> cut_short_;
    std::deque<Departure> departures_;
    std::size_t added_ = 0;
};

void Exploration::add(std::size_t origin, std::vector<Precedence> order) {
    if (added_ == recounts_max) {
        cut_short_[origin] = true;
        return;
    }
    ++added_;
    departures_.push_back({.origin = origin, .order = std::move(order)});
}

/// Every departure from these decisions that agrees with `order`. `origin`: the decision of the first count that they
/// come after; none for those of the first count itself.
void Exploration::depart(const std::vector<Decision>& decisions, std::vector<Precedence> order,
                         std::optional<std::size_t> origin) {
    for (std::size_t i = 0; i < decisions.size() && !(origin && cut_short_[*origin]); ++i) {
        const Decision& decision = decisions[i];
        if (!decision.matters) {
            continue;
        }
        if (!decision.instead_of.empty()) {
            if (!origin) {
                add(i, other_set_first(decision, order));
            }
            continue;
        }
        for (const ProjectIndex other : decision.tied) {
            if (other != decision.chosen && may_choose(decision, other, order)) {
                std::vector<Precedence> otherwise = order;
                say(decision, other, otherwise);
                add(origin.value_or(i), std::move(otherwise));
            }
        }
        say(decision, decision.chosen, order);
    }
}

Result<void> Exploration::run(const CountAgain& count_again) {
    depart(decisions_, {}, std::nullopt);
    while (!departures_.empty()) {
        const Departure departure = std::move(departures_.front());
        departures_.pop_front();
        TRY(const Recount again, count_again(departure.order));
        if (again.winning_set != outcome_) {
            others_[departure.origin].insert(again.winning_set);
        }
        if (decisions_[departure.origin].instead_of.empty()) {
            depart(again.decisions, departure.order, departure.origin);
        }
    }
    return {};
}

/// The tie of the result that a decision of its count is reported as.
Tie& tie_of(const Decision& decision, CountResult& result) {
    std::vector<ProjectIndex> tied = decision.tied;
    if (!decision.instead_of.empty()) {
        tied.clear();
        std::ranges::set_symmetric_difference(decision.tied, decision.instead_of, std::back_inserter(tied));
    }
    return *std::ranges::find(result.ties, tied, &Tie::tied);
}

}  // namespace

Result<void> explore_ties(const std::vector<Decision>& decisions, CountResult& result, const CountAgain& count_again) {
    const std::vector<ProjectIndex> outcome = result.winning_set();
    Exploration exploration(decisions, outcome);
    TRY_DO(exploration.run(count_again));
    for (std::size_t i = 0; i < decisions.size(); ++i) {
        exploration.write(i, tie_of(decisions[i], result));
    }
    return {};
}

}  // namespace bypuls::participation::counting
