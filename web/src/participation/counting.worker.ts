/// Counts beside the page, so that it stays usable meanwhile.
import { count_beside } from './counting/beside.ts'
import { count } from './counting/count.ts'
import { closeness } from './counting/distance.ts'
import { ballot_total, most_of_one_ballot } from './counting/election.ts'
import { attempt } from './counting/fault.ts'
import { type Figures, figures } from './counting/figures.ts'
import { ballots_sha256 } from './counting/fingerprint.ts'
import { read_pabulib_bytes, type Reading } from './counting/pabulib.ts'
import { result_json } from './counting/report.ts'
import type { CountResult } from './counting/result.ts'
import type { Rule } from './counting/rule.ts'
import { Variants } from './counting/variants.ts'
import type { Answers, Reply, Request } from './protocol.ts'

let reading: Reading | undefined
let counted: { rule: Rule; result: CountResult; figures: Figures } | undefined

const tell = (reply: Reply): void => self.postMessage(reply)

/// Says how far it has come, at most ten times a second.
function progress(): (steps: number) => void {
    let told = performance.now()
    return (steps) => {
        const now = performance.now()
        if (now - told < 100) return
        told = now
        tell({ kind: 'progress', steps })
    }
}

function read(bytes: Uint8Array): Answers['read'] {
    const read = read_pabulib_bytes(bytes)
    counted = undefined
    reading = read.ok ? read.value : undefined
    if (!read.ok) return read
    const { election, groups, ...rest } = read.value
    const { ballots, ...about } = election
    return { ok: true, value: { ...rest, election: { ...about, most_of_one_ballot: most_of_one_ballot(election) }, ballots: ballot_total(ballots), fingerprint: ballots_sha256(election) } }
}

/// A count that took long is not repeated only to know how long the next one takes.
const repeated_at_most = 2000

function trial_milliseconds(rule: Rule, milliseconds: number): number {
    if (milliseconds > repeated_at_most) return milliseconds
    const { election } = reading!
    if (election.projects.length === 0) return milliseconds
    const changed = new Variants(election, rule).with_new_ballots(0, 1)
    const begun = performance.now()
    count(changed, rule, { explore_ties: false, exact_rounds: false })
    return performance.now() - begun
}

function count_by(rule: Rule): Answers['count'] {
    const { election, groups } = reading!
    const begun = performance.now()
    const result = count(election, rule, { progress: progress() })
    if (!result.ok) return result
    const milliseconds = performance.now() - begun
    const found = figures(election, rule, result.value, groups)
    counted = { rule, result: result.value, figures: found }
    const json = result_json(election, rule, result.value, { figures: found })
    return { ok: true, value: { result: result.value, json, figures: found, milliseconds, trial_milliseconds: trial_milliseconds(rule, milliseconds) } }
}

function how_close(project: number): Answers['closeness'] {
    const { rule, result } = counted!
    const say = progress()
    let counts = 0
    return attempt(() => closeness(reading!.election, rule, result, project, () => say(++counts)))
}

function beside(): Answers['beside'] {
    const { rule, result } = counted!
    const { election, groups } = reading!
    return count_beside(election, rule, result, groups, progress())
}

function answer_to(request: Request): Answers[keyof Answers] {
    switch (request.kind) {
        case 'read':
            return read(request.bytes)
        case 'count':
            return count_by(request.rule)
        case 'closeness':
            return how_close(request.project)
        case 'beside':
            return beside()
        case 'report': {
            const { rule, result, figures } = counted!
            const { closeness, beside } = request
            return result_json(reading!.election, rule, result, { figures, closeness, ...(beside && { beside }) })
        }
    }
}

self.onmessage = ({ data }: MessageEvent<Request>) => {
    try {
        tell({ kind: 'answer', answer: answer_to(data) })
    } catch (problem) {
        tell({ kind: 'broke', why: String(problem) })
    }
}
