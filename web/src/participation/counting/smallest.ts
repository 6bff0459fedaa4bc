/// Searches for the smallest change that turns an outcome. How a change turns it is found by counting again, so that every trial is dear.

/// The smallest change of one kind.
export interface Change {
    /// Money in øre; voters are voters.
    amount: number
    /// Every smaller change, with whichever voters, was tried or proved to fail, or more of the change is never worse. Otherwise a smaller
    /// one may do too: say "at most".
    smallest: boolean
    /// False: nothing that was tried is enough, and nothing up to `amount` is, which may be 0: say "more than".
    enough: boolean
}

/// What a change of some size leads to.
export interface Trial {
    enough: boolean
    /// It left no trace, so that no smaller change is enough either.
    none_below?: boolean
}

export interface Limits {
    /// Amounts from 1 to this are tried.
    most: number
    /// So many unproved smaller amounts are all tried.
    full_scan: number
    /// More of the change never hurts.
    monotone: boolean
    /// There is no amount beyond `most`.
    all_there_is: boolean
    /// Where to begin; 1 where there is no idea.
    hint?: number
    /// Where too many smaller amounts are unproved, the multiples of this are tried, …
    coarse?: number
    /// … and so many more, evenly spread, and the nearest; 0: none.
    spread: number
}

class Search {
    private readonly limits: Limits
    private readonly attempt: (amount: number) => Trial
    /// Not enough.
    private low = 0
    /// Enough, or one more than there is.
    private high: number
    /// Nothing up to here is enough.
    private proved = 0

    constructor(limits: Limits, attempt: (amount: number) => Trial) {
        this.limits = limits
        this.attempt = attempt
        this.high = limits.most + 1
    }

    find(): Change | undefined {
        const { most, monotone, full_scan, all_there_is } = this.limits
        if (most < 1) return undefined
        if (!this.enclose()) {
            const all = monotone || most - this.proved <= full_scan + 1
            const found = monotone ? undefined : this.first_below(most)
            if (found !== undefined) return { amount: found, smallest: all, enough: true }
            return all && all_there_is ? undefined : { amount: all ? most : this.proved, smallest: false, enough: false }
        }
        while (this.high - this.low > 1) this.enough(this.low + Math.floor((this.high - this.low) / 2))
        if (monotone || this.proved === this.low) return { amount: this.high, smallest: true, enough: true }
        const all = this.low - this.proved <= full_scan
        return { amount: this.first_below(this.high) ?? this.high, smallest: all, enough: true }
    }

    private enough(amount: number): boolean {
        const trial = this.attempt(amount)
        if (trial.enough) this.high = Math.min(this.high, amount)
        else this.low = Math.max(this.low, amount)
        if (trial.none_below) this.proved = Math.max(this.proved, amount)
        return trial.enough
    }

    /// Leaps up from the hint until something is enough, or down from it until something is not. False if not even all there is.
    private enclose(): boolean {
        const start = Math.min(this.limits.most, Math.max(1, this.limits.hint ?? 1))
        let leap = Math.max(1, Math.floor(start / 16))
        if (this.enough(start)) {
            while (this.high - leap > this.low && this.enough(this.high - leap)) leap *= 4
            return true
        }
        while (this.low < this.limits.most) {
            if (this.enough(Math.min(this.limits.most, this.low + leap))) return true
            leap *= 2
        }
        return false
    }

    /// Since more need not be better: the smallest of what is tried below `end`, all of it if that is little.
    private first_below(end: number): number | undefined {
        const { full_scan, spread, coarse = 1 } = this.limits
        const from = this.proved + 1
        const tries = new Set<number>()
        if (end - from <= full_scan) {
            for (let amount = from; amount < end; ++amount) tries.add(amount)
        } else {
            for (let i = 1; i <= spread; ++i) tries.add(this.proved + Math.floor(((end - 1 - this.proved) * i) / (spread + 1)))
            for (let i = 1; spread > 0 && i < 4; ++i) tries.add(end - i)
            if (coarse > 1 && (end - from) / coarse <= full_scan) {
                for (let amount = Math.ceil(from / coarse) * coarse; amount < end; amount += coarse) tries.add(amount)
            }
        }
        const upward = [...tries].filter((amount) => amount >= from && amount < end).sort((a, b) => a - b)
        return upward.find((amount) => this.attempt(amount).enough)
    }
}

/// The smallest amount that is enough; nothing if there is none for certain.
export const smallest_change = (limits: Limits, attempt: (amount: number) => Trial): Change | undefined => new Search(limits, attempt).find()

/// How many of each ballot group are meant.
export type Voters = Map<number, number>

/// In how many ways 0, 1, 2 … can be taken out of groups of these sizes; never more than `limit` + 1.
function ways(sizes: readonly number[], most: number, limit: number): number[] {
    let known = [1, ...Array<number>(most).fill(0)]
    for (const here of sizes) {
        known = known.map((_, size) => {
            let sum = 0
            for (let taken = 0; taken <= Math.min(here, size) && sum <= limit; ++taken) sum += known[size - taken]!
            return Math.min(limit + 1, sum)
        })
    }
    return known
}

interface Fewest {
    /// No fewer are enough, whichever they are.
    found?: { voters: Voters; many: number }
    /// Every choice of so many voters was tried, and of every smaller number.
    all_tried: number
}

/// The fewest voters of these groups who are enough, over all ways to choose them, as far as they can all be tried.
export function fewest_voters(groups: readonly { g: number; count: number }[], most: number, trials_max: number, enough: (voters: Voters) => boolean): Fewest {
    let all_tried = 0
    if (groups.length > trials_max) return { all_tried }
    const largest = Math.min(most, trials_max)
    const choices = ways(groups.map(({ count }) => count), largest, trials_max)
    const voters: Voters = new Map()
    const any = (at: number, many: number): boolean => {
        if (many === 0) return enough(voters)
        if (at === groups.length) return false
        const { g, count: here } = groups[at]!
        for (let taken = Math.min(many, here); taken >= 0; --taken) {
            voters.set(g, taken)
            if (any(at + 1, many - taken)) return true
        }
        voters.delete(g)
        return false
    }
    let trials = 0
    for (let many = 1; many <= largest; ++many) {
        trials += choices[many]!
        if (trials > trials_max) break
        if (any(0, many)) return { found: { voters, many }, all_tried }
        all_tried = many
    }
    return { all_tried }
}
