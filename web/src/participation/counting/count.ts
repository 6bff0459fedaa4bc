import { buy, choose, type Contest, no_outcome, rivals_of, still_open } from './contest.ts'
import { type Election } from './election.ts'
import { count_equal_shares } from './equal_shares.ts'
import { attempt, type Attempt, refuse } from './fault.ts'
import { count_greedy, count_knapsack, fill_by_score } from './greedy.ts'
import { count_phragmen } from './phragmen.ts'
import { type Totals, totals_of } from './profile.ts'
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
}

const methods: Record<Rule['method'], (contest: Contest) => Outcome> = {
    greedy: count_greedy,
    knapsack: count_knapsack,
    'equal-shares': count_equal_shares,
    phragmen: count_phragmen,
}

/// Why each project that takes no part takes none.
function find_excluded(election: Election, rule: Rule, totals: Totals): Map<number, WhyExcluded> {
    const excluded = new Map<number, WhyExcluded>()
    election.projects.forEach(({ cost }, project) => {
        const votes = totals.votes[project]!
        if (votes === 0) excluded.set(project, 'no-support')
        else if (totals.scores[project]! < rule.score_min * election.points_per_one) excluded.set(project, 'below-score')
        else if (
            rule.eligibility > 0 &&
            BigInt(votes) * BigInt(rule.eligibility) * BigInt(election.budget) < BigInt(cost) * BigInt(totals.voters)
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

function count_once(election: Election, rule: Rule, totals: Totals, judge: TieJudge, { progress, leaps }: CountOptions): CountResult {
    const excluded = find_excluded(election, rule, totals)
    const all = election.projects.map((_, project) => project)
    const cost = (project: number) => election.projects[project]!.cost
    const with_cost = all.filter((project) => cost(project) > 0 && !excluded.has(project))
    const contest = { election, rule, totals, judge, entrants: with_cost, budget: election.budget, progress, leaps }
    const free = fund_free({ ...contest, entrants: all.filter((project) => cost(project) === 0 && !excluded.has(project)) })
    const decided = judge.decisions.length
    const left = { ...contest, entrants: still_open(contest, free) }
    const outcome = everything(left) ?? methods[rule.method](left)
    const own = new Set(outcome.ties.map(({ tied }) => tied.join()))
    const on_the_way = judge.decisions.slice(decided).filter(({ tied }) => !own.has(tied.join()))
    const ties = [...outcome.ties, ...on_the_way.map((decision) => judge.describe(decision, true))]
    const rounds = [...free.rounds, ...outcome.rounds]
    return {
        ...outcome,
        ...totals,
        rule: rule_name(rule),
        rounds,
        ties: [...free.ties, ...ties.map((tie) => ({ ...tie, round: tie.round + free.rounds.length }))],
        winners: rounds.map(({ project }) => project),
        budget: election.budget,
        excluded,
    }
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
                return { winners: count_once(election, rule, totals, other, options).winners, decisions: other.decisions }
            })
        }
        return result
    })
}
