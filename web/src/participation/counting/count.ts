import { buy, choose, type Contest, no_outcome, rivals_of, still_open } from './contest.ts'
import { choices_of, type Election, group_count, whole_budget } from './election.ts'
import { count_equal_shares } from './equal_shares.ts'
import { attempt, type Attempt, refuse } from './fault.ts'
import { count_greedy, count_knapsack, fill_by_score } from './greedy.ts'
import { count_phragmen } from './phragmen.ts'
import type { Money } from './money.ts'
import { type Totals, totals_of, weight_of } from './profile.ts'
import type { CountResult, Outcome, WhyExcluded } from './result.ts'
import { type Rule, rule_name } from './rule.ts'
import { explore_ties } from './tie_exploration.ts'
import { TieJudge } from './ties.ts'

export interface CountOptions {
    /// Count again for each tie as if another of the tied had been chosen, to say whether the tie decided anything.
    explore_ties?: boolean
    /// Called now and then in long counts with the number of raises made.
    progress?: (raises: number) => void
    /// False: shares are raised step by step, however long nothing changes.
    leaps?: boolean
    /// False: what was bought and when, without what each paid.
    exact_rounds?: boolean
}

const methods: Record<Rule['method'], (contest: Contest) => Outcome> = {
    greedy: count_greedy,
    knapsack: count_knapsack,
    'equal-shares': count_equal_shares,
    phragmen: count_phragmen,
}

const pot_of = (election: Election, project: number): string => election.projects[project]!.pot ?? ''

/// Why each project of the pot that takes no part takes none.
function find_excluded(election: Election, rule: Rule, totals: Totals, pot: string, budget: Money): Map<number, WhyExcluded> {
    const excluded = new Map<number, WhyExcluded>()
    election.projects.forEach(({ cost }, project) => {
        if (pot_of(election, project) !== pot) return
        const votes = totals.votes[project]!
        if (votes === 0) excluded.set(project, 'no-support')
        else if (totals.scores[project]! < rule.score_min * election.points_per_one) excluded.set(project, 'below-score')
        else if (
            rule.eligibility > 0 &&
            BigInt(votes) * BigInt(rule.eligibility) * BigInt(budget) < BigInt(cost) * BigInt(totals.voters)
        ) {
            excluded.set(project, 'not-eligible')
        }
    })
    return excluded
}

/// What costs nothing is funded beside the rule if it has the support every project needs, most votes first. That matters only where two exclude each
/// other, and only between those is a tie one.
function fund_free(contest: Contest): Outcome {
    const { judge, totals } = contest
    const outcome = no_outcome()
    for (;;) {
        const open = still_open(contest, outcome)
        if (open.length === 0) return outcome
        const most = Math.max(...open.map((project) => totals.votes[project]!))
        const level = open.filter((project) => totals.votes[project] === most)
        // Those that exclude one another, directly or through a third.
        const linked = new Set([judge.first_of(level)])
        for (const project of linked) for (const rival of rivals_of(contest, project)) if (level.includes(rival)) linked.add(rival)
        const tied = level.filter((project) => linked.has(project))
        buy(contest, outcome, choose(contest, outcome, tied), 'free')
    }
}

/// Everything, where the rule funds all that fits together and it does. Never with two that exclude each other.
function everything(contest: Contest): Outcome | undefined {
    const { rule, entrants, budget } = contest
    const cost = entrants.reduce((sum, project) => sum + BigInt(contest.election.projects[project]!.cost), 0n)
    if (!rule.fully_funded || cost > BigInt(budget) || entrants.some((project) => rivals_of(contest, project).length > 0)) return undefined
    const outcome = no_outcome()
    fill_by_score(contest, outcome, 'fund-all')
    return outcome
}

/// Among whom the pot is divided: where only those with a choice share, those with a choice in it.
function voters_in(election: Election, rule: Rule, totals: Totals, pot: string): number {
    if (election.pots.length === 0 || rule.electorate === 'everyone') return totals.voters
    const { ballots } = election
    let voters = 0
    for (let group = 0; group < group_count(ballots); ++group) {
        const chose = choices_of(ballots, group).some(({ project, value }) => pot_of(election, project) === pot && weight_of(election, rule, value) > 0)
        voters += chose ? ballots.counts[group]! : 0
    }
    return voters
}

/// What costs nothing, the pots one after the other, then the common budget.
function count_once(election: Election, rule: Rule, totals: Totals, judge: TieJudge, { progress, leaps, exact_rounds }: CountOptions): CountResult {
    const all = election.projects.map((_, project) => project)
    const cost = (project: number) => election.projects[project]!.cost
    const supported = all.filter((project) => totals.votes[project]! > 0 && totals.scores[project]! >= rule.score_min * election.points_per_one)
    const base = { election, rule, totals, judge, progress, leaps, exact_rounds, budget: 0, pot: '', entrants: supported.filter((project) => cost(project) === 0) }
    const free = fund_free(base)
    const result: CountResult = {
        ...totals,
        rule: rule_name(rule),
        rounds: free.rounds.map((round) => (pot_of(election, round.project) === '' ? round : { ...round, pot: pot_of(election, round.project) })),
        ties: free.ties,
        spent: 0,
        greedy_preferred: false,
        touched: new Set(),
        winners: [],
        endowments: [],
        budget: whole_budget(election),
        excluded: new Map(),
        shut_out: new Map(),
        partial_left_out: [],
    }
    const count_pot = (pot: string, budget: Money): Money => {
        const here = { ...totals, voters: voters_in(election, rule, totals, pot) }
        const excluded = find_excluded(election, rule, here, pot, budget)
        for (const [project, why] of excluded) result.excluded.set(project, why)
        const entrants = all.filter((project) => pot_of(election, project) === pot && cost(project) > 0 && !excluded.has(project))
        // What was bought before shuts out its rivals.
        const contest = { ...base, totals: here, budget, pot, entrants: still_open({ ...base, entrants }, result) }
        const decided = judge.decisions.length
        const outcome = everything(contest) ?? methods[rule.method](contest)
        const own = new Set(outcome.ties.map(({ tied }) => tied.join()))
        const on_the_way = judge.decisions.slice(decided).filter(({ tied }) => !own.has(tied.join()))
        const before = result.rounds.length
        for (const tie of [...outcome.ties, ...on_the_way.map((decision) => judge.describe(decision, true))]) {
            result.ties.push({ ...tie, round: tie.round + before })
        }
        result.rounds.push(...outcome.rounds)
        result.spent += outcome.spent
        if (outcome.endowment) result.endowments.push(outcome.endowment)
        if (outcome.greedy_preferred) result.greedy_preferred = true
        for (const project of outcome.touched) result.touched.add(project)
        return budget - outcome.spent
    }
    const left = election.pots.reduce((sum, { name, budget }) => sum + count_pot(name, budget), 0)
    count_pot('', election.budget + (rule.left_over === 'to-common' ? left : 0))
    result.winners = result.rounds.map(({ project }) => project)
    for (const winner of result.winners) {
        for (const rival of rivals_of(base, winner)) {
            if (!result.excluded.has(rival) && !result.shut_out.has(rival)) result.shut_out.set(rival, winner)
        }
    }
    const open = (project: number) => !result.winners.includes(project) && !result.excluded.has(project) && !result.shut_out.has(project)
    if (!rule.partial_funding) result.partial_left_out = all.filter((project) => election.projects[project]!.partial_from !== undefined && open(project))
    return result
}

/// Counts. Pure; the same election and rule give the same result whatever the order of ballots.
export function count(election: Election, rule: Rule, options: CountOptions = {}): Attempt<CountResult> {
    return attempt(() => {
        const totals = totals_of(election, rule)
        const judge = new TieJudge(election, rule, totals.votes)
        const result = count_once(election, rule, totals, judge, options)
        if (judge.unbroken) refuse('only-lot', {}, { projects: judge.unbroken.map((project) => election.projects[project]!.id).join(', ') })
        if (options.explore_ties ?? true) {
            explore_ties(judge.decisions, result, (order) => {
                const other = new TieJudge(election, rule, totals.votes, order)
                return { winners: count_once(election, rule, totals, other, { ...options, exact_rounds: false }).winners, decisions: other.decisions }
            })
        }
        return result
    })
}
