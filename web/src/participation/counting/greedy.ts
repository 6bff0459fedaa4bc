import { buy, can_buy_all, choose, type Contest, cost_of, front_of, no_outcome, rivals_of, still_open } from './contest.ts'
import type { Outcome, Phase } from './result.ts'
import type { Misfit, Order } from './rule.ts'

function fill(contest: Contest, outcome: Outcome, order: Order, misfit: Misfit, phase: Phase): void {
    const fits = (project: number) => outcome.spent + cost_of(contest, project) <= contest.budget
    for (;;) {
        const open = still_open(contest, outcome).filter((project) => misfit === 'stop' || fits(project))
        if (open.length === 0) return
        const front = front_of(contest, order, open)
        const chosen = choose(contest, outcome, front, !can_buy_all(contest, outcome, front))
        if (!fits(chosen)) return
        buy(contest, outcome, chosen, phase)
    }
}

export function count_greedy(contest: Contest): Outcome {
    const outcome = no_outcome()
    fill(contest, outcome, contest.rule.order, contest.rule.misfit, 'rule')
    return outcome
}

/// The utilitarian filling: the most supported project that fits, and so on.
export const fill_by_score = (contest: Contest, outcome: Outcome, phase: Phase): void => fill(contest, outcome, 'score', 'skip', phase)

/// Every krone of a project is a candidate with the project's votes. What does not fit whole ends the count, partly funded where the
/// rule and the project allow it.
export function count_knapsack(contest: Contest): Outcome {
    const outcome = no_outcome()
    let open = [...contest.entrants]
    while (open.length > 0) {
        const front = front_of(contest, 'score', open)
        const chosen = choose(contest, outcome, front, !can_buy_all(contest, outcome, front))
        const rest = contest.budget - outcome.spent
        if (cost_of(contest, chosen) > rest) {
            const least = contest.election.projects[chosen]!.partial_from
            if (contest.rule.partial_funding && least !== undefined && least <= rest) buy(contest, outcome, chosen, 'rule', rest)
            return outcome
        }
        buy(contest, outcome, chosen, 'rule')
        const gone = new Set([chosen, ...rivals_of(contest, chosen)])
        open = open.filter((project) => !gone.has(project))
    }
    return outcome
}
