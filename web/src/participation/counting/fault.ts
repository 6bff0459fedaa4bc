/// Why a file or a rule cannot be counted. `code` is a message, `recount.fault.<code>`, with `given` put in; line and column count
/// from 1 and are left out where there is no single place. `path` is the member of a result in which it stands.
export interface Fault {
    code: FaultCode
    path?: string
    line?: number
    column?: number
    given?: Record<string, string>
}

/// Each has a message, `recount.fault.<code>` with underscores.
export const fault_codes = [
    'not-sections',
    'no-section',
    'section-twice',
    'open-quote',
    'many-fields',
    'many-columns',
    'not-money',
    'too-much',
    'not-hundredths',
    'meta-lacks',
    'invalid-ballots',
    'vote-type',
    'project-columns',
    'vote-column',
    'points-column',
    'project-twice',
    'selected',
    'not-whole',
    'not-points',
    'more-points',
    'unknown-project',
    'weight',
    'one-choice',
    'too-large',
    'no-rule',
    'undefined-rule',
    'pots',
    'pot-twice',
    'unknown-pot',
    'no-groups',
    'no-threshold',
    'other-rule-text',
    'rule-text',
    'rule-no-method',
    'rule-one-of',
    'rule-number',
    'rule-yes-no',
    'rule-amount',
    'rule-ties',
    'rule-tie-twice',
    'rule-seed',
    'rule-seed-idle',
    'rule-idle',
    'rule-unknown-key',
    'rule-elsewhere',
    'unknown-rule',
    'not-result',
    'result-lacks',
    'only-lot',
    'too-long',
    'other-election',
    'web-page',
    'packed',
    'packed-broken',
    'no-unpacker',
    'not-text',
    'empty',
    'too-big',
    'one-at-a-time',
    'not-readable',
] as const

export type FaultCode = (typeof fault_codes)[number]

/// Thrown inside this room and caught at its doors, which answer with a Fault.
export class Unreadable extends Error {
    readonly fault: Fault
    constructor(fault: Fault) {
        super(`${fault.line === undefined ? '' : `line ${fault.line}, column ${fault.column ?? 1}: `}${fault.code}`)
        this.fault = fault
    }
}

export function refuse(code: FaultCode, at: { line?: number; column?: number } = {}, given: Record<string, string> = {}): never {
    throw new Unreadable({ code, ...at, given })
}

/// As much of a text as says what it is, in whole letters.
export const beginning = (text: string, most: number): string => [...text.slice(0, 2 * most)].slice(0, most).join('')

export type Attempt<Value> = { ok: true; value: Value } | { ok: false; fault: Fault }

export function attempt<Value>(work: () => Value): Attempt<Value> {
    try {
        return { ok: true, value: work() }
    } catch (problem) {
        if (problem instanceof Unreadable) return { ok: false, fault: problem.fault }
        throw problem
    }
}
