#include "city/participation/counting/shares_state.h"

#include <algorithm>

#include "core/check.h"

namespace bypuls::participation::counting {
namespace {

constexpr std::uint32_t never = UINT32_MAX;
constexpr int headroom_bits = 61;

int bits(unsigned __int128 value) {
    const auto high = static_cast<std::uint64_t>(value >> 64);
    return static_cast<int>(high != 0 ? 64 + std::bit_width(high) : std::bit_width(static_cast<std::uint64_t>(value)));
}

}  // namespace

Shares::State::State(const Contest& of, const Profile& by) : contest(of), profile(by) {
    by_cost_ = contest.rule.utility == Utility::cost;
    weights_.assign(profile.projects(), 0);
    for (const ProjectIndex project : contest.entrants) {
        for (const Supporter& supporter : profile.supporters(project)) {
            weights_[project] += supporter.count() * supporter.weight;
            weight_max_ = std::max<std::int64_t>(weight_max_, supporter.weight);
        }
    }
    ones_ = weight_max_ == 1;
}

namespace {

/// All the money handed out, or the dearest project, whichever is more: what must fit the fixed point.
__int128 largest_amount(const Contest& contest, const Profile& profile, const Share& share) {
    std::int64_t voters = 0;
    for (std::size_t group = 0; group < profile.groups(); ++group) {
        voters += profile.count(group);
    }
    __int128 most = share.numerator / share.denominator * voters + voters;
    for (const ProjectIndex project : contest.entrants) {
        most = std::max<__int128>(most, contest.cost(project));
    }
    return most;
}

}  // namespace

bool Shares::State::fits(const Share& share) const {
    return shift_ > 0 &&
           bits(static_cast<unsigned __int128>(largest_amount(contest, profile, share))) + shift_ <= headroom_bits;
}

Result<void> Shares::State::widen(const Share& share) {
    const int needed = bits(static_cast<unsigned __int128>(largest_amount(contest, profile, share)));
    if (needed >= headroom_bits - 8) {
        return fail(Errc::exhausted,
                    "the shares of all voters together have grown beyond forty-five thousand billion kroner");
    }
    // Two bits to spare, so that shares can grow fourfold before this is called again.
    shift_ = std::clamp(headroom_bits - 2 - needed, 1, 40);
    return {};
}

void Shares::State::begin(const Share& share) {
    const auto fixed = static_cast<Fixed>((share.numerator << shift_) / share.denominator);
    endowment_ = quotient(to_mpz(share.numerator), to_mpz(share.denominator));
    balance_.assign(profile.groups(), fixed);
    error_ = 1;
    error_max_ = std::max<__int128>(64, fixed >> 16);
    bought.clear();
    round_of_.assign(profile.projects(), never);
    alive = contest.entrants;
    lower.assign(profile.projects(), 0);
    for (const ProjectIndex project : alive) {
        lower[project] = cost_fixed(project) / weights_[project];
    }
}

std::strong_ordering Shares::State::compare_prices(Fixed a, ProjectIndex p, Fixed b, ProjectIndex q) const {
    if (!by_cost_) {
        return a <=> b;
    }
    return static_cast<__int128>(a) * contest.cost(q) <=> static_cast<__int128>(b) * contest.cost(p);
}

mpq_class Shares::State::price(const mpq_class& payment, ProjectIndex project) const {
    return by_cost_ ? mpq_class(payment / to_mpz(contest.cost(project))) : payment;
}

template <bool ones, bool first>
Shares::State::Pass Shares::State::look(ProjectIndex project, Fixed pay, Fixed slack) const {
    Pass pass;
    const __int128 margin = error_ + slack;
    const auto below = static_cast<Fixed>(std::max<__int128>(1, pay - margin));
    const auto above = static_cast<Fixed>(pay + margin);
    for (const Supporter& supporter : profile.supporters(project)) {
        const Fixed balance = balance_[supporter.group];
        const Fixed money = supporter.count() * balance;
        bool poor = balance < below;
        bool near = balance <= above;
        if constexpr (!ones) {
            const __int128 full = static_cast<__int128>(pay) * supporter.weight;
            const __int128 doubt = error_ + static_cast<__int128>(slack) * supporter.weight;
            poor = balance == 0 || balance < full - doubt;
            near = balance <= full + doubt;
        }
        const std::int64_t live = balance != 0 ? supporter.count() : 0;
        const std::int64_t mask = -static_cast<std::int64_t>(poor);
        if constexpr (first) {
            pass.total += money;
            pass.live += live;
        }
        pass.poor_sum += money & mask;
        pass.poor_live += live & mask;
        pass.poor_weight += (ones ? supporter.count() : supporter.count() * supporter.weight) & mask;
        pass.doubtful += static_cast<std::int64_t>(near) + mask;
    }
    return pass;
}

/// Takes in what a look has shown; true if the payment is found, or cannot be found by looking.
bool Shares::State::settle(Ask& ask, ProjectIndex project, const Pass& pass, Fixed slack) {
    const std::int64_t rich = weights_[project] - pass.poor_weight;
    const __int128 doubt = pass.poor_live * error_;
    const __int128 rest = static_cast<__int128>(cost_fixed(project)) - pass.poor_sum;
    // For any set of voters thought to be poor, this is a lower bound: the true payment is the largest of them.
    const auto low = static_cast<Fixed>(rest > doubt ? (rest - doubt) / rich : 0);
    const Fixed high = ceil_div(rest + doubt, rich);
    ask.low = std::max(ask.low, low);
    lower[project] = ask.low;
    ask.nobody_short = pass.poor_weight == 0 && pass.doubtful == 0;
    // Poor and rich are certain anywhere within the slack; so if the root must lie there, it is where it seems.
    if (pass.doubtful == 0 && low >= ask.pay - slack && high <= ask.pay + slack) {
        ask.closed = true;
        ask.high = high;
        return true;
    }
    const Fixed next = std::max(ask.low, ceil_div(rest, rich));
    const bool still = next <= ask.pay + slack;
    ask.pay = std::max(ask.pay, next);
    return still && pass.doubtful > 0;
}

Shares::State::Ask Shares::State::ask(ProjectIndex project, std::optional<std::pair<Fixed, ProjectIndex>> enough) {
    constexpr int looks_max = 200;
    const Fixed cost = cost_fixed(project);
    Ask ask{.kind = Ask::Kind::bounded, .pay = lower[project], .low = lower[project]};
    Fixed slack = 2;
    for (int looks = 0; looks < looks_max; ++looks) {
        const bool first = looks == 0;
        const Pass pass =
            ones_ ? (first ? look<true, true>(project, ask.pay, slack) : look<true, false>(project, ask.pay, slack))
                  : (first ? look<false, true>(project, ask.pay, slack) : look<false, false>(project, ask.pay, slack));
        const __int128 doubt = pass.live * error_;
        if (first && pass.total + doubt < cost) {
            ask.kind = Ask::Kind::unaffordable;
            return ask;
        }
        if ((first && pass.total - doubt < cost) || pass.poor_weight == weights_[project]) {
            ask.kind = Ask::Kind::unsure;
            return ask;
        }
        if (settle(ask, project, pass, slack) ||
            (enough && compare_prices(ask.low, project, enough->first, enough->second) > 0)) {
            return ask;
        }
        const __int128 needed = 2 + pass.poor_live * error_ / (weights_[project] - pass.poor_weight);
        slack = static_cast<Fixed>(std::min(needed, error_max_));
    }
    return ask;
}

Shares::State::Split Shares::State::split(ProjectIndex project, Fixed pay, Fixed slack) const {
    Split split;
    for (const Supporter& supporter : profile.supporters(project)) {
        const Fixed balance = balance_[supporter.group];
        if (balance == 0) {
            split.short_weight += supporter.count() * supporter.weight;
            split.short_voters += supporter.count();
            continue;
        }
        const __int128 gap = balance - static_cast<__int128>(pay) * supporter.weight;
        const __int128 margin = error_ + static_cast<__int128>(slack) * supporter.weight;
        if (gap > margin) {
            continue;
        }
        if (gap >= -margin) {
            split.doubtful.push_back(supporter.group);
            continue;
        }
        split.poor.push_back(supporter.group);
        split.poor_sum += supporter.count() * balance;
        split.poor_live += supporter.count();
        split.short_weight += supporter.count() * supporter.weight;
        split.short_voters += supporter.count();
    }
    return split;
}

std::optional<Shares::State::Bounds> Shares::State::close(ProjectIndex project, Fixed guess) const {
    const std::int64_t weight = weights_[project];
    const Fixed cost = cost_fixed(project);
    Fixed slack = 2;
    for (int attempt = 0; attempt < 2; ++attempt) {
        const Split at = split(project, guess, slack);
        if (!at.doubtful.empty() || at.short_weight == weight) {
            return std::nullopt;
        }
        const std::int64_t rich = weight - at.short_weight;
        const __int128 doubt = at.poor_live * error_;
        const __int128 rest = static_cast<__int128>(cost) - at.poor_sum;
        if (rest - doubt < 0) {
            return std::nullopt;
        }
        const Bounds bounds{
            .pay = guess, .low = static_cast<Fixed>((rest - doubt) / rich), .high = ceil_div(rest + doubt, rich)};
        // Poor and rich are certain anywhere within the slack; so if the root must lie there, it is where it seems.
        if (bounds.low >= guess - slack && bounds.high <= guess + slack) {
            return bounds;
        }
        const __int128 needed = std::max<__int128>(guess - bounds.low, bounds.high - guess);
        if (needed > error_max_) {
            return std::nullopt;
        }
        slack = static_cast<Fixed>(needed);
    }
    return std::nullopt;
}

Shares::State::Bounds Shares::State::enclose(ProjectIndex project, const Ask& ask) {
    if (ask.closed) {
        return {.pay = ask.pay, .low = ask.low, .high = ask.high};
    }
    const auto exact = exact_payment(project);
    check(exact.has_value(), "a project whose payment is enclosed can be paid");
    const mpz_class scaled = (exact->get_num() << static_cast<unsigned long>(shift_)) / exact->get_den();
    const Fixed pay = scaled.get_si();
    lower[project] = std::max(lower[project], pay);
    return {.pay = pay, .low = pay, .high = pay + 1};
}

void Shares::State::charge(ProjectIndex project, const Bounds& bounds) {
    const Fixed slack = std::max(bounds.pay - bounds.low, bounds.high - bounds.pay);
    Split at = split(project, bounds.pay, slack);
    std::optional<mpq_class> payment;
    if (!at.doubtful.empty()) {
        payment = exact_payment(project);
        check(payment.has_value(), "what is bought can be paid");
    }
    Bought purchase{
        .project = project, .emptied = std::move(at.poor), .short_voters = at.short_voters, .payment = payment};
    std::size_t doubtful = 0;
    std::size_t poor = 0;
    const std::size_t certain = purchase.emptied.size();
    std::int64_t short_weight = at.short_weight;
    std::vector<std::uint32_t> settled;
    for (const Supporter& supporter : profile.supporters(project)) {
        Fixed& balance = balance_[supporter.group];
        if (balance == 0) {
            continue;
        }
        if (poor < certain && purchase.emptied[poor] == supporter.group) {
            ++poor;
            balance = 0;
            continue;
        }
        if (doubtful < at.doubtful.size() && at.doubtful[doubtful] == supporter.group) {
            ++doubtful;
            const mpq_class full = *payment * static_cast<unsigned long>(supporter.weight);
            const mpq_class has = exact_balance(supporter.group);
            if (has <= full) {
                // Who has exactly the full share is counted among the emptied: the sums come out the same.
                purchase.short_voters += has < full ? supporter.count() : 0;
                short_weight += supporter.count() * supporter.weight;
                settled.push_back(supporter.group);
                continue;
            }
        }
        balance = std::max<Fixed>(1, balance - static_cast<Fixed>(bounds.pay * supporter.weight));
    }
    for (const std::uint32_t group : settled) {
        balance_[group] = 0;
        purchase.emptied.push_back(group);
    }
    purchase.rich_weight = weights_[project] - short_weight;
    error_ += static_cast<__int128>(slack) * weight_max_ + 1;
    round_of_[project] = static_cast<std::uint32_t>(bought.size());
    bought.push_back(std::move(purchase));
    if (error_ > error_max_) {
        refresh();
    }
}

}  // namespace bypuls::participation::counting
