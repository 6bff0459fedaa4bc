import { compare, type Fraction, fraction, minus, plus, times } from './fraction.ts'
import type { Choice, Election } from './election.ts'
import type { Money } from './money.ts'
import { weight_of } from './profile.ts'
import type { CountResult, Phase } from './result.ts'
import type { Rule } from './rule.ts'

/// What became of one choice of a voter.
export interface OwnChoice {
    project: number
    /// How it was bought; missing if it was not.
    phase?: Phase
    /// Equal shares: what went to it from the voter's own share, kroner; missing where nothing was taken from shares.
    paid?: Fraction
    /// She had less left than others paid.
    all_she_had?: boolean
}

/// A count as one voter sees it. Worked out where the voter is, from choices that are hers alone to know.
export interface OwnView {
    /// Those that won in order of purchase, then the others in the order of the election.
    choices: OwnChoice[]
    /// What goes to projects she chose, whoever pays.
    money: Money
    /// Equal shares: what she had and what is left of it, kroner.
    share?: Fraction
    left?: Fraction
}

/// What a voter's choices led to. Only the rounds and the shares of the count are needed: what she has left at any time depends on her
/// own choices alone. Choices that do not count under the rule (a place beyond the top) are left out, and so are shares of pots in which
/// she chose nothing.
export function own_view(election: Omit<Election, 'ballots'>, rule: Rule, result: CountResult, choices: readonly Choice[]): OwnView {
    const weights = new Map(choices.map(({ project, value }) => [project, weight_of(election, rule, value)]))
    const counting = choices.filter(({ project }) => weights.get(project)! > 0)
    const pots = new Set(counting.map(({ project }) => election.projects[project]!.pot ?? ''))
    // A greedy outcome that took the place of equal shares was paid for by nobody's share.
    const shares = result.greedy_preferred ? [] : result.endowments.filter(({ pot }) => pots.has(pot) || election.pots.length === 0)
    const left = new Map(shares.map(({ pot, share }) => [pot, share]))
    let money = 0
    const won: OwnChoice[] = []
    for (const { project, phase, paid: cost, share: asked, pot = '' } of result.rounds) {
        const weight = weights.get(project) ?? 0
        if (weight === 0) continue
        money += cost
        const has = left.get(pot)
        if (!has || !asked || phase !== 'rule') {
            won.push({ project, phase })
            continue
        }
        const full = times(asked, weight)
        const all_she_had = compare(has, full) < 0
        const paid = all_she_had ? has : full
        left.set(pot, minus(has, paid))
        won.push({ project, phase, paid, all_she_had })
    }
    const bought = new Set(won.map(({ project }) => project))
    const lost = counting.map(({ project }) => project).filter((project) => !bought.has(project))
    const all = [...won, ...lost.sort((a, b) => a - b).map((project) => ({ project }))]
    if (shares.length === 0) return { choices: all, money }
    return { choices: all, money, share: sum(shares.map(({ share }) => share)), left: sum([...left.values()]) }
}

const sum = (some: readonly Fraction[]): Fraction => some.reduce(plus, fraction(0))
