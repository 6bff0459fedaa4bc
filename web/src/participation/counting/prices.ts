import { type Election, group_count } from './election.ts'
import { common_multiple, compare, type Fraction, fraction } from './fraction.ts'
import { one_krone } from './money.ts'
import { weight_of } from './profile.ts'
import type { CountResult, Round } from './result.ts'
import type { Rule } from './rule.ts'

/// The payments of Equal Shares as a price system: a certificate, which anyone can go through, that the outcome is what the voters could
/// have bought themselves with equally much each (Peters, Skowron, EC 2020, priceability).
export interface PriceSystem {
    /// Empty: the common budget.
    pot: string
    /// Every project of the pot that was funded and costs something has been paid by its supporters, and every other costs more than its
    /// supporters have left together.
    holds: boolean
    /// What each voter had. Kroner.
    share: Fraction
    /// Each project that was not funded, ascending, and what those who chose it have left together (kroner); those without support are
    /// left out.
    left: { project: number; left: Fraction }[]
}

/// What those who chose each project have left together after paying for `paid`; nothing for a project without support. Whole numbers
/// over one denominator, so that nothing is reduced on the way.
function left_with(election: Election, rule: Rule, share: Fraction, paid: readonly Round[]): (Fraction | undefined)[] {
    const { projects, ballots } = election
    const under = paid.reduce((all, round) => common_multiple(all, round.share!.under), share.under)
    const whole = ({ over, under: own }: Fraction) => over * (under / own)
    const has = whole(share)
    const asked = new Map(paid.map((round, at) => [round.project, { at, each: whole(round.share!) }] as const))
    // What is left depends only on which of the purchases a voter took part in, and with which weights.
    const left_of = new Map<string, bigint>()
    const left = projects.map(() => new Map<bigint, number>())
    for (let group = 0; group < group_count(ballots); ++group) {
        const mine: { at: number; each: bigint; weight: number }[] = []
        const chosen: number[] = []
        for (let i = ballots.starts[group]!; i < ballots.starts[group + 1]!; ++i) {
            const project = ballots.projects[i]!
            const weight = weight_of(election, rule, ballots.values[i]!)
            if (weight === 0) continue
            chosen.push(project)
            const bought = asked.get(project)
            if (bought) mine.push({ ...bought, weight })
        }
        const history = mine.sort((a, b) => a.at - b.at).map(({ at, weight }) => `${at}:${weight}`).join()
        let rest = left_of.get(history)
        if (rest === undefined) {
            rest = has
            for (const { each, weight } of mine) {
                const full = each * BigInt(weight)
                rest = rest < full ? 0n : rest - full
            }
            left_of.set(history, rest)
        }
        for (const project of chosen) left[project]!.set(rest, (left[project]!.get(rest) ?? 0) + ballots.counts[group]!)
    }
    return left.map((many) => (many.size === 0 ? undefined : fraction([...many].reduce((sum, [rest, voters]) => sum + rest * BigInt(voters), 0n), under)))
}

/// One for each pot. None where the rule has no payments, or another outcome took the place of the one that was paid for.
export function price_systems(election: Election, rule: Rule, result: CountResult): PriceSystem[] {
    if (result.greedy_preferred) return []
    return result.endowments.map(({ pot, share }) => {
        const costly = result.rounds.filter((round) => (round.pot ?? '') === pot && round.phase !== 'free')
        const paid = costly.filter((round) => round.phase === 'rule' && round.share)
        const lefts = left_with(election, rule, share, paid)
        const left = election.projects.flatMap((project, index) => {
            const here = lefts[index]
            return (project.pot ?? '') === pot && here && !result.winners.includes(index) ? [{ project: index, left: here }] : []
        })
        // What was filled in by other means nobody has paid for.
        const out_of_reach = left.every((one) => compare(one.left, fraction(election.projects[one.project]!.cost, one_krone)) < 0)
        return { pot, holds: paid.length === costly.length && out_of_reach, share, left }
    })
}
