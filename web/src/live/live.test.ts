import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { public_words } from '../words/load.ts'
import type { Words } from '../words/words.ts'
import { type Condition, refresh_ages, show_advice, show_condition, show_entry, start_live } from './live.ts'

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
const condition: Condition = { property: 'water_temperature', state: 'fresh', shown: measured, newest: measured, trend: { direction: 'rising', change: 0.8, hours: 3 }, advice: 'warm' }

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
        expect(element.querySelector('time')!.dataset.at).toBe('5. juli 2026 kl. 14.18')
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
    it('says when a meter that was taken in last sent, and shows the number with its unit when it sends again', () => {
        element.querySelector('[data-live-number]')!.className = 'bp-none'
        show_condition(element, { ...condition, state: 'missing', shown: null, trend: null }, words, now)
        expect(text('[data-live-age]')).toBe('Måleren sendte sist 5. juli 2026.')
        show_condition(element, condition, words, now)
        expect(text('[data-live-number]')).toBe('19,4\u00A0°C')
        expect(element.querySelector('.bp-none')).toBeNull()
    })
    it('is in the class of its own number', () => {
        element.innerHTML += '<span data-tone="good" data-live-classes=\'{"low":["Lav","good"],"high":["Høy","poor"]}\'>Lav</span>'
        show_condition(element, { ...condition, property: 'uv_index', shown: { ...measured, value: 7, unit: '1', class: 'high' } }, words, now)
        expect(text('[data-live-classes]')).toBe('Høy')
        expect(element.querySelector<HTMLElement>('[data-live-classes]')!.dataset.tone).toBe('poor')
    })
    it('rises by percentage points', () => {
        show_condition(element, { ...condition, shown: { ...measured, value: 60, unit: '%' }, trend: { direction: 'rising', change: 5, hours: 2 } }, words, now)
        expect(text('[data-live-trend]')).toBe('Stiger: 5 prosentpoeng på 2 timer.')
    })
    it('is no longer the present when it has grown too old, and then advises nothing', () => {
        const page = document.createElement('div')
        element.dataset.live = 'tjernet/water_temperature'
        element.dataset.staleAfter = '10800'
        const advice = document.createElement('p')
        advice.dataset.liveAdvice = 'tjernet/water_temperature'
        advice.dataset.sentences = '{"warm":"Behagelig i vannet.","unknown":"Ingen fersk måling."}'
        page.append(element, advice)
        show_condition(element, condition, words, now)
        show_advice(advice, 'warm')
        refresh_ages(page, words, now + 2 * 3_600_000)
        expect([element.dataset.certainty, advice.textContent]).toEqual(['fresh', 'Behagelig i vannet.'])
        refresh_ages(page, words, now + 4 * 3_600_000)
        expect([element.dataset.certainty, advice.textContent]).toEqual(['stale', 'Ingen fersk måling.'])
        expect(text('[data-live-age]')).toBe('Måleren svarer ikke. Sist målt for 4 timer siden.')
        expect(text('[data-live-trend]')).toBe('')
    })
})

describe('a line of the list of places', () => {
    let page: HTMLElement
    let line: HTMLElement
    let words: Words
    beforeEach(async () => {
        words = await public_words('nb')
        page = document.createElement('ul')
        page.innerHTML = `<li data-entry="tjernet" data-certainty="fresh" data-live="tjernet/water_temperature" data-stale-after="10800">
<span class="bp-entry-front" data-live-quantity="Ingen måling nå">18,0\u00A0°C</span><div><a href="/bading/tjernet">Tjernet</a>
<div><span data-live-age><time datetime="2026-07-05T11:18:00Z">for 1 time siden</time></span> <span data-live-mark='{"last_good":"siste sikre måling","stale":"måleren svarer ikke"}' hidden></span></div></div></li>`
        line = page.querySelector('li')!
    })
    const text = (selector: string) => line.querySelector(selector)!.textContent
    const doubt = () => {
        const tag = line.querySelector<HTMLElement>('[data-live-mark]')!
        return tag.hidden ? undefined : tag.textContent
    }

    it('follows the number with its unit, and its age alone', () => {
        show_entry(line, condition, words, now)
        expect([text('[data-live-quantity]'), text('[data-live-age]'), doubt()]).toEqual(['19,4\u00A0°C', 'for 12 minutter siden', undefined])
        expect(line.querySelector('[data-live-age] time')!.getAttribute('datetime')).toBe('2026-07-05T12:18:00.000Z')
    })
    it('never looks surer than it is', () => {
        show_entry(line, { ...condition, state: 'last_good' }, words, now)
        expect([line.dataset.certainty, doubt()]).toEqual(['last_good', 'siste sikre måling'])
        show_entry(line, condition, words, now)
        expect([line.dataset.certainty, doubt()]).toEqual(['fresh', undefined])
        show_entry(line, { ...condition, state: 'missing', shown: null, newest: null, trend: null }, words, now)
        expect([line.dataset.certainty, text('[data-live-quantity]'), text('[data-live-age]')]).toEqual(['missing', 'Ingen måling nå', ''])
    })
    it('is marked by the clock when it has grown too old, and stays short', () => {
        show_entry(line, condition, words, now)
        refresh_ages(page, words, now + 4 * 3_600_000)
        expect([line.dataset.certainty, doubt(), text('[data-live-age]')]).toEqual(['stale', 'måleren svarer ikke', 'for 4 timer siden'])
    })
    it('is not spoken: no part of it is a live region', () => {
        show_entry(line, condition, words, now)
        expect(page.querySelector('[aria-live], [role=status], [role=alert], output')).toBeNull()
    })
})

describe('a list of places that stays open', () => {
    class Source extends EventTarget {
        static made: Source[] = []
        constructor(readonly url: string) {
            super()
            Source.made.push(this)
        }
        close(): void {}
    }
    beforeEach(() => {
        Source.made = []
        vi.stubGlobal('EventSource', Source)
    })
    afterEach(() => {
        vi.unstubAllGlobals()
        document.body.replaceChildren()
    })
    it('has one stream for all of its places, and each line takes what is its own', async () => {
        const words = await public_words('nb')
        const line = (slug: string) => `<li data-entry="${slug}" data-live="${slug}/water_temperature"><span data-live-quantity="–">18,0</span></li>`
        document.body.innerHTML = `<ul>${line('tjernet')}${line('dammen')}</ul>`
        start_live(() => Promise.resolve(words))
        expect(Source.made.map(({ url }) => url)).toEqual(['/live'])
        const tell = (place: string, told: Condition) => Source.made[0]!.dispatchEvent(new MessageEvent('condition', { data: JSON.stringify({ place, condition: told }) }))
        tell('dammen', condition)
        tell('dammen', { ...condition, property: 'air_temperature', shown: { ...measured, value: 25 } })
        await vi.waitFor(() => expect([...document.querySelectorAll('li')].map(({ textContent }) => textContent)).toEqual(['18,0', '19,4\u00A0°C']))
    })
})

describe('a list without live values', () => {
    beforeEach(() => void vi.useFakeTimers({ now }))
    afterEach(() => {
        vi.useRealTimers()
        document.body.replaceChildren()
    })
    it('grows older by the clock too', async () => {
        document.body.innerHTML = '<ul><li><span data-live-age><time datetime="2026-07-05T12:30:00Z">akkurat nå</time></span></li></ul>'
        const words = await public_words('nb')
        start_live(() => Promise.resolve(words))
        await vi.advanceTimersByTimeAsync(40 * 60_000)
        expect(document.querySelector('time')!.textContent).toBe('for 40 minutter siden')
    })
})
