import type { Election } from './election.ts'
import type { Rule, TieBreak } from './rule.ts'
import { sha256 } from './sha256.ts'

/// Projects the rule could not tell apart, and what then decided.
export interface Tie {
    /// Index of the purchase it was about.
    round: number
    /// Ascending.
    tied: number[]
    chosen: number
    broken_by: TieBreak
    /// It came up in a count on the way, not in the one that became the outcome.
    on_the_way: boolean
    /// Other winning sets, had this tie been broken otherwise and those after it in any way.
    alternatives: number[][]
    /// All of them were counted. Else those found so far are given.
    explored: boolean
}

/// One project goes before another wherever the two are tied.
export interface Precedence {
    first: number
    then: number
}

/// Projects between which the judge had to decide.
export interface Decision {
    /// Ascending.
    tied: readonly number[]
    chosen: number
    round: number
    /// False: all of them are bought, whichever goes first.
    matters: boolean
}

const by_bytes = (a: Uint8Array, b: Uint8Array): number => {
    for (let i = 0; i < a.length && i < b.length; ++i) if (a[i] !== b[i]) return a[i]! - b[i]!
    return a.length - b.length
}

/// Position of each project when sorted.
function places(keys: readonly { project: number }[]): number[] {
    const place: number[] = []
    keys.forEach(({ project }, at) => (place[project] = at))
    return place
}

/// Decides between tied projects in the adopted order of reasons, and remembers the first tie they could not break.
export class TieJudge {
    unbroken: number[] | undefined
    /// Each once however often it was asked for, in the order in which they came up.
    readonly decisions: Decision[] = []
    private readonly met = new Set<string>()
    private readonly reasons: readonly TieBreak[]
    private readonly keys: Record<TieBreak, (project: number) => number>
    /// By project. The adopted order, and the alphabet where that says nothing; obeying what it was told first.
    private readonly rank: number[]

    constructor(election: Election, rule: Rule, votes: readonly number[], obey: readonly Precedence[] = []) {
        // A lot without a seed cannot be drawn.
        this.reasons = rule.ties.filter((reason) => reason !== 'lot' || rule.seed !== '')
        const encoder = new TextEncoder()
        const ids = election.projects.map(({ id }, project) => ({ project, bytes: encoder.encode(id) }))
        const alphabet = places(ids.sort((a, b) => by_bytes(a.bytes, b.bytes)))
        const drawn = this.reasons.includes('lot')
            ? places(
                  election.projects
                      .map(({ id }, project) => ({ project, lot: sha256(`${rule.seed}\n${id}`) }))
                      .sort((a, b) => (a.lot < b.lot ? -1 : a.lot > b.lot ? 1 : 0)),
              )
            : []
        this.keys = {
            'lower-cost': (project) => election.projects[project]!.cost,
            'more-votes': (project) => -votes[project]!,
            lot: (project) => drawn[project]!,
            'listed-order': (project) => project,
            alphabetical: (project) => alphabet[project]!,
        }
        this.rank = this.ranks(election.projects.length, obey)
    }

    /// Which of the tied (ascending) goes first. Where there are several, the decision is remembered.
    choose(tied: readonly number[], round: number, matters: boolean): number {
        if (tied.length === 1) return tied[0]!
        const chosen = this.first_of(tied)
        if (!this.unbroken && tied.some((other) => other !== chosen && this.agreeing(chosen, other) === this.reasons.length)) {
            this.unbroken = [...tied]
        }
        const key = tied.join()
        if (!this.met.has(key)) this.decisions.push({ tied: [...tied], chosen, round, matters })
        this.met.add(key)
        return chosen
    }

    /// Remembers nothing.
    first_of(projects: readonly number[]): number {
        return projects.reduce((best, project) => (this.rank[project]! < this.rank[best]! ? project : best))
    }

    describe({ round, tied, chosen, matters }: Decision, on_the_way: boolean): Tie {
        const last = Math.max(...tied.filter((other) => other !== chosen).map((other) => this.agreeing(chosen, other)))
        return { round, tied: [...tied], chosen, broken_by: this.reasons[last] ?? 'alphabetical', on_the_way, alternatives: [], explored: !matters }
    }

    private ranks(projects: number, obey: readonly Precedence[]): number[] {
        const adopted = Array.from({ length: projects }, (_, project) => project).sort((a, b) => this.order(a, b))
        const rank: number[] = []
        for (let place = 0; place < projects; ++place) {
            const next = adopted.find(
                (project) => rank[project] === undefined && obey.every(({ first, then }) => then !== project || rank[first] !== undefined),
            )
            if (next === undefined) throw new Error('an order of projects does not contradict itself')
            rank[next] = place
        }
        return rank
    }

    private agreeing(a: number, b: number): number {
        const at = this.reasons.findIndex((reason) => this.keys[reason](a) !== this.keys[reason](b))
        return at < 0 ? this.reasons.length : at
    }

    private order(a: number, b: number): number {
        const key = this.keys[this.reasons[this.agreeing(a, b)] ?? 'alphabetical']
        return key(a) - key(b)
    }
}
