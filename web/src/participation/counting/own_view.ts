import { compare, type Fraction, fraction, minus, times } from './fraction.ts'
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

/// What a voter's choices led to. Only the rounds and the share of the count are needed: what she has left at any time depends on her
/// own choices alone. Choices that do not count under the rule (a place beyond the top) are left out.
export function own_view(election: Omit<Election, 'ballots'>, rule: Rule, result: CountResult, choices: readonly Choice[]): OwnView {
    const weights = new Map(choices.map(({ project, value }) => [project, weight_of(election, rule, value)]))
    const counting = choices.filter(({ project }) => weights.get(project)! > 0)
    // A greedy outcome that took the place of equal shares was paid for by nobody's share.
    const share = result.greedy_preferred ? undefined : result.endowment?.share
    let left = share ?? fraction(0)
    let money = 0
    const won: OwnChoice[] = []
    for (const { project, phase, paid: cost, share: asked } of result.rounds) {
        const weight = weights.get(project) ?? 0
        if (weight === 0) continue
        money += cost
        if (!share || !asked || phase !== 'rule') {
            won.push({ project, phase })
            continue
        }
        const full = times(asked, weight)
        const all_she_had = compare(left, full) < 0
        const paid = all_she_had ? left : full
        left = minus(left, paid)
        won.push({ project, phase, paid, all_she_had })
    }
    const bought = new Set(won.map(({ project }) => project))
    const lost = counting.map(({ project }) => project).filter((project) => !bought.has(project))
    const all = [...won, ...lost.sort((a, b) => a - b).map((project) => ({ project }))]
    return share ? { choices: all, money, share, left } : { choices: all, money }
}
