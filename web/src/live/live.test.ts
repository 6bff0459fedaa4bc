import { beforeEach, describe, expect, it } from 'vitest'
import { public_words } from '../words/load.ts'
import type { Words } from '../words/words.ts'
import { type Condition, refresh_ages, show_condition } from './live.ts'

const now = Date.parse('2026-07-05T12:30:00Z')
const measured = {
    value: 19.44,
    unit: 'Cel',
    time: '2026-07-05T12:18:00Z',
    age_seconds: 720,
    flags: [],
    usable: true,
    simulated: false,
    source: 'x',
}
const condition: Condition = { property: 'water_temperature', state: 'fresh', shown: measured, newest: measured, trend: { direction: 'rising', change: 0.8, hours: 3 } }

describe('a live value', () => {
    let element: HTMLElement
    let words: Words
    beforeEach(async () => {
        words = await public_words('nb')
        element = document.createElement('div')
        element.innerHTML = '<span data-live-number>18,0</span><span data-live-age>Målt <time datetime="2026-07-05T11:18:00Z">for 1 time siden</time>.</span><span data-live-trend></span>'
    })
    const text = (selector: string) => element.querySelector(selector)!.textContent

    it('says number, age and trend as the server would', () => {
        show_condition(element, condition, words, now)
        expect(text('[data-live-number]')).toBe('19,4')
        expect(text('[data-live-age]')).toBe('Målt for 12 minutter siden.')
        expect(element.querySelector('time')!.dateTime).toBe('2026-07-05T12:18:00.000Z')
        expect(text('[data-live-trend]')).toBe('Stiger: 0,8\u00A0°C på 3 timer.')
    })
    it('never looks surer than it is', () => {
        show_condition(element, { ...condition, state: 'last_good' }, words, now)
        expect(text('[data-live-age]')).toBe('Siste sikre måling for 12 minutter siden. Den nyeste målingen ser feil ut.')
        expect(element.dataset.certainty).toBe('last_good')
        show_condition(element, { ...condition, state: 'missing', shown: null, newest: null, trend: null }, words, now)
        expect(text('[data-live-age]')).toBe('Måleren har ikke sendt noe ennå.')
    })
    it('grows older by the clock', () => {
        show_condition(element, condition, words, now)
        refresh_ages(element, words, now + 10 * 60_000)
        expect(text('time')).toBe('for 22 minutter siden')
    })
})
