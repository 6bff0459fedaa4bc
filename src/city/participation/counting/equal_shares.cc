#include <algorithm>
#include <utility>

#include "city/participation/counting/kept.h"
#include "city/participation/counting/rational.h"
#include "city/participation/counting/shares.h"
#include "city/participation/counting/trail.h"
#include "core/check.h"

namespace bypuls::participation::counting {
namespace {

bool raises_shares(Completion completion) {
    return completion != Completion::none && completion != Completion::util;
}

/// By how much each raise is.
Money step_of(const Rule& rule) {
    // add-opt goes by the smallest amount there is; the leaps make that affordable.
    return rule.completion == Completion::add_opt ? 1 : rule.step;
}

std::vector<ProjectIndex> order_of(const SharesRun& run) {
    std::vector<ProjectIndex> order;
    for (const SharesRun::Purchase& purchase : run.purchases) {
        order.push_back(purchase.project);
    }
    return order;
}

/// How many steps to try at once. A leap says that nothing changes on the way; where something does, single steps are
/// run. They grow while they hold. One that fails and says where something seems to change is followed by one that
/// ends there; otherwise by shorter ones, until a step is left.
class Leaps {
public:
    /// `usual`: steps between changes in a count much like this one; 0: nobody knows.
    Leaps(bool step_first, std::int64_t usual)
        : leap_(usual > 0 ? std::max(leap_min, usual / 8) : 8), usual_(usual), steps_before_(step_first ? 1 : 0) {}

    /// 1 or less: a single step is to be run.
    std::int64_t next() const { return steps_before_ > 0 ? 1 : leap_; }
    void leapt(std::int64_t steps) {
        patience_ = 1;
        hints_ = 0;
        span_ += steps;
        if (fails_ == 0) {
            leap_ = std::min(leap_ * grows_, leap_max);
            return;
        }
        fails_ -= steps;
        go_on();
    }
    /// Perhaps it is so far before the end, as a part of the leap, that something changes; 0: not known.
    void failed(std::int64_t steps, double back) {
        constexpr double far = 16;  // steps over which a guess is too rough to stop right before it
        fails_ = steps;
        if (back == 0) {
            // Nothing may change there: it is only not certain over so many steps.
            fails_ = 0;
            grows_ = 2;
            plan(steps / 4);
            return;
        }
        if (++hints_ % 4 == 0) {
            near_ = 0;
            plan(steps / 2);
            return;
        }
        const double whole = static_cast<double>(steps);
        back *= whole;
        near_ = std::max<std::int64_t>(1, static_cast<std::int64_t>(back / 8));
        plan(std::min(steps - 1, static_cast<std::int64_t>(whole - back + (back > far ? back / 8 : -back / 64))));
    }
    std::int64_t usual() const { return usual_; }
    void stepped(bool changed) {
        steps_before_ = std::max<std::int64_t>(0, steps_before_ - 1);
        if (!changed && fails_ > 1) {
            --fails_;
            ++span_;
            go_on();
            return;
        }
        // Changes are often about as far from each other as the last ones were.
        usual_ = (3 * usual_ + span_) / 4;
        leap_ = std::max(leap_min, usual_ / 8);
        grows_ = 4;
        fails_ = 0;
        hints_ = 0;
        span_ = 0;
    }

private:
    void go_on() {
        plan(near_ > 0 ? std::min(near_, fails_ / 2) : fails_ / 2);
        near_ *= 2;
    }
    void plan(std::int64_t leap) {
        leap_ = leap;
        if (leap_ < leap_min && steps_before_ == 0) {
            // A leap that fails has cost as much as a step, so after each failure more steps go by before the next.
            steps_before_ = patience_;
            patience_ = std::min<std::int64_t>(patience_ * 2, 64);
        }
    }

    static constexpr std::int64_t leap_min = 2;
    static constexpr std::int64_t leap_max = std::int64_t{1} << 30;
    std::int64_t leap_;
    std::int64_t fails_ = 0;  ///< a leap of so many steps from here fails; 0: not known of any
    std::int64_t grows_ = 4;  ///< so many times as long is the next leap after one that held
    std::int64_t near_ = 0;   ///< the change is thought to be about so near; 0: not known
    std::int64_t span_ = 0;   ///< steps since the last change
    std::int64_t usual_;      ///< between changes
    std::int64_t hints_ = 0;  ///< one after the other that did not help
    std::int64_t steps_before_;
    std::int64_t patience_ = 1;
};

/// Equal Shares with its raises, before any filling.
class Raising {
public:
    Raising(const Contest& contest, Shares& shares) : contest_(contest), shares_(shares), work_(shares.work()) {
        now_.touched.assign(contest.election.projects.size(), false);
        voters_ = std::max<std::int64_t>(1, contest.totals.voters);
        now_.share = {.numerator = contest.budget, .denominator = voters_};
        if (contest.rule.whole_endowment) {
            now_.share.numerator = static_cast<__int128>(contest.budget / voters_ / one_krone * one_krone) * voters_;
        }
    }

    Result<Outcome> count();
    /// Both ends of the raises by whole steps; asks the contest's judge for what it would not for one of them.
    Result<Kept::Raised> count_both();

private:
    /// Where the raises stood.
    struct Stand {
        Share share;
        SharesRun run;
        std::vector<bool> touched;
        std::int64_t raises = 0;
        std::size_t decided = 0;  ///< decisions of the judge so far
    };
    enum class Until : std::uint8_t { exhaustive, overspent };
    Result<void> begin();
    /// Goes over what was kept of another count, as far as it is the same; false if not even the first stage is.
    Result<bool> go_along(const Trail& trail);
    void keep_stage(const Share& low, const SharesRun& run);
    /// Nothing but the shares says what is bought.
    bool alone() const { return contest_.election.pots.empty() && contest_.election.exclusive.empty(); }
    Result<void> raise(Until until);
    Result<Outcome> outcome_of(const Stand& stand);
    /// With the decisions after the first `from`.
    Result<Kept::End> end_of(const Stand& stand, std::size_t from);
    Result<bool> raise_once();
    /// Steps until each voter could pay for everything alone, where raising ends: a leap beyond would report a larger
    /// share.
    std::int64_t steps_left() const {
        const __int128 missing =
            static_cast<__int128>(contest_.cost_of(contest_.entrants)) * voters_ - now_.share.numerator;
        const __int128 step = static_cast<__int128>(step_) * voters_;
        return static_cast<std::int64_t>((missing + step - 1) / step);
    }
    Share after(std::int64_t steps) const {
        return {.numerator = now_.share.numerator + static_cast<__int128>(steps) * step_ * voters_,
                .denominator = voters_};
    }
    /// When each voter could pay for everything alone, more money changes nothing. Reached only with exclusive groups.
    bool share_is_enough() const { return now_.share.numerator / voters_ >= contest_.cost_of(contest_.entrants); }
    bool nothing_more_fits() const;
    /// Counts down the work done since it was called last; fails when there is none left.
    Result<void> count_down();
    void touch(const SharesRun& run) {
        for (const SharesRun::Purchase& purchase : run.purchases) {
            now_.touched[purchase.project] = true;
        }
    }

    const Contest& contest_;
    Shares& shares_;
    std::int64_t work_ = 0;  ///< of the shares, that has been counted down
    std::int64_t voters_ = 1;
    Stand now_;
    /// The first at which nothing more fits, if it was looked for and the raises went on.
    std::optional<Stand> exhaustive_;
    bool both_ = false;
    bool along_ = false;
    Money step_ = one_krone;
};

bool Raising::nothing_more_fits() const {
    std::vector<bool> out(contest_.election.projects.size(), false);
    for (const SharesRun::Purchase& purchase : now_.run.purchases) {
        out[purchase.project] = true;
        shut_out_rivals(contest_, purchase.project, out);
    }
    return std::ranges::none_of(contest_.entrants, [&](ProjectIndex project) {
        return !out[project] && now_.run.spent + contest_.cost(project) <= contest_.budget;
    });
}

Result<void> Raising::count_down() {
    std::int64_t* const left = contest_.options.work_left;
    if (left == nullptr) {
        return {};
    }
    *left -= shares_.work() - std::exchange(work_, shares_.work());
    return *left < 0 ? fail(Errc::exhausted, "the count has taken all the work that it was given") : Result<void>();
}

Result<bool> Raising::raise_once() {
    const Share next = after(1);
    if (!shares_.fits(next)) {
        TRY_DO(shares_.widen(next));
    }
    SharesRun raised = shares_.run(next, contest_.budget);
    touch(raised);
    if (raised.overspent) {
        now_.touched[raised.overspender] = true;
        return false;
    }
    now_.share = next;
    now_.run = std::move(raised);
    ++now_.raises;
    keep_stage(now_.share, now_.run);
    return true;
}

Result<void> Raising::raise(Until until) {
    constexpr std::int64_t runs_max = 1'000'000;
    std::int64_t unknown = 0;
    std::int64_t& usual = contest_.repeated != nullptr ? contest_.repeated->usual_leap : unknown;
    Leaps leaps(along_, usual);
    std::int64_t runs = 0;
    while (!share_is_enough()) {
        if ((until == Until::exhaustive || (both_ && !exhaustive_)) && nothing_more_fits()) {
            if (!both_) {
                return {};
            }
            exhaustive_ = now_;
            exhaustive_->decided = contest_.judge.decisions().size();
        }
        TRY_DO(count_down());
        if (++runs > runs_max) {
            return fail(Errc::exhausted,
                        "the shares were raised a million times without coming to an end; use a larger step");
        }
        if (contest_.options.progress && runs % 100 == 0) {
            contest_.options.progress("raising the shares");
        }
        if (const std::int64_t steps = std::min(leaps.next(), steps_left()); steps > 1) {
            const bool kept = contest_.options.keep != nullptr;
            const SharesRun before = kept ? now_.run : SharesRun{};
            const Shares::Carried carried = shares_.carry(now_.run, now_.share, after(steps));
            if (!carried.holds) {
                leaps.failed(steps, carried.back);
                continue;
            }
            const Share low = std::exchange(now_.share, after(steps));
            now_.raises += steps;
            keep_stage(low, before);
            leaps.leapt(steps);
            continue;
        }
        const auto before = order_of(now_.run);
        TRY(const bool more, raise_once());
        if (!more) {
            return {};
        }
        leaps.stepped(order_of(now_.run) != before);
        usual = leaps.usual();
    }
    return {};
}

Result<void> Raising::begin() {
    TRY_DO(shares_.widen(now_.share));
    now_.run = shares_.run(now_.share, contest_.budget);
    touch(now_.run);
    check(!now_.run.overspent, "plain Equal Shares spends no more than was handed out");
    keep_stage(now_.share, now_.run);
    return {};
}

void Raising::keep_stage(const Share& low, const SharesRun& run) {
    Trail* const keep = contest_.options.keep;
    if (keep != nullptr && alone() && keep->stages.size() < Trail::stages_max) {
        keep->stages.push_back({.low = low,
                                .high = now_.share,
                                .run = run,
                                .asked = shares_.asked(),
                                .shift = shares_.shift(),
                                .raises = now_.raises,
                                .touched = now_.touched});
    }
}

Result<bool> Raising::go_along(const Trail& trail) {
    const Trail::Stage& first = trail.stages.front();
    if (first.low.numerator != now_.share.numerator || first.low.denominator != now_.share.denominator) {
        return false;
    }
    TRY_DO(shares_.widen(now_.share));
    const Trail::Stage* last = nullptr;
    for (const Trail::Stage& stage : trail.stages) {
        if (stage.shift != shares_.shift() ||
            !shares_.leaves_out(contest_.options.favoured, stage.run, stage.high, stage.asked)) {
            break;
        }
        TRY_DO(count_down());
        last = &stage;
    }
    if (last == nullptr) {
        return false;
    }
    now_.share = last->high;
    now_.run = last->run;
    for (std::size_t round = 0; round < last->asked.size(); ++round) {
        now_.run.purchases[round].pay_high = last->asked[round].high;
    }
    now_.touched = last->touched;
    now_.raises = last->raises;
    return true;
}

Result<Outcome> Raising::count() {
    if (contest_.options.keep != nullptr) {
        // Room for one more choice, so that a count that follows has the same fixed point.
        shares_.assume_length(shares_.length() + 1);
        contest_.options.keep->length = shares_.length();
    }
    const Trail* trail = contest_.options.along;
    if (trail != nullptr && !trail->stages.empty() && alone()) {
        shares_.assume_length(trail->length);
        TRY(along_, go_along(*trail));
    }
    if (!along_) {
        TRY_DO(begin());
    }
    const Completion completion = contest_.rule.completion;
    if (raises_shares(completion)) {
        step_ = step_of(contest_.rule);
        const bool early = completion == Completion::add1e || completion == Completion::add1eu;
        TRY_DO(raise(early ? Until::exhaustive : Until::overspent));
    }
    return outcome_of(now_);
}

Result<Kept::Raised> Raising::count_both() {
    const std::size_t decided = contest_.judge.decisions().size();
    both_ = true;
    step_ = step_of(contest_.rule);
    TRY_DO(begin());
    TRY_DO(raise(Until::overspent));
    now_.decided = contest_.judge.decisions().size();
    Kept::Raised raised;
    TRY(raised.overspent, end_of(now_, decided));
    if (exhaustive_) {
        TRY(raised.exhaustive, end_of(*exhaustive_, decided));
    }
    return raised;
}

Result<Kept::End> Raising::end_of(const Stand& stand, std::size_t from) {
    TRY(Outcome outcome, outcome_of(stand));
    const auto first = contest_.judge.decisions().begin();
    return Kept::End{
        .outcome = std::move(outcome),
        .decisions = {first + static_cast<std::ptrdiff_t>(from), first + static_cast<std::ptrdiff_t>(stand.decided)}};
}

Result<Outcome> Raising::outcome_of(const Stand& stand) {
    Outcome outcome;
    outcome.spent = stand.run.spent;
    for (ProjectIndex project = 0; project < stand.touched.size(); ++project) {
        if (stand.touched[project]) {
            outcome.touched.push_back(project);
        }
    }
    outcome.ties = stand.run.ties;
    if (contest_.options.exact_rounds) {
        if (!shares_.fits(stand.share)) {
            TRY_DO(shares_.widen(stand.share));
        }
        outcome.rounds = shares_.explain(stand.share, stand.run);
    } else {
        for (const SharesRun::Purchase& purchase : stand.run.purchases) {
            Round round;
            round.project = purchase.project;
            round.paid = contest_.cost(purchase.project);
            round.supporters = contest_.totals.votes[purchase.project];
            round.pot = contest_.pot;
            outcome.rounds.push_back(std::move(round));
        }
    }
    const mpq_class share = quotient(to_mpz(stand.share.numerator), to_mpz(stand.share.denominator));
    outcome.endowment =
        Endowment{.share = in_kroner(share), .raises = stand.raises, .exhaustive = false, .pot = contest_.pot};
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
Result<bool> prefers_greedy(const Contest& contest, Outcome& shares) {
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
    const Profile profile(contest.election, contest.rule, Profile::Weights::ones, Profile::Index::by_group);
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

Profile profile_of(const Contest& contest) {
    return {contest.election, contest.rule, weights_for(contest.election, contest.rule), Profile::Index::by_group};
}

bool any_exclusive(const Contest& contest) {
    return std::ranges::any_of(contest.entrants,
                               [&](ProjectIndex project) { return !contest.rivals(project).empty(); });
}

/// What the raises of this contest come to, from another rule's count of it or for them.
const std::optional<Kept::Raised>& raised_together(const Contest& contest) {
    Kept::Key key = Kept::key(contest);
    key.by_cost = contest.rule.utility == Utility::cost;
    key.weights = weights_for(contest.election, contest.rule);
    key.step = step_of(contest.rule);
    key.whole_endowment = contest.rule.whole_endowment;
    const auto [at, fresh] = contest.kept->raised.try_emplace(std::move(key));
    if (fresh) {
        TieJudge judge = contest.judge;
        const Contest apart = contest.apart(judge);
        Shares shares(apart, profile_of(contest));
        auto raised = Raising(apart, shares).count_both();
        if (raised && judge.unbroken().empty()) {
            at->second = std::move(*raised);
        }
    }
    return at->second;
}

Result<Outcome> count_shares(const Contest& contest) {
    const Completion completion = contest.rule.completion;
    if (contest.kept != nullptr && raises_shares(completion)) {
        if (const auto& raised = raised_together(contest)) {
            const bool early = completion == Completion::add1e || completion == Completion::add1eu;
            const Kept::End& end = early && raised->exhaustive ? *raised->exhaustive : raised->overspent;
            contest.judge.adopt(end.decisions);
            return end.outcome;
        }
    }
    if (contest.repeated != nullptr) {
        std::unique_ptr<Shares>& shares = contest.repeated->shares;
        if (shares == nullptr || !shares->go_on(contest)) {
            shares = std::make_unique<Shares>(contest, *contest.repeated);
        }
        return Raising(contest, *shares).count();
    }
    Shares shares(contest, profile_of(contest));
    return Raising(contest, shares).count();
}

}  // namespace

Result<Outcome> count_equal_shares(const Contest& contest) {
    if (contest.entrants.empty()) {
        return Outcome{};
    }
    const bool raises = raises_shares(contest.rule.completion);
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
    TRY(Outcome outcome, count_shares(contest));
    outcome.endowment->exhaustive = is_exhaustive(contest, outcome);
    const Completion completion = contest.rule.completion;
    if (completion == Completion::util || completion == Completion::add1u || completion == Completion::add1eu) {
        fill_by_score(contest, outcome);
    }
    if (contest.rule.comparison != Comparison::none) {
        TRY_DO(prefers_greedy(contest, outcome));
    }
    return outcome;
}

}  // namespace bypuls::participation::counting
