import { type Ballots, type Election, group_count } from './election.ts'
import { type Money, one_krone } from './money.ts'
import { type PriceSystem, price_systems } from './prices.ts'
import type { CountResult } from './result.ts'
import type { Rule } from './rule.ts'
import type { VoterGroup } from './voter_groups.ts'

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
    /// As listed, the common budget last.
    pots: PotShare[]
    /// Ascending by project.
    underserved: Underserved[]
    /// Of equal shares, by pot.
    prices: PriceSystem[]
    /// Where the file tells something of the voters.
    groups: GroupFigures[]
}

export interface PotShare {
    /// Empty: the common budget.
    pot: string
    /// Its part of what was spent, and of all choices.
    of_cost: number
    of_votes: number
    /// What it had, and what of it was spent.
    budget: Money
    spent: Money
}

/// A project whose supporters are owed more than they got: the `supporters` among them who got at most `got`, paid for their funded
/// choices, hold together a part of the budget (`share`) greater than that and the project's cost. A failure of EJR+ up to one project
/// with cost utilities (Brill, Peters 2023).
export interface Underserved {
    project: number
    supporters: number
    got: Money
    share: Money
}

/// How voters of one age or from one part of the town fared.
export interface GroupFigures extends Pick<VoterGroup, 'by' | 'name'> {
    /// With at least one choice.
    voters: number
    with_a_winner: number
    mean_winners: number
    mean_kroner: number
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

interface Gains {
    winners: number
    money: Money
}

/// What was paid for each project; nothing for those that did not win.
function paid_for({ projects }: Election, { rounds }: CountResult): (Money | undefined)[] {
    const paid: (Money | undefined)[] = projects.map(() => undefined)
    for (const round of rounds) paid[round.project] = round.paid
    return paid
}

/// Of each ballot group; nothing for blank ballots.
function gains_of(ballots: Ballots, paid: readonly (Money | undefined)[]): (Gains | undefined)[] {
    return Array.from({ length: group_count(ballots) }, (_, group) => {
        const chosen = ballots.projects.subarray(ballots.starts[group], ballots.starts[group + 1])
        if (chosen.length === 0) return undefined
        const gains = { winners: 0, money: 0 }
        for (const project of chosen) {
            gains.winners += paid[project] === undefined ? 0 : 1
            gains.money += paid[project] ?? 0
        }
        return gains
    })
}

function spreads({ counts }: Ballots, gains: readonly (Gains | undefined)[]) {
    const winners = new Map<number, number>()
    const money = new Map<number, number>()
    let voters = 0
    gains.forEach((gained, group) => {
        if (!gained) return
        const count = counts[group]!
        voters += count
        winners.set(gained.winners, (winners.get(gained.winners) ?? 0) + count)
        money.set(gained.money, (money.get(gained.money) ?? 0) + count)
    })
    return { voters, winners: spread_of(winners), money: spread_of(money) }
}

function pot_shares({ projects, pots, budget }: Election, rule: Rule, { rounds, spent, votes }: CountResult): PotShare[] {
    const all = votes.reduce((sum, many) => sum + many, 0)
    let left = 0
    const share = (pot: string, has: Money): PotShare => {
        const here = rounds.reduce((sum, round) => sum + ((round.pot ?? '') === pot ? round.paid : 0), 0)
        const support = projects.reduce((sum, project, index) => sum + ((project.pot ?? '') === pot ? votes[index]! : 0), 0)
        left += has - here
        return { pot, of_cost: spent === 0 ? 0 : here / spent, of_votes: all === 0 ? 0 : support / all, budget: has, spent: here }
    }
    const own = pots.map((pot) => share(pot.name, pot.budget))
    return [...own, share('', budget + (rule.left_over === 'to-common' ? left : 0))]
}

function find_underserved({ projects, ballots }: Election, result: CountResult, gains: readonly (Gains | undefined)[], voters: number): Underserved[] {
    const supporters = projects.map(() => new Map<Money, number>())
    gains.forEach((gained, group) => {
        for (const project of ballots.projects.subarray(ballots.starts[group], ballots.starts[group + 1])) {
            supporters[project]!.set(gained!.money, (supporters[project]!.get(gained!.money) ?? 0) + ballots.counts[group]!)
        }
    })
    const won = new Set(result.winners)
    return projects.flatMap(({ cost }, project) => {
        let many = 0
        for (const [got, count] of won.has(project) ? [] : spread_of(supporters[project]!)) {
            many += count
            const owed = BigInt(many) * BigInt(result.budget)
            if (owed > BigInt(got + cost) * BigInt(voters)) return [{ project, supporters: many, got, share: Number(owed / BigInt(voters)) }]
        }
        return []
    })
}

function figures_of({ by, name, ballots }: VoterGroup, paid: readonly (Money | undefined)[]): GroupFigures {
    const { voters, winners, money } = spreads(ballots, gains_of(ballots, paid))
    const all = Math.max(1, voters)
    const without = winners[0]?.[0] === 0 ? winners[0][1] : 0
    return { by, name, voters, with_a_winner: (voters - without) / all, mean_winners: sum_of(winners) / all, mean_kroner: sum_of(money) / all / one_krone }
}

/// `groups` are the same ballots by what is known of their voters.
export function figures(election: Election, rule: Rule, result: CountResult, groups: readonly VoterGroup[] = []): Figures {
    const paid = paid_for(election, result)
    const gains = gains_of(election.ballots, paid)
    const { voters, winners, money } = spreads(election.ballots, gains)
    const all = Math.max(1, voters)
    const excluded = (winners[0]?.[0] === 0 ? winners[0][1] : 0) / all
    return {
        spent_share: result.budget === 0 ? 0 : result.spent / result.budget,
        voters_with_a_winner: voters === 0 ? 0 : 1 - excluded,
        excluded_voters: excluded,
        mean_winners: sum_of(winners) / all,
        median_winners: median(winners, voters),
        mean_kroner: sum_of(money) / all / one_krone,
        median_kroner: median(money, voters) / one_krone,
        gini_kroner: gini(money, voters),
        tenths: tenths(money, voters),
        pots: pot_shares(election, rule, result),
        underserved: find_underserved(election, result, gains, voters),
        prices: price_systems(election, rule, result),
        groups: groups.map((group) => figures_of(group, paid)),
    }
}
