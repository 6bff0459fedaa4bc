import { buy, choose, type Contest, cost_of, is_exhaustive, no_outcome, rivals_of } from './contest.ts'
import { refuse } from './fault.ts'
import { compare, divided_by, type Fraction, fraction, minus, plus, times, upside_down } from './fraction.ts'
import { count_greedy, fill_by_score } from './greedy.ts'
import { one_krone } from './money.ts'
import { type Profile, profile_of } from './profile.ts'
import { type Payment, Purses } from './purses.ts'
import type { Outcome } from './result.ts'

/// Method of Equal Shares: docs/concepts/counting.md, and Peters, Pierczyński, Skowron (2021).

const runs_max = 1_000_000
/// More than the rounding of a quotient, relative.
const margin = 2 ** -50

/// What a share buys, and the price of each purchase, rounded up.
interface Run {
    outcome: Outcome
    prices: number[]
}

/// Equal Shares of one election at different shares.
class Shares {
    private readonly contest: Contest
    private readonly purses: Purses
    private readonly by_cost: boolean
    /// Certain lower bounds of payments: balances only fall, so payments only rise.
    private readonly low: Float64Array
    /// Bought in any run, or chosen where the money was not enough.
    readonly touched = new Set<number>()

    constructor(contest: Contest, profile: Profile) {
        const { projects } = contest.election
        this.contest = contest
        this.by_cost = contest.rule.utility === 'cost'
        this.purses = new Purses(profile, projects.map(({ cost }) => cost))
        this.low = new Float64Array(projects.length)
    }

    /// One run. Nothing if it spends more than there is.
    run(share: Fraction, explain = false): Run | undefined {
        const { contest, purses } = this
        const outcome = no_outcome()
        const prices: number[] = []
        purses.begin(share)
        this.low.fill(0)
        let open = [...contest.entrants]
        for (;;) {
            const { contenders, gone } = this.search(open)
            open = open.filter((project) => !gone.has(project))
            if (contenders.length === 0) return { outcome, prices }
            const offers = this.cheapest(contenders)
            const chosen = choose(contest, outcome, [...offers.keys()].sort((a, b) => a - b))
            this.touched.add(chosen)
            if (outcome.spent + cost_of(contest, chosen) > contest.budget) return undefined
            const payment = offers.get(chosen)!
            const exact = explain ? purses.as_fraction(payment) : undefined
            prices.push(this.price_high(chosen, payment))
            const payers = purses.pay(chosen, payment)
            buy(contest, outcome, chosen, 'rule')
            if (exact) Object.assign(outcome.rounds[outcome.rounds.length - 1]!, this.explained(chosen, exact), payers)
            const out = new Set([chosen, ...rivals_of(contest, chosen)])
            open = open.filter((project) => !out.has(project))
        }
    }

    /// The same purchases with a larger share for everyone, if all shares up to it certainly buy the same in the same order; else
    /// nothing. When two shares buy the same, the larger one pays at most as much for each purchase and leaves everyone at least as
    /// much. So if every other project asks more at the larger share than was paid at the smaller one, that holds in between.
    carry(smaller: Run, share: Fraction): Run | undefined {
        const { contest, purses } = this
        purses.begin(share)
        this.low.fill(0)
        const prices: number[] = []
        let open = [...contest.entrants]
        for (const [at, { project: bought }] of smaller.outcome.rounds.entries()) {
            const others = this.asking_more(open, bought, smaller.prices[at]!)
            if (!others) return undefined
            const asked = purses.ask(bought, this.low[bought]!, Infinity)
            if (asked.kind === 'cannot') return undefined
            const payment = purses.exact_payment(bought, asked.low)
            prices.push(this.price_high(bought, payment))
            purses.pay(bought, payment)
            const out = new Set(rivals_of(contest, bought))
            open = others.filter((project) => !out.has(project))
        }
        return open.every((project) => purses.ask(project, this.low[project]!, Infinity).kind === 'cannot') ? { ...smaller, prices } : undefined
    }

    /// The others that can still be paid, if all of them ask more than `price`.
    private asking_more(open: readonly number[], bought: number, price: number): number[] | undefined {
        const others: number[] = []
        for (const project of open) {
            if (project === bought) continue
            if (this.price_of(project, this.low[project]!) <= price * (1 + margin)) {
                const asked = this.purses.ask(project, this.low[project]!, this.payment_at(project, price * (1 + 4 * margin)))
                if (asked.kind === 'cannot') continue
                this.low[project] = asked.low
                if (this.price_of(project, asked.low) <= price * (1 + margin)) return undefined
            }
            others.push(project)
        }
        return others
    }

    private price_high(project: number, payment: Payment): number {
        return this.price_of(project, this.purses.size_of(payment)) * (1 + margin)
    }

    private payment_at(project: number, price: number): number {
        return this.by_cost ? price * cost_of(this.contest, project) * (1 + margin) : price
    }

    /// A payment as the price of a unit of utility, within a unit of its last place.
    private price_of(project: number, payment: number): number {
        return this.by_cost ? payment / cost_of(this.contest, project) : payment
    }

    /// Projects that may have the lowest price, and those that can no longer be paid. In order of what they cost at least, so that
    /// most need not be looked at.
    private search(open: readonly number[]): { contenders: number[]; gone: Set<number> } {
        const order = open.map((project) => ({ project, price: this.price_of(project, this.low[project]!) })).sort((a, b) => a.price - b.price)
        const gone = new Set<number>()
        const contenders: number[] = []
        let best = Infinity
        for (const { project, price } of order) {
            if (price > best) break
            const asked = this.purses.ask(project, this.low[project]!, this.payment_at(project, best))
            if (asked.kind === 'cannot') {
                gone.add(project)
                continue
            }
            this.low[project] = asked.low
            contenders.push(project)
            best = Math.min(best, this.price_of(project, asked.high) * (1 + margin))
        }
        return { contenders: contenders.filter((project) => this.price_of(project, this.low[project]!) <= best), gone }
    }

    /// Those with exactly the lowest price, with their payments.
    private cheapest(contenders: readonly number[]): Map<number, Payment> {
        let offers = new Map<number, Payment>()
        let best: { over: bigint; under: bigint } | undefined
        for (const project of contenders) {
            const payment = this.purses.exact_payment(project, this.low[project]!)
            const price = { over: payment.over, under: this.by_cost ? payment.weight * BigInt(cost_of(this.contest, project)) : payment.weight }
            const order = best ? price.over * best.under - best.over * price.under : -1n
            if (order < 0n) {
                offers = new Map()
                best = price
            }
            if (order <= 0n) offers.set(project, payment)
        }
        return offers
    }

    private explained(project: number, payment: Fraction) {
        const cost = cost_of(this.contest, project)
        return {
            share: divided_by(payment, one_krone),
            effective_votes: times(upside_down(payment), cost),
            price: divided_by(payment, this.by_cost ? cost : one_krone),
        }
    }
}

function first_share(contest: Contest, voters: number): Fraction {
    if (!contest.rule.whole_endowment) return fraction(contest.budget, voters)
    return fraction(Math.floor(contest.budget / voters / one_krone) * one_krone)
}

/// Raises every share until the next step would overspend. Where nothing changes for a while it leaps.
class Raising {
    raises = 0
    private readonly contest: Contest
    private readonly shares: Shares
    private readonly step: Fraction
    /// When each voter could pay for everything alone, more money changes nothing. Reached only with exclusive groups.
    private readonly everything: Fraction
    share: Fraction
    run: Run

    constructor(contest: Contest, shares: Shares, share: Fraction, run: Run) {
        this.contest = contest
        this.shares = shares
        this.share = share
        this.run = run
        this.step = fraction(contest.rule.completion === 'add-opt' ? 1 : contest.rule.step)
        this.everything = fraction(contest.entrants.reduce((sum, project) => sum + BigInt(cost_of(contest, project)), 0n))
    }

    raise(): void {
        let leap = 2
        let steps_before_leap = this.contest.leaps === false ? Infinity : 0
        let patience = 1
        while (!this.is_done()) {
            if (++this.runs > runs_max) refuse('too-long')
            this.contest.progress?.(this.raises)
            if (steps_before_leap > 0) {
                if (!this.once()) return
                --steps_before_leap
            } else if (this.leap(Math.min(leap, this.steps_left()))) {
                leap = Math.min(leap * 2, 2 ** 30)
                patience = 1
            } else if (leap > 2) {
                leap = Math.max(2, leap / 4)
            } else {
                // A leap that fails has cost as much as a step.
                steps_before_leap = patience
                patience = Math.min(64, patience * 2)
            }
        }
    }
    private runs = 0

    private is_done(): boolean {
        const { completion } = this.contest.rule
        const stops_early = completion === 'add1e' || completion === 'add1eu'
        return (stops_early && is_exhaustive(this.contest, this.run.outcome)) || compare(this.share, this.everything) >= 0
    }

    private steps_left(): number {
        const { over, under } = minus(this.everything, this.share)
        const size = under * this.step.over
        return Number((over * this.step.under + size - 1n) / size)
    }

    private once(): boolean {
        const next = plus(this.share, this.step)
        const raised = this.shares.run(next)
        if (!raised) return false
        this.share = next
        this.run = raised
        ++this.raises
        return true
    }

    private leap(steps: number): boolean {
        const next = plus(this.share, times(this.step, steps))
        const carried = this.shares.carry(this.run, next)
        if (!carried) return false
        this.share = next
        this.run = carried
        this.raises += steps
        return true
    }
}

/// True if the greedy outcome takes the place of this one.
function prefers_other(contest: Contest, profile: Profile, own: Outcome, other: Outcome): boolean {
    const in_own = new Set(own.rounds.map(({ project }) => project))
    const in_other = new Set(other.rounds.map(({ project }) => project))
    const sum = { own: 0, other: 0, empty_own: 0, empty_other: 0 }
    for (let g = 0; g < profile.counts.length; ++g) {
        let [a, b] = [0, 0]
        for (let i = profile.wish_from[g]!; i < profile.wish_from[g + 1]!; ++i) {
            if (in_own.has(profile.wish[i]!)) ++a
            if (in_other.has(profile.wish[i]!)) ++b
        }
        const voters = profile.counts[g]!
        if (a > b) sum.own += voters
        if (b > a) sum.other += voters
        if (a === 0) sum.empty_own += voters
        if (b === 0) sum.empty_other += voters
    }
    return contest.rule.comparison === 'majority' ? sum.other > sum.own : sum.empty_other < sum.empty_own
}

function compared(contest: Contest, profile: Profile, outcome: Outcome): Outcome {
    if (contest.rule.comparison === 'none') return outcome
    const greedy = count_greedy({ ...contest, rule: { ...contest.rule, order: 'score', misfit: 'skip' } })
    if (!prefers_other(contest, profile, outcome, greedy)) return outcome
    for (const round of greedy.rounds) round.phase = 'comparison'
    return { ...greedy, endowment: outcome.endowment, touched: outcome.touched, greedy_preferred: true }
}

export function count_equal_shares(contest: Contest): Outcome {
    const { rule, entrants } = contest
    if (entrants.length === 0) return no_outcome()
    const raises = rule.completion !== 'none' && rule.completion !== 'util'
    const all_cost = entrants.reduce((sum, project) => sum + BigInt(cost_of(contest, project)), 0n)
    if (raises && all_cost <= BigInt(contest.budget) && entrants.every((project) => rivals_of(contest, project).length === 0)) {
        const everything = no_outcome()
        fill_by_score(contest, everything, 'fund-all')
        return everything
    }
    const profile = profile_of(contest.election, rule)
    const share = first_share(contest, Math.max(1, contest.totals.voters))
    const shares = new Shares(contest, profile)
    const plain = shares.run(share)
    if (!plain) throw new Error('plain Equal Shares spends no more than was handed out')
    const raising = new Raising(contest, shares, share, plain)
    if (raises) raising.raise()
    const { outcome } = contest.exact_rounds === false ? raising.run : shares.run(raising.share, true)!
    outcome.touched = shares.touched
    outcome.endowment = { share: divided_by(raising.share, one_krone), raises: raising.raises, exhaustive: is_exhaustive(contest, outcome), pot: contest.pot }
    if (rule.completion === 'util' || rule.completion === 'add1u' || rule.completion === 'add1eu') fill_by_score(contest, outcome, 'utilitarian')
    return compared(contest, profile, outcome)
}
