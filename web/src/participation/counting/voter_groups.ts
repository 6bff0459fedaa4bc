import { by_bytes } from './fingerprint.ts'
import { type Ballots, ballots_of, type Choice } from './election.ts'

/// The ballots of voters of one age, or from one part of the town.
export interface VoterGroup {
    /// The column of the file.
    by: VoterColumn
    /// Ages in bands: "under 18", "18–29", … "75+"; empty: all that would be too small.
    name: string
    /// Not grouped.
    ballots: Ballots
}

export const voter_columns = ['age', 'neighborhood', 'district'] as const
export type VoterColumn = (typeof voter_columns)[number]

/// Nothing is told of fewer voters with a choice than this.
export const group_voters_min = 10

const bands = [[18, 'under 18'], [30, '18–29'], [45, '30–44'], [60, '45–59'], [75, '60–74'], [Infinity, '75+']] as const

/// An age as a band, in order after other text, which stays as it is.
function band_of(text: string): { order: number; name: string } {
    const age = /^-?\d{1,9}$/.test(text) ? Number(text) : undefined
    const band = age === undefined ? undefined : bands.find(([below]) => age < below)
    return band ? { order: band[0], name: band[1] } : { order: 0, name: text }
}

interface Part {
    order: number
    name: string
    ballots: { choices: readonly Choice[]; count: number }[]
    /// With a choice.
    voters: number
}

/// Sorts ballots by what one column says of the voters.
export class VoterSorter {
    private readonly parts = new Map<string, Part>()
    private readonly by: VoterColumn

    constructor(by: VoterColumn) {
        this.by = by
    }

    /// A voter of whom nothing is said is left out. Choices by ascending project.
    add(told: string, choices: readonly Choice[], count: number): void {
        const text = told.replace(/^[ \t\r\n\f\v]+|[ \t\r\n\f\v]+$/g, '')
        if (text === '') return
        const { order, name } = this.by === 'age' ? band_of(text) : { order: 0, name: text }
        const key = `${order} ${name}`
        let part = this.parts.get(key)
        if (!part) {
            part = { order, name, ballots: [], voters: 0 }
            this.parts.set(key, part)
        }
        part.ballots.push({ choices, count })
        part.voters += choices.length > 0 ? count : 0
    }

    /// By name. Groups of fewer than group_voters_min are put together, and with them the smallest others until they are so many, so that
    /// nothing of them follows from the rest. None if there is but one group.
    close(): VoterGroup[] {
        const parts = [...this.parts.values()].sort((a, b) => a.order - b.order || by_bytes(a.name, b.name))
        const others: Part['ballots'] = []
        let hidden = 0
        while (parts.length > 0) {
            const at = parts.reduce((least, part, i) => (part.voters < parts[least]!.voters ? i : least), 0)
            const small = parts[at]!
            if (small.voters >= group_voters_min && (hidden === 0 || hidden >= group_voters_min)) break
            for (const ballot of small.ballots) others.push(ballot)
            hidden += small.voters
            parts.splice(at, 1)
        }
        const groups = parts.map(({ name, ballots }) => ({ by: this.by, name, ballots: ballots_of(ballots) }))
        if (hidden >= group_voters_min) groups.push({ by: this.by, name: '', ballots: ballots_of(others) })
        return groups.length > 1 ? groups : []
    }
}
