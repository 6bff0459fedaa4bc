import { count } from './count.ts'
import { ballot_total, type BallotKind, type Election, group_count, whole_budget } from './election.ts'
import { refuse } from './fault.ts'
import { one_krone } from './money.ts'
import { SeededRandom } from './random.ts'
import type { CountResult } from './result.ts'
import type { Rule } from './rule.ts'
import { type Change, fewest_voters, type Limits, smallest_change, type Trial, type Voters } from './smallest.ts'
import { Variants } from './variants.ts'

/// How far a project was from another outcome (Boehmer et al., IJCAI 2024), found by counting again. What is missing is certain not to
/// be, or makes no sense for the kind of ballot.
export interface Closeness {
    /// Of a loser: by how much it would have had to be cheaper.
    cost_reduction?: Change
    /// Of a loser: how many new ballots choosing it alone it lacked.
    singleton_add?: Change
    /// Of a loser: how many of the voters who did not choose it would have had to: the fewest there are …
    optimist_add?: Change
    /// … those with the most funded choices first …
    pessimist_add?: Change
    /// … and drawn at random: the median of nine samples.
    random_add?: Change
    /// Of a loser: how many of its supporters, the fewest there are, would have had to choose nothing else.
    rivalry_reduction?: Change
    /// Of a winner: how many supporters it could not have lost, and who would win instead.
    margin?: Change
    instead?: number[]
}

export type { Change } from './smallest.ts'

/// Of random_add: docs/concepts/counting.md.
const samples = 9
const seed = 1

/// False where nobody can "also choose" a project in one way only.
export const additions_apply = (kind: BallotKind): boolean => kind === 'approval' || kind === 'knapsack'

interface Group {
    g: number
    /// Voters.
    count: number
}

const voters_of = (groups: readonly Group[]): number => groups.reduce((sum, { count: many }) => sum + many, 0)

/// The first so many voters of these groups.
function first_of(many: number, groups: readonly Group[]): Voters {
    const voters: Voters = new Map()
    let left = many
    for (const { g, count: here } of groups) {
        if (left === 0) break
        const taken = Math.min(left, here)
        voters.set(g, taken)
        left -= taken
    }
    return voters
}

type Means = 'cost' | 'support' | 'rivals'

class Search {
    private readonly election: Election
    private readonly rule: Rule
    private readonly result: CountResult
    private readonly tried: () => void
    private readonly variants: Variants
    /// A project that is bought with no share that was tried is not with less of the change that favoured it either: until it is bought
    /// everybody else has paid the same.
    private readonly can_prove: boolean

    constructor(election: Election, rule: Rule, result: CountResult, tried: () => void) {
        this.election = election
        this.rule = rule
        this.result = result
        this.tried = tried
        this.variants = new Variants(election, rule)
        const only_shares = ['none', 'add1', 'add1e', 'add-opt'].includes(rule.completion)
        const same_voters = rule.electorate === 'everyone' || result.blank === 0
        this.can_prove = rule.method === 'equal-shares' && only_shares && same_voters && rule.comparison === 'none' && election.pots.length === 0
    }

    closeness(project: number): Closeness {
        return this.result.winners.includes(project) ? this.of_winner(project) : this.of_loser(project)
    }

    private recount(changed: Election): CountResult {
        this.tried()
        const again = count(changed, this.rule, { explore_ties: false, exact_rounds: false })
        return again.ok ? again.value : refuse(again.fault.code, {}, again.fault.given)
    }

    private wins(project: number, changed: Election): boolean {
        return this.recount(changed).winners.includes(project)
    }

    /// With a change in favour of the project, and nothing else.
    private favoured(project: number, changed: Election): Trial {
        const again = this.recount(changed)
        return { enough: again.winners.includes(project), none_below: this.can_prove && !again.touched.has(project) }
    }

    /// More of the change never makes the opposite of what it is made for: a greedy count looks at a project once, and one that is cheaper
    /// or better supported comes earlier, with the others as before. A new voter makes the votes of all others a smaller part. Rivals that
    /// grow fewer may, where one of them is skipped, let in more than the project.
    private monotone(means: Means): boolean {
        const { method, eligibility, order, misfit } = this.rule
        if (method !== 'greedy') return false
        if (means === 'support') return eligibility === 0
        return means === 'cost' || (order === 'score' && misfit === 'stop' && this.election.exclusive.length === 0)
    }

    private search(means: Means, limits: Partial<Limits> & { most: number }, attempt: (amount: number) => Trial): Change | undefined {
        const spread = limits.spread ?? 3
        // A small election counts in no time, so that much more can be tried.
        const full_scan = Math.max(spread > 0 ? 48 : 0, Math.floor(10_000 / (this.election.ballots.projects.length + 1)))
        return smallest_change({ all_there_is: true, full_scan, monotone: this.monotone(means), ...limits, spread }, attempt)
    }

    private of_loser(project: number): Closeness {
        const { cost } = this.election.projects[project]!
        const cost_reduction = this.search('cost', { most: cost - 1, coarse: one_krone, hint: Math.floor(cost / 2) }, (less) =>
            this.favoured(project, this.variants.with_cost(project, cost - less)),
        )
        const additions = additions_apply(this.election.kind) ? this.additions(project) : {}
        return { cost_reduction, ...additions, singleton_add: this.singleton_add(project, additions), rivalry_reduction: this.rivalry_reduction(project) }
    }

    private singleton_add(project: number, { random_add, optimist_add }: Closeness): Change | undefined {
        if (this.out_of_reach(project)) return undefined
        // As many as it takes; beyond this a number says no more.
        const most = Math.max(1, this.result.voters + this.result.blank) * 100 + 1000
        const near = random_add?.enough ? random_add : optimist_add
        return this.search('support', { most, all_there_is: false, hint: near?.enough ? near.amount : 1 }, (voters) => ({
            enough: this.wins(project, this.variants.with_new_ballots(project, voters)),
        }))
    }

    /// No vote can bring in what costs more than there could ever be for it.
    private out_of_reach(project: number): boolean {
        const { cost, partial_from, pot } = this.election.projects[project]!
        const { budget, pots } = this.election
        const common = this.rule.left_over === 'to-common' ? whole_budget(this.election) : budget
        const most = pot === undefined ? common : (pots.find(({ name }) => name === pot)?.budget ?? 0)
        return cost > most && !(this.rule.partial_funding && partial_from !== undefined)
    }

    private additions(project: number): Closeness {
        const add = (groups: readonly Group[], limits: Partial<Limits> = {}) =>
            this.search('support', { most: voters_of(groups), ...limits }, (many) =>
                this.favoured(project, this.variants.with_more_support(project, first_of(many, groups))),
            )
        const best_placed = this.groups(project, false, 'fewest-funded-first')
        const in_order = add(best_placed)
        if (this.variants.only_totals) return { optimist_add: in_order, pessimist_add: in_order, random_add: in_order }
        const optimist = this.over_all_choices(in_order, best_placed, (voters) => this.wins(project, this.variants.with_more_support(project, voters)))
        const near = in_order?.enough ? in_order.amount : 1
        const pessimist_add = add(this.groups(project, false, 'most-funded-first'), { hint: near })
        return { optimist_add: optimist.change, pessimist_add, random_add: this.random_add(best_placed, near, add) }
    }

    private random_add(groups: readonly Group[], near: number, add: (order: readonly Group[], limits: Partial<Limits>) => Change | undefined): Change | undefined {
        const order = [...groups]
        const found: number[] = []
        let smallest = true
        let hint = near
        for (let sample = 0; sample < samples; ++sample) {
            const random = new SeededRandom(BigInt(seed * 1000 + sample))
            for (let i = order.length; i > 1; --i) {
                const j = random.below(i)
                ;[order[i - 1], order[j]] = [order[j]!, order[i - 1]!]
            }
            const change = add(order, { spread: 0, hint })
            found.push(change?.enough ? change.amount : Infinity)
            if (change?.enough) hint = change.amount
            smallest &&= change === undefined || change.smallest
        }
        const median = found.sort((a, b) => a - b)[Math.floor(samples / 2)]!
        if (median < Infinity) return { amount: median, smallest, enough: true }
        return smallest ? undefined : { amount: 0, smallest: false, enough: false }
    }

    private rivalry_reduction(project: number): Change | undefined {
        const { starts } = this.election.ballots
        const supporters = this.groups(project, true, 'most-funded-first').filter(({ g }) => starts[g + 1]! - starts[g]! > 1)
        const enough = (voters: Voters) => this.wins(project, this.variants.with_fewer_rivals(project, voters))
        const in_order = this.search('rivals', { most: voters_of(supporters) }, (many) => ({ enough: enough(first_of(many, supporters)) }))
        return this.over_all_choices(in_order, supporters, enough).change
    }

    private of_winner(project: number): Closeness {
        const supporters = this.groups(project, true, 'fewest-funded-first')
        const most = voters_of(supporters) - 1
        const losing = (voters: Voters) => this.recount(this.variants.with_less_support(project, voters)).winners
        const drops_out = (voters: Voters) => !losing(voters).includes(project)
        const in_order = this.search('support', { most }, (many) => ({ enough: drops_out(first_of(many, supporters)) }))
        // Who goes makes no difference where only totals count.
        const { change: margin, voters } = this.variants.only_totals
            ? { change: in_order, voters: first_of(in_order?.enough ? in_order.amount : 0, supporters) }
            : this.over_all_choices(in_order, supporters, drops_out, most)
        const instead = margin?.enough ? losing(voters).filter((other) => !this.result.winners.includes(other)).sort((a, b) => a - b) : undefined
        return { margin, instead }
    }

    /// The change that was found when voters go in one order, made true of every choice of voters as far as that can be tried.
    private over_all_choices(in_order: Change | undefined, groups: readonly Group[], enough: (voters: Voters) => boolean, most = voters_of(groups)) {
        // A count looks at every choice on every ballot some times.
        const trials_max = Math.floor(200_000 / (this.election.ballots.projects.length + 10))
        const below = in_order?.enough ? in_order.amount - 1 : most
        const { found, all_tried } = fewest_voters(groups, below, trials_max, enough)
        if (found) return { change: { amount: found.many, smallest: true, enough: true }, voters: found.voters }
        const voters = first_of(in_order?.enough ? in_order.amount : 0, groups)
        if (in_order?.enough) return { change: { ...in_order, smallest: all_tried === below }, voters }
        return { change: all_tried === below ? undefined : { amount: all_tried, smallest: false, enough: false }, voters }
    }

    /// The ballot groups that chose the project, or did not, by how many of their choices are funded.
    private groups(project: number, chose: boolean, order: 'fewest-funded-first' | 'most-funded-first'): Group[] {
        const { starts, projects, counts } = this.election.ballots
        const won = new Set(this.result.winners)
        const groups: { g: number; count: number; funded: number }[] = []
        for (let g = 0; g < group_count(this.election.ballots); ++g) {
            const chosen = projects.subarray(starts[g], starts[g + 1])
            if (chosen.includes(project) !== chose) continue
            groups.push({ g, count: counts[g]!, funded: chosen.reduce((sum, other) => sum + (won.has(other) ? 1 : 0), 0) })
        }
        return groups.sort((a, b) => (order === 'fewest-funded-first' ? a.funded - b.funded : b.funded - a.funded))
    }
}

/// Some hundreds of counts for one project that has votes; nothing of one that has none. `tried` is called after each.
export function closeness(election: Election, rule: Rule, result: CountResult, project: number, tried: () => void = () => undefined): Closeness {
    if (result.votes[project] === 0 || ballot_total(election.ballots) === 0) return {}
    return new Search(election, rule, result, tried).closeness(project)
}
