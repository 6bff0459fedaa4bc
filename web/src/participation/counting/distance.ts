import { count } from './count.ts'
import { type Ballots, ballot_total, choices_of, type Choice, type Election, group_count } from './election.ts'
import { refuse } from './fault.ts'
import { one_krone } from './money.ts'
import { totals_of } from './profile.ts'
import type { CountResult } from './result.ts'
import type { Rule } from './rule.ts'

/// How far a project was from another outcome (Boehmer et al., IJCAI 2024), found by counting again.

export interface Change {
    /// Money in øre; voters are voters.
    amount: number
    /// Every smaller change, with whichever voters, was tried, or more of the change is never worse. Otherwise a smaller one may do too:
    /// say "at most".
    smallest: boolean
    /// False: nothing that was tried is enough, and nothing up to `amount` is, which may be 0: say "more than".
    enough: boolean
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

interface Limits {
    most: number
    full_scan: number
    monotone: boolean
    /// There is no amount beyond `most`.
    all_there_is: boolean
    /// Where too many smaller amounts are left, the multiples of this are tried.
    coarse?: number
}

const upward = (from: number, to: number, step = 1): number[] => Array.from({ length: Math.max(0, Math.ceil((to - from) / step)) }, (_, i) => from + i * step)

/// What to try from 1 up to but not including `end`: all of it if that is little, else the nearest and an even spread.
function amounts_below(end: number, { full_scan, coarse = 1 }: Limits): number[] {
    if (end - 1 <= full_scan) return upward(1, end)
    const spread = Array.from({ length: 11 }, (_, i) => Math.floor((end * (i + 1)) / 12))
    const multiples = coarse > 1 && end / coarse <= full_scan ? upward(coarse, end, coarse) : []
    return [...spread, ...multiples, end - 3, end - 2, end - 1].sort((a, b) => a - b)
}

/// The smallest amount from 1 to `most` that is enough; nothing if there is none for certain. Leaps upward until one is, halves the
/// gap, and then, since more need not be better, tries what lies below.
function smallest_change(limits: Limits, enough: (amount: number) => boolean): Change | undefined {
    const { most, full_scan, monotone, all_there_is } = limits
    if (most < 1) return undefined
    let low = 0
    let high = 1
    while (!enough(high)) {
        if (high === most) {
            const all = monotone || most - 1 <= full_scan
            const found = monotone ? undefined : amounts_below(most, limits).find(enough)
            if (found !== undefined) return { amount: found, smallest: all, enough: true }
            return all && all_there_is ? undefined : { amount: all ? most : 0, smallest: false, enough: false }
        }
        low = high
        high = Math.min(most, high * 2)
    }
    while (high - low > 1) {
        const middle = low + Math.floor((high - low) / 2)
        if (enough(middle)) high = middle
        else low = middle
    }
    if (monotone) return { amount: high, smallest: true, enough: true }
    return { amount: amounts_below(high, limits).find(enough) ?? high, smallest: high - 1 <= full_scan, enough: true }
}

/// In how many ways 0, 1, 2 … can be taken out of groups of these sizes; never more than `limit` + 1.
function ways(sizes: readonly number[], most: number, limit: number): number[] {
    let known = [1, ...Array<number>(most).fill(0)]
    for (const here of sizes) {
        known = known.map((_, size) => {
            let sum = 0
            for (let taken = 0; taken <= Math.min(here, size) && sum <= limit; ++taken) sum += known[size - taken]!
            return Math.min(limit + 1, sum)
        })
    }
    return known
}

/// How many of each group are meant.
type Voters = Map<number, number>

/// The fewest voters of these groups who are enough, over all ways to choose them, as far as they can all be tried.
function fewest_voters(groups: readonly { g: number; count: number }[], most: number, trials_max: number, enough: (voters: Voters) => boolean) {
    let all_tried = 0
    if (groups.length > trials_max) return { found: undefined, all_tried }
    const largest = Math.min(most, trials_max)
    const choices = ways(groups.map(({ count }) => count), largest, trials_max)
    const voters: Voters = new Map()
    const any = (at: number, many: number): boolean => {
        if (many === 0) return enough(voters)
        if (at === groups.length) return false
        const { g, count: here } = groups[at]!
        for (let taken = Math.min(many, here); taken >= 0; --taken) {
            voters.set(g, taken)
            if (any(at + 1, many - taken)) return true
        }
        voters.delete(g)
        return false
    }
    let trials = 0
    for (let many = 1; many <= largest; ++many) {
        trials += choices[many]!
        if (trials > trials_max) break
        if (any(0, many)) return { found: { voters, many }, all_tried }
        all_tried = many
    }
    return { found: undefined, all_tried }
}

/// So many choices of voters are tried at most: a count looks at every choice on every ballot some times.
const trials_of = ({ ballots }: Election) => Math.floor(200_000 / (ballots.projects.length + 10))

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
    /// More never makes the opposite of what it is made for: a greedy count looks at a project once, and one that is cheaper or better
    /// supported comes earlier, with the others as before. A new voter makes the votes of all others a smaller part.
    private readonly monotone: { cost: boolean; support: boolean }
    private readonly full_scan: number

    constructor(election: Election, rule: Rule, result: CountResult, tried: () => void) {
        this.rule = rule
        this.result = result
        this.tried = tried
        this.monotone = { cost: rule.method === 'greedy', support: rule.method === 'greedy' && rule.eligibility === 0 }
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
        const { full_scan, monotone } = this
        const dear = smallest_change({ most: cost - 1, full_scan, monotone: monotone.cost, all_there_is: true, coarse: one_krone }, (less) => {
            const cheaper = { ...this.election.projects[project]!, cost: cost - less, partial_from: undefined }
            return this.winners({ ...this.election, projects: this.election.projects.with(project, cheaper) }).includes(project)
        })
        // As many as it takes; beyond this a number says no more.
        const most = Math.max(1, this.result.voters + this.result.blank) * 100 + 1000
        const added = this.out_of_reach(project)
            ? undefined
            : smallest_change({ most, full_scan, monotone: monotone.support, all_there_is: false }, (voters) =>
                  this.winners(this.with_new_ballots(project, voters)).includes(project),
              )
        return { cost_reduction: dear, singleton_add: added }
    }

    /// No vote can bring in what costs more than there is.
    private out_of_reach(project: number): boolean {
        const { cost, partial_from } = this.election.projects[project]!
        return cost > this.election.budget && !(this.rule.partial_funding && partial_from !== undefined)
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
        const supporters = this.fewest_funded_first(project).map((g) => ({ g, count: this.real.ballots.counts[g]! }))
        const most = supporters.reduce((sum, { count }) => sum + count, 0) - 1
        const losing = (voters: Voters) => this.winners(this.with_less_support(project, voters))
        const drops_out = (voters: Voters) => !losing(voters).includes(project)
        const first = (many: number): Voters => {
            const voters: Voters = new Map()
            for (const { g, count } of supporters) {
                const taken = Math.min(many, count)
                voters.set(g, taken)
                many -= taken
            }
            return voters
        }
        const { full_scan, monotone } = this
        const in_order = smallest_change({ most, full_scan, monotone: monotone.support, all_there_is: true }, (many) => drops_out(first(many)))
        let margin = in_order
        let voters = first(in_order?.enough ? in_order.amount : 0)
        // Who goes makes no difference where only totals count.
        if (this.election === this.real) {
            const below = in_order?.enough ? in_order.amount - 1 : most
            const { found, all_tried } = fewest_voters(supporters, below, trials_of(this.real), drops_out)
            if (found) {
                margin = { amount: found.many, smallest: true, enough: true }
                voters = found.voters
            } else if (in_order?.enough) margin = { ...in_order, smallest: all_tried === below }
            else margin = all_tried === below ? undefined : { amount: all_tried, smallest: false, enough: false }
        }
        const instead = margin?.enough ? losing(voters).filter((other) => !this.result.winners.includes(other)).sort((a, b) => a - b) : undefined
        return { margin, instead }
    }

    private with_less_support(project: number, voters: Voters): Election {
        if (this.election !== this.real) {
            const all = [...voters.values()].reduce((sum, many) => sum + many, 0)
            const { ballots } = this.election
            const counts = ballots.counts.map((many, g) => (ballots.projects[g] === project ? many - all : many))
            return { ...this.election, ballots: { ...ballots, counts } }
        }
        const { ballots } = this.real
        const counts = ballots.counts.slice()
        const added: { choices: Choice[]; count: number }[] = []
        for (const [g, taken] of voters) {
            if (taken === 0) continue
            counts[g]! -= taken
            added.push({ choices: choices_of(ballots, g).filter((choice) => choice.project !== project), count: taken })
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
