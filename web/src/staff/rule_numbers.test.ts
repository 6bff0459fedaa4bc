import nb from '@messages/staff.nb.json'
import en from '@messages/staff.en.json'
import { describe, expect, it } from 'vitest'
import { Format } from '../words/format.ts'
import { Words } from '../words/words.ts'
import { rule_decimals, rule_span } from './rule_numbers.ts'

describe('a number of a rule', () => {
    it('is shown with as many decimals as it has', () => {
        for (const [value, decimals] of [[0, 0], [40, 0], [-55, 0], [0.5, 1], [6.25, 2], [-6.25, 2], [0.001, 3], [0.1 + 0.2, 12], [1e15, 0]] as const) {
            expect(rule_decimals(value)).toBe(decimals)
        }
        expect(new Format(new Words('nb', nb)).quantity(6.25, rule_decimals(6.25), 'Cel')).toBe('6,25\u00A0°C')
    })
})

describe('a span of a rule', () => {
    const words = new Words('nb', nb)
    const span = (seconds: number) => rule_span(words, new Format(words), seconds)

    it('is in hours, minutes or seconds, and never rounded', () => {
        expect(span(1)).toBe('1 s')
        expect(span(10)).toBe('10 s')
        expect(span(1.5)).toBe('1,5 s')
        expect(span(60)).toBe('1 min')
        expect(span(90)).toBe('90 s')
        expect(span(1800)).toBe('30 min')
        expect(span(3600)).toBe('1 t')
        expect(span(5400)).toBe('1,5 t')
        expect(span(6000)).toBe('100 min')
        expect(span(48 * 3600)).toBe('48 t')
    })
    it('is in the language of the page', () => {
        const english = new Words('en', en)
        expect(rule_span(english, new Format(english), 5400)).toBe('1.5 h')
    })
})
