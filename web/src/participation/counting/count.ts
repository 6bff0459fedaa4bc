import type { Contest } from './contest.ts'
import { type Election } from './election.ts'
import { count_equal_shares } from './equal_shares.ts'
import { attempt, type Attempt, refuse } from './fault.ts'
import { count_greedy, count_knapsack } from './greedy.ts'
import { count_phragmen } from './phragmen.ts'
import { type Totals, totals_of } from './profile.ts'
import type { CountResult, Outcome, WhyExcluded } from './result.ts'
import { type Rule, rule_name } from './rule.ts'
import { type Favour, TieJudge } from './ties.ts'

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

function count_once(election: Election, rule: Rule, totals: Totals, judge: TieJudge, { progress, leaps }: CountOptions): CountResult {
    const excluded = find_excluded(election, rule, totals)
    // What costs nothing is funded beside the rule if anyone supports it.
    const free = election.projects.flatMap(({ cost }, project) => (cost === 0 && totals.votes[project]! > 0 ? [project] : []))
    const shut_out = new Set(election.exclusive.filter((group) => group.some((project) => free.includes(project))).flat())
    const entrants = election.projects.flatMap(({ cost }, project) =>
        cost > 0 && !excluded.has(project) && !shut_out.has(project) ? [project] : [],
    )
    const outcome = methods[rule.method]({ election, rule, totals, judge, entrants, budget: election.budget, progress, leaps })
    const rounds = [
        ...free.map((project) => ({ project, phase: 'free' as const, paid: 0, supporters: totals.votes[project]! })),
        ...outcome.rounds,
    ]
    return {
        ...outcome,
        ...totals,
        rule: rule_name(rule),
        rounds,
        ties: outcome.ties.map((tie) => ({ ...tie, round: tie.round + free.length })),
        winners: rounds.map(({ project }) => project),
        budget: election.budget,
        excluded,
    }
}

const ascending = (projects: readonly number[]): number[] => [...projects].sort((a, b) => a - b)

function by_members(a: readonly number[], b: readonly number[]): number {
    const at = a.findIndex((project, i) => project !== b[i])
    return at < 0 ? a.length - b.length : a[at]! - (b[at] ?? -1)
}

const recounts_max = 256

function explore_ties(election: Election, rule: Rule, totals: Totals, result: CountResult, options: CountOptions): void {
    const outcome = ascending(result.winners)
    let recounts = 0
    for (const tie of result.ties) {
        if (recounts + tie.tied.length > recounts_max) return
        const others = new Map<string, number[]>()
        for (const favoured of tie.tied) {
            if (favoured === tie.chosen) continue
            ++recounts
            const favour: Favour = { among: tie.tied, favoured }
            const judge = new TieJudge(election, rule, totals.votes, favour)
            const winners = ascending(count_once(election, rule, totals, judge, options).winners)
            if (winners.join() !== outcome.join()) others.set(winners.join(), winners)
        }
        tie.alternatives = [...others.values()].sort(by_members)
    }
}

/// Counts. Pure; the same election and rule give the same result whatever the order of ballots.
export function count(election: Election, rule: Rule, options: CountOptions = {}): Attempt<CountResult> {
    return attempt(() => {
        const totals = totals_of(election, rule)
        const judge = new TieJudge(election, rule, totals.votes)
        const result = count_once(election, rule, totals, judge, options)
        if (judge.unbroken) refuse('only-lot', {}, { projects: judge.unbroken.map((project) => election.projects[project]!.id).join(', ') })
        if (options.explore_ties ?? true) explore_ties(election, rule, totals, result, options)
        return result
    })
}
