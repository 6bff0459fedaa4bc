import { type Election, group_count } from './election.ts'
import { compare, type Fraction, fraction, minus, times, weighted_sum } from './fraction.ts'
import { one_krone } from './money.ts'
import { weight_of } from './profile.ts'
import type { CountResult } from './result.ts'
import type { Rule } from './rule.ts'

/// Figures by which results under different rules can be compared; over voters with at least one choice. The same, by the same names, as
/// `metrics` in a result of the program's.
export interface Figures {
    /// Parts of one.
    spent_share: number
    voters_with_a_winner: number
    excluded_voters: number
    /// Funded choices of a voter, and the kroner paid for them.
    mean_winners: number
    median_winners: number
    mean_kroner: number
    median_kroner: number
    /// 0: all have the same; towards 1: few have all.
    gini_kroner: number
    /// Of all those kroner the part of each tenth of the voters, those with least first; empty if there are none.
    tenths: number[]
}

/// How many voters have each amount, by ascending amount.
type Spread = [amount: number, voters: number][]

function spread_of(amounts: Map<number, number>): Spread {
    return [...amounts].sort(([a], [b]) => a - b)
}

const sum_of = (spread: Spread): number => spread.reduce((sum, [amount, voters]) => sum + amount * voters, 0)

function median(spread: Spread, voters: number): number {
    const at = (place: number): number => {
        let left = place
        for (const [amount, count] of spread) {
            left -= count
            if (left < 0) return amount
        }
        return 0
    }
    return voters === 0 ? 0 : (at(Math.floor((voters - 1) / 2)) + at(Math.floor(voters / 2))) / 2
}

function gini(spread: Spread, voters: number): number {
    let below = 0
    let weighted = 0
    for (const [amount, count] of spread) {
        weighted += amount * count * (2 * below + count)
        below += count
    }
    const sum = sum_of(spread)
    return sum === 0 ? 0 : weighted / (voters * sum) - 1
}

/// Voters with the same amount are cut where a tenth ends.
function tenths(spread: Spread, voters: number): number[] {
    const sum = sum_of(spread)
    if (sum === 0) return []
    const each = voters / 10
    const shares: number[] = Array.from({ length: 10 }, () => 0)
    let before = 0
    for (const [amount, count] of spread) {
        const after = before + count
        shares.forEach((_, part) => {
            const here = Math.min(after, each * (part + 1)) - Math.max(before, each * part)
            shares[part]! += (Math.max(0, here) * amount) / sum
        })
        before = after
    }
    return shares
}

export function figures({ projects, ballots }: Election, result: CountResult): Figures {
    const paid: (number | undefined)[] = projects.map(() => undefined)
    for (const round of result.rounds) paid[round.project] = round.paid
    const winners = new Map<number, number>()
    const money = new Map<number, number>()
    let voters = 0
    for (let group = 0; group < group_count(ballots); ++group) {
        const [from, to] = [ballots.starts[group]!, ballots.starts[group + 1]!]
        if (from === to) continue
        let [chosen, kroner] = [0, 0]
        for (let i = from; i < to; ++i) {
            const amount = paid[ballots.projects[i]!]
            chosen += amount === undefined ? 0 : 1
            kroner += amount ?? 0
        }
        const count = ballots.counts[group]!
        voters += count
        winners.set(chosen, (winners.get(chosen) ?? 0) + count)
        money.set(kroner, (money.get(kroner) ?? 0) + count)
    }
    const [by_number, by_money] = [spread_of(winners), spread_of(money)]
    const all = Math.max(1, voters)
    const excluded = (winners.get(0) ?? 0) / all
    return {
        spent_share: result.budget === 0 ? 0 : result.spent / result.budget,
        voters_with_a_winner: voters === 0 ? 0 : 1 - excluded,
        excluded_voters: excluded,
        mean_winners: sum_of(by_number) / all,
        median_winners: median(by_number, voters),
        mean_kroner: sum_of(by_money) / all / one_krone,
        median_kroner: median(by_money, voters) / one_krone,
        gini_kroner: gini(by_money, voters),
        tenths: tenths(by_money, voters),
    }
}

/// The share of each voter (kroner) where the payments of Equal Shares prove the outcome: every project that was funded and costs
/// something has been paid by its supporters, and every other costs more than its supporters have left together.
export function priced_share(election: Election, rule: Rule, result: CountResult): Fraction | undefined {
    const { projects, ballots } = election
    const share = result.endowment?.share
    const costly = result.rounds.filter(({ phase }) => phase !== 'free')
    if (!share || result.greedy_preferred || costly.some((round) => round.phase !== 'rule' || !round.share)) return undefined
    // What is left depends only on which of the purchases a voter took part in, and there are few such histories.
    const left_of = new Map<string, Fraction>()
    const left_with = projects.map(() => new Map<string, number>())
    const weights = projects.map(() => 0)
    for (let group = 0; group < group_count(ballots); ++group) {
        const choices: number[] = []
        for (let i = ballots.starts[group]!; i < ballots.starts[group + 1]!; ++i) {
            const project = ballots.projects[i]!
            weights[project] = weight_of(election, rule, ballots.values[i]!)
            if (weights[project]! > 0) choices.push(project)
        }
        const mine = costly.filter(({ project }) => choices.includes(project))
        const history = mine.map(({ project }) => `${project}:${weights[project]!}`).join()
        if (!left_of.has(history)) {
            const left = mine.reduce((rest, round) => {
                const full = times(round.share!, weights[round.project]!)
                return compare(rest, full) < 0 ? fraction(0) : minus(rest, full)
            }, share)
            left_of.set(history, left)
        }
        for (const project of choices) left_with[project]!.set(history, (left_with[project]!.get(history) ?? 0) + ballots.counts[group]!)
    }
    const beyond_reach = projects.every(({ cost }, project) => {
        if (result.winners.includes(project)) return true
        const left = weighted_sum([...left_with[project]!].map(([history, voters]) => [BigInt(voters), left_of.get(history)!] as const))
        return left_with[project]!.size === 0 || compare(left, fraction(cost, one_krone)) < 0
    })
    return beyond_reach ? share : undefined
}
