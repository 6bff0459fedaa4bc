import { buy, choose, type Contest, cost_of, no_outcome, rivals_of } from './contest.ts'
import { compare, divided_by, type Fraction, fraction, plus, to_number, weighted_sum } from './fraction.ts'
import { one_krone } from './money.ts'
import { profile_of } from './profile.ts'
import type { Outcome } from './result.ts'

/// Sequential Phragmén: a project's cost is a load on its supporters, spread so that all of them end level; the smallest new load
/// comes first. Stops, or skips, at the first that does not fit; the tie is broken before the fit is tried.
///
/// A supporter's load is the new load of the last project bought that she supports. So a project's next load is a sum over rounds of
/// how many of its supporters stand at each: whole numbers, and one fraction a round.
export function count_phragmen(contest: Contest): Outcome {
    const { from, group, counts, wish, wish_from } = profile_of(contest.election, contest.rule)
    const outcome = no_outcome()
    const loads: Fraction[] = []
    const stands = new Int32Array(counts.length).fill(-1)
    /// Per project: how many supporters stand at each round.
    const standing = contest.election.projects.map(() => [] as number[])
    const votes = contest.totals.votes

    const exact_load = (project: number): Fraction => {
        const carried = weighted_sum(standing[project]!.map((many, round) => [BigInt(many ?? 0), loads[round]!] as const))
        return divided_by(plus(fraction(cost_of(contest, project)), carried), votes[project]!)
    }
    const sizes: number[] = []
    const rough_load = (project: number): number =>
        standing[project]!.reduce((sum, many, round) => sum + many * sizes[round]!, cost_of(contest, project)) / votes[project]!

    let open = [...contest.entrants]
    while (open.length > 0) {
        const rough = open.map((project) => ({ project, load: rough_load(project) }))
        // Each rough load is a short sum of positive terms: within far less than this of the exact one.
        const limit = Math.min(...rough.map(({ load }) => load)) * (1 + 1e-9)
        const close = rough.filter(({ load }) => load <= limit).map(({ project }) => ({ project, load: exact_load(project) }))
        const least = close.reduce((a, b) => (compare(b.load, a.load) < 0 ? b : a)).load
        const chosen = choose(contest, outcome, close.filter(({ load }) => compare(load, least) === 0).map(({ project }) => project))
        if (outcome.spent + cost_of(contest, chosen) > contest.budget) {
            if (contest.rule.overrun === 'stop') return outcome
            open = open.filter((project) => project !== chosen)
            continue
        }
        buy(contest, outcome, chosen, 'rule')
        outcome.rounds[outcome.rounds.length - 1]!.share = divided_by(least, one_krone)
        const round = loads.push(least) - 1
        sizes.push(to_number(least))
        for (const list of standing) list[round] = 0
        for (let i = from[chosen]!; i < from[chosen + 1]!; ++i) {
            const g = group[i]!
            for (let j = wish_from[g]!; j < wish_from[g + 1]!; ++j) {
                const list = standing[wish[j]!]!
                if (stands[g]! >= 0) list[stands[g]!]! -= counts[g]!
                list[round]! += counts[g]!
            }
            stands[g] = round
        }
        const gone = new Set([chosen, ...rivals_of(contest, chosen)])
        open = open.filter((project) => !gone.has(project))
    }
    return outcome
}
