import { beforeEach, describe, expect, it } from 'vitest'
import { public_words } from '../words/load.ts'
import type { Words } from '../words/words.ts'
import { key_of, start_sorting } from './sort.ts'

const row = (time: string, value: string, marks: string) =>
    `<tr><th scope="row"><time datetime="${time}">${time.slice(8, 10)}.</time></th><td class="bp-number">${value}</td><td>${marks}</td></tr>`

describe('a table that can be sorted', () => {
    let words: Words
    beforeEach(async () => {
        words = await public_words('nb')
        document.body.innerHTML = `<table data-sortable><caption>Målinger</caption>
            <thead><tr><th scope="col">Tid</th><th scope="col" class="bp-number">Verdi</th><th scope="col">Merknad</th></tr></thead>
            <tbody>${row('2026-07-04T00:00:00Z', '1\u00A0234,5', 'kom sent')}${row('2026-07-03T00:00:00Z', '\u22122,0', '')}${row('2026-07-02T00:00:00Z', '\u2013', 'beregnet')}${row('2026-07-01T00:00:00Z', '9,0\u00A0°C', 'ånd')}</tbody></table>`
        await start_sorting(() => Promise.resolve(words))
    })
    const days = () => [...document.querySelectorAll('tbody time')].map((time) => time.textContent).join('')
    const head = (column: number) => document.querySelectorAll('thead th')[column]!
    const press = (column: number) => head(column).querySelector('button')!.click()

    it('says how it stands, and that it can stand otherwise', () => {
        expect(head(0).getAttribute('aria-sort')).toBe('descending')
        expect(head(1).getAttribute('aria-sort')).toBeNull()
        expect(document.querySelector('caption')!.textContent).toBe('Målinger Trykk på en overskrift for å sortere.')
        expect(head(0).querySelector('button')!.textContent).toBe('Tid')
        expect(days()).toBe('04.03.02.01.')
    })
    it('is sorted by time, one way and the other', () => {
        press(0)
        expect(days()).toBe('01.02.03.04.')
        expect(head(0).getAttribute('aria-sort')).toBe('ascending')
        press(0)
        expect(days()).toBe('04.03.02.01.')
    })
    it('is sorted by numbers as people write them, with what is missing last', () => {
        press(1)
        expect(days()).toBe('03.01.04.02.')
        press(1)
        expect(days()).toBe('04.01.03.02.')
        expect([head(0), head(1)].map((each) => each.getAttribute('aria-sort'))).toEqual([null, 'descending'])
    })
    it('is sorted by words in the order of the language', () => {
        press(2)
        expect(days()).toBe('02.04.01.03.')
    })
    it('reads English numbers in English', async () => {
        document.body.innerHTML = '<table><tbody><tr><td class="bp-number">1,234.5</td></tr></tbody></table>'
        expect(key_of(document.querySelector('td')!, await public_words('en'))).toBe(1234.5)
    })
})
