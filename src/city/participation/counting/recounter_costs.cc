#include <algorithm>
#include <map>
#include <utility>

#include "city/participation/counting/recounter_inside.h"
#include "city/participation/counting/trail.h"
#include "core/check.h"

namespace bypuls::participation::counting {

/// Equal Shares with raised shares, for many costs of one project at a time. How the shares were raised to some
/// endowment leaves no trace but that none before it broke the budget. So endowment after endowment the costs are
/// parted into spans whose purchases are the same; those that break the budget have come to their end.
class Recounter::Costs {
public:
    Costs(Recounter& recounter, ProjectIndex project, const CountOptions& options)
        : recounter_(recounter), project_(project), options_(options), cost_(cost()) {}
    ~Costs() { price(cost_); }
    Costs(const Costs&) = delete;
    Costs& operator=(const Costs&) = delete;

    Result<std::optional<Money>> most(Money cheap, Money dear);

private:
    /// Of the costs from `cheap` to `dear` none has broken the budget with the raises so far.
    struct Span {
        Money cheap = 0;
        Money dear = 0;
        bool bought = false;    ///< the project, with the last of those raises
        std::int64_t leap = 1;  ///< raises to be tried at a time
        std::int64_t patience = 0;
        std::int64_t wait = 0;  ///< single raises before leaps are tried again
    };

    Money& cost() { return recounter_.election_.projects[project_].cost; }
    Shares& shares() { return *recounter_.inside_->repeated.shares; }
    void price(Money cost);
    void make_contest();
    std::pair<std::ptrdiff_t, std::ptrdiff_t> place(Money cost) const;
    Result<void> begin(Money cheap, Money dear);
    std::int64_t go_along(Money cheap);
    const Trail::Stage* stage_after(std::int64_t raises);
    bool leaves_out(const Trail::Stage& stage, Money cost);
    Money least_left_out(const Trail::Stage& stage, const Span& span);
    Result<void> go_on(Span span, std::int64_t raises);
    Result<void> raise(const Span& span, std::int64_t raises);
    Result<void> raise_parts(const Span& span, std::int64_t raises);
    void add(std::int64_t raises, Span span);
    Result<void> count_down();
    Share share(std::int64_t raises) const {
        const __int128 step = recounter_.rule_.completion == Completion::none ? 0 : recounter_.rule_.step;
        return {.numerator = first_.numerator + step * raises * first_.denominator, .denominator = first_.denominator};
    }

    Recounter& recounter_;
    ProjectIndex project_;
    const CountOptions& options_;
    Money cost_;
    Share first_;
    std::optional<TieJudge> judge_;
    std::optional<Contest> contest_;
    std::pair<std::ptrdiff_t, std::ptrdiff_t> place_;  ///< for which the contest was made
    std::vector<ProjectIndex> entrants_;
    std::map<std::int64_t, std::vector<Span>> spans_;  ///< by raises, those of one by cost
    std::optional<Money> most_;
    std::int64_t work_ = 0;
    bool along_ = false;  ///< the raises are those of the count as it was
    bool undecided_ = false;
};

/// Between which of the others a cost stands. The judge goes by no more of it.
std::pair<std::ptrdiff_t, std::ptrdiff_t> Recounter::Costs::place(Money cost) const {
    const std::vector<Project>& projects = recounter_.election_.projects;
    const auto others = [&](auto holds) {
        return std::ranges::count_if(
            projects, [&](const Project& other) { return &other != &projects[project_] && holds(other.cost); });
    };
    return {others([&](Money other) { return other < cost; }), others([&](Money other) { return other <= cost; })};
}

void Recounter::Costs::make_contest() {
    Recounter& re = recounter_;
    if (contest_ && place(cost()) == place_) {
        return;
    }
    place_ = place(cost());
    undecided_ = undecided_ || (judge_ && !judge_->unbroken().empty());
    contest_.reset();
    judge_.emplace(re.election_, re.rule_, re.inside_->totals);
    contest_.emplace(Contest{.election = re.election_,
                             .rule = re.rule_,
                             .totals = re.inside_->totals,
                             .judge = *judge_,
                             .options = options_,
                             .entrants = entrants_,
                             .budget = re.election_.budget,
                             .repeated = &re.inside_->repeated});
}

void Recounter::Costs::price(Money cost) {
    if (this->cost() != cost) {
        recounter_.set_cost(project_, cost);
        make_contest();
        shares().reprice(*contest_, project_);
    }
}

Result<void> Recounter::Costs::count_down() {
    constexpr std::int64_t each_span = 64;
    if (options_.work_left == nullptr) {
        return {};
    }
    *options_.work_left -= each_span + shares().work() - std::exchange(work_, shares().work());
    return *options_.work_left < 0 ? fail(Errc::exhausted, "the count has taken all the work that it was given")
                                   : Result<void>();
}

Result<void> Recounter::Costs::begin(Money cheap, Money dear) {
    const Totals& totals = recounter_.inside_->totals;
    const Election& election = recounter_.election_;
    entrants_ = recounter_.inside_->entrants(election, recounter_.rule_);
    make_contest();
    std::unique_ptr<Shares>& shares = recounter_.inside_->repeated.shares;
    if (shares == nullptr || !shares->go_on(*contest_)) {
        shares = std::make_unique<Shares>(*contest_, recounter_.inside_->repeated);
    }
    work_ = shares->work();
    const std::int64_t voters = std::max<std::int64_t>(1, totals.voters);
    first_ = {.numerator = election.budget, .denominator = voters};
    if (recounter_.rule_.whole_endowment) {
        first_.numerator = static_cast<__int128>(election.budget / voters / one_krone * one_krone) * voters;
    }
    if (options_.along != nullptr) {
        shares->assume_length(options_.along->length);
    }
    TRY_DO(shares->widen(first_));
    const std::int64_t raised = dear <= cost_ ? go_along(cheap) : -1;
    if (raised >= 0) {
        add(raised, {.cheap = cheap, .dear = dear});
        return {};
    }
    return raise({.cheap = cheap, .dear = dear}, -1);
}

/// What is bought by none of the endowments up to some, with the least cost, is by none with more: so many raises.
std::int64_t Recounter::Costs::go_along(Money cheap) {
    std::int64_t raised = -1;
    if (options_.along == nullptr || options_.along->stages.empty()) {
        return raised;
    }
    const Share& low = options_.along->stages.front().low;
    if (low.numerator != first_.numerator || low.denominator != first_.denominator) {
        return raised;
    }
    along_ = true;
    for (const Trail::Stage& stage : options_.along->stages) {
        if (!leaves_out(stage, cheap)) {
            break;
        }
        raised = stage.raises;
    }
    return raised;
}

/// What the count as it was did next after so many raises; null: that is not known.
const Trail::Stage* Recounter::Costs::stage_after(std::int64_t raises) {
    if (!along_) {
        return nullptr;
    }
    const std::vector<Trail::Stage>& stages = options_.along->stages;
    const auto next = std::ranges::upper_bound(stages, raises, {}, &Trail::Stage::raises);
    return next == stages.end() || next->shift != shares().shift() ? nullptr : &*next;
}

bool Recounter::Costs::leaves_out(const Trail::Stage& stage, Money cost) {
    if (stage.shift != shares().shift()) {
        return false;
    }
    price(cost);
    return shares().leaves_out(project_, stage.run, stage.high, stage.asked);
}

/// About the least cost of the span from which on the project is not bought on that stage; none: one more than there
/// are.
Money Recounter::Costs::least_left_out(const Trail::Stage& stage, const Span& span) {
    if (leaves_out(stage, span.cheap)) {
        return span.cheap;
    }
    if (span.cheap == span.dear || !leaves_out(stage, span.dear)) {
        return span.dear + 1;
    }
    Money bought = span.cheap;
    Money left_out = span.dear;
    while (left_out - bought > 1) {
        const Money middle = bought + (left_out - bought) / 2;
        (leaves_out(stage, middle) ? left_out : bought) = middle;
    }
    return left_out;
}

/// A raise has no memory but that the budget was kept. So where the project is left out, however it came there, a span
/// goes along the count as it was, for which no other project need be asked; the rest of it is counted.
Result<void> Recounter::Costs::go_on(Span span, std::int64_t raises) {
    const Trail::Stage* const stage = span.bought ? nullptr : stage_after(raises);
    if (stage == nullptr) {
        return raise(span, raises);
    }
    TRY_DO(count_down());
    const Money left_out = least_left_out(*stage, span);
    if (left_out <= span.dear) {
        add(stage->raises, {.cheap = left_out, .dear = span.dear});
        span.dear = left_out - 1;
    }
    return span.cheap <= span.dear ? raise(span, raises) : Result<void>();
}

void Recounter::Costs::add(std::int64_t raises, Span span) {
    std::vector<Span>& here = spans_[raises];
    const auto at = std::ranges::lower_bound(here, span.cheap, {}, &Span::cheap);
    here.insert(at, span);
}

/// Counts a span with one raise more.
Result<void> Recounter::Costs::raise(const Span& span, std::int64_t raises) {
    if (most_ && span.dear <= *most_) {
        return {};
    }
    TRY_DO(count_down());
    const Share next = share(raises + 1);
    const std::int64_t leap = raises < 0 || span.wait > 0 ? 1 : span.leap;
    const Share far = share(raises + leap);
    if (!shares().fits(far)) {
        TRY_DO(shares().widen(far));
    }
    price(span.dear);
    const Money budget = recounter_.election_.budget;
    const SharesRun run = shares().run(next, budget);
    const bool one = span.cheap == span.dear;
    const auto holds = [&](const Share& high) {
        price(span.cheap);
        return shares().holds_when_cheaper(run, high, project_, span.dear, budget);
    };
    if (run.overspent) {
        if (!one && !holds(next)) {
            return raise_parts(span, raises);
        }
        most_ = span.bought ? std::max(most_.value_or(0), span.dear) : most_;
        return {};
    }
    Span after = span;
    after.bought = std::ranges::find(run.purchases, project_, &SharesRun::Purchase::project) != run.purchases.end();
    after.wait = std::max<std::int64_t>(0, span.wait - 1);
    if (leap > 1 && holds(far)) {
        after.leap = leap * 2;
        after.patience = 1;
        add(raises + leap, after);
        return {};
    }
    if (leap > 1) {
        constexpr std::int64_t patience_max = 64;
        after.wait = after.patience;
        after.patience = std::min(patience_max, after.patience * 2 + 1);
    }
    after.leap = 2;
    if (one || holds(next)) {
        add(raises + 1, after);
        return {};
    }
    return raise_parts(span, raises);
}

Result<void> Recounter::Costs::raise_parts(const Span& span, std::int64_t raises) {
    const Money middle = span.cheap + (span.dear - span.cheap) / 2;
    Span part = span;
    part.leap = 1;
    part.cheap = middle + 1;
    TRY_DO(raise(part, raises));
    part.cheap = span.cheap;
    part.dear = middle;
    return raise(part, raises);
}

Result<std::optional<Money>> Recounter::Costs::most(Money cheap, Money dear) {
    TRY_DO(begin(cheap, dear));
    const bool raises = recounter_.rule_.completion != Completion::none;
    while (!spans_.empty()) {
        const std::int64_t at = spans_.begin()->first;
        const std::vector<Span> spans = std::move(spans_.begin()->second);
        spans_.erase(spans_.begin());
        for (std::size_t i = 0; i < spans.size();) {
            // Neighbours that have come to the same are one again.
            Span span = spans[i++];
            for (; i < spans.size() && spans[i].cheap == span.dear + 1 && spans[i].bought == span.bought; ++i) {
                span.dear = spans[i].dear;
                span.leap = std::min(span.leap, spans[i].leap);
                span.wait = std::max(span.wait, spans[i].wait);
                span.patience = std::max(span.patience, spans[i].patience);
            }
            if (raises) {
                TRY_DO(go_on(span, at));
            } else {
                most_ = span.bought ? std::max(most_.value_or(0), span.dear) : most_;
            }
        }
    }
    undecided_ = undecided_ || !judge_->unbroken().empty();
    if (undecided_) {
        return fail(Errc::conflict, "projects are tied and only a lot that is not drawn can decide");
    }
    return most_;
}

bool Recounter::can_ask_costs() const {
    return rule_.method == Method::equal_shares && election_.pots.empty() && election_.exclusive.empty() &&
           (rule_.completion == Completion::none || rule_.completion == Completion::add1) &&
           rule_.comparison == Comparison::none && rule_.eligibility == 0;
}

Result<std::optional<Money>> Recounter::costs_most(ProjectIndex project, Money cheap, Money dear,
                                                   const CountOptions& options) {
    TRY_DO(inside_->valid);
    if (inside_->voters > ballots_max) {
        return fail(Errc::malformed, "there are more than a hundred million ballots");
    }
    check(can_ask_costs() && cheap > 0, "costs can be asked of this rule");
    // What does not take part wins at no cost, however small.
    const std::vector<ProjectIndex> entrants = inside_->entrants(election_, rule_);
    if (std::ranges::find(entrants, project) == entrants.end()) {
        return std::optional<Money>();
    }
    std::optional<Money> with_all;
    if (rule_.completion == Completion::add1 || rule_.fully_funded) {
        // What can be bought together with everything else is.
        const Money all = inside_->cost_of_all(election_, rule_);
        with_all = std::min(dear, election_.budget - (all - election_.projects[project].cost));
    }
    if (with_all && *with_all >= cheap) {
        cheap = *with_all + 1;
    } else {
        with_all.reset();
    }
    if (cheap > dear) {
        return with_all;
    }
    TRY(const auto most, Costs(*this, project, options).most(cheap, dear));
    return most ? most : with_all;
}

}  // namespace bypuls::participation::counting
