import { count } from './count.ts'
import { type Ballots, ballot_total, choices_of, type Choice, type Election, group_count } from './election.ts'
import { refuse } from './fault.ts'
import { one_krone } from './money.ts'
import { totals_of } from './profile.ts'
import type { CountResult } from './result.ts'
import type { Rule } from './rule.ts'

/// How far a project was from another outcome (Boehmer et al., IJCAI 2024), found by counting again.

export interface Change {
    /// Kroner are in øre; voters are voters.
    amount: number
    /// Every smaller change was tried, or more of the change is never worse. Otherwise a smaller one may do too: say "at most".
    smallest: boolean
}

export interface Closeness {
    /// Of a loser: by how much it would have had to be cheaper.
    cost_reduction?: Change
    /// Of a loser: how many new ballots choosing it alone it lacked.
    singleton_add?: Change
    /// Of a winner: how many supporters it could not have lost, and who would win instead.
    margin?: Change
    instead?: number[]
}

/// So many smaller changes are all tried; more where the ballots are few, and a count takes no time.
const full_scan_of = ({ ballots }: Election) => Math.max(48, Math.floor(10_000 / (ballots.projects.length + 1)))

/// The smallest amount from 1 to `most` that is enough. Leaps upward until one is, halves the gap, and then, since more need not be
/// better, tries what lies below: all of it if that is little, else the nearest and an even spread.
function smallest_change(most: number, full_scan_max: number, monotone: boolean, enough: (amount: number) => boolean): Change | undefined {
    if (most < 1) return undefined
    let low = 0
    let high = 1
    while (!enough(high)) {
        if (high === most) return undefined
        low = high
        high = Math.min(most, high * 2)
    }
    while (high - low > 1) {
        const middle = low + Math.floor((high - low) / 2)
        if (enough(middle)) high = middle
        else low = middle
    }
    if (monotone) return { amount: high, smallest: true }
    if (high <= full_scan_max) {
        for (let amount = 1; amount < high; ++amount) if (enough(amount)) return { amount, smallest: true }
        return { amount: high, smallest: true }
    }
    const spread = Array.from({ length: 11 }, (_, i) => Math.floor((high * (i + 1)) / 12))
    const tries = [...spread, high - 4, high - 3, high - 2].sort((a, b) => a - b)
    return { amount: tries.find(enough) ?? high, smallest: false }
}

/// Some ballots with others added, each group once more.
function with_groups(ballots: Ballots, counts: Float64Array, added: readonly { choices: readonly Choice[]; count: number }[]): Ballots {
    const size = ballots.projects.length + added.reduce((sum, { choices }) => sum + choices.length, 0)
    const grown: Ballots = {
        starts: new Uint32Array(ballots.starts.length + added.length),
        projects: new Uint32Array(size),
        values: new Float64Array(size),
        counts: new Float64Array(counts.length + added.length),
    }
    grown.starts.set(ballots.starts)
    grown.projects.set(ballots.projects)
    grown.values.set(ballots.values)
    grown.counts.set(counts)
    let at = ballots.projects.length
    added.forEach(({ choices, count: many }, i) => {
        for (const { project, value } of choices) {
            grown.projects[at] = project
            grown.values[at++] = value
        }
        grown.starts[counts.length + i + 1] = at
        grown.counts[counts.length + i] = many
    })
    return grown
}

/// Where only totals decide, one ballot for each project's votes says the same and counts at once.
function by_totals(election: Election, rule: Rule): Election {
    const plain = election.kind === 'approval' || election.kind === 'choose-1' || election.kind === 'knapsack'
    if (rule.method === 'equal-shares' || rule.method === 'phragmen' || !plain || rule.eligibility > 0) return election
    const votes = totals_of(election, rule).votes
    const none = { starts: new Uint32Array(1), projects: new Uint32Array(0), values: new Float64Array(0), counts: new Float64Array(0) }
    const added = votes.flatMap((many, project) => (many > 0 ? [{ choices: [{ project, value: 1 }], count: many }] : []))
    return { ...election, ballots: with_groups(none, none.counts, added) }
}

class Search {
    private readonly election: Election
    private readonly rule: Rule
    private readonly result: CountResult
    private readonly tried: () => void
    private readonly monotone: boolean
    private readonly full_scan: number

    constructor(election: Election, rule: Rule, result: CountResult, tried: () => void) {
        this.rule = rule
        this.result = result
        this.tried = tried
        this.monotone = rule.method === 'greedy' && rule.order === 'score' && rule.misfit === 'stop' && election.exclusive.length === 0
        this.election = by_totals(election, rule)
        // The order of groups with the fewest funded choices is that of the real ballots.
        this.real = election
        this.full_scan = full_scan_of(election)
    }
    private readonly real: Election

    closeness(project: number): Closeness {
        return this.result.winners.includes(project) ? this.of_winner(project) : this.of_loser(project)
    }

    private winners(changed: Election): number[] {
        this.tried()
        const again = count(changed, this.rule, { explore_ties: false })
        return again.ok ? again.value.winners : refuse(again.fault.code, {}, again.fault.given)
    }

    private of_loser(project: number): Closeness {
        const { cost } = this.election.projects[project]!
        const dear = smallest_change(Math.floor((cost - 1) / one_krone), this.full_scan, this.monotone, (kroner) => {
            const cheaper = { ...this.election.projects[project]!, cost: cost - kroner * one_krone, partial_from: undefined }
            return this.winners({ ...this.election, projects: this.election.projects.with(project, cheaper) }).includes(project)
        })
        const added = smallest_change(Math.max(1, this.result.voters + this.result.blank), this.full_scan, this.monotone, (voters) =>
            this.winners(this.with_new_ballots(project, voters)).includes(project),
        )
        return { cost_reduction: dear && { ...dear, amount: dear.amount * one_krone }, singleton_add: added }
    }

    private with_new_ballots(project: number, voters: number): Election {
        const { ballots, kind } = this.election
        let value = 1
        for (let g = 0; kind === 'points' && g < group_count(ballots); ++g) {
            value = Math.max(value, choices_of(ballots, g).reduce((sum, choice) => sum + choice.value, 0))
        }
        return { ...this.election, ballots: with_groups(ballots, ballots.counts, [{ choices: [{ project, value }], count: voters }]) }
    }

    private of_winner(project: number): Closeness {
        const supporters = this.fewest_funded_first(project)
        const all = supporters.reduce((sum, g) => sum + this.real.ballots.counts[g]!, 0)
        const losing = (voters: number) => this.winners(this.with_less_support(project, voters, supporters))
        const margin = smallest_change(all - 1, this.full_scan, this.monotone, (voters) => !losing(voters).includes(project))
        const instead = margin && losing(margin.amount).filter((other) => !this.result.winners.includes(other)).sort((a, b) => a - b)
        return { margin, instead }
    }

    private with_less_support(project: number, voters: number, supporters: readonly number[]): Election {
        if (this.election !== this.real) {
            const { ballots } = this.election
            const counts = ballots.counts.map((many, g) => (ballots.projects[g] === project ? many - voters : many))
            return { ...this.election, ballots: { ...ballots, counts } }
        }
        const { ballots } = this.real
        const counts = ballots.counts.slice()
        const added: { choices: Choice[]; count: number }[] = []
        let left = voters
        for (const g of supporters) {
            const taken = Math.min(left, counts[g]!)
            counts[g]! -= taken
            left -= taken
            added.push({ choices: choices_of(ballots, g).filter((choice) => choice.project !== project), count: taken })
            if (left === 0) break
        }
        return { ...this.election, ballots: with_groups(ballots, counts, added) }
    }

    private fewest_funded_first(project: number): number[] {
        const { ballots } = this.real
        const won = new Set(this.result.winners)
        const groups: { g: number; funded: number }[] = []
        for (let g = 0; g < group_count(ballots); ++g) {
            const chosen = ballots.projects.subarray(ballots.starts[g], ballots.starts[g + 1])
            if (chosen.includes(project)) groups.push({ g, funded: chosen.reduce((sum, other) => sum + (won.has(other) ? 1 : 0), 0) })
        }
        return groups.sort((a, b) => a.funded - b.funded).map(({ g }) => g)
    }
}

/// Some dozens of counts for one project. `tried` is called after each.
export function closeness(election: Election, rule: Rule, result: CountResult, project: number, tried: () => void = () => undefined): Closeness {
    // Nothing could bring in a project that takes no part, and what costs nothing is not counted.
    if (result.excluded.has(project) || election.projects[project]!.cost === 0) return {}
    return ballot_total(election.ballots) === 0 ? {} : new Search(election, rule, result, tried).closeness(project)
}
