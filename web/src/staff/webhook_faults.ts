import { Refused, type Schemas } from '../api/client.ts'
import type { Words } from '../words/words.ts'

/// What became of an attempt that failed.
export interface Failed {
    reason: Schemas['WebhookFailure']
    status: number | null
    fault: string
}

function answer(status: number): 'moved' | 'refused' | 'gone' | 'busy' | 'broken' | 'answered' {
    if (status >= 300 && status < 400) return 'moved'
    if (status === 401 || status === 403) return 'refused'
    if (status === 404 || status === 410) return 'gone'
    if (status === 429 || status === 503) return 'busy'
    return status >= 500 ? 'broken' : 'answered'
}

/// A sentence in the reader's language, with what to do where that is known. What failed before reasons were kept has the server's.
export function fault_sentence(words: Words, { reason, status, fault }: Failed): string {
    if (reason === null) return fault
    if (reason !== 'answered') return words.say(`webhooks.fault_${reason}`)
    return status === null ? fault : words.say(`webhooks.fault_${answer(status)}`, { status: String(status) })
}

const fields = ['url', 'description', 'datastreams', 'places', 'secret'] as const

/// Which field of a new webhook the server refused, in the reader's language; nothing when it was something else.
export function refused_field(words: Words, fault: unknown): string | undefined {
    if (!(fault instanceof Refused) || fault.problem.status !== 400) return undefined
    const field = fields.find((name) => fault.problem.detail.startsWith(name))
    return field && words.say(`webhooks.bad_${field}`)
}
