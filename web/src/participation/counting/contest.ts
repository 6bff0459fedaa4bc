import type { Election } from './election.ts'
import type { Money } from './money.ts'
import type { Totals } from './profile.ts'
import type { Outcome, Phase } from './result.ts'
import type { Order, Rule } from './rule.ts'
import type { TieJudge } from './ties.ts'

/// One pot being counted: what a rule works on.
export interface Contest {
    election: Election
    rule: Rule
    totals: Totals
    judge: TieJudge
    /// Eligible, supported, with a cost; ascending.
    entrants: readonly number[]
    budget: Money
    /// Empty: the common budget.
    pot: string
    /// Called now and then with the number of raises made.
    progress?: (raises: number) => void
    /// False: shares are raised step by step, however long nothing changes.
    leaps?: boolean
    /// False: rounds need not tell what each paid.
    exact_rounds?: boolean
}

export const cost_of = (contest: Contest, project: number): Money => contest.election.projects[project]!.cost

/// Projects that cannot be built when `project` is.
export function rivals_of(contest: Contest, project: number): number[] {
    return contest.election.exclusive.filter((group) => group.includes(project)).flatMap((group) => group.filter((other) => other !== project))
}

export const no_outcome = (): Outcome => ({ rounds: [], ties: [], spent: 0, greedy_preferred: false, touched: new Set() })

/// Entrants neither bought nor shut out by what was bought.
export function still_open(contest: Contest, outcome: Pick<Outcome, 'rounds'>): number[] {
    const bought = outcome.rounds.map(({ project }) => project)
    const out = new Set([...bought, ...bought.flatMap((project) => rivals_of(contest, project))])
    return contest.entrants.filter((project) => !out.has(project))
}

export function is_exhaustive(contest: Contest, outcome: Outcome): boolean {
    return still_open(contest, outcome).every((project) => outcome.spent + cost_of(contest, project) > contest.budget)
}

export function buy(contest: Contest, outcome: Outcome, project: number, phase: Phase, paid = cost_of(contest, project)): void {
    outcome.rounds.push({ project, phase, paid, supporters: contest.totals.votes[project]!, ...(contest.pot !== '' && { pot: contest.pot }) })
    outcome.spent += paid
}

/// Positive if a goes before b by the order, negative if after, 0 if level.
export function compare_scores(contest: Contest, order: Order, a: number, b: number): number {
    const { scores } = contest.totals
    if (order === 'score') return scores[a]! - scores[b]!
    const left = BigInt(scores[a]!) * BigInt(cost_of(contest, b))
    const right = BigInt(scores[b]!) * BigInt(cost_of(contest, a))
    return left > right ? 1 : left < right ? -1 : 0
}

/// Those that nothing goes before.
export function front_of(contest: Contest, order: Order, projects: readonly number[]): number[] {
    let front: number[] = []
    for (const project of projects) {
        const against = front.length === 0 ? 0 : compare_scores(contest, order, project, front[0]!)
        if (against > 0) front = [project]
        else if (against === 0) front.push(project)
    }
    return front
}

/// True if all can be bought with what is left: the money is enough and none excludes another.
export function can_buy_all(contest: Contest, outcome: Outcome, projects: readonly number[]): boolean {
    const cost = projects.reduce((sum, project) => sum + BigInt(cost_of(contest, project)), 0n)
    return cost <= BigInt(contest.budget - outcome.spent) && !projects.some((project) => rivals_of(contest, project).some((rival) => projects.includes(rival)))
}

/// The front's choice, with the tie noted. `matters`: false if all of them are bought anyway.
export function choose(contest: Contest, outcome: Outcome, front: readonly number[], matters = true): number {
    const round = outcome.rounds.length
    const chosen = contest.judge.choose(front, round, matters)
    if (front.length > 1) outcome.ties.push(contest.judge.describe({ tied: front, chosen, round, matters }, false))
    return chosen
}
