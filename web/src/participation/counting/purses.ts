import { type Fraction, fraction } from './fraction.ts'
import type { Profile } from './profile.ts'

/// What the voters of Equal Shares have left, as doubles within a known error, with the exact value behind each when asked.
///
/// A voter who still has money has paid in full for everything bought that she supports: whoever could not has nothing. So the exact
/// balance is the share minus the exact payments of the rounds she supports, and one number a round is all the exact state.
///
/// Doubles are made from correctly rounded payments, so their error does not feed on itself: after r rounds each balance is within
/// 2r + 3 units of the share's last place. Everything that doubles cannot decide within that is decided by whole numbers.

/// What a project's supporters can pay, enclosed.
export type Asked =
    | { kind: 'cannot' }
    /// `low` and `high` enclose the payment per unit of weight; high is Infinity where the bounds did not close.
    | { kind: 'payment'; low: number; high: number }

/// An exact payment per unit of weight: `over` / (the scale of the purses at the time × weight).
export interface Payment {
    over: bigint
    weight: bigint
}

const unit = 2 ** -52

/// The quotient of positive numbers as a double, within two units of its last place.
function quotient(over: bigint, under: bigint): number {
    const shift = BigInt(66 + 4 * (under.toString(16).length - over.toString(16).length))
    return Number(shift >= 0n ? (over << shift) / under : over / (under << -shift)) * 2 ** -Number(shift)
}

export class Purses {
    private readonly profile: Profile
    private readonly costs: readonly number[]
    private readonly balance: Float64Array
    /// Each project's supporters, those who still have money at the front, up to live_until. Their order means nothing.
    private readonly group: Uint32Array
    private readonly weight: Float64Array
    private readonly live_until: Uint32Array
    private readonly round_of: Int32Array

    private error = 0
    private share_size = 0
    /// All exact numbers are over this one: it takes in a factor with each round, and nothing needs to be reduced.
    private scale = 1n
    private share = 0n
    private paid: bigint[] = []

    /// `costs` in the same unit as shares.
    constructor(profile: Profile, costs: readonly number[]) {
        this.profile = profile
        this.costs = costs
        this.balance = new Float64Array(profile.counts.length)
        this.group = profile.group.slice()
        this.weight = profile.weight.slice()
        this.live_until = new Uint32Array(costs.length)
        this.round_of = new Int32Array(costs.length)
    }

    /// Hands out a share to everyone.
    begin(share: Fraction): void {
        this.scale = share.under
        this.share = share.over
        this.paid = []
        this.share_size = share.over === 0n ? 0 : quotient(share.over, share.under)
        this.error = 3 * unit * this.share_size
        this.balance.fill(this.share_size)
        this.live_until.set(this.profile.from.subarray(1))
        this.round_of.fill(-1)
    }

    /// Looks no further once the payment is certainly more than `enough`. `known_low` is a certain lower bound to begin at.
    ask(project: number, known_low: number, enough: number): Asked {
        const cost = this.costs[project]!
        const whole = this.split(project, known_low)
        const whole_error = this.error_of(whole.money, whole.voters, whole.lists)
        if (whole.money + whole_error < cost) return { kind: 'cannot' }
        if (whole.money - whole_error < cost && this.exact_sum(this.live(project)) < BigInt(cost) * this.scale) return { kind: 'cannot' }
        // Newton's method from the left on a concave function: it never passes the payment, and stops when the poor stay the same.
        let low = known_low
        let split = whole
        for (;;) {
            const rich_weight = split.weight - split.poor_weight
            if (rich_weight <= 0) return { kind: 'payment', low, high: Infinity }
            const doubt = this.error_of(split.poor_money, split.poor_voters, split.lists) + unit * cost
            const next = ((cost - split.poor_money - doubt) / rich_weight) * (1 - 4 * unit)
            const moved = next > low
            if (moved) low = next
            if (low > enough || !moved) return { kind: 'payment', low, high: low > enough ? Infinity : this.upper(project, low, whole_error, rich_weight) }
            const again = this.split(project, low)
            if (again.poor_weight === split.poor_weight) return { kind: 'payment', low, high: this.upper(project, low, whole_error, rich_weight) }
            split = again
        }
    }

    /// The exact payment of a project that can be paid. `low` is a lower bound.
    exact_payment(project: number, low: number): Payment {
        const live = this.live(project)
        let poor = live.filter((i) => this.balance[this.group[i]!]! + this.error < low * this.weight[i]! * (1 - 4 * unit))
        for (;;) {
            const payment = this.payment_with(project, live, poor)
            const size = this.size_of(payment)
            const more = live.filter((i) => this.compare_to_due(i, payment, size) < 0)
            if (more.length === poor.length && more.every((entry, at) => entry === poor[at])) return payment
            poor = more
        }
    }

    size_of(payment: Payment): number {
        return quotient(payment.over, this.scale * payment.weight)
    }

    as_fraction(payment: Payment): Fraction {
        return fraction(payment.over, this.scale * payment.weight)
    }

    /// Buys at the exact payment. Gives the number of voters who had anything left, and of those who paid less than the full payment,
    /// those without money included.
    pay(project: number, payment: Payment): { could_pay: number; paid_all_they_had: number } {
        const size = this.size_of(payment)
        const { counts, from } = this.profile
        let short_voters = 0
        let could_pay = 0
        for (let i = from[project]!; i < from[project + 1]!; ++i) {
            const g = this.group[i]!
            if (this.balance[g]! > 0) could_pay += counts[g]!
            if (this.balance[g] === 0) {
                short_voters += counts[g]!
                continue
            }
            const rich = this.compare_to_due(i, payment, size)
            if (rich < 0) short_voters += counts[g]!
            // Zero is kept for those who have nothing.
            this.balance[g] = rich > 0 ? Math.max(this.balance[g]! - size * this.weight[i]!, Number.MIN_VALUE) : 0
        }
        this.round_of[project] = this.paid.length
        this.scale *= payment.weight
        this.share *= payment.weight
        this.paid = this.paid.map((paid) => paid * payment.weight)
        this.paid.push(payment.over)
        this.error += 2 * unit * this.share_size
        return { could_pay, paid_all_they_had: short_voters }
    }

    /// Whether a supporter with money has more than the payment asks of her: negative if less, 0 if exactly that.
    private compare_to_due(i: number, payment: Payment, size: number): number {
        const has = this.balance[this.group[i]!]!
        const due = size * this.weight[i]!
        const sure = 2 * this.error + 4 * unit * due
        if (has - due > sure) return 1
        if (has - due < -sure) return -1
        const exact = this.exact_balance(this.group[i]!) * payment.weight - payment.over * BigInt(this.weight[i]!)
        return exact > 0n ? 1 : exact < 0n ? -1 : 0
    }

    /// The sums over supporters with money, and over those of them who could not pay `payment` in full.
    private split(project: number, payment: number) {
        const { counts, from } = this.profile
        const { balance, group, weight } = this
        let money = 0
        let voters = 0
        let all_weight = 0
        let poor_money = 0
        let poor_voters = 0
        let poor_weight = 0
        let end = this.live_until[project]!
        for (let i = from[project]!; i < end; ++i) {
            const g = group[i]!
            const has = balance[g]!
            if (has === 0) {
                // Goes behind those with money.
                --end
                group[i] = group[end]!
                group[end] = g
                const w = weight[i]!
                weight[i] = weight[end]!
                weight[end] = w
                --i
                continue
            }
            const w = weight[i]!
            const many = counts[g]!
            money += many * has
            voters += many
            all_weight += many * w
            if (has < payment * w) {
                poor_money += many * has
                poor_voters += many
                poor_weight += many * w
            }
        }
        this.live_until[project] = end
        return { money, voters, weight: all_weight, poor_money, poor_voters, poor_weight, lists: end - from[project]! }
    }

    /// A payment that is certainly enough, a little above `low`; Infinity where it cannot be shown.
    private upper(project: number, low: number, whole_error: number, rich_weight: number): number {
        const cost = this.costs[project]!
        const tried = (low + (4 * whole_error + 8 * unit * cost) / rich_weight) * (1 + 16 * unit)
        const { counts, from } = this.profile
        let paid = 0
        for (let i = from[project]!; i < this.live_until[project]!; ++i) {
            const g = this.group[i]!
            paid += counts[g]! * Math.min(this.balance[g]!, tried * this.weight[i]!)
        }
        return paid - whole_error - 2 * unit * cost >= cost ? tried : Infinity
    }

    /// Of a sum of `lists` products over `voters` balances.
    private error_of(sum: number, voters: number, lists: number): number {
        return (voters * this.error + (lists + 4) * unit * sum) * (1 + 1e-9)
    }

    private live(project: number): number[] {
        const live: number[] = []
        for (let i = this.profile.from[project]!; i < this.live_until[project]!; ++i) if (this.balance[this.group[i]!]! > 0) live.push(i)
        return live
    }

    /// Over the scale.
    private exact_balance(g: number): bigint {
        const { wish, wish_from, wish_weight } = this.profile
        let rest = this.share
        for (let i = wish_from[g]!; i < wish_from[g + 1]!; ++i) {
            const round = this.round_of[wish[i]!]!
            if (round >= 0) rest -= BigInt(wish_weight[i]!) * this.paid[round]!
        }
        return rest
    }

    /// The balances of supporters with money, times their number, over the scale.
    private exact_sum(entries: readonly number[]): bigint {
        const { counts, wish, wish_from, wish_weight } = this.profile
        const often = new Float64Array(this.paid.length)
        let voters = 0
        for (const entry of entries) {
            const g = this.group[entry]!
            voters += counts[g]!
            for (let i = wish_from[g]!; i < wish_from[g + 1]!; ++i) {
                const round = this.round_of[wish[i]!]!
                if (round >= 0) often[round]! += counts[g]! * wish_weight[i]!
            }
        }
        return this.paid.reduce((sum, paid, round) => sum - BigInt(often[round]!) * paid, this.share * BigInt(voters))
    }

    private payment_with(project: number, live: readonly number[], poor: readonly number[]): Payment {
        const weigh = (sum: number, i: number) => sum + this.profile.counts[this.group[i]!]! * this.weight[i]!
        const rich_weight = live.reduce(weigh, 0) - poor.reduce(weigh, 0)
        return { over: BigInt(this.costs[project]!) * this.scale - this.exact_sum(poor), weight: BigInt(rich_weight) }
    }
}
