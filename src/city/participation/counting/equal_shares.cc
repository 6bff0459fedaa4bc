#include <algorithm>

#include "city/participation/counting/rational.h"
#include "city/participation/counting/shares.h"
#include "core/check.h"

namespace bypuls::participation::counting {
namespace {

/// Equal Shares with its raises, before any filling.
class Raising {
public:
    Raising(const Contest& contest, const Profile& profile)
        : contest_(contest), shares_(contest, profile), touched_(contest.election.projects.size(), false) {
        voters_ = std::max<std::int64_t>(1, contest.totals.voters);
        share_.denominator = voters_;
        share_.numerator = contest.budget;
        if (contest.rule.whole_endowment) {
            share_.numerator = static_cast<__int128>(contest.budget / voters_ / one_krone * one_krone) * voters_;
        }
    }

    Result<Outcome> count();

private:
    Result<void> raise();
    Result<bool> raise_once();
    /// Steps until each voter could pay for everything alone, where raising ends: a leap beyond would report a larger
    /// share.
    std::int64_t steps_left() const {
        const __int128 missing =
            static_cast<__int128>(contest_.cost_of(contest_.entrants)) * voters_ - share_.numerator;
        const __int128 step = static_cast<__int128>(step_) * voters_;
        return static_cast<std::int64_t>((missing + step - 1) / step);
    }
    Share after(std::int64_t steps) const {
        return {.numerator = share_.numerator + static_cast<__int128>(steps) * step_ * voters_, .denominator = voters_};
    }
    bool stops_here() const;
    void touch(const SharesRun& run) {
        for (const SharesRun::Purchase& purchase : run.purchases) {
            touched_[purchase.project] = true;
        }
    }
    Outcome outcome_so_far() const;

    const Contest& contest_;
    Shares shares_;
    std::int64_t voters_ = 1;
    Share share_;
    SharesRun run_;
    std::vector<bool> touched_;
    Money step_ = one_krone;
    std::int64_t raises_ = 0;
};

Outcome Raising::outcome_so_far() const {
    Outcome outcome;
    outcome.spent = run_.spent;
    for (const SharesRun::Purchase& purchase : run_.purchases) {
        Round round;
        round.project = purchase.project;
        round.paid = contest_.cost(purchase.project);
        round.supporters = contest_.totals.votes[purchase.project];
        round.pot = contest_.pot;
        outcome.rounds.push_back(std::move(round));
    }
    return outcome;
}

bool Raising::stops_here() const {
    const bool until_exhaustive =
        contest_.rule.completion == Completion::add1e || contest_.rule.completion == Completion::add1eu;
    if (until_exhaustive && is_exhaustive(contest_, outcome_so_far())) {
        return true;
    }
    // When each voter could pay for everything alone, more money changes nothing. Reached only with exclusive groups.
    return share_.numerator / voters_ >= contest_.cost_of(contest_.entrants);
}

Result<bool> Raising::raise_once() {
    const Share next = after(1);
    if (!shares_.fits(next)) {
        TRY_DO(shares_.widen(next));
    }
    SharesRun raised = shares_.run(next, contest_.budget);
    touch(raised);
    if (raised.overspent) {
        touched_[raised.overspender] = true;
        return false;
    }
    share_ = next;
    run_ = std::move(raised);
    ++raises_;
    return true;
}

Result<void> Raising::raise() {
    constexpr std::int64_t leap_max = std::int64_t{1} << 30;
    constexpr std::int64_t runs_max = 1'000'000;
    // A leap says that nothing changes on the way; where something does, single steps are run. A leap that fails has
    // cost as much as a step, so after each failure more steps go by before the next attempt.
    std::int64_t leap = 8;
    std::int64_t steps_before_leap = 0;
    std::int64_t patience = 1;
    std::int64_t runs = 0;
    while (!stops_here()) {
        if (++runs > runs_max) {
            return fail(Errc::exhausted,
                        "the shares were raised a million times without coming to an end; use a larger step");
        }
        if (contest_.options.progress && runs % 100 == 0) {
            contest_.options.progress("raising the shares");
        }
        if (steps_before_leap == 0) {
            const std::int64_t steps = std::min(leap, steps_left());
            if (shares_.carry(run_, after(steps))) {
                share_ = after(steps);
                raises_ += steps;
                leap = std::min(leap * 2, leap_max);
                patience = 1;
                continue;
            }
            if (leap > 2) {
                leap /= 4;
                leap = std::max<std::int64_t>(leap, 2);
                continue;
            }
            steps_before_leap = patience;
            patience = std::min<std::int64_t>(patience * 2, 64);
        }
        TRY(const bool more, raise_once());
        if (!more) {
            return {};
        }
        leap = 4;
        --steps_before_leap;
    }
    return {};
}

Result<Outcome> Raising::count() {
    const Completion completion = contest_.rule.completion;
    TRY_DO(shares_.widen(share_));
    run_ = shares_.run(share_, contest_.budget);
    touch(run_);
    check(!run_.overspent, "plain Equal Shares spends no more than was handed out");
    if (completion == Completion::add1 || completion == Completion::add1e || completion == Completion::add1u ||
        completion == Completion::add1eu || completion == Completion::add_opt) {
        // add-opt goes by the smallest amount there is; the leaps make that affordable.
        step_ = completion == Completion::add_opt ? 1 : contest_.rule.step;
        TRY_DO(raise());
    }
    Outcome outcome = outcome_so_far();
    for (ProjectIndex project = 0; project < touched_.size(); ++project) {
        if (touched_[project]) {
            outcome.touched.push_back(project);
        }
    }
    outcome.ties = run_.ties;
    if (contest_.options.exact_rounds) {
        if (!shares_.fits(share_)) {
            TRY_DO(shares_.widen(share_));
        }
        outcome.rounds = shares_.explain(share_, run_);
    }
    const mpq_class share = quotient(to_mpz(share_.numerator), to_mpz(share_.denominator));
    outcome.endowment =
        Endowment{.share = in_kroner(share), .raises = raises_, .exhaustive = false, .pot = contest_.pot};
    return outcome;
}

/// Voters by whether they have more of their choices in a than in b.
struct Preference {
    std::int64_t for_first = 0;
    std::int64_t for_second = 0;
    std::int64_t empty_first = 0;
    std::int64_t empty_second = 0;
};

Preference compare(const Profile& profile, const std::vector<ProjectIndex>& first,
                   const std::vector<ProjectIndex>& second) {
    std::vector<int> in_first(profile.projects(), 0);
    std::vector<int> in_second(profile.projects(), 0);
    for (const ProjectIndex project : first) {
        in_first[project] = 1;
    }
    for (const ProjectIndex project : second) {
        in_second[project] = 1;
    }
    Preference preference;
    for (std::size_t group = 0; group < profile.groups(); ++group) {
        int a = 0;
        int b = 0;
        for (const Wish& wish : profile.wishes(group)) {
            a += in_first[wish.project];
            b += in_second[wish.project];
        }
        preference.for_first += a > b ? profile.count(group) : 0;
        preference.for_second += b > a ? profile.count(group) : 0;
        preference.empty_first += a == 0 ? profile.count(group) : 0;
        preference.empty_second += b == 0 ? profile.count(group) : 0;
    }
    return preference;
}

/// The comparison step: true if the greedy outcome takes the place of `shares`.
Result<bool> prefers_greedy(const Contest& contest, const Profile& profile, Outcome& shares) {
    Rule plain = contest.rule;
    plain.method = Method::greedy;
    plain.order = Order::score;
    plain.misfit = Misfit::skip;
    Contest beside{.election = contest.election,
                   .rule = plain,
                   .totals = contest.totals,
                   .judge = contest.judge,
                   .options = contest.options,
                   .entrants = contest.entrants,
                   .budget = contest.budget,
                   .pot = contest.pot};
    TRY(Outcome greedy, count_greedy(beside));
    const Preference preference = compare(profile, shares.winners(), greedy.winners());
    const bool prefers = contest.rule.comparison == Comparison::majority
                             ? preference.for_second > preference.for_first
                             : preference.empty_second < preference.empty_first;
    if (prefers) {
        for (Round& round : greedy.rounds) {
            round.phase = Phase::comparison;
        }
        greedy.endowment = shares.endowment;
        greedy.touched = shares.touched;
        greedy.greedy_preferred = true;
        shares = std::move(greedy);
    }
    return prefers;
}

bool any_exclusive(const Contest& contest) {
    return std::ranges::any_of(contest.entrants,
                               [&](ProjectIndex project) { return !contest.rivals(project).empty(); });
}

}  // namespace

Result<Outcome> count_equal_shares(const Contest& contest) {
    if (contest.entrants.empty()) {
        return Outcome{};
    }
    const bool raises = contest.rule.completion != Completion::none && contest.rule.completion != Completion::util;
    if (raises && contest.cost_of(contest.entrants) <= contest.budget && !any_exclusive(contest)) {
        Outcome everything;
        fill_by_score(contest, everything);
        for (Round& round : everything.rounds) {
            round.phase = Phase::fund_all;
        }
        return everything;
    }
    if (contest.entrants.size() > entrants_max) {
        return fail(Errc::exhausted, "Equal Shares counts at most 65 535 projects at a time");
    }
    const Profile profile(contest.election, contest.rule, weights_for(contest.election, contest.rule),
                          Profile::Index::by_group);
    TRY(Outcome outcome, Raising(contest, profile).count());
    outcome.endowment->exhaustive = is_exhaustive(contest, outcome);
    const Completion completion = contest.rule.completion;
    if (completion == Completion::util || completion == Completion::add1u || completion == Completion::add1eu) {
        fill_by_score(contest, outcome);
    }
    if (contest.rule.comparison != Comparison::none) {
        TRY_DO(prefers_greedy(contest, profile, outcome));
    }
    return outcome;
}

}  // namespace bypuls::participation::counting
