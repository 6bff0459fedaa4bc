import texts from '@messages/staff.nb.json'
import { describe, expect, it } from 'vitest'
import { Refused } from '../api/client.ts'
import { Words } from '../words/words.ts'
import { fault_sentence, refused_field, type Failed } from './webhook_faults.ts'

describe('a webhook that did not get through', () => {
    const words = new Words('nb', texts)
    const told = (failed: Partial<Failed>) => fault_sentence(words, { reason: 'answered', status: null, fault: 'as the server says', ...failed })

    it('has a sentence for every answer', () => {
        for (const [status, text] of [[302, 'flyttet'], [401, 'hemmeligheten'], [404, 'ingenting på adressen'], [410, 'ingenting'], [418, 'tok imot'], [429, 'for mye'], [500, 'galt'], [503, 'for mye']] as const) {
            expect(told({ status })).toContain(text)
            expect(told({ status })).toContain(String(status))
        }
    })
    it('has a sentence for every reason', () => {
        for (const reason of ['unavailable', 'timed_out', 'forbidden', 'malformed', 'exhausted'] as const) {
            expect(told({ reason })).toMatch(/\.$/)
            expect(told({ reason })).not.toMatch(/\[/)
        }
    })
    it('keeps the sentence of older ones', () => {
        expect(told({ reason: null })).toBe('as the server says')
    })
})

describe('a new webhook that is refused', () => {
    const words = new Words('nb', texts)
    const refusal = (status: number, detail: string) => new Refused({ type: '', title: 'T', instance: '', status, detail })

    it('is told with the field at fault', () => {
        expect(refused_field(words, refusal(400, 'url: must begin with https://'))).toMatch(/^Adressen/)
        expect(refused_field(words, refusal(400, 'datastreams, places: 1 to 1000 of them'))).toMatch(/1 til 1000/)
    })
    it('is left to others when it was something else', () => {
        expect(refused_field(words, refusal(503, 'url: busy'))).toBeUndefined()
        expect(refused_field(words, new Error('url: no'))).toBeUndefined()
    })
})
