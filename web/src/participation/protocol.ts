import type { Beside } from './counting/beside.ts'
import type { Closeness } from './counting/distance.ts'
import type { Attempt, Fault } from './counting/fault.ts'
import type { Figures } from './counting/figures.ts'
import type { Reading } from './counting/pabulib.ts'
import type { CountResult } from './counting/result.ts'
import type { Rule } from './counting/rule.ts'

/// What is asked of the worker, one at a time: it keeps the election last read and the result last counted.
export type Request =
    | { kind: 'read'; bytes: Uint8Array }
    | { kind: 'count'; rule: Rule }
    | { kind: 'closeness'; project: number }
    | { kind: 'beside' }
    | { kind: 'report'; closeness: ReadonlyMap<number, Closeness>; beside?: readonly Beside[] }

/// A reading without the ballots, which stay in the worker.
export type Summary = Omit<Reading, 'election' | 'groups'> & {
    /// `most_of_one_ballot`: what a new ballot gives the only project on it.
    election: Omit<Reading['election'], 'ballots'> & { most_of_one_ballot: number }
    ballots: number
    /// Of the ballots: docs/formats/count-fingerprint.md.
    fingerprint: string
}

export interface Counted {
    result: CountResult
    /// As published: docs/formats/count-result.schema.json.
    json: object
    figures: Figures
    milliseconds: number
    /// What one more count with a change takes, about.
    trial_milliseconds: number
}

export interface Answers {
    read: Attempt<Summary>
    count: Attempt<Counted>
    closeness: Attempt<Closeness>
    beside: Attempt<Beside[]>
    /// As published, with what is told of how close it was.
    report: object
}

export type Reply = { kind: 'progress'; steps: number } | { kind: 'answer'; answer: Answers[keyof Answers] } | { kind: 'broke'; why: string }

export type { Fault }
