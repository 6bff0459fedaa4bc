// The rational side of Equal Shares: called only where the fixed point cannot decide, and to write out a finished run.
#include <algorithm>
#include <map>

#include "city/participation/counting/shares_state.h"
#include "core/check.h"

namespace bypuls::participation::counting {

const mpq_class& Shares::State::exact_endowment() {
    if (!endowment_) {
        endowment_ = quotient(to_mpz(share_.numerator), to_mpz(share_.denominator));
    }
    return *endowment_;
}

std::vector<Shares::State::Fixed> Shares::State::pays_before(std::size_t rounds) const {
    std::vector<Fixed> pays(purses_.slots(), 0);
    for (std::size_t round = 0; round < rounds; ++round) {
        pays[slot_of(bought[round].project)] = bought[round].pay;
    }
    return pays;
}

Shares::State::Wide Shares::State::error_before(std::size_t rounds) const {
    Wide error = 1;
    for (std::size_t round = 0; round < rounds; ++round) {
        error += static_cast<Wide>(bought[round].slack) * purses_.weight_max();
    }
    return error;
}

/// What each voter of the row has left, or less than nothing by what she could not pay; off by no more than the error.
Shares::State::Wide Shares::State::balance(const Purses::Row& row, const std::vector<Fixed>& pays) const {
    Wide balance = endowment_fixed_;
    for (std::size_t i = 0; i < row.choices.size(); ++i) {
        balance -= static_cast<Wide>(pays[row.choices[i]]) * row.weight_of(i);
    }
    return balance;
}

mpq_class Shares::State::exact_balance(const Purses::Row& row, std::size_t rounds) {
    mpq_class balance = exact_endowment();
    for (std::size_t i = 0; i < row.choices.size(); ++i) {
        const std::uint32_t round = round_of(row.choices[i]);
        if (round < rounds) {
            balance -= exact_round(round) * static_cast<unsigned long>(row.weight_of(i));
        }
    }
    return sgn(balance) < 0 ? mpq_class(0) : balance;
}

const mpq_class& Shares::State::exact_round(std::size_t round) {
    for (std::size_t k = 0; k <= round; ++k) {
        if (bought[k].exact) {
            continue;
        }
        auto payment = exact_by_split(bought[k].project, k, bought[k].ask);
        if (!payment) {
            payment = water_level(bought[k].project, k);
        }
        check(payment.has_value(), "what was bought could be paid");
        bought[k].exact = std::move(payment);
    }
    return *bought[round].exact;
}

mpq_class Shares::State::exact_payment(ProjectIndex project, const Ask& ask) {
    auto payment = exact_by_split(project, bought.size(), ask);
    if (!payment) {
        payment = water_level(project, bought.size());
    }
    check(payment.has_value(), "a project whose payment is enclosed can be paid");
    return *payment;
}

/// The payment where it is certain who has nothing, who pays all she has and who pays in full; nothing where it is not.
/// It is then linear in the endowment and the earlier payments, so one pass over the ballots gives whole coefficients.
std::optional<mpq_class> Shares::State::exact_by_split(ProjectIndex project, std::size_t rounds, const Ask& ask) {
    const std::vector<Fixed> pays = pays_before(rounds);
    const Wide error = error_before(rounds);
    std::vector<std::int64_t> paid(rounds, 0);  // sums of voters times weights, which have 63 bits to themselves
    std::int64_t poor_voters = 0;
    std::int64_t rich = 0;
    bool certain = true;
    purses_.for_each_row(slot_of(project), [&](const Purses::Row& row) {
        const Wide has = balance(row, pays);
        if (has - error > static_cast<Wide>(ask.high) * row.weight) {
            rich += row.voters * row.weight;
        } else if (has + error <= 0) {
            return;
        } else if (has - error <= 0 || has + error >= static_cast<Wide>(ask.low) * row.weight) {
            certain = false;
        } else {
            poor_voters += row.voters;
            for (std::size_t i = 0; i < row.choices.size(); ++i) {
                const std::uint32_t round = round_of(row.choices[i]);
                if (round < rounds) {
                    paid[round] += row.voters * row.weight_of(i);
                }
            }
        }
    });
    if (!certain) {
        return std::nullopt;
    }
    if (rich == 0) {
        return std::nullopt;
    }
    mpq_class rest = mpq_class(to_mpz(contest_->cost(project))) - exact_endowment() * to_mpz(poor_voters);
    for (std::size_t round = 0; round < rounds; ++round) {
        if (paid[round] != 0) {
            rest += exact_round(round) * to_mpz(paid[round]);
        }
    }
    return mpq_class(rest / to_mpz(rich));
}

std::optional<mpq_class> Shares::State::water_level(ProjectIndex project, std::size_t rounds) {
    struct Purse {
        mpq_class per_weight;
        mpq_class money;
        mpz_class weight;
    };
    const std::vector<Fixed> pays = pays_before(rounds);
    const Wide error = error_before(rounds);
    // Voters with the same purchases behind them have the same balance; there are few such histories.
    std::map<std::vector<std::pair<std::uint32_t, std::uint32_t>>, mpq_class> known;
    std::vector<Purse> purses;
    mpq_class money;
    mpz_class open;
    purses_.for_each_row(slot_of(project), [&](const Purses::Row& row) {
        if (balance(row, pays) + error <= 0) {
            return;
        }
        std::vector<std::pair<std::uint32_t, std::uint32_t>> history;
        for (std::size_t i = 0; i < row.choices.size(); ++i) {
            const std::uint32_t round = round_of(row.choices[i]);
            if (round < rounds) {
                history.emplace_back(round, row.weight_of(i));
            }
        }
        const auto [at, fresh] = known.try_emplace(std::move(history));
        if (fresh) {
            at->second = exact_balance(row, rounds);
        }
        if (at->second == 0) {
            return;
        }
        const mpz_class count = to_mpz(row.voters);
        const auto weight = static_cast<unsigned long>(row.weight);
        purses.push_back({.per_weight = at->second / weight, .money = at->second * count, .weight = count * weight});
        money += purses.back().money;
        open += purses.back().weight;
    });
    mpq_class left{to_mpz(contest_->cost(project))};
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

Shares::State::Ask Shares::State::ask_exactly(ProjectIndex project) {
    const auto payment = water_level(project, bought.size());
    if (!payment) {
        return {};
    }
    const mpz_class scaled = (payment->get_num() << static_cast<unsigned long>(shift_)) / payment->get_den();
    const Fixed low = scaled.get_si();
    set_lower(project, std::max(lower[project], low));
    guess_[slot_of(project)] = low;
    return {.kind = Ask::Kind::enclosed, .low = low, .high = low + 1, .exact = true};
}

std::int64_t Shares::State::short_voters(std::size_t round) {
    const ProjectIndex project = bought[round].project;
    const Bought& purchase = bought[round];
    const std::vector<Fixed> pays = pays_before(round);
    const Wide error = error_before(round);
    std::int64_t voters = 0;
    purses_.for_each_row(slot_of(project), [&](const Purses::Row& row) {
        const Wide has = balance(row, pays);
        bool less = has + error < static_cast<Wide>(purchase.ask.low) * row.weight;
        if (!less && has - error <= static_cast<Wide>(purchase.ask.high) * row.weight) {
            less = exact_balance(row, round) < exact_round(round) * static_cast<unsigned long>(row.weight);
        }
        voters += less ? row.voters : 0;
    });
    return voters;
}

std::int64_t Shares::State::voters_with_money(std::size_t round) {
    const std::vector<Fixed> pays = pays_before(round);
    const Wide error = error_before(round);
    std::int64_t voters = 0;
    purses_.for_each_row(slot_of(bought[round].project), [&](const Purses::Row& row) {
        const Wide has = balance(row, pays);
        const bool some = has - error > 0 || (has + error > 0 && exact_balance(row, round) > 0);
        voters += some ? row.voters : 0;
    });
    return voters;
}

/// The bounds have grown too wide: from here on the payments are as sharp as the fixed point can hold them.
void Shares::State::refresh() {
    refreshed_ = true;
    for (std::size_t round = 0; round < bought.size(); ++round) {
        const mpq_class& payment = exact_round(round);
        const mpz_class scaled = (payment.get_num() << static_cast<unsigned long>(shift_)) / payment.get_den();
        bought[round].pay = scaled.get_si();
        bought[round].slack = 1;
        pay_[slot_of(bought[round].project)] = bought[round].pay;
    }
    error_ = static_cast<Fixed>(std::min<Wide>(INT64_MAX / 16, error_before(bought.size())));
    error_max_ = std::max(error_max_, 2 * error_);
}

}  // namespace bypuls::participation::counting
