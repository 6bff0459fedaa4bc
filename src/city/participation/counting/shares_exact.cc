// The rational side of Equal Shares: called only where the fixed point cannot decide, and to write out a finished run.
#include <algorithm>
#include <map>

#include "city/participation/counting/shares_state.h"
#include "core/check.h"

namespace bypuls::participation::counting {

mpq_class Shares::State::exact_sum(const std::vector<std::uint32_t>& groups, std::size_t rounds) {
    std::vector<mpz_class> paid(rounds);
    mpz_class voters;
    for (const std::uint32_t group : groups) {
        const mpz_class count = to_mpz(profile.count(group));
        voters += count;
        for (const Wish& wish : profile.wishes(group)) {
            if (round_of_[wish.project] < rounds) {
                paid[round_of_[wish.project]] += count * static_cast<unsigned long>(wish.weight);
            }
        }
    }
    mpq_class sum = endowment_ * voters;
    for (std::size_t round = 0; round < rounds; ++round) {
        if (paid[round] != 0) {
            sum -= exact_round(round) * paid[round];
        }
    }
    return sum;
}

const mpq_class& Shares::State::exact_round(std::size_t round) {
    for (std::size_t k = 0; k <= round; ++k) {
        Bought& purchase = bought[k];
        if (purchase.payment) {
            continue;
        }
        check(purchase.rich_weight > 0, "an open payment has someone who pays in full");
        mpq_class rest = mpq_class(to_mpz(contest.cost(purchase.project))) - exact_sum(purchase.emptied, k);
        purchase.payment = rest / to_mpz(purchase.rich_weight);
    }
    return *bought[round].payment;
}

mpq_class Shares::State::exact_balance(std::uint32_t group) {
    mpq_class balance = endowment_;
    for (const Wish& wish : profile.wishes(group)) {
        const std::uint32_t round = round_of_[wish.project];
        if (round < bought.size()) {
            balance -= exact_round(round) * static_cast<unsigned long>(wish.weight);
        }
    }
    return balance;
}

std::optional<mpq_class> Shares::State::exact_payment(ProjectIndex project) {
    const Ask guess = ask(project);
    if (guess.kind == Ask::Kind::unaffordable) {
        return std::nullopt;
    }
    if (guess.kind == Ask::Kind::bounded) {
        if (const auto bounds = close(project, guess.pay)) {
            const Split at = split(project, guess.pay, std::max(bounds->high - guess.pay, guess.pay - bounds->low));
            const mpq_class rest = mpq_class(to_mpz(contest.cost(project))) - exact_sum(at.poor, bought.size());
            return mpq_class(rest / to_mpz(weights_[project] - at.short_weight));
        }
    }
    return water_level(project);
}

std::optional<mpq_class> Shares::State::water_level(ProjectIndex project) {
    struct Purse {
        mpq_class per_weight;
        mpq_class money;
        mpz_class weight;
    };
    // Voters with the same purchases behind them have the same balance; there are few such histories.
    std::map<std::vector<std::pair<std::uint32_t, std::uint32_t>>, mpq_class> known;
    std::vector<Purse> purses;
    mpq_class money;
    mpz_class open;
    for (const Supporter& supporter : profile.supporters(project)) {
        if (balance_[supporter.group] == 0) {
            continue;
        }
        std::vector<std::pair<std::uint32_t, std::uint32_t>> history;
        for (const Wish& wish : profile.wishes(supporter.group)) {
            if (round_of_[wish.project] < bought.size()) {
                history.emplace_back(round_of_[wish.project], wish.weight);
            }
        }
        const auto [at, fresh] = known.try_emplace(std::move(history));
        if (fresh) {
            at->second = exact_balance(supporter.group);
        }
        const mpz_class count = to_mpz(supporter.count());
        const auto weight = static_cast<unsigned long>(supporter.weight);
        purses.push_back({.per_weight = at->second / weight, .money = at->second * count, .weight = count * weight});
        money += purses.back().money;
        open += purses.back().weight;
    }
    mpq_class left{to_mpz(contest.cost(project))};
    if (money < left) {
        return std::nullopt;
    }
    std::ranges::sort(purses, {}, &Purse::per_weight);
    for (const Purse& purse : purses) {
        if (left <= purse.per_weight * open) {
            break;
        }
        left -= purse.money;
        open -= purse.weight;
    }
    check(open > 0, "the supporters can pay, so somebody pays in full");
    return mpq_class(left / open);
}

void Shares::State::refresh() {
    std::vector<Fixed> pays;
    for (std::size_t round = 0; round < bought.size(); ++round) {
        const mpq_class& payment = exact_round(round);
        const mpz_class scaled = (payment.get_num() << static_cast<unsigned long>(shift_)) / payment.get_den();
        pays.push_back(scaled.get_si());
    }
    const mpz_class scaled = (endowment_.get_num() << static_cast<unsigned long>(shift_)) / endowment_.get_den();
    const Fixed whole = scaled.get_si();
    __int128 worst = 1;
    for (std::size_t group = 0; group < profile.groups(); ++group) {
        if (balance_[group] == 0) {
            continue;
        }
        __int128 balance = whole;
        __int128 error = 1;
        for (const Wish& wish : profile.wishes(group)) {
            if (round_of_[wish.project] < bought.size()) {
                balance -= static_cast<__int128>(pays[round_of_[wish.project]]) * wish.weight;
                error += wish.weight;
            }
        }
        balance_[group] = std::max<Fixed>(1, static_cast<Fixed>(balance));
        worst = std::max(worst, error + 1);
    }
    error_ = worst;
    error_max_ = std::max(error_max_, 2 * worst);
}

}  // namespace bypuls::participation::counting
