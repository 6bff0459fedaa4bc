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
    /// Other winning sets that choosing another would have led to. Missing where they were not counted.
    alternatives?: number[][]
}

/// "As if": whenever all of `among` are tied, `favoured` goes first.
export interface Favour {
    among: readonly number[]
    favoured: number
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
    private readonly reasons: readonly TieBreak[]
    private readonly keys: Record<TieBreak, (project: number) => number>
    private readonly favour: Favour | undefined

    constructor(election: Election, rule: Rule, votes: readonly number[], favour?: Favour) {
        this.favour = favour
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
    }

    choose(tied: readonly number[]): number {
        if (tied.length === 1) return tied[0]!
        if (this.favour?.among.every((project) => tied.includes(project))) return this.favour.favoured
        const first = this.first_of(tied)
        if (!this.unbroken && tied.some((other) => other !== first && this.agreeing(first, other) === this.reasons.length)) {
            this.unbroken = [...tied]
        }
        return first
    }

    /// By the adopted order, and the alphabet where that says nothing; not a decision yet.
    first_of(projects: readonly number[]): number {
        return projects.reduce((best, project) => (this.order(project, best) < 0 ? project : best))
    }

    describe(round: number, tied: readonly number[], chosen: number): Tie {
        const last = Math.max(...tied.filter((other) => other !== chosen).map((other) => this.agreeing(chosen, other)))
        return { round, tied: [...tied].sort((a, b) => a - b), chosen, broken_by: this.reasons[last] ?? 'alphabetical' }
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
