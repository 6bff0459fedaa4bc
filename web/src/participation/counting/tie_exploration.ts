import type { CountResult } from './result.ts'
import type { Decision, Precedence } from './ties.ts'

/// A count with another order of tie-breaking.
interface Recount {
    winners: readonly number[]
    decisions: readonly Decision[]
}

/// An order to be tried, and the decision of the first count from which it departs.
interface Departure {
    origin: number
    order: readonly Precedence[]
}

const recounts_max = 256

const ascending = (projects: readonly number[]): number[] => [...projects].sort((a, b) => a - b)

function by_members(a: readonly number[], b: readonly number[]): number {
    const at = a.findIndex((project, i) => project !== b[i])
    return at < 0 ? a.length - b.length : a[at]! - (b[at] ?? -1)
}

/// What has been said of two projects, directly or through others.
function goes_before(order: readonly Precedence[], first: number, then: number): boolean {
    const later = new Set([first])
    for (const project of later) for (const said of order) if (said.first === project) later.add(said.then)
    return first !== then && later.has(then)
}

const say = ({ tied }: Decision, chosen: number): Precedence[] => tied.filter((other) => other !== chosen).map((other) => ({ first: chosen, then: other }))

/// Counts for each tie of the result what breaking it otherwise leads to.
///
/// A count depends on the order of tie-breaking only through the decisions it meets. Another order makes the same decisions up to one
/// that it makes otherwise; a count in which that one is made so meets decisions of its own, and so on, until every outcome of every
/// order is known or there are too many counts, nearest changes first.
export function explore_ties(decisions: readonly Decision[], result: CountResult, count_again: (order: readonly Precedence[]) => Recount): void {
    const outcome = ascending(result.winners).join()
    const others = decisions.map(() => new Map<string, number[]>())
    const cut_short = decisions.map(() => false)
    const departures: Departure[] = []

    const depart = (met: readonly Decision[], from: readonly Precedence[], origin?: number): void => {
        let order = from
        for (const [at, decision] of met.entries()) {
            if (origin !== undefined && cut_short[origin]) return
            if (!decision.matters) continue
            for (const other of decision.tied) {
                if (other === decision.chosen || decision.tied.some((project) => goes_before(order, project, other))) continue
                if (departures.length === recounts_max) cut_short[origin ?? at] = true
                else departures.push({ origin: origin ?? at, order: [...order, ...say(decision, other)] })
            }
            order = [...order, ...say(decision, decision.chosen)]
        }
    }

    depart(decisions, [])
    // Grows while it is gone through.
    for (const { origin, order } of departures) {
        const again = count_again(order)
        const winners = ascending(again.winners)
        if (winners.join() !== outcome) others[origin]!.set(winners.join(), winners)
        depart(again.decisions, order, origin)
    }
    decisions.forEach(({ tied }, at) => {
        const tie = result.ties.find((one) => one.tied.join() === tied.join())!
        tie.alternatives = [...others[at]!.values()].sort(by_members)
        tie.explored = !cut_short[at]
    })
}
